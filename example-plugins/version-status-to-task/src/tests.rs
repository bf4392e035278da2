use cuebox_plugin::prelude::*;
use cuebox_plugin::testing::{EventBuilder, Harness, Write, changed};

use super::register;

fn approved() -> EventBuilder {
    changed("Version", 30, "sg_status_list").status("rev", "apr")
}

fn version(task: Value, status: Option<&str>) -> Harness {
    let row = json!({ "type": "Version", "id": 30, "sg_task": task, "sg_task.Task.sg_status_list": status });
    Harness::new(register).answer_find("Version", json!([row]))
}

#[test]
fn an_approved_version_finishes_its_task() {
    let task = json!({ "type": "Task", "id": 5, "name": "Comp" });
    let delivery = version(task, Some("ip")).deliver(approved());
    assert_eq!(delivery.writes, [Write::update("Task", 5, json!({ "sg_status_list": "fin" }))]);
}

#[test]
fn what_is_there_already_is_not_written() {
    let delivery = version(json!({ "type": "Task", "id": 5 }), Some("fin")).deliver(approved());
    assert_eq!(delivery.outcome(), Outcome::skipped("the Task has the status already"));
    assert_eq!(delivery.writes, []);
}

#[test]
fn a_version_without_a_task_is_skipped() {
    let delivery = version(Value::Null, None).deliver(approved());
    assert_eq!(delivery.outcome(), Outcome::skipped("the Version is of no Task"));
}

#[test]
fn other_statuses_ask_nothing() {
    let delivery = Harness::new(register)
        .setting("approved", "fin")
        .deliver(changed("Version", 30, "sg_status_list").status("rev", "apr"));
    assert_eq!(
        (delivery.outcome(), delivery.reads.len()),
        (Outcome::skipped("the Version is not approved"), 0)
    );
}
