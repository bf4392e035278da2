use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn check_update(data: &str, modes: &str, expected: Expect) {
    let answer = Fields::parse(data).and_then(|fields| Ok((fields, Modes::parse(modes)?))).map(
        |(fields, modes)| {
            serde_json::to_string(&fields.for_update(&modes)).expect("fields are JSON")
        },
    );
    expected.assert_eq(&answer.unwrap_or_else(|error| format!("error: {error}")));
}

#[track_caller]
fn check_create(data: &str, expected: Expect) {
    let fields = Fields::parse(data).expect("valid data");
    expected.assert_eq(&serde_json::to_string(&fields.for_create()).expect("fields are JSON"));
}

#[test]
fn fields_keep_their_order_and_their_numbers() {
    check_create(
        r#"{"zulu":"z","alpha":2.0,"mike":2,"pi":3.141592653589793,"umlaut":"ä"}"#,
        expect![[
            r#"[{"field_name":"zulu","value":"z"},{"field_name":"alpha","value":2.0},{"field_name":"mike","value":2},{"field_name":"pi","value":3.141592653589793},{"field_name":"umlaut","value":"ä"}]"#
        ]],
    );
}

#[test]
fn modes_go_beside_the_value() {
    check_update(
        r#"{"versions":[{"type":"Version","id":3}],"code":"a"}"#,
        r#"{"versions":"add","others":"remove"}"#,
        expect![[
            r#"[{"field_name":"versions","value":[{"id":3,"type":"Version"}],"multi_entity_update_mode":"add"},{"field_name":"code","value":"a"}]"#
        ]],
    );
}

#[test]
fn an_update_reduces_entities_and_a_create_does_not() {
    let data = r#"{"entity":{"type":"Shot","id":7,"code":"a","name":"n"},"list":[{"type":"Shot","id":8,"code":"b"},5],"meta":{"code":1}}"#;
    check_update(
        data,
        "{}",
        expect![[
            r#"[{"field_name":"entity","value":{"id":7,"name":"n","type":"Shot"}},{"field_name":"list","value":[{"id":8,"type":"Shot"},5]},{"field_name":"meta","value":{"code":1}}]"#
        ]],
    );
    check_create(
        r#"{"entity":{"type":"Shot","id":7,"code":"a"}}"#,
        expect![[r#"[{"field_name":"entity","value":{"code":"a","id":7,"type":"Shot"}}]"#]],
    );
}

#[test]
fn a_picture_can_be_cleared_but_not_set() {
    check_update(r#"{"image":null}"#, "{}", expect![[r#"[{"field_name":"image","value":null}]"#]]);
    check_update(
        r#"{"image":"/tmp/x.png"}"#,
        "{}",
        expect!["error: data.image: a picture is set with an upload, not as a value"],
    );
    check_create(
        r#"{"image":null,"code":"a"}"#,
        expect![[r#"[{"field_name":"code","value":"a"}]"#]],
    );
}

#[test]
fn errors_name_the_place_and_no_value() {
    check_update(
        "[1]",
        "{}",
        expect!["error: data: expected an object of field values, found a list"],
    );
    check_update(r#"{"a":"#, "{}", expect!["error: data: not json at line 1 column 5"]);
    check_update(r#"{"":1}"#, "{}", expect!["error: data: a field has an empty name"]);
    check_update(
        "{}",
        r#"{"a":"append"}"#,
        expect!["error: multi_entity_update_modes.a: `append` is not one of set, add, remove"],
    );
    check_update(
        "{}",
        r#"{"a":1}"#,
        expect!["error: multi_entity_update_modes.a: expected set, add or remove, found a number"],
    );
    check_update(
        "{}",
        "[]",
        expect!["error: multi_entity_update_modes: expected an object of modes, found a list"],
    );
}

#[test]
fn names_are_those_of_the_data() {
    let fields = Fields::parse(r#"{"b":1,"a":2}"#).expect("valid data");
    assert_eq!(fields.names().collect::<Vec<_>>(), ["b", "a"]);
}
