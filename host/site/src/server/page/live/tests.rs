use serde_json::Value;

use super::cursor::{Cursor, ROWS_MAX};
use crate::model::{EventDraft, Model, Now, Schema};
use crate::server::page::events::Filter;

const NOW: Now = Now(1_775_000_000_000);

fn model(rows: usize) -> Model {
    let mut model = Model::new(Schema::production());
    append(&mut model, rows);
    model
}

fn append(model: &mut Model, rows: usize) {
    model.append_events(rows, &EventDraft::new("Studio_Thing"), NOW);
}

/// The ids, newest first, and how many were passed over. None if there is nothing to tell.
fn told(cursor: &mut Cursor, model: &Model) -> Option<(Vec<u64>, u64)> {
    let batch = serde_json::to_value(cursor.next(model)?).expect("it is JSON");
    let ids = batch["rows"].as_array().expect("rows").iter().filter_map(|row| row["id"].as_u64());
    Some((ids.collect(), batch["skipped"].as_u64().expect("a number")))
}

#[test]
fn each_row_is_told_once() {
    let mut model = model(3);
    let mut cursor = Cursor::new(Filter::default(), None);
    assert_eq!(told(&mut cursor, &model), Some((vec![3, 2, 1], 0)));
    assert_eq!(told(&mut cursor, &model), None);
    append(&mut model, 2);
    assert_eq!(told(&mut cursor, &model), Some((vec![5, 4], 0)));
    assert_eq!(told(&mut cursor, &model), None);
}

#[test]
fn an_empty_log_is_told_too() {
    let model = model(0);
    let mut cursor = Cursor::new(Filter::default(), None);
    assert_eq!(told(&mut cursor, &model), Some((vec![], 0)));
    assert_eq!(told(&mut cursor, &model), None);
}

#[test]
fn a_slow_browser_is_told_the_newest_and_how_much_was_left_out() {
    let mut model = model(1);
    let mut cursor = Cursor::new(Filter::default(), None);
    told(&mut cursor, &model);
    append(&mut model, 70_000);
    let (ids, skipped) = told(&mut cursor, &model).expect("there is much to tell");
    assert_eq!(ids.first(), Some(&70_001));
    assert_eq!(ids.len(), ROWS_MAX);
    assert_eq!(ids.len() as u64 + skipped, 70_000);
    assert_eq!(told(&mut cursor, &model), None);
}

#[test]
fn rows_that_come_late_are_told_when_they_come() {
    let mut model = model(2);
    let mut cursor = Cursor::new(Filter::default(), None);
    told(&mut cursor, &model);
    let hold = model.hold_events(vec![EventDraft::new("Studio_Late"); 3], NOW);
    append(&mut model, 1);
    assert_eq!(told(&mut cursor, &model), Some((vec![6], 0)));
    model.commit_hold(hold);
    assert_eq!(told(&mut cursor, &model), Some((vec![5, 4, 3], 0)));
    assert_eq!(told(&mut cursor, &model), None);
}

#[test]
fn rows_that_were_missing_from_the_start_are_told_too() {
    let mut model = model(2);
    let hold = model.hold_events(vec![EventDraft::new("Studio_Late")], NOW);
    append(&mut model, 1);
    let mut cursor = Cursor::new(Filter::default(), None);
    assert_eq!(told(&mut cursor, &model), Some((vec![4, 2, 1], 0)));
    model.commit_hold(hold);
    assert_eq!(told(&mut cursor, &model), Some((vec![3], 0)));
}

/// A site that has been running for long begins at a high id; the ids below are not waited for one by one.
#[test]
fn a_leap_of_millions_costs_nothing() {
    let mut model = model(1);
    model.skip_event_ids_to(900_000_000_000);
    append(&mut model, 1);
    let mut cursor = Cursor::new(Filter::default(), None);
    assert_eq!(told(&mut cursor, &model), Some((vec![900_000_000_000, 1], 0)));
    model.skip_event_ids_to(1_800_000_000_000);
    append(&mut model, 1);
    assert_eq!(told(&mut cursor, &model), Some((vec![1_800_000_000_000], 0)));
}

#[test]
fn what_is_not_wanted_is_not_told() {
    let mut model = model(1);
    let filter = || Filter { what: Some("OTHER".to_owned()), ..Filter::default() }.folded();
    let mut cursor = Cursor::new(filter(), None);
    assert_eq!(told(&mut cursor, &model), Some((vec![], 0)));
    append(&mut model, 1);
    assert_eq!(told(&mut cursor, &model), None);
    model.append_events(1, &EventDraft::new("Studio_Other"), NOW);
    assert_eq!(told(&mut cursor, &model), Some((vec![3], 0)));
    let batch = serde_json::to_value(Cursor::new(filter(), None).next(&model)).expect("JSON");
    assert_eq!(batch["scanned_to"], Value::Null, "there is nothing further back");
}
