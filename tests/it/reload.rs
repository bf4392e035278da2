//! The configuration is read again while the host runs: what is granted changes in the middle of a call, what cannot change is
//! named, and one that is wrong changes nothing.

use std::fs;

use serde_json::{Value, json};
use site::faults::{Fault, Rule};

use crate::support::{Host, Studio, eventually, fixture, message};

/// How many notes the plugin `asker` makes, one call after the other.
const NOTES: usize = 60;

/// A studio with `asker`, which makes a long loop of calls at its first event, slowed down by the site.
async fn studio() -> Studio {
    let studio = Studio::new().await;
    let project = json!({"type": "Project", "id": studio.production.project});
    let note = |number: usize| json!({"create": "Note", "data": {"project": project, "subject": format!("note {number}")}});
    let calls = Value::Array((0..NOTES).map(note).collect());
    studio.configure(&format!(
        "[plugin.asker]\ngrant.shotgun = \"write\"\n[plugin.asker.settings]\nevent_type = \"Shotgun_Task_New\"\ncalls = '''{calls}'''"
    ));
    studio.put("asker", &fixture("asker"));
    let slow = Rule {
        entity_type: Some("Note".to_owned()),
        ..Rule::new("create", Fault::Slow { millis: 30 })
    };
    studio.site.add_fault(slow).unwrap();
    studio
}

/// Saves the configuration with a text in the place of another, as an editor does.
fn rewrite(studio: &Studio, from: &str, to: &str) {
    let path = studio.path("cuebox.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    let unfinished = studio.path("cuebox.toml~");
    fs::write(&unfinished, text.replace(from, to)).unwrap();
    fs::rename(unfinished, path).unwrap();
}

#[track_caller]
fn wait_for(host: &Host, text: &str) {
    host.wait_for(text, |line| message(line).contains(text));
}

fn notes(studio: &Studio) -> usize {
    studio.find("Note", ("subject", "starts_with", json!("note ")), &["subject"]).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_revoked_is_gone_in_the_middle_of_a_call() {
    let studio = studio().await;
    let host = studio.start();
    host.wait_until_live("asker");
    studio.create("Task", json!({"content": "x"}));
    eventually("some notes", || (notes(&studio) >= 5).then_some(()));
    rewrite(&studio, "grant.shotgun = \"write\"", "grant.shotgun = \"read\"");
    wait_for(&host, "in force from now on: plugin.asker.grant.shotgun");
    let written = notes(&studio);
    wait_for(&host, &format!("{}: ", NOTES - 1));
    let last =
        host.find_line(|line| message(line).starts_with(&format!("{}: ", NOTES - 1))).unwrap();
    assert!(message(&last).contains("add \"create Note.project,subject\" to `shotgun`"), "{last}");
    assert!(
        written < NOTES && notes(&studio) <= written + 1,
        "the call went on, and changed nothing"
    );
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_takes_effect_between_two_events_or_is_said_to_wait_for_a_restart() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), "event_type = \"Shotgun_Task_New\"");
    let host = studio.start();
    host.wait_until_live("writer");
    studio.create("Task", json!({"content": "x"}));
    eventually("a note", || (contents(&studio) == ["a note for the event"]).then_some(()));
    rewrite(
        &studio,
        "event_type = \"Shotgun_Task_New\"",
        "event_type = \"Shotgun_Shot_New\"\nway = \"batch\"",
    );
    wait_for(
        &host,
        "in force from now on: plugin.writer.settings.event_type, plugin.writer.settings.way",
    );
    wait_for(&host, "Plugin `writer` goes on with version");
    studio.create("Task", json!({"content": "no longer"}));
    studio.create("Shot", json!({"code": "y"}));
    let both = ["a note for the event", "a note in a batch"];
    eventually("a note about the Shot", || (contents(&studio) == both).then_some(()));

    rewrite(&studio, "poll_busy = \"50ms\"", "poll_busy = \"60ms\"");
    wait_for(&host, "takes effect after a restart: stream.poll_busy");

    rewrite(&studio, "[plugin.writer]\n", "[plugin.writer]\nenabled = false\n");
    wait_for(&host, "Plugin `writer` was disabled");
    rewrite(&studio, "enabled = false\n", "");
    wait_for(&host, "Plugin `writer` was enabled");
    studio.create("Shot", json!({"code": "z"}));
    eventually("a third note", || (contents(&studio).len() == 3).then_some(()));
    assert!(host.stop().success());
}

fn contents(studio: &Studio) -> Vec<String> {
    let mut notes = studio.find("Note", ("content", "starts_with", json!("a note ")), &["content"]);
    notes.sort_by_key(|note| note["id"].as_u64());
    notes.iter().map(|note| note["content"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_wrong_changes_nothing() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), "event_type = \"Shotgun_Task_New\"");
    let host = studio.start();
    host.wait_until_live("writer");
    // Half of it would take the plugin its grant.
    rewrite(
        &studio,
        "[plugin.writer]\ngrant.shotgun = \"write\"",
        "[plugin.writer]\ngrant.shotgun = \"none\"\non_error = \"perhaps\"",
    );
    wait_for(&host, "The configuration is not taken over, the one before stays in force: ");
    let line = host.find_line(|line| message(line).contains("is not taken over")).unwrap();
    assert!(message(&line).contains("plugin.writer.on_error = \"perhaps\": must be"), "{line}");
    studio.create("Task", json!({"content": "x"}));
    eventually("a note", || (contents(&studio).len() == 1).then_some(()));
    // Asked for by a signal, it is refused once more; mended, it is taken over.
    host.signal("HUP");
    eventually("another refusal", || {
        (host.count_lines(|line| message(line).contains("is not taken over")) >= 2).then_some(())
    });
    rewrite(
        &studio,
        "grant.shotgun = \"none\"\non_error = \"perhaps\"",
        "grant.shotgun = \"write\"\non_error = \"continue\"",
    );
    wait_for(&host, "in force from now on: plugin.writer.on_error");
    host.signal("HUP");
    wait_for(&host, "The configuration was read again, and nothing in its file has changed");
    assert!(host.stop().success());
}
