//! What the operator sees of the stream and does to the state: gaps, events handed over again, backups.

use std::path::Path;

use serde_json::{Value, json};
use site::{CommitOrder, CommitRule};

use crate::delivery::{notes_by_event, status_changes};
use crate::support::{Studio, eventually, fixture};

const WRITER: &str = "attribute = \"sg_status_list\"";

#[track_caller]
fn said(studio: &Studio, arguments: &[&str]) -> String {
    let output = studio.cuebox(arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn refused(studio: &Studio, arguments: &[&str], expected: &str) {
    let output = studio.cuebox(arguments);
    assert!(!output.status.success(), "{output:?}");
    let folder = studio.path("").display().to_string();
    let text = String::from_utf8(output.stderr).unwrap().replace(&folder, "");
    assert_eq!(text, expected);
}

fn gaps(studio: &Studio) -> Value {
    serde_json::from_str(&said(studio, &["gaps", "--json"])).unwrap()
}

/// Changes the status of a task so often; the events.
fn change(studio: &Studio, task: u64, statuses: &[&str]) -> Vec<u64> {
    let before = studio.newest_event();
    for status in statuses {
        studio.update("Task", task, json!({"sg_status_list": status}));
    }
    status_changes(studio, before)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_gap_has_its_life_story() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), WRITER);
    studio
        .configure_stream("gap_timeout = \"1s\"\nsweep_interval = \"10s\"\nsweep_timeout = \"1m\"");
    let host = studio.start();
    host.wait_until_live("writer");
    assert!(said(&studio, &["gaps"]).starts_with("No id is missing.\n"));
    let rule = CommitRule { late: 0.5, late_by_ms: (100, 600), missing: 0.3, seed: 5 };
    studio.site.order_commits(&CommitOrder::Policy(rule));
    let task = studio.create("Task", json!({"content": "x"}));
    for _ in 0..6 {
        change(&studio, task, &["rdy", "ip", "fin"]);
    }
    let told = eventually("a gap that appeared, and one that was given up", || {
        let told = gaps(&studio);
        let given_up = told["open"].as_array()?.iter().any(|gap| !gap["given_up"].is_null());
        let appeared = told["ended"].as_array()?.iter().any(|story| story["ending"] == "appeared");
        (given_up && appeared).then_some(told)
    });
    let story = &told["ended"][0];
    assert!(story["ended_at"].as_i64() >= story["first_seen"].as_i64(), "{story}");
    let text = said(&studio, &["gaps", "--ended"]);
    assert!(text.contains("given up 20") && text.contains("asked for every 10s for 1m"), "{text}");
    assert!(text.contains(" appeared\n") && text.contains("In the last 7d: "), "{text}");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_handed_over_again_beside_the_stream() {
    let studio = Studio::new().await;
    let task = studio.create("Task", json!({"content": "x"}));
    // From before the first start: only the site has them.
    let early = change(&studio, task, &["rdy", "ip"]);
    studio.install("writer", &fixture("writer"), WRITER);
    let host = studio.start();
    host.wait_until_live("writer");
    let events = change(&studio, task, &["fin", "wtg", "rdy", "ip"]);
    studio.wait_for_plugin("writer", |row| row.handled == 4 && row.lag == 0);

    let (from, to) = (events[1].to_string(), events[2].to_string());
    let range = ["plugins", "replay", "writer", "--from", &from, "--to", &to];
    let narrowed = [&range[..], &["--type", "Shotgun_Task_Change", "--entity", "Task"]].concat();
    let told = said(&studio, &narrowed);
    assert!(told.contains("Nothing was done."), "{told}");
    assert_eq!(notes_by_event(&studio).len(), 4);
    said(&studio, &[&narrowed[..], &["--reason", "the notes were lost", "--yes"]].concat());
    eventually("both again", || {
        let notes = notes_by_event(&studio);
        (notes[&events[1]] == 2 && notes[&events[2]] == 2).then_some(())
    });
    let notes = notes_by_event(&studio);
    assert_eq!((notes[&events[0]], notes[&events[3]]), (1, 1), "and no other");

    let early_range = [early[0].to_string(), early[1].to_string()];
    let range = [
        "plugins",
        "replay",
        "writer",
        "--from",
        &early_range[0],
        "--to",
        &early_range[1],
        "--type",
        "Shotgun_Task_Change",
    ];
    assert_eq!(said(&studio, &range), "Plugin `writer` is handed 0 events again.\n");
    let told =
        said(&studio, &[&range[..], &["--from-site", "--reason", "from before", "--yes"]].concat());
    assert!(told.starts_with("Plugin `writer` is handed 2 events again, from "), "{told}");
    eventually("those from before the first start", || {
        let notes = notes_by_event(&studio);
        early.iter().all(|event| notes.contains_key(event)).then_some(())
    });
    let row = studio.wait_for_plugin("writer", |row| row.handled == 8 && row.lag == 0);
    assert_eq!((row.dead_letters, row.state.as_str()), (0, "running"));
    let replays: Vec<Value> =
        serde_json::from_str(&said(&studio, &["plugins", "replays", "--json"])).unwrap();
    let told: Vec<_> = replays
        .iter()
        .map(|replay| (&replay["events"], &replay["waiting"], &replay["reason"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!(2), &json!(0), &json!("the notes were lost")),
            (&json!(2), &json!(0), &json!("from before"))
        ]
    );
    assert!(host.stop().success());
}

/// Live events are not held up by a long replay: each is handled before the replay is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_replay_leaves_the_stream_its_turn() {
    let studio = Studio::new().await;
    let task = studio.create("Task", json!({"content": "x"}));
    studio.install("writer", &fixture("writer"), WRITER);
    let host = studio.start();
    host.wait_until_live("writer");
    let statuses = ["rdy", "ip", "fin", "wtg"].repeat(25);
    let events = change(&studio, task, &statuses);
    studio.wait_for_plugin("writer", |row| row.handled == 100 && row.lag == 0);
    let from = events[0].to_string();
    said(&studio, &["plugins", "replay", "writer", "--from", &from, "--reason", "all", "--yes"]);
    eventually("the replay has begun", || (studio.plugins()["writer"].handled > 102).then_some(()));
    let live = change(&studio, task, &["rdy"]);
    eventually("the live event", || notes_by_event(&studio).contains_key(&live[0]).then_some(()));
    let done = studio.plugins()["writer"].handled;
    assert!(done < 190, "the live event waited for the replay: {done}");
    studio.wait_for_plugin("writer", |row| row.handled == 201 && row.dead_letters == 0);
    assert!(notes_by_event(&studio).iter().all(|(event, count)| *count == 2 || *event == live[0]));
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_makes_no_sense_is_refused() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), WRITER);
    let host = studio.start();
    host.wait_until_live("writer");
    refused(
        &studio,
        &["plugins", "replay", "writen", "--from", "1"],
        "cuebox: there is no plugin `writen`; did you mean `writer`?\n",
    );
    let output = studio.cuebox(&["plugins", "replay", "writer"]);
    assert_eq!(output.status.code(), Some(2), "a range must be given");
    let output = studio.cuebox(&["plugins", "replay", "writer", "--since", "yesterday"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("it must be such as 2026-03-02T08:30:00Z"), "{text}");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_beside_a_host_and_restored() {
    let studio = Studio::new().await;
    let task = studio.create("Task", json!({"content": "x"}));
    studio.install("writer", &fixture("writer"), WRITER);
    let host = studio.start();
    host.wait_until_live("writer");
    change(&studio, task, &["rdy", "ip"]);
    studio.wait_for_plugin("writer", |row| row.handled == 2 && row.lag == 0);
    let backup = studio.path("backup.db").display().to_string();
    let told = said(&studio, &["backup", &backup]);
    assert!(told.contains("and checked the copy"), "{told}");
    refused(
        &studio,
        &["backup", &backup],
        "cuebox: backup.db is there already, and no backup is written over a file\n",
    );
    let later = change(&studio, task, &["fin"]);
    studio.wait_for_plugin("writer", |row| row.handled == 3 && row.lag == 0);
    assert!(said(&studio, &["restore", &backup]).contains("Nothing was done."));
    let output = studio.cuebox(&["restore", &backup, "--yes"]);
    assert_eq!(output.status.code(), Some(4), "a host runs: {output:?}");
    assert!(host.stop().success());

    let told = said(&studio, &["restore", &backup, "--yes"]);
    assert!(told.contains("is in place, and sound. The stream goes on after event "), "{told}");
    assert!(Path::new(&backup).exists());
    let host = studio.start();
    studio.wait_for_plugin("writer", |row| row.handled == 3 && row.lag == 0);
    let notes = notes_by_event(&studio);
    assert_eq!(notes[&later[0]], 2, "what was handled after the backup is handed over again");
    assert!(notes.iter().all(|(event, count)| *count == 1 || *event == later[0]), "{notes:?}");
    assert!(host.stop().success());
}
