//! What users may do, and that what is hidden from them is not told in any way.

use expect_test::expect;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::model::schema::Schema;
use crate::model::tests::{Scene, link, listed};
use crate::model::{Model, Now};
use crate::wire::Request;

/// Fields of several kinds that a reader does not see; of the links, one with another side.
fn rules() -> Json {
    json!({"permission_rule_sets": [
        {"code": "blind", "name": "Blind", "entity_type": "ApiUser", "rules": [
            {"deny": ["see"], "types": ["Shot"], "fields": ["sg_cut_in", "sg_sequence", "description"]},
            {"deny": ["see"], "types": ["Task"], "fields": ["task_assignees", "start_date"]},
            {"deny": ["see"], "types": ["Version"], "fields": ["created_at"]},
            {"deny": ["read"], "types": ["TimeLog"]},
            {"deny": ["delete", "alter_schema"]}, {"allow": ["delete"], "types": ["Task"]},
            {"deny": ["create"], "types": ["Sequence"]},
            {"deny": ["update"], "types": ["Shot"]}, {"allow": ["update"], "types": ["Shot"], "fields": ["sg_cut_out"]}]}]})
}

/// A site with a script of each rule set; the scene calls as the one that may do everything.
fn scene() -> Scene {
    let schema = Schema::production().extended("rules.json", &rules().to_string());
    let mut scene = Scene::new();
    scene.model = Model::new(schema.expect("the rules keep to the rules"));
    scene.model.add_standard_records().expect("the schema has types for them");
    scene.model.add_script("robot", "robot-key");
    for code in ["blind", "read_only"] {
        let script = scene.model.add_script(code, "key");
        let set = scene.model.permission_rule_set(code).expect("it is a standard record");
        scene
            .update(
                "ApiUser",
                script.id,
                json!({"permission_rule_set": link("PermissionRuleSet", set.id)}),
            )
            .expect("the script can be given a role");
    }
    scene.seed("Project", json!({"id": 4, "name": "Demo"}));
    scene
}

impl Scene {
    fn call_as(&mut self, script: &str, method: &str, params: Json) -> Result<Json, String> {
        let auth = json!({"script_name": script, "script_key": if script == "robot" { "robot-key" } else { "key" }});
        let before = std::mem::replace(&mut self.auth, auth);
        let answer = self.call(method, params);
        self.auth = before;
        answer
    }

    fn create_as(&mut self, script: &str, entity_type: &str, fields: Json) -> Result<Json, String> {
        self.call_as(script, "create", json!({"type": entity_type, "fields": listed(fields)}))
    }
}

fn project() -> Json {
    link("Project", 4)
}

