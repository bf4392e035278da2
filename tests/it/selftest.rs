//! `cuebox selftest --hostile`: every kind of hostile plugin is held, and ten thousand attacks leave nothing behind.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use serde_json::Value;

/// Fewer kinds mean that some were lost.
const KINDS_MIN: usize = 70;

const RUNS: u64 = 10_000;

/// How much larger the process may be at the end than it was when it was warm: what an allocator keeps.
const GROWTH: f64 = 1.10;
const GROWTH_BYTES: f64 = (8 << 20) as f64;

/// Half of the innocent plugin's events are handled within this time, on a machine that has other tests to run. What it is exactly is
/// printed; when the machine is idle, it is what it was before the attacks.
const P50_MILLISECONDS_MAX: f64 = 50.0;

fn selftest(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cuebox"))
        .args(["selftest", "--hostile"])
        .args(arguments)
        // Then the host's own errors have traces of its stack, and no guest is to see one.
        .env("RUST_BACKTRACE", "1")
        .output()
        .unwrap()
}

/// The report of a test in which every attack was held.
fn held(arguments: &[&str]) -> Value {
    let output = selftest(&[arguments, &["--json"]].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\n{}", String::from_utf8_lossy(&output.stdout));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let neighbour = &report["neighbour"];
    for part in ["before", "during"] {
        assert_eq!(neighbour[part]["failed"], 0, "{neighbour}");
    }
    report
}

#[test]
fn every_kind_of_hostile_plugin_is_held() {
    let report = held(&[]);
    let kinds = report["kinds"].as_array().unwrap();
    let names: BTreeSet<&str> = kinds.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(names.len(), kinds.len(), "each has a name of its own");
    assert!(kinds.len() >= KINDS_MIN, "{names:?}");
    assert!(kinds.iter().all(|row| row["held"] == true && row["by"] != ""), "{report:#}");
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are what a person runs this test for")]
fn ten_thousand_attacks_leave_memory_flat_and_a_neighbour_at_work() {
    let report = held(&["--runs", &RUNS.to_string()]);
    assert_eq!(report["runs"], RUNS);
    let neighbour = &report["neighbour"];
    println!(
        "{RUNS} attacks in {} s; neighbour {neighbour}; memory {}",
        report["seconds"], report["memory"]
    );
    let p50 = neighbour["during"]["p50_milliseconds"].as_f64().unwrap();
    assert!(p50 < P50_MILLISECONDS_MAX, "{neighbour}");
    let memory = &report["memory"];
    match (memory["warm"].as_f64(), memory["end"].as_f64()) {
        (Some(warm), Some(end)) => assert!(end <= warm * GROWTH + GROWTH_BYTES, "{memory}"),
        // Where the operating system does not tell, there is nothing to compare.
        _ => assert_ne!(std::env::consts::OS, "linux", "{memory}"),
    }
}

#[test]
fn a_kind_that_is_not_there_is_refused_with_those_that_are() {
    let output = selftest(&["--only", "no-such-kind"]);
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("there is no kind of hostile plugin `no-such-kind`")
            && errors.contains("url-tricks"),
        "{errors}"
    );
}

#[test]
fn the_table_says_what_was_tried_and_what_held_it() {
    let output = selftest(&["--only", "loop-in-register"]);
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{table}");
    assert!(
        table.contains("loop-in-register")
            && table.contains("spins in `register`")
            && table.contains("held")
            && table.contains("limit `fuel`")
            && table.contains("2 of 2 kinds held"),
        "{table}"
    );
}
