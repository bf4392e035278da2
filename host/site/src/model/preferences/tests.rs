use serde_json::{Map, Value as Json, json};

use super::Preferences;
use crate::model::{Model, Settings};

fn settings(preferences: Json) -> Result<Settings, String> {
    let changes = Map::from_iter([("preferences".to_owned(), preferences)]);
    Settings::default().changed(&changes).map_err(|error| error.to_string())
}

#[test]
fn those_that_are_not_named_are_as_at_the_start() {
    let changed = settings(json!({"hours_per_day": 10, "duration_units": "hours"})).expect("valid");
    assert_eq!(changed.preferences.minutes_of_day(), 600);
    let again = settings(json!({"hours_per_day": 7.5})).expect("valid");
    assert_eq!(again.preferences.minutes_of_day(), 450);
    assert_eq!(again.preferences.0["duration_units"], "days");
    assert_eq!(settings(json!({})).expect("valid").preferences, Preferences::default());
}

#[test]
fn what_is_no_preference_is_refused() {
    let refused = |preferences: Json| settings(preferences).expect_err("it is refused");
    assert_eq!(refused(json!({"nope": 1})), "unknown preference `nope`");
    assert_eq!(refused(json!({"duration_units": 7})), "preference `duration_units` cannot be 7");
    assert_eq!(
        refused(json!({"hours_per_day": 0})),
        "a day of work has more than 0 and at most 24 hours, not 0"
    );
    assert_eq!(
        refused(json!({"hours_per_day": 25})),
        "a day of work has more than 0 and at most 24 hours, not 25"
    );
}

#[test]
fn a_snapshot_keeps_them() {
    let mut model = Model::new(crate::model::Schema::production());
    model.set_settings(settings(json!({"hours_per_day": 10})).expect("valid"));
    let restored = Model::from_snapshot(&model.to_snapshot()).expect("a snapshot is read");
    assert_eq!(restored.settings(), model.settings());
}
