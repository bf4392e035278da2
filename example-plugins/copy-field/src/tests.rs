use cuebox_plugin::prelude::*;
use cuebox_plugin::testing::{EventBuilder, Harness, Write, changed};

use super::register;

fn harness(source: &str, target: &str) -> Harness {
    Harness::new(register)
        .setting("entity_type", "Shot")
        .setting("source_field", source)
        .setting("target_field", target)
        .schema_field("Shot", "sg_cut_in", "number")
        .schema_field("Shot", "sg_head_in", "number")
        .schema_field("Shot", "description", "text")
        .schema_field("Shot", "image", "image")
}

fn cut_in_changed() -> EventBuilder {
    changed("Shot", 7, "sg_cut_in").from_to("number", 1001, 1009)
}

fn row(cut_in: Option<i64>, head_in: Option<i64>) -> Value {
    json!([{ "type": "Shot", "id": 7, "sg_cut_in": cut_in, "sg_head_in": head_in }])
}

#[test]
fn the_value_of_now_is_copied() {
    let mut harness =
        harness("sg_cut_in", "sg_head_in").answer_find("Shot", row(Some(1010), Some(1001)));
    let delivery = harness.deliver(cut_in_changed());
    assert_eq!(delivery.writes, [Write::update("Shot", 7, json!({ "sg_head_in": 1010 }))]);
}

#[test]
fn an_unset_source_unsets_the_target() {
    let mut harness = harness("sg_cut_in", "sg_head_in").answer_find("Shot", row(None, Some(1001)));
    let delivery = harness.deliver(cut_in_changed());
    assert_eq!(delivery.writes, [Write::update("Shot", 7, json!({ "sg_head_in": null }))]);
}

#[test]
fn what_is_there_already_is_not_written() {
    let mut harness =
        harness("sg_cut_in", "sg_head_in").answer_find("Shot", row(Some(1009), Some(1009)));
    let delivery = harness.deliver(cut_in_changed());
    assert_eq!(
        (delivery.outcome(), delivery.writes.len()),
        (Outcome::skipped("both fields are the same already"), 0)
    );
}

#[test]
fn other_fields_are_not_its_business() {
    let mut harness = harness("sg_cut_in", "sg_head_in");
    assert!(
        harness.deliver(changed("Shot", 7, "sg_head_in").from_to("number", 1, 2)).is_unwanted()
    );
    assert!(
        harness.deliver(changed("Asset", 7, "sg_cut_in").from_to("number", 1, 2)).is_unwanted()
    );
}

#[track_caller]
fn check_refused(source: &str, target: &str, message: &str) {
    let error = harness(source, target).register().err().expect("the settings are wrong");
    assert_eq!(error.to_string(), message);
}

#[test]
fn fields_that_do_not_fit_are_refused_when_the_plugin_is_loaded() {
    check_refused("sg_cut_in", "sg_cut_in", "setting `target_field` is the same as `source_field`");
    check_refused("sg_cut_in", " ", "setting `target_field` is empty");
    check_refused(
        "sg_cut_in",
        "description",
        "Shot.sg_cut_in is of type number, and Shot.description of type text",
    );
    check_refused("image", "description", "Shot.image is of type image, which cannot be copied");
    check_refused(
        "sg_none",
        "description",
        "the site refused with code 103: API schema_field_read() Shot.sg_none doesn't exist.",
    );
}
