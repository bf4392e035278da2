//! The world while a host runs in it: what the site shows and holds, and what was seen. Outlives the host's process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::faults::Fault;
use super::fuse::Fuse;
use super::history::{Moment, Seen};
use super::plan::{Plan, Row};
use super::random::hash;
use super::{random, true_time};

/// The world. Cheap to clone.
#[derive(Clone)]
pub struct World {
    pub plan: Arc<Plan>,
    /// What is wrong with the host, on purpose.
    pub fault: Option<Fault>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    history: Vec<Moment>,
    /// The records that plugins created, by their numbers: whose, and what they are.
    records: BTreeMap<u64, (usize, String)>,
    /// Creations that are still under way at the site, and when they are there.
    under_way: Vec<(i64, usize, String)>,
    fuse: Fuse,
    /// How many requests there were.
    requests: u64,
    /// When the site was last asked for its newest entries, as long as the stream has not begun.
    begun_at: Option<i64>,
    has_begun: bool,
    /// The key-values of each plugin as the process has them in memory.
    counts: BTreeMap<usize, u64>,
}

/// What becomes of a request that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Answered,
    /// It did not reach the site, which is known.
    Refused,
    /// The site did not get it, or got it, or will get it; which of them is not known.
    LostBefore,
    LostAfter,
    Late(i64),
}

impl World {
    /// The world of a plan.
    pub fn new(plan: Arc<Plan>, fault: Option<Fault>) -> Self {
        Self { plan, fault, state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what was seen.
    pub fn see(&self, seen: Seen) {
        self.state().history.push(Moment { at: true_time(), seen });
    }

    pub fn take_history(&self) -> Vec<Moment> {
        std::mem::take(&mut self.state().history)
    }

    /// A process begins, with this in its memory.
    pub fn begin_life(&self, fuse: Fuse, counts: BTreeMap<usize, u64>) {
        let mut state = self.state();
        state.fuse = fuse;
        state.counts = counts;
    }

    /// The fuse of the process that lives.
    pub fn fuse(&self) -> Fuse {
        self.state().fuse.clone()
    }

    /// Adds to what a plugin has counted; the sum.
    pub fn count(&self, plugin: usize, events: u64) -> u64 {
        let mut state = self.state();
        let count = state.counts.entry(plugin).or_default();
        *count += events;
        *count
    }

    /// The site was asked for its newest entries.
    pub fn was_asked_for_newest(&self) {
        let mut state = self.state();
        if !state.has_begun {
            state.begun_at = Some(true_time());
        }
    }

    /// Where the stream begins is stored.
    pub fn stream_has_begun(&self) {
        self.state().has_begun = true;
    }

    /// When the entries were asked for that the stream begins after.
    pub fn begun_at(&self) -> Option<i64> {
        let state = self.state();
        state.begun_at.filter(|_| state.has_begun)
    }

    pub fn is_mended(&self) -> bool {
        true_time() >= self.plan.mended_at
    }

    /// What the site shows now, by ascending id.
    pub fn shown(&self) -> impl Iterator<Item = &Row> {
        let now = true_time();
        self.plan.rows.iter().filter(move |row| row.shown.is_some_and(|shown| shown <= now))
    }

    /// A number of its own for every request.
    fn draw(&self) -> u64 {
        let mut state = self.state();
        state.requests += 1;
        hash(&[self.plan.seed, state.requests])
    }

    fn is_out(&self) -> bool {
        let now = true_time();
        !self.is_mended() && self.plan.outages.iter().any(|outage| outage.contains(&now))
    }

    /// A request is on its way to the site and back; whether it arrives.
    pub async fn travel(&self) -> bool {
        let fuse = self.fuse();
        fuse.step().await;
        let draw = self.draw();
        tokio::time::sleep(Duration::from_millis(1 + draw % 40)).await;
        fuse.step().await;
        !self.is_out() && (self.is_mended() || (draw >> 8) % 100 >= self.plan.trouble)
    }

    /// What becomes of the next request that writes.
    pub fn fate(&self) -> Fate {
        let draw = self.draw();
        if self.is_out() {
            return Fate::Refused;
        }
        if self.is_mended() || draw % 100 >= 20 {
            return Fate::Answered;
        }
        match (draw >> 8) % 5 {
            0 => Fate::Refused,
            1 => Fate::LostBefore,
            2 | 3 => Fate::LostAfter,
            _ => Fate::Late(1 + i64::try_from((draw >> 16) % 3_000).unwrap_or(0)),
        }
    }

    /// The site makes a record; its number.
    pub fn create(&self, plugin: usize, mark: &str) -> u64 {
        let mut state = self.state();
        let number = state.records.keys().next_back().map_or(1, |last| last + 1);
        state.records.insert(number, (plugin, mark.to_owned()));
        let seen = Seen::Created { plugin, mark: mark.to_owned() };
        state.history.push(Moment { at: true_time(), seen });
        number
    }

    /// The site will make it, whatever becomes of who asked.
    pub fn create_later(&self, plugin: usize, mark: &str, after: i64) {
        self.state().under_way.push((true_time() + after, plugin, mark.to_owned()));
    }

    /// What was under way and has had its time is there.
    pub fn catch_up(&self) {
        let now = true_time();
        let due: Vec<_> = self.state().under_way.extract_if(.., |(at, ..)| *at <= now).collect();
        for (_, plugin, mark) in due {
            self.create(plugin, &mark);
        }
    }

    /// The newest record.
    pub fn newest_record(&self) -> Option<u64> {
        self.catch_up();
        self.state().records.keys().next_back().copied()
    }

    /// A record above `below` that is what it says.
    pub fn find_record(&self, below: u64, plugin: usize, mark: &str) -> Option<u64> {
        self.catch_up();
        let state = self.state();
        let mut newer = state.records.range(below + 1..);
        newer.find(|(_, record)| record.0 == plugin && record.1 == mark).map(|(number, _)| *number)
    }

    /// A number that is the same for the same call of the same plugin.
    pub fn draw_for(&self, plugin: usize, event: u64, attempt: u32) -> u64 {
        random::hash(&[self.plan.seed, plugin as u64, event, u64::from(attempt)])
    }
}
