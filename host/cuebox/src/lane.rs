//! What one plugin does next. Pure: is told what happened and when, and says what to do; `lane::worker` does it.
//!
//! A lane takes the entries of the journal one after the other. An entry is finished when every callback that wants it is
//! finished with it; then the position moves on. Positions are committed in groups where nothing would be repeated by
//! losing them, and at once after an effect.

pub mod failing;
mod redrive;
mod saving;
pub mod version;
pub mod worker;

use std::collections::BTreeSet;
use std::time::Duration;

use database::{PluginRow, Progress};
use eventlog::{Seq, Timestamp};
use runtime::Outcome;

use failing::{Failing, Policy};

/// How long finished deliveries without effects may stay uncommitted: what a crash makes a plugin see again.
const COMMIT_AFTER: Duration = Duration::from_millis(100);

/// And how many of them.
const COMMIT_EVENTS: u64 = 1000;

/// The state of one plugin's way through the journal.
#[derive(Debug)]
pub struct Lane {
    /// Spreads the pauses of plugins that fail together.
    salt: u64,
    /// How often the operator had moved the position.
    moves: u64,
    /// Everything up to here is finished.
    position: Seq,
    /// The callbacks that are finished with the entry after `position`.
    finished: BTreeSet<String>,
    /// How far the delivery in progress is.
    progress: Progress,
    /// How often in a row the site, or the host, has failed it.
    site_failures: u32,
    /// How many deliveries were given up since the last one that went well.
    failed_in_row: u32,
    uncommitted: Uncommitted,
}

/// What was finished since the last commit.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Uncommitted {
    since: Option<Timestamp>,
    /// Entries that went by.
    pub passed: u64,
    /// Deliveries that were finished.
    pub handled: u64,
    effects: bool,
}

/// What follows from how a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The callback is finished with the entry.
    Finished,
    /// It failed, its entry is given up, and the plugin goes on.
    GivenUp,
    /// It failed, its entry is put aside for it, and the plugin goes on.
    PutAside,
    /// The same delivery once more, after a pause.
    Again(Duration),
    /// The plugin stops before this entry.
    Stop,
}

impl Lane {
    /// A lane that goes on where a plugin was.
    pub fn new(row: &PluginRow) -> Self {
        Self {
            salt: failing::salt(&row.name),
            moves: row.moves,
            position: row.position,
            finished: row.finished.iter().cloned().collect(),
            progress: row.progress,
            site_failures: 0,
            failed_in_row: row.failed_in_row,
            uncommitted: Uncommitted::default(),
        }
    }

    /// Everything up to here is finished.
    pub fn position(&self) -> Seq {
        self.position
    }

    /// How often the operator had moved the position when this lane took it over.
    pub fn moves(&self) -> u64 {
        self.moves
    }

    /// The callbacks that are finished with the entry after the position.
    pub fn finished(&self) -> impl Iterator<Item = &str> {
        self.finished.iter().map(String::as_str)
    }

    /// Whether this callback is still to be called for the entry after the position.
    pub fn wants(&self, callback: &str) -> bool {
        !self.finished.contains(callback)
    }

    /// A delivery begins; answers its number, from 1.
    pub fn begin(&mut self) -> u32 {
        self.progress.attempts += 1;
        self.progress.attempts
    }

    /// A delivery ended. `effects` says that it changed something outside, or may have.
    pub fn ended(
        &mut self,
        callback: &str,
        outcome: &Outcome,
        effects: bool,
        policy: &Policy,
        now: Timestamp,
    ) -> Verdict {
        self.uncommitted.effects |= effects;
        let verdict = self.judge(outcome, policy, now);
        match verdict {
            Verdict::Finished => {
                self.uncommitted.handled += 1;
                self.failed_in_row = 0;
            }
            Verdict::GivenUp | Verdict::PutAside => {
                self.failed_in_row = self.failed_in_row.saturating_add(1);
            }
            Verdict::Again(_) | Verdict::Stop => return verdict,
        }
        self.finished.insert(callback.to_owned());
        self.progress = Progress::default();
        self.site_failures = 0;
        self.uncommitted.since.get_or_insert(now);
        verdict
    }

    fn judge(&mut self, outcome: &Outcome, policy: &Policy, now: Timestamp) -> Verdict {
        let failure = match Failing::of(outcome) {
            None => return Verdict::Finished,
            Some(failure) => failure,
        };
        let pause = match failure {
            Failing::AsksForLater(pause) => pause,
            // Neither is the plugin's doing, and the same call can work later: its policy is not asked.
            Failing::Outside => {
                self.site_failures += 1;
                failing::site_pause(self.site_failures)
            }
            Failing::Transient | Failing::Permanent => {
                self.progress.failures += 1;
                // A plugin that only fails is tried out with one call, not with all its attempts.
                let attempts = if self.is_failing(policy) { 1 } else { policy.retry.attempts };
                if failure == Failing::Permanent || self.progress.failures >= attempts {
                    return policy.at_last();
                }
                policy.retry.pause(self.progress.failures, self.salt ^ self.position.0)
            }
        };
        self.progress.again_at = Some(now.plus(pause));
        Verdict::Again(pause)
    }

    /// How long the plugin rests because it does nothing but fail, counted from the last failure; none if it does not.
    pub fn rest(&self, policy: &Policy) -> Option<Duration> {
        policy.breaker.rest(self.failed_in_row)
    }

    fn is_failing(&self, policy: &Policy) -> bool {
        self.rest(policy).is_some()
    }

    /// A dead letter was handed over, and is finished.
    pub fn redriven(&mut self, now: Timestamp) {
        self.uncommitted.handled += 1;
        self.uncommitted.since.get_or_insert(now);
    }

    /// How far the delivery in progress is.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// How many deliveries were given up since the last one that went well.
    pub fn failed_in_row(&self) -> u32 {
        self.failed_in_row
    }

    /// The operator lets a stopped plugin go on, or its file changed: it has all its attempts again.
    pub fn forgive(&mut self) {
        self.progress = Progress::default();
        self.site_failures = 0;
        self.failed_in_row = 0;
    }

    /// The entry at `seq` is finished with: every callback that wanted it was called, or none did.
    pub fn pass(&mut self, seq: Seq, now: Timestamp) {
        assert!(seq > self.position, "a position never falls: {seq} after {}", self.position);
        self.position = seq;
        self.finished.clear();
        self.uncommitted.passed += 1;
        self.uncommitted.since.get_or_insert(now);
    }

    /// Whether what is finished has to be committed before anything else happens.
    pub fn must_commit(&self, now: Timestamp) -> bool {
        self.uncommitted.effects
            || self.uncommitted.passed >= COMMIT_EVENTS
            || self.commit_timeout().is_some_and(|due| due <= now)
    }

    /// When what is finished has to be committed at the latest.
    pub fn commit_timeout(&self) -> Option<Timestamp> {
        self.uncommitted.since.map(|since| since.plus(COMMIT_AFTER))
    }

    /// Takes what is to be committed with the position; none if there is nothing.
    pub fn take_uncommitted(&mut self) -> Option<Uncommitted> {
        let uncommitted = std::mem::take(&mut self.uncommitted);
        uncommitted.since.is_some().then_some(uncommitted)
    }
}

#[cfg(test)]
mod tests;
