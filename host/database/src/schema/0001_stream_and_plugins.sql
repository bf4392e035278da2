-- What was chosen when the file was made: `site`, the address of the one site whose events it holds; and `code_key`, a secret
-- of this file by which the host knows compiled code as its own.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row, once the stream was started. `last_seq` stays when retention empties the journal.
CREATE TABLE stream (
    only_row   INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    high_water INTEGER NOT NULL CHECK (high_water >= 0),
    last_seq   INTEGER NOT NULL CHECK (last_seq >= 0),
    checksum   INTEGER NOT NULL
) STRICT;

-- Ids below the high-water mark that have not appeared.
CREATE TABLE gap (
    id         INTEGER NOT NULL PRIMARY KEY,
    first_seen INTEGER NOT NULL,
    given_up   INTEGER,
    checksum   INTEGER NOT NULL
) STRICT;

-- Entries in the order of arrival: `seq` has no holes between the first row and the last.
CREATE TABLE journal (
    seq         INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    id          INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    late        INTEGER NOT NULL CHECK (late IN (0, 1)),
    checksum    INTEGER NOT NULL,
    json        TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX journal_id ON journal (id);

-- `finished` names the callbacks, a line each, that are finished with the entry after `position`.
-- `checksum` covers name, position and finished: a wrong bit there would lose events, anywhere else it is seen.
CREATE TABLE plugin (
    name          TEXT NOT NULL PRIMARY KEY,
    position      INTEGER NOT NULL CHECK (position >= 0),
    checksum      INTEGER NOT NULL,
    finished      TEXT NOT NULL DEFAULT '',
    handled       INTEGER NOT NULL DEFAULT 0,
    failed        INTEGER NOT NULL DEFAULT 0,
    attempt       INTEGER NOT NULL DEFAULT 0,
    enabled       INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    stopped_event INTEGER,
    failed_event  INTEGER,
    last_error    TEXT,
    last_error_at INTEGER,
    digest        TEXT,
    removed_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE key_value (
    plugin   TEXT NOT NULL REFERENCES plugin (name),
    key      TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    value    BLOB NOT NULL,
    PRIMARY KEY (plugin, key)
) STRICT, WITHOUT ROWID;
