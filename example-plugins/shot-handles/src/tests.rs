use cuebox_plugin::prelude::*;
use cuebox_plugin::testing::{Harness, Write, created};

use super::register;

fn harness() -> Harness {
    let harness = Harness::new(register).schema_field("Shot", "sg_head_duration", "number");
    harness.schema_field("Shot", "sg_tail_duration", "number").schema_field("Shot", "code", "text")
}

fn answer(harness: Harness, head: Option<i64>, tail: Option<i64>) -> Harness {
    let row =
        json!([{ "type": "Shot", "id": 7, "sg_head_duration": head, "sg_tail_duration": tail }]);
    harness.answer_find("Shot", row)
}

#[test]
fn a_new_shot_gets_its_handles() {
    let harness = harness().setting("head_frames", "12");
    let delivery = answer(harness, None, None).deliver(created("Shot", 7));
    assert_eq!(
        delivery.writes,
        [Write::update("Shot", 7, json!({ "sg_head_duration": 12, "sg_tail_duration": 8 }))]
    );
}

#[test]
fn what_the_shot_was_created_with_stays() {
    let delivery = answer(harness(), Some(4), None).deliver(created("Shot", 7));
    assert_eq!(delivery.writes, [Write::update("Shot", 7, json!({ "sg_tail_duration": 8 }))]);
    let delivery = answer(harness(), Some(4), Some(0)).deliver(created("Shot", 7));
    assert_eq!(delivery.outcome(), Outcome::skipped("the Shot was created with handles"));
    assert_eq!(delivery.writes, []);
}

#[test]
fn a_shot_that_is_gone_is_skipped() {
    let delivery = harness().answer_find("Shot", json!([])).deliver(created("Shot", 7));
    assert_eq!(delivery.outcome(), Outcome::skipped("the Shot is gone again"));
}

#[track_caller]
fn check_refused(key: &str, value: &str, message: &str) {
    let error = harness().setting(key, value).register().err().expect("the setting is wrong");
    assert_eq!(error.to_string(), message);
}

#[test]
fn wrong_settings_are_refused_when_the_plugin_is_loaded() {
    check_refused(
        "head_frames",
        "many",
        "setting `head_frames` cannot be read as i64: invalid digit found in string",
    );
    check_refused("tail_frames", "-1", "setting `tail_frames` is less than 0");
    check_refused("head_field", "code", "Shot.code is not a number field that can be written");
    check_refused(
        "tail_field",
        "sg_none",
        "the site refused with code 103: API schema_field_read() Shot.sg_none doesn't exist.",
    );
}
