//! What follows from a failure: which of them pass, how long to wait, and when a plugin does nothing but fail. Pure.

use std::time::Duration;

use config::{Breaker, Retry};
use policy::OnError;
use runtime::{Blame, Outcome};

use super::Verdict;

#[cfg(test)]
mod tests;

/// The first pause before an event is handed over again because the site did not answer, and the longest.
const SITE_RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(4));

/// The shortest and the longest time that a guest can have its event put off. Without the first, a guest that asks for no
/// pause would be called without an end, and as fast as it can answer. Part of the contract's text.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3600));

/// What the operator, or the plugin's author, wants to happen when a callback fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// In the end.
    pub on_error: OnError,
    /// Before that.
    pub retry: Retry,
    /// When one event after the other fails.
    pub breaker: Breaker,
}

/// What kind of failure an outcome is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// The guest wants the event later; held to what a guest can ask for.
    AsksForLater(Duration),
    /// Nobody's: the operator halted the plugin, or this project.
    Halted(Option<u64>),
    /// The site's, or the host's.
    Outside,
    /// The guest's, and another attempt may go better.
    Transient,
    /// The guest's, and it says that no attempt will.
    Permanent,
}

impl Failing {
    /// None if nothing failed.
    pub fn of(outcome: &Outcome) -> Option<Self> {
        match (outcome, outcome.blame()) {
            (Outcome::RetryAfter(pause), _) => {
                Some(Self::AsksForLater((*pause).clamp(RETRY_AFTER.0, RETRY_AFTER.1)))
            }
            (Outcome::Halted { project, .. }, _) => Some(Self::Halted(*project)),
            (Outcome::Rejected(_), _) => Some(Self::Permanent),
            (_, None) => None,
            (_, Some(Blame::Site | Blame::Host)) => Some(Self::Outside),
            (_, Some(Blame::Guest)) => Some(Self::Transient),
        }
    }
}

impl Policy {
    /// What becomes of a delivery that failed for the last time.
    pub fn at_last(&self) -> Verdict {
        match self.on_error {
            OnError::Deactivate => Verdict::Stop,
            OnError::Continue => Verdict::GivenUp,
            OnError::DeadLetter => Verdict::PutAside,
        }
    }
}

/// The pause after the `failures`th failure: from half of what doubling gives to the whole of it, by `salt`. The same for
/// the same numbers.
pub fn pause(retry: &Retry, failures: u32, salt: u64) -> Duration {
    let whole = doubled(retry.pause, failures.saturating_sub(1), retry.pause_max);
    let share = mixed(salt.wrapping_add(failures.into())) >> 32;
    let half = whole / 2;
    half + half.mul_f64(share as f64 / f64::from(u32::MAX))
}

/// How long a plugin rests after so many deliveries in a row were given up; none if it goes on at once.
pub fn rest(breaker: &Breaker, failed_in_row: u32) -> Option<Duration> {
    let beyond = failed_in_row.checked_sub(breaker.failures?)?;
    Some(doubled(breaker.pause, beyond, breaker.pause_max))
}

/// The pause after the site, or the host, failed so many times in a row. Not the plugin's to decide.
pub fn site_pause(failures: u32) -> Duration {
    doubled(SITE_RETRY.0, failures.saturating_sub(1), SITE_RETRY.1)
}

/// A number of a plugin's own.
pub fn salt(plugin: &str) -> u64 {
    plugin.bytes().fold(0, |salt, byte| mixed(salt ^ u64::from(byte)))
}

fn doubled(first: Duration, times: u32, max: Duration) -> Duration {
    first.saturating_mul(1 << times.min(30)).min(max)
}

/// Spreads numbers that are close to each other over all numbers (the last step of SplitMix64).
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
