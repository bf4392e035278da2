//! The host is told to stop: it does so soon, whatever it is waiting for, and loses nothing.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;
use site::faults::{Fault, Rule};

use crate::support::{Host, Studio, eventually, example, fixture, message};

/// How long a stop may take while nothing of the guests' is under way.
const SOON: Duration = Duration::from_secs(5);

#[track_caller]
fn stop_within(host: Host, limit: Duration) -> ExitStatus {
    let started = Instant::now();
    let status = host.stop();
    let took = started.elapsed();
    assert!(took < limit, "the stop took {took:?}");
    status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_does_not_answer_is_not_waited_for() {
    let studio = Studio::new().await;
    let host = studio.start();
    studio.site.add_fault(Rule::new("*", Fault::Hang)).unwrap();
    // Longer than the pause between two polls: a question is on its way.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(stop_within(host, SOON).success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_waits_to_be_called_again_is_not_waited_for() {
    let studio = Studio::new().await;
    studio.install("patient", &fixture("misbehave"), "behaviour = \"write-and-retry\"");
    let host = studio.start();
    host.wait_until_live("patient");
    studio.site.add_fault(Rule::new("create", Fault::status(503))).unwrap();
    studio.create("Task", json!({"content": "x"}));
    host.wait_for("the plugin to wait", |line| line["outcome"] == "site-unavailable");
    assert!(stop_within(host, SOON).success());
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_under_way_to_run_are_not_waited_for_and_more_signals_are_harmless() {
    let studio = Studio::new().await;
    for name in ["log-events", "shared-state", "shot-handles", "flip-downstream"] {
        studio.install(name, &example(name), "");
    }
    let host = studio.start();
    for _ in 0..5 {
        host.signal("TERM");
        host.signal("INT");
    }
    assert!(stop_within(host, SOON).success());
}

/// Somebody holds the database: what cannot be saved is fetched, and done, again after the next start.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stays_locked_does_not_keep_the_host() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), "attribute = \"sg_status_list\"");
    let host = studio.start();
    host.wait_until_live("writer");
    let task = studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("writer", |row| row.handled == 1);
    let held = Connection::open(studio.path("cuebox.db")).unwrap();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    studio.update("Task", task, json!({"sg_status_list": "ip"}));
    host.wait_for("the trouble", |line| message(line).starts_with("Failed to save events"));
    assert!(stop_within(host, Duration::from_secs(30)).success());
    held.execute_batch("ROLLBACK").unwrap();
    drop(held);

    let host = studio.start();
    studio.wait_for_plugin("writer", |row| row.handled == 2 && row.lag == 0);
    assert!(host.stop().success());
}

/// The same for what a plugin has finished. Its write was made, and is not made again.
#[tokio::test(flavor = "multi_thread")]
async fn a_lane_that_cannot_save_does_not_keep_the_host() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), "attribute = \"sg_status_list\"");
    let host = studio.start();
    host.wait_until_live("writer");
    // Slow enough that the database can be taken away between the call and what is saved after it.
    let slow = Fault::Slow { millis: 1500 };
    studio.site.add_fault(Rule::new("create", slow)).unwrap();
    let task = studio.create("Task", json!({"content": "x"}));
    let newest = studio.newest_event();
    host.wait_for("the events", |line| message(line).ends_with(&format!("the newest is {newest}")));
    let held = Connection::open(studio.path("cuebox.db")).unwrap();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    host.wait_for("the trouble", |line| {
        message(line).starts_with("Failed to save what a plugin has finished")
    });
    assert!(stop_within(host, Duration::from_secs(30)).success());
    held.execute_batch("ROLLBACK").unwrap();
    drop(held);

    studio.site.clear_faults();
    let host = studio.start();
    studio.update("Task", task, json!({"sg_status_list": "ip"}));
    let row = studio.wait_for_plugin("writer", |row| row.lag == 0 && row.handled > 1);
    assert_eq!(row.handled, 2, "each is counted once");
    eventually("the notes", || {
        let notes =
            studio.find("Note", ("content", "starts_with", json!("a note ")), &["subject"]).len();
        (notes == 2).then_some(())
    });
    assert!(host.stop().success());
}
