use cuebox_plugin::prelude::*;
use cuebox_plugin::testing::{EventBuilder, Harness, Write, changed};

use super::register;

fn finished() -> EventBuilder {
    changed("Shot", 7, "sg_status_list").status("ip", "fin")
}

fn harness(description: &str) -> Harness {
    let sequence = json!({ "type": "Sequence", "id": 3, "name": "sq010" });
    let row = json!({ "type": "Shot", "id": 7, "sg_sequence": sequence, "sg_sequence.Sequence.description": description });
    let group = |status: &str, count: u64| json!({ "group_name": status, "group_value": status, "summaries": { "id": count } });
    let summary = json!({ "summaries": { "id": 5 }, "groups": [group("fin", 2), group("ip", 3)] });
    Harness::new(register).answer_find("Shot", json!([row])).answer_summarize("Shot", summary)
}

#[test]
fn the_sequence_says_how_many_shots_are_finished() {
    let delivery = harness("").deliver(finished());
    let data = json!({ "description": "2 of 5 Shots are finished" });
    assert_eq!(delivery.writes, [Write::update("Sequence", 3, data)]);
}

#[test]
fn a_status_that_no_shot_has_counts_none() {
    let delivery = harness("").setting("finished", "apr").deliver(finished());
    let data = json!({ "description": "0 of 5 Shots are finished" });
    assert_eq!(delivery.writes, [Write::update("Sequence", 3, data)]);
}

#[test]
fn what_is_there_already_is_not_written() {
    let delivery = harness("2 of 5 Shots are finished").deliver(finished());
    assert_eq!(delivery.outcome(), Outcome::skipped("it says so already"));
    assert_eq!(delivery.writes, []);
}

#[test]
fn a_shot_outside_of_sequences_is_skipped() {
    let row = json!([{ "type": "Shot", "id": 7, "sg_sequence": null }]);
    let delivery = Harness::new(register).answer_find("Shot", row).deliver(finished());
    assert_eq!(delivery.outcome(), Outcome::skipped("the Shot is in no Sequence"));
}
