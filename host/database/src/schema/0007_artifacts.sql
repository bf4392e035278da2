-- The files of plugins by digest: which one runs, which may run again, and which waits until the operator approves it. `manifest` is
-- the plugin.toml in it; NULL if there is none.
CREATE TABLE artifact (
    plugin TEXT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'approved', 'held')),
    manifest TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (plugin, digest)
) STRICT, WITHOUT ROWID;
