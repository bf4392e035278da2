//! One event, all the way: site, journal, plugin, site.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use site::{CommitOrder, CommitRule};

use crate::support::{Studio, eventually, example, fixture, message};

/// Notes that the fixture `writer` wrote, by the event they are about.
pub fn notes_by_event(studio: &Studio) -> BTreeMap<u64, usize> {
    let mut notes = BTreeMap::new();
    for note in studio.find("Note", ("content", "starts_with", json!("a note ")), &["subject"]) {
        *notes.entry(note["subject"].as_str().unwrap().parse().unwrap()).or_default() += 1;
    }
    notes
}

/// Ids of the changes of a Task's status after `after`.
pub fn status_changes(studio: &Studio, after: u64) -> Vec<u64> {
    let rows = studio.find(
        "EventLogEntry",
        ("id", "greater_than", json!(after)),
        &["event_type", "attribute_name"],
    );
    rows.iter()
        .filter(|row| {
            row["event_type"] == "Shotgun_Task_Change" && row["attribute_name"] == "sg_status_list"
        })
        .map(|row| row["id"].as_u64().unwrap())
        .collect()
}

const WRITER: &str = "attribute = \"sg_status_list\"";

#[tokio::test(flavor = "multi_thread")]
async fn an_event_becomes_a_write_in_the_plugins_name() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), WRITER);
    let host = studio.start();
    host.wait_until_live("writer");
    let before = studio.newest_event();
    let task = studio.create("Task", json!({"content": "one"}));
    studio.update("Task", task, json!({"sg_status_list": "ip"}));
    let expected = status_changes(&studio, before);
    assert_eq!(expected.len(), 2, "one in the creation, one change");
    eventually("both notes", || (notes_by_event(&studio).len() == 2).then_some(()));
    assert_eq!(notes_by_event(&studio).into_keys().collect::<Vec<_>>(), expected);
    let notes = studio.find("Note", ("content", "starts_with", json!("a note ")), &["created_by"]);
    assert!(notes.iter().all(|note| note["created_by"]["type"] == "ApiUser"), "{notes:?}");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_starts_at_the_newest_event_and_goes_on_where_it_was() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), WRITER);
    let task = studio.create("Task", json!({"content": "before any host"}));
    let host = studio.start();
    host.wait_until_live("writer");
    studio.update("Task", task, json!({"sg_status_list": "ip"}));
    eventually("the first note", || (notes_by_event(&studio).len() == 1).then_some(()));
    assert!(host.stop().success());

    let before = studio.newest_event();
    studio.update("Task", task, json!({"sg_status_list": "fin"}));
    let missed = status_changes(&studio, before);
    let host = studio.start();
    eventually("the note about what happened meanwhile", || {
        notes_by_event(&studio).contains_key(&missed[0]).then_some(())
    });
    assert_eq!(
        notes_by_event(&studio).len(),
        2,
        "nothing from before the first start, nothing twice"
    );
    let row = studio.wait_for_plugin("writer", |row| row.handled == 2 && row.lag == 0);
    assert_eq!(row.state, "running");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_carry_the_session_of_the_event() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), WRITER);
    let host = studio.start();
    host.wait_until_live("writer");
    let before = studio.newest_event();
    let task = studio.create("Task", json!({"content": "one"}));
    let session = "7a0e1c1e-0000-4000-8000-000000000001";
    perform_in_session(&studio, session, task);
    let notes = eventually("an event of a note in that session", || {
        let rows = studio.find(
            "EventLogEntry",
            ("id", "greater_than", json!(before)),
            &["event_type", "session_uuid"],
        );
        let notes: Vec<Value> = rows
            .into_iter()
            .filter(|row| row["event_type"] == "Shotgun_Note_New" && row["session_uuid"] == session)
            .collect();
        (!notes.is_empty()).then_some(notes)
    });
    assert_eq!(notes.len(), 1);
    assert!(host.stop().success());
}

