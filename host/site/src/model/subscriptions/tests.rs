use serde_json::json;

use crate::model::Model;
use crate::model::tests::Scene;

#[test]
fn a_snapshot_keeps_what_people_were_assigned() {
    let mut scene = Scene::new();
    let users = json!([{"humanUserId": 1, "subscription": ["flow", "review"]}]);
    assert_eq!(
        scene.ok("user_subscriptions_create", json!({"users": users})),
        json!({"status": "success"})
    );
    scene.model = Model::from_snapshot(&scene.model.to_snapshot()).expect("a snapshot is read");
    assert_eq!(scene.ok("user_subscriptions_read", json!({})), users);
    let error = scene.call(
        "user_subscriptions_create",
        json!({"users": [{"humanUserId": 2, "subscription": "flow"}]}),
    );
    assert_eq!(
        error.expect_err("there is nobody"),
        "104 API user_subscriptions_create() CRUD ERROR #3: Entity of type [HumanUser] with id=2 does not exist."
    );
}
