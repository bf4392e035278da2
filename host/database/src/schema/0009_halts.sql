-- What the operator halted: everything, a plugin, or a project.
CREATE TABLE halt (
    scope   TEXT NOT NULL CHECK (scope IN ('all', 'plugin', 'project')),
    subject TEXT NOT NULL,
    at      INTEGER NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (scope, subject)
) STRICT, WITHOUT ROWID;

-- How often that was changed, and up to which change the host obeys.
CREATE TABLE halting (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    changes  INTEGER NOT NULL,
    obeyed   INTEGER NOT NULL
) STRICT;

INSERT INTO halting (only_row, changes, obeyed) VALUES (1, 0, 0);

-- The halted project that a delivery is held back for; it is handed over when that is released.
ALTER TABLE dead_letter ADD COLUMN halted_project INTEGER;

-- Whether a plugin is stopped because plugins set each other off.
ALTER TABLE plugin ADD COLUMN storm INTEGER NOT NULL DEFAULT 0 CHECK (storm IN (0, 1));
