//! An innocent plugin that handles events in the same engine, and how long each takes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use runtime::{Effects, Forgetful, KeyValues, Outcome};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::stage::{NEIGHBOUR, Stage, event};

/// From one event to the next.
const EVERY: Duration = Duration::from_millis(2);

/// Events that wait at once; the ones after are not handed over, and counted as failed: two seconds of nothing.
const WAITING_MAX: usize = 1_000;

/// How many of the last events are remembered.
const REMEMBERED_MAX: usize = 100_000;

/// How long events took, from the moment they were there to the moment they were handled.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Speeds {
    /// How many there were.
    pub events: usize,
    /// How many were not handled.
    pub failed: usize,
    /// Half of them took no longer.
    pub p50_milliseconds: f64,
    /// All but a hundredth took no longer.
    pub p99_milliseconds: f64,
}

/// The plugin at work.
pub struct Neighbour {
    seen: Arc<Mutex<Seen>>,
    stopping: Arc<AtomicBool>,
    handling: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    /// The last ones, in milliseconds.
    took: Vec<f32>,
    next: usize,
    failed: usize,
}

impl Neighbour {
    /// Lets it work.
    pub async fn start(stage: &Stage) -> anyhow::Result<Self> {
        let request = stage.setups.request(NEIGHBOUR, stage.path(NEIGHBOUR), Vec::new());
        let setup = stage.setups.setup(NEIGHBOUR, KeyValues::default());
        let loaded = stage.loader.load(request, setup, stage.setups.options(NEIGHBOUR)).await?;
        let mut version = loaded.version;
        let mut guest = version.instances.pop().context("a new version has an instance")?;
        let (seen, stopping) = (Arc::<Mutex<Seen>>::default(), Arc::<AtomicBool>::default());
        lock(&seen).took.reserve(REMEMBERED_MAX);
        let mut events = events(stopping.clone(), seen.clone());
        let (kept, event) = (seen.clone(), event());
        let handling = tokio::spawn(async move {
            while let Some(there) = events.recv().await {
                let effects = Effects::new(Vec::new(), Arc::new(Forgetful));
                let report = guest.call("hostile", &event, None, effects).await;
                lock(&kept).add(there.elapsed(), report.outcome == Outcome::Done);
            }
        });
        Ok(Self { seen, stopping, handling })
    }

    /// How long events took since the last look.
    pub fn speeds(&self) -> Speeds {
        lock(&self.seen).speeds()
    }

    /// Ends its work; how long events took since the last look.
    pub async fn stop(self) -> Speeds {
        self.stopping.store(true, Ordering::Relaxed);
        // A fault of the host in there shows as events that were not handled.
        let _ = self.handling.await;
        lock(&self.seen).speeds()
    }
}

/// Events by the clock, whatever the plugin does. By a thread of their own, so that a host without a free thread is found out.
fn events(stopping: Arc<AtomicBool>, seen: Arc<Mutex<Seen>>) -> mpsc::Receiver<Instant> {
    let (sender, events) = mpsc::channel(WAITING_MAX);
    std::thread::spawn(move || {
        while !stopping.load(Ordering::Relaxed) {
            std::thread::sleep(EVERY);
            if sender.try_send(Instant::now()).is_err() {
                lock(&seen).failed += 1;
            }
        }
    });
    events
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seen {
    fn add(&mut self, took: Duration, is_done: bool) {
        self.failed += usize::from(!is_done);
        let took = took.as_secs_f32() * 1000.0;
        if self.took.len() < REMEMBERED_MAX {
            self.took.push(took);
        } else {
            self.took[self.next % REMEMBERED_MAX] = took;
        }
        self.next += 1;
    }

    fn speeds(&mut self) -> Speeds {
        self.took.sort_by(f32::total_cmp);
        let quantile = |part: f64| {
            let last = self.took.len().saturating_sub(1);
            let at = (last as f64 * part).round() as usize;
            self.took.get(at).map_or(0.0, |took| f64::from(*took))
        };
        let (p50_milliseconds, p99_milliseconds) = (quantile(0.5), quantile(0.99));
        let speeds =
            Speeds { events: self.next, failed: self.failed, p50_milliseconds, p99_milliseconds };
        (self.next, self.failed) = (0, 0);
        self.took.clear();
        speeds
    }
}
