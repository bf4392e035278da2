-- How gaps ended that are none any more: the entry appeared, or the id was not asked for any longer. `last` is `id`, but for ids that
-- were never asked for, because they were too many: those are a row together, and `ids` says how many they are.
CREATE TABLE gap_story (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    id         INTEGER NOT NULL,
    last       INTEGER NOT NULL,
    ids        INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    given_up   INTEGER,
    ended_at   INTEGER NOT NULL,
    ending     TEXT NOT NULL CHECK (ending IN ('appeared', 'forgotten', 'dropped'))
) STRICT;

CREATE INDEX gap_story_ended_at ON gap_story (ended_at);

-- What the operator had handed over again beside the stream, and why. Kept like the moves of positions.
CREATE TABLE replay (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    plugin  TEXT NOT NULL REFERENCES plugin (name),
    at      INTEGER NOT NULL,
    chosen  TEXT NOT NULL,
    entries INTEGER NOT NULL,
    reason  TEXT NOT NULL
) STRICT;

-- The entries of replays that the plugin has not taken over yet; then they are dead letters that are handed over again.
CREATE TABLE replay_entry (
    replay   INTEGER NOT NULL REFERENCES replay (number),
    place    INTEGER NOT NULL,
    plugin   TEXT NOT NULL,
    event    INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    late     INTEGER NOT NULL CHECK (late IN (0, 1)),
    checksum INTEGER NOT NULL,
    json     TEXT NOT NULL,
    PRIMARY KEY (replay, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX replay_entry_plugin ON replay_entry (plugin, replay, place);
