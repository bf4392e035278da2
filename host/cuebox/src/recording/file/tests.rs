use serde_json::{Value, json};

use super::*;

fn recording() -> Value {
    let section = json!({
        "calls": [{"function": "find", "arguments": {"entity_type": "Shot"}, "answer": {"Ok": "[]"}}],
        "wall_clock": [[1, 2]], "monotonic_clock": [3], "random": ["a", {"hex": "ff00"}], "waits": [[0], null],
        "log": [{"level": "info", "context": "", "text": "x"}],
        "ending": {"outcome": "done", "text": "done"}, "fuel": 9,
    });
    json!({
        "format": "cuebox recording", "version": 1, "recorded_at": 1_700_000_000_000_i64,
        "plugin": {"name": "p", "digest": "ab".repeat(32), "python": null},
        "settings": {"key": "value"},
        "limits": {
            "fuel": 1_000_000, "deadline_ms": 10, "register_deadline_ms": 100, "memory_bytes": 1 << 20,
            "table_elements": 100, "instances": 1, "host_calls": 1, "log_line_bytes": 80, "log_bytes": 1024,
            "http_request_bytes": 0,
        },
        "transcript": {
            "callback": "c",
            "event": {
                "id": 7, "event_type": "Shotgun_Task_Change", "attribute_name": "a",
                "entity": {"entity_type": "Task", "id": 1, "name": null}, "project": null, "user": null,
                "sudo_actual_user": null, "session_uuid": null, "created_at": 5,
                "change": {"Attribute": {
                    "field": "a", "data_type": null, "old": "Null", "new": {"Number": 0.1}, "added": [], "removed": [],
                    "in_create": false, "is_transient": false, "mirror_of": null,
                }},
                "meta": "{}", "attempt": 1, "late": false, "earlier": [],
            },
            "register": section, "handle": section,
        },
    })
}

/// A recording that was written is read as what it was.
#[test]
fn what_is_written_is_read() {
    let text = recording().to_string();
    let read = Recording::parse("r.json", text.as_bytes()).unwrap();
    let mut written = Vec::new();
    read.write(&mut written).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), recording());
    assert_eq!(Recording::parse("r.json", &written).unwrap(), read);
}

#[track_caller]
fn check(spoil: impl FnOnce(&mut Value), expected: &str) {
    let mut spoilt = recording();
    spoil(&mut spoilt);
    let error = Recording::parse("r.json", spoilt.to_string().as_bytes()).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn what_is_no_recording_is_refused_by_name_place_and_rule() {
    check(
        |it| it["format"] = json!("other"),
        "r.json is no recording: `format` must be \"cuebox recording\"",
    );
    check(
        |it| it["version"] = json!(2),
        "r.json is a recording of version 2, and this cuebox reads version 1",
    );
    check(
        |it| it["limits"]["memory_bytes"] = json!(u64::MAX),
        "r.json: `limits.memory_bytes` = 18446744073709551615: must be from 1048576 to 4294967296",
    );
    check(
        |it| it["plugin"]["digest"] = json!("../../etc"),
        "r.json is no recording that can be run: `plugin.digest` must be 64 hexadecimal digits",
    );
    check(
        |it| it["transcript"]["handle"]["random"][1] = json!({"hex": "f"}),
        "not bytes: {\"hex\": \"…\"} is expected at line 1 column",
    );
    check(
        |it| it["more"] = json!(1),
        "r.json is no recording that can be run: unknown field `more`",
    );
}

#[test]
fn a_recording_that_is_cut_says_where() {
    let text = recording().to_string();
    for end in [0, 1, text.len() / 2, text.len() - 1] {
        let error = Recording::parse("r.json", &text.as_bytes()[..end]).unwrap_err().to_string();
        assert!(error.starts_with("r.json is not a whole JSON object: EOF"), "{error}");
    }
}
