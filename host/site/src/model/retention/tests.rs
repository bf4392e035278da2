use std::time::Duration;

use serde_json::json;

use crate::model::tests::{Scene, link};
use crate::model::{Model, Settings};

const DAY: Duration = Duration::from_secs(86_400);

/// The ids that can be read, after `days` days.
fn ids_after(scene: &mut Scene, days: u32) -> Vec<u64> {
    scene.now = scene.now.plus(DAY * days);
    let found = scene.find("EventLogEntry", json!([]), json!([])).expect("a valid read");
    found.as_array().into_iter().flatten().filter_map(|row| row["id"].as_u64()).collect()
}

fn keep(scene: &mut Scene, days: u64) {
    let settings = Settings { event_log_days: days, ..scene.model.settings().clone() };
    scene.model.set_settings(settings);
}

#[test]
fn rows_leave_after_half_a_year_and_their_ids_with_them() {
    let mut scene = Scene::new();
    scene.create("Tag", json!({"name": "old"}));
    let old = ids_after(&mut scene, 100);
    assert!(!old.is_empty(), "a create tells of itself");
    scene.create("Tag", json!({"name": "new"}));
    assert_eq!(ids_after(&mut scene, 83).first(), old.first(), "183 days are not over");
    let new = ids_after(&mut scene, 1);
    assert!(new.iter().all(|id| id > old.last().expect("there are rows")), "{old:?}, then {new:?}");
    assert_eq!(new.len(), old.len());
    assert_eq!(ids_after(&mut scene, 200), [0; 0]);
    scene.create("Tag", json!({"name": "newest"}));
    let newest = ids_after(&mut scene, 0);
    assert!(newest.first() > new.last(), "{new:?}, then {newest:?}");
}

#[test]
fn what_a_site_began_with_is_as_old_as_the_site() {
    let mut scene = Scene::new();
    let last_year = json!({"event_type": "Studio_Thing_Done", "created_at": "2025-01-01T00:00:00Z", "project": link("Project", 4)});
    scene.create("EventLogEntry", last_year);
    assert_eq!(ids_after(&mut scene, 182), [1]);
    let restored =
        Model::from_snapshot(&scene.model.to_snapshot()).expect("a snapshot can be read");
    let mut scene = Scene { model: restored, ..scene };
    assert_eq!(ids_after(&mut scene, 0), [1]);
    assert_eq!(ids_after(&mut scene, 2), [0; 0]);
}

#[test]
fn a_site_can_keep_its_log_for_as_long_as_it_likes() {
    let mut scene = Scene::new();
    scene.create("Tag", json!({"name": "one"}));
    keep(&mut scene, 0);
    assert!(!ids_after(&mut scene, 4000).is_empty(), "0 is for ever");
    keep(&mut scene, 30);
    assert_eq!(ids_after(&mut scene, 1), [0; 0]);
}
