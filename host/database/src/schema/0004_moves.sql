-- `moves` counts how often the operator moved the position: what a lane did from another one moves it no further.
ALTER TABLE plugin ADD COLUMN moves INTEGER NOT NULL DEFAULT 0;

-- How the operator moved positions, and why. `entries` of the journal were skipped, or, below zero, are handed over again.
CREATE TABLE move (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    plugin   TEXT NOT NULL REFERENCES plugin (name),
    at       INTEGER NOT NULL,
    from_seq INTEGER NOT NULL,
    to_seq   INTEGER NOT NULL,
    reason   TEXT NOT NULL
) STRICT;
