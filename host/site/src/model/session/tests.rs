use serde_json::{Value as Json, json};

use crate::model::tests::{Scene, outcome};
use crate::model::{Model, Settings};

const DAY_MS: i64 = 86_400_000;

fn session(scene: &mut Scene) -> Json {
    scene.auth = json!({"user_login": "jane", "user_password": "jane-password"});
    let token = scene.ok("get_session_token", json!({}))["session_id"].take();
    json!({"session_token": token, "reject_if_expired": true})
}

fn read(scene: &mut Scene) -> bool {
    let text = outcome(scene.find("Project", json!([]), json!(["id"])));
    assert!(text.contains("id") || text.starts_with("error 102"), "{text}");
    !text.starts_with("error")
}

#[test]
fn a_session_expires_a_day_after_its_last_use() {
    let mut scene = Scene::new();
    scene.auth = session(&mut scene);
    for _ in 0..3 {
        scene.now.0 += DAY_MS - 1;
        assert!(read(&mut scene));
    }
    scene.now.0 += DAY_MS;
    assert!(!read(&mut scene));
    scene.auth["reject_if_expired"] = false.into();
    assert!(read(&mut scene), "it is taken up again");
    scene.auth["reject_if_expired"] = true.into();
    assert!(read(&mut scene));
}

#[test]
fn a_longer_life_is_counted_from_the_last_use() {
    let mut scene = Scene::new();
    scene.auth = session(&mut scene);
    scene.model.set_settings(Settings { session_life_seconds: 10 * 86_400, ..Settings::default() });
    scene.now.0 += 9 * DAY_MS;
    assert!(read(&mut scene));
}

#[test]
fn a_snapshot_keeps_sessions_and_settings() {
    let mut scene = Scene::new();
    let auth = session(&mut scene);
    let settings = Settings { two_factor_required: true, ..Settings::default() };
    scene.model.set_settings(settings.clone());
    scene.model = Model::from_snapshot(&scene.model.to_snapshot()).expect("it was just written");
    assert_eq!(*scene.model.settings(), settings);
    scene.auth = auth;
    scene.now.0 += DAY_MS - 1;
    assert!(read(&mut scene));
    scene.now.0 += DAY_MS;
    assert!(!read(&mut scene));
}

#[test]
fn only_known_keys_are_settings() {
    let changes = |json: Json| json.as_object().cloned().expect("an object");
    let settings = Settings::default();
    assert!(settings.changed(&changes(json!({"nope": 1}))).is_err());
    assert!(settings.changed(&changes(json!({"session_life_seconds": -1}))).is_err());
    let changed = settings.changed(&changes(json!({"two_factor_code": "7"}))).expect("a known key");
    assert_eq!(changed, Settings { two_factor_code: "7".to_owned(), ..settings });
}
