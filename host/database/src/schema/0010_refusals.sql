-- How often each plugin was refused something: by the name of the limit that it met, and `grant` for what was not granted. For whoever
-- looks after it; nothing that is decided depends on it.
CREATE TABLE refusal (
    plugin  TEXT NOT NULL,
    what    TEXT NOT NULL,
    times   INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (plugin, what)
) STRICT, WITHOUT ROWID;
