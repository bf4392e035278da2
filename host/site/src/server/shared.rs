//! What the handlers of requests, the crew's worker and the site's owner share: the model under its lock, the faults, the
//! counters, the clock and the file.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::clock::Clock;
use crate::faults::{Faults, Rule, RuleError, Strike};
use crate::model::Now;
use crate::recording::{Recording, RecordingError};
use crate::script::Act;
use crate::stage::{CommitOrder, Stage, writes};
use crate::wire::{Answer, ApiError, ErrorCode, Request};

/// Different methods that are counted apart. The API has fewer; a client that makes names up cannot fill the memory.
const COUNTED_METHODS_MAX: usize = 100;

/// A site behind its server.
#[derive(Debug)]
pub(super) struct Shared {
    stage: Mutex<Stage>,
    faults: Mutex<Faults>,
    counters: Mutex<BTreeMap<String, u64>>,
    clock: Mutex<Clock>,
    /// Locked only by who holds the stage, so that lines are in the order of what they record.
    recording: Option<Mutex<Recording>>,
    started: Instant,
}

impl Shared {
    pub(super) fn new(
        stage: Stage,
        faults: Faults,
        clock: Clock,
        recording: Option<Recording>,
    ) -> Self {
        Self {
            stage: Mutex::new(stage),
            faults: Mutex::new(faults),
            counters: Mutex::default(),
            clock: Mutex::new(clock),
            recording: recording.map(Mutex::new),
            started: Instant::now(),
        }
    }

    /// Answers a request and records it if it can have written. A refused write may have taken ids, and chance.
    pub(super) fn answer(&self, request: &Request) -> Result<Answer, ApiError> {
        let mut stage = self.stage();
        let now = self.now();
        let answer = stage.answer(request, now);
        let refused = matches!(&answer, Err(error) if error.code == ErrorCode::Authentication);
        if writes(request) && !refused {
            self.record(now, || Act::Request(request.clone())).map_err(|error| {
                // The write stands, as with a site whose disk is full; its caller must not believe that it is kept.
                ApiError::new(
                    ErrorCode::Internal,
                    format!("API {}() was not recorded: {error}", request.method_name),
                )
            })?;
        }
        answer
    }

    /// Follows an order about transactions and records it.
    pub(super) fn order(&self, order: &CommitOrder) {
        let mut stage = self.stage();
        let now = self.now();
        stage.order(order, now);
        // A recording that cannot be written refuses the next request; an order has nobody to tell.
        self.record(now, || Act::Commits(order.clone())).ok();
    }

    fn record(&self, now: Now, act: impl FnOnce() -> Act) -> Result<(), RecordingError> {
        match &self.recording {
            Some(recording) => lock(recording).append(&act(), now),
            None => Ok(()),
        }
    }

    /// Decides whether the site misbehaves at this request.
    pub(super) fn strike(&self, request: &Request) -> Option<Strike> {
        let mut faults = self.faults();
        if faults.active().is_empty() {
            return None;
        }
        faults.strike(&request.method_name, &entity_types(request), self.started.elapsed())
    }

    pub(super) fn add_fault(&self, rule: Rule) -> Result<(), RuleError> {
        self.faults().add(rule, self.started.elapsed())
    }

    pub(super) fn count(&self, method: &str) {
        let mut counters = self.counters();
        if let Some(count) = counters.get_mut(method) {
            *count += 1;
        } else if counters.len() < COUNTED_METHODS_MAX {
            counters.insert(method.to_owned(), 1);
        }
    }

    pub(super) fn now(&self) -> Now {
        lock(&self.clock).now()
    }

    pub(super) fn advance(&self, duration: Duration) {
        lock(&self.clock).advance(duration);
    }

    pub(super) fn set_time(&self, now: Now) {
        lock(&self.clock).set(now);
    }

    pub(super) fn stage(&self) -> MutexGuard<'_, Stage> {
        lock(&self.stage)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(super) fn counters(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        lock(&self.counters)
    }
}

/// A panic while the lock was held failed one request; the site serves on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The entity types that a request names, those within a batch too.
fn entity_types(request: &Request) -> Vec<&str> {
    match request.params.get(1) {
        Some(Value::Array(requests)) => {
            requests.iter().filter_map(|request| request["type"].as_str()).collect()
        }
        Some(parameters) => parameters["type"].as_str().into_iter().collect(),
        None => Vec::new(),
    }
}
