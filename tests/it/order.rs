//! Orders other than one event after the other: side by side by entity, one plugin after another, and gathered.

use serde_json::json;
use site::faults::{Fault, Moment, Rule};

use crate::delivery::status_changes;
use crate::support::{Studio, eventually, fixture, message};

/// Installs the fixture `writer` under a name, with these lines in its own section.
fn install(studio: &Studio, name: &str, lines: &str) {
    studio.configure(&format!(
        "[plugin.{name}]\ngrant.shotgun = \"write\"\n{lines}\n[plugin.{name}.settings]\nattribute = \"sg_status_list\""
    ));
    studio.put(name, &fixture("writer"));
}

/// The events that each Note is about, in the order in which the site made the Notes.
fn notes(studio: &Studio) -> Vec<Vec<u64>> {
    let rows = studio.find("Note", ("content", "starts_with", json!("a note ")), &["subject"]);
    let mut rows: Vec<(u64, Vec<u64>)> = rows
        .iter()
        .map(|row| {
            let ids = row["subject"].as_str().unwrap().split(',').map(|id| id.parse().unwrap());
            (row["id"].as_u64().unwrap(), ids.collect())
        })
        .collect();
    rows.sort();
    rows.into_iter().map(|(_, ids)| ids).collect()
}

/// The task that each event is about.
fn task_of(studio: &Studio, event: u64) -> u64 {
    let rows = studio.find("EventLogEntry", ("id", "is", json!(event)), &["entity"]);
    rows[0]["entity"]["id"].as_u64().unwrap()
}

fn change_statuses(studio: &Studio, tasks: &[u64], statuses: &[&str]) {
    for status in statuses {
        for task in tasks {
            studio.update("Task", *task, json!({"sg_status_list": status}));
        }
    }
}

/// Eight at a time take far less than one after the other, and each task's events keep their order.
#[tokio::test(flavor = "multi_thread")]
async fn events_of_different_entities_run_side_by_side() {
    let studio = Studio::new().await;
    let tasks: Vec<u64> = (0..8)
        .map(|number| studio.create("Task", json!({"content": number.to_string()})))
        .collect();
    install(&studio, "writer", "parallel = 8");
    studio
        .configure_log("format = \"json\"\nlevel = \"debug\"\ndirectory = \"logs\"\ntiming = true");
    let host = studio.start();
    host.wait_until_live("writer");
    let before = studio.newest_event();
    let slow = Fault::Slow { millis: 150 };
    studio.site.add_fault(Rule::new("create", slow).when(Moment::Before)).unwrap();
    change_statuses(&studio, &tasks, &["rdy", "ip", "fin"]);
    let expected = status_changes(&studio, before);
    assert_eq!(expected.len(), 24);
    studio.wait_for_plugin("writer", |row| row.handled == 24 && row.lag == 0);
    studio.site.clear_faults();

    let written: Vec<u64> = notes(&studio).concat();
    for task in &tasks {
        let of_task = |events: &[u64]| -> Vec<u64> {
            events.iter().copied().filter(|event| task_of(&studio, *event) == *task).collect()
        };
        assert_eq!(of_task(&written), of_task(&expected), "the events of a task keep their order");
    }
    assert!(together(&studio) > 1, "no two calls overlapped:\n{}", host.log());
    assert!(host.stop().success());
}

/// The most calls that were under way at once, by the timing log.
fn together(studio: &Studio) -> usize {
    let text = std::fs::read_to_string(studio.path("logs/timing.log")).unwrap();
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap().split('\t').map(str::trim).collect();
    let column = |name: &str| {
        head.iter().position(|cell| *cell == name).unwrap_or_else(|| panic!("{head:?}"))
    };
    let (start, end) = (column("start"), column("end"));
    let spans: Vec<(String, String)> = lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
            (cells[start].to_owned(), cells[end].to_owned())
        })
        .collect();
    let at = |moment: &String| {
        spans.iter().filter(|(start, end)| start <= moment && moment < end).count()
    };
    spans.iter().map(|(start, _)| at(start)).max().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_comes_after_another_with_every_event() {
    let studio = Studio::new().await;
    let task = studio.create("Task", json!({"content": "x"}));
    install(&studio, "leader", "");
    install(&studio, "follower", "after = [\"leader\"]");
    let host = studio.start();
    host.wait_until_live("leader");
    host.wait_until_live("follower");
    let before = studio.newest_event();
    let slow = Fault::Slow { millis: 50 };
    studio.site.add_fault(Rule::new("create", slow).when(Moment::Before)).unwrap();
    change_statuses(&studio, &[task], &["rdy", "ip", "fin", "wtg", "rdy", "ip"]);
    let expected = status_changes(&studio, before);
    studio.wait_for_plugin("follower", |row| row.handled == 6 && row.lag == 0);
    let notes: Vec<u64> = notes(&studio).concat();
    let twice: Vec<u64> = expected.iter().flat_map(|event| [*event, *event]).collect();
    assert_eq!(notes.len(), twice.len());
    let rows = studio.find(
        "Note",
        ("content", "starts_with", json!("a note ")),
        &["subject", "created_by"],
    );
    for event in &expected {
        let subject = event.to_string();
        let of_event = rows.iter().filter(|row| row["subject"].as_str() == Some(&*subject));
        assert_eq!(of_event.count(), 2, "one note by each plugin for event {event}");
    }
    assert!(host.stop().success());

    // The leader stopped by a failure holds the follower, which is told; turned off, it does not.
    let host = studio.start();
    host.wait_until_live("follower");
    let disabled = studio.cuebox(&["plugins", "disable", "leader"]);
    assert!(disabled.status.success());
    change_statuses(&studio, &[task], &["fin"]);
    studio.wait_for_plugin("follower", |row| row.handled == 7);
    assert!(host.stop().success());
}

