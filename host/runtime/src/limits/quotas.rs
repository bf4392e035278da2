//! What a plugin may use up in a time, all its instances together.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Limits;

/// The quotas of one plugin. A clone is the same one.
#[derive(Debug, Clone)]
pub struct Quotas {
    pub(crate) site_calls: Arc<Quota>,
    pub(crate) log_bytes: Arc<Quota>,
}

/// So much in a time: what was used comes back evenly.
#[derive(Debug)]
pub(crate) struct Quota {
    max: f64,
    time: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    left: f64,
    at: Option<Instant>,
}

impl Quotas {
    /// Nothing is used up yet.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let minute = Duration::from_secs(60);
        let second = Duration::from_secs(1);
        Self {
            site_calls: Arc::new(Quota::new(limits.site_calls_per_minute as usize, minute)),
            log_bytes: Arc::new(Quota::new(limits.log_bytes_per_second, second)),
        }
    }
}

impl Quota {
    /// So much, all of it there.
    pub(crate) fn new(max: usize, time: Duration) -> Self {
        // Exact up to 2^53, which is far beyond what can be configured.
        let max = max as f64;
        Self { max, time, state: Mutex::new(State { left: max, at: None }) }
    }

    /// Takes `amount`, if it is there at `now`.
    pub(crate) fn take(&self, amount: usize, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = state.at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let back = self.max * passed.as_secs_f64() / self.time.as_secs_f64();
        state.left = (state.left + back).min(self.max);
        state.at = Some(now);
        let amount = amount as f64;
        let granted = amount <= state.left;
        if granted {
            state.left -= amount;
        }
        granted
    }
}

#[cfg(test)]
mod tests;
