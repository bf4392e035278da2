//! What a guest was refused in one call: counted by the name of the limit, and told in one line of the log for each.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eventlog::EventId;

/// How often each limit was met in a call. What was not granted is counted as `grant`.
pub type RefusalCounts = BTreeMap<&'static str, u64>;

/// The name that refusals for want of a grant are counted under.
const GRANT: &str = "grant";

/// How many refusals of grants are told in full; a guest can make up any number of them.
const DENIED_TOLD_MAX: usize = 5;

/// The refusals of the call in progress. A clone is the same one: requests on their way add to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals(Arc<Mutex<Refused>>);

#[derive(Debug, Default)]
struct Refused {
    counts: RefusalCounts,
    /// Each limit, with its value.
    limits: BTreeMap<&'static str, String>,
    /// What was not granted, in the words of the refusals.
    denied: Vec<String>,
}

impl Refusals {
    /// A limit was met; it is told at the end of the call.
    pub(crate) fn over(&self, limit: &'static str, value: impl Display) {
        let mut refused = self.lock();
        *refused.counts.entry(limit).or_default() += 1;
        refused.limits.entry(limit).or_insert_with(|| value.to_string());
    }

    /// A limit was met so often, and that is told elsewhere.
    pub(crate) fn count(&self, limit: &'static str, times: u64) {
        if times > 0 {
            *self.lock().counts.entry(limit).or_default() += times;
        }
    }

    /// Something was not granted.
    pub(crate) fn denied(&self, why: &str) {
        let mut refused = self.lock();
        *refused.counts.entry(GRANT).or_default() += 1;
        let is_new = !refused.denied.iter().any(|told| told == why);
        if is_new && refused.denied.len() < DENIED_TOLD_MAX {
            refused.denied.push(why.to_owned());
        }
    }

    /// Ends a call: tells what was refused, and answers how often.
    pub(crate) fn end(&self, plugin: &str, event: Option<EventId>) -> RefusalCounts {
        let Refused { counts, limits, denied } = std::mem::take(&mut *self.lock());
        let event = event.map(|event| event.0);
        for (limit, value) in limits {
            let times = counts[limit];
            tracing::warn!(
                plugin.name = %plugin,
                event.id = event,
                limit,
                times,
                "Plugin `{plugin}` met the limit `{limit}`, {value}: {times} refused in one call"
            );
        }
        for why in denied {
            tracing::warn!(plugin.name = %plugin, event.id = event, "Plugin `{plugin}` is not allowed that: {why}");
        }
        counts
    }

    fn lock(&self) -> MutexGuard<'_, Refused> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
