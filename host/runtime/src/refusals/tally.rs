//! What a plugin was refused in all its calls, and how many lines that may make.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::RefusalCounts;
use crate::limits::Quota;

/// How many lines about refusals a plugin may cause in a minute. A plugin that is refused something at every event would fill the log.
const LINES_PER_MINUTE: usize = 60;

/// What a plugin was refused since the host started, in all its instances. A clone is the same one.
#[derive(Debug, Clone)]
pub struct RefusalTally(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    lines: Quota,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What nobody has taken yet.
    news: RefusalCounts,
    /// Lines that were left out since the last one that was not.
    untold: u64,
}

impl Default for RefusalTally {
    fn default() -> Self {
        let lines = Quota::new(LINES_PER_MINUTE, Duration::from_secs(60));
        Self(Arc::new(Inner { lines, state: Mutex::default() }))
    }
}

impl RefusalTally {
    /// How often each limit was met since this was asked last.
    #[must_use]
    pub fn take_news(&self) -> RefusalCounts {
        std::mem::take(&mut self.lock().news)
    }

    pub(crate) fn add(&self, counts: &RefusalCounts) {
        if counts.is_empty() {
            return;
        }
        let mut state = self.lock();
        for (limit, times) in counts {
            *state.news.entry(limit).or_default() += times;
        }
    }

    /// Whether a line may be written now; if so, how many were left out before it.
    pub(super) fn take_line(&self, now: Instant) -> Option<u64> {
        let may_tell = self.0.lines.take(1, now);
        let mut state = self.lock();
        if !may_tell {
            state.untold += 1;
            return None;
        }
        Some(std::mem::take(&mut state.untold))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic between two statements of this file leaves whole counts behind.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
