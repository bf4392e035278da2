//! Relations, nulls, groups and paths of `read`.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use serde_json::{Value as Json, json};

use super::{Scene, link};

/// Three Shots of every kind: 1 has everything, 2 has other things, 3 has nothing.
fn scene() -> Scene {
    let mut scene = Scene::new();
    scene.seed("Sequence", json!({"code": "SQ1", "project": link("Project", 4)}));
    scene.seed("Sequence", json!({"code": "SQ2", "project": link("Project", 4)}));
    scene.seed(
        "Asset",
        json!({"code": "Bunny", "project": link("Project", 4), "sg_asset_type": "Character"}),
    );
    scene.seed(
        "Asset",
        json!({"code": "Tree", "project": link("Project", 4), "sg_asset_type": "Prop"}),
    );
    scene.seed(
        "Shot",
        json!({
            "code": "sh010", "project": link("Project", 4), "description": "A Bunny runs", "sg_status_list": "ip",
            "sg_shot_type": "VFX", "sg_sequence": link("Sequence", 1), "assets": [link("Asset", 1), link("Asset", 2)],
            "sg_cut_in": 1001, "sg_cut_duration": 0, "sg_speed": 1.5, "sg_budget": 100, "sg_complexity": 50,
            "sg_turnover_date": "2026-02-03", "sg_client_approved_at": "2026-02-03T09:11:12Z", "sg_is_hero": true,
            "sg_source_timecode": 5000, "sg_vendor_uuid": "AB-1",
        }),
    );
    scene.seed(
        "Shot",
        json!({
            "code": "sh020", "project": link("Project", 4), "description": "the end", "sg_status_list": "wtg",
            "sg_shot_type": "2D", "sg_sequence": link("Sequence", 2), "assets": [link("Asset", 2)],
            "sg_cut_in": 1101, "sg_cut_duration": 48, "sg_speed": 2.0, "sg_budget": 200.5, "sg_complexity": 75,
            "sg_turnover_date": "2026-01-20", "sg_client_approved_at": "2025-12-31T23:59:59Z",
        }),
    );
    scene.seed(
        "Shot",
        json!({"code": "sh030", "project": link("Project", 4), "sg_status_list": null}),
    );
    scene
}

/// Checks which Shots pass each condition.
#[track_caller]
fn check(conditions: Json, expected: Expect) {
    let mut scene = scene();
    let mut text = String::new();
    for condition in conditions.as_array().expect("a list of conditions") {
        let found = match scene.find("Shot", json!([condition]), json!([])) {
            Ok(rows) => rows
                .as_array()
                .into_iter()
                .flatten()
                .map(|row| row["id"].to_string())
                .collect::<Vec<_>>()
                .join(" "),
            Err(error) => format!("error {error}"),
        };
        writeln!(text, "{condition} -> {found}").expect("writing to a string cannot fail");
    }
    expected.assert_eq(&text);
}

