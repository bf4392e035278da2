//! Plugin files come, change and go while the host runs.

use std::fs;

use serde_json::json;

use crate::support::{Host, Studio, eventually, fixture, message};

fn is_message(text: &'static str) -> impl Fn(&serde_json::Value) -> bool {
    move |line| message(line).contains(text)
}

/// A component with another digest that does the same: a custom section more.
fn touched(component: &std::path::Path, studio: &Studio, mark: u8) -> std::path::PathBuf {
    let mut bytes = fs::read(component).unwrap();
    // Section 0, three bytes: a name of one byte, and one byte of content.
    bytes.extend_from_slice(&[0, 3, 1, b'x', mark]);
    let path = studio.path(&format!("touched-{mark}"));
    fs::write(&path, bytes).unwrap();
    path
}

fn live(host: &Host, plugin: &str) -> usize {
    host.count_lines(|line| {
        message(line).starts_with(&format!("Plugin `{plugin}` runs version"))
            || message(line).starts_with(&format!("Plugin `{plugin}` goes on with version"))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_added_replaced_and_removed() {
    let studio = Studio::new().await;
    let host = studio.start();
    studio.put("noop", &fixture("noop"));
    host.wait_until_live("noop");
    studio.put("noop", &touched(&fixture("noop"), &studio, 1));
    host.wait_for("the swap", is_message("Plugin `noop` goes on with version"));
    let before = studio.newest_event();
    studio.create("Task", json!({"content": "x"}));
    assert!(studio.newest_event() > before);
    studio.wait_for_plugin("noop", |row| row.lag == 0 && row.handled > 0);
    fs::remove_file(studio.plugin_path("noop")).unwrap();
    host.wait_for("the removal", is_message("Plugin `noop` was removed"));
    assert_eq!(studio.plugins()["noop"].state, "removed");
    // It comes back where it was: what happened meanwhile is delivered.
    studio.create("Task", json!({"content": "while it was away"}));
    let away = studio.plugins()["noop"].handled;
    studio.put("noop", &fixture("noop"));
    studio.wait_for_plugin("noop", |row| {
        row.state == "running" && row.lag == 0 && row.handled > away
    });
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_handled_by_exactly_one_version() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), "attribute = \"sg_status_list\"");
    let host = studio.start();
    host.wait_until_live("writer");
    let before = studio.newest_event();
    let task = studio.create("Task", json!({"content": "swapped under load"}));
    for mark in 1..=5 {
        for status in ["rdy", "ip", "fin", "wtg"] {
            studio.update("Task", task, json!({"sg_status_list": status}));
        }
        studio.put("writer", &touched(&fixture("writer"), &studio, mark));
        eventually("the next version", || {
            (live(&host, "writer") > usize::from(mark)).then_some(())
        });
    }
    let expected = crate::delivery::status_changes(&studio, before).len() as u64;
    studio.wait_for_plugin("writer", |row| row.handled == expected && row.lag == 0);
    let notes = studio.find("Note", ("content", "starts_with", json!("a note ")), &["subject"]);
    assert_eq!(notes.len() as u64, expected, "none lost, none by two versions");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_cannot_run_changes_nothing() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), "attribute = \"sg_status_list\"");
    let host = studio.start();
    host.wait_until_live("writer");
    let running = studio.wait_for_plugin("writer", |row| row.version.is_some()).version;

    let broken = studio.path("broken");
    let whole = fs::read(fixture("writer")).unwrap();
    fs::write(&broken, &whole[..whole.len() / 2]).unwrap();
    for (bad, why) in [
        (broken.clone(), "not a valid WebAssembly component"),
        (fixture("other-world"), "acme:gadgets"),
    ] {
        studio.put("writer", &bad);
        host.wait_for("the refusal", |line| {
            message(line).starts_with(
                "The new file of plugin `writer` is refused, the version before it runs on",
            ) && message(line).contains(why)
        });
    }
    let task = studio.create("Task", json!({"content": "the old one runs on"}));
    studio.update("Task", task, json!({"sg_status_list": "ip"}));
    let row = studio.wait_for_plugin("writer", |row| row.handled == 2);
    assert_eq!(row.version, running);
    // A good file in its place is taken up again.
    studio.put("writer", &touched(&fixture("writer"), &studio, 9));
    host.wait_for("the swap", is_message("Plugin `writer` goes on with version"));
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_fails_stops_before_its_event_and_goes_on_with_a_mended_file() {
    let studio = Studio::new().await;
    studio.install("patient", &fixture("misbehave"), "behaviour = \"trap\"");
    studio.install("writer", &fixture("writer"), "attribute = \"sg_status_list\"");
    let host = studio.start();
    host.wait_until_live("patient");
    host.wait_until_live("writer");
    let before = studio.newest_event();
    let task = studio.create("Task", json!({"content": "x"}));
    studio.update("Task", task, json!({"sg_status_list": "ip"}));
    let stopped = studio.wait_for_plugin("patient", |row| row.state == "stopped");
    assert_eq!(stopped.last_error_event, Some(before + 1));
    assert!(stopped.last_error.unwrap().contains("told to panic"));
    studio.wait_for_plugin("writer", |row| row.handled == 2 && row.lag == 0);

    // It stays stopped over a restart, and goes on from the same event with another file.
    assert!(host.stop().success());
    let host = studio.start();
    host.wait_until_live("patient");
    assert_eq!(studio.plugins()["patient"].state, "stopped");
    studio.put("patient", &fixture("noop"));
    let row = studio.wait_for_plugin("patient", |row| row.state == "running" && row.lag == 0);
    assert_eq!(
        row.handled,
        studio.newest_event() - before,
        "every event after it, the one it failed at included"
    );
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_disables_and_enables() {
    let studio = Studio::new().await;
    studio.install("patient", &fixture("misbehave"), "behaviour = \"err\"");
    studio.put("noop", &fixture("noop"));
    let host = studio.start();
    host.wait_until_live("patient");
    host.wait_until_live("noop");
    assert!(studio.cuebox(&["plugins", "disable", "noop"]).status.success());
    host.wait_for("the switch", is_message("Plugin `noop` was disabled"));
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("patient", |row| row.state == "stopped");
    let row = studio.wait_for_plugin("noop", |row| row.lag > 0);
    assert_eq!((row.state.as_str(), row.handled), ("disabled", 0));
    assert!(studio.cuebox(&["plugins", "enable", "noop"]).status.success());
    studio.wait_for_plugin("noop", |row| row.state == "running" && row.lag == 0);
    // Enabling a stopped plugin lets it try again; this one fails again.
    let stops = || host.count_lines(is_message("Plugin `patient` is stopped before event"));
    assert_eq!(stops(), 1);
    assert!(studio.cuebox(&["plugins", "enable", "patient"]).status.success());
    eventually("the second stop", || (stops() == 2).then_some(()));
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_continue_a_failure_costs_one_event() {
    let studio = Studio::new().await;
    studio.configure("[plugin.patient]\non_error = \"continue\"\nsettings.behaviour = \"err\"");
    studio.put("patient", &fixture("misbehave"));
    let host = studio.start();
    host.wait_until_live("patient");
    let before = studio.newest_event();
    studio.create("Task", json!({"content": "x"}));
    let events = studio.newest_event() - before;
    let row = studio.wait_for_plugin("patient", |row| row.lag == 0 && row.failed > 0);
    assert_eq!((row.failed, row.handled, row.state.as_str()), (events, 0, "running"));
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_went_while_no_host_ran_is_noticed() {
    let studio = Studio::new().await;
    studio.put("noop", &fixture("noop"));
    let host = studio.start();
    host.wait_until_live("noop");
    assert!(host.stop().success());
    fs::remove_file(studio.plugin_path("noop")).unwrap();
    let host = studio.start();
    host.wait_for("the removal", is_message("Plugin `noop` was removed"));
    assert_eq!(studio.plugins()["noop"].state, "removed", "it holds back no entry");
    assert!(host.stop().success());
}

/// What the operator does meanwhile, to this or to another plugin, does not cut the pause short.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_put_off_is_handed_over_no_sooner() {
    let studio = Studio::new().await;
    studio.install("patient", &fixture("misbehave"), "behaviour = \"retry-after\"");
    studio.put("noop", &fixture("noop"));
    let host = studio.start();
    host.wait_until_live("patient");
    host.wait_until_live("noop");
    studio.create("Task", json!({"content": "x"}));
    let deliveries = || host.count_lines(|line| line["outcome"] == "retry-after");
    eventually("the first delivery", || (deliveries() > 0).then_some(()));
    let (started, before) = (std::time::Instant::now(), deliveries());
    for (switches, action) in ["disable", "enable"].repeat(4).into_iter().enumerate() {
        assert!(studio.cuebox(&["plugins", action, "noop"]).status.success());
        let told = || host.count_lines(|line| message(line).starts_with("Plugin `noop` was "));
        eventually("the host to follow", || (told() > switches).then_some(()));
    }
    // One second each, and one that was about to be over.
    let most = started.elapsed().as_secs() as usize + 1;
    assert!(deliveries() - before <= most, "{} in {:?}", deliveries() - before, started.elapsed());
    assert!(host.stop().success());
}
