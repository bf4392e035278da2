//! Sorting, paging, fields, trash and archives of `read`; `summarize`.

use expect_test::{Expect, expect};
use serde_json::{Value as Json, json};

use super::{Scene, lines, link, outcome};

fn scene() -> Scene {
    let mut scene = Scene::new();
    scene.seed("Project", json!({"id": 5, "name": "Old", "archived": true}));
    for (code, project, status, duration) in [
        ("b", 4, json!("ip"), json!(10)),
        ("a", 4, json!("fin"), json!(20)),
        ("c", 5, json!("ip"), json!(30)),
        ("d", 4, json!(null), json!(null)),
    ] {
        scene.seed(
            "Shot",
            json!({"code": code, "project": link("Project", project), "sg_status_list": status, "sg_cut_duration": duration}),
        );
    }
    scene
}

#[track_caller]
fn check(method: &str, params: Json, expected: Expect) {
    expected.assert_eq(&outcome(scene().call(method, params)));
}

fn read(extra: Json) -> Json {
    let mut params = json!({"type": "Shot", "return_fields": ["code"], "paging": {"entities_per_page": 10, "current_page": 1}});
    for (key, value) in extra.as_object().expect("an object") {
        params[key] = value.clone();
    }
    params
}

#[test]
fn rows_come_by_id_and_sort_nulls_first() {
    check(
        "read",
        read(json!({})),
        expect![[
            r#"{"entities":[{"code":"b","id":1,"type":"Shot"},{"code":"a","id":2,"type":"Shot"},{"code":"c","id":3,"type":"Shot"},{"code":"d","id":4,"type":"Shot"}]}"#
        ]],
    );
    check(
        "read",
        read(json!({"sorts": [{"field_name": "id", "direction": "desc"}]})),
        expect![[
            r#"{"entities":[{"code":"d","id":4,"type":"Shot"},{"code":"c","id":3,"type":"Shot"},{"code":"a","id":2,"type":"Shot"},{"code":"b","id":1,"type":"Shot"}]}"#
        ]],
    );
    check(
        "read",
        read(json!({"sorts": [{"field_name": "code", "direction": "asc"}]})),
        expect![[
            r#"{"entities":[{"code":"a","id":2,"type":"Shot"},{"code":"b","id":1,"type":"Shot"},{"code":"c","id":3,"type":"Shot"},{"code":"d","id":4,"type":"Shot"}]}"#
        ]],
    );
    check(
        "read",
        read(
            json!({"return_fields": ["sg_status_list"], "sorts": [{"field_name": "sg_status_list", "direction": "asc"}]}),
        ),
        expect![[
            r#"{"entities":[{"id":4,"sg_status_list":null,"type":"Shot"},{"id":2,"sg_status_list":"fin","type":"Shot"},{"id":1,"sg_status_list":"ip","type":"Shot"},{"id":3,"sg_status_list":"ip","type":"Shot"}]}"#
        ]],
    );
    check(
        "read",
        read(json!({"sorts": [
            {"field_name": "sg_status_list", "direction": "desc"}, {"field_name": "sg_cut_duration", "direction": "desc"},
        ]})),
        expect![[
            r#"{"entities":[{"code":"c","id":3,"type":"Shot"},{"code":"b","id":1,"type":"Shot"},{"code":"a","id":2,"type":"Shot"},{"code":"d","id":4,"type":"Shot"}]}"#
        ]],
    );
    check(
        "read",
        read(
            json!({"sorts": [{"field_name": "project.Project.name", "direction": "desc"}, {"field_name": "nope"}]}),
        ),
        expect![[
            r#"{"entities":[{"code":"c","id":3,"type":"Shot"},{"code":"b","id":1,"type":"Shot"},{"code":"a","id":2,"type":"Shot"},{"code":"d","id":4,"type":"Shot"}]}"#
        ]],
    );
}

