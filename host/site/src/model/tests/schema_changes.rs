//! Fields that are created, changed and deleted while the site runs.

use expect_test::expect;
use serde_json::{Value as Json, json};

use super::{Scene, link};
use crate::model::Model;

fn property(name: &str, value: Json) -> Json {
    json!({"property_name": name, "value": value})
}

impl Scene {
    fn create_field(&mut self, data_type: &str, properties: Json) -> Result<Json, String> {
        self.call(
            "schema_field_create",
            json!({"type": "Shot", "data_type": data_type, "properties": properties}),
        )
    }

    fn field(&mut self, name: &str) -> Json {
        self.ok("schema_field_read", json!({"type": "Shot", "field_name": name}))[name].take()
    }

    /// The scene on a site that was stopped and taken up again.
    fn restarted(self) -> Self {
        let model =
            Model::from_snapshot(&self.model.to_snapshot()).expect("a snapshot can be read");
        Self { model, ..self }
    }
}

#[test]
fn a_field_of_every_type_holds_what_is_written() {
    let mut scene = Scene::new();
    let values = [
        ("text", json!("a")),
        ("number", json!(3)),
        ("percent", json!(50)),
        ("duration", json!(90)),
        ("timecode", json!(4000)),
        ("float", json!(1.5)),
        ("currency", json!(9.25)),
        ("date", json!("2026-01-31")),
        ("date_time", json!("2026-01-31T10:00:00Z")),
        ("footage", json!("10-05")),
        ("color", json!("1,2,3")),
        ("serializable", json!({"a": [1]})),
        ("tag_list", json!(["x", "y"])),
        ("list", json!("big")),
        ("status_list", json!("fin")),
        ("checkbox", json!(true)),
    ];
    let mut fields = serde_json::Map::new();
    for (data_type, value) in values {
        let mut properties = vec![property("name", format!("Own {data_type}").into())];
        match data_type {
            "list" => properties.push(property("valid_values", json!(["big", "small"]))),
            "status_list" => properties.push(property("valid_values", json!(["wtg", "fin"]))),
            "checkbox" => properties.push(property("default_value", json!(false))),
            _ => {}
        }
        let name =
            scene.create_field(data_type, properties.into()).expect("the type can be created");
        assert_eq!(name, format!("sg_own_{data_type}"));
        fields.insert(format!("sg_own_{data_type}"), value);
    }
    let names: Vec<_> = fields.keys().cloned().collect();
    fields.insert("project".to_owned(), link("Project", 4));
    let id = scene.create("Shot", Json::Object(fields.clone()));
    let mut scene = scene.restarted();
    let row =
        scene.find("Shot", json!([["id", "is", id]]), json!(names)).expect("fields can be read")[0]
            .take();
    for name in names {
        assert_eq!(row[&name], fields[&name], "{name}");
    }
}

