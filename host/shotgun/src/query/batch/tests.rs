use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn check(requests: &str, expected: Expect) {
    let answer =
        Batch::parse(requests).map(|batch| serde_json::to_string(&batch).expect("a batch is JSON"));
    expected.assert_eq(&answer.unwrap_or_else(|error| format!("error: {error}")));
}

#[test]
fn requests_take_the_wires_form() {
    check(
        r#"[{"request_type":"create","entity_type":"Shot","data":{"code":"a"}},
            {"request_type":"update","entity_type":"Shot","entity_id":7,"data":{"code":"b","tags":[{"type":"Tag","id":1,"x":1}]},"multi_entity_update_modes":{"tags":"add"}},
            {"request_type":"delete","entity_type":"Shot","entity_id":8}]"#,
        expect![[
            r#"[{"request_type":"create","type":"Shot","fields":[{"field_name":"code","value":"a"}],"return_fields":["id"]},{"request_type":"update","type":"Shot","id":7,"fields":[{"field_name":"code","value":"b"},{"field_name":"tags","value":[{"id":1,"type":"Tag","x":1}],"multi_entity_update_mode":"add"}]},{"request_type":"delete","type":"Shot","id":8}]"#
        ]],
    );
    check(
        r#"[{"request_type":"create","entity_type":"Shot","data":{},"return_fields":["code","id"]}]"#,
        expect![[
            r#"[{"request_type":"create","type":"Shot","fields":[],"return_fields":["code","id"]}]"#
        ]],
    );
    check("[]", expect!["[]"]);
}

#[test]
fn errors_name_the_request_and_no_value() {
    check("{}", expect!["error: requests: expected a list of requests, found an object"]);
    check("[5]", expect!["error: requests[0]: expected a request (an object), found a number"]);
    check(r#"[{"entity_type":"Shot"}]"#, expect!["error: requests[0]: `request_type` is missing"]);
    check(
        r#"[{"request_type":"merge","entity_type":"Shot"}]"#,
        expect!["error: requests[0].request_type: `merge` is not one of create, update, delete"],
    );
    check(
        r#"[{"request_type":"delete","entity_type":"Shot"}]"#,
        expect!["error: requests[0]: `entity_id` is missing"],
    );
    check(
        r#"[{"request_type":"delete","entity_type":"Shot","entity_id":"secret"}]"#,
        expect!["error: requests[0].entity_id: expected the number of an entity, found a text"],
    );
    check(
        r#"[{"request_type":"delete","entity_type":"","entity_id":1}]"#,
        expect!["error: requests[0].entity_type: expected a text, found an empty text"],
    );
    check(
        r#"[{"request_type":"delete","entity_type":"Shot","entity_id":1},{"request_type":"update","entity_type":"Shot","entity_id":1,"data":[]}]"#,
        expect!["error: requests[1].data: expected an object of field values, found a list"],
    );
    check(
        r#"[{"request_type":"update","entity_type":"Shot","entity_id":1,"data":{},"multi_entity_update_mode":{"tags":"add"}}]"#,
        expect!["error: requests[0].multi_entity_update_mode: not a key of a request to update"],
    );
}

#[test]
fn requests_can_be_looked_at() {
    let batch = Batch::parse(r#"[{"request_type":"delete","entity_type":"Shot","entity_id":8}]"#)
        .expect("valid");
    assert!(matches!(batch.requests(), [BatchRequest::Delete { id: 8, .. }]));
    assert_eq!(batch.requests()[0].entity_type(), "Shot");
}
