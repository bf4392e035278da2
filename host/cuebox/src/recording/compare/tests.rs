use runtime::{Event, Section};
use serde_json::json;

use super::*;

fn event() -> Event {
    let event = json!({
        "id": 7, "event_type": "Shotgun_Task_Change", "attribute_name": null, "entity": null, "project": null,
        "user": null, "sudo_actual_user": null, "session_uuid": null, "created_at": 5, "change": "Other",
        "meta": "{}", "attempt": 1, "late": false, "earlier": [],
    });
    serde_json::from_value(event).unwrap()
}

fn call(function: &str, arguments: Json) -> Exchange {
    Exchange { function: function.to_owned(), arguments, answer: None }
}

fn update(id: u64, data: Json) -> Exchange {
    call("update", json!({"entity_type": "Shot", "id": id, "data": data}))
}

fn compared(before: Vec<Exchange>, after: Vec<Exchange>) -> Comparison {
    let transcript = |calls| {
        let handle = Section { calls, ..Section::default() };
        Transcript {
            callback: "c".to_owned(),
            event: event(),
            register: Section::default(),
            handle,
        }
    };
    Comparison::of(&transcript(before), &transcript(after))
}

/// The changes as they are printed, in short.
fn changes(comparison: &Comparison) -> Vec<String> {
    let shown = |change: &EffectChange| match change {
        EffectChange::Added(effect) => format!("+ {effect}"),
        EffectChange::Removed(effect) => format!("- {effect}"),
        EffectChange::Changed { effect, fields } => {
            let value =
                |value: &Option<Json>| value.as_ref().map_or("none".into(), Json::to_string);
            let fields: Vec<String> = fields
                .iter()
                .map(|it| format!("{} {} -> {}", it.field, value(&it.recorded), value(&it.now)))
                .collect();
            format!("~ {} {}: {}", effect.function, effect.target, fields.join(", "))
        }
    };
    comparison.changes.iter().map(shown).collect()
}

#[test]
fn effects_are_paired_by_what_they_are_done_to() {
    let before = vec![
        call("find", json!({"entity_type": "Shot"})),
        update(7, json!({"code": "a", "sg_status_list": "fin"})),
        update(8, json!({"code": "b"})),
        call("delete", json!({"entity_type": "Note", "id": 3})),
    ];
    let after = vec![
        update(8, json!({"code": "b"})),
        update(7, json!({"code": "a", "sg_status_list": "wtg", "description": "x"})),
        call(
            "http",
            json!({"method": "POST", "url": "http://a/", "headers": [], "body": "{\"n\": 1}"}),
        ),
    ];
    let comparison = compared(before, after);
    assert_eq!(
        changes(&comparison),
        [
            "~ update Shot 7: description none -> \"x\", sg_status_list \"fin\" -> \"wtg\"",
            "- delete Note 3",
            "+ POST http://a/ {\"n\":1}",
        ]
    );
    assert_eq!((comparison.effects, comparison.is_reordered), (3, false));
}

#[test]
fn what_only_reads_is_no_effect() {
    let reads = vec![
        call("find", json!({})),
        call("call", json!({"method": "followers", "params": {}})),
        call("http", json!({"method": "GET", "url": "http://a/", "headers": [], "body": ""})),
        call("key-values.get", json!({"key": "a"})),
    ];
    let comparison = compared(reads, Vec::new());
    assert!(comparison.has_same_effects());
    assert_eq!(comparison.first_call.unwrap().place, 1, "that it differs is told");
}

#[test]
fn the_same_effects_in_another_order_are_not_the_same() {
    let (one, other) = (update(7, json!({"code": "a"})), update(8, json!({"code": "b"})));
    let comparison = compared(vec![one.clone(), other.clone()], vec![other, one]);
    assert!(comparison.changes.is_empty() && comparison.is_reordered);
    assert!(!comparison.has_same_effects());
}

#[test]
fn requests_of_a_batch_are_effects_each() {
    let batch = |code: &str| {
        let requests = json!([
            {"request_type": "create", "entity_type": "Note", "data": {"subject": "s"}},
            {"request_type": "update", "entity_type": "Shot", "entity_id": 7, "data": {"code": code}},
        ]);
        vec![call("batch", json!({ "requests": requests }))]
    };
    let comparison = compared(batch("a"), batch("b"));
    assert_eq!(changes(&comparison), ["~ batch update Shot 7: code \"a\" -> \"b\""]);
}

#[test]
fn of_a_log_that_is_shown_which_differs() {
    let lines = |texts: &[&str]| -> Vec<String> { texts.iter().map(|&text| text.into()).collect() };
    let change = log_change(&lines(&["a", "b", "c", "d"]), &lines(&["a", "x", "y", "d"]));
    let Change { recorded, now } = change.unwrap();
    assert_eq!((recorded, now), (lines(&["b", "c"]), lines(&["x", "y"])));
    assert_eq!(log_change(&lines(&["a"]), &lines(&["a"])), None);
    let Change { recorded, now } = log_change(&lines(&["a"]), &lines(&["a", "a"])).unwrap();
    assert_eq!((recorded, now), (lines(&[]), lines(&["a"])));
}
