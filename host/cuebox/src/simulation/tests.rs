use std::sync::atomic::{AtomicU64, Ordering};

use super::checker::violations;
use super::faults::Fault;
use super::host::run;
use super::plan::Plan;

/// So many worlds in every run of the tests. `CUEBOX_SEEDS` asks for others: `20000`, or `70000..80000`.
const SEEDS: u64 = 10_000;

/// A fault is found in this many worlds.
const SEEDS_PER_FAULT: u64 = 400;

fn seeds() -> std::ops::Range<u64> {
    let Ok(asked) = std::env::var("CUEBOX_SEEDS") else { return 0..SEEDS };
    let number =
        |text: &str| -> u64 { text.parse().expect("CUEBOX_SEEDS is a number, or a range") };
    match asked.split_once("..") {
        None => 0..number(&asked),
        Some((from, end)) => number(from)..number(end),
    }
}

/// Does something for each number, on all processors, until it finds something.
fn search<T: Send>(
    seeds: std::ops::Range<u64>,
    look: impl Fn(u64) -> Option<T> + Sync,
) -> Option<T> {
    let next = AtomicU64::new(seeds.start);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return None;
            }
            if let Some(found) = look(seed) {
                next.store(seeds.end, Ordering::Relaxed);
                return Some(found);
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().filter_map(|thread| thread.join().expect("no run panics")).next()
    })
}

/// What is wrong in the world of a seed.
fn wrong(seed: u64) -> Option<String> {
    let plan = Plan::of(seed);
    let run = run(plan.clone(), None);
    let found = violations(&plan, &run);
    let history = || run.history.iter().map(|moment| format!("{moment}\n")).collect::<String>();
    (!found.is_empty()).then(|| format!("seed {seed}: {found:#?}\n{plan:?}\n{}", history()))
}

#[test]
fn every_promise_holds_in_every_world() {
    if let Some(found) = search(seeds(), wrong) {
        panic!("{found}\nCUEBOX_SEEDS=SEED..SEED+1 runs it again");
    }
}

#[test]
fn a_world_is_the_same_each_time() {
    for seed in 0..40 {
        let plan = Plan::of(seed);
        assert_eq!(run(plan.clone(), None), run(plan, None), "seed {seed}");
    }
}

/// A checker that finds nothing wrong is worth nothing unless it finds what is.
#[test]
fn every_planted_fault_is_found() {
    for (fault, expected) in Fault::ALL {
        let found = search(0..SEEDS_PER_FAULT, |seed| {
            let plan = Plan::of(seed);
            let run = run(plan.clone(), Some(fault));
            let violations = violations(&plan, &run);
            violations.iter().any(|(violation, _)| *violation == expected).then_some(seed)
        });
        assert!(
            found.is_some(),
            "{fault:?} is not found as {expected:?} in {SEEDS_PER_FAULT} worlds"
        );
    }
}

/// The worlds are not all quiet ones: deaths, late entries, failures and doubts occur in many.
#[test]
fn worlds_are_eventful() {
    use super::history::Seen;
    let (mut deaths, mut failures, mut retries, mut records, mut together) = (0, 0, 0, 0, 0);
    for seed in 0..60 {
        for moment in run(Plan::of(seed), None).history {
            match moment.seen {
                Seen::Ended { died: true } => deaths += 1,
                Seen::Returned { done: false, .. } => failures += 1,
                Seen::Called { attempt: 2.., .. } => retries += 1,
                Seen::Called { events, .. } if events.len() > 1 => together += 1,
                Seen::Created { .. } => records += 1,
                _ => {}
            }
        }
    }
    let counts = [deaths, failures, retries, records, together];
    assert!(counts.iter().all(|count| *count > 20), "{counts:?}");
}
