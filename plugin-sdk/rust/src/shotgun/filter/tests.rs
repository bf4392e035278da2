use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Filter, Unit, all, any, field};
use crate::{EntityRef, Error};

#[track_caller]
fn check(filter: Filter, wire: Value) {
    assert_eq!(filter.into_json(), Ok(wire));
}

#[test]
fn conditions_are_written_as_the_python_api_writes_them() {
    check(field("code").is("sh010"), json!(["code", "is", "sh010"]));
    check(field("sg_cut_in").is_not(1001), json!(["sg_cut_in", "is_not", 1001]));
    check(
        field("sg_status_list").in_(["fin", "cmpt"]),
        json!(["sg_status_list", "in", ["fin", "cmpt"]]),
    );
    check(field("id").not_in([1, 2]), json!(["id", "not_in", [1, 2]]));
    check(field("id").between(1, 5), json!(["id", "between", [1, 5]]));
    check(field("id").greater_than(5), json!(["id", "greater_than", 5]));
    check(field("created_at").in_last(2, Unit::Day), json!(["created_at", "in_last", [2, "DAY"]]));
    check(field("due_date").in_calendar_day(-1), json!(["due_date", "in_calendar_day", -1]));
}

#[test]
fn an_unset_field_is_compared_with_null() {
    check(field("entity").is_unset(), json!(["entity", "is", null]));
    check(field("entity").is_set(), json!(["entity", "is_not", null]));
}

#[test]
fn a_link_is_sent_without_its_name() {
    let shot = EntityRef { name: Some("sh010".to_owned()), ..EntityRef::new("Shot", 7) };
    check(field("entity").is(&shot), json!(["entity", "is", { "type": "Shot", "id": 7 }]));
}

#[test]
fn groups_nest() {
    check(
        any([
            field("a").is(1),
            all([field("b").is(2), field("entity.Shot.code").starts_with("sh")]),
        ]),
        json!({ "filter_operator": "any", "filters": [
            ["a", "is", 1],
            { "filter_operator": "all", "filters": [["b", "is", 2], ["entity.Shot.code", "starts_with", "sh"]] },
        ] }),
    );
}

#[test]
fn a_value_that_is_no_json_is_named_by_its_field_and_not_shown() {
    let value = HashMap::from([((1, 2), "secret")]);
    let error = any([field("code").is(value)])
        .into_json()
        .expect_err("a map with tuples as keys is no JSON");
    let Error::Invalid(text) = error else { panic!("{error}") };
    assert!(
        text.starts_with("the value compared with `code` cannot be written as JSON: "),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
}
