//! The host's clock: the only place that reads it for decisions.

use std::time::{SystemTime, UNIX_EPOCH};

use eventlog::Timestamp;
/// A moment on the clock that only goes on, for waiting. Tests can let it stand still.
pub use tokio::time::Instant;

use crate::lane::Now;

/// Now, on both clocks.
pub fn moment() -> Now {
    Now { at: Instant::now(), time: now() }
}

/// Now.
pub fn now() -> Timestamp {
    #[cfg(test)]
    if let Some(now) = crate::simulation::now() {
        return now;
    }
    // A clock set before 1970 is a clock that was not set; decisions then take it for 1970.
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
