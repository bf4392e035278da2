//! Dead letters that the operator wants handed over again: one at a time, between two events of the stream.

use std::sync::Arc;

use database::{DeadLetter, Ending, QueryError, TakenOver, WaitingEntry};
use tokio::time::Instant;

use super::calling::{Ended, EntryRef, Handed};
use super::failing::{self, Failing};
use super::worker::{DATABASE_RETRY, Worker};
use crate::clock;
use crate::failure::chain;
use crate::journal::JournalEntry;
use crate::notice::Notice;

/// So many entries are taken over at a time that are handed over again.
const REPLAYS: usize = 100;

/// What a lane knows of dead letters.
#[derive(Debug)]
pub struct Redrives {
    /// There may be some that are to be handed over.
    wanted: bool,
    /// Until when the next one is put off.
    again_at: Option<Instant>,
    /// How often in a row something outside the plugin has failed it.
    outside_failures: u32,
    /// That the database could not be asked was told.
    is_broken: bool,
    /// One was just handed over: it is the stream's turn.
    has_had_turn: bool,
    /// What was held back for a halted project comes before the stream goes on.
    catches_up: bool,
}

impl Default for Redrives {
    /// A lane that begins has to look.
    fn default() -> Self {
        Self {
            wanted: true,
            again_at: None,
            outside_failures: 0,
            is_broken: false,
            has_had_turn: false,
            catches_up: false,
        }
    }
}

impl Redrives {
    /// The operator may have marked some, or changed the plugin.
    pub fn look_again(&mut self) {
        self.wanted = true;
    }

    /// Something was halted or released: what is due now comes before the stream goes on.
    pub fn begin_again(&mut self) {
        self.wanted = true;
        self.has_had_turn = false;
    }

    /// Whether one is to be handed over now.
    pub fn is_due(&self) -> bool {
        self.wanted && self.again_at.is_none_or(|at| at <= Instant::now())
    }

    /// Whether one is to be handed over before the stream goes on: of many, every other call is the stream's.
    pub fn take_turn(&mut self) -> bool {
        self.has_had_turn = self.is_due() && (self.catches_up || !self.has_had_turn);
        self.has_had_turn
    }

    /// When one is to be handed over; none if there is none.
    pub fn due(&self) -> Option<Instant> {
        self.again_at.filter(|_| self.wanted)
    }

    fn put_off(&mut self, pause: std::time::Duration) {
        self.again_at = Some(Instant::now() + pause);
    }
}

impl Worker {
    /// Hands one dead letter over, if there is one to be.
    pub(super) async fn redrive(&mut self) {
        // What is finished is on disk before a call that can have an effect.
        self.commit().await;
        let plugin = self.plugin.clone();
        match self.tools.storage.ask(move |database| database.next_redrive(&plugin)).await {
            Ok(Some(letter)) => self.hand_over(letter).await,
            Ok(None) => match self.take_over_replays().await {
                Ok(taken) => self.redrives.wanted = taken > 0,
                Err(error) => return self.redrives_broken(&error),
            },
            Err(error) => return self.redrives_broken(&error),
        }
        self.redrives.is_broken = false;
    }

    fn redrives_broken(&mut self, error: &QueryError) {
        if !std::mem::replace(&mut self.redrives.is_broken, true) {
            self.trouble("look for dead letters; trying again", error);
        }
        self.redrives.put_off(DATABASE_RETRY);
    }

    /// Makes dead letters of some of the entries that the operator has handed over again: one for each callback that wants them. How
    /// many entries those were.
    async fn take_over_replays(&mut self) -> Result<usize, QueryError> {
        let plugin = self.plugin.clone();
        let waiting =
            self.tools.storage.ask(move |database| database.waiting_replays(&plugin, REPLAYS));
        let waiting = waiting.await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let taken: Vec<TakenOver> =
            waiting.into_iter().map(|waiting| self.taken_over(waiting)).collect();
        let (plugin, at, count) = (self.plugin.clone(), clock::now(), taken.len());
        let storage = &self.tools.storage;
        storage.ask(move |database| database.take_over_replays(&plugin, &taken, at)).await?;
        Ok(count)
    }

    fn taken_over(&mut self, waiting: WaitingEntry) -> TakenOver {
        let version = self.version();
        let name = |index: usize| version.registration.callbacks[index].name.clone();
        // What cannot be read any more is handed to nobody in silence: each callback has a letter that says so.
        let callbacks = match shotgun::wire::parse_entry(&waiting.entry.json) {
            Ok(entry) => version.matcher.callbacks(&entry).map(name).collect(),
            Err(_) => (0..version.registration.callbacks.len()).map(name).collect(),
        };
        TakenOver { waiting, callbacks }
    }

