//! What each plugin has finished: its position in the journal, and whether and why it does not go on.

use std::time::Duration;

use eventlog::{EventId, Seq, Timestamp};
use rusqlite::{Params, Row, params};

use crate::checksum::Checksum;
use crate::dead_letter::{self, Parked};
use crate::effect;
use crate::keyvalue::KeyValueChange;
use crate::open::Database;
use crate::query::{Query, QueryError};
use crate::stream::StreamRow;

#[cfg(test)]
mod tests;

const PLUGINS: &str = "SELECT name, position, checksum, handled, failed, enabled, stopped_event, failed_event,
    last_error, last_error_at, digest, removed_at, finished, failed_in_row, moves, storm FROM plugin ORDER BY name";
const PLUGIN: &str = "SELECT name, position, checksum, handled, failed, enabled, stopped_event, failed_event,
    last_error, last_error_at, digest, removed_at, finished, failed_in_row, moves, storm FROM plugin WHERE name = ?1";
const ADD: &str = "INSERT INTO plugin (name, position, checksum) VALUES (?1, ?2, ?3)";
const RETURN: &str =
    "UPDATE plugin SET removed_at = NULL WHERE name = ?1 AND removed_at IS NOT NULL";
const POSITION: &str = "SELECT position, checksum, finished, moves FROM plugin WHERE name = ?1";
/// What a lane did that is not where the plugin is any more.
const FINISH_ELSEWHERE: &str =
    "UPDATE plugin SET handled = handled + ?2, failed_in_row = ?3 WHERE name = ?1";
const FINISH: &str = "UPDATE plugin SET position = ?2, checksum = ?3, handled = handled + ?4, finished = ?5, failed_in_row = ?6
    WHERE name = ?1";
const RECORD_FAILURE: &str =
    "UPDATE plugin SET failed_event = ?2, last_error = ?3, last_error_at = ?4, failed = failed + 1
    WHERE name = ?1";
const ATTEMPTS: &str = "SELECT seq, callback, attempts, failures, since, pause FROM attempt WHERE plugin = ?1 ORDER BY seq";
const PUT_OFF: &str = "INSERT INTO attempt (plugin, seq, callback, attempts, failures, since, pause) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT DO UPDATE SET attempts = excluded.attempts, failures = excluded.failures, since = excluded.since,
    pause = excluded.pause";
const DROP_ATTEMPTS: &str = "DELETE FROM attempt WHERE plugin = ?1 AND seq <= ?2";
const STOP: &str = "UPDATE plugin SET stopped_event = ?2 WHERE name = ?1";
const STOP_IN_STORM: &str =
    "UPDATE plugin SET stopped_event = ?2, storm = 1, failed_event = ?2, last_error = ?3, last_error_at = ?4
    WHERE name = ?1";
const RESUME: &str =
    "UPDATE plugin SET stopped_event = NULL, storm = 0, failed_in_row = 0 WHERE name = ?1";
const SET_ENABLED: &str = "UPDATE plugin SET enabled = ?2 WHERE name = ?1";
const SET_DIGEST: &str = "UPDATE plugin SET digest = ?2 WHERE name = ?1";
const MARK_REMOVED: &str = "UPDATE plugin SET removed_at = ?2 WHERE name = ?1";

/// All that is kept about a plugin, but its key-values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginRow {
    /// Its name, by which it is known from one run to the next.
    pub name: String,
    /// The last place of the journal it has finished with. Falls only by the operator's hand.
    pub position: Seq,
    /// Deliveries beyond the position that are finished already.
    pub finished: Vec<Delivered>,
    /// Whether the operator wants it to run.
    pub enabled: bool,
    /// Whether a failure stopped it.
    pub state: PluginState,
    /// Whether what stopped it is that plugins set each other off.
    pub storm: bool,
    /// How many deliveries were given up since the last one that went well.
    pub failed_in_row: u32,
    /// The failure that came last; stays after later successes.
    pub last_failure: Option<Failure>,
    /// The version that ran last, as the digest of its file.
    pub digest: Option<String>,
    /// Since when its file is gone.
    pub removed_at: Option<Timestamp>,
    /// How often the operator has moved its position.
    pub moves: u64,
    /// How many events it has handled.
    pub handled: u64,
    /// How many calls have failed.
    pub failed: u64,
}

