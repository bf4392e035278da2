use super::*;
use crate::{EventId, SiteTime};
use proptest::prelude::*;

fn entry(event_type: &str, attribute: Option<&str>) -> EventLogEntry {
    EventLogEntry {
        id: EventId(1),
        event_type: event_type.to_owned(),
        attribute_name: attribute.map(str::to_owned),
        entity: None,
        project: None,
        user: None,
        session_uuid: None,
        created_at: SiteTime(0),
        meta: String::new(),
    }
}

fn filter((event_type, attributes): &(&str, &[&str])) -> Filter {
    Filter {
        event_type: Pattern::from(*event_type),
        attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// Which callbacks, given by their filters, want to see an entry.
#[track_caller]
fn check(
    callbacks: &[&[(&str, &[&str])]],
    event_type: &str,
    attribute: Option<&str>,
    expected: &[usize],
) {
    let matcher = Matcher::new(
        callbacks.iter().map(|filters| filters.iter().map(filter).collect()).collect(),
    );
    let found: Vec<usize> = matcher.callbacks(&entry(event_type, attribute)).collect();
    assert_eq!(found, expected);
}

const TASK: &str = "Shotgun_Task_Change";
const SHOT: &str = "Shotgun_Shot_New";

#[test]
fn no_filters_see_everything() {
    check(&[&[]], TASK, Some("sg_status_list"), &[0]);
    check(&[&[]], SHOT, None, &[0]);
}

#[test]
fn a_type_is_matched_whole() {
    check(&[&[(TASK, &[])]], TASK, Some("code"), &[0]);
    check(&[&[(TASK, &[])]], SHOT, None, &[]);
    check(&[&[("Shotgun_Task_*", &[])]], TASK, None, &[]);
    check(&[&[("Shotgun_Task", &[])]], TASK, None, &[]);
}

#[test]
fn a_star_matches_every_type() {
    check(&[&[("*", &[])]], SHOT, None, &[0]);
    check(&[&[("*", &["code"])]], SHOT, Some("code"), &[0]);
    check(&[&[("*", &["code"])]], SHOT, Some("other"), &[]);
}

#[test]
fn named_attributes_exclude_others_and_none() {
    let callbacks: &[&[(&str, &[&str])]] = &[&[(TASK, &["sg_status_list", "code"])]];
    check(callbacks, TASK, Some("code"), &[0]);
    check(callbacks, TASK, Some("sg_status_list"), &[0]);
    check(callbacks, TASK, Some("sg_status"), &[]);
    check(callbacks, TASK, None, &[]);
}

#[test]
fn a_star_among_attributes_matches_any_and_none() {
    check(&[&[(TASK, &["code", "*"])]], TASK, Some("other"), &[0]);
    check(&[&[(TASK, &["*"])]], TASK, None, &[0]);
}

#[test]
fn an_attribute_that_is_empty_text_is_an_attribute() {
    check(&[&[(TASK, &["code"])]], TASK, Some(""), &[]);
    check(&[&[(TASK, &[])]], TASK, Some(""), &[0]);
}

#[test]
fn filters_of_one_callback_add_up() {
    let callbacks: &[&[(&str, &[&str])]] =
        &[&[(TASK, &["code"]), (SHOT, &[]), (TASK, &["due_date"]), ("*", &["user"])]];
    check(callbacks, TASK, Some("code"), &[0]);
    check(callbacks, TASK, Some("due_date"), &[0]);
    check(callbacks, TASK, Some("user"), &[0]);
    check(callbacks, TASK, Some("other"), &[]);
    check(callbacks, SHOT, Some("user"), &[0]);
}

#[test]
fn callbacks_come_in_the_order_of_registration() {
    let callbacks: &[&[(&str, &[&str])]] = &[
        &[("*", &[])],
        &[(TASK, &[])],
        &[],
        &[(SHOT, &[])],
        &[(TASK, &["code"])],
        &[("*", &["code"])],
    ];
    check(callbacks, TASK, Some("code"), &[0, 1, 2, 4, 5]);
    check(callbacks, TASK, None, &[0, 1, 2]);
    check(callbacks, SHOT, Some("other"), &[0, 2, 3]);
    check(callbacks, "Own_Type", None, &[0, 2]);
}

#[test]
fn a_plugin_without_callbacks_wants_nothing() {
    check(&[], TASK, None, &[]);
}

/// The rule as it is written in the contract, without any thought of speed.
fn wants(filters: &[Filter], entry: &EventLogEntry) -> bool {
    let matches = |filter: &Filter| {
        let of_type = match &filter.event_type {
            Pattern::Every => true,
            Pattern::Named(name) => *name == entry.event_type,
        };
        let any = filter.attributes.is_empty() || filter.attributes.contains(&"*".to_owned());
        of_type
            && (any
                || entry
                    .attribute_name
                    .as_ref()
                    .is_some_and(|name| filter.attributes.contains(name)))
    };
    filters.is_empty() || filters.iter().any(matches)
}

proptest! {
    #[test]
    fn the_index_says_what_the_rule_says(
        callbacks in prop::collection::vec(
            prop::collection::vec(("[abc*]", prop::collection::vec("[xyz*]", 0..3)), 0..4), 0..6),
        event_type in "[abcd]",
        attribute in prop::option::of("[wxyz]"),
    ) {
        let filter = |(event_type, attributes): &(String, Vec<String>)| Filter {
            event_type: Pattern::from(event_type.as_str()),
            attributes: attributes.clone(),
        };
        let callbacks: Vec<Vec<Filter>> =
            callbacks.iter().map(|filters| filters.iter().map(filter).collect()).collect();
        let entry = entry(&event_type, attribute.as_deref());
        let expected: Vec<usize> =
            (0..callbacks.len()).filter(|callback| wants(&callbacks[*callback], &entry)).collect();
        let matcher = Matcher::new(callbacks);
        prop_assert_eq!(matcher.callbacks(&entry).collect::<Vec<_>>(), expected);
    }
}
