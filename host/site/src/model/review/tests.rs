use serde_json::{Value as Json, json};

use super::activity::{Activity, Kind, Update};
use crate::model::Model;
use crate::model::tests::{Scene, link};
use crate::model::value::{Ref, TypeId};
use crate::wire::Request;

/// A project with a shot that has a note, an asset, and a person who read the note.
fn scene() -> Scene {
    let mut scene = Scene::new();
    let shot = scene.create("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    scene.create("Asset", json!({"code": "Bunny", "project": link("Project", 4)}));
    let note = json!({"subject": "look", "project": link("Project", 4), "note_links": [link("Shot", shot)]});
    let note = scene.create("Note", note);
    scene.create("Reply", json!({"content": "done", "entity": link("Note", note)}));
    let script = std::mem::replace(
        &mut scene.auth,
        json!({"user_login": "jane", "user_password": "jane-password"}),
    );
    scene.update("Note", note, json!({"read_by_current_user": "read"})).expect("a valid update");
    scene.ok("update_project_last_accessed_by_current_user", json!({"project_id": 4}));
    scene.auth = script;
    scene
}

/// What everybody's pages show of the scene.
fn shown(scene: &mut Scene) -> Vec<Json> {
    let mut shown = Vec::new();
    for auth in
        [scene.auth.clone(), json!({"user_login": "jane", "user_password": "jane-password"})]
    {
        scene.auth = auth;
        shown.push(scene.ok("activity_stream", json!({"type": "Shot", "id": 1})));
        shown.push(scene.ok("note_thread_contents", json!({"note_id": 1})));
        let notes = scene.find("Note", json!([]), json!(["read_by_current_user"]));
        shown.push(notes.expect("the field is there"));
        let projects = scene.find("Project", json!([]), json!(["last_accessed_by_current_user"]));
        shown.push(projects.expect("the field is there"));
    }
    shown
}

#[test]
fn a_snapshot_keeps_streams_reading_and_visits() {
    let mut first = scene();
    let mut second = scene();
    second.model = Model::from_snapshot(&second.model.to_snapshot()).expect("it was just written");
    assert_eq!(shown(&mut first), shown(&mut second));
    assert!(shown(&mut first)[0]["updates"][0]["id"] != Json::Null);
    for scene in [&mut first, &mut second] {
        scene.create("Shot", json!({"code": "sh020", "project": link("Project", 4)}));
    }
    let newest = |scene: &mut Scene| {
        scene.ok("activity_stream", json!({"type": "Project", "id": 4}))["latest_update_id"].take()
    };
    assert_eq!(newest(&mut first), newest(&mut second), "ids go on where they were");
}

#[test]
fn what_was_personal_is_nobodys_in_the_page() {
    let scene = scene();
    let note = scene.model.entity("Note", 1).expect("it was created");
    assert_eq!(note.field("read_by_current_user"), Json::Null);
}

#[test]
fn a_script_that_generates_no_entries_leaves_no_updates() {
    let mut scene = scene();
    scene
        .update("ApiUser", 1, json!({"generate_event_log_entries": false}))
        .expect("a valid update");
    let stream = |scene: &mut Scene| {
        scene.ok("activity_stream", json!({"type": "Project", "id": 4}))["latest_update_id"].take()
    };
    let before = stream(&mut scene);
    scene.create("Shot", json!({"code": "sh020", "project": link("Project", 4)}));
    assert_eq!(stream(&mut scene), before);
}

#[test]
fn a_write_that_is_rolled_back_leaves_no_update() {
    let mut scene = scene();
    let before = scene.ok("activity_stream", json!({"type": "Project", "id": 4}));
    let create = json!({"request_type": "create", "type": "Shot",
        "fields": [{"field_name": "project", "value": link("Project", 4)}]});
    scene
        .call("batch", json!([create, {"request_type": "delete", "type": "Shot", "id": 99}]))
        .expect_err("no such Shot");
    assert_eq!(scene.ok("activity_stream", json!({"type": "Project", "id": 4})), before);
}

#[test]
fn ids_go_on_when_the_oldest_updates_go() {
    let record = Ref { entity_type: TypeId(0), id: 1 };
    let update = Update {
        kind: Kind::Create,
        primary: record,
        about: Box::new([record]),
        meta: "{}".into(),
        at: 0,
        by: None,
    };
    let mut activity = Activity::default();
    for _ in 0..super::activity::UPDATES_MAX + 2 {
        activity.push(update.clone());
    }
    let ids: Vec<u64> = activity.updates().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), super::activity::UPDATES_MAX);
    assert_eq!((ids.first(), ids.last().copied()), (Some(&3), Some(activity.newest())));
}

#[test]
fn a_tree_of_many_shots_is_searched_quickly() {
    let mut scene = Scene::new();
    for number in 0..200 {
        scene.seed(
            "Sequence",
            json!({"code": format!("SQ{number}"), "project": link("Project", 4)}),
        );
    }
    for number in 0..20_000_u64 {
        scene.seed(
            "Shot",
            json!({"code": format!("sh{number}"), "project": link("Project", 4), "sg_sequence": link("Sequence", number % 200 + 1)}),
        );
    }
    let begin = std::time::Instant::now();
    let found = scene.ok(
        "nav_search",
        json!({"root_path": "/", "seed_entity_field": null, "search_criteria": {"search_string": "sh19999"}}),
    );
    let took = begin.elapsed();
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    assert!(took.as_secs() < 5, "{took:?}");
}

#[test]
fn the_order_of_types_is_kept_where_it_can_be() {
    let types = |body: &str| {
        Request::parse(body.as_bytes()).expect("a request").params[1]["entity_types"].to_string()
    };
    let search = r#"{"method_name": "query_display_name_cache", "params": [{}, {"text": "x", "entity_types": {"Shot": {}, "Asset": {}}}]}"#;
    assert_eq!(types(search), r#"[["Shot",{}],["Asset",{}]]"#);
    assert_eq!(types(&search.replace(r#"{"Shot": {}, "Asset": {}}"#, "7")), "7");
    assert_eq!(
        types(&search.replace("query_display_name_cache", "read")),
        r#"{"Asset":{},"Shot":{}}"#
    );
}
