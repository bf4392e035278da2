-- How far the delivery in progress is. `attempt`, which is there already, counts how often it was handed over; `failures` how often
-- it failed by the plugin's fault; `again_at` is when it is handed over again. `failed_in_row` counts the deliveries that
-- were given up since the last one that went well.
ALTER TABLE plugin ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE plugin ADD COLUMN again_at INTEGER;
ALTER TABLE plugin ADD COLUMN failed_in_row INTEGER NOT NULL DEFAULT 0;

-- Deliveries that were put aside: the event as the journal had it (which may have dropped it since), and how it ended.
-- `redrive` says that the operator wants it handed over again. Its effects stay until it is finished or discarded.
CREATE TABLE dead_letter (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    plugin   TEXT NOT NULL REFERENCES plugin (name),
    event    INTEGER NOT NULL,
    callback TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    late     INTEGER NOT NULL CHECK (late IN (0, 1)),
    json     TEXT NOT NULL,
    error    TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    log      TEXT NOT NULL,
    digest   TEXT,
    note     TEXT NOT NULL DEFAULT '',
    redrive  INTEGER NOT NULL DEFAULT 0 CHECK (redrive IN (0, 1)),
    checksum INTEGER NOT NULL,
    UNIQUE (plugin, event, callback)
) STRICT;
