use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn check(fields: &str, grouping: Option<&str>, expected: Expect) {
    let answer = Summary::parse("Shot", Filters::all(), fields, grouping);
    let answer = answer.map(|summary| serde_json::to_string(&summary).expect("a summary is JSON"));
    expected.assert_eq(&answer.unwrap_or_else(|error| format!("error: {error}")));
}

#[test]
fn summaries_take_the_wires_form() {
    check(
        r#"[{"field":"id","type":"count"}]"#,
        None,
        expect![[
            r#"{"type":"Shot","summaries":[{"field":"id","type":"count"}],"filters":{"conditions":[],"logical_operator":"and"}}"#
        ]],
    );
    check(
        r#"[{"field":"id","type":"count"}]"#,
        Some(r#"[{"field":"code","type":"exact","direction":"asc"}]"#),
        expect![[
            r#"{"type":"Shot","summaries":[{"field":"id","type":"count"}],"filters":{"conditions":[],"logical_operator":"and"},"grouping":[{"direction":"asc","field":"code","type":"exact"}]}"#
        ]],
    );
}

#[test]
fn archived_projects_are_left_out_on_demand() {
    let summary = Summary::parse("Shot", Filters::all(), "[]", None)
        .expect("valid")
        .without_archived_projects();
    let json = serde_json::to_value(&summary).expect("JSON");
    assert_eq!(json["include_archived_projects"], false);
}

#[test]
fn errors_name_the_place() {
    check("{}", None, expect!["error: summary_fields: expected a list, found an object"]);
    check(
        "[1]",
        None,
        expect![
            "error: summary_fields[0]: expected an object with `field` and `type`, found a number"
        ],
    );
    check(r#"[{"field":"id"}]"#, None, expect!["error: summary_fields[0]: `type` is missing"]);
    check(
        r#"[{"field":"id","type":1}]"#,
        None,
        expect!["error: summary_fields[0].type: expected a text, found a number"],
    );
    check("[]", Some("5"), expect!["error: grouping: expected a list, found a number"]);
}
