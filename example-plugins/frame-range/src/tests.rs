use cuebox_plugin::prelude::*;
use cuebox_plugin::testing::{Delivery, Harness, Write, changed};

use super::register;

#[track_caller]
fn deliver(first: Option<i64>, last: Option<i64>, range: Option<&str>) -> Delivery {
    let row = json!({ "type": "Version", "id": 30, "sg_first_frame": first, "sg_last_frame": last,
        "frame_range": range, "frame_count": range.map(|_| 100) });
    let mut harness = Harness::new(register).answer_find("Version", json!([row]));
    harness.deliver(changed("Version", 30, "sg_last_frame").from_to("number", 1, 2))
}

#[test]
fn two_numbers_become_a_text_and_a_count() {
    let delivery = deliver(Some(1001), Some(1100), None);
    let data = json!({ "frame_range": "1001-1100", "frame_count": 100 });
    assert_eq!(delivery.writes, [Write::update("Version", 30, data)]);
}

#[test]
fn what_is_there_already_is_not_written() {
    let delivery = deliver(Some(1001), Some(1100), Some("1001-1100"));
    assert_eq!(delivery.outcome(), Outcome::skipped("the range is there already"));
    assert_eq!(delivery.writes, []);
}

#[test]
fn half_a_range_is_none() {
    let delivery = deliver(Some(1001), None, None);
    assert_eq!(delivery.outcome(), Outcome::skipped("only one end of the range is known"));
}

#[test]
fn a_range_that_ends_before_it_begins_is_rejected() {
    let delivery = deliver(Some(1100), Some(1001), None);
    let why = "Version 30 ends at 1001, before its first frame 1100";
    assert_eq!(delivery.outcome(), Outcome::rejected(why));
}