/// Who comes after a plugin comes after those before it, too, also with events that the one between does not want.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_three_holds_for_events_that_the_second_does_not_want() {
    let studio = Studio::new().await;
    let task = studio.create("Task", json!({"content": "x"}));
    install(&studio, "first", "");
    studio.configure(
        "[plugin.second]\nafter = [\"first\"]\n[plugin.second.settings]\nevent_type = \"Shotgun_Version_New\"",
    );
    studio.put("second", &fixture("writer"));
    install(&studio, "third", "after = [\"second\"]");
    studio.configure("way = \"batch\"");
    let host = studio.start();
    ["first", "second", "third"].iter().for_each(|name| host.wait_until_live(name));
    let slow = Fault::Slow { millis: 100 };
    studio.site.add_fault(Rule::new("create", slow).when(Moment::Before)).unwrap();
    change_statuses(&studio, &[task], &["rdy", "ip", "fin", "wtg"]);
    studio.wait_for_plugin("third", |row| row.handled == 4 && row.lag == 0);
    let rows =
        studio.find("Note", ("content", "starts_with", json!("a note ")), &["subject", "content"]);
    let written = |content: &str, subject: &serde_json::Value| {
        let note = rows.iter().find(|row| row["content"] == content && row["subject"] == *subject);
        note.unwrap_or_else(|| panic!("{content} about {subject}: {rows:?}"))["id"].as_u64()
    };
    assert_eq!(rows.len(), 8);
    for row in &rows {
        let subject = &row["subject"];
        assert!(
            written("a note for the event", subject) < written("a note in a batch", subject),
            "the third came before the first: {rows:?}"
        );
    }
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_was_stopped_holds_those_that_come_after_it() {
    let studio = Studio::new().await;
    let task = studio.create("Task", json!({"content": "x"}));
    studio.install("leader", &fixture("misbehave"), "behaviour = \"err\"");
    install(&studio, "follower", "after = [\"leader\"]");
    let host = studio.start();
    host.wait_until_live("leader");
    host.wait_until_live("follower");
    change_statuses(&studio, &[task], &["rdy"]);
    studio.wait_for_plugin("leader", |row| row.state == "stopped");
    host.wait_for("what the follower waits for", |line| {
        message(line)
            .starts_with("Plugin `follower` comes after `leader`, which does not go on; it waits.")
    });
    assert_eq!(studio.plugins()["follower"].handled, 0);
    assert!(host.stop().success());
}

/// The changes of one task within the window are one call, those of another task another, over a kill too.
#[tokio::test(flavor = "multi_thread")]
async fn changes_of_an_entity_become_one_call_over_restarts() {
    let studio = Studio::new().await;
    let tasks = [1, 2].map(|number| studio.create("Task", json!({"content": number.to_string()})));
    install(&studio, "writer", "");
    studio.configure("[plugin.writer.callback.write]\ncoalesce = \"3s\"");
    let host = studio.start();
    host.wait_until_live("writer");
    let before = studio.newest_event();
    change_statuses(&studio, &tasks, &["rdy", "ip"]);
    eventually("all events in the journal", || {
        let last = studio.open_database().entry_by_id(eventlog::EventId(studio.newest_event()));
        last.unwrap().map(|_| ())
    });
    assert_eq!(notes(&studio), Vec::<Vec<u64>>::new(), "the window is not over");
    host.kill();
    let host = studio.start();
    let expected = status_changes(&studio, before);
    studio.wait_for_plugin("writer", |row| row.handled == 4 && row.lag == 0);
    let mut carried = notes(&studio);
    carried.sort();
    assert_eq!(carried, [vec![expected[0], expected[2]], vec![expected[1], expected[3]]]);
    assert!(host.stop().success());
}

/// An entity's changes that fail together are one dead letter, and are handed over again together.
#[tokio::test(flavor = "multi_thread")]
async fn gathered_events_that_fail_are_put_aside_and_redriven_together() {
    let studio = Studio::new().await;
    let task = studio.create("Task", json!({"content": "x"}));
    studio.install(
        "writer",
        &fixture("writer"),
        "attribute = \"sg_status_list\"\nfails_while = \"broken\"",
    );
    studio.configure(
        "[plugin.writer.callback.write]\ncoalesce = \"500ms\"\non_error = \"dead-letter\"\n",
    );
    studio.update("Project", studio.production.project, json!({"sg_description": "broken"}));
    let host = studio.start();
    host.wait_until_live("writer");
    let before = studio.newest_event();
    change_statuses(&studio, &[task], &["rdy", "ip", "fin"]);
    let expected = status_changes(&studio, before);
    studio.wait_for_plugin("writer", |row| row.dead_letters == 1 && row.lag == 0);
    studio.update("Project", studio.production.project, json!({"sg_description": "mended"}));
    assert!(studio.cuebox(&["dead-letters", "redrive", "--all"]).status.success());
    studio.wait_for_plugin("writer", |row| row.dead_letters == 0);
    let written = notes(&studio);
    assert_eq!(written, [expected], "one call, and one write, over both attempts");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_of_plugins_is_refused() {
    let studio = Studio::new().await;
    install(&studio, "one", "after = [\"two\"]");
    install(&studio, "two", "after = [\"one\"]");
    let output = studio.cuebox(&["check"]);
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("makes a circle: `one` after `two` after `one`"), "{text}");
}
