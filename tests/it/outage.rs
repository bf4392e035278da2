//! The site fails: nothing is lost, the host is back soon after the site, and the operator is told once.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use site::faults::{Fault, Moment, Rule};

use crate::support::{Host, Studio, eventually, fixture, message};

/// How long the site fails in each case: long enough for the pauses between attempts to reach their longest.
const OUTAGE: Duration = Duration::from_secs(6);

/// How long after the site's return an event may take.
const BACK_WITHIN: Duration = Duration::from_secs(5);

fn lost(host: &Host) -> usize {
    host.count_lines(|line| {
        is_about_the_site(line, "The site cannot be reached")
            || is_about_the_site(line, "The site refuses")
    })
}

fn is_about_the_site(line: &Value, beginning: &str) -> bool {
    message(line).starts_with(beginning)
}

/// Fails the site in one way for a while, with events before, during and after.
async fn check(fault: Fault) {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), "attribute = \"sg_status_list\"");
    let host = studio.start();
    host.wait_until_live("writer");
    let task = studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("writer", |row| row.handled == 1);

    // Struck before it was executed, so that a write that is made again is made once.
    studio.site.add_fault(Rule::new("*", fault.clone()).when(Moment::Before)).unwrap();
    for status in ["rdy", "ip"] {
        studio.update("Task", task, json!({"sg_status_list": status}));
    }
    tokio::time::sleep(OUTAGE).await;
    studio.site.clear_faults();
    let back = Instant::now();
    studio.update("Task", task, json!({"sg_status_list": "fin"}));
    eventually("all events handled", || (studio.plugins()["writer"].handled == 4).then_some(()));
    let took = back.elapsed();
    assert!(took < BACK_WITHIN, "{fault:?}: the last event took {took:?} after the site's return");
    assert_eq!(lost(&host), 1, "{fault:?}: told once\n{}", host.log());
    assert_eq!(
        host.count_lines(|line| is_about_the_site(line, "The site answers again")),
        1,
        "{fault:?}"
    );
    let notes = studio.find("Note", ("content", "starts_with", json!("a note ")), &["subject"]);
    assert_eq!(notes.len(), 4, "{fault:?}: each event was written once");
    assert_eq!(studio.plugins()["writer"].state, "running");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn status_500() {
    check(Fault::status(500)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn status_502() {
    check(Fault::status(502)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn status_503_that_asks_for_patience() {
    check(Fault::Status { status: 503, retry_after_seconds: Some(1) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reset() {
    check(Fault::Reset).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn truncated() {
    check(Fault::Truncate { bytes: None }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn html() {
    check(Fault::Html).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed() {
    check(Fault::Malformed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_key() {
    check(Fault::RefuseKey).await;
}

/// With the default time limits, which are longer than the outage: the stream does not wait for an answer that never comes.
#[tokio::test(flavor = "multi_thread")]
async fn hang() {
    let studio = Studio::new().await;
    studio.put("noop", &fixture("noop"));
    let host = studio.start();
    host.wait_until_live("noop");
    studio.site.add_fault(Rule::new("*", Fault::Hang)).unwrap();
    let task = studio.create("Task", json!({"content": "x"}));
    tokio::time::sleep(OUTAGE).await;
    studio.site.clear_faults();
    let back = Instant::now();
    studio.update("Task", task, json!({"sg_status_list": "fin"}));
    let newest = studio.newest_event();
    eventually("the newest event", || {
        host.find_line(|line| message(line).ends_with(&format!("the newest is {newest}")))
    });
    let took = back.elapsed();
    assert!(took < BACK_WITHIN, "the last event took {took:?} after the site's return");
    studio.wait_for_plugin("noop", |row| row.lag == 0 && row.handled > 0);
    assert!(lost(&host) <= 1, "{}", host.log());
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn connection_refused() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), "attribute = \"sg_status_list\"");
    let host = studio.start();
    host.wait_until_live("writer");
    studio.site.go_down().await.unwrap();
    let task = studio.create("Task", json!({"content": "x"}));
    tokio::time::sleep(OUTAGE).await;
    studio.site.come_back().await.unwrap();
    let back = Instant::now();
    studio.update("Task", task, json!({"sg_status_list": "fin"}));
    eventually("all events handled", || (studio.plugins()["writer"].handled == 2).then_some(()));
    assert!(back.elapsed() < BACK_WITHIN);
    assert_eq!(lost(&host), 1, "{}", host.log());
    assert!(host.stop().success());
}

/// A host that starts while the site is away waits for it, and so do plugins that ask the site as they register.
#[tokio::test(flavor = "multi_thread")]
async fn away_at_the_start() {
    let studio = Studio::new().await;
    studio.install(
        "copy-field",
        &crate::support::example("copy-field"),
        "entity_type = \"Shot\"\nsource_field = \"sg_cut_in\"\ntarget_field = \"sg_head_in\"",
    );
    studio.site.go_down().await.unwrap();
    let host = studio.start_unwatched();
    host.wait_for("the outage", |line| is_about_the_site(line, "The site cannot be reached"));
    host.wait_for("the plugin to wait", |line| message(line).contains("`copy-field` is refused"));
    studio.site.come_back().await.unwrap();
    host.wait_until_live("copy-field");
    host.wait_for("the stream", |line| message(line).starts_with("The stream begins"));
    assert!(host.stop().success());
}
