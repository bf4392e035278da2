//! What `create` and `update` accept, fill in and refuse.

use expect_test::expect;
use serde_json::json;

use super::{Scene, link, listed, outcome};

#[test]
fn values_of_the_wrong_kind_are_refused_by_name() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    scene.seed("Task", json!({"content": "anim", "project": link("Project", 4)}));
    let mut text = String::new();
    for (entity_type, fields) in [
        ("Shot", json!({"sg_nope": 1})),
        ("Shot", json!({"id": 5})),
        ("Shot", json!({"code": 5})),
        ("Shot", json!({"code": "  "})),
        ("Shot", json!({"sg_cut_in": 2.5})),
        ("Shot", json!({"sg_cut_in": "x"})),
        ("Shot", json!({"sg_cut_in": "12"})),
        ("Shot", json!({"sg_cut_in": 3_000_000_000_i64})),
        ("Shot", json!({"sg_speed": 2})),
        ("Shot", json!({"sg_speed": 1.000_000_4})),
        ("Shot", json!({"sg_is_hero": null})),
        ("Shot", json!({"sg_is_hero": "true"})),
        ("Shot", json!({"sg_turnover_date": "tomorrow"})),
        ("Shot", json!({"sg_client_approved_at": ""})),
        ("Shot", json!({"sg_client_approved_at": "2026-02-03"})),
        ("Shot", json!({"sg_status_list": "bad"})),
        ("Shot", json!({"sg_status_list": ""})),
        ("Shot", json!({"sg_shot_type": "bad"})),
        ("Shot", json!({"sg_sequence": {}})),
        ("Shot", json!({"sg_sequence": 1})),
        ("Shot", json!({"sg_sequence": link("Sequence", 99)})),
        ("Shot", json!({"project": link("Shot", 1)})),
        ("Shot", json!({"assets": null})),
        ("Shot", json!({"assets": [1]})),
        ("Shot", json!({"assets": [link("Asset", 9)]})),
        ("Shot", json!({"image": null})),
        ("Shot", json!({"image": "x"})),
        ("Shot", json!({"sg_reference": "http://x"})),
        ("Shot", json!({"sg_reference": {"local_path": "/x/y.mov"}})),
        ("Shot", json!({"sg_grade_settings": 3})),
        ("Shot", json!({"created_at": "2026-01-01T00:00:00Z"})),
        ("Shot", json!({"cached_display_name": "ignored"})),
        ("Task", json!({"color": null})),
        ("Task", json!({"color": "Green"})),
        ("Task", json!({"color": "#ff0000"})),
        ("Task", json!({"duration": 90.7})),
        ("Task", json!({"duration": "2:30"})),
        ("Task", json!({"dependency_violation": true})),
    ] {
        let result = scene.update(entity_type, 1, fields.clone());
        text.push_str(&format!("{fields} -> {}\n", outcome(result)));
    }
    expect![[r##"
        {"sg_nope":1} -> error 103 API update() Shot.sg_nope doesn't exist.
        {"id":5} -> error 103 API update() Shot.id is read only.
        {"code":5} -> error 103 API update() Shot.code expected [String, NilClass] data type(s) but got Integer: 5
        {"code":"  "} -> {"code":null,"id":1,"type":"Shot"}
        {"sg_cut_in":2.5} -> error 103 API update() Shot.sg_cut_in expected [String, Integer, NilClass] data type(s) but got Float: 2.5
        {"sg_cut_in":"x"} -> error 103 API update() Shot.sg_cut_in Invalid data for 'number' data type
        {"sg_cut_in":"12"} -> {"id":1,"sg_cut_in":12,"type":"Shot"}
        {"sg_cut_in":3000000000} -> error 104 API update() CRUD ERROR #51: Update failed for [Shot.sg_cut_in]: Invalid statement.
        {"sg_speed":2} -> error 103 API update() Shot.sg_speed expected [String, BigDecimal, Float, NilClass] data type(s) but got Integer: 2
        {"sg_speed":1.0000004} -> {"id":1,"sg_speed":1.0,"type":"Shot"}
        {"sg_is_hero":null} -> error 103 API update() Shot.sg_is_hero expected [TrueClass, FalseClass, String] data type(s) but got NilClass: nil
        {"sg_is_hero":"true"} -> {"id":1,"sg_is_hero":true,"type":"Shot"}
        {"sg_turnover_date":"tomorrow"} -> error 103 API update() Shot.sg_turnover_date Invalid data for 'date' data type
        {"sg_client_approved_at":""} -> error 103 API update() Shot.sg_client_approved_at Invalid data for 'date_time' data type
        {"sg_client_approved_at":"2026-02-03"} -> {"id":1,"sg_client_approved_at":"2026-02-03T00:00:00Z","type":"Shot"}
        {"sg_status_list":"bad"} -> error 104 API update() CRUD ERROR #51: Update failed for [Shot.sg_status_list]: 'bad' is not a valid status. Valid statuses: 'wtg', 'rdy', 'ip', 'rev', 'apr', 'fin', 'hld', 'omt', 'na'
        {"sg_status_list":""} -> {"id":1,"sg_status_list":null,"type":"Shot"}
        {"sg_shot_type":"bad"} -> error 104 API update() CRUD ERROR #51: Update failed for [Shot.sg_shot_type]: 'bad' is not a valid value. Valid values: 'VFX', '2D', 'Full CG', 'Plate'
        {"sg_sequence":{}} -> error 103 API update() Shot.sg_sequence invalid/missing entity hash string 'type': {}
        {"sg_sequence":1} -> error 103 API update() Shot.sg_sequence expected [Hash, NilClass] data type(s) but got Integer: 1
        {"sg_sequence":{"id":99,"type":"Sequence"}} -> error 104 API update() CRUD ERROR #51: Update failed for [Shot.sg_sequence]: Value is not legal.
        {"project":{"id":1,"type":"Shot"}} -> error 104 API update() CRUD ERROR #51: Update failed for [Shot.project]: Project expected, got Shot
        {"assets":null} -> error 103 API update() Shot.assets expected [Array, Hash] data type(s) but got NilClass: nil
        {"assets":[1]} -> error 103 API update() Shot.assets expected [Hash] data type(s) but got Integer: 1
        {"assets":[{"id":9,"type":"Asset"}]} -> error 104 API update() CRUD ERROR #51: Update failed for [Shot.assets]: Value is not legal.
        {"image":null} -> {"id":1,"image":null,"type":"Shot"}
        {"image":"x"} -> error 103 API update() Shot.image expected [NilClass] data type(s) but got String: "x"
        {"sg_reference":"http://x"} -> error 103 API update() Shot.sg_reference invalid/missing string 'url' or 'local_path': String: "http://x"
        {"sg_reference":{"local_path":"/x/y.mov"}} -> error 104 API update() CRUD ERROR #6: Create failed for [Attachment]: Path /x/y.mov doesn't match any defined Local Storage.
        {"sg_grade_settings":3} -> error 103 API update() Shot.sg_grade_settings expected [Hash, Array, NilClass] data type(s) but got Integer: 3
        {"created_at":"2026-01-01T00:00:00Z"} -> error 103 API update() Shot.created_at is editable on create only.
        {"cached_display_name":"ignored"} -> {"cached_display_name":"","id":1,"type":"Shot"}
        {"color":null} -> error 103 API update() Task.color expected [String] data type(s) but got NilClass: nil
        {"color":"Green"} -> {"color":"29,215,46","id":1,"type":"Task"}
        {"color":"#ff0000"} -> error 103 API update() Task.color Invalid data for 'color' data type
        {"duration":90.7} -> {"duration":90,"id":1,"type":"Task"}
        {"duration":"2:30"} -> error 103 API update() Task.duration Invalid data for 'duration' data type
        {"dependency_violation":true} -> error 103 API update() Task.dependency_violation is read only.
    "##]].assert_eq(&text);
}

#[test]
fn what_is_not_sent_is_filled_in() {
    let mut scene = Scene::new();
    let mut text = String::new();
    for (entity_type, fields, back) in [
        (
            "Shot",
            json!({"project": link("Project", 4)}),
            json!(["code", "sg_status_list", "created_by", "created_at", "id"]),
        ),
        (
            "Task",
            json!({"project": link("Project", 4), "sg_status_list": null}),
            json!(["content", "color", "sg_status_list", "milestone"]),
        ),
        (
            "HumanUser",
            json!({"firstname": "Ada", "lastname": "Poe"}),
            json!(["name", "sg_status_list"]),
        ),
        (
            "Version",
            json!({"project": link("Project", 4), "created_at": "2020-01-01T00:00:00Z"}),
            json!(["code", "updated_at"]),
        ),
        ("Reply", json!({}), json!(["content", "cached_display_name"])),
        ("Shot", json!({"code": "x"}), json!([])),
    ] {
        let result = scene.call(
            "create",
            json!({"type": entity_type, "fields": listed(fields), "return_fields": back}),
        );
        text.push_str(&format!("{}\n", outcome(result)));
    }
    expect![[r#"
        {"code":"New Shot 1","created_at":"2026-02-03T10:11:12Z","created_by":{"id":1,"name":"robot 1.0","type":"ApiUser"},"id":1,"project":{"id":4,"name":"Demo","type":"Project"},"sg_status_list":"wtg","type":"Shot"}
        {"color":"pipeline_step","content":"New Task 1","id":1,"milestone":false,"project":{"id":4,"name":"Demo","type":"Project"},"sg_status_list":null,"type":"Task"}
        {"firstname":"Ada","id":2,"lastname":"Poe","name":"Ada Poe","sg_status_list":"act","type":"HumanUser"}
        {"code":"New Version 1","created_at":"2020-01-01T00:00:00Z","id":1,"project":{"id":4,"name":"Demo","type":"Project"},"type":"Version","updated_at":"2026-02-03T10:11:12Z"}
        {"cached_display_name":"","content":null,"id":1,"type":"Reply"}
        error 103 API create() missing 'project' attribute: {"code":"x"}
    "#]].assert_eq(&text);
}

#[test]
fn names_that_must_be_unique_are() {
    let mut scene = Scene::new();
    let create = |scene: &mut Scene, entity_type: &str, fields| {
        outcome(scene.call("create", json!({"type": entity_type, "fields": listed(fields)})))
    };
    let mut text = String::new();
    text.push_str(&format!("{}\n", create(&mut scene, "Project", json!({"name": "demo"}))));
    text.push_str(&format!(
        "{}\n",
        create(&mut scene, "HumanUser", json!({"login": "jane", "name": "Other Jane"}))
    ));
    text.push_str(&format!("{}\n", create(&mut scene, "Project", json!({"name": "Second"}))));
    text.push_str(&format!("{}\n", outcome(scene.update("Project", 6, json!({"name": "DEMO"})))));
    text.push_str(&format!("{}\n", outcome(scene.update("Project", 6, json!({"name": "second"})))));
    scene.ok("delete", link("Project", 4));
    text.push_str(&format!("{}\n", outcome(scene.update("Project", 6, json!({"name": "Demo"})))));
    expect![[r#"
        error 104 API create() CRUD ERROR #61: Create failed for [Project]. The value for the Project Name field is required to be unique. <br>
        error 104 API create() CRUD ERROR #61: Create failed for [HumanUser]. The value for the Login field is required to be unique. <br>
        {"id":6,"name":"Second","type":"Project"}
        error 104 API update() CRUD ERROR #51: Update failed for [Project.name]. The value for the Project Name field is required to be unique. <br>
        {"id":6,"name":"second","type":"Project"}
        {"id":6,"name":"Demo","type":"Project"}
    "#]].assert_eq(&text);
}

#[test]
fn both_sides_of_a_relation_agree() {
    let mut scene = Scene::new();
    for code in ["SQ1", "SQ2"] {
        scene.seed("Sequence", json!({"code": code, "project": link("Project", 4)}));
    }
    for code in ["sh010", "sh020"] {
        scene.seed("Shot", json!({"code": code, "project": link("Project", 4), "sg_sequence": link("Sequence", 1)}));
    }
    let mut text = String::new();
    let mut tell = |scene: &Scene, what: &str| {
        let ids = |links: serde_json::Value| {
            links
                .as_array()
                .into_iter()
                .flatten()
                .map(|link| link["id"].to_string())
                .collect::<Vec<_>>()
                .join(",")
        };
        let [one, two] = [1, 2]
            .map(|id| ids(scene.model.entity("Sequence", id).expect("seeded").field("shots")));
        let [first, second] = [1, 2].map(|id| {
            scene.model.entity("Shot", id).expect("seeded").field("sg_sequence")["name"].to_string()
        });
        text.push_str(&format!("{what}: SQ1 [{one}] SQ2 [{two}] sh010 {first} sh020 {second}\n"));
    };
    tell(&scene, "at first");
    scene.update("Sequence", 2, json!({"shots": {"add": [link("Shot", 1)]}})).expect("valid");
    tell(&scene, "sh010 added to SQ2");
    scene.update("Shot", 2, json!({"sg_sequence": link("Sequence", 2)})).expect("valid");
    tell(&scene, "sh020 linked to SQ2");
    scene.update("Sequence", 2, json!({"shots": {"remove": [link("Shot", 1)]}})).expect("valid");
    tell(&scene, "sh010 removed");
    scene
        .update(
            "Sequence",
            1,
            json!({"shots": [link("Shot", 1), link("Shot", 1), link("Shot", 2)]}),
        )
        .expect("valid");
    tell(&scene, "SQ1 set to both");
    scene.update("Shot", 1, json!({"sg_sequence": null})).expect("valid");
    tell(&scene, "sh010 unlinked");
    expect![[r#"
        at first: SQ1 [1,2] SQ2 [] sh010 "SQ1" sh020 "SQ1"
        sh010 added to SQ2: SQ1 [2] SQ2 [1] sh010 "SQ2" sh020 "SQ1"
        sh020 linked to SQ2: SQ1 [] SQ2 [1,2] sh010 "SQ2" sh020 "SQ2"
        sh010 removed: SQ1 [] SQ2 [2] sh010 null sh020 "SQ2"
        SQ1 set to both: SQ1 [1,2] SQ2 [] sh010 "SQ1" sh020 "SQ1"
        sh010 unlinked: SQ1 [2] SQ2 [] sh010 null sh020 "SQ1"
    "#]]
    .assert_eq(&text);
}

#[test]
fn records_come_and_go() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    scene.seed(
        "Version",
        json!({"code": "v1", "project": link("Project", 4), "entity": link("Shot", 1)}),
    );
    scene.seed(
        "Version",
        json!({"code": "v2", "project": link("Project", 4), "entity": link("Shot", 1)}),
    );
    scene.seed("Version", json!({"code": "v3", "project": link("Project", 4)}));
    scene.ok("delete", link("Version", 2));
    let mut text = String::new();
    let mut tell = |scene: &mut Scene, method: &str, id: u64| {
        let result = outcome(scene.call(method, link("Shot", id)));
        let versions = scene.find("Version", json!([]), json!([])).expect("valid");
        text.push_str(&format!("{method} {id} -> {result}; versions {versions}\n"));
    };
    tell(&mut scene, "delete", 1);
    tell(&mut scene, "delete", 1);
    tell(&mut scene, "revive", 1);
    tell(&mut scene, "revive", 1);
    tell(&mut scene, "delete", 99);
    tell(&mut scene, "revive", 99);
    scene.ok("delete", link("Shot", 1));
    text.push_str(&format!("{}\n", outcome(scene.update("Shot", 1, json!({"code": "x"})))));
    text.push_str(&format!(
        "{}\n",
        outcome(scene.update("Version", 3, json!({"entity": link("Shot", 1)})))
    ));
    expect![[r#"
        delete 1 -> true; versions [{"id":3,"type":"Version"}]
        delete 1 -> false; versions [{"id":3,"type":"Version"}]
        revive 1 -> true; versions [{"id":1,"type":"Version"},{"id":3,"type":"Version"}]
        revive 1 -> false; versions [{"id":1,"type":"Version"},{"id":3,"type":"Version"}]
        delete 99 -> error 104 API delete() CRUD ERROR #3: Entity of type [Shot] with id=99 does not exist.; versions [{"id":1,"type":"Version"},{"id":3,"type":"Version"}]
        revive 99 -> error 104 API revive() CRUD ERROR #3: Entity of type [Shot] with id=99 does not exist.; versions [{"id":1,"type":"Version"},{"id":3,"type":"Version"}]
        error 104 API update() CRUD ERROR #3: Entity of type [Shot] with id=1 does not exist.
        error 104 API update() CRUD ERROR #51: Update failed for [Version.entity]: Value is not legal.
    "#]].assert_eq(&text);
}

#[test]
fn files_get_records_of_their_own() {
    let mut scene = Scene::new();
    scene.seed("LocalStorage", json!({"code": "primary", "linux_path": "/mnt/prod/", "windows_path": "P:\\prod", "mac_path": null}));
    scene.seed("PublishedFile", json!({"code": "pub", "project": link("Project", 4)}));
    let mut text = String::new();
    for path in [
        json!({"url": "https://example.invalid/a.mov", "name": "a.mov"}),
        json!({"local_path": "/mnt/prod/sh010/a.ma"}),
        json!({"local_storage": link("LocalStorage", 1), "relative_path": "sh010/b.ma"}),
        json!({"local_path": "/mnt/production/a.ma"}),
        json!(null),
    ] {
        text.push_str(&format!(
            "{}\n",
            outcome(scene.update("PublishedFile", 1, json!({"path": path})))
        ));
    }
    text.push_str(&format!("{} attachments\n", scene.model.entity_count("Attachment")));
    expect![[r#"
        {"id":1,"path":{"content_type":null,"id":1,"link_type":"web","name":"a.mov","type":"Attachment","url":"https://example.invalid/a.mov"},"type":"PublishedFile"}
        {"id":1,"path":{"content_type":null,"id":2,"link_type":"local","local_path":"/mnt/prod/sh010/a.ma","local_path_linux":"/mnt/prod/sh010/a.ma","local_path_mac":null,"local_path_windows":"P:\\prod\\sh010\\a.ma","local_storage":{"id":1,"name":"primary","type":"LocalStorage"},"name":"a.ma","relative_path":"sh010/a.ma","type":"Attachment","url":"file:///mnt/prod/sh010/a.ma"},"type":"PublishedFile"}
        {"id":1,"path":{"content_type":null,"id":3,"link_type":"local","local_path":"/mnt/prod/sh010/b.ma","local_path_linux":"/mnt/prod/sh010/b.ma","local_path_mac":null,"local_path_windows":"P:\\prod\\sh010\\b.ma","local_storage":{"id":1,"name":"primary","type":"LocalStorage"},"name":"b.ma","relative_path":"sh010/b.ma","type":"Attachment","url":"file:///mnt/prod/sh010/b.ma"},"type":"PublishedFile"}
        error 104 API update() CRUD ERROR #6: Create failed for [Attachment]: Path /mnt/production/a.ma doesn't match any defined Local Storage.
        {"id":1,"path":null,"type":"PublishedFile"}
        3 attachments
    "#]].assert_eq(&text);
}

#[test]
fn a_retired_record_keeps_its_links_when_a_list_is_set() {
    let mut scene = Scene::new();
    scene.seed("Sequence", json!({"code": "SQ1", "project": link("Project", 4)}));
    for code in ["sh010", "sh020", "sh030"] {
        scene.seed("Shot", json!({"code": code, "project": link("Project", 4), "sg_sequence": link("Sequence", 1)}));
    }
    scene.ok("delete", link("Shot", 1));
    scene.update("Sequence", 1, json!({"shots": [link("Shot", 3)]})).expect("valid");
    scene.ok("revive", link("Shot", 1));
    let sequence = scene.model.entity("Sequence", 1).expect("seeded");
    let names: Vec<_> = sequence
        .field("shots")
        .as_array()
        .into_iter()
        .flatten()
        .map(|shot| shot["name"].clone())
        .collect();
    assert_eq!(names, ["sh010", "sh030"]);
}
