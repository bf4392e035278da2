//! How long to wait before the next poll. Does not wait, and knows neither site nor clock.

#[cfg(test)]
mod tests;

use std::time::Duration;

/// The intervals of a pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The wait after a poll that brought something.
    pub busy_interval: Duration,
    /// The longest wait while nothing happens.
    pub quiet_interval: Duration,
    /// By how much the wait grows with every poll that brought nothing, in per cent of the one before: 150 is half as long
    /// again. Below 100 it does not shrink.
    pub growth_percent: u32,
    /// The wait after the first failure. It doubles with every further one.
    pub failure_interval: Duration,
    /// The longest wait while the site fails.
    pub failure_interval_max: Duration,
}

/// Decides how long to wait from how the polls went.
#[derive(Debug, Clone)]
pub struct Pace {
    options: Options,
    /// The last wait between successful polls. Between `busy_interval` and `quiet_interval`.
    interval: Duration,
    /// The polls that failed since the last one that did not.
    failures: u32,
}

impl Options {
    /// The waits of a site that is up between these two, with all else as it has proved good: quiet after a good ten polls
    /// that brought nothing, and back within five seconds of a site that was away.
    #[must_use]
    pub fn between(busy_interval: Duration, quiet_interval: Duration) -> Self {
        Self {
            busy_interval,
            quiet_interval,
            growth_percent: 125,
            failure_interval: Duration::from_millis(250),
            failure_interval_max: Duration::from_secs(4),
        }
    }
}

impl Pace {
    /// Starts as if something had just happened.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, interval: options.busy_interval, failures: 0 }
    }

    /// The wait after a poll that was answered: none if the page was `full`, so that there may be more. `empty` says that
    /// nothing in it was new; then a full page does not count, or a site that repeats itself would be asked without pause.
    pub fn after_page(&mut self, full: bool, empty: bool) -> Duration {
        self.failures = 0;
        if !empty {
            self.interval = self.options.busy_interval;
            return if full { Duration::ZERO } else { self.interval };
        }
        let grown = self.interval.saturating_mul(self.options.growth_percent.max(100)) / 100;
        // Never below the busy interval, even if the quiet one was set shorter.
        self.interval = grown.min(self.options.quiet_interval).max(self.options.busy_interval);
        self.interval
    }

    /// The wait after a poll that failed in a way that may pass. Between half the backoff and all of it, as `seed` says:
    /// hosts that lost the site together do not come back together.
    pub fn after_failure(&mut self, seed: u64) -> Duration {
        let factor = 2_u32.saturating_pow(self.failures);
        self.failures = self.failures.saturating_add(1);
        let backoff = self
            .options
            .failure_interval
            .saturating_mul(factor)
            .min(self.options.failure_interval_max);
        let half = backoff / 2;
        let spread = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        half.saturating_add(Duration::from_millis(scatter(seed) % spread)).min(backoff)
    }
}

/// Makes seeds that are near to each other give values that are not (the finaliser of splitmix64).
fn scatter(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