fn perform_in_session(studio: &Studio, session: &str, task: u64) {
    let auth = json!({"script_name": "cuebox", "script_key": studio.production.key("cuebox").unwrap(),
        "session_uuid": session});
    let update = json!({"type": "Task", "id": task,
        "fields": [{"field_name": "sg_status_list", "value": "ip"}]});
    let request = json!({"method_name": "update", "params": [auth, update]});
    studio.site.rpc(&serde_json::from_value(request).unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn late_and_missing_ids_are_neither_lost_nor_repeated() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), WRITER);
    let host = studio.start();
    host.wait_until_live("writer");
    let before = studio.newest_event();
    let rule = CommitRule { late: 0.3, late_by_ms: (50, 1500), missing: 0.1, seed: 3 };
    studio.site.order_commits(&CommitOrder::Policy(rule));
    let tasks: Vec<u64> = (0..20)
        .map(|number| studio.create("Task", json!({"content": number.to_string()})))
        .collect();
    for status in ["rdy", "ip", "fin"] {
        for task in &tasks {
            studio.update("Task", *task, json!({"sg_status_list": status}));
        }
    }
    let expected = eventually("late rows to be all there", || {
        let now = status_changes(&studio, before);
        std::thread::sleep(std::time::Duration::from_millis(1600));
        (status_changes(&studio, before) == now).then_some(now)
    });
    eventually("a note for each", || {
        (notes_by_event(&studio).len() >= expected.len()).then_some(())
    });
    let notes = notes_by_event(&studio);
    assert_eq!(notes.keys().copied().collect::<Vec<_>>(), expected, "each once, none else");
    assert!(notes.values().all(|count| *count == 1), "{notes:?}");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn key_values_are_in_step_with_the_events() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), WRITER);
    let host = studio.start();
    host.wait_until_live("writer");
    let task = studio.create("Task", json!({"content": "one"}));
    for status in ["rdy", "ip", "fin"] {
        studio.update("Task", task, json!({"sg_status_list": status}));
    }
    studio.wait_for_plugin("writer", |row| row.handled == 4 && row.lag == 0);
    assert!(host.stop().success());
    let database = studio.open_database();
    let keys: BTreeMap<String, Vec<u8>> =
        database.key_values("writer").unwrap().into_iter().collect();
    assert_eq!(keys["count"], b"4");
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_do_what_they_say_on_a_real_site() {
    let studio = Studio::new().await;
    studio
        .install("log-events", &example("log-events"), "")
        .install("shared-state", &example("shared-state"), "")
        .install("shot-handles", &example("shot-handles"), "head_frames = 12")
        .install(
            "copy-field",
            &example("copy-field"),
            "entity_type = \"Shot\"\nsource_field = \"sg_cut_in\"\ntarget_field = \"sg_head_in\"",
        )
        .install("task-status-to-shot", &example("task-status-to-shot"), "")
        .install("flip-downstream", &example("flip-downstream"), "");
    let host = studio.start();
    for plugin in [
        "log-events",
        "shared-state",
        "shot-handles",
        "copy-field",
        "task-status-to-shot",
        "flip-downstream",
    ] {
        host.wait_until_live(plugin);
    }
    let shot = studio.create("Shot", json!({"code": "QA_0010", "sg_cut_in": 1009}));
    let link = json!({"type": "Shot", "id": shot});
    let first =
        studio.create("Task", json!({"content": "anim", "entity": link, "sg_status_list": "ip"}));
    let next = studio.create(
        "Task",
        json!({"content": "light", "entity": link, "sg_status_list": "wtg",
            "upstream_tasks": [{"type": "Task", "id": first}]}),
    );
    let field = |entity: &str, id: u64, name: &str| {
        studio.find(entity, ("id", "is", json!(id)), &[name])[0][name].clone()
    };
    eventually("handles on the new shot", || {
        (field("Shot", shot, "sg_head_duration") == 12).then_some(())
    });
    eventually("the copied field", || (field("Shot", shot, "sg_head_in") == 1009).then_some(()));
    studio.update("Task", first, json!({"sg_status_list": "fin"}));
    eventually("the downstream task", || {
        (field("Task", next, "sg_status_list") == "rdy").then_some(())
    });
    assert_ne!(field("Shot", shot, "sg_status_list"), "fin", "one task is left");
    studio.update("Task", next, json!({"sg_status_list": "fin"}));
    eventually("the shot's status", || {
        (field("Shot", shot, "sg_status_list") == "fin").then_some(())
    });
    host.wait_for("a line of log-events", |line| {
        line["target"] == "plugin" && message(line).contains("Shot")
    });
    let failed = host.count_lines(|line| line["level"] == "ERROR");
    assert_eq!(failed, 0, "{}", host.log());
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_fails_leaves_no_key_value() {
    let studio = Studio::new().await;
    studio.configure("[plugin.patient]\non_error = \"continue\"\ngrant.shotgun = \"write\"");
    // It sets a key, and answers with an error.
    studio.configure("settings.behaviour = \"write-and-err\"");
    studio.put("patient", &fixture("misbehave"));
    let host = studio.start();
    host.wait_until_live("patient");
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("patient", |row| row.failed > 0);
    assert!(host.stop().success());
    assert_eq!(studio.open_database().key_values("patient").unwrap(), []);
}
