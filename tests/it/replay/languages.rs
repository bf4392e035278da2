//! Guests of every language are recorded and run again, with all that their runtimes take from outside without being told to: seeds,
//! clocks, and what is ready first.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{carried_away, recordings, replayed, wait_for_recordings};
use crate::conformance::{self, Asked};
use crate::support::languages::workspace;

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_in_rust_is_run_again() {
    run_again(conformance::rust(&workspace()), &["random", "wall_clock"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_in_python_is_run_again() {
    run_again(conformance::python(&workspace()), &["random", "wall_clock"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_in_javascript_is_run_again() {
    // Chance is seeded by the clock there.
    run_again(conformance::javascript(&workspace()), &["wall_clock"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_in_go_is_run_again() {
    run_again(conformance::go(&workspace()), &["random", "wall_clock"]).await;
}

/// What the plugin is asked for, and how it ends, where that is the same in every language.
const SCENARIOS: [(&str, &str); 17] = [
    ("event", "done"),
    ("find", "done"),
    ("write", "done"),
    ("trash", "done"),
    ("batch", "done"),
    ("summarize", "done"),
    ("files", "done"),
    ("call", "done"),
    ("dates", "done"),
    ("keys", "done"),
    ("levels", "done"),
    ("fault", "done"),
    ("invalid", "done"),
    ("http", "done"),
    (CHANCE, "done"),
    ("skip", "skipped"),
    ("fail", ""),
];

/// Logs a random number, the time, and in what order a set is.
const CHANCE: &str = "chance";

/// Has the plugin do all of it, and runs the recordings again; it is to have learnt from what `learns` says, without which the last
/// replays are not the same.
async fn run_again(guest: PathBuf, learns: &[&str]) {
    let asked = Asked::new(guest, "record.deliveries = \"all\"").await;
    let folder = asked.studio.path("recordings");
    for (index, (scenario, _)) in SCENARIOS.iter().enumerate() {
        asked.tell(scenario);
        wait_for_recordings(&folder, "conformance", index + 1);
    }
    let Asked { studio, host, .. } = asked;
    assert!(host.stop().success());
    let away = carried_away(&folder);
    drop(studio);
    let at = SCENARIOS.iter().position(|(scenario, _)| *scenario == CHANCE).unwrap();
    let chance = recordings(&away.path().join("carried"), "conformance").remove(at);
    learns.iter().for_each(|learnt| spoil_copy(&chance, learnt));

    // All at once: what the plugin is made of is compiled each time.
    let (code, lines) = replayed(away.path(), &["carried"]);
    assert_eq!((code, lines.len()), (1, SCENARIOS.len() + learns.len()), "{lines:#?}");
    for (line, (scenario, outcome)) in lines.iter().zip(SCENARIOS) {
        let comparison = &line["comparison"];
        assert_eq!(line["result"], "identical", "{scenario}: {line:#}");
        assert_eq!(comparison["first_call"], Value::Null, "{scenario}: {line:#}");
        let fuel = &comparison["fuel"];
        assert!(fuel["recorded"].as_u64() > Some(0), "{scenario}: {line:#}");
        assert_eq!(fuel["recorded"], fuel["now"], "{scenario}: {line:#}");
        assert!(outcome.is_empty() || line["outcome"] == outcome, "{scenario}: {line:#}");
    }
    for line in &lines[SCENARIOS.len()..] {
        assert_eq!(line["result"], "differs", "{line:#}");
    }
}

/// Puts a recording beside another, behind all, that lacks what the plugin learnt.
fn spoil_copy(path: &Path, learnt: &str) {
    let mut recording: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let sections = ["register", "handle"];
    let learnt_in = |section: &str| &recording["transcript"][section][learnt];
    let is_there = sections.iter().any(|section| *learnt_in(section) != json!([]));
    assert!(is_there, "it learns from {learnt}: {:#}", recording["transcript"]);
    for section in sections {
        recording["transcript"][section][learnt] = json!([]);
    }
    fs::write(path.with_file_name(format!("without-{learnt}.json")), recording.to_string())
        .unwrap();
}
