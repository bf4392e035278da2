//! A host in a world that follows from one number. What decides is real: the cursor, the poller, the lanes, the effects, the database
//! and all that is between them. What is around it is made up from a seed: a site whose transactions commit late, in another order or
//! never, and that fails; plugins that fail; a process that dies at any step, stops, and is away for long; a clock that is set.
//! Time passes only when everybody waits. A run is the same each time, to the last bit.
//!
//! What can be seen from outside is written down, and [`checker`] judges it, which knows nothing of how any of it works.

mod checker;
mod faults;
mod fuse;
mod guest;
mod history;
mod host;
mod plan;
pub(crate) mod random;
mod site;
#[cfg(test)]
mod tests;
mod world;

use std::cell::Cell;

use eventlog::Timestamp;
use tokio::time::Instant;

pub use fuse::Fuse;

thread_local! {
    /// When the simulation on this thread began, and what its host's clock showed then.
    static CLOCK: Cell<Option<(Instant, i64)>> = const { Cell::new(None) };
}

/// What the host's clock shows when a simulation begins.
const BEGINNING: i64 = 1_800_000_000_000;

/// What the host's clock shows; none outside simulations.
pub fn now() -> Option<Timestamp> {
    let (_, offset) = CLOCK.get()?;
    Some(Timestamp(offset + true_time()))
}

/// Milliseconds since the simulation began, whatever the host's clock shows.
fn true_time() -> i64 {
    let begun = CLOCK.get().map_or_else(Instant::now, |(begun, _)| begun);
    i64::try_from(begun.elapsed().as_millis()).expect("simulations are short")
}

/// Begins the time of a simulation on this thread.
fn begin_time() {
    CLOCK.set(Some((Instant::now(), BEGINNING)));
}

/// Sets the host's clock forward or back.
fn set_clock(by_millis: i64) {
    CLOCK.set(CLOCK.get().map(|(begun, offset)| (begun, offset + by_millis)));
}

fn end_time() {
    CLOCK.set(None);
}