#[test]
fn both_paging_flags_say_what_comes_next() {
    let page = |number: u64| json!({"entities_per_page": 2, "current_page": number});
    check(
        "read",
        read(json!({"paging": page(1), "return_paging_info_without_counts": true})),
        expect![[
            r#"{"entities":[{"code":"b","id":1,"type":"Shot"},{"code":"a","id":2,"type":"Shot"}],"paging_info":{"has_next_page":true}}"#
        ]],
    );
    check(
        "read",
        read(json!({"paging": page(2), "return_paging_info_without_counts": true})),
        expect![[
            r#"{"entities":[{"code":"c","id":3,"type":"Shot"},{"code":"d","id":4,"type":"Shot"}],"paging_info":{"has_next_page":false}}"#
        ]],
    );
    check(
        "read",
        read(json!({"paging": page(2), "return_paging_info": true})),
        expect![[
            r#"{"entities":[{"code":"c","id":3,"type":"Shot"},{"code":"d","id":4,"type":"Shot"}],"paging_info":{"current_page":2,"entities_per_page":2,"entity_count":4,"page_count":2}}"#
        ]],
    );
    check(
        "read",
        read(json!({"paging": page(3), "return_paging_info_without_counts": true})),
        expect![[r#"{"entities":[],"paging_info":{"has_next_page":false}}"#]],
    );
    check(
        "read",
        read(json!({"paging": {"current_page": 1}})),
        expect![[r#"
        error 103 API read() invalid/missing integer 'paging' 'entities_per_page':
        {"paging":{"current_page":1},"return_fields":["code"],"type":"Shot"}"#]],
    );
}

#[test]
fn archived_projects_can_be_left_out() {
    check(
        "read",
        read(json!({"include_archived_projects": false})),
        expect![[
            r#"{"entities":[{"code":"b","id":1,"type":"Shot"},{"code":"a","id":2,"type":"Shot"},{"code":"d","id":4,"type":"Shot"}]}"#
        ]],
    );
    check(
        "read",
        read(
            json!({"type": "Project", "return_fields": ["name"], "include_archived_projects": false}),
        ),
        expect![[r#"{"entities":[{"id":4,"name":"Demo","type":"Project"}]}"#]],
    );
}

#[test]
fn links_to_the_trash_read_null_and_come_back() {
    let mut scene = Scene::new();
    scene.seed("Sequence", json!({"code": "SQ1", "project": link("Project", 4)}));
    scene.seed(
        "Shot",
        json!({"code": "sh010", "project": link("Project", 4), "sg_sequence": link("Sequence", 1)}),
    );
    let sequence = ["sg_sequence", "sg_sequence.Sequence.code"];
    let mut story = String::new();
    let tell = |scene: &mut Scene, what: &str, story: &mut String| {
        let shot = scene.find("Shot", json!([]), json!(sequence)).expect("a valid read");
        let sequences = scene.find("Sequence", json!([]), json!(["shots"])).expect("a valid read");
        story.push_str(&format!("{what}\n{}{}", lines(&shot), lines(&sequences)));
    };
    tell(&mut scene, "before", &mut story);
    scene.ok("delete", link("Sequence", 1));
    tell(&mut scene, "sequence in the trash", &mut story);
    scene.ok("revive", link("Sequence", 1));
    scene.ok("delete", link("Shot", 1));
    tell(&mut scene, "shot in the trash", &mut story);
    let retired =
        scene.ok("read", read(json!({"return_only": "retired", "return_fields": ["sg_sequence"]})));
    story.push_str(&format!("retired: {retired}\n"));
    scene.ok("revive", link("Shot", 1));
    tell(&mut scene, "both back", &mut story);
    expect![[r#"
        before
        {"id":1,"sg_sequence":{"id":1,"name":"SQ1","type":"Sequence"},"sg_sequence.Sequence.code":"SQ1","type":"Shot"}
        {"id":1,"shots":[{"id":1,"name":"sh010","type":"Shot"}],"type":"Sequence"}
        sequence in the trash
        {"id":1,"sg_sequence":null,"sg_sequence.Sequence.code":null,"type":"Shot"}
        shot in the trash
        {"id":1,"shots":[],"type":"Sequence"}
        retired: {"entities":[{"id":1,"sg_sequence":{"id":1,"name":"SQ1","type":"Sequence"},"type":"Shot"}]}
        both back
        {"id":1,"sg_sequence":{"id":1,"name":"SQ1","type":"Sequence"},"sg_sequence.Sequence.code":"SQ1","type":"Shot"}
        {"id":1,"shots":[{"id":1,"name":"sh010","type":"Shot"}],"type":"Sequence"}
    "#]].assert_eq(&story);
}

#[test]
fn fields_are_written_as_their_type_says() {
    let mut scene = scene();
    scene.seed(
        "LocalStorage",
        json!({"code": "primary", "linux_path": "/mnt/prod", "windows_path": "P:\\prod"}),
    );
    scene.seed("Shot", json!({
        "id": 862, "code": "say \"hé\"\n", "project": link("Project", 4), "sg_speed": 2.0, "sg_turnover_date": "1968-10-13",
        "sg_client_approved_at": "2026-01-31T10:00:00.9+02:00", "sg_grade_settings": {"a": [1, 2.5, null]},
        "sg_reference": {"url": "https://example.invalid/a", "name": "a"}, "sg_is_hero": "true",
    }));
    let fields = json!([
        "code",
        "sg_speed",
        "sg_turnover_date",
        "sg_client_approved_at",
        "sg_grade_settings",
        "sg_reference",
        "sg_is_hero",
        "assets",
        "sg_sequence",
        "image",
        "cached_display_name",
        "created_by",
        "created_at",
        "project",
        "project.Project.name",
        "tags",
        "sg_sequence.Sequence.shots",
        "code",
    ]);
    let rows = scene.find("Shot", json!([["id", "is", 862]]), fields).expect("a valid read");
    let row = rows[0].as_object().expect("one row");
    let text: String = row.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    expect![[r#"
        assets: []
        cached_display_name: "say \"hé\""
        code: "say \"hé\""
        created_at: "2025-01-01T00:00:00Z"
        created_by: null
        id: 862
        image: null
        project: {"id":4,"name":"Demo","type":"Project"}
        project.Project.name: "Demo"
        sg_client_approved_at: "2026-01-31T08:00:00Z"
        sg_grade_settings: {"a":[1,2.5,null]}
        sg_is_hero: true
        sg_reference: {"content_type":null,"id":1,"link_type":"web","name":"a","type":"Attachment","url":"https://example.invalid/a"}
        sg_sequence: null
        sg_sequence.Sequence.shots: null
        sg_speed: 2.0
        sg_turnover_date: "1968-10-13"
        tags: []
        type: "Shot"
    "#]].assert_eq(&text);
    expect!["error 103 API read() Shot.sg_nope doesn't exist."].assert_eq(&outcome(scene.find(
        "Shot",
        json!([]),
        json!(["sg_nope"]),
    )));
}

#[test]
fn summaries_and_groups() {
    let summaries = json!([
        {"field": "id", "type": "count"}, {"field": "sg_cut_duration", "type": "sum"}, {"field": "code", "type": "maximum"},
    ]);
    check(
        "summarize",
        json!({"type": "Shot", "summaries": summaries, "filters": {"logical_operator": "and", "conditions": []}}),
        expect![[r#"{"groups":[],"summaries":{"code":"d","id":4,"sg_cut_duration":60}}"#]],
    );
    check(
        "summarize",
        json!({"type": "Shot", "summaries": summaries, "include_archived_projects": false,
            "grouping": [{"field": "sg_status_list", "type": "exact", "direction": "asc"}]}),
        expect![[
            r#"{"groups":[{"group_name":"","group_value":null,"summaries":{"code":"d","id":1,"sg_cut_duration":0}},{"group_name":"fin","group_value":"fin","summaries":{"code":"a","id":1,"sg_cut_duration":20}},{"group_name":"ip","group_value":"ip","summaries":{"code":"b","id":1,"sg_cut_duration":10}}],"summaries":{"code":"d","id":3,"sg_cut_duration":30}}"#
        ]],
    );
    check(
        "summarize",
        json!({"type": "Shot", "summaries": [{"field": "sg_cut_duration", "type": "average"}],
            "grouping": [{"field": "project", "type": "exact", "direction": "desc"}, {"field": "sg_cut_duration", "type": "tens"}]}),
        expect![[
            r#"{"groups":[{"group_name":"Old","group_value":{"id":5,"name":"Old","type":"Project","valid":"valid"},"groups":[{"group_name":"30-39","group_value":30,"summaries":{"sg_cut_duration":30.0}}],"summaries":{"sg_cut_duration":30.0}},{"group_name":"Demo","group_value":{"id":4,"name":"Demo","type":"Project","valid":"valid"},"groups":[{"group_name":"","group_value":null,"summaries":{"sg_cut_duration":0.0}},{"group_name":"10-19","group_value":10,"summaries":{"sg_cut_duration":10.0}},{"group_name":"20-29","group_value":20,"summaries":{"sg_cut_duration":20.0}}],"summaries":{"sg_cut_duration":15.0}}],"summaries":{"sg_cut_duration":20.0}}"#
        ]],
    );
    check(
        "summarize",
        json!({"type": "Shot", "summaries": [{"field": "sg_cut_duration", "type": "average"}, {"field": "id", "type": "minimum"}],
            "filters": {"logical_operator": "and", "conditions": [{"path": "id", "relation": "is", "values": [99]}]}}),
        expect![[r#"{"groups":[],"summaries":{"id":0,"sg_cut_duration":0.0}}"#]],
    );
    check(
        "summarize",
        json!({"type": "Shot", "summaries": [{"field": "id", "type": "wrong"}]}),
        expect![[r#"
            error 103 API summarize() invalid/missing 'type' in 'summaries' (got 'wrong'):
            {"summaries":[{"field":"id","type":"wrong"}],"type":"Shot"}"#]],
    );
}
