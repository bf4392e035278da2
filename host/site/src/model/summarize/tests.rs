//! Every summary and every grouping, one line each.

use expect_test::expect;
use serde_json::{Value as Json, json};

use crate::model::tests::{Scene, link};

/// Six Shots; the last two have little. The site's day is Tuesday, 2026-02-03.
fn scene() -> Scene {
    let mut scene = Scene::new();
    scene.seed("Project", json!({"id": 5, "name": "Old", "archived": true}));
    for code in ["SQ1", "SQ2"] {
        scene.seed("Sequence", json!({"code": code, "project": link("Project", 4)}));
    }
    scene.seed("Asset", json!({"code": "Bunny", "project": link("Project", 4)}));
    let shot = |fields: Json| {
        let mut all = json!({"project": link("Project", 4), "sg_status_list": null});
        let all = all.as_object_mut().expect("an object");
        all.extend(fields.as_object().expect("an object").clone());
        Json::Object(all.clone())
    };
    for fields in [
        json!({"code": "ant", "sg_sequence": link("Sequence", 1), "assets": [link("Asset", 1)], "sg_status_list": "ip",
            "sg_cut_in": 7, "sg_speed": 1.5, "sg_budget": 10, "sg_is_hero": true, "sg_turnover_date": "2026-02-03",
            "sg_client_approved_at": "2026-02-03T23:00:00Z"}),
        json!({"code": "bee", "sg_sequence": link("Sequence", 2), "sg_status_list": "fin", "sg_cut_in": 12,
            "sg_speed": 2.25, "sg_turnover_date": "2026-02-01", "sg_client_approved_at": "2025-11-30T00:00:00Z"}),
        json!({"code": "Bat", "sg_sequence": link("Sequence", 1), "sg_status_list": "fin", "sg_cut_in": -3,
            "sg_turnover_date": "2026-01-31"}),
        json!({"code": "cow", "sg_status_list": "fin", "sg_cut_in": 1_234_567, "sg_turnover_date": "2027-05-05"}),
        json!({"code": "Cat"}),
        json!({"code": "dog", "project": link("Project", 5), "sg_cut_in": 1}),
    ] {
        scene.seed("Shot", shot(fields));
    }
    for (entity, status) in
        [(link("Shot", 1), "ip"), (link("Shot", 1), "fin"), (link("Asset", 1), "ip")]
    {
        scene.seed("Task", json!({"content": "Anim", "project": link("Project", 4), "entity": entity, "sg_status_list": status}));
    }
    scene.ok("delete", link("Sequence", 2));
    scene
}

