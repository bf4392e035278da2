//! Lets a crew work at a pace, in a task of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::shared::Shared;
use crate::crew::{Crew, Studio, Write};
use crate::model::Now;
use crate::stage::Question;

/// How often the worker looks whether a write is due. Small beside what a person or a poller notices.
const TICK: Duration = Duration::from_millis(5);
/// Writes in one go, so that a fast crew leaves the model to others in between.
const WRITES_PER_TICK_MAX: u64 = 50;

/// How fast a crew works, and for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Writes per second. Each makes one event or several.
    pub writes_per_second: f64,
    /// After this many writes the crew goes home.
    pub writes_max: Option<u64>,
}

/// A crew at work. It stops when this is dropped.
#[derive(Debug)]
pub struct Worker {
    task: JoinHandle<()>,
    written: Arc<AtomicU64>,
}

impl Worker {
    pub(super) fn start(shared: Arc<Shared>, crew: Crew, pace: Pace) -> Self {
        let written = Arc::new(AtomicU64::new(0));
        let task = tokio::spawn(work(shared, crew, pace, Arc::clone(&written)));
        Self { task, written }
    }

    pub(super) fn open(shared: Arc<Shared>, studio: Studio) -> Self {
        let written = Arc::new(AtomicU64::new(0));
        let task = tokio::spawn(keep_open(shared, studio, Arc::clone(&written)));
        Self { task, written }
    }

    /// How many writes were made.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Waits until the crew went home. For ever, if its pace has no end.
    pub async fn done(mut self) -> u64 {
        (&mut self.task).await.ok();
        self.written()
    }

    /// Stops the crew between two writes, and says how many it made.
    pub async fn stop(mut self) -> u64 {
        self.task.abort();
        (&mut self.task).await.ok();
        self.written()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn work(shared: Arc<Shared>, mut crew: Crew, pace: Pace, written: Arc<AtomicU64>) {
    let begin = Instant::now();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut made = 0;
    loop {
        ticks.tick().await;
        let due = (begin.elapsed().as_secs_f64() * pace.writes_per_second) as u64;
        let due = due.min(pace.writes_max.unwrap_or(u64::MAX));
        let now = due.min(made + WRITES_PER_TICK_MAX);
        while made < now {
            let Some(write) = crew.next_write() else { return };
            // A write can be refused, as when somebody else retired the record. The crew goes on with the next.
            match perform(&shared, &write, None) {
                Some(results) => crew.remember(&write, &results),
                None => crew.refused(&write),
            }
            made += 1;
            written.store(made, Ordering::Relaxed);
        }
        if pace.writes_max.is_some_and(|max| made >= max) {
            return;
        }
    }
}

/// Lets a studio work by the site's clock. What fell due while the clock leapt is of the moment it was due.
async fn keep_open(shared: Arc<Shared>, mut studio: Studio, written: Arc<AtomicU64>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = shared.now();
        for _ in 0..WRITES_PER_TICK_MAX {
            let Some((at, write)) = studio.next(now) else { break };
            match perform(&shared, &write, Some(at)) {
                Some(results) => studio.remember(&write, &results),
                None => studio.refused(&write),
            }
            written.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Makes a write and says what came of it; nothing if it was refused.
fn perform(shared: &Shared, write: &Write, at: Option<Now>) -> Option<serde_json::Value> {
    let question = Question { by: &write.by, request: &write.request, late_by: None };
    shared.ask(&question, at).ok().map(|answer| answer.results())
}
