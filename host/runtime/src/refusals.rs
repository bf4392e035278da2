//! What a guest was refused in one call: counted by the name of the limit, and told in one line of the log for each.

mod tally;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use eventlog::EventId;

pub use tally::RefusalTally;

/// How often each limit was met in a call. What was not granted is counted as `grant`.
pub type RefusalCounts = BTreeMap<&'static str, u64>;

/// The target of the log's lines about what guests were refused.
pub const REFUSALS_TARGET: &str = module_path!();

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
    /// Bytes of the log, by the limit that they are beyond.
    dropped: BTreeMap<&'static str, u64>,
}

/// A line about what was refused.
struct Told {
    limit: &'static str,
    times: u64,
    text: String,
}

impl Refusals {
    /// A limit was met; it is told at the end of the call.
    pub(crate) fn over(&self, limit: &'static str, value: impl Display) {
        let mut refused = self.lock();
        *refused.counts.entry(limit).or_default() += 1;
        refused.limits.entry(limit).or_insert_with(|| value.to_string());
    }

    /// A limit was met, and that is told elsewhere: where a line was cut, or as what ended the call.
    pub(crate) fn count(&self, limit: &'static str) {
        *self.lock().counts.entry(limit).or_default() += 1;
    }

    /// A line of the guest's log was dropped.
    pub(crate) fn dropped(&self, limit: &'static str, bytes: usize) {
        let mut refused = self.lock();
        *refused.counts.entry(limit).or_default() += 1;
        *refused.dropped.entry(limit).or_default() += bytes as u64;
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

    /// Ends a call: tells what was refused, in as many lines as the plugin has left, and answers how often.
    pub(crate) fn end(
        &self,
        plugin: &str,
        event: Option<EventId>,
        tally: &RefusalTally,
    ) -> RefusalCounts {
        let refused = std::mem::take(&mut *self.lock());
        let event = event.map(|event| event.0);
        for Told { limit, times, text } in refused.told() {
            let Some(untold) = tally.take_line(Instant::now()) else { continue };
            let more = match untold {
                0 => String::new(),
                untold => format!(" ({untold} lines like this were left out before)"),
            };
            tracing::warn!(plugin.name = %plugin, event.id = event, limit, times, "Plugin `{plugin}` {text}{more}");
        }
        refused.counts
    }

    fn lock(&self) -> MutexGuard<'_, Refused> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refused {
    /// One line for each limit, and for each thing that was not granted.
    fn told(&self) -> impl Iterator<Item = Told> {
        let line = |limit: &'static str, text| Told { limit, times: self.counts[limit], text };
        let limits = self.limits.iter().map(move |(limit, value)| {
            let times = self.counts[limit];
            line(limit, format!("met the limit `{limit}`, {value}: {times} refused in one call"))
        });
        let dropped = self.dropped.iter().map(move |(limit, bytes)| {
            let lines = self.counts[limit];
            let rest = format!("{lines} lines ({bytes} bytes) were dropped");
            line(limit, format!("logged more than the limit `{limit}` allows: {rest}"))
        });
        let denied = self.denied.iter();
        let denied = denied.map(move |why| line(GRANT, format!("is not allowed that: {why}")));
        limits.chain(dropped).chain(denied)
    }
}

#[cfg(test)]
pub(crate) mod tests;
