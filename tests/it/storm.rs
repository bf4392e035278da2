//! Plugins that set each other off are stopped after so many rounds, and nobody else is.

use serde_json::{Value, json};

use crate::support::{Studio, fixture, message};

const ROUNDS: usize = 4;

/// A plugin of the kind of `writer`, for events of a type and a field.
fn install(studio: &Studio, name: &str, event_type: &str, attribute: &str, settings: &str) {
    studio.install(
        name,
        &fixture("writer"),
        &format!("event_type = \"{event_type}\"\nattribute = \"{attribute}\"\n{settings}"),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_that_set_each_other_off_are_stopped_and_others_go_on() {
    let studio = Studio::new().await;
    studio.configure(&format!("[storm]\nrounds = {ROUNDS}"));
    let shot = studio.create("Shot", json!({"code": "of the one that sets itself off"}));
    let itself = format!("way = \"describe\"\nshot = \"{shot}\"");
    // A Note makes one describe the project, and that makes the other one write a Note.
    install(&studio, "describes", "Shotgun_Note_New", "*", "way = \"describe\"");
    install(&studio, "notes", "Shotgun_Project_Change", "sg_description", "way = \"create\"");
    install(&studio, "itself", "Shotgun_Shot_Change", "description", &itself);
    install(&studio, "innocent", "*", "*", "way = \"keys\"");
    let host = studio.start();
    for plugin in ["describes", "notes", "itself", "innocent"] {
        host.wait_until_live(plugin);
    }
    let project = studio.production.project;
    studio.update("Project", project, json!({"sg_description": "begin"}));
    for plugin in ["describes", "notes"] {
        let row = studio.wait_for_plugin(plugin, |row| row.state == "storm");
        assert_eq!(row.failed, 0, "no call of it failed");
        assert!(row.last_error.unwrap().contains("stopped: `describes`, `notes`"));
    }
    studio.update("Shot", shot, json!({"description": "begin"}));
    studio.wait_for_plugin("itself", |row| row.state == "storm");
    assert_eq!(notes(&studio), ROUNDS, "no more than so many rounds: {}", host.log());
    assert_eq!(described(&studio, shot), 1 + ROUNDS, "and none less");

    let told = host.find_lines(|line| message(line).starts_with("A storm of plugins is stopped"));
    let told: Vec<&str> = told.iter().map(message).collect();
    assert_eq!(told.len(), 2, "one line for each: {told:?}");
    for part in [
        "`notes` wrote a new Note 4 times",
        "`describes` was to go on with it",
        "NAME` lets one go on",
    ] {
        assert!(told[0].contains(part), "{part}: {}", told[0]);
    }
    assert!(
        told[1].contains(&format!("`itself` wrote `description` of Shot {shot} 4 times")),
        "{}",
        told[1]
    );
    // The innocent one is handed all of it, and what comes after.
    studio.create("Shot", json!({"code": "x"}));
    studio.wait_for_plugin("innocent", |row| row.state == "running" && row.lag == 0);

    // It lasts, and the operator ends it; the loop, which is still there, then ends in the same way.
    assert!(host.stop().success());
    let host = studio.start();
    host.wait_until_live("innocent");
    assert_eq!(studio.plugins()["itself"].state, "storm");
    assert!(studio.cuebox(&["plugins", "enable", "itself"]).status.success());
    host.wait_for("the storm", |line| message(line).starts_with("A storm of plugins is stopped"));
    studio.wait_for_plugin("itself", |row| row.state == "storm");
    assert_eq!(described(&studio, shot), 1 + 2 * ROUNDS);
    assert!(host.stop().success());
}

fn notes(studio: &Studio) -> usize {
    studio.find("Note", ("content", "is", json!("a note for the event")), &["subject"]).len()
}

/// How often the description of a Shot was changed.
fn described(studio: &Studio, shot: u64) -> usize {
    let mut rows = studio.find(
        "EventLogEntry",
        ("event_type", "is", json!("Shotgun_Shot_Change")),
        &["entity", "attribute_name"],
    );
    rows.retain(|row: &Value| {
        row["entity"]["id"] == shot && row["attribute_name"] == "description"
    });
    rows.len()
}

/// What people do over and over, and what follows from it, is no storm.
#[tokio::test(flavor = "multi_thread")]
async fn cascades_are_let_go_on_however_often() {
    let studio = Studio::new().await;
    studio.configure("[storm]\nrounds = 2");
    let shot = studio.create("Shot", json!({"code": "x"}));
    install(
        &studio,
        "up",
        "Shotgun_Task_Change",
        "sg_status_list",
        &format!("way = \"describe\"\nshot = \"{shot}\""),
    );
    install(&studio, "further", "Shotgun_Shot_Change", "description", "way = \"describe\"");
    install(&studio, "top", "Shotgun_Project_Change", "sg_description", "way = \"create\"");
    let host = studio.start();
    for plugin in ["up", "further", "top"] {
        host.wait_until_live(plugin);
    }
    let task = studio.create("Task", json!({"content": "x"}));
    for (number, status) in (1..).zip(["ip", "fin", "wtg", "rdy", "ip", "fin", "wtg", "rdy"]) {
        studio.update("Task", task, json!({"sg_status_list": status}));
        studio.wait_for_plugin("top", |row| row.handled >= number);
    }
    for plugin in ["up", "further", "top"] {
        assert_eq!(studio.plugins()[plugin].state, "running", "{plugin}: {}", host.log());
    }
    assert!(host.stop().success());
}
