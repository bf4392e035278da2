//! `cuebox selftest --hostile`: every kind of hostile plugin is held. Ten thousand attacks in a row are in `tests/soak`.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use serde_json::Value;

/// Fewer kinds mean that some were lost.
const KINDS_MIN: usize = 70;

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
    for neighbour in report["neighbours"].as_array().unwrap() {
        for part in ["before", "during"] {
            assert_eq!(neighbour[part]["failed"], 0, "{neighbour}");
        }
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
