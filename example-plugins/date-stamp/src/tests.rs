use cuebox_plugin::prelude::*;
use cuebox_plugin::testing::{Delivery, Harness, Write, changed};

use super::register;

fn harness(zone: &str) -> Harness {
    let harness = Harness::new(register).setting("zone", zone);
    harness
        .setting("moment_field", "sg_client_approved_at")
        .setting("day_field", "sg_turnover_date")
}

#[track_caller]
fn deliver(zone: &str, moment: Option<&str>, day: Option<&str>) -> Delivery {
    let row = json!({ "type": "Shot", "id": 7, "sg_client_approved_at": moment, "sg_turnover_date": day });
    let changed = changed("Shot", 7, "sg_client_approved_at").from_to("date_time", "x", "y");
    harness(zone).answer_find("Shot", json!([row])).deliver(changed)
}

#[track_caller]
fn check(zone: &str, moment: &str, day: &str) {
    let data = json!({ "sg_turnover_date": day });
    assert_eq!(deliver(zone, Some(moment), None).writes, [Write::update("Shot", 7, data)]);
}

#[test]
fn the_day_is_that_of_the_studio() {
    check("UTC", "2026-07-01T05:30:00Z", "2026-07-01");
    check("America/Los_Angeles", "2026-07-01T05:30:00Z", "2026-06-30");
    check("Pacific/Auckland", "2026-06-30T12:30:00Z", "2026-07-01");
}

#[test]
fn summer_time_moves_midnight() {
    // Midnight in Los Angeles is at 8:00 in winter, and at 7:00 in summer.
    check("America/Los_Angeles", "2026-03-08T07:59:59Z", "2026-03-07");
    check("America/Los_Angeles", "2026-03-09T06:59:59Z", "2026-03-08");
    check("America/Los_Angeles", "2026-03-09T07:00:00Z", "2026-03-09");
}

#[test]
fn an_unset_moment_unsets_the_day() {
    let delivery = deliver("UTC", None, Some("2026-07-01"));
    assert_eq!(delivery.writes, [Write::update("Shot", 7, json!({ "sg_turnover_date": null }))]);
}

#[test]
fn what_is_there_already_is_not_written() {
    let delivery = deliver("UTC", Some("2026-07-01T05:30:00Z"), Some("2026-07-01"));
    assert_eq!(delivery.outcome(), Outcome::skipped("the day is there already"));
    assert_eq!(delivery.writes, []);
}

#[test]
fn a_zone_that_is_none_is_refused_when_the_plugin_is_loaded() {
    let error = harness("Mars/Olympus").register().err().expect("there is no such zone");
    assert_eq!(error.to_string(), "setting `zone` names no time zone: Mars/Olympus");
}
