//! Innocent plugins that handle events in the same engine, and how long each takes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use runtime::{Event, KeyValues, Outcome};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::stage::{Stage, event, hand_over};
use crate::lane::guest::{Guest, Plugin};

/// Events that wait at once; the ones after are not handed over, and counted as failed: seconds of nothing.
const WAITING_MAX: usize = 1_000;

/// How many of the last events are remembered.
const REMEMBERED_MAX: usize = 100_000;

/// What an innocent plugin does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// It counts its events. What others do to it shows to the microsecond.
    Counts,
    /// It reads twice from a site that takes its time, as sites do, and then counts its events.
    Reads,
}

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
    handling: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    /// The last ones, in milliseconds.
    took: Vec<f32>,
    next: usize,
    failed: usize,
}

impl Work {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Counts, Self::Reads];

    /// What it does, in a few words.
    pub fn what(self) -> &'static str {
        match self {
            Self::Counts => "counts events",
            Self::Reads => "reads twice from a site that answers after 25 ms",
        }
    }

    /// The plugin that does it, which is also its mode.
    pub fn plugin(self) -> &'static str {
        match self {
            Self::Counts => "neighbour",
            Self::Reads => "reader",
        }
    }

    /// From one event to the next.
    fn every(self) -> Duration {
        match self {
            Self::Counts => Duration::from_millis(2),
            Self::Reads => Duration::from_millis(10),
        }
    }

    /// How many instances handle events side by side.
    fn instances(self) -> usize {
        match self {
            Self::Counts => 1,
            // Twice as many as are busy at once.
            Self::Reads => 12,
        }
    }
}

impl Neighbour {
    /// Lets it work.
    pub async fn start(stage: &Stage, work: Work) -> anyhow::Result<Self> {
        let name = work.plugin();
        let request = stage.setups.request(name, stage.path(name), Vec::new());
        let draft = stage.setups.draft(name, KeyValues::default());
        let loaded = stage.loader.load(request, draft, stage.setups.options(name)).await?;
        let plugin = loaded.version.plugin;
        let (seen, stopping) = (Arc::<Mutex<Seen>>::default(), Arc::<AtomicBool>::default());
        lock(&seen).took.reserve(REMEMBERED_MAX);
        let events = events(work.every(), stopping.clone(), seen.clone());
        let (events, event) = (Arc::new(tokio::sync::Mutex::new(events)), Arc::new(event()));
        let mut handling = JoinSet::new();
        for _ in 0..work.instances() {
            let (guest, _) = plugin.start().await?;
            let (plugin, event) = (plugin.clone(), event.clone());
            handling.spawn(handle(plugin, guest, event, events.clone(), seen.clone()));
        }
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
        let mut handling = self.handling;
        while handling.join_next().await.is_some() {}
        lock(&self.seen).speeds()
    }
}

/// Hands over events until there are no more.
async fn handle(
    plugin: Arc<dyn Plugin>,
    mut guest: Box<dyn Guest>,
    event: Arc<Event>,
    events: Arc<tokio::sync::Mutex<mpsc::Receiver<Instant>>>,
    seen: Arc<Mutex<Seen>>,
) {
    loop {
        let next = events.lock().await.recv().await;
        let Some(there) = next else { return };
        let (back, report) = hand_over(&*plugin, guest, event.clone()).await;
        guest = back;
        lock(&seen).add(there.elapsed(), report.outcome == Outcome::Done);
    }
}

/// Events by the clock, whatever the plugin does. By a thread of their own, so that a host without a free thread is found out.
fn events(
    every: Duration,
    stopping: Arc<AtomicBool>,
    seen: Arc<Mutex<Seen>>,
) -> mpsc::Receiver<Instant> {
    let (sender, events) = mpsc::channel(WAITING_MAX);
    std::thread::spawn(move || {
        while !stopping.load(Ordering::Relaxed) {
            std::thread::sleep(every);
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
