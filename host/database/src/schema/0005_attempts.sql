-- Deliveries that were tried and are not finished: how often each was handed over, how often it failed by the plugin's fault, and
-- since when and for how many milliseconds it is put off. A plugin can have several: those of different entities need not wait for each other.
CREATE TABLE attempt (
    plugin   TEXT NOT NULL REFERENCES plugin (name),
    seq      INTEGER NOT NULL,
    callback TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    since    INTEGER,
    pause    INTEGER,
    PRIMARY KEY (plugin, seq, callback)
) STRICT, WITHOUT ROWID;

-- What they held was of the one delivery that a plugin could have in progress.
ALTER TABLE plugin DROP COLUMN attempt;
ALTER TABLE plugin DROP COLUMN failures;
ALTER TABLE plugin DROP COLUMN again_at;
