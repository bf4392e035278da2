//! Who may call.

use expect_test::expect;
use serde_json::{Value as Json, json};

use super::{Scene, link, outcome};

fn first_row(scene: &mut Scene, auth: Json) -> String {
    scene.auth = auth;
    outcome(scene.find("Project", json!([]), json!(["name"])))
}

#[test]
fn wrong_credentials_are_refused_as_the_service_does() {
    let mut scene = Scene::new();
    scene.seed("HumanUser", json!({"login": "gone", "name": "Gone", "sg_status_list": "dis"}));
    scene.seed(
        "HumanUser",
        json!({"login": "closed", "name": "Closed", "can_impersonate_this_user": false}),
    );
    let script = json!({"script_name": "robot", "script_key": "robot-key"});
    let sudo = |login: &str| {
        let mut auth = script.clone();
        auth["sudo_as_login"] = login.into();
        auth
    };
    let mut text = String::new();
    for auth in [
        script.clone(),
        json!({"script_name": "robot", "script_key": "wrong"}),
        json!({"script_name": "nobody", "script_key": "robot-key"}),
        json!({"user_login": "jane", "user_password": "jane-password"}),
        json!({"user_login": "jane", "user_password": "wrong"}),
        json!({"user_login": "gone", "user_password": ""}),
        json!({"session_token": "0123abcd"}),
        json!({}),
        json!(null),
        sudo("jane"),
        sudo("nobody"),
        sudo("gone"),
        sudo("closed"),
        json!({"user_login": "jane", "user_password": "jane-password", "sudo_as_login": "jane"}),
    ] {
        text.push_str(&format!("{}\n", first_row(&mut scene, auth)));
    }
    expect![[r#"
        [{"id":4,"name":"Demo","type":"Project"}]
        error 102 Can't authenticate script 'robot'
        error 102 Can't authenticate script 'nobody'
        [{"id":4,"name":"Demo","type":"Project"}]
        error 102 Can't authenticate user 'jane'.
        error 102 Can't authenticate user 'gone'.
        error 102 Can't authenticate session token ending with 'abcd'
        error 102 Can't authenticate session token ending with ''
        error 102 Can't authenticate: no credentials were sent
        [{"id":4,"name":"Demo","type":"Project"}]
        error 102 Cannot 'sudo' - unknown or retired user: 'nobody'
        error 102 Cannot 'sudo' - inactive user account: 'gone'
        error 102 Cannot 'sudo' - user account has 'can_impersonate_this_user' turned off: 'closed'
        error 102 The user does not have permission to 'sudo': 'jane'
    "#]]
    .assert_eq(&text);
}

#[test]
fn info_needs_no_credentials() {
    let mut scene = Scene::new();
    let answer = scene
        .model
        .rpc(&crate::wire::Request::new("info", vec![]), scene.now)
        .expect("info always answers");
    expect![[r#"{"api_max_entities_per_page":500,"full_version":[8,50,0,0],"s3_direct_uploads_enabled":false,"s3_enabled_upload_types":{},"s3_uploads_enabled":false,"user_authentication_method":"default","version":[8,50,0]}"#]].assert_eq(answer.body());
}

#[test]
fn a_session_lasts_until_it_expires() {
    let mut scene = Scene::new();
    scene.auth = json!({"user_login": "jane", "user_password": "jane-password"});
    let token = scene.ok("get_session_token", json!({}))["session_id"]
        .as_str()
        .expect("a token")
        .to_owned();
    let auth = json!({"session_token": token, "reject_if_expired": true});
    let before = first_row(&mut scene, auth.clone());
    assert!(scene.model.expire_session(&token));
    let after = first_row(&mut scene, auth);
    assert!(before.contains("Demo"), "{before}");
    assert!(after.starts_with("error 102 Can't authenticate session token ending with"), "{after}");
}

#[test]
fn writes_are_credited_to_the_person_a_script_acts_as() {
    let mut scene = Scene::new();
    scene.auth["sudo_as_login"] = "jane".into();
    scene.auth["session_uuid"] = "7a0e".into();
    let id = scene.create("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    let shot = scene.model.entity("Shot", id).expect("it was created");
    expect![[r#"{"id":1,"name":"Jane Roe","type":"HumanUser"} {"id":1,"name":"Jane Roe","type":"HumanUser"}"#]].assert_eq(&format!(
        "{} {}",
        shot.field("created_by"),
        shot.field("updated_by")
    ));
    let events: String = scene
        .model
        .events_after(0)
        .map(|event| {
            let shown = event.to_json();
            format!(
                "{} {} {}\n",
                shown["user"], shown["session_uuid"], shown["meta"]["sudo_actual_user"]
            )
        })
        .collect();
    expect![[r#"
        {"id":1,"name":"Jane Roe","type":"HumanUser"} "7a0e" {"id":1,"type":"ApiUser"}
        {"id":1,"name":"Jane Roe","type":"HumanUser"} "7a0e" {"id":1,"type":"ApiUser"}
        {"id":1,"name":"Jane Roe","type":"HumanUser"} "7a0e" {"id":1,"type":"ApiUser"}
        {"id":1,"name":"Jane Roe","type":"HumanUser"} "7a0e" {"id":1,"type":"ApiUser"}
    "#]]
    .assert_eq(&events);
}

#[test]
fn a_script_that_generates_no_entries_writes_unseen() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    scene
        .update("ApiUser", 1, json!({"generate_event_log_entries": false}))
        .expect("a valid update");
    let seen = scene.model.newest_event_id();
    scene.update("Shot", 1, json!({"code": "sh011"})).expect("a valid update");
    assert_eq!(scene.model.newest_event_id(), seen);
    scene.auth["sudo_as_login"] = "jane".into();
    scene.update("Shot", 1, json!({"code": "sh012"})).expect("a valid update");
    assert_eq!(scene.model.newest_event_id(), seen + 1);
}

#[test]
fn unknown_methods_and_missing_parameters_are_named() {
    let mut scene = Scene::new();
    let mut text = String::new();
    for (method, params) in [
        ("nonsense", json!({})),
        ("read", json!({"type": "Nope"})),
        ("read", json!({})),
        ("read", json!([1])),
        ("update", json!({"type": "Shot"})),
        ("create", json!({"type": "Shot", "fields": {}})),
        ("create", json!({"type": "Shot", "fields": [{"value": 1}]})),
        ("read", json!({"type": "Shot", "filters": {"conditions": []}, "paging": {}})),
        ("batch", json!({})),
        ("batch", json!([{"type": "Shot"}])),
        ("schema_field_read", json!({"type": "Shot", "field_name": "sg_nope"})),
    ] {
        text.push_str(&format!("{}\n", outcome(scene.call(method, params))));
    }
    expect![[r#"
        error 103 API invalid/missing string 'method_name': 'nonsense'
        error 103 API read() invalid/missing string entity 'type':
        {"type":"Nope"}
        error 103 API read() invalid/missing string entity 'type':
        {}
        error 103 API read() expected [Hash] data type(s) for its parameters but got Array: [1]
        error 103 API update() invalid/missing integer entity 'id':
        {"type":"Shot"}
        error 103 API create() invalid/missing array 'fields':
        {"fields":{},"type":"Shot"}
        error 103 API create() invalid/missing string 'field_name' in 'fields':
        {"fields":[{"value":1}],"type":"Shot"}
        error 103 API read() invalid/missing string 'logical_operator' ('and' or 'or') in 'filters':
        {"filters":{"conditions":[]},"paging":{},"type":"Shot"}
        error 103 API batch() expected [Array] data type(s) but got Hash: {}
        error 103 API batch() request with index 0 failed.  All requests rolled back.
        API batch() invalid/missing string 'request_type':
        {"type":"Shot"}
        error 103 API schema_field_read() Shot.sg_nope doesn't exist.
    "#]]
    .assert_eq(&text);
}

#[test]
fn schema_reads_describe_fields() {
    let mut scene = Scene::new();
    let field =
        scene.ok("schema_field_read", json!({"type": "Shot", "field_name": "sg_status_list"}));
    expect![[r#"
        {
          "sg_status_list": {
            "data_type": {
              "editable": false,
              "value": "status_list"
            },
            "description": {
              "editable": true,
              "value": ""
            },
            "editable": {
              "editable": false,
              "value": true
            },
            "entity_type": {
              "editable": false,
              "value": "Shot"
            },
            "mandatory": {
              "editable": false,
              "value": false
            },
            "name": {
              "editable": true,
              "value": "Status"
            },
            "properties": {
              "default_value": {
                "editable": true,
                "value": "wtg"
              },
              "display_values": {
                "editable": false,
                "value": {
                  "apr": "Approved",
                  "fin": "Final",
                  "hld": "On Hold",
                  "ip": "In Progress",
                  "na": "N/A",
                  "omt": "Omit",
                  "rdy": "Ready to Start",
                  "rev": "Pending Review",
                  "wtg": "Waiting to Start"
                }
              },
              "hidden_values": {
                "editable": false,
                "value": []
              },
              "summary_default": {
                "editable": true,
                "value": "status_list"
              },
              "valid_values": {
                "editable": true,
                "value": [
                  "wtg",
                  "rdy",
                  "ip",
                  "rev",
                  "apr",
                  "fin",
                  "hld",
                  "omt",
                  "na"
                ]
              }
            },
            "unique": {
              "editable": false,
              "value": false
            },
            "visible": {
              "editable": true,
              "value": true
            }
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&field).expect("it is JSON"));
    let all = scene.ok("schema_read", json!({"project": link("Project", 0)}));
    let entities = scene.ok("schema_entity_read", json!({}));
    assert_eq!(all["Task"]["entity"]["properties"]["valid_types"]["value"][0], "Shot");
    assert_eq!(entities["HumanUser"]["name"]["value"], "Person");
    assert_eq!(
        all.as_object().map(serde_json::Map::len),
        entities.as_object().map(serde_json::Map::len)
    );
}

#[test]
fn people_follow_records() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    let pair = json!({"user": link("HumanUser", 1), "entity": link("Shot", 1)});
    let mut text = String::new();
    for (method, params) in [
        ("follow", pair.clone()),
        ("followers", json!({"entity": link("Shot", 1)})),
        ("following", json!({"user": link("HumanUser", 1), "entity_type": "Shot"})),
        ("following", json!({"user": link("HumanUser", 1), "entity_type": "Task"})),
        ("unfollow", pair),
        ("followers", json!({"entity": link("Shot", 1)})),
        ("followers", json!({"entity": link("Shot", 99)})),
    ] {
        text.push_str(&format!("{}\n", outcome(scene.call(method, params))));
    }
    expect![[r#"
        {"entity":{"id":1,"type":"Shot"},"followed":true,"user":{"id":1,"type":"HumanUser"}}
        [{"id":1,"name":"Jane Roe","status":"act","type":"HumanUser","valid":"valid"}]
        [{"id":1,"type":"Shot"}]
        []
        {"entity":{"id":1,"type":"Shot"},"unfollowed":true,"user":{"id":1,"type":"HumanUser"}}
        []
        error 104 API followers() CRUD ERROR #3: Entity of type [Shot] with id=99 does not exist.
    "#]]
    .assert_eq(&text);
}

#[test]
fn passwords_are_written_and_never_told() {
    let mut scene = Scene::new();
    let id = scene
        .create("HumanUser", json!({"login": "ada", "name": "Ada", "password_proxy": "tower-5"}));
    let script = scene.auth.clone();
    let mut told = scene.events_after(0);
    for (method, params) in [
        (
            "read",
            json!({"type": "HumanUser", "return_fields": ["password_proxy"], "paging": {"entities_per_page": 9, "current_page": 1},
            "sorts": [{"field_name": "password_proxy", "direction": "desc"}]}),
        ),
        (
            "read",
            json!({"type": "HumanUser", "paging": {"entities_per_page": 9, "current_page": 1}, "filters": {
            "logical_operator": "and", "conditions": [{"path": "password_proxy", "relation": "is", "values": ["tower-5"]}]}}),
        ),
        (
            "summarize",
            json!({"type": "HumanUser", "summaries": [{"field": "password_proxy", "type": "maximum"}]}),
        ),
        (
            "summarize",
            json!({"type": "HumanUser", "summaries": [], "grouping": [{"field": "password_proxy", "type": "exact"}]}),
        ),
    ] {
        told.push_str(&outcome(scene.call(method, params)));
    }
    assert!(!told.contains("tower") && told.contains("*******"), "{told}");
    let first = first_row(&mut scene, json!({"user_login": "ada", "user_password": "tower-5"}));
    assert!(first.contains("Demo"), "{first}");
    scene.auth = script;
    scene.update("HumanUser", id, json!({"password_proxy": "tower-6"})).expect("a valid update");
    let refused = first_row(&mut scene, json!({"user_login": "ada", "user_password": "tower-5"}));
    assert_eq!(refused, "error 102 Can't authenticate user 'ada'.");
}
