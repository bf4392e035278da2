use std::collections::BTreeMap;

use serde_json::Value;

use super::Studio;
use crate::crew::imports::IMPORT_ROWS;
use crate::model::{Model, Now, Schema};
use crate::script::Asker;
use crate::seed::{self, Options};
use crate::stage::{Question, Stage};

/// Monday, the second of March 2026, at midnight.
const MONDAY: i64 = 1_772_409_600_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What a studio did on a site: the moment, the method, the answer if there was one.
struct Done {
    at: i64,
    method: String,
    rows: usize,
    by: Asker,
    answer: Option<Value>,
}

/// Lets a studio work from Monday on for so long, and looks at the clock each `step_ms`.
fn work(seed: u64, millis: i64, step_ms: i64) -> (Stage, Vec<Done>) {
    let mut model = Model::new(Schema::production());
    let options = Options { seed: 1, now: Now(MONDAY), scripts: Vec::new() };
    let production = seed::plant(&mut model, &options).expect("the seed fits its schema");
    let mut stage = Stage::new(model);
    let mut studio = Studio::new(seed, production.roster);
    let mut done = Vec::new();
    let mut now = MONDAY;
    while now <= MONDAY + millis {
        while let Some((at, write)) = studio.next(Now(now)) {
            let question = Question { by: &write.by, request: &write.request, late_by: None };
            let answer = stage.ask(&question, at).ok().map(|answer| answer.results());
            match &answer {
                Some(results) => studio.remember(&write, results),
                None => studio.refused(&write),
            }
            let rows = write.request.params[1].as_array().map_or(1, Vec::len);
            let method = write.request.method_name.clone();
            done.push(Done { at: at.0, method, rows, by: write.by, answer });
        }
        now += step_ms;
    }
    (stage, done)
}

#[test]
fn the_same_seed_works_the_same_days_however_often_the_clock_is_looked_at() {
    let events = |seed, step| {
        let (stage, _) = work(seed, DAY_MS, step);
        stage.model.events_after(0).map(|event| event.to_json().to_string()).collect::<Vec<_>>()
    };
    let first = events(1, 10_000);
    assert_eq!(events(1, 10_000), first);
    assert_eq!(events(1, 6 * HOUR_MS), first);
    assert_ne!(events(2, 10_000), first);
}

#[test]
fn a_week_looks_like_a_studios() {
    let (_, done) = work(1, 7 * DAY_MS, HOUR_MS);
    let mut by_hour: BTreeMap<i64, usize> = BTreeMap::new();
    let mut by_day = [0; 7];
    for write in done.iter().filter(|write| write.method != "batch") {
        *by_hour.entry((write.at - MONDAY) % DAY_MS / HOUR_MS).or_default() += 1;
        by_day[usize::try_from((write.at - MONDAY) / DAY_MS).expect("after Monday").min(6)] += 1;
    }
    let hour = |hour| by_hour.get(&hour).copied().unwrap_or(0);
    assert!(hour(9) * 2 < hour(10), "mornings are slow: {by_hour:?}");
    assert!(hour(16) > hour(14), "there is a burst before the dailies: {by_hour:?}");
    assert!(hour(12) < hour(11), "people eat: {by_hour:?}");
    assert!((0..6).map(hour).sum::<usize>() < 20, "nights are quiet: {by_hour:?}");
    assert!(by_day[0] > 400, "people work: {by_day:?}");
    assert!(by_day[5] + by_day[6] < 20, "weekends are quiet: {by_day:?}");
    let methods: Vec<&str> = done.iter().map(|write| write.method.as_str()).collect();
    for method in ["create", "update", "delete", "revive", "batch"] {
        assert!(methods.contains(&method), "nobody did {method}");
    }
    let refused = done.iter().filter(|write| write.answer.is_none()).count();
    assert_eq!(refused, 0, "the crew knows what is there");
}

#[test]
fn imports_are_one_transaction_each_and_the_night_belongs_to_a_script() {
    let (stage, done) = work(3, 2 * DAY_MS, HOUR_MS);
    let imports = done.iter().filter(|write| write.rows == IMPORT_ROWS).collect::<Vec<_>>();
    // Monday's cut, and a delivery on each day.
    assert_eq!(imports.len(), 3);
    assert!(imports.iter().all(|write| write.answer.is_some()));
    let nightly: Vec<&Done> =
        done.iter().filter(|write| write.by == Asker::Named("nightly".to_owned())).collect();
    assert!(nightly.len() >= 2, "the script works every night");
    assert!(nightly.iter().all(|write| (write.at - MONDAY) % DAY_MS == 2 * HOUR_MS));
    let told = |event_type: &str, at: i64| {
        let events = stage.model.events_after(0).map(|event| event.to_json());
        events
            .filter(|event| event["event_type"] == event_type)
            .filter(|event| event["created_at"] == crate::clock::show_moment(Now(at)).as_str())
            .filter_map(|event| event["id"].as_u64())
            .collect::<Vec<u64>>()
    };
    let delivery =
        imports.iter().find(|write| write.at - MONDAY > 17 * HOUR_MS).expect("there was one");
    let ids = told("Shotgun_PublishedFile_New", delivery.at);
    assert_eq!(ids.len(), IMPORT_ROWS);
    assert_eq!(stage.model.entity_count("PublishedFile"), 2 * IMPORT_ROWS);
}

#[test]
fn who_was_away_for_months_does_not_work_through_them() {
    let mut model = Model::new(Schema::production());
    let options = Options { seed: 1, now: Now(MONDAY), scripts: Vec::new() };
    let roster = seed::plant(&mut model, &options).expect("the seed fits its schema").roster;
    let mut studio = Studio::new(1, roster);
    assert!(studio.next(Now(MONDAY)).is_none());
    let later = MONDAY + 90 * DAY_MS;
    assert!(studio.next(Now(later)).is_none());
    let (at, _) = studio.next(Now(later + DAY_MS)).expect("the day after is worked through");
    assert!(at.0 >= later);
}

#[test]
fn a_rate_says_how_much_a_day_brings() {
    let writes = |rate: Option<f64>| {
        let mut model = Model::new(Schema::production());
        let options = Options { seed: 1, now: Now(MONDAY), scripts: Vec::new() };
        let roster = seed::plant(&mut model, &options).expect("the seed fits its schema").roster;
        let mut studio = Studio::new(1, roster);
        if let Some(rate) = rate {
            studio = studio.at_rate(rate);
        }
        studio.next(Now(MONDAY));
        std::iter::from_fn(|| studio.next(Now(MONDAY + DAY_MS))).count()
    };
    assert!((400..720).contains(&writes(None)), "{}", writes(None));
    let tenth = writes(Some(0.1));
    // Nine hours of a tenth of a write a second.
    assert!((2_600..3_900).contains(&tenth), "{tenth}");
    assert!(writes(Some(0.0)) < 10);
}
