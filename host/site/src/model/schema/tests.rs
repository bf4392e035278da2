//! Schema files: what they add, and how they are refused.

use expect_test::{Expect, expect};
use serde_json::{Value as Json, json};

use super::Schema;
use crate::model::{EntityLink, Model};

#[track_caller]
fn check(file: Json, expected: Expect) {
    let error = Schema::production().extended("studio.json", &file.to_string());
    expected.assert_eq(&error.expect_err("the file is against a rule").to_string());
}

#[test]
fn the_built_in_schema_has_what_productions_use() {
    let schema = Schema::production();
    assert!(schema.types().count() >= 40, "{} types", schema.types().count());
    for (_, known) in schema.types() {
        assert!(known.fields.len() > 1, "{} has fields", known.name);
    }
}

#[test]
fn a_file_adds_types_fields_statuses_and_rules() {
    let file = json!({
        "statuses": {"rnd": {"name": "Rendering", "color": "10,20,30"}},
        "entity_types": [
            {"type": "Shot", "fields": [
                {"field": "sg_lens", "name": "Lens", "type": "entity", "valid_types": ["Lens"], "reverse": ["shots"]},
                {"field": "sg_status_list", "name": "Status", "type": "status_list",
                 "valid_values": ["wtg", "rnd"], "default": "rnd"}]},
            {"type": "Lens", "name": "Lens", "project": "optional", "fields": [
                {"field": "code", "name": "Lens Name", "type": "text"},
                {"field": "focal_length", "name": "Focal Length", "type": "float", "default": 35.0},
                {"field": "shots", "name": "Shots", "type": "multi_entity", "valid_types": ["Shot"]}]}],
        "permission_rule_sets": [
            {"code": "read_only", "rules": [{"allow": ["create"], "types": ["Lens"]}]}],
    });
    let schema = Schema::production().extended("studio.json", &file.to_string());
    let mut model = Model::new(schema.expect("the file keeps to the rules"));
    let seed = |model: &mut Model, entity_type: &str, fields: Json| {
        let fields = fields.as_object().cloned().unwrap_or_default();
        model.seed_entity(entity_type, &fields).expect("the record can be created")
    };
    let project = seed(&mut model, "Project", json!({"name": "Demo"}));
    let lens = seed(&mut model, "Lens", json!({"code": "A35"}));
    let link = |link: &EntityLink| json!({"type": link.entity_type, "id": link.id});
    let fields = json!({"project": link(&project), "sg_lens": link(&lens)});
    let shot = seed(&mut model, "Shot", fields);
    let shot = model.entity("Shot", shot.id).expect("it was created").to_json();
    assert_eq!((&shot["sg_lens"]["name"], &shot["sg_status_list"]), (&json!("A35"), &json!("rnd")));
    let lens = model.entity("Lens", lens.id).expect("it was created").to_json();
    assert_eq!((&lens["focal_length"], &lens["shots"][0]["id"]), (&json!(35.0), &shot["id"]));
}

#[test]
fn an_error_names_the_file_the_place_and_the_rule() {
    let shot = |field: Json| json!({"entity_types": [{"type": "Shot", "fields": [field]}]});
    check(
        shot(
            json!({"field": "sg_lens", "name": "Lens", "type": "entity", "valid_types": ["Lens"]}),
        ),
        expect!["schema file `studio.json`, field `Shot.sg_lens`: there is no entity type `Lens`"],
    );
    check(
        shot(json!({"field": "sg lens", "name": "Lens", "type": "text"})),
        expect![
            "schema file `studio.json`, field `Shot.sg lens`: a name is a letter and then letters, digits and underscores, and `sg lens` is not"
        ],
    );
    check(
        shot(
            json!({"field": "sg_size", "name": "Size", "type": "list", "valid_values": ["S"], "default": "M"}),
        ),
        expect![[
            r#"schema file `studio.json`, field `Shot.sg_size`: the default "M" is not a value of the field"#
        ]],
    );
    check(
        shot(
            json!({"field": "sg_part", "name": "Part", "type": "status_list", "valid_values": ["zzz"]}),
        ),
        expect!["schema file `studio.json`, field `Shot.sg_part`: there is no status `zzz`"],
    );
    check(
        shot(
            json!({"field": "sg_other", "name": "Other", "type": "entity", "valid_types": ["Sequence"], "reverse": ["shots"]}),
        ),
        expect![
            "schema file `studio.json`, field `Shot.sg_other`: `Sequence.shots` is already the other side of another relation"
        ],
    );
}

#[test]
fn a_type_that_cannot_stand_is_refused() {
    check(
        json!({"entity_types": [{"type": "Lens"}]}),
        expect!["schema file `studio.json`, type `Lens`: a type that is new needs a `name`"],
    );
    check(
        json!({"entity_types": [{"type": "Lens", "name": "Lens"}]}),
        expect![
            "schema file `studio.json`, type `Lens`: the display field is a text field of the type, and `code` is not"
        ],
    );
    check(
        json!({"entity_types": [{"type": "Lens", "name": "Lens", "template": "glass"}]}),
        expect!["schema file `studio.json`, type `Lens`: there is no template `glass`"],
    );
    let many: Vec<_> = (0..1000)
        .map(|n| json!({"type": format!("T{n}"), "name": "T", "template": "custom"}))
        .collect();
    let error = Schema::production()
        .extended("studio.json", &json!({"entity_types": many}).to_string())
        .expect_err("there are too many types")
        .to_string();
    assert!(error.ends_with("there can be 1000 entity types, and this is one more"), "{error}");
}

#[test]
fn rules_that_cannot_hold_are_refused() {
    let rule =
        |rule: Json| json!({"permission_rule_sets": [{"code": "read_only", "rules": [rule]}]});
    check(
        rule(json!({"deny": ["see"], "types": ["Shot"], "fields": ["code"]})),
        expect![
            "schema file `studio.json`, permission rule set `read_only`: `Shot.code` cannot be hidden: it shows where the record is linked to, or the site needs it"
        ],
    );
    check(
        rule(json!({"deny": ["see"], "types": ["Shot"], "fields": ["sg_nope"]})),
        expect![
            "schema file `studio.json`, permission rule set `read_only`: there is no field `sg_nope`"
        ],
    );
    check(
        rule(json!({"deny": ["see"], "types": ["Shot"]})),
        expect![
            "schema file `studio.json`, permission rule set `read_only`: `see` is about fields, and none are named"
        ],
    );
    check(
        rule(json!({"deny": ["read"], "allow": ["read"]})),
        expect![
            "schema file `studio.json`, permission rule set `read_only`: a rule has either `deny` or `allow`, with at least one action"
        ],
    );
    check(
        json!({"permission_rule_sets": [{"code": "lead"}]}),
        expect![
            "schema file `studio.json`, permission rule set `lead`: a rule set that is new needs a `name` and the `entity_type` of its users"
        ],
    );
}

#[test]
fn what_is_no_schema_file_is_refused_by_name() {
    check(
        json!({"entity_type": []}),
        expect!["schema file `studio.json` is not valid JSON of the expected shape"],
    );
}
