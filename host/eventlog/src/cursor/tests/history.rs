//! Generated histories: what a site shows and when, and what happens to the host that follows it.

use std::time::Duration;

use crate::cursor::{Identified, Newer, Options};
use crate::{EventId, SiteTime};
use proptest::prelude::*;

/// Seconds, so that a history has every phase of a gap in few polls.
pub(super) const GAP_TIMEOUT: Duration = Duration::from_secs(60);
pub(super) const SWEEP_INTERVAL: Duration = Duration::from_secs(50);
pub(super) const SWEEP_TIMEOUT: Duration = Duration::from_secs(480);

/// One entry of the site. Times are true ones, in milliseconds since the host first started.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: EventId,
    /// When its transaction began and got the id; the site says so in `created_at`.
    pub(super) created: i64,
    /// When its transaction ended and showed it; never, if it was rolled back.
    pub(super) revealed: Option<i64>,
}

/// What the site sends of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) id: EventId,
    pub(super) created_at: SiteTime,
}

/// In which order the site sends the rows of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    Ascending,
    Descending,
    /// The middle first, and some rows twice.
    Muddled,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A poll, so many milliseconds after the step before.
    Poll(i64, Order),
    /// The process ends after an answer was handled and before it was committed, and starts again.
    Crash(i64),
    /// The process ends and starts again so many milliseconds later.
    Away(i64),
    /// The clock is set, forward or back.
    Jump(i64),
}

#[derive(Debug, Clone)]
pub(super) struct History {
    pub(super) options: Options,
    /// By ascending id.
    pub(super) rows: Vec<Row>,
    pub(super) steps: Vec<Step>,
}

impl Identified for Shown {
    fn id(&self) -> EventId {
        self.id
    }
}

impl Row {
    pub(super) fn is_visible(&self, time: i64) -> bool {
        self.revealed.is_some_and(|revealed| revealed <= time)
    }

    fn show(&self) -> Shown {
        Shown { id: self.id, created_at: SiteTime(self.created) }
    }
}

impl History {
    pub(super) fn visible(&self, time: i64) -> impl DoubleEndedIterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.is_visible(time))
    }

    pub(super) fn answer_newer(&self, question: Newer, time: i64, order: Order) -> Vec<Shown> {
        let rows = self.visible(time).filter(|row| row.id > question.after).take(question.limit);
        order.arrange(rows.map(Row::show).collect())
    }

    pub(super) fn answer_missing(&self, ids: &[EventId], time: i64, order: Order) -> Vec<Shown> {
        order.arrange(
            self.visible(time).filter(|row| ids.contains(&row.id)).map(Row::show).collect(),
        )
    }
}

impl Order {
    fn arrange(self, mut rows: Vec<Shown>) -> Vec<Shown> {
        match self {
            Self::Ascending => {}
            Self::Descending => rows.reverse(),
            Self::Muddled => {
                let middle = rows.len() / 2;
                rows.rotate_left(middle);
                rows.extend_from_within(..middle);
            }
        }
        rows
    }
}

/// Histories of every kind; the clock is right in half of them.
pub(super) fn histories() -> impl Strategy<Value = History> {
    prop::bool::ANY.prop_flat_map(|clock_jumps| {
        let steps = prop::collection::vec(steps(clock_jumps), 0..60);
        (options(), rows(), steps).prop_map(|(options, rows, steps)| History {
            options,
            rows,
            steps,
        })
    })
}

fn options() -> impl Strategy<Value = Options> {
    let gaps_max = prop_oneof![1 => 0_usize..4, 2 => 4_usize..30, 5 => Just(200)];
    (1_usize..8, gaps_max).prop_map(|(page_size, gaps_max)| Options {
        page_size,
        gap_timeout: GAP_TIMEOUT,
        sweep_interval: SWEEP_INTERVAL,
        sweep_timeout: SWEEP_TIMEOUT,
        gaps_max,
    })
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    // Some entries are older than the host's first start, and now and then there are none yet.
    (-60_000_i64..5_000, prop::collection::vec((id_steps(), pauses(), delays()), 0..60)).prop_map(
        |(start, drafts)| {
            let (mut id, mut created) = (0, start);
            let mut rows = Vec::new();
            for (id_step, pause, delay) in drafts {
                id += id_step;
                created += pause;
                rows.push(Row {
                    id: EventId(id),
                    created,
                    revealed: delay.map(|delay| created + delay),
                });
            }
            rows
        },
    )
}

fn id_steps() -> impl Strategy<Value = u64> {
    prop_oneof![80 => Just(1_u64), 10 => 2_u64..5, 3 => 5_u64..40, 1 => 1_000_000_u64..2_000_000]
}

fn pauses() -> impl Strategy<Value = i64> {
    prop_oneof![5 => Just(0_i64), 5 => 0_i64..500, 2 => 500_i64..10_000]
}

/// How long a transaction takes: mostly not at all, at times past every timeout, or for ever.
fn delays() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        60 => Just(Some(0)),
        10 => (0_i64..4_000).prop_map(Some),
        10 => (4_000_i64..70_000).prop_map(Some),
        10 => (70_000_i64..700_000).prop_map(Some),
        10 => Just(None),
    ]
}

fn steps(clock_jumps: bool) -> impl Strategy<Value = Step> {
    let orders =
        || prop_oneof![Just(Order::Ascending), Just(Order::Descending), Just(Order::Muddled)];
    prop_oneof![
        40 => (0_i64..4_000, orders()).prop_map(|(wait, order)| Step::Poll(wait, order)),
        3 => (30_000_i64..130_000, orders()).prop_map(|(wait, order)| Step::Poll(wait, order)),
        3 => (0_i64..4_000).prop_map(Step::Crash),
        3 => prop_oneof![3 => 0_i64..5_000, 1 => 5_000_i64..1_000_000].prop_map(Step::Away),
        u32::from(clock_jumps) * 4 => prop_oneof![-2_000_000_i64..2_000_000, -5_000_i64..5_000].prop_map(Step::Jump),
    ]
}
