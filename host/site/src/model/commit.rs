//! When the rows of a transaction become visible: at once, late, or when a test says so.
//!
//! Ids are taken when a transaction writes; a transaction that commits late shows its rows after higher ids have been seen,
//! and one that is rolled back leaves its ids empty for ever.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Now;
use super::event_log::{EventLog, EventRow};
use super::random::Random;

/// A transaction that misses takes at most this many ids with it.
const MISSING_IDS_MAX: u64 = 3;

/// How the rows of a transaction come into the event log.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitPolicy {
    /// The fraction of transactions whose rows appear late.
    pub late: f64,
    /// How late they appear.
    pub late_by: RangeInclusive<Duration>,
    /// The fraction of transactions before which another one takes ids and rolls back: those ids never appear.
    pub missing: f64,
    /// The same seed makes the same choices.
    pub seed: u64,
}

/// A transaction that has taken its ids and whose rows cannot be seen until it is committed.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "its rows stay hidden until the hold is committed"]
pub struct Hold {
    number: u64,
    event_ids: Vec<u64>,
}

/// The transactions whose rows cannot be seen yet.
#[derive(Debug)]
pub struct Commits {
    policy: CommitPolicy,
    random: Random,
    pending: Vec<Pending>,
    next_hold: u64,
}

#[derive(Debug)]
struct Pending {
    until: Until,
    rows: Vec<EventRow>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    Time(Now),
    /// The hold of this number ends.
    Hold(u64),
}

impl Commits {
    pub fn new() -> Self {
        let policy = CommitPolicy::prompt();
        Self { random: Random::new(policy.seed), policy, pending: Vec::new(), next_hold: 1 }
    }

    pub fn set_policy(&mut self, policy: CommitPolicy) {
        self.random = Random::new(policy.seed);
        self.policy = policy;
    }

    /// The policy with the choices that are still to come; none while a transaction is held.
    pub fn policy(&self) -> Option<CommitPolicy> {
        let held = self.pending.iter().any(|pending| matches!(pending.until, Until::Hold(_)));
        (!held).then(|| CommitPolicy { seed: self.random.state(), ..self.policy.clone() })
    }

    /// Lets another, imagined transaction take ids and roll back, as often as the policy says.
    pub fn before_transaction(&mut self, log: &mut EventLog) {
        if self.random.happens(self.policy.missing) {
            for _ in 0..=self.random.below(MISSING_IDS_MAX) {
                log.reserve();
            }
        }
    }

    /// Takes the rows of a transaction that was committed.
    pub fn commit(&mut self, rows: Vec<EventRow>, now: Now, log: &mut EventLog) {
        if rows.is_empty() {
            return;
        }
        if self.random.happens(self.policy.late) {
            let until = now.plus(self.lateness());
            self.pending.push(Pending { until: Until::Time(until), rows });
        } else {
            rows.into_iter().for_each(|row| log.show(row));
        }
    }

    fn lateness(&mut self) -> Duration {
        let (from, to) = (self.policy.late_by.start(), self.policy.late_by.end());
        let span = u64::try_from(to.saturating_sub(*from).as_millis()).unwrap_or(u64::MAX);
        *from + Duration::from_millis(self.random.below(span.saturating_add(1)))
    }

    /// Takes the rows of a transaction that stays open until its hold ends.
    pub fn hold(&mut self, rows: Vec<EventRow>) -> Hold {
        let number = self.next_hold;
        self.next_hold += 1;
        let event_ids = rows.iter().map(|row| row.id).collect();
        self.pending.push(Pending { until: Until::Hold(number), rows });
        Hold { number, event_ids }
    }

    /// Shows the rows of a hold, or drops them.
    pub fn end_hold(&mut self, hold: &Hold, keep: bool, log: &mut EventLog) {
        let ended = self.take(|until| until == Until::Hold(hold.number));
        if keep {
            ended.into_iter().for_each(|row| log.show(row));
        }
    }

    /// Lets the rows of a hold become visible by themselves.
    pub fn delay_hold(&mut self, hold: &Hold, until: Now) {
        let held =
            self.pending.iter_mut().filter(|pending| pending.until == Until::Hold(hold.number));
        held.for_each(|pending| pending.until = Until::Time(until));
    }

    /// Shows the rows whose time has come and says how many.
    pub fn settle(&mut self, now: Now, log: &mut EventLog) -> usize {
        if self.pending.is_empty() {
            return 0;
        }
        let due = self.take(|until| matches!(until, Until::Time(time) if time <= now));
        let count = due.len();
        due.into_iter().for_each(|row| log.show(row));
        count
    }

    fn take(&mut self, is_due: impl Fn(Until) -> bool) -> Vec<EventRow> {
        let (due, waiting) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|pending| is_due(pending.until));
        self.pending = waiting;
        Vec::into_iter(due).flat_map(|pending: Pending| pending.rows).collect()
    }

    /// When the next late rows come.
    pub fn next(&self) -> Option<Now> {
        self.pending
            .iter()
            .filter_map(|pending| match pending.until {
                Until::Time(time) => Some(time),
                Until::Hold(_) => None,
            })
            .min()
    }

    /// The rows that were committed and cannot be seen yet, holds included.
    pub fn waiting(&self) -> impl Iterator<Item = &EventRow> {
        self.pending.iter().flat_map(|pending| &pending.rows)
    }

    /// The transactions that become visible on their own, with when.
    pub fn late(&self) -> impl Iterator<Item = (Now, &[EventRow])> {
        self.pending.iter().filter_map(|pending| match pending.until {
            Until::Time(time) => Some((time, &pending.rows[..])),
            Until::Hold(_) => None,
        })
    }

    /// Takes a transaction that becomes visible at `until`.
    pub fn restore_late(&mut self, until: Now, rows: Vec<EventRow>) {
        self.pending.push(Pending { until: Until::Time(until), rows });
    }
}

impl CommitPolicy {
    /// Rows are visible at once and no id is missing.
    #[must_use]
    pub fn prompt() -> Self {
        Self { late: 0.0, late_by: Duration::ZERO..=Duration::ZERO, missing: 0.0, seed: 0 }
    }
}

impl Hold {
    /// A hold of a request that wrote no rows.
    pub(super) fn empty() -> Self {
        Self { number: 0, event_ids: Vec::new() }
    }

    /// The ids its rows have.
    #[must_use]
    pub fn event_ids(&self) -> &[u64] {
        &self.event_ids
    }
}
