use cuebox_plugin::prelude::*;
use cuebox_plugin::testing::{EventBuilder, Harness, Write, changed, created};

use super::{VERSIONS_SEEN, register};

fn version_row() -> Value {
    json!([{ "type": "Version", "id": 30, "code": "sh010_v002", "entity": { "type": "Shot", "id": 7, "name": "sh010" } }])
}

fn shot_row(description: Option<&str>) -> Value {
    json!([{ "type": "Shot", "id": 7, "description": description }])
}

fn shot_changed() -> EventBuilder {
    changed("Shot", 7, "sg_status_list").name("sh010").status("ip", "rev")
}

#[test]
fn one_callback_knows_what_the_other_saw() {
    let mut harness = Harness::new(register)
        .key_value(VERSIONS_SEEN, "40")
        .answer_find("Version", version_row())
        .answer_find("Shot", shot_row(None));
    assert_eq!(harness.deliver(created("Version", 30)).outcome(), Outcome::Done);
    assert_eq!(harness.stored(VERSIONS_SEEN).as_deref(), Some(&b"41"[..]));
    let delivery = harness.deliver(shot_changed());
    assert_eq!(
        delivery.writes,
        [Write::update("Shot", 7, json!({ "description": "Latest Version: sh010_v002" }))]
    );
    assert_eq!(
        delivery.log_lines(),
        ["told Shot 7 sh010 of sh010_v002, one of 41 Versions seen so far"]
    );
}

#[test]
fn what_is_there_already_is_not_written() {
    let mut harness = Harness::new(register)
        .answer_find("Version", version_row())
        .answer_find("Shot", shot_row(Some("Latest Version: sh010_v002")));
    harness.deliver(created("Version", 30));
    let delivery = harness.deliver(shot_changed());
    assert_eq!(
        (delivery.outcome(), delivery.writes.len()),
        (Outcome::skipped("it says so already"), 0)
    );
}

#[test]
fn a_new_instance_has_forgotten_and_still_counts() {
    let mut harness = Harness::new(register).key_value(VERSIONS_SEEN, "40");
    let delivery = harness.deliver(shot_changed());
    assert_eq!(
        delivery.outcome(),
        Outcome::skipped("no Version of this Shot was seen since the plugin started")
    );
    assert_eq!(harness.stored(VERSIONS_SEEN).as_deref(), Some(&b"40"[..]));
}

#[test]
fn a_version_of_something_else_is_not_counted() {
    let row = json!([{ "type": "Version", "id": 30, "code": "boat_v001", "entity": { "type": "Asset", "id": 2 } }]);
    let mut harness = Harness::new(register).answer_find("Version", row);
    assert_eq!(
        harness.deliver(created("Version", 30)).outcome(),
        Outcome::skipped("the Version is not of a Shot")
    );
    assert_eq!(harness.stored(VERSIONS_SEEN), None);
}
