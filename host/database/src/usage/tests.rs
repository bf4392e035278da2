use super::*;

fn row(field: Option<&str>, project: Option<u64>, granted: bool) -> UsageRow {
    UsageRow {
        kind: "shotgun".to_owned(),
        operation: "read".to_owned(),
        subject: "Shot".to_owned(),
        field: field.map(str::to_owned),
        project,
        granted,
    }
}

#[test]
fn what_was_needed_is_there_once() {
    let mut database = Database::in_memory("http://site").expect("made");
    let rows =
        [row(Some("code"), None, true), row(None, Some(70), true), row(None, Some(70), false)];
    for _ in 0..2 {
        database.add_usage("a", &rows, Timestamp(1)).expect("added");
    }
    let sorted = |plugin| {
        let mut rows = database.usage(plugin).expect("read");
        rows.sort();
        rows
    };
    let mut expected = rows.to_vec();
    expected.sort();
    assert_eq!(sorted("a"), expected);
    assert!(sorted("b").is_empty());
    database.forget_usage("a").expect("dropped");
    assert!(database.usage("a").expect("read").is_empty());
}
