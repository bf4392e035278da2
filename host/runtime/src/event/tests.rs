use eventlog::{EventId, SiteTime};

use super::*;

fn entry(event_type: &str, meta: &str) -> EventLogEntry {
    EventLogEntry {
        id: EventId(7001),
        event_type: event_type.to_owned(),
        attribute_name: None,
        entity: None,
        project: None,
        user: None,
        session_uuid: None,
        created_at: SiteTime(0),
        meta: meta.to_owned(),
    }
}

fn change(event_type: &str, meta: &str) -> Change {
    event_of(&entry(event_type, meta), false).change
}

#[track_caller]
fn attribute(meta: &str) -> AttributeChange {
    match change("Shotgun_Shot_Change", meta) {
        Change::Attribute(attribute) => attribute,
        other => panic!("expected a change of a field, got {other:?}"),
    }
}

#[test]
fn a_status_change_is_text() {
    let change = attribute(
        r#"{"type":"attribute_change","attribute_name":"sg_status_list","entity_type":"Task","entity_id":55,
            "field_data_type":"status_list","old_value":"wtg","new_value":"ip"}"#,
    );
    assert_eq!(change.field, "sg_status_list");
    assert_eq!(change.data_type.as_deref(), Some("status_list"));
    assert!(
        matches!((change.old, change.new), (Value::Text(old), Value::Text(new)) if old == "wtg" && new == "ip")
    );
}

#[test]
fn numbers_keep_their_kind() {
    let change = attribute(
        r#"{"type":"attribute_change","attribute_name":"f","old_value":2,"new_value":2.0}"#,
    );
    assert!(matches!(change.old, Value::Integer(2)));
    assert!(matches!(change.new, Value::Number(number) if number == 2.0));
}

#[test]
fn a_multi_entity_change_has_added_and_removed() {
    let change = attribute(
        r#"{"type":"attribute_change","attribute_name":"tasks","actual_attribute_changed":"Task.entity",
            "entity_type":"Task","entity_id":55,"added":[{"type":"Task","id":55,"name":"Anim","valid":"valid"}],
            "removed":[],"original_event_log_entry_id":7000,"in_create":true}"#,
    );
    assert_eq!(change.added.len(), 1);
    assert_eq!((change.added[0].entity_type.as_str(), change.added[0].id), ("Task", 55));
    assert!(change.removed.is_empty() && change.in_create);
    assert_eq!(change.mirror_of, Some(7000));
}

#[test]
fn an_unknown_shape_is_handed_over_whole() {
    let change =
        attribute(r#"{"type":"attribute_change","attribute_name":"f","new_value":[1,{"a":2}]}"#);
    assert!(matches!(change.new, Value::Other(json) if json == r#"[1,{"a":2}]"#));
}

#[test]
fn the_event_type_tells_lives_apart() {
    assert!(matches!(change("Shotgun_Task_New", r#"{"type":"new_entity"}"#), Change::Created));
    assert!(matches!(change("Shotgun_Task_Retirement", "{}"), Change::Retired));
    assert!(matches!(change("Shotgun_Task_Revival", r#"{"class_name":"Task"}"#), Change::Revived));
    assert!(matches!(change("Shotgun_User_Login", "{}"), Change::Other));
    assert!(matches!(change("Studio_Thing_New", "{}"), Change::Other));
    assert!(matches!(change("Shotgun_Task_New", "not json"), Change::Created));
}

#[test]
fn a_retired_entity_is_filled_in_from_meta() {
    let event =
        event_of(&entry("Shotgun_Task_New", r#"{"entity_type":"Task","entity_id":55}"#), true);
    let entity = event.entity.unwrap();
    assert_eq!((entity.entity_type.as_str(), entity.id, entity.name), ("Task", 55, None));
    assert!(event.late);
}

#[test]
fn a_mirrored_change_does_not_pass_off_the_other_side_as_its_entity() {
    let meta = r#"{"type":"attribute_change","attribute_name":"tasks","entity_type":"Task","entity_id":55,
                   "original_event_log_entry_id":7000}"#;
    assert!(event_of(&entry("Shotgun_Shot_Change", meta), false).entity.is_none());
}

#[test]
fn the_script_behind_a_sudo_is_told() {
    let event = event_of(
        &entry("Shotgun_Shot_New", r#"{"sudo_actual_user":{"type":"ApiUser","id":12}}"#),
        false,
    );
    assert_eq!(event.sudo_actual_user.unwrap().id, 12);
}