/// One callback that was handed the entry at a place of the journal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delivered {
    /// The place.
    pub seq: Seq,
    /// The callback. A name without control characters.
    pub callback: String,
}

/// How far a delivery is that was tried and is not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// How often it was handed over since the plugin was last resumed.
    pub attempts: u32,
    /// How often it failed by the plugin's fault.
    pub failures: u32,
    /// How long it is put off; none for not at all.
    pub pause: Option<Pause>,
}

/// A time for which something is put off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// When it began.
    pub since: Timestamp,
    /// How long it is, in whole milliseconds.
    pub length: Duration,
}

/// Whether a failure stopped a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginState {
    /// It goes on with the event after its position.
    Active,
    /// It waits for its file to change or for the operator.
    Stopped {
        /// The event that stopped it.
        event: EventId,
    },
}

/// How a call ended badly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The event it was called with.
    pub event: EventId,
    /// What went wrong.
    pub error: String,
    /// When.
    pub at: Timestamp,
}

/// What a plugin has done since the last commit. All of it is kept, or nothing.
#[derive(Debug, Clone, Copy)]
pub struct Finish<'a> {
    /// Which plugin.
    pub plugin: &'a str,
    /// The last place it has finished with.
    pub position: Seq,
    /// How often the operator had moved the position before that. If it was moved since, all is kept but the position.
    pub moves: u64,
    /// All deliveries beyond that which are finished already.
    pub finished: &'a [Delivered],
    /// How many events more it has handled.
    pub handled: u64,
    /// What it changed in its key-values, in order.
    pub key_values: &'a [KeyValueChange],
    /// Deliveries that are finished and had effects: event and callback.
    pub settled: &'a [(EventId, String)],
    /// How the deliveries ended that were given up or put aside, in order.
    pub failures: &'a [Failure],
    /// Those of them that are put aside. Their effects stay.
    pub parked: &'a [Parked],
    /// The dead letters that were handed over again, and are finished.
    pub redriven: &'a [u64],
    /// How many deliveries were given up since the last one that went well.
    pub failed_in_row: u32,
}

impl Pause {
    /// What is left of it. A clock that was set back makes it no longer than it is.
    #[must_use]
    pub fn left(self, now: Timestamp) -> Duration {
        self.since.plus(self.length).since(now).min(self.length)
    }
}

impl<'a> Finish<'a> {
    /// That a plugin has finished with everything up to a position, and nothing else happened.
    #[must_use]
    pub fn at(plugin: &'a str, position: Seq) -> Self {
        Self {
            plugin,
            position,
            moves: 0,
            finished: &[],
            handled: 0,
            key_values: &[],
            settled: &[],
            failures: &[],
            parked: &[],
            redriven: &[],
            failed_in_row: 0,
        }
    }
}

