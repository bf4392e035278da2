use std::sync::Arc;

use eventlog::{EventId, EventLogEntry, SiteTime};
use policy::shotgun::Grants;

use super::*;
use crate::event::{event_of, with_earlier};

const STATUS: &str = r#"{"type":"attribute_change","attribute_name":"sg_status_list","entity_type":"Task","entity_id":5,
    "field_data_type":"status_list","old_value":"SECRET old","new_value":"SECRET new","note":"SECRET note",
    "sudo_actual_user":{"type":"ApiUser","id":12,"name":"SECRET script"}}"#;
const LINK: &str = r#"{"type":"attribute_change","attribute_name":"entity","entity_type":"Task","entity_id":5,
    "field_data_type":"entity","old_value":null,
    "new_value":{"type":"Shot","id":7,"name":"SECRET shot","status":"SECRET status","valid":"valid"}}"#;
const LINKS: &str = r#"{"type":"attribute_change","attribute_name":"entity","entity_type":"Task","entity_id":5,
    "field_data_type":"multi_entity","added":[{"type":"Shot","id":7,"name":"SECRET shot"}],"removed":[]}"#;
const RETIRED: &str = r#"{"type":"entity_retirement","id":5,"entity_id":5,"entity_type":"Task","class_name":"Task",
    "display_name":"SECRET name","retirement_date":"2026-02-03 10:11:12 UTC"}"#;

fn event(event_type: &str, meta: &str) -> Event {
    let link = |entity_type: &str, id| {
        let name = Some(format!("SECRET {entity_type}"));
        Some(eventlog::EntityRef { entity_type: entity_type.to_owned(), id, name })
    };
    let entry = EventLogEntry {
        id: EventId(9),
        event_type: event_type.to_owned(),
        attribute_name: Some("sg_status_list".to_owned()),
        entity: link("Task", 5),
        project: link("Project", 70),
        user: link("HumanUser", 3),
        session_uuid: None,
        created_at: SiteTime(0),
        meta: meta.to_owned(),
    };
    event_of(&entry, false)
}

fn effective(lines: &[&str]) -> Effective {
    Effective { granted: Arc::new(Grants::parse(lines.iter().copied()).unwrap()), requested: None }
}

/// The secrets of an event that are left.
fn left(event: &Event, lines: &[&str]) -> Vec<String> {
    let text = format!("{:?}", shown(event, &effective(lines)));
    let mut left: Vec<_> = text
        .split("SECRET ")
        .skip(1)
        .map(|rest| rest.split(['"', '\\']).next().unwrap().to_owned())
        .collect();
    left.sort();
    left.dedup();
    left
}

const NOTHING: [&str; 0] = [];

#[test]
fn without_a_grant_an_event_says_what_happened_to_what_and_no_value_or_name() {
    for meta in [STATUS, LINK, LINKS, RETIRED, r#"{"pref":"SECRET"}"#, r#""SECRET ""#] {
        for event_type in ["Shotgun_Task_Change", "Shotgun_Task_Retirement", "Studio_Thing_Done"] {
            let event = event(event_type, meta);
            let with_earlier = with_earlier(&event, [&event, &event].into_iter());
            assert_eq!(left(&with_earlier, &[]), NOTHING, "{event_type} {meta}");
            let shown = shown(&event, &effective(&[]));
            let id = |link: &Option<EntityRef>| {
                link.as_ref().map(|link| (link.entity_type.clone(), link.id))
            };
            assert_eq!((shown.id, &shown.event_type), (9, &event.event_type));
            assert_eq!(shown.attribute_name, event.attribute_name);
            for (shown, event) in [
                (&shown.entity, &event.entity),
                (&shown.project, &event.project),
                (&shown.user, &event.user),
                (&shown.sudo_actual_user, &event.sudo_actual_user),
            ] {
                assert_eq!(id(shown), id(event));
            }
        }
    }
}

#[test]
fn each_value_and_name_comes_with_its_own_grant() {
    let status = event("Shotgun_Task_Change", STATUS);
    assert_eq!(left(&status, &["read Task.sg_status_list"]), ["new", "old"]);
    assert_eq!(left(&status, &["read Task.sg_status_list in project 70"]), ["new", "old"]);
    assert_eq!(left(&status, &["read Task.sg_status_list in project 71"]), NOTHING);
    assert_eq!(left(&status, &["read Shot.sg_status_list", "read Task.entity"]), NOTHING);
    assert_eq!(left(&status, &["read Task.content in project 70"]), ["Task"]);
    assert_eq!(left(&status, &["read HumanUser.name"]), ["HumanUser"]);
    assert_eq!(left(&status, &["read Project.name in project 70"]), ["Project"]);
    assert_eq!(left(&status, &["read ApiUser.cached_display_name"]), ["script"]);
    let link = event("Shotgun_Task_Change", LINK);
    assert_eq!(left(&link, &["read Task.entity"]), NOTHING, "the link without its name");
    assert_eq!(left(&link, &["read Shot.code"]), NOTHING);
    assert_eq!(left(&link, &["read Task.entity", "read Shot.code"]), ["shot"]);
    assert_eq!(
        left(&link, &["read Task.entity", "read Shot.code in project 70"]),
        NOTHING,
        "nobody knows where the Shot is"
    );
    let links = event("Shotgun_Task_Change", LINKS);
    assert_eq!(left(&links, &["read Task.entity", "read Shot.code"]), ["shot"]);
    let retired = event("Shotgun_Task_Retirement", RETIRED);
    assert_eq!(left(&retired, &["read Task.content"]), ["Task", "name"]);
}

#[test]
fn the_event_log_s_own_metadata_is_a_field_like_others() {
    let status = event("Shotgun_Task_Change", STATUS);
    let all = ["new", "note", "old", "script"];
    assert_eq!(left(&status, &["read EventLogEntry.meta in project 70"]), all);
    assert_eq!(left(&status, &["read EventLogEntry.meta in project 71"]), NOTHING);
}

#[test]
fn who_reads_everything_is_shown_everything_as_it_is() {
    let event = event("Shotgun_Task_Change", STATUS);
    for lines in [&["read"], &["write"], &["read *.*"]] {
        let shown = shown(&event, &effective(lines));
        assert_eq!(format!("{shown:?}"), format!("{event:?}"));
    }
}
