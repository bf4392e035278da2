//! What time it is on the site.

use std::time::{Duration, SystemTime};

use crate::model::Now;

/// A site's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The time of day.
    Wall,
    /// This moment, until it is moved.
    Still(Now),
}

impl Clock {
    pub(super) fn now(self) -> Now {
        match self {
            Self::Wall => wall(),
            Self::Still(now) => now,
        }
    }

    pub(super) fn advance(&mut self, duration: Duration) {
        if let Self::Still(now) = self {
            *now = now.plus(duration);
        }
    }

    /// Moves a clock that stands still to `now`, if that is later.
    pub(super) fn set(&mut self, now: Now) {
        if let Self::Still(current) = self {
            *current = now.max(*current);
        }
    }
}

/// The time of day.
fn wall() -> Now {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Now(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