#[test]
fn text_ignores_case_and_negations_include_null() {
    check(
        json!([
            ["description", "is", "a bunny RUNS"],
            ["description", "is", null],
            ["description", "is", ""],
            ["description", "is_not", "the end"],
            ["description", "is_not", null],
            ["description", "contains", "BUN"],
            ["description", "not_contains", "bun"],
            ["description", "starts_with", "THE"],
            ["description", "ends_with", "Runs"],
            ["description", "in", ["the end", null]],
            ["description", "not_in", ["the end"]],
            ["description", "not_in", [null]],
        ]),
        expect![[r#"
            ["description","is","a bunny RUNS"] -> 1
            ["description","is",null] -> 3
            ["description","is",""] -> 3
            ["description","is_not","the end"] -> 1 3
            ["description","is_not",null] -> 1 2
            ["description","contains","BUN"] -> 1
            ["description","not_contains","bun"] -> 2 3
            ["description","starts_with","THE"] -> 2
            ["description","ends_with","Runs"] -> 1
            ["description","in",["the end",null]] -> 2 3
            ["description","not_in",["the end"]] -> 1 3
            ["description","not_in",[null]] -> 1 2
        "#]],
    );
}

#[test]
fn numbers_compare_and_null_never_does() {
    check(
        json!([
            ["sg_cut_duration", "is", 0],
            ["sg_cut_duration", "is", null],
            ["sg_cut_duration", "is_not", null],
            ["sg_cut_duration", "is_not", 0],
            ["sg_cut_in", "greater_than", 1001],
            ["sg_cut_in", "less_than", 1101],
            ["sg_cut_in", "between", 1001, 1101],
            ["sg_cut_in", "between", null, 1101],
            ["sg_cut_in", "in", [1101, null]],
            ["sg_cut_in", "not_in", [1101]],
            ["sg_cut_in", "is", "1001"],
            ["sg_cut_in", "is", 1.5],
            ["sg_cut_in", "not_between", 1, 2],
            ["sg_speed", "is", 2.0],
            ["sg_speed", "is", 2.0000001],
            ["sg_speed", "is", 2],
            ["sg_speed", "greater_than", 1.5],
            ["sg_budget", "not_between", 0, 150],
            ["sg_complexity", "less_than", 60],
            ["sg_source_timecode", "is", "5000"],
            ["id", "in", []],
            ["id", "in", [3, 1, 99]],
            ["id", "is_not", 2],
            ["id", "between", 2, 3],
        ]),
        expect![[r#"
            ["sg_cut_duration","is",0] -> 1
            ["sg_cut_duration","is",null] -> 3
            ["sg_cut_duration","is_not",null] -> 1 2
            ["sg_cut_duration","is_not",0] -> 2 3
            ["sg_cut_in","greater_than",1001] -> 2
            ["sg_cut_in","less_than",1101] -> 1
            ["sg_cut_in","between",1001,1101] -> 1 2
            ["sg_cut_in","between",null,1101] -> 
            ["sg_cut_in","in",[1101,null]] -> 2 3
            ["sg_cut_in","not_in",[1101]] -> 1 3
            ["sg_cut_in","is","1001"] -> 1
            ["sg_cut_in","is",1.5] -> error 103 API read() Shot.sg_cut_in expected [String, Integer, NilClass] data type(s) but got Float: 1.5
            ["sg_cut_in","not_between",1,2] -> error 103 API read() Shot.sg_cut_in's 'number' data type doesn't support 'not_between' 'relation'. Valid relations: is, is_not, greater_than, less_than, between, in, not_in
            ["sg_speed","is",2.0] -> 2
            ["sg_speed","is",2.0000001] -> 2
            ["sg_speed","is",2] -> error 103 API read() Shot.sg_speed expected [String, BigDecimal, Float, NilClass] data type(s) but got Integer: 2
            ["sg_speed","greater_than",1.5] -> 2
            ["sg_budget","not_between",0,150] -> 2 3
            ["sg_complexity","less_than",60] -> 1
            ["sg_source_timecode","is","5000"] -> error 103 API read() Shot.sg_source_timecode expected [Integer, NilClass] data type(s) but got String: "5000"
            ["id","in",[]] -> 
            ["id","in",[3,1,99]] -> 1 3
            ["id","is_not",2] -> 1 3
            ["id","between",2,3] -> 2 3
        "#]],
    );
}

#[test]
fn dates_are_near_now_or_in_a_calendar_unit() {
    check(
        json!([
            ["sg_turnover_date", "is", "2026-02-03"],
            ["sg_turnover_date", "greater_than", "2026-01-20"],
            ["sg_turnover_date", "in_last", 1, "DAY"],
            ["sg_turnover_date", "in_last", 3, "WEEK"],
            ["sg_turnover_date", "not_in_last", 1, "MONTH"],
            ["sg_turnover_date", "in_next", 1, "DAY"],
            ["sg_turnover_date", "in_calendar_day", 0],
            ["sg_turnover_date", "in_calendar_week", 0],
            ["sg_turnover_date", "in_calendar_month", -1],
            ["sg_turnover_date", "in_calendar_year", 0],
            ["sg_turnover_date", "in_last", 1, "FORTNIGHT"],
            ["sg_client_approved_at", "in_last", 2, "HOUR"],
            ["sg_client_approved_at", "in_calendar_year", -1],
            ["sg_client_approved_at", "is", "2026-02-03T10:11:12+01:00"],
            ["sg_client_approved_at", "between", "2025-12-31", "2026-01-01"],
            ["sg_client_approved_at", "is", "2026-02-03 09:11:12"],
            ["sg_client_approved_at", "less_than", "2026-01-01T00:00:00Z"],
        ]),
        expect![[r#"
            ["sg_turnover_date","is","2026-02-03"] -> 1
            ["sg_turnover_date","greater_than","2026-01-20"] -> 1
            ["sg_turnover_date","in_last",1,"DAY"] -> 1
            ["sg_turnover_date","in_last",3,"WEEK"] -> 1 2
            ["sg_turnover_date","not_in_last",1,"MONTH"] -> 3
            ["sg_turnover_date","in_next",1,"DAY"] -> 1
            ["sg_turnover_date","in_calendar_day",0] -> 1
            ["sg_turnover_date","in_calendar_week",0] -> 1
            ["sg_turnover_date","in_calendar_month",-1] -> 2
            ["sg_turnover_date","in_calendar_year",0] -> 1 2
            ["sg_turnover_date","in_last",1,"FORTNIGHT"] -> error 103 API read() 'in_last' 'relation' doesn't support the 'FORTNIGHT' time unit
            ["sg_client_approved_at","in_last",2,"HOUR"] -> 1
            ["sg_client_approved_at","in_calendar_year",-1] -> 2
            ["sg_client_approved_at","is","2026-02-03T10:11:12+01:00"] -> 1
            ["sg_client_approved_at","between","2025-12-31","2026-01-01"] -> 2
            ["sg_client_approved_at","is","2026-02-03 09:11:12"] -> error 103 API read() Shot.sg_client_approved_at Invalid data for 'date_time' data type
            ["sg_client_approved_at","less_than","2026-01-01T00:00:00Z"] -> 2
        "#]],
    );
}

#[test]
fn links_are_matched_by_record_type_and_name() {
    check(
        json!([
            ["sg_sequence", "is", {"type": "Sequence", "id": 1, "name": "ignored"}],
            ["sg_sequence", "is", null],
            ["sg_sequence", "is_not", {"type": "Sequence", "id": 1}],
            ["sg_sequence", "is_not", null],
            ["sg_sequence", "in", [{"type": "Sequence", "id": 1}, {"type": "Sequence", "id": 2}]],
            ["sg_sequence", "not_in", [{"type": "Sequence", "id": 1}]],
            ["sg_sequence", "type_is", "Sequence"],
            ["sg_sequence", "type_is_not", "Sequence"],
            ["sg_sequence", "name_contains", "q2"],
            ["sg_sequence", "name_not_contains", "q2"],
            ["sg_sequence", "name_is", "sq1"],
            ["assets", "is", {"type": "Asset", "id": 2}],
            ["assets", "is", null],
            ["assets", "is_not", {"type": "Asset", "id": 1}],
            ["assets", "in", [{"type": "Asset", "id": 1}, {"type": "Asset", "id": 9}]],
            ["assets", "not_in", [{"type": "Asset", "id": 1}]],
            ["assets", "name_contains", "TREE"],
            ["sg_sequence", "is", 1],
            ["sg_sequence", "is", {"id": 1}],
        ]),
        expect![[r#"
            ["sg_sequence","is",{"id":1,"name":"ignored","type":"Sequence"}] -> 1
            ["sg_sequence","is",null] -> 3
            ["sg_sequence","is_not",{"id":1,"type":"Sequence"}] -> 2 3
            ["sg_sequence","is_not",null] -> 1 2
            ["sg_sequence","in",[{"id":1,"type":"Sequence"},{"id":2,"type":"Sequence"}]] -> 1 2
            ["sg_sequence","not_in",[{"id":1,"type":"Sequence"}]] -> 2 3
            ["sg_sequence","type_is","Sequence"] -> 1 2
            ["sg_sequence","type_is_not","Sequence"] -> 3
            ["sg_sequence","name_contains","q2"] -> 2
            ["sg_sequence","name_not_contains","q2"] -> 1 3
            ["sg_sequence","name_is","sq1"] -> 1
            ["assets","is",{"id":2,"type":"Asset"}] -> 1 2
            ["assets","is",null] -> 3
            ["assets","is_not",{"id":1,"type":"Asset"}] -> 2 3
            ["assets","in",[{"id":1,"type":"Asset"},{"id":9,"type":"Asset"}]] -> 1
            ["assets","not_in",[{"id":1,"type":"Asset"}]] -> 2 3
            ["assets","name_contains","TREE"] -> 1 2
            ["sg_sequence","is",1] -> error 103 API read() Shot.sg_sequence expected [Hash, NilClass] data type(s) but got Integer: 1
            ["sg_sequence","is",{"id":1}] -> error 103 API read() invalid/missing entity hash string 'type': {"id":1}
        "#]],
    );
}

#[test]
fn other_types_have_the_relations_of_the_service() {
    check(
        json!([
            ["sg_status_list", "is", "IP"],
            ["sg_status_list", "is_not", "ip"],
            ["sg_status_list", "in", ["ip", "wtg"]],
            ["sg_status_list", "is", "nope"],
            ["sg_is_hero", "is", true],
            ["sg_is_hero", "is", false],
            ["sg_is_hero", "is_not", true],
            ["sg_is_hero", "is", null],
            ["sg_vendor_uuid", "is", "AB-1"],
            ["sg_vendor_uuid", "is", ""],
            ["image", "is", null],
            ["image", "is_not", null],
            ["image", "is", {"type": "Thumbnail", "id": 1}],
            ["sg_grade_settings", "is", null],
            ["sg_reference", "is", null],
            ["code", "foo", "x"],
            ["sg_nope", "is", "x"],
            ["code", "is", ["a", "b"]],
            ["code", "in", []],
            ["sg_cut_in", "between", 1],
            ["code", "is", 1],
        ]),
        expect![[r#"
            ["sg_status_list","is","IP"] -> 1
            ["sg_status_list","is_not","ip"] -> 2 3
            ["sg_status_list","in",["ip","wtg"]] -> 1 2
            ["sg_status_list","is","nope"] -> 
            ["sg_is_hero","is",true] -> 1
            ["sg_is_hero","is",false] -> 2 3
            ["sg_is_hero","is_not",true] -> 2 3
            ["sg_is_hero","is",null] -> error 103 API read() Shot.sg_is_hero expected [TrueClass, FalseClass] data type(s) but got NilClass: nil
            ["sg_vendor_uuid","is","AB-1"] -> 1
            ["sg_vendor_uuid","is",""] -> 2 3
            ["image","is",null] -> 1 2 3
            ["image","is_not",null] -> 
            ["image","is",{"id":1,"type":"Thumbnail"}] -> error 103 API read() Shot.image expected [NilClass] data type(s) but got Hash: {"id":1,"type":"Thumbnail"}
            ["sg_grade_settings","is",null] -> error 103 API read() Shot.sg_grade_settings's 'serializable' data type cannot be used in a filter.
            ["sg_reference","is",null] -> error 103 API read() Shot.sg_reference's 'url' data type cannot be used in a filter.
            ["code","foo","x"] -> error 103 API read() Shot.code's 'text' data type doesn't support 'foo' 'relation'. Valid relations: is, is_not, contains, not_contains, starts_with, ends_with, in, not_in
            ["sg_nope","is","x"] -> error 103 API read() Shot.sg_nope doesn't exist.
            ["code","is",["a","b"]] -> error 103 API read() 'is' 'relation' expects a 1-element array: ["a","b"]
            ["code","in",[]] -> error 103 API read() 'in' 'relation' expects at least a 1-element array: []
            ["sg_cut_in","between",1] -> error 103 API read() 'between' 'relation' expects a 2-element array: [1]
            ["code","is",1] -> error 103 API read() Shot.code expected [String, NilClass] data type(s) but got Integer: 1
        "#]],
    );
}

#[test]
fn deep_paths_go_over_links_and_lists() {
    check(
        json!([
            ["sg_sequence.Sequence.code", "is", "SQ2"],
            ["sg_sequence.Sequence.code", "is_not", "SQ2"],
            ["sg_sequence.Sequence.code", "is", null],
            ["sg_sequence.Sequence.shots.Shot.code", "is", "sh010"],
            ["assets.Asset.sg_asset_type", "is", "Character"],
            ["assets.Asset.shots.Shot.sg_sequence.Sequence.code", "is", "SQ1"],
            ["sg_sequence.Asset.code", "is", null],
            ["project.Project.name", "is", "demo"],
            ["project.Project.id", "is", 4],
            ["code.Sequence.code", "is", "x"],
            ["sg_sequence.Nope.code", "is", "x"],
            ["sg_sequence.Sequence", "is", "x"],
        ]),
        expect![[r#"
            ["sg_sequence.Sequence.code","is","SQ2"] -> 2
            ["sg_sequence.Sequence.code","is_not","SQ2"] -> 1 3
            ["sg_sequence.Sequence.code","is",null] -> 3
            ["sg_sequence.Sequence.shots.Shot.code","is","sh010"] -> 1
            ["assets.Asset.sg_asset_type","is","Character"] -> 1
            ["assets.Asset.shots.Shot.sg_sequence.Sequence.code","is","SQ1"] -> 1 2
            ["sg_sequence.Asset.code","is",null] -> 1 2 3
            ["project.Project.name","is","demo"] -> 1 2 3
            ["project.Project.id","is",4] -> 1 2 3
            ["code.Sequence.code","is","x"] -> error 103 API read() Shot.code doesn't exist.
            ["sg_sequence.Nope.code","is","x"] -> error 103 API read() Shot.sg_sequence.Nope.code doesn't exist.
            ["sg_sequence.Sequence","is","x"] -> error 103 API read() Shot.sg_sequence.Sequence doesn't exist.
        "#]],
    );
}

#[test]
fn groups_nest() {
    check(
        json!([
            {"or": [["code", "is", "sh010"], {"and": [["code", "is", "sh020"], ["sg_cut_in", "is", 1101]]}]},
            {"or": []},
            {"and": [["id", "greater_than", 1], {"or": [["id", "less_than", 3]]}]},
            {"nor": [["code", "is", "sh010"]]},
        ]),
        expect![[r#"
            {"or":[["code","is","sh010"],{"and":[["code","is","sh020"],["sg_cut_in","is",1101]]}]} -> 1 2
            {"or":[]} -> 1 2 3
            {"and":[["id","greater_than",1],{"or":[["id","less_than",3]]}]} -> 2
            {"nor":[["code","is","sh010"]]} -> error 103 API read() invalid/missing string 'logical_operator' ('and' or 'or') in 'filters':
            {"filters":{"conditions":[{"conditions":[{"path":"code","relation":"is","values":["sh010"]}],"logical_operator":"nor"}],"logical_operator":"and"},"paging":{"current_page":1,"entities_per_page":500},"return_fields":[],"type":"Shot"}
        "#]],
    );
}
