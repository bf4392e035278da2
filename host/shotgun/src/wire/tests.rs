use super::*;

const FULL: &str = r#"{"type":"EventLogEntry","id":7001,"event_type":"Shotgun_Task_Change","attribute_name":"sg_status_list",
 "meta":{"type":"attribute_change", "old_value":"wtg","new_value":2.0},"description":"Jane changed \"Status\"",
 "entity":{"type":"Task","id":55,"name":"Ani\u006d","valid":"valid"},"project":{"id":4,"type":"Project","name":"Demo"},
 "user":{"type":"HumanUser","id":3,"name":"Jane"},"session_uuid":"7a0e","created_at":"2026-02-03T10:11:12Z"}"#;

fn entity(entity_type: &str, id: u64, name: Option<&str>) -> Option<EntityRef> {
    Some(EntityRef { entity_type: entity_type.to_owned(), id, name: name.map(str::to_owned) })
}

#[test]
fn a_full_row_is_read_whole() {
    let entry = parse_entry(FULL).expect("a valid row");
    let expected = EventLogEntry {
        id: EventId(7001),
        event_type: "Shotgun_Task_Change".to_owned(),
        attribute_name: Some("sg_status_list".to_owned()),
        entity: entity("Task", 55, Some("Anim")),
        project: entity("Project", 4, Some("Demo")),
        user: entity("HumanUser", 3, Some("Jane")),
        session_uuid: Some("7a0e".to_owned()),
        // date -u -d 2026-02-03T10:11:12Z +%s
        created_at: SiteTime(1_770_113_472_000),
        meta: r#"{"type":"attribute_change", "old_value":"wtg","new_value":2.0}"#.to_owned(),
    };
    assert_eq!(entry, expected);
}

#[test]
fn optional_fields_may_be_missing_or_null() {
    let expected = EventLogEntry {
        id: EventId(1),
        event_type: "X".to_owned(),
        attribute_name: None,
        entity: None,
        project: None,
        user: None,
        session_uuid: None,
        created_at: SiteTime(0),
        meta: "null".to_owned(),
    };
    let missing = r#"{"id":1,"event_type":"X","created_at":"1970-01-01T00:00:00Z"}"#;
    assert_eq!(parse_entry(missing).as_ref(), Ok(&expected));
    let null = r#"{"id":1,"event_type":"X","created_at":"1970-01-01T00:00:00Z","attribute_name":null,"entity":null,
        "project":null,"user":null,"session_uuid":null,"meta":null}"#;
    assert_eq!(parse_entry(null).as_ref(), Ok(&expected));
}

#[test]
fn an_optional_field_that_does_not_fit_costs_only_itself() {
    let row = r#"{"id":1,"event_type":"X","created_at":"1970-01-01T00:00:00Z","attribute_name":5,
        "entity":{"type":"Shot"},"project":{"type":"Project","id":4,"name":7},"user":"Jane","session_uuid":[],"meta":[1]}"#;
    let entry = parse_entry(row).expect("a valid row");
    assert_eq!(entry.attribute_name, None);
    assert_eq!(entry.entity, None);
    assert_eq!(entry.project, entity("Project", 4, None));
    assert_eq!(entry.user, None);
    assert_eq!(entry.session_uuid, None);
    assert_eq!(entry.meta, "[1]");
}

#[track_caller]
fn check_malformed(row: &str, expected: &str) {
    let error = parse_entry(row).expect_err("a malformed row");
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_required_field_that_does_not_fit_is_named() {
    check_malformed(r#"[1,"X","1970-01-01T00:00:00Z"]"#, "an entry is not an object");
    check_malformed("5", "an entry is not an object");
    check_malformed("{", "an entry is not an object");
    check_malformed("{}", "an entry has an `id` that is not a whole number above 0");
    check_malformed(
        r#"{"id":"7","event_type":"X"}"#,
        "an entry has an `id` that is not a whole number above 0",
    );
    check_malformed(
        r#"{"id":0,"event_type":"X","created_at":"1970-01-01T00:00:00Z"}"#,
        "an entry has an `id` that is not a whole number above 0",
    );
    check_malformed(
        r#"{"id":-1,"event_type":"X","created_at":"1970-01-01T00:00:00Z"}"#,
        "an entry has an `id` that is not a whole number above 0",
    );
    check_malformed(r#"{"id":1.5}"#, "an entry has an `id` that is not a whole number above 0");
    check_malformed(
        r#"{"id":7,"created_at":"1970-01-01T00:00:00Z"}"#,
        "entry 7 has an `event_type` that is not a text",
    );
    check_malformed(
        r#"{"id":7,"event_type":null,"created_at":"1970-01-01T00:00:00Z"}"#,
        "entry 7 has an `event_type` that is not a text",
    );
    check_malformed(
        r#"{"id":7,"event_type":"","created_at":"1970-01-01T00:00:00Z"}"#,
        "entry 7 has an `event_type` that is not a text",
    );
    check_malformed(
        r#"{"id":7,"event_type":"X"}"#,
        "entry 7 has a `created_at` that is not a time like 2026-01-31T10:00:00Z",
    );
    check_malformed(
        r#"{"id":7,"event_type":"X","created_at":1770113472}"#,
        "entry 7 has a `created_at` that is not a time like 2026-01-31T10:00:00Z",
    );
}

#[track_caller]
fn check_time(text: &str, expected: Option<i64>) {
    assert_eq!(parse_time(text).map(|time| time.0), expected, "{text}");
}

#[test]
fn only_the_sites_own_form_of_a_time_is_read() {
    check_time("2024-02-29T23:59:59Z", Some(1_709_251_199_000));
    check_time("1969-12-31T23:59:59Z", Some(-1_000));
    check_time("2023-02-29T00:00:00Z", None);
    check_time("2026-13-01T00:00:00Z", None);
    check_time("2026-01-01T24:00:00Z", None);
    check_time("2026-01-01 00:00:00Z", None);
    check_time("2026-01-01 00:00:00 UTC", None);
    check_time("2026-01-01T00:00:00.5Z", None);
    check_time("2026-01-01T00:00:+1Z", None);
    check_time("2026-01-01T00:00:00+00:00", None);
    check_time("", None);
}