/// Why a change to a plugin was not taken. Each but the last is a mistake of the caller.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// Nothing is kept under this name.
    #[error("plugin `{plugin}` is not known to the database")]
    Unknown {
        /// The name.
        plugin: String,
    },
    /// The position would fall, and events would be delivered again.
    #[error("the position of plugin `{plugin}` may not fall from {position} to {asked}")]
    PositionFell {
        /// The plugin.
        plugin: String,
        /// What is kept.
        position: Seq,
        /// What was asked for.
        asked: Seq,
    },
    /// The position would be beyond the journal, and events to come would be skipped.
    #[error("the position of plugin `{plugin}` may not be {asked}: the journal ends at {last_seq}")]
    BeyondJournal {
        /// The plugin.
        plugin: String,
        /// What was asked for.
        asked: Seq,
        /// Where the journal ends.
        last_seq: Seq,
    },
    /// The file failed.
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl Database {
    /// All plugins there ever were, by name.
    pub fn plugins(&self) -> Result<Vec<PluginRow>, QueryError> {
        self.ask("list the plugins").all(PLUGINS, [], PluginRow::read)
    }

    /// One plugin, if it is known.
    pub fn plugin(&self, name: &str) -> Result<Option<PluginRow>, QueryError> {
        self.ask("look a plugin up").first(PLUGIN, [name], PluginRow::read)
    }

    /// What is kept about a plugin whose file is there. One seen for the first time has finished with everything up to
    /// `start`; one that was known, removed or not, stays where it is.
    ///
    /// After a long absence the entries it needs may be gone: compare with [`Database::first_seq`].
    pub fn ensure_plugin(&mut self, name: &str, start: Seq) -> Result<PluginRow, PluginError> {
        self.change("add a plugin", |query| {
            if query.first(POSITION, [name], |_| Ok(()))?.is_none() {
                check_within_journal(query, name, start)?;
                query.execute(
                    ADD,
                    params![name, start.0, position_checksum(name, start, "").stored()],
                )?;
            }
            query.execute(RETURN, [name])?;
            let row = query.first(PLUGIN, [name], PluginRow::read)?;
            row.ok_or_else(|| PluginError::Unknown { plugin: name.to_owned() })
        })
    }

    /// Keeps what a plugin has finished with, and what it changed meanwhile, in one commit.
    pub fn finish(&mut self, finish: &Finish<'_>) -> Result<(), PluginError> {
        self.finish_many(std::slice::from_ref(finish))
    }

    /// Keeps what several plugins have finished with, in one commit: all of it, or nothing.
    pub fn finish_many(&mut self, finishes: &[Finish<'_>]) -> Result<(), PluginError> {
        if finishes.is_empty() {
            return Ok(());
        }
        self.change("keep what plugins have finished", |query| {
            let last_seq = StreamRow::load(query)?.map_or(Seq(0), |row| row.last_seq);
            finishes.iter().try_for_each(|finish| finish.perform(query, last_seq))
        })
    }

    /// The deliveries of a plugin that were tried and are not finished, and how far each is.
    pub fn attempts(&self, name: &str) -> Result<Vec<(Delivered, Progress)>, QueryError> {
        self.ask("load what a plugin has tried").all(ATTEMPTS, [name], |row| {
            let (since, length): (Option<i64>, Option<u64>) = (row.get(4)?, row.get(5)?);
            let pause = since.zip(length).map(|(since, length)| Pause {
                since: Timestamp(since),
                length: Duration::from_millis(length),
            });
            let progress = Progress { attempts: row.get(2)?, failures: row.get(3)?, pause };
            Ok((Delivered { seq: Seq(row.get(0)?), callback: row.get(1)? }, progress))
        })
    }

    /// Keeps that a delivery is handed over again later, and why, if it is the plugin's fault. The position stays.
    pub fn put_off(
        &mut self,
        name: &str,
        delivery: &Delivered,
        progress: Progress,
        failure: Option<&Failure>,
    ) -> Result<(), PluginError> {
        let Delivered { seq, callback } = delivery;
        let Progress { attempts, failures, pause } = progress;
        let since = pause.map(|pause| pause.since.0);
        let length = pause.map(|pause| i64::try_from(pause.length.as_millis()).unwrap_or(i64::MAX));
        self.change("put a delivery off", |query| {
            check_known(query, name)?;
            if let Some(failure) = failure {
                failure.perform(query, name)?;
            }
            query.execute(
                PUT_OFF,
                params![name, seq.0, callback, attempts, failures, since, length],
            )?;
            Ok(())
        })
    }

    /// Stops a plugin before the event that failed.
    pub fn stop_plugin(&mut self, name: &str, failure: &Failure) -> Result<(), PluginError> {
        self.change("stop a plugin", |query| {
            failure.perform(query, name)?;
            change_plugin(query, STOP, name, params![name, failure.event.0])
        })
    }

    /// Stops a plugin that is set off again and again by what it does. No call of it failed.
    pub fn stop_plugin_in_storm(&mut self, name: &str, why: &Failure) -> Result<(), PluginError> {
        let Failure { event, error, at } = why;
        let row = params![name, event.0, error, at.0];
        self.change_plugin("stop a plugin", STOP_IN_STORM, name, row)
    }

    /// Lets a stopped plugin go on with the event that stopped it, as if for the first time.
    pub fn resume_plugin(&mut self, name: &str) -> Result<(), PluginError> {
        self.change("resume a plugin", |query| {
            query.execute(DROP_ATTEMPTS, params![name, i64::MAX])?;
            change_plugin(query, RESUME, name, [name])
        })
    }

    /// Keeps whether the operator wants a plugin to run. One that a failure stopped is not resumed by it.
    pub fn set_enabled(&mut self, name: &str, enabled: bool) -> Result<(), PluginError> {
        self.change_plugin("enable or disable a plugin", SET_ENABLED, name, params![name, enabled])
    }

    /// Keeps which version runs.
    pub fn set_digest(&mut self, name: &str, digest: &str) -> Result<(), PluginError> {
        self.change_plugin("record a plugin's version", SET_DIGEST, name, params![name, digest])
    }

    /// Keeps that a plugin's file is gone. Position and key-values stay, for its return; see [`Database::retain`] for
    /// how long its entries do.
    pub fn mark_removed(&mut self, name: &str, at: Timestamp) -> Result<(), PluginError> {
        self.change_plugin("record a plugin's removal", MARK_REMOVED, name, params![name, at.0])
    }

    fn change_plugin(
        &mut self,
        question: &'static str,
        sql: &str,
        name: &str,
        params: impl Params,
    ) -> Result<(), PluginError> {
        self.change(question, |query| change_plugin(query, sql, name, params))
    }
}

fn change_plugin(
    query: Query<'_>,
    sql: &str,
    name: &str,
    params: impl Params,
) -> Result<(), PluginError> {
    match query.execute(sql, params)? {
        0 => Err(PluginError::Unknown { plugin: name.to_owned() }),
        _ => Ok(()),
    }
}

impl Failure {
    /// Keeps it as the last one, and counts it.
    fn perform(&self, query: Query<'_>, plugin: &str) -> Result<(), PluginError> {
        let Self { event, error, at } = self;
        change_plugin(query, RECORD_FAILURE, plugin, params![plugin, event.0, error, at.0])
    }
}

impl Finish<'_> {
    fn perform(&self, query: Query<'_>, last_seq: Seq) -> Result<(), PluginError> {
        let (name, asked) = (self.plugin, self.position);
        let read = |row: &Row<'_>| Ok((read_position(row, name, [0, 1, 2])?, row.get(3)?));
        let Some((position, moves)) = query.first(POSITION, [name], read)? else {
            return Err(PluginError::Unknown { plugin: name.to_owned() });
        };
        let is_there: bool = self.moves == moves;
        if is_there && asked < position {
            return Err(PluginError::PositionFell { plugin: name.to_owned(), position, asked });
        }
        if asked > last_seq {
            return Err(PluginError::BeyondJournal { plugin: name.to_owned(), asked, last_seq });
        }
        if is_there {
            let finished = written_deliveries(self.finished, asked);
            let checksum = position_checksum(name, asked, &finished).stored();
            let row = params![name, asked.0, checksum, self.handled, finished, self.failed_in_row];
            query.execute(FINISH, row)?;
            query.execute(DROP_ATTEMPTS, params![name, asked.0])?;
        } else {
            query.execute(FINISH_ELSEWHERE, params![name, self.handled, self.failed_in_row])?;
        }
        self.key_values.iter().try_for_each(|change| change.perform(query, name))?;
        for (event, callback) in self.settled {
            effect::drop_effects(query, name, *event, callback)?;
        }
        self.failures.iter().try_for_each(|failure| failure.perform(query, name))?;
        self.parked.iter().try_for_each(|parked| parked.perform(query, name))?;
        for &number in self.redriven {
            // One that the operator has discarded meanwhile is gone as well.
            dead_letter::take(query, number)?;
        }
        Ok(())
    }
}

