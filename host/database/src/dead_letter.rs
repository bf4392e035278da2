//! Deliveries that were put aside because their callback failed, to be handed over again when the operator says so.

use eventlog::{EventId, Seq, Timestamp};
use rusqlite::{Row, params};

use crate::checksum::Checksum;
use crate::effect::{DeliveryKey, drop_effects};
use crate::open::Database;
use crate::query::{Query, QueryError};
use crate::replay::ReplayEntry;

#[cfg(test)]
mod tests;

const ALL: &str = "SELECT number, plugin, event, callback, seq, late, json, error, attempts, at, log, digest, note, redrive,
    checksum, halted_project FROM dead_letter ORDER BY number";
const OF_PLUGIN: &str = "SELECT number, plugin, event, callback, seq, late, json, error, attempts, at, log, digest, note, redrive,
    checksum, halted_project FROM dead_letter WHERE plugin = ?1 ORDER BY number";
const ONE: &str = "SELECT number, plugin, event, callback, seq, late, json, error, attempts, at, log, digest, note, redrive, checksum,
    halted_project FROM dead_letter WHERE number = ?1";
/// What is held back for a project comes when that is released, without another word.
const NEXT_REDRIVE: &str = "SELECT number, plugin, event, callback, seq, late, json, error, attempts, at, log, digest, note, redrive,
    checksum, halted_project FROM dead_letter WHERE plugin = ?1 AND (redrive = 1 OR halted_project IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM halt WHERE scope = 'project' AND subject = CAST(halted_project AS TEXT))
    ORDER BY seq, number LIMIT 1";
const HOLD_BACK: &str = "UPDATE dead_letter SET halted_project = ?2 WHERE number = ?1";
const HELD_BACK: &str =
    "SELECT count(*) FROM dead_letter WHERE plugin = ?1 AND halted_project IS NOT NULL";
const COUNT: &str = "SELECT count(*) FROM dead_letter WHERE plugin = ?1";
const PARK: &str = "INSERT INTO dead_letter
    (plugin, event, callback, seq, late, json, error, attempts, at, log, digest, checksum, halted_project)
    SELECT ?1, ?2, ?3, ?4, max(late), CASE count(*) WHEN 1 THEN max(json) ELSE '[' || group_concat(json, ',' ORDER BY seq) || ']' END,
    ?5, ?6, ?7, ?8, digest, 0, ?10 FROM journal, plugin WHERE name = ?1 AND seq IN (SELECT value FROM json_each(?9)) GROUP BY name
    ON CONFLICT (plugin, event, callback) DO UPDATE SET error = excluded.error, attempts = excluded.attempts,
    at = excluded.at, log = excluded.log, digest = excluded.digest, redrive = 0,
    halted_project = excluded.halted_project RETURNING number";
/// One that is a dead letter already stays what it is, and is handed over with what is known of it.
const REPLAY: &str = "INSERT INTO dead_letter (plugin, event, callback, seq, late, json, error, attempts, at, log, digest, redrive, checksum)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, '', digest, 1, 0 FROM plugin WHERE name = ?1
    ON CONFLICT (plugin, event, callback) DO UPDATE SET redrive = 1 RETURNING number";
const SEAL: &str = "UPDATE dead_letter SET checksum = ?2 WHERE number = ?1";
const FAIL_AGAIN: &str =
    "UPDATE dead_letter SET error = ?2, attempts = ?3, at = ?4, log = ?5, redrive = 0, halted_project = NULL,
    digest = (SELECT digest FROM plugin WHERE name = dead_letter.plugin) WHERE number = ?1";
const SET_REDRIVE: &str = "UPDATE dead_letter SET redrive = 1 WHERE number = ?1";
const SET_NOTE: &str = "UPDATE dead_letter SET note = ?2 WHERE number = ?1";
const REMOVE: &str = "DELETE FROM dead_letter WHERE number = ?1";

/// One delivery that was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// What the operator calls it by. Never used twice.
    pub number: u64,
    /// Which delivery.
    pub delivery: DeliveryKey,
    /// The event's place in the journal.
    pub seq: Seq,
    /// Whether the event had appeared late.
    pub late: bool,
    /// The event, as the journal had it; a list of events, if several were handed over in one.
    pub json: String,
    /// How it ended the last time.
    pub ending: Ending,
    /// The version that failed, as the digest of its file.
    pub digest: Option<String>,
    /// What the operator has to say about it.
    pub note: String,
    /// Whether it waits to be handed over again.
    pub redrive: bool,
    /// The halted project that it is held back for; it is handed over when that is released.
    pub halted_project: Option<u64>,
}

