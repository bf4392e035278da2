use cuebox_plugin::prelude::*;
use cuebox_plugin::testing::{EventBuilder, Harness, Write, changed};

use super::register;

fn finished() -> EventBuilder {
    changed("Task", 5, "sg_status_list").name("Layout").status("ip", "fin")
}

fn ready(id: u64) -> Value {
    json!({ "request_type": "update", "entity_type": "Task", "entity_id": id, "data": { "sg_status_list": "rdy" } })
}

#[test]
fn all_tasks_that_wait_become_ready_in_one_batch() {
    let rows = json!([{ "type": "Task", "id": 6 }, { "type": "Task", "id": 8 }]);
    let delivery = Harness::new(register).answer_find("Task", rows).deliver(finished());
    assert_eq!(delivery.writes, [Write::Batch(vec![ready(6), ready(8)])]);
    assert_eq!(delivery.log_lines(), ["Task 5 Layout is finished: 2 Tasks are ready"]);
    assert_eq!(
        delivery.reads[0].filters,
        [
            json!(["upstream_tasks", "is", { "type": "Task", "id": 5 }]),
            json!(["sg_status_list", "is", "wtg"])
        ]
    );
}

#[test]
fn nothing_is_written_where_nothing_waits() {
    let delivery = Harness::new(register).answer_find("Task", json!([])).deliver(finished());
    assert_eq!(
        (delivery.outcome(), delivery.writes.len()),
        (Outcome::skipped("no Task waits for it"), 0)
    );
}

#[test]
fn only_the_finished_status_counts() {
    let mut harness = Harness::new(register).setting("finished", "apr");
    let delivery = harness.deliver(finished());
    assert_eq!(
        (delivery.outcome(), delivery.reads.len()),
        (Outcome::skipped("the Task is not finished"), 0)
    );
}

#[test]
fn a_refused_batch_is_a_failure() {
    let refused = Error::Fault { code: 104, message: "no".to_owned() };
    let harness = Harness::new(register).answer_find("Task", json!([{ "type": "Task", "id": 6 }]));
    let delivery = harness.fail_call(2, refused.clone()).deliver(finished());
    assert_eq!((delivery.error(), delivery.writes.len()), (refused, 0));
}
