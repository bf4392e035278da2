-- Calls of a plugin that change something outside it: stored before they go out, with their answer after, and dropped when the
-- callback is finished with the event. Without an answer, nobody knows whether the call was made.
-- `request` is a digest of what was asked; `subject` is the entity type, or the name of a method.
CREATE TABLE effect (
    plugin      TEXT NOT NULL REFERENCES plugin (name),
    event       INTEGER NOT NULL,
    callback    TEXT NOT NULL,
    number      INTEGER NOT NULL CHECK (number > 0),
    function    TEXT NOT NULL,
    subject     TEXT NOT NULL,
    request     BLOB NOT NULL,
    intended_at INTEGER NOT NULL,
    answer      TEXT,
    checksum    INTEGER NOT NULL,
    PRIMARY KEY (plugin, event, callback, number)
) STRICT, WITHOUT ROWID;

-- The newest record of each entity type that a plugin is known to have created: one that it may have created since is newer.
CREATE TABLE created (
    plugin      TEXT NOT NULL REFERENCES plugin (name),
    entity_type TEXT NOT NULL,
    id          INTEGER NOT NULL,
    PRIMARY KEY (plugin, entity_type)
) STRICT, WITHOUT ROWID;