/// How a delivery ended that was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// What went wrong.
    pub error: String,
    /// How often the event had been handed over to the callback by then.
    pub attempts: u32,
    /// When.
    pub at: Timestamp,
    /// The last lines that the plugin logged.
    pub log: String,
}

/// A delivery that is to be put aside with the position's commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The event; the first, if several were handed over in one.
    pub event: EventId,
    /// Its place in the journal.
    pub seq: Seq,
    /// The places of the events that were handed over with it.
    pub more: Vec<Seq>,
    /// The callback.
    pub callback: String,
    /// How it ended.
    pub ending: Ending,
    /// The halted project that it is held back for, if it has not failed.
    pub halted_project: Option<u64>,
}

/// An entry that the operator has handed over again, for one callback.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replayed<'a> {
    pub(crate) plugin: &'a str,
    pub(crate) callback: &'a str,
    pub(crate) entry: &'a ReplayEntry,
    /// In the operator's words.
    pub(crate) reason: &'a str,
    pub(crate) at: Timestamp,
}

/// Why something was not done to a dead letter.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// There is none of this number: it was handled or discarded, or never was.
    #[error("there is no dead letter {number}")]
    Unknown {
        /// The number.
        number: u64,
    },
    /// The file failed.
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl Database {
    /// All dead letters, or those of one plugin, the oldest first.
    pub fn dead_letters(&self, plugin: Option<&str>) -> Result<Vec<DeadLetter>, QueryError> {
        let query = self.ask("list the dead letters");
        match plugin {
            Some(plugin) => query.all(OF_PLUGIN, [plugin], DeadLetter::read),
            None => query.all(ALL, [], DeadLetter::read),
        }
    }

    /// One dead letter, if it is there.
    pub fn dead_letter(&self, number: u64) -> Result<Option<DeadLetter>, QueryError> {
        self.ask("look a dead letter up").first(ONE, [number], DeadLetter::read)
    }

    /// How many a plugin has.
    pub fn dead_letter_count(&self, plugin: &str) -> Result<u64, QueryError> {
        let count = self.ask("count dead letters").first(COUNT, [plugin], |row| row.get(0))?;
        Ok(count.unwrap_or(0))
    }

    /// The first, in journal order, that the operator wants a plugin to be handed again.
    pub fn next_redrive(&self, plugin: &str) -> Result<Option<DeadLetter>, QueryError> {
        self.ask("look for dead letters to hand over").first(
            NEXT_REDRIVE,
            [plugin],
            DeadLetter::read,
        )
    }

    /// Lets dead letters be handed over again: all of them, or none if one is not there.
    pub fn redrive(&mut self, numbers: &[u64]) -> Result<(), LetterError> {
        self.change("hand dead letters over again", |query| {
            numbers.iter().try_for_each(|&number| change_one(query, SET_REDRIVE, number, [number]))
        })
    }

    /// Keeps that a dead letter failed once more. It waits for the operator again.
    pub fn redrive_failed(&mut self, number: u64, ending: &Ending) -> Result<(), LetterError> {
        let Ending { error, attempts, at, log } = ending;
        self.change("record that a dead letter failed again", |query| {
            let row = params![number, error, attempts, at.0, log];
            change_one(query, FAIL_AGAIN, number, row)
        })
    }

    /// Keeps that one is held back for a halted project.
    pub fn hold_back(&mut self, number: u64, project: u64) -> Result<(), LetterError> {
        self.change("hold a dead letter back", |query| {
            change_one(query, HOLD_BACK, number, params![number, project])
        })
    }

    /// How many of a plugin's deliveries are held back for halted projects, or were, and are on their way.
    pub fn held_back(&self, plugin: &str) -> Result<u64, QueryError> {
        let count =
            self.ask("count what is held back").first(HELD_BACK, [plugin], |row| row.get(0))?;
        Ok(count.unwrap_or(0))
    }

    /// Keeps what the operator has to say about one.
    pub fn annotate_dead_letter(&mut self, number: u64, note: &str) -> Result<(), LetterError> {
        self.change("write a note at a dead letter", |query| {
            change_one(query, SET_NOTE, number, params![number, note])
        })
    }

    /// Drops dead letters, and what is known of their effects: all of them, or none if one is not there.
    pub fn discard_dead_letters(&mut self, numbers: &[u64]) -> Result<(), LetterError> {
        self.change("discard dead letters", |query| {
            numbers.iter().try_for_each(|&number| match take(query, number)? {
                true => Ok(()),
                false => Err(LetterError::Unknown { number }),
            })
        })
    }
}

