//! Files and thumbnails as the model answers about them.

use serde_json::{Value as Json, json};

use crate::model::tests::Scene;
use crate::model::{Model, Now};

/// A Version to upload to.
fn scene() -> Scene {
    let mut scene = Scene::new();
    let project = json!({"type": "Project", "id": 4});
    scene.seed("Version", json!({"code": "v001", "project": project}));
    scene.seed("Version", json!({"code": "v002", "project": project}));
    scene.model.set_site_url("http://site");
    scene
}

fn stored(key: &str) -> Json {
    json!({"key": key, "name": "thumb.png", "size": 3, "content_type": "image/png"})
}

impl Scene {
    fn publish(&mut self, key: &str) -> u64 {
        let params = json!({"type": "Version", "id": 1, "file": stored(key)});
        self.ok("publish_thumbnail", params).as_u64().expect("the answer is a number")
    }

    fn image(&mut self, id: u64) -> Json {
        let rows = self.find("Version", json!([["id", "is", id]]), json!(["image"]));
        rows.expect("Versions can be read")[0]["image"].take()
    }

    fn transients(&self, after: u64) -> Vec<Json> {
        self.model.events_after(after).map(|event| event.meta()["is_transient"].clone()).collect()
    }
}

#[test]
fn a_thumbnail_gets_ready_by_the_sites_clock() {
    let mut scene = scene();
    let before = scene.model.newest_event_id();
    scene.publish("a");
    assert_eq!(scene.image(1), "http://site/images/status/transient/thumbnail_pending.png");
    assert_eq!(scene.transients(before), [json!(true)]);
    assert_eq!(scene.model.next_commit(), Some(Now(scene.now.0 + 1_000)));
    scene.now = Now(scene.now.0 + 999);
    assert_eq!(scene.transients(before), [json!(true)]);
    scene.now = Now(scene.now.0 + 10_001);
    assert_eq!(scene.image(1), "http://site/file_serve/thumbnail/1");
    assert_eq!(scene.transients(before), [json!(true), json!(false)]);
    let told: Vec<_> = scene.model.events_after(before).map(|event| event.created_at()).collect();
    assert_eq!(
        told[1],
        told[0] + 1,
        "the picture was ready when it was, not when it was looked at"
    );
    assert_eq!(scene.model.next_commit(), None);
}

#[test]
fn a_thumbnail_that_was_replaced_is_not_told_of_again() {
    let mut scene = scene();
    let before = scene.model.newest_event_id();
    scene.publish("a");
    scene.publish("b");
    scene.now = Now(scene.now.0 + 5_000);
    assert_eq!(scene.image(1), "http://site/file_serve/thumbnail/2");
    assert_eq!(scene.transients(before), [json!(true), json!(true), json!(false)]);
}

#[test]
fn the_picture_is_not_told_of_before_its_placeholder() {
    let mut scene = scene();
    let before = scene.model.newest_event_id();
    let params = json!({"type": "Version", "id": 1, "file": stored("a")});
    let request = crate::wire::Request::new("publish_thumbnail", vec![scene.auth.clone(), params]);
    let (_, hold) = scene.model.rpc_held(&request, scene.now).expect("the call is valid");
    scene.now = Now(scene.now.0 + 5_000);
    assert_eq!(scene.model.next_commit(), None);
    scene.image(1);
    assert_eq!(scene.transients(before), [] as [Json; 0]);
    scene.model.commit_hold(hold);
    scene.image(1);
    assert_eq!(scene.transients(before), [json!(true), json!(false)]);
}

#[test]
fn a_snapshot_keeps_files_and_what_is_not_ready() {
    let mut scene = scene();
    let before = scene.model.newest_event_id();
    let attachment = scene.publish("a");
    let text = scene.model.to_snapshot();
    scene.model = Model::from_snapshot(&text).expect("it was just written");
    assert_eq!(scene.model.to_snapshot(), text);
    scene.model.set_site_url("http://other");
    assert_eq!(scene.model.file(attachment).map(|file| file.key.as_str()), Some("a"));
    assert_eq!(scene.image(1), "http://other/images/status/transient/thumbnail_pending.png");
    scene.now = Now(scene.now.0 + 5_000);
    assert_eq!(scene.image(1), "http://other/file_serve/thumbnail/1");
    assert_eq!(scene.transients(before), [json!(true), json!(false)]);
}

#[test]
fn a_file_of_a_refused_upload_is_not_needed() {
    let mut scene = scene();
    let params = json!({"type": "Version", "id": 99, "file": stored("a")});
    assert!(scene.call("upload_file", params).is_err());
    assert!(!scene.model.needs_file("a"));
    scene.publish("b");
    assert!(scene.model.needs_file("b"));
    scene.ok("delete", json!({"type": "Attachment", "id": 1}));
    assert_eq!(scene.model.file(1), None);
    assert!(scene.model.needs_file("b"), "it may be revived");
}

#[test]
fn the_file_of_an_attachment_is_its_own() {
    let mut scene = scene();
    let file = json!({"url": "https://example.invalid/a.mov", "name": "a.mov"});
    let id = scene.create("Attachment", json!({"this_file": file}));
    assert_eq!(scene.model.entity_count("Attachment"), 1);
    let rows = scene.find("Attachment", json!([["id", "is", id]]), json!(["this_file"]));
    assert_eq!(rows.expect("Attachments can be read")[0]["this_file"]["id"], id);
}