#[test]
fn a_record_older_than_a_field_holds_nothing_in_it() {
    let mut scene = Scene::new();
    let id = scene.create("Shot", json!({"project": link("Project", 4)}));
    let properties =
        json!([property("name", "Lens".into()), property("valid_types", json!(["Asset"]))]);
    scene.create_field("multi_entity", properties).expect("the field is created");
    scene
        .create_field(
            "checkbox",
            json!([property("name", "Ok".into()), property("default_value", json!(true))]),
        )
        .expect("the field is created");
    let found = scene
        .find("Shot", json!([["sg_lens", "is", null]]), json!(["sg_lens", "sg_ok"]))
        .expect("it can be read");
    expect![[r#"[{"id":1,"sg_lens":[],"sg_ok":false,"type":"Shot"}]"#]]
        .assert_eq(&found.to_string());
    scene.update("Shot", id, json!({"sg_ok": true})).expect("it can be written");
    let newer = scene.create("Shot", json!({"project": link("Project", 4)}));
    assert_eq!(scene.model.entity("Shot", newer).expect("it was created").field("sg_ok"), true);
}

#[test]
fn names_are_made_and_counted() {
    let mut scene = Scene::new();
    let mut name = |shown: &str| {
        scene
            .create_field("text", json!([property("name", shown.into())]))
            .map(|name| name.as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(name("Monkey Count").as_deref(), Ok("sg_monkey_count"));
    assert_eq!(name("monkey count").as_deref(), Ok("sg_monkey_count_1"));
    assert_eq!(name("With (Parens)").as_deref(), Ok("sg_with__parens_"));
    assert_eq!(name("sg_twice").as_deref(), Ok("sg_sg_twice"));
    assert_eq!(name("Größe").as_deref(), Ok("sg_gr__e"));
}

#[test]
fn a_deleted_field_is_gone_and_keeps_its_name() {
    let mut scene = Scene::new();
    scene
        .create_field("text", json!([property("name", "Mood".into())]))
        .expect("the field is created");
    let id = scene.create("Shot", json!({"project": link("Project", 4), "sg_mood": "calm"}));
    scene.ok("schema_field_delete", json!({"type": "Shot", "field_name": "sg_mood"}));
    let mut scene = scene.restarted();
    let calls = [
        scene.find("Shot", json!([]), json!(["sg_mood"])),
        scene.find("Shot", json!([["sg_mood", "is", "calm"]]), json!([])),
        scene.update("Shot", id, json!({"sg_mood": "wild"})),
        scene.call("schema_field_read", json!({"type": "Shot", "field_name": "sg_mood"})),
        scene.call("schema_field_delete", json!({"type": "Shot", "field_name": "sg_mood"})),
        scene.create_field("text", json!([property("name", "Mood".into())])),
        scene.call("schema_field_delete", json!({"type": "Shot", "field_name": "code"})),
    ];
    let told: String = calls
        .iter()
        .map(|call| format!("{}\n", call.as_ref().expect_err("the field is gone")))
        .collect();
    expect![[r#"
        103 API read() Shot.sg_mood doesn't exist.
        103 API read() Shot.sg_mood doesn't exist.
        103 API update() Shot.sg_mood doesn't exist.
        103 API schema_field_read() Shot.sg_mood doesn't exist.
        103 API schema_field_delete() Shot.sg_mood doesn't exist.
        103 API schema_field_create() failed, there is a retired field with the same field_name: sg_mood. Delete the retired field forever from the Trash Page in Shotgun and try again.
        103 API schema_field_delete() Shot.code is a system field and can not be deleted.
    "#]]
    .assert_eq(&told);
    assert_eq!(
        scene.model.entity("Shot", id).expect("the shot stays").to_json()["sg_mood"],
        Json::Null
    );
    assert!(scene.ok("schema_field_read", json!({"type": "Shot"})).get("sg_mood").is_none());
}

#[test]
fn a_deleted_side_of_a_relation_leaves_the_other_alone() {
    let mut scene = Scene::new();
    let shot = scene.create("Shot", json!({"project": link("Project", 4)}));
    scene.ok("schema_field_delete", json!({"type": "Shot", "field_name": "sg_published_files"}));
    let before = scene.model.newest_event_id();
    let file = scene.create(
        "PublishedFile",
        json!({"project": link("Project", 4), "entity": link("Shot", shot)}),
    );
    assert!(
        !scene.events_after(before).contains("sg_published_files"),
        "{}",
        scene.events_after(before)
    );
    let found = scene
        .find("PublishedFile", json!([["entity", "is", link("Shot", shot)]]), json!([]))
        .expect("it can be read");
    assert_eq!(found[0]["id"], file);
}

#[test]
fn properties_change_and_last() {
    let mut scene = Scene::new();
    let properties =
        json!([property("name", "Size".into()), property("valid_values", json!(["S", "M"]))]);
    scene.create_field("list", properties).expect("the field is created");
    let properties = json!([
        property("name", "Extent".into()),
        property("description", "How large".into()),
        property("valid_values", json!(["S", "M", "L"])),
        property("default_value", "L".into()),
        property("summary_default", "count".into()),
    ]);
    scene.ok(
        "schema_field_update",
        json!({"type": "Shot", "field_name": "sg_size", "properties": properties}),
    );
    scene.ok("schema_field_update", json!({"type": "Shot", "field_name": "sg_size", "project": link("Project", 4),
        "properties": [property("visible", false.into()), property("hidden_values", json!(["M"]))]}));
    scene.ok("schema_field_update", json!({"type": "Shot", "field_name": "description", "properties": [property("name", "Words".into())]}));
    let mut scene = scene.restarted();
    let read = |scene: &mut Scene, project: u64| {
        scene.ok(
            "schema_field_read",
            json!({"type": "Shot", "field_name": "sg_size", "project": link("Project", project)}),
        )["sg_size"]
            .take()
    };
    let here = read(&mut scene, 4);
    expect![[r#"
        {
          "data_type": {
            "editable": false,
            "value": "list"
          },
          "description": {
            "editable": true,
            "value": "How large"
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
            "value": "Extent"
          },
          "properties": {
            "default_value": {
              "editable": true,
              "value": "L"
            },
            "display_values": {
              "editable": false,
              "value": {
                "L": "L",
                "M": "M",
                "S": "S"
              }
            },
            "hidden_values": {
              "editable": false,
              "value": [
                "M"
              ]
            },
            "summary_default": {
              "editable": true,
              "value": "count"
            },
            "valid_values": {
              "editable": true,
              "value": [
                "S",
                "M",
                "L"
              ]
            }
          },
          "unique": {
            "editable": false,
            "value": false
          },
          "visible": {
            "editable": true,
            "value": false
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&here).expect("it is JSON"));
    let elsewhere = read(&mut scene, 0);
    assert_eq!(
        (&elsewhere["visible"]["value"], &elsewhere["properties"]["hidden_values"]["value"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(scene.field("description")["name"]["value"], "Words");
    let shot = scene.create("Shot", json!({"project": link("Project", 4)}));
    assert_eq!(scene.model.entity("Shot", shot).expect("it was created").field("sg_size"), "L");
}

#[test]
fn changes_that_do_not_fit_are_refused_whole() {
    let mut scene = Scene::new();
    scene
        .create_field(
            "list",
            json!([property("name", "Size".into()), property("valid_values", json!(["S"]))]),
        )
        .expect("the field is created");
    let before = scene.field("sg_size");
    let mut told = String::new();
    for properties in [
        json!([property("name", "Other".into()), property("data_type", "number".into())]),
        json!([property("description", "x".into()), property("default_value", "M".into())]),
        json!([property("visible", false.into())]),
        json!([property("valid_values", "S".into())]),
        json!([property("name", " ".into())]),
        json!([property("hidden_values", json!(["M"]))]),
        json!([{"value": 1}]),
    ] {
        let call = scene.call(
            "schema_field_update",
            json!({"type": "Shot", "field_name": "sg_size", "properties": properties}),
        );
        told.push_str(call.expect_err("it does not fit").lines().next().unwrap_or_default());
        told.push('\n');
    }
    for (data_type, properties) in [
        ("teapot", json!([property("name", "A".into())])),
        ("calculated", json!([property("name", "A".into())])),
        ("text", json!([])),
        ("entity", json!([property("name", "A".into())])),
        (
            "entity",
            json!([
                property("name", "A".into()),
                property("valid_types", json!(["Shot", "Asset"]))
            ]),
        ),
        (
            "entity",
            json!([property("name", "A".into()), property("valid_types", json!(["Teapot"]))]),
        ),
        ("checkbox", json!([property("name", "A".into())])),
        ("number", json!([property("name", "A".into()), property("default_value", "x".into())])),
        (
            "status_list",
            json!([property("name", "A".into()), property("valid_values", json!(["zzz"]))]),
        ),
        ("text", json!([property("name", "A".into()), property("valid_values", json!(["zzz"]))])),
    ] {
        let call = scene.create_field(data_type, properties);
        told.push_str(call.expect_err("it does not fit").lines().next().unwrap_or_default());
        told.push('\n');
    }
    expect![[r#"
        103 API schema_field_update() invalid property 'data_type': {"property_name":"data_type","value":"number"}
        103 API schema_field_update() 'default_value' "M" is not among the valid values ["S"]
        103 API schema_field_update() invalid/missing entity hash 'project': 'visible' is a property per project
        103 API schema_field_update() 'valid_values' value expected Array of String but got String: "S"
        103 API schema_field_update() 'name' value expected String but got String: " "
        103 API schema_field_update() 'hidden_values' "M" is not among the valid values ["S"]
        103 API schema_field_update() invalid/missing string 'property_name' in 'properties':
        103 API schema_field_create() invalid/missing string 'data_type':
        103 API schema_field_create() invalid/missing string 'data_type':
        103 API schema_field_create() invalid/missing string property 'name':
        103 API schema_field_create() 'valid_types' value expected Array with one element
        103 API schema_field_create() 'valid_types' value expected Array with one element but got Array: ["Shot","Asset"]
        103 API schema_field_create() 'valid_types' 'Teapot' is not a valid entity type.
        103 API schema_field_create() Only true or false allowed in checkbox
        103 API schema_field_create() Shot.sg_a Invalid data for 'number' data type
        103 API schema_field_create() 'valid_values' 'zzz' is not a valid status.
        103 API schema_field_create() invalid property 'valid_values': {"property_name":"valid_values","value":["zzz"]}
    "#]].assert_eq(&told);
    assert_eq!(scene.field("sg_size"), before);
    assert!(
        scene.call("schema_field_read", json!({"type": "Shot", "field_name": "sg_a"})).is_err()
    );
}

#[test]
fn a_new_status_can_be_used_and_shown_by_its_name() {
    let mut scene = Scene::new();
    scene.create("Status", json!({"code": "rnd", "name": "Rendering"}));
    scene.ok("schema_field_update", json!({"type": "Shot", "field_name": "sg_status_list", "properties": [property("valid_values", json!(["wtg", "rnd"]))]}));
    assert_eq!(
        scene.field("sg_status_list")["properties"]["display_values"]["value"],
        json!({"wtg": "Waiting to Start", "rnd": "Rendering"})
    );
    let shot =
        scene.create("Shot", json!({"project": link("Project", 4), "sg_status_list": "rnd"}));
    let refused = scene
        .update("Shot", shot, json!({"sg_status_list": "fin"}))
        .expect_err("it is not valid any more");
    assert!(
        refused.contains("'fin' is not a valid status. Valid statuses: 'wtg', 'rnd'"),
        "{refused}"
    );
}
