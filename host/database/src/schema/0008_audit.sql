-- Evidence of what plugins changed outside: a record when a call is about to go out, one when it has ended. Only ever added to.
-- `hash` is the SHA-256 of the record and of the hash before it, so that no record can be changed, taken out or put in without all
-- that follow; AUTOINCREMENT remembers how many there were. `effect` is the call's number in its delivery. `entities` and `lines` hold
-- one item a line: Type:id, and the grants that allowed the call. `before`, `asked` and `detail` are JSON.
CREATE TABLE audit (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    plugin   TEXT NOT NULL,
    digest   TEXT NOT NULL,
    event    INTEGER NOT NULL,
    callback TEXT NOT NULL,
    effect   INTEGER NOT NULL,
    function TEXT NOT NULL,
    subject  TEXT NOT NULL,
    entities TEXT NOT NULL,
    lines    TEXT NOT NULL,
    before   TEXT,
    asked    TEXT,
    detail   TEXT,
    hash     BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;

-- What calls of plugins needed, each once: for suggesting the smallest grants. Nothing that is decided depends on it.
CREATE TABLE usage (
    plugin    TEXT NOT NULL,
    kind      TEXT NOT NULL,
    operation TEXT NOT NULL,
    subject   TEXT NOT NULL,
    field     TEXT NOT NULL,
    project   INTEGER NOT NULL,
    granted   INTEGER NOT NULL CHECK (granted IN (0, 1)),
    first_at  INTEGER NOT NULL,
    PRIMARY KEY (plugin, kind, operation, subject, field, project, granted)
) STRICT, WITHOUT ROWID;
