//! `batch`: all or nothing.

use expect_test::expect;
use serde_json::json;

use super::{Scene, link, listed, outcome};

#[test]
fn items_take_effect_in_order() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    let results = scene.ok(
        "batch",
        json!([
            {"request_type": "create", "type": "Shot", "fields": listed(json!({"code": "a", "project": link("Project", 4)})), "return_fields": ["id"]},
            {"request_type": "update", "type": "Shot", "id": 1, "fields": listed(json!({"code": "b"}))},
            {"request_type": "delete", "type": "Shot", "id": 1},
            {"request_type": "revive", "type": "Shot", "id": 1},
        ]),
    );
    expect![[r#"[{"code":"a","id":2,"project":{"id":4,"name":"Demo","type":"Project"},"type":"Shot"},{"code":"b","id":1,"type":"Shot"},true,true]"#]].assert_eq(&results.to_string());
    assert_eq!(scene.ok("batch", json!([])), json!([]));
}

#[test]
fn a_failing_item_takes_all_back() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    let result = scene.call(
        "batch",
        json!([
            {"request_type": "update", "type": "Shot", "id": 1, "fields": listed(json!({"code": "b"}))},
            {"request_type": "create", "type": "Task", "fields": listed(json!({"content": "t", "entity": link("Shot", 1), "project": link("Project", 4)}))},
            {"request_type": "delete", "type": "Shot", "id": 1},
            {"request_type": "update", "type": "Shot", "id": 99, "fields": []},
        ]),
    );
    expect![[r#"
        error 104 API batch() request with index 3 failed.  All requests rolled back.
        API update() CRUD ERROR #3: Entity of type [Shot] with id=99 does not exist."#]]
    .assert_eq(&outcome(result));
    let shot = scene.model.entity("Shot", 1).expect("seeded");
    assert_eq!(
        (shot.name().as_str(), shot.is_retired(), shot.field("tasks")),
        ("sh010", false, json!([]))
    );
    assert_eq!((scene.model.event_count(), scene.model.entity_count("Task")), (0, 0));
    // The ids that the failed transaction took stay missing, as on the real site.
    scene.update("Shot", 1, json!({"code": "c"})).expect("valid");
    assert!(scene.model.newest_event_id() > 1);
}
