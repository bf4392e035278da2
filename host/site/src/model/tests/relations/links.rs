//! The relations of links and tags, and paths along links.

use std::fmt::Write as _;

use expect_test::expect;
use serde_json::json;

use super::super::link;
use super::{check, scene};

#[test]
fn links() {
    check(
        r#"
        entity is [{"type": "Shot", "id": 1}]
        entity is [{"type": "Shot", "id": 1, "name": "any", "x": 1}]
        entity is [{"type": "Asset", "id": 1}]
        entity is [{"type": "Shot", "id": 2}]
        entity is [null]
        entity is_not [{"type": "Shot", "id": 1}]
        entity is_not [null]
        entity in [{"type": "Shot", "id": 1}, {"type": "Asset", "id": 2}]
        entity in [{"type": "Shot", "id": 1}, null]
        entity not_in [{"type": "Shot", "id": 1}]
        entity not_in [null]
        entity type_is ["Shot"]
        entity type_is [["Shot", "Asset"]]
        entity type_is ["Teapot"]
        entity type_is [null]
        entity type_is_not ["Shot"]
        entity name_is ["SH010"]
        entity name_contains ["sh"]
        entity name_not_contains ["sh"]
        entity name_contains [null]
        entity is [1]
        entity is ["Shot"]
        entity is [{"id": 1}]
        entity is [{"type": "Shot"}]
        entity is [{"type": "Teapot", "id": 1}]
        entity contains [{"type": "Shot", "id": 1}]
        multi is [{"type": "Asset", "id": 1}]
        multi is [{"type": "Asset", "id": 3}]
        multi is [null]
        multi is_not [{"type": "Asset", "id": 1}]
        multi is_not [null]
        multi in [{"type": "Asset", "id": 1}, {"type": "Asset", "id": 2}]
        multi not_in [{"type": "Asset", "id": 1}, {"type": "Asset", "id": 9}]
        multi type_is ["Asset"]
        multi type_is_not ["Asset"]
        multi name_is ["tree"]
        multi name_contains ["bun"]
        multi name_not_contains ["bun"]
        addressing is [{"type": "HumanUser", "id": 1}]
        addressing is_not [{"type": "HumanUser", "id": 1}]
        addressing contains [{"type": "Group", "id": 1}]
        addressing not_contains [{"type": "HumanUser", "id": 1}]
        addressing in [{"type": "HumanUser", "id": 1}, {"type": "HumanUser", "id": 2}]
        addressing type_is ["HumanUser"]
        addressing type_is_not ["HumanUser"]
        addressing name_contains ["roe"]
        addressing name_not_contains ["roe"]
        addressing name_starts_with ["jane"]
        addressing name_ends_with ["ISTS"]
        addressing name_is ["Artists"]
        addressing is [null]
        tags_of_old is ["hero"]
        tags_of_old is_not ["hero"]
        tags_of_old is [null]
        tags_of_old is_not [null]
        tags_of_old name_contains ["NIGHT"]
        tags_of_old name_not_contains ["night"]
        tags_of_old name_id ["Night shoot"]
        tags_of_old in ["hero"]
        "#,
        expect![[r#"
            entity is [{"type": "Shot", "id": 1}] -> 1
            entity is [{"type": "Shot", "id": 1, "name": "any", "x": 1}] -> 1
            entity is [{"type": "Asset", "id": 1}] -> 
            entity is [{"type": "Shot", "id": 2}] -> 
            entity is [null] -> 3 4
            entity is_not [{"type": "Shot", "id": 1}] -> 2 3 4
            entity is_not [null] -> 1 2
            entity in [{"type": "Shot", "id": 1}, {"type": "Asset", "id": 2}] -> 1 2
            entity in [{"type": "Shot", "id": 1}, null] -> 1 3 4
            entity not_in [{"type": "Shot", "id": 1}] -> 2 3 4
            entity not_in [null] -> 1 2
            entity type_is ["Shot"] -> 1
            entity type_is [["Shot", "Asset"]] -> 1 2
            entity type_is ["Teapot"] -> 
            entity type_is [null] -> 3 4
            entity type_is_not ["Shot"] -> 2 3 4
            entity name_is ["SH010"] -> 1
            entity name_contains ["sh"] -> 1
            entity name_not_contains ["sh"] -> 2 3 4
            entity name_contains [null] -> 
            entity is [1] -> 103 API read() Bench.entity expected [Hash, NilClass] data type(s) but got Integer: 1
            entity is ["Shot"] -> 103 API read() Bench.entity expected [Hash, NilClass] data type(s) but got String: "Shot"
            entity is [{"id": 1}] -> 103 API read() invalid/missing entity hash string 'type': {"id":1}
            entity is [{"type": "Shot"}] -> 103 API read() invalid/missing entity hash integer 'id': {"type":"Shot"}
            entity is [{"type": "Teapot", "id": 1}] -> 103 API read() invalid/missing entity hash string 'type': {"id":1,"type":"Teapot"}
            entity contains [{"type": "Shot", "id": 1}] -> 103 API read() Bench.entity's 'entity' data type doesn't support 'contains' 'relation'. Valid relations: is, is_not, type_is, type_is_not, name_contains, name_not_contains, name_is, in, not_in
            multi is [{"type": "Asset", "id": 1}] -> 1
            multi is [{"type": "Asset", "id": 3}] -> 
            multi is [null] -> 3 4
            multi is_not [{"type": "Asset", "id": 1}] -> 2 3 4
            multi is_not [null] -> 1 2
            multi in [{"type": "Asset", "id": 1}, {"type": "Asset", "id": 2}] -> 1 2
            multi not_in [{"type": "Asset", "id": 1}, {"type": "Asset", "id": 9}] -> 2 3 4
            multi type_is ["Asset"] -> 1 2
            multi type_is_not ["Asset"] -> 3 4
            multi name_is ["tree"] -> 1 2
            multi name_contains ["bun"] -> 1
            multi name_not_contains ["bun"] -> 2 3 4
            addressing is [{"type": "HumanUser", "id": 1}] -> 1
            addressing is_not [{"type": "HumanUser", "id": 1}] -> 2 3 4
            addressing contains [{"type": "Group", "id": 1}] -> 1 2
            addressing not_contains [{"type": "HumanUser", "id": 1}] -> 2 3 4
            addressing in [{"type": "HumanUser", "id": 1}, {"type": "HumanUser", "id": 2}] -> 1
            addressing type_is ["HumanUser"] -> 1
            addressing type_is_not ["HumanUser"] -> 2 3 4
            addressing name_contains ["roe"] -> 1
            addressing name_not_contains ["roe"] -> 2 3 4
            addressing name_starts_with ["jane"] -> 1
            addressing name_ends_with ["ISTS"] -> 1 2
            addressing name_is ["Artists"] -> 103 API read() Bench.addressing's 'addressing' data type doesn't support 'name_is' 'relation'. Valid relations: is, is_not, contains, not_contains, in, not_in, type_is, type_is_not, name_contains, name_not_contains, name_starts_with, name_ends_with
            addressing is [null] -> 3 4
            tags_of_old is ["hero"] -> 1
            tags_of_old is_not ["hero"] -> 2 3 4
            tags_of_old is [null] -> 3 4
            tags_of_old is_not [null] -> 1 2
            tags_of_old name_contains ["NIGHT"] -> 1
            tags_of_old name_not_contains ["night"] -> 2 3 4
            tags_of_old name_id ["Night shoot"] -> 1
            tags_of_old in ["hero"] -> 103 API read() Bench.tags_of_old's 'tag_list' data type doesn't support 'in' 'relation'. Valid relations: is, is_not, name_contains, name_not_contains, name_id
        "#]],
    );
}

#[test]
fn paths() {
    check(
        r#"
        entity.Shot.code is ["sh010"]
        entity.Shot.code is [null]
        entity.Shot.code is_not ["sh010"]
        entity.Shot.id is [1]
        entity.Asset.code contains ["e"]
        entity.Shot.project.Project.name is ["demo"]
        entity.Shot.project is [{"type": "Project", "id": 4}]
        multi.Asset.code is ["tree"]
        multi.Asset.code is_not ["tree"]
        multi.Asset.code is [null]
        multi.Asset.project.Project.name starts_with ["de"]
        addressing.Group.code is ["artists"]
        addressing.HumanUser.login is ["jane"]
        entity.cached_display_name is ["x"]
        entity.Teapot.code is ["x"]
        entity.Shot.nope is ["x"]
        entity.Shot is ["x"]
        text.Shot.code is ["x"]
        cached_display_name is ["north pier"]
        project.Project.name is ["Demo"]
        "#,
        expect![[r#"
            entity.Shot.code is ["sh010"] -> 1
            entity.Shot.code is [null] -> 2 3 4
            entity.Shot.code is_not ["sh010"] -> 2 3 4
            entity.Shot.id is [1] -> 1
            entity.Asset.code contains ["e"] -> 2
            entity.Shot.project.Project.name is ["demo"] -> 1
            entity.Shot.project is [{"type": "Project", "id": 4}] -> 1
            multi.Asset.code is ["tree"] -> 1 2
            multi.Asset.code is_not ["tree"] -> 1 3 4
            multi.Asset.code is [null] -> 3 4
            multi.Asset.project.Project.name starts_with ["de"] -> 1 2
            addressing.Group.code is ["artists"] -> 1 2
            addressing.HumanUser.login is ["jane"] -> 1
            entity.cached_display_name is ["x"] -> 103 API read() Bench.entity.cached_display_name doesn't exist.
            entity.Teapot.code is ["x"] -> 103 API read() Bench.entity.Teapot.code doesn't exist.
            entity.Shot.nope is ["x"] -> 103 API read() Shot.nope doesn't exist.
            entity.Shot is ["x"] -> 103 API read() Bench.entity.Shot doesn't exist.
            text.Shot.code is ["x"] -> 103 API read() Bench.text doesn't exist.
            cached_display_name is ["north pier"] -> 1
            project.Project.name is ["Demo"] -> 103 API read() Bench.project doesn't exist.
        "#]],
    );
}

/// Paths that begin at the records that link to a record.
#[test]
fn reverse_paths() {
    let mut scene = scene();
    for (content, shot, status) in [("Anim", 1, "ip"), ("Comp", 1, "wtg")] {
        scene.create("Task", json!({"content": content, "project": link("Project", 4), "entity": link("Shot", shot), "sg_status_list": status}));
    }
    scene.create("Shot", json!({"code": "sh030", "project": link("Project", 4)}));
    let mut told = String::new();
    for condition in [
        json!(["$FROM$Task.entity.sg_status_list", "is", "ip"]),
        json!(["$FROM$Task.entity.sg_status_list", "is", "fin"]),
        json!(["$FROM$Task.entity.content", "is", null]),
        json!(["$FROM$Task.entity.project.Project.name", "contains", "dem"]),
        json!(["$FROM$EventLogEntry.entity.id", "greater_than", 0]),
        json!(["$FROM$EventLogEntry.entity.event_type", "is", "Shotgun_Shot_New"]),
        json!(["$FROM$Task.content.id", "is", 1]),
        json!(["$FROM$Task.entity", "is", 1]),
        json!(["$FROM$Teapot.entity.id", "is", 1]),
    ] {
        let found = match scene.find("Shot", json!([condition]), json!([])) {
            Ok(rows) => rows
                .as_array()
                .into_iter()
                .flatten()
                .map(|row| row["id"].to_string())
                .collect::<Vec<_>>()
                .join(" "),
            Err(error) => error,
        };
        writeln!(told, "{condition} -> {found}").expect("writing to a string cannot fail");
    }
    expect![[r#"
        ["$FROM$Task.entity.sg_status_list","is","ip"] -> 1
        ["$FROM$Task.entity.sg_status_list","is","fin"] -> 
        ["$FROM$Task.entity.content","is",null] -> 3
        ["$FROM$Task.entity.project.Project.name","contains","dem"] -> 1
        ["$FROM$EventLogEntry.entity.id","greater_than",0] -> 1 3
        ["$FROM$EventLogEntry.entity.event_type","is","Shotgun_Shot_New"] -> 3
        ["$FROM$Task.content.id","is",1] -> 103 API read() Shot.$FROM$Task.content.id doesn't exist.
        ["$FROM$Task.entity","is",1] -> 103 API read() Shot.$FROM$Task.entity doesn't exist.
        ["$FROM$Teapot.entity.id","is",1] -> 103 API read() Shot.$FROM$Teapot.entity.id doesn't exist.
    "#]].assert_eq(&told);
}
