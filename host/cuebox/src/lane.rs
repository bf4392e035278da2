//! What one plugin does next. Pure: is told what happened and when, and says what to do; `lane::worker` does it.
//!
//! A lane takes the entries of the journal one after the other. An entry is finished when every callback that wants it is
//! finished with it; then the position moves on. Positions are committed in groups where nothing would be repeated by
//! losing them, and at once after an effect.

pub mod worker;

use std::collections::BTreeSet;
use std::time::Duration;

use eventlog::{Seq, Timestamp};
use runtime::{Blame, OnError, Outcome};

/// How long finished deliveries without effects may stay uncommitted: what a crash makes a plugin see again.
const COMMIT_AFTER: Duration = Duration::from_millis(100);

/// And how many of them.
const COMMIT_EVENTS: u64 = 1000;

/// The first pause before an event is handed over again because the site did not answer, and the longest.
const SITE_RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(4));

/// The shortest and the longest time that a guest can have its event put off. Without the first, a guest that asks for no
/// pause would be called without an end, and as fast as it can answer.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3600));

/// The state of one plugin's way through the journal.
#[derive(Debug)]
pub struct Lane {
    /// Everything up to here is finished.
    position: Seq,
    /// The callbacks that are finished with the entry after `position`.
    finished: BTreeSet<String>,
    /// How often the delivery in progress has been tried.
    attempts: u32,
    /// How often in a row the site has failed it.
    site_failures: u32,
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
    /// The same delivery once more, after a pause.
    Again(Duration),
    /// The plugin stops before this entry.
    Stop,
}

impl Lane {
    /// A lane that goes on after `position`; the callbacks in `finished` are done with the entry after it.
    pub fn new(position: Seq, finished: impl IntoIterator<Item = String>) -> Self {
        Self {
            position,
            finished: finished.into_iter().collect(),
            attempts: 0,
            site_failures: 0,
            uncommitted: Uncommitted::default(),
        }
    }

    /// Everything up to here is finished.
    pub fn position(&self) -> Seq {
        self.position
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
        self.attempts += 1;
        self.attempts
    }

    /// A delivery ended. `effects` says that it changed something outside, or may have.
    pub fn ended(
        &mut self,
        callback: &str,
        outcome: &Outcome,
        effects: bool,
        on_error: OnError,
        now: Timestamp,
    ) -> Verdict {
        self.uncommitted.effects |= effects;
        let verdict = self.judge(outcome, on_error);
        match verdict {
            Verdict::Finished => self.uncommitted.handled += 1,
            Verdict::GivenUp => {}
            Verdict::Again(_) | Verdict::Stop => return verdict,
        }
        self.finished.insert(callback.to_owned());
        self.attempts = 0;
        self.site_failures = 0;
        self.uncommitted.since.get_or_insert(now);
        verdict
    }

    fn judge(&mut self, outcome: &Outcome, on_error: OnError) -> Verdict {
        if let Outcome::RetryAfter(pause) = outcome {
            return Verdict::Again((*pause).clamp(RETRY_AFTER.0, RETRY_AFTER.1));
        }
        match outcome.blame() {
            None => Verdict::Finished,
            // Neither is the plugin's doing, and the same call can work later: its policy is not asked.
            Some(Blame::Site | Blame::Host) => {
                let pause = SITE_RETRY.0.saturating_mul(1 << self.site_failures.min(16));
                self.site_failures += 1;
                Verdict::Again(pause.min(SITE_RETRY.1))
            }
            Some(Blame::Guest) => match on_error {
                OnError::Deactivate => Verdict::Stop,
                OnError::Continue => Verdict::GivenUp,
            },
        }
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