/// The summary, or the error, of each kind of each field of Shots of open projects.
#[test]
fn summaries() {
    let mut scene = scene();
    let mut told = String::new();
    for (field, kinds) in [
        ("id", "count record_count minimum sum latest"),
        ("code", "count maximum minimum sum checked status_list"),
        ("sg_cut_in", "count sum maximum minimum average percentage"),
        ("sg_speed", "sum maximum average"),
        ("sg_budget", "sum average"),
        ("sg_turnover_date", "earliest latest maximum count sum"),
        ("sg_client_approved_at", "earliest latest"),
        ("sg_is_hero", "checked unchecked percentage count latest"),
        (
            "sg_status_list",
            "status_percentage status_percentage_as_float status_list count average",
        ),
        ("sg_sequence", "count maximum"),
        ("assets", "count"),
        ("sg_sequence.Sequence.code", "count maximum"),
        ("sg_grade_settings", "count maximum"),
        ("sg_nope", "count"),
        ("sg_cut_in", "mean"),
    ] {
        for kind in kinds.split(' ') {
            let summaries = json!([{"field": field, "type": kind}]);
            let result = scene.call(
                "summarize",
                json!({"type": "Shot", "summaries": summaries, "include_archived_projects": false}),
            );
            let shown = match result {
                Ok(results) => results["summaries"][field].to_string(),
                Err(error) => error.lines().next().unwrap_or_default().to_owned(),
            };
            told.push_str(&format!("{field} {kind}: {shown}\n"));
        }
    }
    expect![[r#"
        id count: 5
        id record_count: 5
        id minimum: 1
        id sum: 15
        id latest: 103 API summarize() Shot.id's 'number' data type doesn't support the summary 'latest'.
        code count: 5
        code maximum: "cow"
        code minimum: "Bat"
        code sum: 103 API summarize() Shot.code's 'text' data type doesn't support the summary 'sum'.
        code checked: 103 API summarize() Shot.code's 'text' data type doesn't support the summary 'checked'.
        code status_list: 103 API summarize() Shot.code's 'text' data type doesn't support the summary 'status_list'.
        sg_cut_in count: 4
        sg_cut_in sum: 1234583
        sg_cut_in maximum: 1234567
        sg_cut_in minimum: -3
        sg_cut_in average: 308645.75
        sg_cut_in percentage: 103 API summarize() Shot.sg_cut_in's 'number' data type doesn't support the summary 'percentage'.
        sg_speed sum: 3.75
        sg_speed maximum: 2.25
        sg_speed average: 1.875
        sg_budget sum: 10.0
        sg_budget average: 10.0
        sg_turnover_date earliest: "2026-01-31"
        sg_turnover_date latest: "2027-05-05"
        sg_turnover_date maximum: "2027-05-05"
        sg_turnover_date count: 4
        sg_turnover_date sum: 103 API summarize() Shot.sg_turnover_date's 'date' data type doesn't support the summary 'sum'.
        sg_client_approved_at earliest: "2025-11-30T00:00:00Z"
        sg_client_approved_at latest: "2026-02-03T23:00:00Z"
        sg_is_hero checked: 1
        sg_is_hero unchecked: 4
        sg_is_hero percentage: 20
        sg_is_hero count: 5
        sg_is_hero latest: 103 API summarize() Shot.sg_is_hero's 'checkbox' data type doesn't support the summary 'latest'.
        sg_status_list status_percentage: 60
        sg_status_list status_percentage_as_float: 60.0
        sg_status_list status_list: "ip"
        sg_status_list count: 4
        sg_status_list average: 103 API summarize() Shot.sg_status_list's 'status_list' data type doesn't support the summary 'average'.
        sg_sequence count: 2
        sg_sequence maximum: 103 API summarize() Shot.sg_sequence's 'entity' data type doesn't support the summary 'maximum'.
        assets count: 1
        sg_sequence.Sequence.code count: 2
        sg_sequence.Sequence.code maximum: "SQ1"
        sg_grade_settings count: 0
        sg_grade_settings maximum: 103 API summarize() Shot.sg_grade_settings's 'serializable' data type doesn't support the summary 'maximum'.
        sg_nope count: 103 API summarize() Shot.sg_nope doesn't exist.
        sg_cut_in mean: 103 API summarize() invalid/missing 'type' in 'summaries' (got 'mean'):
    "#]].assert_eq(&told);
}

#[test]
fn a_percentage_can_be_of_another_status_and_the_last_summary_of_a_field_counts() {
    let mut scene = scene();
    let summaries = json!([{"field": "sg_status_list", "type": "count"}, {"field": "sg_status_list", "type": "status_percentage", "value": "ip"}]);
    let results = scene.ok("summarize", json!({"type": "Task", "summaries": summaries}));
    expect![[r#"{"groups":[],"summaries":{"sg_status_list":67}}"#]].assert_eq(&results.to_string());
    let all = scene.ok(
        "summarize",
        json!({"type": "Task", "summaries": [{"field": "sg_status_list", "type": "status_list"}]}),
    );
    expect![[r#"{"groups":[],"summaries":{"sg_status_list":"ip"}}"#]].assert_eq(&all.to_string());
}

/// The names, values and counts of the groups of each kind of each field.
#[test]
fn groupings() {
    let mut scene = scene();
    let mut told = String::new();
    for (entity_type, field, kinds) in [
        ("Shot", "id", "tens entitytype"),
        ("Shot", "code", "exact firstletter tens day"),
        ("Shot", "sg_status_list", "exact firstletter"),
        ("Shot", "sg_is_hero", "exact"),
        (
            "Shot",
            "sg_cut_in",
            "exact tens hundreds thousands tensofthousands hundredsofthousands millions year firstletter",
        ),
        ("Shot", "sg_speed", "exact tens"),
        (
            "Shot",
            "sg_turnover_date",
            "exact day oneday fivedays week month quarter year clustered_date millions",
        ),
        ("Shot", "sg_client_approved_at", "exact day quarter clustered_date"),
        ("Shot", "sg_sequence", "exact entitytype firstletter tens"),
        ("Shot", "assets", "exact entitytype"),
        ("Shot", "project", "exact"),
        ("Shot", "sg_sequence.Sequence.code", "exact"),
        ("Task", "entity", "exact entitytype"),
        ("Task", "entity.Shot.sg_turnover_date", "month"),
        ("Task", "entity", "fortnight"),
    ] {
        for kind in kinds.split(' ') {
            let grouping = json!([{"field": field, "type": kind, "direction": "asc"}]);
            let result = scene.call("summarize", json!({"type": entity_type, "summaries": [{"field": "id", "type": "count"}], "grouping": grouping}));
            told.push_str(&format!("{entity_type}.{field} {kind}:"));
            match result {
                Ok(results) => {
                    for group in results["groups"].as_array().expect("groups are a list") {
                        told.push_str(&format!(
                            " {} = {} ({})",
                            group["group_name"], group["group_value"], group["summaries"]["id"]
                        ));
                    }
                }
                Err(error) => {
                    told.push_str(&format!(" {}", error.lines().next().unwrap_or_default()))
                }
            }
            told.push('\n');
        }
    }
    expect![[r#"
        Shot.id tens: "0-9" = 0 (6)
        Shot.id entitytype: 103 API summarize() Shot.id's 'number' data type doesn't support grouping by 'entitytype'.
        Shot.code exact: "Bat" = "Bat" (1) "Cat" = "Cat" (1) "ant" = "ant" (1) "bee" = "bee" (1) "cow" = "cow" (1) "dog" = "dog" (1)
        Shot.code firstletter: "A" = "A" (1) "B" = "B" (2) "C" = "C" (2) "D" = "D" (1)
        Shot.code tens: 103 API summarize() Shot.code's 'text' data type doesn't support grouping by 'tens'.
        Shot.code day: 103 API summarize() Shot.code's 'text' data type doesn't support grouping by 'day'.
        Shot.sg_status_list exact: "" = null (2) "fin" = "fin" (3) "ip" = "ip" (1)
        Shot.sg_status_list firstletter: "" = null (2) "F" = "F" (3) "I" = "I" (1)
        Shot.sg_is_hero exact: "false" = false (5) "true" = true (1)
        Shot.sg_cut_in exact: "" = null (1) "-3" = -3 (1) "1" = 1 (1) "7" = 7 (1) "12" = 12 (1) "1234567" = 1234567 (1)
        Shot.sg_cut_in tens: "" = null (1) "-10--1" = -10 (1) "0-9" = 0 (2) "10-19" = 10 (1) "1234560-1234569" = 1234560 (1)
        Shot.sg_cut_in hundreds: "" = null (1) "-100--1" = -100 (1) "0-99" = 0 (3) "1234500-1234599" = 1234500 (1)
        Shot.sg_cut_in thousands: "" = null (1) "-1000--1" = -1000 (1) "0-999" = 0 (3) "1234000-1234999" = 1234000 (1)
        Shot.sg_cut_in tensofthousands: "" = null (1) "-10000--1" = -10000 (1) "0-9999" = 0 (3) "1230000-1239999" = 1230000 (1)
        Shot.sg_cut_in hundredsofthousands: "" = null (1) "-100000--1" = -100000 (1) "0-99999" = 0 (3) "1200000-1299999" = 1200000 (1)
        Shot.sg_cut_in millions: "" = null (1) "-1000000--1" = -1000000 (1) "0-999999" = 0 (3) "1000000-1999999" = 1000000 (1)
        Shot.sg_cut_in year: 103 API summarize() Shot.sg_cut_in's 'number' data type doesn't support grouping by 'year'.
        Shot.sg_cut_in firstletter: 103 API summarize() Shot.sg_cut_in's 'number' data type doesn't support grouping by 'firstletter'.
        Shot.sg_speed exact: "" = null (4) "1.5" = 1.5 (1) "2.25" = 2.25 (1)
        Shot.sg_speed tens: "" = null (4) "0-9" = 0 (2)
        Shot.sg_turnover_date exact: "" = null (2) "2026-01-31" = "2026-01-31" (1) "2026-02-01" = "2026-02-01" (1) "2026-02-03" = "2026-02-03" (1) "2027-05-05" = "2027-05-05" (1)
        Shot.sg_turnover_date day: "" = null (2) "2026-01-31" = "2026-01-31" (1) "2026-02-01" = "2026-02-01" (1) "2026-02-03" = "2026-02-03" (1) "2027-05-05" = "2027-05-05" (1)
        Shot.sg_turnover_date oneday: "" = null (2) "2026-01-31" = "2026-01-31" (1) "2026-02-01" = "2026-02-01" (1) "2026-02-03" = "2026-02-03" (1) "2027-05-05" = "2027-05-05" (1)
        Shot.sg_turnover_date fivedays: "" = null (2) "2026-01-27" = "2026-01-27" (1) "2026-02-01" = "2026-02-01" (2) "2027-05-02" = "2027-05-02" (1)
        Shot.sg_turnover_date week: "" = null (2) "2026-01-26" = "2026-01-26" (2) "2026-02-02" = "2026-02-02" (1) "2027-05-03" = "2027-05-03" (1)
        Shot.sg_turnover_date month: "" = null (2) "2026-01" = "2026-01-01" (1) "2026-02" = "2026-02-01" (2) "2027-05" = "2027-05-01" (1)
        Shot.sg_turnover_date quarter: "" = null (2) "2026 Q1" = "2026-01-01" (3) "2027 Q2" = "2027-04-01" (1)
        Shot.sg_turnover_date year: "" = null (2) "2026" = "2026-01-01" (3) "2027" = "2027-01-01" (1)
        Shot.sg_turnover_date clustered_date: "" = null (2) "Last Week" = "Last Week" (2) "Today" = "Today" (1) "Later" = "Later" (1)
        Shot.sg_turnover_date millions: 103 API summarize() Shot.sg_turnover_date's 'date' data type doesn't support grouping by 'millions'.
        Shot.sg_client_approved_at exact: "" = null (4) "2025-11-30T00:00:00Z" = "2025-11-30T00:00:00Z" (1) "2026-02-03T23:00:00Z" = "2026-02-03T23:00:00Z" (1)
        Shot.sg_client_approved_at day: "" = null (4) "2025-11-30" = "2025-11-30" (1) "2026-02-03" = "2026-02-03" (1)
        Shot.sg_client_approved_at quarter: "" = null (4) "2025 Q4" = "2025-10-01" (1) "2026 Q1" = "2026-01-01" (1)
        Shot.sg_client_approved_at clustered_date: "" = null (4) "Earlier" = "Earlier" (1) "Today" = "Today" (1)
        Shot.sg_sequence exact: "" = null (4) "SQ1" = {"id":1,"name":"SQ1","type":"Sequence","valid":"valid"} (2)
        Shot.sg_sequence entitytype: "" = null (4) "Sequence" = "Sequence" (2)
        Shot.sg_sequence firstletter: "" = null (4) "S" = "S" (2)
        Shot.sg_sequence tens: 103 API summarize() Shot.sg_sequence's 'entity' data type doesn't support grouping by 'tens'.
        Shot.assets exact: "" = null (5) "Bunny" = [{"id":1,"name":"Bunny","type":"Asset","valid":"valid"}] (1)
        Shot.assets entitytype: "" = null (5) "Asset" = "Asset" (1)
        Shot.project exact: "Demo" = {"id":4,"name":"Demo","type":"Project","valid":"valid"} (5) "Old" = {"id":5,"name":"Old","type":"Project","valid":"valid"} (1)
        Shot.sg_sequence.Sequence.code exact: "" = null (4) "SQ1" = "SQ1" (2)
        Task.entity exact: "Bunny" = {"id":1,"name":"Bunny","type":"Asset","valid":"valid"} (1) "ant" = {"id":1,"name":"ant","type":"Shot","valid":"valid"} (2)
        Task.entity entitytype: "Asset" = "Asset" (1) "Shot" = "Shot" (2)
        Task.entity.Shot.sg_turnover_date month: "" = null (1) "2026-02" = "2026-02-01" (2)
        Task.entity fortnight: 103 API summarize() invalid/missing 'type' in 'grouping' (got 'fortnight'):
    "#]].assert_eq(&told);
}

#[test]
fn groups_nest_and_turn_round() {
    let mut scene = scene();
    let grouping = json!([{"field": "entity", "type": "entitytype", "direction": "desc"}, {"field": "sg_status_list", "type": "exact"}]);
    let results = scene.ok("summarize", json!({"type": "Task", "summaries": [{"field": "id", "type": "count"}], "grouping": grouping}));
    expect![[r#"{"groups":[{"group_name":"Shot","group_value":"Shot","groups":[{"group_name":"fin","group_value":"fin","summaries":{"id":1}},{"group_name":"ip","group_value":"ip","summaries":{"id":1}}],"summaries":{"id":2}},{"group_name":"Asset","group_value":"Asset","groups":[{"group_name":"ip","group_value":"ip","summaries":{"id":1}}],"summaries":{"id":1}}],"summaries":{"id":3}}"#]].assert_eq(&results.to_string());
    let wrong = json!([{"field": "entity", "type": "exact", "direction": "up"}]);
    let error = scene
        .call("summarize", json!({"type": "Task", "summaries": [], "grouping": wrong}))
        .expect_err("no such direction");
    expect!["103 API summarize() invalid/missing 'direction' ('asc' or 'desc') in 'grouping':"]
        .assert_eq(error.lines().next().unwrap_or_default());
}

#[test]
fn days_are_clustered_by_where_they_are_from_today() {
    let mut scene = Scene::new();
    for (number, day) in [
        "2025-12-31",
        "2026-01-01",
        "2026-01-25",
        "2026-01-26",
        "2026-02-01",
        "2026-02-02",
        "2026-02-03",
        "2026-02-04",
        "2026-02-05",
        "2026-02-08",
        "2026-02-09",
        "2026-02-15",
        "2026-02-16",
        "2026-02-28",
        "2026-03-31",
        "2026-04-01",
    ]
    .into_iter()
    .enumerate()
    {
        let task = json!({"content": format!("t{number}"), "project": link("Project", 4), "due_date": day});
        scene.seed("Task", task);
    }
    let grouping = json!([{"field": "due_date", "type": "clustered_date"}]);
    let results = scene.ok(
        "summarize",
        json!({"type": "Task", "grouping": grouping,
        "summaries": [{"field": "due_date", "type": "earliest"}]}),
    );
    let lines = results["groups"].as_array().expect("groups are a list").iter();
    let told: String = lines
        .map(|group| format!("{} from {}\n", group["group_name"], group["summaries"]["due_date"]))
        .collect();
    expect![[r#"
        "Earlier" from "2025-12-31"
        "Last Month" from "2026-01-01"
        "Last Week" from "2026-01-26"
        "Yesterday" from "2026-02-02"
        "Today" from "2026-02-03"
        "Tomorrow" from "2026-02-04"
        "Later This Week" from "2026-02-05"
        "Next Week" from "2026-02-09"
        "Later This Month" from "2026-02-16"
        "Next Month" from "2026-03-31"
        "Later" from "2026-04-01"
    "#]]
    .assert_eq(&told);
}
