use cuebox_plugin::prelude::*;
use cuebox_plugin::testing::{EventBuilder, Harness, Write, changed};

use super::register;

fn harness() -> Harness {
    let statuses = ["wtg", "rdy", "ip", "fin", "omt", "na"];
    let harness = Harness::new(register).schema_status("Task", "sg_status_list", &statuses);
    harness.schema_status("Shot", "sg_status_list", &["wtg", "ip", "fin"])
}

fn finished() -> EventBuilder {
    changed("Task", 5, "sg_status_list").status("ip", "fin")
}

fn task(shot_status: &str) -> Value {
    let shot = json!({ "type": "Shot", "id": 7, "name": "sh010" });
    json!([{ "type": "Task", "id": 5, "entity": shot, "entity.Shot.sg_status_list": shot_status }])
}

#[test]
fn the_last_finished_task_finishes_the_shot() {
    let delivery = harness()
        .answer_find("Task", task("ip"))
        .answer_find("Task", json!([]))
        .deliver(finished());
    assert_eq!(delivery.writes, [Write::update("Shot", 7, json!({ "sg_status_list": "fin" }))]);
    assert_eq!(
        delivery.reads[1].filters,
        [
            json!(["entity", "is", { "type": "Shot", "id": 7 }]),
            json!(["sg_status_list", "not_in", ["fin", "omt", "na"]]),
        ]
    );
}

#[test]
fn an_open_task_keeps_the_shot_open() {
    let open = json!([{ "type": "Task", "id": 6 }]);
    let delivery =
        harness().answer_find("Task", task("ip")).answer_find("Task", open).deliver(finished());
    assert_eq!(delivery.outcome(), Outcome::skipped("the Shot has Tasks that are not finished"));
    assert_eq!(delivery.writes, []);
}

#[test]
fn what_is_there_already_is_not_written() {
    let delivery = harness().answer_find("Task", task("fin")).deliver(finished());
    assert_eq!(delivery.outcome(), Outcome::skipped("the Shot has the status already"));
}

#[test]
fn a_task_that_is_not_finished_asks_nothing() {
    let delivery = harness().deliver(changed("Task", 5, "sg_status_list").status("wtg", "ip"));
    assert_eq!(
        (delivery.outcome(), delivery.reads.len()),
        (Outcome::skipped("the Task is not finished"), 0)
    );
}

#[test]
fn a_task_of_an_asset_is_skipped() {
    let row = json!([{ "type": "Task", "id": 5, "entity": { "type": "Asset", "id": 2 }, "entity.Shot.sg_status_list": null }]);
    let delivery = harness().answer_find("Task", row).deliver(finished());
    assert_eq!(delivery.outcome(), Outcome::skipped("the Task is not of a Shot"));
}

#[test]
fn statuses_that_the_site_does_not_have_are_refused_when_the_plugin_is_loaded() {
    let check = |key: &str, value: &str, message: &str| {
        let error = harness().setting(key, value).register().err().expect("the status is unknown");
        assert_eq!(error.to_string(), message);
    };
    check("finished", "fin, cmpt", "`cmpt` is not a status of Task (wtg, rdy, ip, fin, omt, na)");
    check("shot_status", "cmpt", "`cmpt` is not a status of Shot (wtg, ip, fin)");
}