impl PluginRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let name: String = row.get(0)?;
        let position = read_position(row, &name, [1, 2, 12])?;
        let stopped_event: Option<u64> = row.get(6)?;
        let failed_event: Option<u64> = row.get(7)?;
        let (error, at): (Option<String>, Option<i64>) = (row.get(8)?, row.get(9)?);
        let last_failure = match (failed_event, error, at) {
            (Some(event), Some(error), Some(at)) => {
                Some(Failure { event: EventId(event), error, at: Timestamp(at) })
            }
            _ => None,
        };
        Ok(Self {
            name,
            position,
            finished: read_deliveries(row.get_ref(12)?.as_str()?, position),
            handled: row.get(3)?,
            failed: row.get(4)?,
            failed_in_row: row.get(13)?,
            moves: row.get(14)?,
            storm: row.get(15)?,
            enabled: row.get(5)?,
            state: stopped_event.map_or(PluginState::Active, |event| PluginState::Stopped {
                event: EventId(event),
            }),
            last_failure,
            digest: row.get(10)?,
            removed_at: row.get::<_, Option<i64>>(11)?.map(Timestamp),
        })
    }
}

/// As `finished` holds them: a line each, the callback's name, and the place before it where that is not the one after the
/// position. The form of schema 1, which knew no other place, with the places that came later.
fn written_deliveries(finished: &[Delivered], position: Seq) -> String {
    let lines: Vec<String> = finished
        .iter()
        .map(|Delivered { seq, callback }| match *seq == position.next() {
            true => callback.clone(),
            false => format!("{seq}\t{callback}"),
        })
        .collect();
    lines.join("\n")
}