#[test]
fn what_is_denied_is_refused_with_the_rule() {
    let mut scene = scene();
    let shot = scene.create("Shot", json!({"project": project()}));
    let task = scene.create("Task", json!({"project": project(), "entity": link("Shot", shot)}));
    let before = scene.model.newest_event_id();
    let update = |entity_type: &str, id: u64, fields: Json| json!({"type": entity_type, "id": id, "fields": listed(fields)});
    let batch = json!([
        {"request_type": "create", "type": "Shot", "fields": listed(json!({"project": project()}))},
        {"request_type": "delete", "type": "Shot", "id": shot}]);
    let calls = [
        scene.create_as("read_only", "Shot", json!({"project": project()})),
        scene.call_as("read_only", "update", update("Shot", shot, json!({"code": "a"}))),
        scene.call_as("read_only", "delete", json!({"type": "Shot", "id": shot})),
        scene.call_as("read_only", "revive", json!({"type": "Shot", "id": shot})),
        scene.call_as("read_only", "schema_field_create", json!({"type": "Shot", "data_type": "text", "properties": [{"property_name": "name", "value": "A"}]})),
        scene.call_as("read_only", "schema_field_delete", json!({"type": "Shot", "field_name": "sg_cut_in"})),
        scene.create_as("blind", "Sequence", json!({"project": project()})),
        scene.call_as("blind", "update", update("Shot", shot, json!({"sg_cut_out": 4, "code": 5}))),
        scene.call_as("blind", "batch", batch),
        scene.call_as("blind", "read", json!({"type": "TimeLog", "paging": {"entities_per_page": 1, "current_page": 1}})),
        scene.call_as("blind", "summarize", json!({"type": "TimeLog", "summaries": []})),
        // What is not there is not there for anybody, before it is a matter of permission.
        scene.call_as("read_only", "update", update("Shot", shot, json!({"sg_nope": 1}))),
        scene.call_as("read_only", "delete", json!({"type": "Shot", "id": 99})),
    ];
    let told: String = calls
        .iter()
        .map(|call| format!("{}\n", call.as_ref().expect_err("it is denied")))
        .collect();
    expect![[r#"
        104 API create() CRUD ERROR #6: Entity of type Shot cannot be created by this user. Rule: Read Only -- PermissionRule 1: DENY create_entity FOR entity_type => Shot
        104 API update() CRUD ERROR #5: The field is not editable for this user: [Shot.code]. Rule: Read Only -- PermissionRule 1: DENY update_field FOR entity_type => Shot, field_name => code
        104 API delete() CRUD ERROR #4.1: Entity Shot 1 can not be deleted by this user. Rule: Read Only -- PermissionRule 1: DENY retire_entity FOR entity_type => Shot
        104 API revive() CRUD ERROR #4.1: Entity Shot 1 can not be revived by this user. Rule: Read Only -- PermissionRule 1: DENY retire_entity FOR entity_type => Shot
        104 API schema_field_create() The fields of Shot can not be changed by this user. Rule: Read Only -- PermissionRule 1: DENY edit_schema FOR entity_type => Shot
        104 API schema_field_delete() The fields of Shot can not be changed by this user. Rule: Read Only -- PermissionRule 1: DENY edit_schema FOR entity_type => Shot
        104 API create() CRUD ERROR #6: Entity of type Sequence cannot be created by this user. Rule: Blind -- PermissionRule 25: DENY create_entity FOR entity_type => Sequence
        104 API update() CRUD ERROR #5: The field is not editable for this user: [Shot.code]. Rule: Blind -- PermissionRule 26: DENY update_field FOR entity_type => Shot, field_name => code
        104 API batch() request with index 1 failed.  All requests rolled back.
        API delete() CRUD ERROR #4.1: Entity Shot 1 can not be deleted by this user. Rule: Blind -- PermissionRule 23: DENY retire_entity FOR entity_type => Shot
        104 API read() Entity of type TimeLog can not be accessed by this user. Rule: Blind -- PermissionRule 22: DENY read_entity FOR entity_type => TimeLog
        104 API summarize() Entity of type TimeLog can not be accessed by this user. Rule: Blind -- PermissionRule 22: DENY read_entity FOR entity_type => TimeLog
        103 API update() Shot.sg_nope doesn't exist.
        104 API delete() CRUD ERROR #3: Entity of type [Shot] with id=99 does not exist.
    "#]].assert_eq(&told);
    assert_eq!(scene.model.newest_event_id(), before, "a refusal leaves no event");
    scene
        .call_as("blind", "update", update("Shot", shot, json!({"sg_cut_out": 4})))
        .expect("that field is allowed");
    scene
        .call_as("blind", "delete", json!({"type": "Task", "id": task}))
        .expect("tasks are allowed");
    scene.create_as("blind", "Shot", json!({"project": project()})).expect("shots are allowed");
}

#[test]
fn the_schema_says_what_the_caller_may_edit() {
    let mut scene = scene();
    let read = |scene: &mut Scene, script: &str, field: &str| {
        scene
            .call_as(script, "schema_field_read", json!({"type": "Shot", "field_name": field}))
            .map(|fields| fields[field]["editable"]["value"].as_bool())
    };
    assert_eq!(read(&mut scene, "robot", "code"), Ok(Some(true)));
    assert_eq!(read(&mut scene, "read_only", "code"), Ok(Some(false)));
    assert_eq!(read(&mut scene, "blind", "sg_cut_out"), Ok(Some(true)));
    assert_eq!(read(&mut scene, "blind", "code"), Ok(Some(false)));
    let hidden = read(&mut scene, "blind", "sg_cut_in").expect_err("the field is hidden");
    assert_eq!(hidden, "103 API schema_field_read() Shot.sg_cut_in doesn't exist.");
}

#[test]
fn who_acts_as_a_person_has_the_person_s_rules() {
    let mut scene = scene();
    let jane = scene.model.add_user("jane", "Jane Roe", "secret");
    let artist = scene.model.permission_rule_set("artist").expect("it is a standard record");
    scene
        .update(
            "HumanUser",
            jane.id,
            json!({"permission_rule_set": link("PermissionRuleSet", artist.id)}),
        )
        .expect("the person can be given a role");
    scene.auth["sudo_as_login"] = "jane".into();
    let refused = scene
        .call("create", json!({"type": "Shot", "fields": listed(json!({"project": project()}))}));
    assert!(
        refused.expect_err("an artist creates no shots").contains("Rule: Artist -- PermissionRule")
    );
    scene.auth["sudo_as_login"] = Json::Null;
    scene.create("Shot", json!({"project": project()}));
}

#[test]
fn a_hidden_field_is_as_one_that_is_not_there() {
    let mut scene = scene();
    let read = |fields: Json, path: &str| {
        json!({"type": "Task", "return_fields": fields, "paging": {"entities_per_page": 5, "current_page": 1},
            "filters": {"logical_operator": "and", "conditions": [{"path": path, "relation": "is", "values": [null]}]}})
    };
    for (fields, path) in [
        (json!(["start_date"]), "content"),
        (json!(["entity.Shot.sg_cut_in"]), "content"),
        (json!([]), "entity.Shot.sg_sequence"),
        (json!([]), "entity.Shot.sg_sequence.Sequence.code"),
        (json!([]), "entity.Sequence.shots"),
    ] {
        let refused = scene.call_as("blind", "read", read(fields.clone(), path));
        assert!(refused.expect_err("it is hidden").ends_with("doesn't exist."), "{fields} {path}");
        scene.call_as("robot", "read", read(fields, path)).expect("it is there for others");
    }
    let sent = scene.create_as("blind", "Shot", json!({"project": project(), "sg_cut_in": 3}));
    assert_eq!(sent, Err("103 API create() Shot.sg_cut_in doesn't exist.".to_owned()));
}

#[test]
fn methods_that_would_tell_are_refused() {
    let mut scene = scene();
    let shot = scene.create("Shot", json!({"project": project()}));
    let params = json!({"type": "Shot", "id": shot, "min_id": null, "max_id": null, "limit": null, "entity_fields": {}});
    let refused = scene.call_as("blind", "activity_stream", params.clone());
    assert_eq!(refused, Err("104 API activity_stream() tells of [Shot.sg_sequence], which this user can not see. Rule: Blind".to_owned()));
    scene.call_as("read_only", "activity_stream", params).expect("who sees all may ask");
}

/// A site whose hidden values depend on `flavour`, and nothing else does.
fn flavoured(flavour: i64) -> Scene {
    let mut scene = scene();
    let sequence = |n: i64| link("Sequence", u64::try_from(n).expect("it is positive"));
    for code in ["SQ1", "SQ2"] {
        scene.create("Sequence", json!({"code": code, "project": project()}));
    }
    for name in ["Ann", "Bob"] {
        scene.model.add_user(name, name, "secret");
    }
    for n in 0..6 {
        let secret = (n * flavour) % 2 + 1;
        let shot = scene.create("Shot", json!({"project": project(), "code": format!("S{}", n % 4), "sg_cut_in": 7 * flavour - n,
            "sg_cut_out": n, "sg_sequence": sequence(secret), "description": format!("d{flavour}{n}")}));
        scene.create("Task", json!({"project": project(), "content": "T", "entity": link("Shot", shot),
            "start_date": format!("2026-01-{:02}", secret + n), "task_assignees": [link("HumanUser", secret.unsigned_abs())]}));
        scene.now = Now(scene.now.0 + 1000);
        let made = if flavour == 1 { n } else { 5 - n };
        scene.create("Version", json!({"project": project(), "entity": link("Shot", n.unsigned_abs() % 3 + 1), "created_at": format!("2026-01-0{}T00:00:00Z", made + 1)}));
        scene
            .update("Shot", shot, json!({"sg_cut_in": 70 * flavour - n}))
            .expect("the field can be written");
    }
    scene
}

const TYPES: [&str; 7] =
    ["Shot", "Task", "Version", "Sequence", "EventLogEntry", "HumanUser", "TimeLog"];
const PATHS: [&str; 22] = [
    "id",
    "code",
    "content",
    "description",
    "sg_cut_in",
    "sg_cut_out",
    "sg_sequence",
    "sg_sequence.Sequence.code",
    "shots",
    "shots.Shot.code",
    "task_assignees",
    "task_assignees.HumanUser.name",
    "start_date",
    "entity",
    "entity.Shot.sg_cut_in",
    "entity.Shot.sg_sequence",
    "entity.Shot.code",
    "tasks.Task.start_date",
    "created_at",
    "meta",
    "event_type",
    "attribute_name",
];

fn condition() -> impl Strategy<Value = Json> {
    let relation = prop::sample::select(vec![
        "is",
        "is_not",
        "greater_than",
        "less_than",
        "contains",
        "in",
        "type_is",
        "name_is",
    ]);
    let value = prop_oneof![
        Just(Json::Null),
        (-20_i64..200).prop_map(Json::from),
        "[SdT][0-9]{1,2}".prop_map(Json::from),
        Just(json!("2026-01-03")),
        Just(json!("Ann")),
        Just(json!("sg_cut_in")),
        (1_u64..3).prop_map(|id| link("Sequence", id)),
        (1_u64..7).prop_map(|id| link("Shot", id)),
        (1_u64..3).prop_map(|id| link("HumanUser", id)),
        Just(json!("Shot")),
    ];
    (prop::sample::select(PATHS.to_vec()), relation, value).prop_map(
        |(path, relation, value)| json!({"path": path, "relation": relation, "values": [value]}),
    )
}

fn paths(most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(PATHS.to_vec()), 0..=most)
}

fn query() -> impl Strategy<Value = Request> {
    let group = (prop::collection::vec(condition(), 0..3), prop::sample::select(vec!["and", "or"]));
    let read = (paths(3), paths(2), any::<bool>(), 1_u64..3);
    (prop::sample::select(TYPES.to_vec()), group, read, paths(2), 0_u8..4).prop_map(
        |(entity_type, (conditions, operator), (fields, sorts, preset, page), summed, method)| {
            let sorts: Vec<_> = sorts.iter().map(|path| json!({"field_name": path, "direction": "desc"})).collect();
            let presets = if preset && entity_type == "Version" {
                json!([{"preset_name": "LATEST", "latest_by": "ENTITIES_CREATED_AT"}])
            } else {
                json!([])
            };
            let summaries: Vec<_> =
                summed.iter().zip(["maximum", "count"]).map(|(path, kind)| json!({"field": path, "type": kind})).collect();
            let grouping: Vec<_> =
                summed.iter().map(|path| json!({"field": path, "type": "exact", "direction": "asc"})).collect();
            let params = json!({"type": entity_type, "filters": {"logical_operator": operator, "conditions": conditions},
                "return_fields": fields, "sorts": sorts, "paging": {"entities_per_page": 4, "current_page": page},
                "additional_filter_presets": presets, "return_paging_info": true, "summaries": summaries, "grouping": grouping});
            Request::new(["read", "read", "summarize", "schema_field_read"][usize::from(method)], vec![json!({}), params])
        },
    )
}

fn answer(scene: &mut Scene, script: &str, query: &Request) -> Result<Json, String> {
    scene.call_as(script, &query.method_name, query.params[1].clone())
}

#[test]
fn the_sites_that_are_compared_differ() {
    let (mut left, mut right) = (flavoured(1), flavoured(2));
    for (entity_type, fields) in [
        ("Shot", json!(["sg_cut_in"])),
        ("Shot", json!(["sg_sequence"])),
        ("Sequence", json!(["shots"])),
        ("Task", json!(["start_date", "task_assignees"])),
        ("Version", json!(["created_at"])),
        ("EventLogEntry", json!(["meta"])),
    ] {
        let seen =
            [&mut left, &mut right].map(|scene| scene.find(entity_type, json!([]), fields.clone()));
        assert_ne!(seen[0], seen[1], "{entity_type} {fields}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_hidden_changes_no_answer(queries in prop::collection::vec(query(), 1..30)) {
        let mut sites = SITES.with(|sites| sites.replace(None)).unwrap_or_else(|| (flavoured(1), flavoured(2)));
        for query in &queries {
            let (left, right) = (answer(&mut sites.0, "blind", query), answer(&mut sites.1, "blind", query));
            prop_assert_eq!(left, right, "{:?}", query);
        }
        SITES.with(|kept| kept.replace(Some(sites)));
    }
}

thread_local! {
    /// The two sites: queries leave them as they are.
    static SITES: std::cell::RefCell<Option<(Scene, Scene)>> = const { std::cell::RefCell::new(None) };
}
