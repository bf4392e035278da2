use serde_json::json;

use super::*;
use crate::recording::transcript::{Content, Exchange};

fn exchange(function: &str, arguments: Json, answer: Json) -> Exchange {
    let function = function.to_owned();
    Exchange { function, arguments, answer: Some(answer).filter(|answer| !answer.is_null()) }
}

/// What a recording with these calls and readings answers from.
fn played(handle: Section) -> Played {
    let event = json!({
        "id": 7, "event_type": "Shotgun_Task_Change", "attribute_name": null, "entity": null, "project": null,
        "user": null, "sudo_actual_user": null, "session_uuid": null, "created_at": 1_700_000_000_000_i64,
        "change": "Other", "meta": "{}", "attempt": 1, "late": false, "earlier": [],
    });
    let transcript = Transcript {
        callback: "on_change".to_owned(),
        event: serde_json::from_value(event).unwrap(),
        register: Section::default(),
        handle,
    };
    let mut played = Played::new(Arc::new(transcript));
    played.begin_handle();
    played
}

#[test]
fn equal_calls_are_answered_in_order_and_others_when_they_are_made() {
    let calls = vec![
        exchange("find", json!("a"), json!(1)),
        exchange("find", json!("b"), json!(2)),
        exchange("find", json!("a"), json!(3)),
        exchange("update", json!("a"), json!(4)),
    ];
    let mut played = played(Section { calls, ..Section::default() });
    let mut answer = |function: &str, asked: &str| played.take(function, |other| other == asked);
    assert_eq!(answer("update", "a"), Some(Some(json!(4))));
    assert_eq!(answer("find", "a"), Some(Some(json!(1))));
    assert_eq!(answer("find", "a"), Some(Some(json!(3))));
    assert_eq!(answer("find", "a"), None, "it was asked twice");
    assert_eq!(answer("find", "b"), Some(Some(json!(2))));
}

#[test]
fn a_call_without_an_answer_ends_the_call_as_it_was_recorded() {
    let ending = CallEnding { outcome: "timed-out".to_owned(), text: "was late".to_owned() };
    let calls = vec![exchange("find", json!("a"), Json::Null)];
    let mut played = played(Section { calls, ending: ending.clone(), ..Section::default() });
    assert_eq!(played.ending_of_cut(), None);
    assert_eq!(played.take("find", |_| true), Some(None));
    assert_eq!(played.ending_of_cut(), Some(ending));
}

#[test]
fn clocks_say_what_they_said_and_then_go_on() {
    let mut played = played(Section {
        wall_clock: vec![(1_700_000_001, 999_999_500)],
        monotonic_clock: vec![50, 40],
        ..Section::default()
    });
    assert_eq!(played.wall_clock(), (1_700_000_001, 999_999_500));
    assert_eq!(played.wall_clock(), (1_700_000_002, 500), "a microsecond later");
    assert_eq!((played.monotonic_clock(), played.monotonic_clock()), (50, 40));
    played.pass(1_000_000_000);
    let later = played.monotonic_clock();
    assert!(later > 1_000_000_000, "a nap has passed: {later}");
    assert!(played.monotonic_clock() > later);
}

#[test]
fn chance_says_what_it_said_and_then_something_that_is_the_same_each_time() {
    let bytes = || vec![Content(vec![1, 2, 3]), Content(vec![4])];
    let recorded = || played(Section { random: bytes(), ..Section::default() });
    let (mut one, mut other) = (recorded(), recorded());
    assert_eq!(one.random(3), [1, 2, 3]);
    // Another version that wants more at this place.
    let more = one.random(40);
    assert_eq!(more.len(), 40);
    assert_eq!(other.random(3), [1, 2, 3]);
    assert_eq!(other.random(40), more);
    assert_ne!(one.random(40), more);
}
