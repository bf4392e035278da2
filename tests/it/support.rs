//! What the tests stand on: a studio (a folder, a site, plugins, a configuration) and a host that runs in it.

mod daemon;
#[cfg(target_os = "linux")]
mod disk;
mod guests;
pub mod languages;
mod load;
pub mod planted;
mod python;
#[path = "../python_environment.rs"]
pub mod python_environment;
mod studio;
mod web;
mod writers;

use std::time::{Duration, Instant};

pub use daemon::Daemon;
pub use guests::{example, fixture};
pub use load::Load;
pub use python::{javascript_runtime, python_runtime};
pub use studio::{Host, Studio, message};
pub use web::Web;
pub use writers::{Writers, counted, order};

/// How long anything may take before a test gives up. Nothing is expected to take a tenth of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `look` finds something. Panics, with what was waited for, when it takes too long.
#[track_caller]
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    eventually_every(Duration::from_millis(10), what, look)
}

/// The same with another pause between two looks: for looks that cost something.
#[track_caller]
pub fn eventually_every<T>(pause: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        std::thread::sleep(pause);
    }
}
