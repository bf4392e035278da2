//! The rows that writes leave in the event log.

use expect_test::expect;
use serde_json::json;

use super::{Scene, link, listed, outcome};
use crate::model::{EntityLink, EventDraft};

#[test]
fn a_create_tells_of_itself_its_fields_and_the_other_sides() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    scene.create("Task", json!({"content": "anim", "project": link("Project", 4), "entity": link("Shot", 1), "sg_description": null}));
    expect![[r#"
        1 Shotgun_Task_New Task 1 {"entity_id":1,"entity_type":"Task","type":"new_entity"}
        2 Shotgun_Task_Change[project] Task 1 {"attribute_name":"project","entity_id":1,"entity_type":"Task","field_data_type":"entity","in_create":true,"new_value":{"id":4,"name":"Demo","status":null,"type":"Project","uuid":"1af20bcb-f473-4b65-b127-64d2c9e2a908","valid":"valid"},"old_value":null,"type":"attribute_change"}
        3 Shotgun_Task_Change[content] Task 1 {"attribute_name":"content","entity_id":1,"entity_type":"Task","field_data_type":"text","in_create":true,"new_value":"anim","old_value":null,"type":"attribute_change"}
        4 Shotgun_Task_Change[entity] Task 1 {"attribute_name":"entity","entity_id":1,"entity_type":"Task","field_data_type":"entity","in_create":true,"new_value":{"id":1,"name":"sh010","status":"wtg","type":"Shot","uuid":"de0a1470-7e46-49dc-8c8b-13a6e7a722be","valid":"valid"},"old_value":null,"type":"attribute_change"}
        5 Shotgun_Shot_Change[tasks] Shot 1 {"actual_attribute_changed":"Task.entity","added":[{"id":1,"name":"anim","status":null,"type":"Task","uuid":"1e581e5b-cc19-4808-9c83-784ef9008ce4","valid":"valid"}],"attribute_name":"tasks","entity_id":1,"entity_type":"Task","field_data_type":"entity","in_create":true,"original_event_log_entry_id":4,"removed":[],"type":"attribute_change"}
        6 Shotgun_Task_Change[color] Task 1 {"attribute_name":"color","entity_id":1,"entity_type":"Task","field_data_type":"color","in_create":true,"new_value":"pipeline_step","old_value":null,"type":"attribute_change"}
        7 Shotgun_Task_Change[sg_status_list] Task 1 {"attribute_name":"sg_status_list","entity_id":1,"entity_type":"Task","field_data_type":"status_list","in_create":true,"new_value":"wtg","old_value":null,"type":"attribute_change"}
    "#]].assert_eq(&scene.events_after(0));
}

#[test]
fn an_update_tells_of_what_changed_only() {
    let mut scene = Scene::new();
    for code in ["sh010", "sh020"] {
        scene.seed("Shot", json!({"code": code, "project": link("Project", 4)}));
    }
    scene.seed(
        "Task",
        json!({"content": "anim", "project": link("Project", 4), "entity": link("Shot", 1)}),
    );
    scene
        .update("Task", 1, json!({"content": "anim", "sg_status_list": "ip", "est_in_mins": 60}))
        .expect("valid");
    scene.update("Task", 1, json!({"entity": link("Shot", 2)})).expect("valid");
    scene.update("Task", 1, json!({"task_assignees": [link("HumanUser", 1)]})).expect("valid");
    scene
        .update("Task", 1, json!({"task_assignees": {"remove": [link("HumanUser", 1)]}}))
        .expect("valid");
    scene
        .update("Task", 1, json!({"task_assignees": {"remove": [link("HumanUser", 1)]}}))
        .expect("valid");
    expect![[r#"
        1 Shotgun_Task_Change[est_in_mins] Task 1 {"attribute_name":"est_in_mins","entity_id":1,"entity_type":"Task","field_data_type":"duration","new_value":60,"old_value":null,"type":"attribute_change"}
        2 Shotgun_Task_Change[sg_status_list] Task 1 {"attribute_name":"sg_status_list","entity_id":1,"entity_type":"Task","field_data_type":"status_list","new_value":"ip","old_value":"wtg","type":"attribute_change"}
        3 Shotgun_Task_Change[entity] Task 1 {"attribute_name":"entity","entity_id":1,"entity_type":"Task","field_data_type":"entity","new_value":{"id":2,"name":"sh020","status":"wtg","type":"Shot","uuid":"fede2435-a423-4c11-ae64-cc11b47dffbe","valid":"valid"},"old_value":{"id":1,"name":"sh010","status":"wtg","type":"Shot","uuid":"de0a1470-7e46-49dc-8c8b-13a6e7a722be","valid":"valid"},"type":"attribute_change"}
        4 Shotgun_Shot_Change[tasks] Shot 1 {"actual_attribute_changed":"Task.entity","added":[],"attribute_name":"tasks","entity_id":1,"entity_type":"Task","field_data_type":"entity","original_event_log_entry_id":3,"removed":[{"id":1,"name":"anim","status":"ip","type":"Task","uuid":"1e581e5b-cc19-4808-9c83-784ef9008ce4","valid":"valid"}],"type":"attribute_change"}
        5 Shotgun_Shot_Change[tasks] Shot 2 {"actual_attribute_changed":"Task.entity","added":[{"id":1,"name":"anim","status":"ip","type":"Task","uuid":"1e581e5b-cc19-4808-9c83-784ef9008ce4","valid":"valid"}],"attribute_name":"tasks","entity_id":1,"entity_type":"Task","field_data_type":"entity","original_event_log_entry_id":3,"removed":[],"type":"attribute_change"}
        6 Shotgun_Task_Change[task_assignees] Task 1 {"added":[{"id":1,"name":"Jane Roe","status":"act","type":"HumanUser","uuid":"66e369df-7a1a-46f3-8460-cb803abfb4ca","valid":"valid"}],"attribute_name":"task_assignees","entity_id":1,"entity_type":"Task","field_data_type":"multi_entity","removed":[],"type":"attribute_change"}
        7 Shotgun_Task_Change[task_assignees] Task 1 {"added":[],"attribute_name":"task_assignees","entity_id":1,"entity_type":"Task","field_data_type":"multi_entity","removed":[{"id":1,"name":"Jane Roe","status":"act","type":"HumanUser","uuid":"66e369df-7a1a-46f3-8460-cb803abfb4ca","valid":"valid"}],"type":"attribute_change"}
    "#]].assert_eq(&scene.events_after(0));
}

#[test]
fn moving_a_shot_tells_both_sequences() {
    let mut scene = Scene::new();
    for code in ["SQ1", "SQ2"] {
        scene.seed("Sequence", json!({"code": code, "project": link("Project", 4)}));
    }
    scene.seed(
        "Shot",
        json!({"code": "sh010", "project": link("Project", 4), "sg_sequence": link("Sequence", 1)}),
    );
    scene.update("Sequence", 2, json!({"shots": {"add": [link("Shot", 1)]}})).expect("valid");
    expect![[r#"
        1 Shotgun_Sequence_Change[shots] Sequence 2 {"added":[{"id":1,"name":"sh010","status":"wtg","type":"Shot","uuid":"de0a1470-7e46-49dc-8c8b-13a6e7a722be","valid":"valid"}],"attribute_name":"shots","entity_id":2,"entity_type":"Sequence","field_data_type":"multi_entity","removed":[],"type":"attribute_change"}
        2 Shotgun_Shot_Change[sg_sequence] Shot 1 {"actual_attribute_changed":"Sequence.shots","attribute_name":"sg_sequence","entity_id":2,"entity_type":"Sequence","field_data_type":"multi_entity","new_value":{"id":2,"name":"SQ2","status":"ip","type":"Sequence","uuid":"a8f5b39a-e407-4fdc-bbe7-05bcb4b366e3","valid":"valid"},"old_value":{"id":1,"name":"SQ1","status":"ip","type":"Sequence","uuid":"522cf3bd-34af-4a75-8c74-bfcc1c94ab53","valid":"valid"},"original_event_log_entry_id":1,"type":"attribute_change"}
        3 Shotgun_Sequence_Change[shots] Sequence 1 {"actual_attribute_changed":"Sequence.shots","added":[],"attribute_name":"shots","entity_id":2,"entity_type":"Sequence","field_data_type":"multi_entity","original_event_log_entry_id":1,"removed":[{"id":1,"name":"sh010","status":"wtg","type":"Shot","uuid":"de0a1470-7e46-49dc-8c8b-13a6e7a722be","valid":"valid"}],"type":"attribute_change"}
    "#]].assert_eq(&scene.events_after(0));
}

#[test]
fn retirement_and_revival_are_told_with_their_date() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    scene.seed(
        "Version",
        json!({"code": "v1", "project": link("Project", 4), "entity": link("Shot", 1)}),
    );
    scene.ok("delete", link("Shot", 1));
    let retired = scene.events_after(0);
    scene.ok("revive", link("Shot", 1));
    expect![[r#"
        1 Shotgun_Shot_Retirement - {"class_name":"Shot","display_name":"sh010","entity_id":1,"entity_type":"Shot","id":1,"retirement_date":"2026-02-03 10:11:12 UTC","type":"entity_retirement"}
        2 Shotgun_Shot_Change[retirement_date] - {"attribute_name":"retirement_date","entity_id":1,"entity_type":"Shot","new_value":"2026-02-03 10:11:12 UTC","old_value":null,"type":"attribute_change"}
        3 Shotgun_Version_Retirement - {"class_name":"Version","display_name":"v1","entity_id":1,"entity_type":"Version","id":1,"retirement_date":"2026-02-03 10:11:12 UTC","type":"entity_retirement"}
        4 Shotgun_Version_Change[retirement_date] - {"attribute_name":"retirement_date","entity_id":1,"entity_type":"Version","new_value":"2026-02-03 10:11:12 UTC","old_value":null,"type":"attribute_change"}
        --
        1 Shotgun_Shot_Retirement Shot 1 {"class_name":"Shot","display_name":"sh010","entity_id":1,"entity_type":"Shot","id":1,"retirement_date":"2026-02-03 10:11:12 UTC","type":"entity_retirement"}
        2 Shotgun_Shot_Change[retirement_date] Shot 1 {"attribute_name":"retirement_date","entity_id":1,"entity_type":"Shot","new_value":"2026-02-03 10:11:12 UTC","old_value":null,"type":"attribute_change"}
        3 Shotgun_Version_Retirement Version 1 {"class_name":"Version","display_name":"v1","entity_id":1,"entity_type":"Version","id":1,"retirement_date":"2026-02-03 10:11:12 UTC","type":"entity_retirement"}
        4 Shotgun_Version_Change[retirement_date] Version 1 {"attribute_name":"retirement_date","entity_id":1,"entity_type":"Version","new_value":"2026-02-03 10:11:12 UTC","old_value":null,"type":"attribute_change"}
        5 Shotgun_Shot_Revival Shot 1 {"class_name":"Shot","display_name":"sh010","entity_id":1,"entity_type":"Shot","id":1,"type":"entity_revival"}
        6 Shotgun_Shot_Change[retirement_date] Shot 1 {"attribute_name":"retirement_date","entity_id":1,"entity_type":"Shot","new_value":null,"old_value":"2026-02-03 10:11:12 UTC","type":"attribute_change"}
        7 Shotgun_Version_Revival Version 1 {"class_name":"Version","display_name":"v1","entity_id":1,"entity_type":"Version","id":1,"type":"entity_revival"}
        8 Shotgun_Version_Change[retirement_date] Version 1 {"attribute_name":"retirement_date","entity_id":1,"entity_type":"Version","new_value":null,"old_value":"2026-02-03 10:11:12 UTC","type":"attribute_change"}
    "#]].assert_eq(&format!("{retired}--\n{}", scene.events_after(0)));
}

#[test]
fn an_entry_has_the_nine_usual_fields_and_names_of_today() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    scene.auth["session_uuid"] = "7a0e1c1e".into();
    scene.update("Shot", 1, json!({"description": "a \"b\""})).expect("valid");
    let usual = json!([
        "id",
        "event_type",
        "attribute_name",
        "meta",
        "entity",
        "user",
        "project",
        "session_uuid",
        "created_at",
    ]);
    let entry = scene.find("EventLogEntry", json!([]), usual.clone()).expect("valid");
    expect![[r#"
        [
          {
            "attribute_name": "description",
            "created_at": "2026-02-03T10:11:12Z",
            "entity": {
              "id": 1,
              "name": "sh010",
              "type": "Shot"
            },
            "event_type": "Shotgun_Shot_Change",
            "id": 1,
            "meta": {
              "attribute_name": "description",
              "entity_id": 1,
              "entity_type": "Shot",
              "field_data_type": "text",
              "new_value": "a \"b\"",
              "old_value": null,
              "type": "attribute_change"
            },
            "project": {
              "id": 4,
              "name": "Demo",
              "type": "Project"
            },
            "session_uuid": "7a0e1c1e",
            "type": "EventLogEntry",
            "user": {
              "id": 1,
              "name": "robot 1.0",
              "type": "ApiUser"
            }
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&entry).expect("it is JSON"));
    scene.update("Shot", 1, json!({"code": "sh011"})).expect("valid");
    let renamed =
        scene.find("EventLogEntry", json!([["id", "is", 1]]), usual.clone()).expect("valid");
    assert_eq!(renamed[0]["entity"]["name"], "sh011");
    scene.ok("delete", link("Shot", 1));
    let retired = scene.find("EventLogEntry", json!([["id", "is", 1]]), usual).expect("valid");
    assert!(retired[0]["entity"].is_null() && retired[0]["meta"]["entity_id"] == 1, "{retired}");
    let slow = scene.find(
        "EventLogEntry",
        json!([["id", "is", 1]]),
        json!(["meta", "entity", "description"]),
    );
    expect![[r#"[{"description":"robot 1.0 changed \"description\" on Shot \"sh011\"","entity":null,"id":1,"meta":{"attribute_name":"description","entity_id":1,"entity_type":"Shot","field_data_type":"text","new_value":"a \"b\"","old_value":null,"type":"attribute_change"},"type":"EventLogEntry"}]"#]].assert_eq(&outcome(slow));
}

#[test]
fn the_log_is_filtered_by_id_and_by_field() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    for code in ["a", "b", "c"] {
        scene.update("Shot", 1, json!({"code": code, "description": code})).expect("valid");
    }
    let mut text = String::new();
    for conditions in [
        json!([["id", "greater_than", 4]]),
        json!([["id", "in", [5, 2, 99]]]),
        json!([["id", "between", 2, 3]]),
        json!([["id", "less_than", 3]]),
        json!([["attribute_name", "is", "code"], ["id", "greater_than", 1]]),
        json!([
            ["entity", "is", link("Shot", 1)],
            ["event_type", "starts_with", "shotgun_shot_"],
            ["id", "is", 3]
        ]),
        json!([
            ["project.Project.name", "is", "Demo"],
            ["user", "type_is", "ApiUser"],
            ["id", "less_than", 2]
        ]),
        json!([["created_at", "greater_than", "2030-01-01"]]),
        json!([["meta", "is", "x"]]),
    ] {
        let found = match scene.find("EventLogEntry", conditions.clone(), json!([])) {
            Ok(rows) => rows
                .as_array()
                .into_iter()
                .flatten()
                .map(|row| row["id"].to_string())
                .collect::<Vec<_>>()
                .join(" "),
            Err(error) => error,
        };
        text.push_str(&format!("{conditions} -> {found}\n"));
    }
    expect![[r#"
        [["id","greater_than",4]] -> 5 6
        [["id","in",[5,2,99]]] -> 2 5
        [["id","between",2,3]] -> 2 3
        [["id","less_than",3]] -> 1 2
        [["attribute_name","is","code"],["id","greater_than",1]] -> 3 5
        [["entity","is",{"id":1,"type":"Shot"}],["event_type","starts_with","shotgun_shot_"],["id","is",3]] -> 3
        [["project.Project.name","is","Demo"],["user","type_is","ApiUser"],["id","less_than",2]] -> 1
        [["created_at","greater_than","2030-01-01"]] -> 
        [["meta","is","x"]] -> 103 API read() EventLogEntry.meta's 'serializable' data type cannot be used in a filter.
    "#]].assert_eq(&text);
    let newest = scene.ok(
        "read",
        json!({"type": "EventLogEntry", "paging": {"entities_per_page": 1, "current_page": 1},
            "sorts": [{"field_name": "id", "direction": "desc"}]}),
    );
    assert_eq!(newest["entities"][0]["id"], 6);
}

#[test]
fn clients_write_entries_of_their_own() {
    let mut scene = Scene::new();
    let fields = json!({"event_type": "Studio_Thing_Done", "project": link("Project", 4), "meta": {"a": 1}, "description": "done"});
    let mut text = String::new();
    for (method, params) in [
        (
            "create",
            json!({"type": "EventLogEntry", "fields": listed(fields), "return_fields": ["user", "created_at"]}),
        ),
        ("create", json!({"type": "EventLogEntry", "fields": []})),
        ("update", json!({"type": "EventLogEntry", "id": 1, "fields": []})),
        ("delete", link("EventLogEntry", 1)),
    ] {
        text.push_str(&format!("{}\n", outcome(scene.call(method, params))));
    }
    text.push_str(&scene.events_after(0));
    expect![[r#"
        {"created_at":"2026-02-03T10:11:12Z","description":"done","event_type":"Studio_Thing_Done","id":1,"meta":{"a":1},"project":{"id":4,"name":"Demo","type":"Project"},"type":"EventLogEntry","user":{"id":1,"name":"robot 1.0","type":"ApiUser"}}
        error 103 API create() missing 'event_type' attribute: {}
        error 104 API update() CRUD ERROR #4.1: Entity EventLogEntry 1 can not be changed by this user. Rule: API Admin
        error 104 API delete() CRUD ERROR #4.1: Entity EventLogEntry 1 can not be changed by this user. Rule: API Admin
        1 Studio_Thing_Done - {"a":1}
    "#]].assert_eq(&text);
}

#[test]
fn a_hold_keeps_its_ids_and_shows_its_rows_later() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    let draft =
        EventDraft { entity: Some(EntityLink::new("Shot", 1)), ..EventDraft::new("Studio_Held") };
    let early = scene.model.hold_events(vec![draft.clone(), draft.clone()], scene.now);
    let dropped = scene.model.hold_events(vec![draft], scene.now);
    assert_eq!((early.event_ids(), dropped.event_ids()), (&[1, 2][..], &[3][..]));
    scene.update("Shot", 1, json!({"code": "a"})).expect("valid");
    let ids =
        |scene: &Scene| scene.model.events_after(0).map(|event| event.id()).collect::<Vec<_>>();
    assert_eq!(ids(&scene), [4]);
    scene.model.commit_hold(early);
    assert_eq!(ids(&scene), [1, 2, 4]);
    scene.model.roll_back_hold(dropped);
    assert_eq!(ids(&scene), [1, 2, 4]);
    assert_eq!(scene.model.waiting_event_ids().count(), 0);
}

#[test]
fn a_held_request_changes_the_record_at_once() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    let params = json!({"type": "Shot", "id": 1, "fields": listed(json!({"code": "held"}))});
    let request = crate::wire::Request::new("update", vec![scene.auth.clone(), params]);
    let (_, hold) = scene.model.rpc_held(&request, scene.now).expect("valid");
    assert_eq!(scene.model.entity("Shot", 1).expect("seeded").name(), "held");
    assert_eq!((scene.model.event_count(), hold.event_ids()), (0, &[1][..]));
    scene.model.commit_hold(hold);
    assert_eq!(scene.model.event_count(), 1);
}

#[test]
fn an_old_site_has_high_ids() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    scene.update("Shot", 1, json!({"code": "a"})).expect("valid");
    scene.model.skip_event_ids_to(9_000_000_000);
    scene.update("Shot", 1, json!({"code": "b"})).expect("valid");
    assert_eq!((scene.model.newest_event_id(), scene.model.event_count()), (9_000_000_000, 2));
    let none = scene.find(
        "EventLogEntry",
        json!([["id", "greater_than", 9], ["id", "less_than", 3]]),
        json!([]),
    );
    assert_eq!(outcome(none), "[]");
}
