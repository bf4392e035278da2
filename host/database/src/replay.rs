//! Entries that the operator has handed over again, to one plugin and beside the stream: kept whole, as they may have left the
//! journal since, until the plugin's lane takes them over. From then on each delivery is a dead letter that is handed over
//! again: it has its own ending, and survives every crash.

use eventlog::{EventId, Seq, Timestamp};
use rusqlite::{Row, params};

use crate::checksum::Checksum;
use crate::dead_letter::{self, Replayed};
use crate::open::Database;
use crate::plugin::PluginError;
use crate::query::{Query, QueryError};

#[cfg(test)]
mod tests;

const PLUGIN: &str = "SELECT count(*) FROM plugin WHERE name = ?1";
const BEGIN: &str = "INSERT INTO replay (plugin, at, chosen, entries, reason) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING number";
const ADD: &str =
    "INSERT INTO replay_entry (replay, place, plugin, event, seq, late, checksum, json)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const NEXT: &str =
    "SELECT replay, place, event, seq, late, checksum, json FROM replay_entry WHERE plugin = ?1
    ORDER BY replay, place LIMIT ?2";
const EVERY: &str = "SELECT replay, place, event, seq, late, checksum, json FROM replay_entry";
const REASON: &str = "SELECT reason FROM replay WHERE number = ?1";
const REMOVE: &str = "DELETE FROM replay_entry WHERE replay = ?1 AND place = ?2";
const ALL: &str = "SELECT number, plugin, at, chosen, entries, reason,
    (SELECT count(*) FROM replay_entry WHERE replay = number) FROM replay ORDER BY number";

/// What the operator had handed over again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// What it is known by.
    pub number: u64,
    /// The plugin.
    pub plugin: String,
    /// When.
    pub at: Timestamp,
    /// Which entries were chosen, in words.
    pub chosen: String,
    /// How many they were.
    pub entries: u64,
    /// Why, in the operator's words.
    pub reason: String,
    /// How many the plugin's lane has not taken over yet.
    pub waiting: u64,
}

/// One entry that is to be handed over again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayEntry {
    /// The site's number.
    pub event: EventId,
    /// Its place in the journal; 0 if it has none there.
    pub seq: Seq,
    /// Whether the event had appeared late.
    pub late: bool,
    /// The entry as the site sent it.
    pub json: String,
}

/// An entry that waits, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingEntry {
    /// The replay it belongs to.
    pub replay: u64,
    /// Its place there.
    pub place: u64,
    /// The entry.
    pub entry: ReplayEntry,
}

/// An entry that a lane takes over, and the callbacks that want it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenOver {
    /// The entry.
    pub waiting: WaitingEntry,
    /// The callbacks; none if no callback wants it.
    pub callbacks: Vec<String>,
}

impl Database {
    /// Keeps entries that are to be handed to a plugin again: all of them, or none. Answers the replay's number.
    pub fn begin_replay(
        &mut self,
        plugin: &str,
        entries: &[ReplayEntry],
        chosen: &str,
        reason: &str,
        at: Timestamp,
    ) -> Result<u64, PluginError> {
        self.change("keep what is to be handed over again", |query| {
            let known: Option<u64> = query.first(PLUGIN, [plugin], |row| row.get(0))?;
            if known != Some(1) {
                return Err(PluginError::Unknown { plugin: plugin.to_owned() });
            }
            let row = params![plugin, at.0, chosen, entries.len(), reason];
            let number: Option<u64> = query.first(BEGIN, row, |row| row.get(0))?;
            let number = number.expect("what is inserted has a number");
            for (place, entry) in entries.iter().enumerate() {
                entry.keep(query, plugin, number, place as u64)?;
            }
            Ok(number)
        })
    }

    /// The first entries that wait for a plugin, at most `limit`.
    pub fn waiting_replays(
        &self,
        plugin: &str,
        limit: usize,
    ) -> Result<Vec<WaitingEntry>, QueryError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.ask("look for what is to be handed over again").all(
            NEXT,
            params![plugin, limit],
            WaitingEntry::read,
        )
    }

    /// Lets each of these entries be handed over, to each callback that wants it. One that is a dead letter already is handed over as
    /// that.
    pub fn take_over_replays(
        &mut self,
        plugin: &str,
        taken: &[TakenOver],
        at: Timestamp,
    ) -> Result<(), QueryError> {
        self.change("take over what is to be handed over again", |query| {
            for TakenOver { waiting, callbacks } in taken {
                let WaitingEntry { replay, place, entry } = waiting;
                let reason: Option<String> = query.first(REASON, [replay], |row| row.get(0))?;
                let reason = reason.unwrap_or_default();
                for callback in callbacks {
                    let replayed = Replayed { plugin, callback, entry, reason: &reason, at };
                    dead_letter::redrive_entry(query, &replayed)?;
                }
                query.execute(REMOVE, [replay, place])?;
            }
            Ok(())
        })
    }

    /// All that was ever handed over again, the oldest first.
    pub fn replays(&self) -> Result<Vec<Replay>, QueryError> {
        self.ask("list what was handed over again").all(ALL, [], |row| {
            Ok(Replay {
                number: row.get(0)?,
                plugin: row.get(1)?,
                at: Timestamp(row.get(2)?),
                chosen: row.get(3)?,
                entries: row.get(4)?,
                reason: row.get(5)?,
                waiting: row.get(6)?,
            })
        })
    }
}

/// Checks every entry, as long as nobody has asked for it yet.
pub(crate) fn verify_all(query: Query<'_>) -> Result<(), QueryError> {
    query.all(EVERY, [], WaitingEntry::read).map(drop)
}

impl ReplayEntry {
    fn keep(
        &self,
        query: Query<'_>,
        plugin: &str,
        replay: u64,
        place: u64,
    ) -> Result<(), QueryError> {
        let Self { event, seq, late, json } = self;
        let checksum = self.checksum(replay, place).stored();
        let row = params![replay, place, plugin, event.0, seq.0, late, checksum, json];
        query.execute(ADD, row).map(drop)
    }

    fn checksum(&self, replay: u64, place: u64) -> Checksum {
        Checksum::new()
            .number(replay)
            .number(place)
            .number(self.event.0)
            .number(self.seq.0)
            .number(u64::from(self.late))
            .bytes(self.json.as_bytes())
    }
}

impl WaitingEntry {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (replay, place) = (row.get(0)?, row.get(1)?);
        let entry = ReplayEntry {
            event: EventId(row.get(2)?),
            seq: Seq(row.get(3)?),
            late: row.get(4)?,
            json: row.get(6)?,
        };
        let name = || format!("entry {place} of replay {replay}");
        entry.checksum(replay, place).verify(row.get(5)?, name)?;
        Ok(Self { replay, place, entry })
    }
}