    async fn hand_over(&mut self, letter: DeadLetter) {
        self.redrives.catches_up = letter.halted_project.is_some();
        let callback: Arc<str> = letter.delivery.callback.as_str().into();
        let entries = match entries(&letter) {
            Ok(entries) => entries,
            Err(error) => {
                let why = format!("cannot be handed the event: {}", chain(&error));
                return self.fail_again(&letter, why, String::new()).await;
            }
        };
        if self.version().callback(&callback).is_none() {
            let why =
                format!("is not in the version `{}` that runs", self.version().digest().short());
            return self.fail_again(&letter, why, String::new()).await;
        }
        let handed =
            Handed { callback: callback.clone(), entries, attempt: letter.ending.attempts + 1 };
        if let Some(halted) = self.halted_project(&handed) {
            return self.hold_letter_back(&letter, halted.project).await;
        }
        if let Some(pause) = self.doubt_pause(&handed) {
            return self.redrives.put_off(pause);
        }
        let Ended { handed, report, guest, .. } = self.call(handed).await;
        self.version().keep(guest);
        self.redrives.again_at = None;
        match Failing::of(&report.outcome) {
            None => {
                self.finished(&handed, report.key_values);
                self.unsaved.redriven.push(letter.number);
                self.lane.redriven(Instant::now());
                self.redrives.outside_failures = 0;
                self.commit().await;
                self.tools.notices.tell(Notice::LetterHandled {
                    plugin: self.plugin.to_string(),
                    callback: callback.to_string(),
                    event: handed.event_id(),
                    number: letter.number,
                });
            }
            Some(Failing::Halted(project)) => self.hold_letter_back(&letter, project).await,
            Some(Failing::AsksForLater(pause)) => self.redrives.put_off(pause),
            Some(Failing::Outside) => {
                self.redrives.outside_failures += 1;
                self.redrives.put_off(failing::site_pause(self.redrives.outside_failures));
            }
            Some(Failing::Transient | Failing::Permanent) => {
                self.fail_again(&letter, report.outcome.to_string(), report.log).await;
            }
        }
    }

    /// Leaves a letter for when the plugin goes on, or the project that it is about.
    async fn hold_letter_back(&mut self, letter: &DeadLetter, project: Option<u64>) {
        let (number, Some(project)) = (letter.number, project) else { return };
        let saved = self.tools.storage.ask(move |database| database.hold_back(number, project));
        match saved.await {
            Ok(()) | Err(database::LetterError::Unknown { .. }) => {}
            Err(error) => {
                self.trouble("save that a dead letter is held back; trying again", &error);
                self.redrives.put_off(DATABASE_RETRY);
            }
        }
    }

    /// Leaves a letter to the operator again.
    async fn fail_again(&mut self, letter: &DeadLetter, why: String, log: String) {
        let callback = &letter.delivery.callback;
        let ending = Ending {
            error: format!("callback `{callback}` {why}"),
            attempts: letter.ending.attempts + 1,
            at: clock::now(),
            log,
        };
        let number = letter.number;
        let saved =
            self.tools.storage.ask(move |database| database.redrive_failed(number, &ending)).await;
        match saved {
            // The operator has discarded it meanwhile.
            Ok(()) | Err(database::LetterError::Unknown { .. }) => {}
            Err(error) => {
                self.trouble("save that a dead letter failed again; trying again", &error);
                return self.redrives.put_off(DATABASE_RETRY);
            }
        }
        self.tools.notices.tell(Notice::LetterFailed {
            plugin: self.plugin.to_string(),
            callback: callback.clone(),
            event: letter.delivery.event,
            number,
            why,
        });
    }
}

/// The events of a letter, in journal order. Places are not kept of those after the first; nothing depends on them here.
fn entries(letter: &DeadLetter) -> Result<Vec<EntryRef>, shotgun::wire::MalformedEntry> {
    let parsed = shotgun::wire::parse_entries(&letter.json)?;
    let entry = |entry| JournalEntry::new(letter.seq, letter.ending.at, letter.late, entry);
    let page = Arc::new(parsed.into_iter().map(entry).collect::<Vec<_>>());
    Ok((0..page.len()).map(|index| EntryRef::new(page.clone(), index)).collect())
}
