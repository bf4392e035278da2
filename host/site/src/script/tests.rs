use std::time::Duration;

use super::{Act, Line, Script};
use crate::faults::{Fault, Rule};
use crate::model::Now;
use crate::stage::CommitOrder;

const TEXT: &str = r#"
# The site holds one write back and then fails.
{"at_ms": 0, "commits": "hold"}
{"at_ms": 100, "as": "ines", "request": {"method_name": "delete", "params": [{}, {"type": "Shot", "id": 1}]}}
{"at_ms": 100, "commits": {"skip": 3}}
{"at_ms": 100, "clock": {"speed": 60.0}}
{"at_ms": 100, "late_by_ms": 5, "request": {"method_name": "delete", "params": []}}

{"at_ms": 110, "as": {"user": {"type": "ApiUser", "id": 1}, "session_uuid": "u"}, "request": {"method_name": "x", "params": []}}
{"at_ms": 120, "failed_login": "bo"}
{"at_ms": 120, "faults": {"clear": true, "rules": []}}
{"at_ms": 250, "fault": {"method": "read", "count": 1, "fault": {"kind": "reset"}}}
"#;

#[test]
fn acts_are_due_in_their_time_and_once() {
    let mut script = Script::parse(TEXT).expect("it is a script");
    assert_eq!(script.next_due(), Some(Duration::ZERO));
    let due = script.due(Duration::from_millis(99));
    assert_eq!(due, [Line { at_ms: 0, act: Act::Commits(CommitOrder::Hold) }]);
    assert_eq!(script.due(Duration::from_millis(100)).len(), 4);
    assert_eq!(script.due(Duration::from_millis(100)), []);
    assert_eq!(script.due(Duration::from_millis(200)).len(), 3);
    assert_eq!(script.left(), 1);
    let last = script.due(Duration::from_secs(1));
    assert_eq!(
        last,
        [Line { at_ms: 250, act: Act::Fault(Rule::new("read", Fault::Reset).times(1)) }]
    );
    assert_eq!(script.next_due(), None);
}

#[test]
fn a_line_comes_back_as_it_was_written() {
    for line in Script::parse(TEXT).expect("it is a script").due(Duration::MAX) {
        let text = serde_json::to_string(&line).expect("a line can be written");
        assert_eq!(serde_json::from_str::<Line>(&text).expect("and read"), line);
    }
}

#[test]
fn a_bad_line_is_named() {
    let refusal = |text| {
        let error = Script::parse(text).expect_err("the script is bad");
        match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        }
    };
    assert!(
        refusal("\n{\"at_ms\": 0}")
            .starts_with("line 2 of the script cannot be read: a line has exactly one of")
    );
    assert!(
        refusal("{\"at_ms\": 0, \"late_by_ms\": 1, \"commits\": \"hold\"}")
            .ends_with("`late_by_ms` goes with a `request`")
    );
    assert!(refusal("{\"at_ms\": 0, \"comits\": \"hold\"}").contains("comits"));
    assert!(refusal("x").starts_with("line 1 of the script cannot be read"));
    assert_eq!(
        refusal("{\"at_ms\": 5, \"commits\": \"hold\"}\n{\"at_ms\": 4, \"commits\": \"hold\"}"),
        "line 2 of the script is at 4 ms, before the line above it at 5 ms"
    );
}

#[test]
fn a_line_that_breaks_a_rule_is_named_with_the_rule() {
    let refusal = |text: &str| {
        let error =
            Script::parse_from(text, Now(1_775_000_000_000)).expect_err("the script is bad");
        let source = std::error::Error::source(&error).expect("the rule is told");
        format!("{error}: {source}")
    };
    for (act, expected) in [
        (
            r#""fault": {"probability": 2, "fault": {"kind": "hang"}}"#,
            "`fault`: `probability` is 2; it must be from 0 to 1",
        ),
        (
            r#""faults": {"rules": [{"fault": {"kind": "status", "status": 99}}]}"#,
            "`faults`: rules[0]: `status` is 99; it must be from 300 to 599",
        ),
        (
            r#""clock": {"speed": 0}"#,
            "`clock`: `speed` is 0; it must be above 0 and at most 100000; `frozen` lets time stand still",
        ),
        (r#""settings": {"nope": 1}"#, "`settings`: unknown field `nope`"),
    ] {
        let text = refusal(&format!("\n{{\"at_ms\": 0, {act}}}"));
        let expected = format!("line 2 of the script cannot be followed: {expected}");
        assert!(text.starts_with(&expected), "{text}");
    }
    assert_eq!(
        refusal(r#"{"at": "2026-01-01T00:00:00Z", "commits": "hold"}"#),
        "line 1 of the script cannot be followed: `at` is `2026-01-01T00:00:00Z`; the script begins at 2026-03-31T23:33:20Z"
    );
    assert!(
        refusal(r#"{"at": "noon", "commits": "hold"}"#)
            .contains("`at` is `noon`; it must be a moment")
    );
    assert!(refusal(r#"{"commits": "hold"}"#).contains("either `at_ms` or `at`"));
    assert!(
        refusal(r#"{"at_ms": 0, "as": 7, "request": {"method_name": "x"}}"#).contains("`as` is 7")
    );
}

#[test]
fn a_line_may_name_a_moment_of_the_site() {
    let text = r#"{"at": "2026-03-31T23:34:20Z", "commits": "hold"}"#;
    let script = Script::parse_from(text, Now(1_775_000_000_000)).expect("it is a script");
    assert_eq!(script.next_due(), Some(Duration::from_secs(60)));
    Script::parse(text).expect_err("nothing is known of the site's time");
}
