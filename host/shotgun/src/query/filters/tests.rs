use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn check(filters: &str, expected: Expect) {
    let answer = match Filters::parse(filters) {
        Ok(filters) => serde_json::to_string(&filters).expect("filters are JSON"),
        Err(error) => format!("error: {error}"),
    };
    expected.assert_eq(&answer);
}

/// The text of a group with these conditions, as serde_json writes it.
#[track_caller]
fn check_conditions(filters: &str, conditions: &str) {
    let expected: Value = serde_json::from_str(conditions).expect("valid JSON");
    assert_eq!(Filters::parse(filters).expect("valid filters").0, group("and", vec![expected]));
}

#[test]
fn no_filter_means_every_row() {
    check("[]", expect![[r#"{"conditions":[],"logical_operator":"and"}"#]]);
    assert_eq!(Filters::all(), Filters::parse("[]").expect("valid"));
}

#[test]
fn triples_become_conditions() {
    check_conditions(r#"[["code","is","x"]]"#, r#"{"path":"code","relation":"is","values":["x"]}"#);
    check_conditions(
        r#"[["a","between",1,2]]"#,
        r#"{"path":"a","relation":"between","values":[1,2]}"#,
    );
    check_conditions(r#"[["a","in",[1,2]]]"#, r#"{"path":"a","relation":"in","values":[1,2]}"#);
    check_conditions(
        r#"[["a","in_last",2,"DAY"]]"#,
        r#"{"path":"a","relation":"in_last","values":[2,"DAY"]}"#,
    );
    check_conditions(r#"[["a","is",null]]"#, r#"{"path":"a","relation":"is","values":[null]}"#);
    check_conditions(r#"[["id","in",[]]]"#, r#"{"path":"id","relation":"in","values":[]}"#);
    check_conditions(r#"[["a","is",2.0]]"#, r#"{"path":"a","relation":"is","values":[2.0]}"#);
}

#[test]
fn entities_are_reduced_to_what_identifies_them() {
    check_conditions(
        r#"[["project","is",{"type":"Project","id":4,"name":"Demo","code":"d","sg_x":1}]]"#,
        r#"{"path":"project","relation":"is","values":[{"type":"Project","id":4,"name":"Demo"}]}"#,
    );
    check_conditions(
        r#"[["entity","in",[{"type":"Shot","id":1,"code":"a"},{"type":"Shot","id":2}]]]"#,
        r#"{"path":"entity","relation":"in","values":[{"type":"Shot","id":1},{"type":"Shot","id":2}]}"#,
    );
    // Only with these relations, and never for the path `id`.
    check_conditions(
        r#"[["entity","name_is",{"type":"Shot","id":1,"code":"a"}]]"#,
        r#"{"path":"entity","relation":"name_is","values":[{"type":"Shot","id":1,"code":"a"}]}"#,
    );
}

#[test]
fn groups_nest() {
    check(
        r#"[["a","is",1],{"filter_operator":"any","filters":[["b","is",2],{"filter_operator":"all","filters":[]}]}]"#,
        expect![[
            r#"{"conditions":[{"path":"a","relation":"is","values":[1]},{"conditions":[{"path":"b","relation":"is","values":[2]},{"conditions":[],"logical_operator":"and"}],"logical_operator":"or"}],"logical_operator":"and"}"#
        ]],
    );
    check(
        r#"{"filter_operator":"or","filters":[["b","is",2]]}"#,
        expect![[
            r#"{"conditions":[{"path":"b","relation":"is","values":[2]}],"logical_operator":"or"}"#
        ]],
    );
}

#[test]
fn the_wires_own_form_passes_through() {
    let wire = r#"{"conditions":[{"path":"a","relation":"is","values":[{"id":1,"type":"Shot","x":1}]}],"logical_operator":"or"}"#;
    check(
        wire,
        expect![[
            r#"{"conditions":[{"path":"a","relation":"is","values":[{"id":1,"type":"Shot","x":1}]}],"logical_operator":"or"}"#
        ]],
    );
}

#[test]
fn errors_name_the_place_and_no_value() {
    check("", expect!["error: filters: not json at line 1 column 0"]);
    check("[[", expect!["error: filters: not json at line 1 column 2"]);
    check(r#""secret""#, expect!["error: filters: expected a list of conditions, found a text"]);
    check("null", expect!["error: filters: expected a list of conditions, found null"]);
    check(
        r#"[["a","is",1], 7]"#,
        expect![
            "error: filters[1]: expected a condition (a list) or a group (an object), found a number"
        ],
    );
    check(
        r#"[["a","is",1],["b",5,"secret"]]"#,
        expect!["error: filters[1][1]: expected a relation, found a number"],
    );
    check(
        r#"[[["secret"],"is",1]]"#,
        expect!["error: filters[0][0]: expected the path of a field, found a list"],
    );
    check(
        r#"[["","is",1]]"#,
        expect!["error: filters[0][0]: expected the path of a field, found an empty text"],
    );
    check(
        r#"[["a"]]"#,
        expect!["error: filters[0]: expected [path, relation, value, ...], found a list of 1"],
    );
    check(
        r#"[["a","is"]]"#,
        expect!["error: filters[0]: expected [path, relation, value, ...], found no value"],
    );
    check(
        r#"[{"filter_operator":"xor","filters":[]}]"#,
        expect!["error: filters[0].filter_operator: `xor` is not one of all, and, any, or"],
    );
    check(
        r#"[{"filter_operator":1,"filters":[]}]"#,
        expect!["error: filters[0].filter_operator: expected a text, found a number"],
    );
    check(
        r#"[{"filter_operator":"any","filters":{}}]"#,
        expect!["error: filters[0].filters: expected a list of conditions, found an object"],
    );
    check(
        r#"[{"filters":[]}]"#,
        expect!["error: filters[0]: `filter_operator` is missing in the group"],
    );
    check(
        r#"[{"filter_operator":"any","filters":[["a","is",1],{"filter_operator":"all","filters":[["x"]]}]}]"#,
        expect![
            "error: filters[0].filters[1].filters[0]: expected [path, relation, value, ...], found a list of 1"
        ],
    );
}

#[test]
fn nesting_has_a_limit() {
    let nest = |depth: usize| {
        let (open, close) =
            (r#"{"filter_operator":"any","filters":["#.repeat(depth), "]}".repeat(depth));
        format!("[{open}{close}]")
    };
    assert!(Filters::parse(&nest(DEPTH_MAX - 1)).is_ok());
    check(&nest(DEPTH_MAX), expect!["error: filters: groups are nested more than 32 deep"]);
}
