//! The host in its world: the real pieces, put together as `crate::host` does, in one life of the process after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use config::{Breaker, Retry};
use database::{AuditFilter, Database, PluginState};
use eventlog::{Seq, cursor, pacing};
use policy::OnError;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::faults::Fault;
use super::fuse::Fuse;
use super::guest::{COUNT, Simulated};
use super::history::{Left, Run, Seen};
use super::plan::{DOUBT_WAIT, GAP_TIMEOUT, Life, LifeEnd, Plan, SWEEP_INTERVAL, SWEEP_TIMEOUT};
use super::site::SimulatedLog;
use super::world::World;
use super::{begin_time, end_time, set_clock, true_time};
use crate::clock;
use crate::halts::Halts;
use crate::journal::Journal;
use crate::lane::standing::Standings;
use crate::lane::version::{Version, VersionOptions};
use crate::lane::worker::{Command, StoredPlugin, Tools, Worker};
use crate::notice::Notices;
use crate::poller::{self, Poller};
use crate::storage::Storage;
use crate::storm::Storms;

/// How often the operator looks: lets what was stopped go on, and has what was put aside handed over again.
const OPERATOR_EVERY: Duration = Duration::from_secs(20);

/// Runs a world to its end.
pub fn run(plan: Plan, fault: Option<Fault>) -> Run {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime of one thread");
    let run = runtime.block_on(async {
        begin_time();
        let world = World::new(Arc::new(plan), fault);
        tokio::spawn(jump(world.plan.clone()));
        live_all(&world).await
    });
    end_time();
    run
}

/// Sets the host's clock when the plan says so.
async fn jump(plan: Arc<Plan>) {
    let mut jumps = plan.jumps.clone();
    jumps.sort_unstable();
    for (at, by) in jumps {
        sleep(Duration::from_millis(u64::try_from(at - true_time()).unwrap_or(0))).await;
        set_clock(by);
    }
}

async fn live_all(world: &World) -> Run {
    let mut keeper = Database::in_memory("https://site").expect("made");
    for life in world.plan.lives.clone() {
        live(world, &keeper, Some(&life)).await;
        if world.fault == Some(Fault::LosesState) && keeper.load_stream().expect("read").is_some() {
            keeper = Database::in_memory("https://site").expect("made");
        }
        sleep(Duration::from_millis(u64::try_from(life.absence).unwrap_or(0))).await;
    }
    live(world, &keeper, None).await;
    let left = Left {
        letters: plugins(world)
            .map(|(_, name)| keeper.dead_letters(Some(&name)).expect("read").len())
            .collect(),
        counts: plugins(world).map(|(_, name)| stored_count(&keeper, &name)).collect(),
        audited: plugins(world).map(|(_, name)| audited(&keeper, &name)).collect(),
        audit_is_whole: keeper.verify_audit(None).expect("read").fault.is_none(),
    };
    Run { history: world.take_history(), left, begun_at: world.begun_at() }
}

/// One life of the process: dies or stops as it is meant to, or lives to the end.
async fn live(world: &World, keeper: &Database, life: Option<&Life>) {
    let (steps, until) = match life.map(|life| &life.end) {
        Some(LifeEnd::Dies { steps }) => (Some(*steps), world.plan.end),
        Some(LifeEnd::Stops { after }) => (None, true_time() + after),
        None => (None, world.plan.end),
    };
    let fuse = Fuse::new(steps);
    let counts = plugins(world).map(|(plugin, name)| (plugin, stored_count(keeper, &name)));
    world.begin_life(fuse.clone(), counts.collect());
    let storage = Storage::simulated(keeper.connect().expect("connected"), fuse.clone());
    world.see(Seen::Began);
    let mut tasks = JoinSet::new();
    let died = tokio::select! {
        biased;
        () = fuse.burnt() => true,
        () = live_until(world, storage, &mut tasks, until) => false,
    };
    tasks.shutdown().await;
    world.see(Seen::Ended { died });
    if keeper.load_stream().expect("read").is_some() {
        world.stream_has_begun();
    }
}

/// A host that runs until it is told to stop.
async fn live_until(world: &World, storage: Storage, tasks: &mut JoinSet<()>, until: i64) {
    let last = storage.ask(|database| database.last_seq()).await.expect("read");
    let journal = Journal::new(storage.clone(), last);
    let after = world.plan.plugins.iter().filter_map(|plugin| plugin.after).map(name);
    let tools = Tools {
        storage: storage.clone(),
        journal: journal.clone(),
        notices: Notices::default(),
        timing: None,
        halts: Halts::default(),
        storms: Storms::new(None, BTreeSet::new()),
        standings: Standings::new(after.collect()),
        doubt_wait: DOUBT_WAIT,
    };
    let (stop, stopping) = watch::channel(false);
    tasks.spawn(poller(world, &tools, stopping).run());
    let mut lanes = Vec::new();
    for (plugin, name) in plugins(world) {
        let rewinds = world.fault == Some(Fault::Rewinds);
        let stored = storage.ask(move |database| {
            let row = database.ensure_plugin(&name, Seq(0)).expect("kept");
            if rewinds && row.position > Seq(0) {
                let to = Seq(row.position.0 - 1);
                database.move_plugin(&name, to, "a fault", clock::now()).expect("moved");
            }
            let row = database.plugin(&name).expect("read").expect("known");
            StoredPlugin::load(database, row).expect("loaded")
        });
        let (sender, receiver) = mpsc::channel(4);
        tasks.spawn(Worker::new(stored.await, tools.clone(), receiver).run());
        let _ = sender.send(Command::Run(Box::new(version(world, plugin)))).await;
        lanes.push(sender);
    }
    operate(world, &storage, &lanes, until).await;
    stop.send_replace(true);
    drop(lanes);
    while tasks.join_next().await.is_some() {}
}

