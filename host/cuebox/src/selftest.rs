//! Hostile plugins against a host in this process: each kind attacks in its own way, and what became of it is judged.
//!
//! The guests are carried by the program. A file goes the way of any plugin's file: it is read, let in, compiled, instantiated,
//! registered and called, with limits and grants that a configuration says. Beside them an innocent plugin handles events in the
//! same engine.

mod attack;
mod files;
mod judge;
mod kinds;
mod memory;
mod neighbour;
mod stage;
mod web;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;

use attack::Attacker;
use kinds::{Kind, Pace};
use neighbour::{Neighbour, Speeds, Work};
use stage::Stage;

/// How many runs come before memory is looked at: caches are full then, all code has run, and the allocator keeps what it will keep.
pub const WARM_UP: u64 = 3_000;

/// A kind that waits for its deadline attacks once in so many rounds.
const SLOW_EVERY: u64 = 20;

/// How long the neighbours are looked at before the first attack: for many attacks, long enough for a hundredth of the events to say
/// something.
const CALM: Duration = Duration::from_secs(2);
const LONG_CALM: Duration = Duration::from_secs(10);

/// What was found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Each kind, in the order in which they attacked.
    pub kinds: Vec<Row>,
    /// How many attacks there were.
    pub runs: u64,
    /// How long all of them took.
    pub seconds: f64,
    /// What innocent plugins felt of it.
    pub neighbours: Vec<Felt>,
    /// What this process takes up, where that is known.
    pub memory: Option<Memory>,
}

/// What became of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its name.
    pub kind: &'static str,
    /// What it tries.
    pub tries: &'static str,
    /// Whether it was held, each time.
    pub held: bool,
    /// By which limit or refusal; or what it got away with.
    pub by: String,
    /// How long one attack took: the longest.
    pub milliseconds: f64,
    /// How often it attacked.
    pub runs: u64,
}

/// How long the events of an innocent plugin took, from the moment they were there to the moment they were handled.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Felt {
    /// What it does.
    pub work: Work,
    /// Before the first attack.
    pub before: Speeds,
    /// During the attacks.
    pub during: Speeds,
}

/// Memory of this process, in bytes: the least that was found after any of the thousand attacks before.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Memory {
    /// What there was before the first attack.
    pub start: u64,
    /// After the first three thousand attacks, if there were more.
    pub warm: Option<u64>,
    /// At the end.
    pub end: u64,
}

impl Report {
    /// Whether every attack was held.
    pub fn is_held(&self) -> bool {
        self.kinds.iter().all(|row| row.held)
    }
}

/// The names of all kinds.
pub fn names() -> Vec<&'static str> {
    kinds::all(&kinds::Places::default()).iter().map(|kind| kind.name).collect()
}

/// Lets the kinds whose names begin with `only` attack: each once, or all of them in turn until there were `runs` attacks.
pub async fn run(only: Option<&str>, runs: Option<u64>) -> anyhow::Result<Report> {
    let stage = Arc::new(Stage::set(only, runs.is_some()).await?);
    let begun = Instant::now();
    let mut neighbours = Vec::new();
    for work in Work::ALL {
        let neighbour = Neighbour::start(&stage, work).await;
        neighbours.push((work, neighbour.context("an innocent plugin does not run")?));
    }
    tokio::time::sleep(if runs.is_some() { LONG_CALM } else { CALM }).await;
    let before: Vec<_> = neighbours.iter().map(|(_, neighbour)| neighbour.speeds()).collect();
    let (runs_max, start) = (runs.unwrap_or(stage.kinds.len() as u64), memory::resident());
    let mut rows = BTreeMap::new();
    let (mut done, mut warm, mut attacker) = (0, None, Attacker::new(stage.clone()));
    let mut looks = memory::Looks::default();
    // What attacks once only leaves nothing to do after its first round.
    let rounds = if stage.kinds.iter().all(|kind| kind.pace == Pace::Once) { 1 } else { u64::MAX };
    'rounds: for round in 0..rounds {
        for (number, kind) in stage.kinds.iter().enumerate() {
            if done == runs_max {
                break 'rounds;
            }
            if !is_due(kind, round) {
                continue;
            }
            let (back, row) = attacker.attack_in_task(number).await?;
            attacker = back;
            merge(&mut rows, number, row);
            done += 1;
            looks.look();
            if done == WARM_UP {
                warm = looks.least();
            }
        }
        if done == runs_max {
            break;
        }
    }
    let mut felt = Vec::new();
    for ((work, neighbour), before) in neighbours.into_iter().zip(before) {
        felt.push(Felt { work, before, during: neighbour.stop().await });
    }
    let seconds = begun.elapsed().as_secs_f64();
    drop(attacker);
    let memory = start.zip(looks.least()).map(|(start, end)| Memory { start, warm, end });
    let mut kinds: Vec<Row> = rows.into_values().collect();
    kinds.push(Arc::into_inner(stage).expect("all that used it has ended").search().await?);
    Ok(Report { kinds, runs: done, seconds, neighbours: felt, memory })
}

fn is_due(kind: &Kind, round: u64) -> bool {
    match kind.pace {
        Pace::Quick => true,
        Pace::Slow => round.is_multiple_of(SLOW_EVERY),
        Pace::Once => round == 0,
    }
}

/// Adds a run to those of its kind. The first that was not held is kept.
fn merge(rows: &mut BTreeMap<usize, Row>, number: usize, row: Row) {
    rows.entry(number)
        .and_modify(|known| {
            known.runs += 1;
            known.milliseconds = known.milliseconds.max(row.milliseconds);
            if known.held && !row.held {
                (known.held, known.by) = (false, row.by.clone());
            }
        })
        .or_insert(row);
}
