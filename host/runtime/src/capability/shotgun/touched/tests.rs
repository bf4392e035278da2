use ::shotgun::Upload;
use ::shotgun::query::{Batch, Modes, Sort};

use super::*;

fn paths(filter: &Filter<Value>) -> Vec<&str> {
    match filter {
        Filter::All(filters) | Filter::Any(filters) => filters.iter().flat_map(paths).collect(),
        Filter::Condition(condition) => vec![&condition.path],
        Filter::InProjects { path, .. } => vec![path],
    }
}

#[test]
fn a_question_touches_what_it_answers_filters_and_orders_by_however_deep() {
    let filters = r#"[["a","is",1],{"filter_operator":"any","filters":[["b.Shot.c","is","x"],
        {"filter_operator":"all","filters":[["d","in",[1,"y"]]]}]}]"#;
    let read = Read {
        filters: Filters::parse(filters).unwrap(),
        fields: vec!["e".to_owned()],
        order: vec![Sort { field: "f.Shot.g".to_owned(), descending: true }],
        ..Read::new("Task")
    };
    let question = by_read(&read).unwrap();
    assert_eq!(paths(&question.filter), ["a", "b.Shot.c", "d"]);
    assert_eq!(
        (question.fields.as_slice(), question.order.as_slice()),
        (&["e".to_owned()][..], &["f.Shot.g".to_owned()][..])
    );
    assert_eq!(wire_of(question.filter).as_wire(), read.filters.as_wire());
}

#[test]
fn a_summary_touches_what_it_sums_up_and_groups_by() {
    let parse = |fields: &str, grouping: &str| {
        Summary::parse("Task", Filters::all(), fields, Some(grouping)).unwrap()
    };
    let summary = parse(r#"[{"field":"a","type":"count"}]"#, r#"[{"field":"b","type":"exact"}]"#);
    let question = by_summary(&summary).unwrap();
    assert_eq!(
        (question.summaries, question.grouping),
        (vec!["a".to_owned()], vec!["b".to_owned()])
    );
    let twice = parse(r#"[{"field":"a","type":"count","field":"z"}]"#, "[]");
    assert_eq!(by_summary(&twice).unwrap().summaries, ["z"], "what is judged is what is sent");
    assert_eq!(
        serde_json::to_value(&twice).unwrap()["summaries"],
        json!([{"field": "z", "type": "count"}])
    );
    let unknown = parse(r#"[{"field":"a","type":"count","path":"z"}]"#, "[]");
    assert!(by_summary(&unknown).is_err());
}

#[test]
fn a_filter_that_is_not_understood_is_not_narrowed() {
    for wire in [
        r#"{"logical_operator":"and","conditions":[],"path":"a"}"#,
        r#"{"logical_operator":"not","conditions":[]}"#,
        r#"{"logical_operator":"and","conditions":[{"path":"a","relation":"is","values":[1],"extra":1}]}"#,
        r#"{"logical_operator":"and","conditions":[{"path":["a"],"relation":"is","values":[1]}]}"#,
        r#"{"logical_operator":"and","conditions":[{"path":"a","relation":"is"}]}"#,
        r#"{"logical_operator":"and","conditions":["a"]}"#,
    ] {
        let read = Read { filters: Filters::parse(wire).unwrap(), ..Read::new("Task") };
        assert!(by_read(&read).is_err(), "{wire}");
    }
}

#[test]
fn only_numbers_truth_and_links_are_never_names() {
    for (values, expected) in [
        (json!([1, true, null, {"type": "Shot", "id": 7, "name": "a"}]), false),
        (json!(["a"]), true),
        (json!("a"), true),
        (json!([["a"]]), true),
        (json!([{"type": "Shot", "name": "a"}]), true),
    ] {
        assert_eq!(has_text(&values), expected, "{values}");
    }
}

#[test]
fn projects_are_asked_for_as_links_or_as_numbers() {
    let wire = |path: &str| {
        let filter = Filter::InProjects { path: path.to_owned(), projects: [70, 71].into() };
        wire_of(filter).as_wire()["conditions"][0]["values"].clone()
    };
    assert_eq!(
        wire("entity.Shot.project"),
        json!([{"type": "Project", "id": 70}, {"type": "Project", "id": 71}])
    );
    assert_eq!(wire("id"), json!([70, 71]));
    assert_eq!(wire("project.Project.id"), json!([70, 71]));
}

#[test]
fn each_part_of_a_change_is_a_write_of_its_own() {
    let batch = r#"[
        {"request_type":"create","entity_type":"Note","data":{"subject":"a","project":{"type":"Project","id":70}},
         "return_fields":["id","content"]},
        {"request_type":"update","entity_type":"Task","entity_id":5,"data":{"project":null}},
        {"request_type":"delete","entity_type":"Shot","entity_id":7}]"#;
    let batch = Batch::parse(batch).unwrap();
    let parts = by_change(&Wanted::Batch(&batch)).unwrap();
    let of = |part: &Part| {
        (part.write.operation, part.write.entity_type.clone(), part.write.id, part.write.project)
    };
    assert_eq!(
        parts.iter().map(of).collect::<Vec<_>>(),
        [
            (Operation::Create, "Note".to_owned(), None, ProjectValue::Project(70)),
            (Operation::Update, "Task".to_owned(), Some(5), ProjectValue::Other),
            (Operation::Delete, "Shot".to_owned(), Some(7), ProjectValue::Unmentioned),
        ]
    );
    assert_eq!(parts[0].write.fields, ["subject", "project"]);
    assert_eq!(parts[0].return_fields, ["content"]);
}

#[test]
fn a_project_that_is_given_twice_is_none() {
    let data = r#"{"project":{"type":"Project","id":70},"project":{"type":"Project","id":71}}"#;
    let (fields, modes) = (Fields::parse(data).unwrap(), Modes::default());
    let wanted = Wanted::Update { entity_type: "Task", id: 5, fields: &fields, modes: &modes };
    assert_eq!(by_change(&wanted).unwrap()[0].write.project, ProjectValue::Other);
    for value in [r#"{"type":"Shot","id":70}"#, "70", r#"{"type":"Project","id":"70"}"#, "[]"] {
        let fields = Fields::parse(&format!("{{\"project\":{value}}}")).unwrap();
        assert_eq!(project_of(&fields), ProjectValue::Other, "{value}");
    }
}

#[test]
fn an_upload_is_to_its_field_or_to_the_whole_record() {
    let mut upload = Upload {
        entity_type: "Version".to_owned(),
        id: 3,
        field: Some("image".to_owned()),
        file_name: String::new(),
        content: Vec::new().into(),
    };
    assert_eq!(by_change(&Wanted::Upload(&upload)).unwrap()[0].write.fields, ["image"]);
    upload.field = None;
    assert!(by_change(&Wanted::Upload(&upload)).unwrap()[0].write.fields.is_empty());
}

#[test]
fn the_policy_and_the_client_agree_about_which_methods_read() {
    let methods = [
        "read",
        "info",
        "followers",
        "follow",
        "update",
        "work_schedule_read",
        "unheard_of",
        "revive",
    ];
    for method in methods.into_iter().chain(policy::shotgun::READ_METHODS) {
        let reads = policy::shotgun::is_read_method(method);
        assert_eq!(reads, ::shotgun::is_read_method(method), "{method}");
    }
}
