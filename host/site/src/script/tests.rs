use std::time::Duration;

use super::{Act, Line, Script};
use crate::faults::{Fault, Rule};
use crate::stage::CommitOrder;

const TEXT: &str = r#"
# The site holds one write back and then fails.
{"at_ms": 0, "commits": "hold"}
{"at_ms": 100, "request": {"method_name": "delete", "params": [{}, {"type": "Shot", "id": 1}]}}
{"at_ms": 100, "commits": {"skip": 3}}
{"at_ms": 100, "clock": {"speed": 60.0}}
{"at_ms": 100, "late_by_ms": 5, "request": {"method_name": "delete", "params": []}}

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
