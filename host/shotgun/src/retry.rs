//! Whether a call is made again, and when: reads after anything transient, writes only when they were certainly not sent.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crate::error::CallError;

/// How often a call is made in total, and how far apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Attempts in total; 1 (or 0) is a call that is never made again.
    pub attempts: u32,
    /// The delay before the second attempt; each later one is twice as long. Up to half of it is taken off at random.
    pub delay_first: Duration,
    /// No delay is longer. A site that asks for more gets no second attempt from here: the caller has better things to do.
    pub delay_max: Duration,
}

/// Whether a call changes something at the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
}

/// Makes the call until it has an answer, or an error that is final for this kind of call.
pub(crate) async fn run<T, F, A>(
    options: Options,
    kind: Kind,
    mut attempt: F,
) -> Result<T, CallError>
where
    F: FnMut() -> A,
    A: Future<Output = Result<T, CallError>>,
{
    let mut made = 1;
    loop {
        let error = match attempt().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        match delay(options, kind, made, &error, random()) {
            None => return Err(error),
            Some(delay) => tokio::time::sleep(delay).await,
        }
        made += 1;
    }
}

/// How long to wait before the next attempt after `made` of them; none if there is to be no other. `random` is drawn anew
/// each time, so that many callers do not return at the same moment.
fn delay(
    options: Options,
    kind: Kind,
    made: u32,
    error: &CallError,
    random: u64,
) -> Option<Duration> {
    let again = error.is_transient() && (kind == Kind::Read || error.was_certainly_not_sent());
    // Whoever waited in vain for a connection has already waited for as long as a call may take.
    if !again || made >= options.attempts || matches!(error, CallError::Busy { .. }) {
        return None;
    }
    let longest =
        options.delay_first.saturating_mul(1 << (made - 1).min(16)).min(options.delay_max);
    let thousandths = 500 + u32::try_from(random % 501).expect("less than 501");
    let delay = longest.saturating_mul(thousandths) / 1000;
    match error.retry_after() {
        Some(wanted) if wanted > options.delay_max => None,
        Some(wanted) => Some(delay.max(wanted)),
        None => Some(delay),
    }
}

/// A number that differs from call to call: the standard library seeds each hasher anew.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests;
