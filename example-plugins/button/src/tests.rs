use cuebox_plugin::prelude::*;
use cuebox_plugin::testing::{Delivery, Harness, Write, studio_event};

use super::register;

#[track_caller]
fn press(button: u64, payload: &Value) -> Delivery {
    let mut event = studio_event("Shotgun_ActionMenuItem_Triggered")
        .meta(&json!({ "ami_payload": payload }))
        .build();
    event.entity = Some(EntityRef::new("ActionMenuItem", button));
    Harness::new(register).setting("button", "14").deliver(event)
}

fn versions(ids: &str) -> Value {
    json!({ "entity_type": "Version", "selected_ids": ids, "ids": "30,31,32", "user_login": "jane" })
}

#[test]
fn what_is_selected_is_approved_and_a_note_says_so() {
    let approved = |id: u64| json!({ "request_type": "update", "entity_type": "Version", "entity_id": id, "data": { "sg_status_list": "apr" } });
    let link = |id: u64| json!({ "type": "Version", "id": id });
    let note = json!({ "project": { "type": "Project", "id": 4 }, "subject": "2 Versions are apr", "note_links": [link(30), link(32)] });
    let note = json!({ "request_type": "create", "entity_type": "Note", "data": note, "return_fields": ["id"] });
    let delivery = press(14, &versions("30,32"));
    assert_eq!(delivery.writes, [Write::Batch(vec![approved(30), approved(32), note])]);
}

#[test]
fn another_button_is_not_its_business() {
    let delivery = press(15, &versions("30"));
    assert_eq!(delivery.outcome(), Outcome::skipped("another button"));
    assert_eq!(delivery.writes, []);
}

#[test]
fn nothing_selected_is_nothing_to_do() {
    assert_eq!(press(14, &versions("")).outcome(), Outcome::skipped("nothing was selected"));
}

#[test]
fn a_selection_of_something_else_is_rejected() {
    let delivery = press(14, &json!({ "entity_type": "Shot", "selected_ids": "7" }));
    assert_eq!(delivery.outcome(), Outcome::rejected("the button is for Versions, not for Shots"));
}

#[test]
fn a_button_without_a_number_is_refused_when_the_plugin_is_loaded() {
    let error = Harness::new(register).register().err().expect("the number is missing");
    assert_eq!(error.to_string(), "setting `button` is required and missing");
}