/// What the operator does meanwhile.
async fn operate(world: &World, storage: &Storage, lanes: &[mpsc::Sender<Command>], until: i64) {
    let mut rewound = BTreeSet::new();
    let mut look = Instant::now() + OPERATOR_EVERY;
    while true_time() < until {
        let left = Duration::from_millis(u64::try_from(until - true_time()).unwrap_or(0));
        let next = (Instant::now() + left).min(look);
        if world.fault == Some(Fault::RewindsToLate) {
            sleep_until(next.min(Instant::now() + Duration::from_secs(1))).await;
            rewind_to_late(world, storage, &mut rewound).await;
        } else {
            sleep_until(next).await;
        }
        if Instant::now() < look && world.fault != Some(Fault::RewindsToLate) {
            continue;
        }
        if Instant::now() >= look {
            look += OPERATOR_EVERY;
            storage.ask(let_go_on).await;
        }
        for lane in lanes {
            let _ = lane.send(Command::Follow { is_allowed: true }).await;
        }
    }
}

fn let_go_on(database: &mut Database) {
    for row in database.plugins().expect("read") {
        if matches!(row.state, PluginState::Stopped { .. }) {
            database.resume_plugin(&row.name).expect("resumed");
        }
    }
    let letters = database.dead_letters(None).expect("read");
    let numbers: Vec<u64> = letters.iter().map(|letter| letter.number).collect();
    database.redrive(&numbers).expect("marked");
}

/// The daemon's: sets every plugin back to an entry that came late.
async fn rewind_to_late(world: &World, storage: &Storage, rewound: &mut BTreeSet<u64>) {
    let settled = true_time() - 3_000;
    let late: Vec<u64> = world
        .shown()
        .filter(|row| row.shown.is_some_and(|shown| shown < settled))
        .filter(|row| world.plan.passed_at(row.id).is_some_and(|passed| Some(passed) < row.shown))
        .map(|row| row.id)
        .filter(|id| rewound.insert(*id))
        .collect();
    let Some(lowest) = late.into_iter().min() else { return };
    storage
        .ask(move |database| {
            let entries = database.entries_after(Seq(0), 1000).expect("read");
            let Some(first) = entries.iter().find(|entry| entry.id.0 > lowest) else { return };
            let to = Seq(first.seq.0 - 1);
            for row in database.plugins().expect("read") {
                if row.position > to {
                    let _ = database.move_plugin(&row.name, to, "a fault", clock::now());
                }
            }
        })
        .await;
}

fn poller(world: &World, tools: &Tools, stopping: watch::Receiver<bool>) -> Poller<SimulatedLog> {
    Poller {
        log: SimulatedLog(world.clone()),
        storage: tools.storage.clone(),
        journal: tools.journal.clone(),
        notices: tools.notices.clone(),
        options: poller::Options {
            cursor: cursor::Options {
                page_size: world.plan.page_size,
                gap_timeout: GAP_TIMEOUT,
                sweep_interval: SWEEP_INTERVAL,
                sweep_timeout: SWEEP_TIMEOUT,
                gaps_max: 1_000,
            },
            pace: pacing::Options::between(Duration::from_millis(250), Duration::from_secs(3)),
        },
        stopping,
        problems_told: Mutex::default(),
    }
}

fn version(world: &World, plugin: usize) -> Version {
    let plan = &world.plan.plugins[plugin];
    let pretends = world.fault == Some(Fault::Pretends);
    let on_error = match plan.puts_aside {
        _ if pretends => OnError::Continue,
        true => OnError::DeadLetter,
        false => OnError::Deactivate,
    };
    let (pause, pause_max) = (Duration::from_millis(500), Duration::from_secs(4));
    let options = VersionOptions {
        on_error,
        retry: Retry { attempts: if pretends { 1 } else { 3 }, pause, pause_max },
        breaker: Breaker { failures: Some(3), pause, pause_max },
        callbacks: BTreeMap::new(),
        keeps_instance: true,
        parallel: plan.parallel,
        after: plan.after.map(name).into_iter().collect(),
        uses_session_uuid: false,
    };
    let simulated = Simulated { world: world.clone(), plugin };
    let registration = simulated.registration();
    Version::new(Arc::new(simulated.clone()), Box::new(simulated), registration, options)
}

fn name(plugin: usize) -> String {
    format!("plugin-{plugin}")
}

fn plugins(world: &World) -> impl Iterator<Item = (usize, String)> {
    (0..world.plan.plugins.len()).map(|plugin| (plugin, name(plugin)))
}

fn audited(database: &Database, plugin: &str) -> BTreeSet<String> {
    let filter = AuditFilter { plugin: Some(plugin), ..AuditFilter::default() };
    let records = database.audit(filter).expect("read");
    records.into_iter().filter_map(|record| record.record.asked).collect()
}

fn stored_count(database: &Database, plugin: &str) -> u64 {
    let keys = database.key_values(plugin).expect("read");
    let count = keys.into_iter().find(|(key, _)| key == COUNT);
    count.map_or(0, |(_, value)| String::from_utf8_lossy(&value).parse().expect("a number"))
}
