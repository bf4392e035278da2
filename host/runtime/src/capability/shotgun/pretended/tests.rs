use ::shotgun::query::Batch;

use super::*;

fn numbers() -> Numbers {
    Numbers::of(Some(EventId(12)), 3)
}

fn read(entity_type: &str, fields: &[&str]) -> Read {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    Read { fields, ..Read::new(entity_type) }
}

/// What is pretended after a batch, and its answer.
fn after(batch: &str, before: &Before) -> (Pretended, String) {
    let batch = Batch::parse(batch).expect("it is right");
    let wanted = Wanted::Batch(&batch);
    let mut pretended = Pretended::default();
    let answer = pretended.answer(&wanted, numbers(), before);
    pretended.take_over(&wanted, &answer);
    (pretended, answer)
}

#[test]
fn numbers_are_far_from_real_ones_and_exact() {
    let all = [(0, 0), (12, 3), (u64::MAX, u32::MAX)];
    for (event, call) in all {
        let mut numbers = Numbers::of(Some(EventId(event)), call);
        let first = numbers.next();
        let last = (1..2_000).map(|_| numbers.next()).last().expect("some");
        assert!(first >= FIRST_ID && first < last && last < 1 << 53, "{first} to {last}");
    }
    assert_ne!(numbers().next(), Numbers::of(Some(EventId(12)), 4).next());
    assert_ne!(numbers().next(), Numbers::of(Some(EventId(13)), 3).next());
}

#[test]
fn a_batch_is_found_again() {
    let (pretended, answer) = after(
        r#"[{"request_type": "create", "entity_type": "Note", "data": {"subject": "s", "project": {"type": "Project", "id": 70}}},
            {"request_type": "create", "entity_type": "Note", "data": {"subject": "t"}},
            {"request_type": "update", "entity_type": "Shot", "entity_id": 7, "data": {"code": "b"}},
            {"request_type": "delete", "entity_type": "Task", "entity_id": 9}]"#,
        &Before::new(),
    );
    let answers: Vec<Value> = serde_json::from_str(&answer).expect("JSON");
    let (first, second) = (answers[0]["id"].as_u64().unwrap(), answers[1]["id"].as_u64().unwrap());
    assert_ne!(first, second);
    assert_eq!(answers[2], json!({"type": "Shot", "id": 7, "code": "b"}));
    assert_eq!(answers[3], true);
    assert_eq!(pretended.project("Note", first), Some(70));

    let found = pretended.found(&read("Note", &["subject", "content"]), &BTreeSet::from([first]));
    let found: Value = serde_json::from_str(&found[0]).expect("JSON");
    assert_eq!(found, json!({"type": "Note", "id": first, "subject": "s", "content": null}));
    assert!(pretended.found(&read("Shot", &[]), &BTreeSet::from([first])).is_empty());

    let rows = |rows: &[&str], entity_type| {
        let rows = rows.iter().map(|row| (*row).to_owned());
        pretended.patched(&read(entity_type, &[]), rows)
    };
    assert_eq!(
        rows(&[r#"{"id":7,"code":"a","x":1}"#, r#"{"id":8,"code":"a"}"#, r#"{"id":7}"#], "Shot"),
        [r#"{"code":"b","id":7,"x":1}"#, r#"{"id":8,"code":"a"}"#, r#"{"id":7}"#],
        "what was not asked for is not answered"
    );
    assert!(rows(&[r#"{"id":9}"#], "Task").is_empty(), "it is in the trash");
}

#[test]
fn links_are_added_and_taken_away() {
    let (kept, gone) =
        (json!({"type": "Tag", "id": 1, "name": "a"}), json!({"type": "Tag", "id": 2}));
    let links = Map::from_iter([("tags".to_owned(), json!([kept, gone]))]);
    let before = Before::from_iter([(("Shot".to_owned(), 7), links)]);
    let update = |mode: &str, id: u64| {
        let batch = format!(
            r#"[{{"request_type": "update", "entity_type": "Shot", "entity_id": 7, "data": {{"tags": [{{"type": "Tag", "id": {id}}}]}},
                "multi_entity_update_modes": {{"tags": "{mode}"}}}}]"#
        );
        let answer: Value = serde_json::from_str(&after(&batch, &before).1).expect("JSON");
        answer[0]["tags"].clone()
    };
    let named = |id: u64| json!({"type": "Tag", "id": id, "name": null});
    assert_eq!(update("remove", 2), json!([kept]));
    assert_eq!(update("add", 3), json!([kept, gone, named(3)]));
    assert_eq!(update("add", 1), json!([gone, kept]), "not twice");
    assert_eq!(update("set", 3), json!([named(3)]));
}

#[test]
fn numbers_that_were_made_up_are_not_asked_of_the_site() {
    let ids = |filters: &str| {
        let filters = Filters::parse(filters).expect("it is right");
        let (ids, rest) = pretended_ids(&filters)?;
        Some((ids.len(), rest.map(|rest| rest.as_wire()["conditions"][0]["values"].clone())))
    };
    let made = FIRST_ID + 5;
    assert_eq!(ids(&format!(r#"[["id", "is", {made}]]"#)), Some((1, None)));
    assert_eq!(ids(&format!(r#"[["id", "in", [{made}, 7]]]"#)), Some((1, Some(json!([7])))));
    assert_eq!(ids(r#"[["id", "is", 7]]"#), None);
    assert_eq!(ids(&format!(r#"[["id", "is", {made}], ["code", "is", "a"]]"#)), None);
    assert_eq!(ids(&format!(r#"[["id", "is_not", {made}]]"#)), None);
}