fn read_deliveries(finished: &str, position: Seq) -> Vec<Delivered> {
    let read = |line: &str| match line.split_once('\t') {
        Some((seq, callback)) => {
            Some(Delivered { seq: Seq(seq.parse().ok()?), callback: callback.to_owned() })
        }
        None => Some(Delivered { seq: position.next(), callback: line.to_owned() }),
    };
    // The checksum says that the lines are as they were written.
    finished.lines().filter_map(read).collect()
}

fn check_known(query: Query<'_>, name: &str) -> Result<(), PluginError> {
    let known = query.first(POSITION, [name], |_| Ok(()))?;
    known.ok_or_else(|| PluginError::Unknown { plugin: name.to_owned() })
}

fn check_within_journal(query: Query<'_>, name: &str, asked: Seq) -> Result<(), PluginError> {
    let last_seq = StreamRow::load(query)?.map_or(Seq(0), |row| row.last_seq);
    match asked > last_seq {
        true => Err(PluginError::BeyondJournal { plugin: name.to_owned(), asked, last_seq }),
        false => Ok(()),
    }
}

/// The position of a row, checked; `columns` are those of position, checksum and finished.
fn read_position(row: &Row<'_>, name: &str, columns: [usize; 3]) -> rusqlite::Result<Seq> {
    let [position, checksum, finished] = columns;
    let position = Seq(row.get(position)?);
    let finished = row.get_ref(finished)?.as_str()?;
    position_checksum(name, position, finished)
        .verify(row.get(checksum)?, || format!("the position of plugin `{name}`"))?;
    Ok(position)
}

/// Guards where a plugin is.
pub(crate) fn position_checksum(name: &str, position: Seq, finished: &str) -> Checksum {
    Checksum::new().bytes(name.as_bytes()).number(position.0).bytes(finished.as_bytes())
}
