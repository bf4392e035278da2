//! Old rows leave the event log, as on the hosted service.

use super::time::{DAY, day_of};
use super::{Model, Now};

#[cfg(test)]
mod tests;

/// How long the event log has been kept, and when it was looked through.
#[derive(Debug, Default)]
pub struct Retention {
    /// When the site was first asked anything. What it held by then, with times of its own, is as old as the site: a
    /// production of last year is not empty on its first day.
    pub began: Option<Now>,
    /// The day on which old rows last left.
    looked_on: Option<i32>,
}

impl Model {
    /// Lets the age of what the model holds count from the next request on: a site begins with it.
    pub(crate) fn begin_log(&mut self) {
        self.retention = Retention::default();
    }

    /// Whether a day has begun on which nobody looked for old rows.
    pub(super) fn retention_is_due(&self, now: Now) -> bool {
        self.retention.looked_on != Some(day_of(now.seconds()))
    }

    /// Lets rows leave that are older than the settings allow, once in each of the site's days. Says how many left. Their
    /// ids are not given out again.
    pub(super) fn forget_old_events(&mut self, now: Now) -> usize {
        if !self.retention_is_due(now) {
            return 0;
        }
        self.retention.looked_on = Some(day_of(now.seconds()));
        let began = *self.retention.began.get_or_insert(now);
        let days = i64::try_from(self.settings.event_log_days).unwrap_or(i64::MAX);
        let oldest = now.seconds().saturating_sub(days.saturating_mul(DAY));
        if days == 0 || began.seconds() > oldest {
            return 0;
        }
        self.log.forget_before(oldest)
    }
}
