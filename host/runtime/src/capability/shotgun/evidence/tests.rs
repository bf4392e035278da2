use ::shotgun::Upload;
use ::shotgun::query::Batch;

use super::super::touched;
use super::*;

fn fields(json: &str) -> Fields {
    Fields::parse(json).expect("it is right")
}

fn writes(wanted: &Wanted<'_>) -> Vec<Write> {
    touched::by_change(wanted).unwrap_or_default().into_iter().map(|part| part.write).collect()
}

#[test]
fn an_update_says_what_it_sets_and_what_was_there() {
    let fields = fields(r#"{"code": "b", "tags": [{"type": "Tag", "id": 1}]}"#);
    let modes = Modes::parse(r#"{"tags": "add"}"#).expect("it is right");
    let wanted = Wanted::Update { entity_type: "Shot", id: 7, fields: &fields, modes: &modes };
    assert_eq!(entities(&wanted), ["Shot:7"]);
    assert_eq!(asked(&wanted).unwrap(), r#"{"code":"b","tags":{"add":[{"id":1,"type":"Tag"}]}}"#);
    let set = set_by(writes(&wanted).iter());
    assert_eq!(set["Shot"].ids, BTreeSet::from([7]));
    let rows = [r#"{"type": "Shot", "id": 7, "code": "a", "tags": []}"#.to_owned()];
    let known = before_of("Shot", &rows, &set["Shot"].fields);
    assert_eq!(before(&writes(&wanted), &known).unwrap(), r#"{"Shot:7":{"code":"a","tags":[]}}"#);
    assert_eq!(before(&writes(&wanted), &Before::new()), None, "nothing is known");
}

#[test]
fn a_field_that_is_given_twice_is_shown_twice() {
    let fields = fields(r#"{"code": "a", "code": "b"}"#);
    let wanted = Wanted::Create { entity_type: "Shot", fields: &fields, return_fields: &[] };
    assert_eq!(entities(&wanted), ["Shot"]);
    assert_eq!(asked(&wanted).unwrap(), r#"{"code":"a","code (again)":"b"}"#);
}

#[test]
fn each_record_of_a_batch_has_its_own_fields() {
    let batch = Batch::parse(
        r#"[{"request_type": "update", "entity_type": "Shot", "entity_id": 7, "data": {"code": "x"}},
            {"request_type": "update", "entity_type": "Shot", "entity_id": 8, "data": {"head_in": 1}},
            {"request_type": "create", "entity_type": "Note", "data": {"subject": "s"}},
            {"request_type": "delete", "entity_type": "Task", "entity_id": 9}]"#,
    )
    .expect("it is right");
    let wanted = Wanted::Batch(&batch);
    assert_eq!(entities(&wanted), ["Shot:7", "Shot:8", "Note", "Task:9"]);
    let rows = [
        r#"{"type": "Shot", "id": 7, "code": "a", "head_in": 2}"#.to_owned(),
        r#"{"type": "Shot", "id": 8, "code": "b", "head_in": 3}"#.to_owned(),
    ];
    let set = set_by(writes(&wanted).iter());
    assert_eq!(set.keys().collect::<Vec<_>>(), ["Shot"]);
    let known = before_of("Shot", &rows, &set["Shot"].fields);
    assert_eq!(
        before(&writes(&wanted), &known).unwrap(),
        r#"{"Shot:7":{"code":"a"},"Shot:8":{"head_in":3}}"#
    );
    let asked = asked(&wanted).unwrap();
    assert!(asked.contains(r#"{"entity":"Task:9","fields":null,"request":"delete"}"#), "{asked}");
}

#[test]
fn of_a_file_there_is_no_more_than_its_digest() {
    let upload = Upload {
        entity_type: "Version".to_owned(),
        id: 3,
        field: Some("image".to_owned()),
        file_name: "a.png".to_owned(),
        content: b"canary".to_vec().into(),
    };
    let wanted = Wanted::Upload(&upload);
    let asked = asked(&wanted).unwrap();
    assert!(asked.contains(r#""bytes":6"#) && !asked.contains("canary"), "{asked}");
    assert!(set_by(writes(&wanted).iter()).is_empty(), "nothing is read of it");
}