impl Parked {
    /// Writes it with the position's commit. The same delivery, put aside again, takes the place of the one before.
    pub(crate) fn perform(&self, query: Query<'_>, plugin: &str) -> Result<(), QueryError> {
        let Self { event, seq, more, callback, ending, halted_project } = self;
        let Ending { error, attempts, at, log } = ending;
        let places: Vec<String> = [seq].into_iter().chain(more).map(Seq::to_string).collect();
        let places = format!("[{}]", places.join(","));
        let row = params![
            plugin,
            event.0,
            callback,
            seq.0,
            error,
            attempts,
            at.0,
            log,
            places,
            halted_project
        ];
        let number: Option<u64> = query.first(PARK, row, |row| row.get(0))?;
        let Some(number) = number else {
            let finding = format!("the journal has no entry {seq}, which a plugin was handed");
            return Err(query.damaged(finding));
        };
        seal(query, number)
    }
}

/// Lets an entry be handed over to one callback, as if it had been put aside.
pub(crate) fn redrive_entry(query: Query<'_>, replayed: &Replayed<'_>) -> Result<(), QueryError> {
    let Replayed { plugin, callback, entry, reason, at } = replayed;
    let why = format!("not tried yet: handed over again by the operator ({reason})");
    let row =
        params![plugin, entry.event.0, callback, entry.seq.0, entry.late, entry.json, why, at.0];
    match query.first(REPLAY, row, |row| row.get(0))? {
        Some(number) => seal(query, number),
        None => Err(query.damaged(format!("plugin `{plugin}`, which runs, is not there"))),
    }
}

/// Puts the checksum on a row that was written.
fn seal(query: Query<'_>, number: u64) -> Result<(), QueryError> {
    let letter = query.first(ONE, [number], DeadLetter::read_unverified)?;
    let checksum = letter.map(|letter| letter.checksum().stored());
    query.execute(SEAL, params![number, checksum]).map(drop)
}

/// Removes a dead letter with its effects; whether it was there.
pub(crate) fn take(query: Query<'_>, number: u64) -> Result<bool, QueryError> {
    let Some(letter) = query.first(ONE, [number], DeadLetter::read)? else { return Ok(false) };
    let DeliveryKey { plugin, event, callback } = &letter.delivery;
    drop_effects(query, plugin, *event, callback)?;
    query.execute(REMOVE, [number])?;
    Ok(true)
}

/// Checks every row, as long as nobody has asked for it yet.
pub(crate) fn verify_all(query: Query<'_>) -> Result<(), QueryError> {
    query.all(ALL, [], DeadLetter::read).map(drop)
}

fn change_one(
    query: Query<'_>,
    sql: &'static str,
    number: u64,
    row: impl rusqlite::Params,
) -> Result<(), LetterError> {
    match query.execute(sql, row)? {
        0 => Err(LetterError::Unknown { number }),
        _ => Ok(()),
    }
}

impl DeadLetter {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let letter = Self::read_unverified(row)?;
        let number = letter.number;
        letter.checksum().verify(row.get(14)?, || format!("dead letter {number}"))?;
        Ok(letter)
    }

    fn read_unverified(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            delivery: DeliveryKey {
                plugin: row.get(1)?,
                event: EventId(row.get(2)?),
                callback: row.get(3)?,
            },
            seq: Seq(row.get(4)?),
            late: row.get(5)?,
            json: row.get(6)?,
            ending: Ending {
                error: row.get(7)?,
                attempts: row.get(8)?,
                at: Timestamp(row.get(9)?),
                log: row.get(10)?,
            },
            digest: row.get(11)?,
            note: row.get(12)?,
            redrive: row.get(13)?,
            halted_project: row.get(15)?,
        })
    }

    /// Over what is handed over again.
    fn checksum(&self) -> Checksum {
        Checksum::new()
            .number(self.number)
            .bytes(self.delivery.plugin.as_bytes())
            .number(self.delivery.event.0)
            .bytes(self.delivery.callback.as_bytes())
            .number(self.seq.0)
            .bytes(self.json.as_bytes())
    }
}
