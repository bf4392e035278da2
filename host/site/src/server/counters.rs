//! What the site counts: requests by method, how they ended, and how long they took.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Different methods that are counted apart. The API has fewer; a client that makes names up cannot fill the memory.
const METHODS_MAX: usize = 100;
/// What is counted past that.
const OTHERS: &str = "(others)";
/// Times are told apart to two digits, from a microsecond to a quarter of an hour.
const MICROS_MAX: u64 = 900_000_000;
const DIGITS: u8 = 2;

/// All counters.
#[derive(Debug, Default)]
pub(super) struct Counters(BTreeMap<String, Counter>);

#[derive(Debug)]
struct Counter {
    came: u64,
    errors: u64,
    faults: u64,
    times: Histogram<u32>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ending {
    /// The API refused it, or it is no request.
    pub error: bool,
    /// A fault struck.
    pub fault: bool,
}

/// What was counted of one method.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Requests that came.
    pub count: u64,
    /// Requests that were answered, in whatever way.
    pub answered: u64,
    /// Requests that the API refused.
    pub errors: u64,
    /// Requests that a fault struck.
    pub faults: u64,
    /// The median of the times until the answer was ready, in milliseconds.
    pub p50_ms: f64,
    /// Of a hundred answers, the slowest but one took this long.
    pub p99_ms: f64,
    /// The slowest answer.
    pub max_ms: f64,
}

impl Counters {
    /// Counts a request that came.
    pub(super) fn begin(&mut self, method: &str) {
        self.counter(method).came += 1;
    }

    /// Counts its end.
    pub(super) fn end(&mut self, method: &str, ending: Ending, took: Duration) {
        let counter = self.counter(method);
        counter.errors += u64::from(ending.error);
        counter.faults += u64::from(ending.fault);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).clamp(1, MICROS_MAX);
        counter.times.saturating_record(micros);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// How many requests came, by method.
    pub(super) fn came(&self) -> BTreeMap<String, u64> {
        self.0.iter().map(|(method, counter)| (method.clone(), counter.came)).collect()
    }

    pub(super) fn figures(&self) -> BTreeMap<String, Figures> {
        self.0.iter().map(|(method, counter)| (method.clone(), counter.figures())).collect()
    }

    fn counter(&mut self, method: &str) -> &mut Counter {
        let known = self.0.contains_key(method) || self.0.len() < METHODS_MAX;
        let method = if known { method } else { OTHERS };
        if !self.0.contains_key(method) {
            self.0.insert(method.to_owned(), Counter::new());
        }
        self.0.get_mut(method).expect("it was put in")
    }
}

impl Counter {
    fn new() -> Self {
        let times = Histogram::new_with_bounds(1, MICROS_MAX, DIGITS)
            .expect("the bounds and the digits are what a histogram takes");
        Self { came: 0, errors: 0, faults: 0, times }
    }

    fn figures(&self) -> Figures {
        let millis = |micros: u64| micros as f64 / 1_000.0;
        Figures {
            count: self.came,
            answered: self.times.len(),
            errors: self.errors,
            faults: self.faults,
            p50_ms: millis(self.times.value_at_quantile(0.5)),
            p99_ms: millis(self.times.value_at_quantile(0.99)),
            max_ms: millis(self.times.max()),
        }
    }
}
