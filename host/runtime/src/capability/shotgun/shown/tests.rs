use std::sync::Arc;

use policy::shotgun::{Filter, Grants, Question, Schema};
use serde_json::json;

use super::*;

fn effective(lines: &[&str]) -> Effective {
    Effective { granted: Arc::new(Grants::parse(lines.iter().copied()).unwrap()), requested: None }
}

fn narrowed(fields: &[&str], effective: &Effective) -> Narrowed<Value> {
    let question = Question {
        entity_type: "Task".to_owned(),
        filter: Filter::All(Vec::new()),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        order: Vec::new(),
        summaries: Vec::new(),
        grouping: Vec::new(),
    };
    question.narrow(effective, &Schema::default()).unwrap()
}

#[track_caller]
fn check_rows(lines: &[&str], fields: &[&str], rows_of_site: Value, expected: Value) {
    let effective = effective(lines);
    let rows_of_site: Vec<String> =
        rows_of_site.as_array().unwrap().iter().map(Value::to_string).collect();
    let shown =
        rows(rows_of_site.iter().map(String::as_str), &narrowed(fields, &effective), &effective);
    assert_eq!(serde_json::from_str::<Value>(&shown.unwrap()).unwrap(), expected);
}

#[test]
fn values_over_links_are_shown_where_their_record_is_in_the_projects() {
    let project = |id: u64| json!({"type": "Project", "id": id, "name": "p"});
    let row = |id: u64, project: Value| json!({"type": "Task", "id": id, "entity.Shot.code": "c", "entity.Shot.project": project});
    check_rows(
        &["read Task.entity", "read Shot.code in project 70"],
        &["entity.Shot.code"],
        json!([
            row(1, project(70)),
            row(2, project(71)),
            row(3, Value::Null),
            row(4, json!([project(70)]))
        ]),
        json!([
            {"type": "Task", "id": 1, "entity.Shot.code": "c"},
            {"type": "Task", "id": 2, "entity.Shot.code": null},
            {"type": "Task", "id": 3, "entity.Shot.code": null},
            {"type": "Task", "id": 4, "entity.Shot.code": null},
        ]),
    );
    check_rows(
        &["read Task.project", "read Project.name in project 70"],
        &["project.Project.name"],
        json!([{"type": "Task", "id": 1, "project.Project.name": "p", "project.Project.id": 70},
               {"type": "Task", "id": 2, "project.Project.name": "q", "project.Project.id": 71}]),
        json!([{"type": "Task", "id": 1, "project.Project.name": "p"}, {"type": "Task", "id": 2, "project.Project.name": null}]),
    );
}

#[test]
fn links_are_shown_without_names_that_may_not_be_read() {
    let site = json!([{"type": "Task", "id": 1,
        "entity": {"type": "Shot", "id": 7, "name": "sh010", "status": "ip"},
        "shots": [{"type": "Shot", "id": 8, "name": "sh020"}, {"type": "Asset", "id": 2, "name": "bunny"}],
        "file": {"type": "Attachment", "id": 3, "name": "a.mov", "url": "https://x", "link_type": "upload"},
        "meta": {"type": "entity_retirement", "id": 5, "class_name": "Task"}}]);
    let mut without = site.clone();
    without[0]["entity"] = json!({"type": "Shot", "id": 7, "name": null});
    without[0]["shots"][0]["name"] = Value::Null;
    without[0]["shots"][1]["name"] = Value::Null;
    let fields = ["entity", "shots", "file", "meta"];
    check_rows(&["read Task.*"], &fields, site.clone(), without.clone());
    check_rows(
        &["read Task.*", "read Shot.code in project 70"],
        &fields,
        site.clone(),
        without.clone(),
    );
    without[0]["shots"][1]["name"] = json!("bunny");
    check_rows(&["read Task.*", "read Asset.code"], &fields, site, without);
}

#[test]
fn a_write_answers_what_may_be_read() {
    let site =
        r#"{"type":"Task","id":1,"content":"a","entity":{"type":"Shot","id":7,"name":"sh010"}}"#;
    let answer = |lines: &[&str], project, return_fields: &[&str]| -> Value {
        let part = Written {
            entity_type: "Task".to_owned(),
            project,
            return_fields: return_fields.iter().map(|field| (*field).to_owned()).collect(),
        };
        serde_json::from_str(&written(site, false, &[part], &effective(lines)).unwrap()).unwrap()
    };
    let bare = json!({"type": "Task", "id": 1});
    assert_eq!(answer(&["update Task.*"], None, &[]), bare);
    assert_eq!(answer(&["read Task.* in project 70"], None, &[]), bare);
    assert_eq!(answer(&["read Task.* in project 70"], Some(71), &[]), bare);
    assert_eq!(answer(&["read Task.content in project 70"], Some(70), &[])["content"], "a");
    let linked = answer(&["read Task.entity"], None, &[]);
    assert_eq!(
        linked,
        json!({"type": "Task", "id": 1, "entity": {"type": "Shot", "id": 7, "name": null}})
    );
    assert_eq!(answer(&[], None, &["content"])["content"], "a");
}

#[test]
fn a_batch_answers_part_by_part() {
    let part = |entity_type: &str| Written {
        entity_type: entity_type.to_owned(),
        project: None,
        return_fields: Vec::new(),
    };
    let site =
        r#"[{"type":"Task","id":1,"content":"a"},{"type":"Shot","id":1,"content":"a"},true]"#;
    let parts = [part("Task"), part("Shot"), part("Note")];
    let answer = written(site, true, &parts, &effective(&["read Shot.content"]));
    let expected = r#"[{"id":1,"type":"Task"},{"content":"a","id":1,"type":"Shot"},true]"#;
    assert_eq!(answer.as_deref(), Some(expected));
    assert_eq!(written("[true]", true, &parts, &effective(&[])), None, "not what was asked for");
    assert_eq!(written("false", false, &parts[..1], &effective(&[])).as_deref(), Some("false"));
}
