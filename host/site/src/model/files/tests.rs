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

/// What a file field shows of `file`, with storages below each other.
fn shown(file: Json) -> Json {
    let mut scene = scene();
    scene.seed(
        "LocalStorage",
        json!({"code": "show", "linux_path": "/mnt/show", "mac_path": "/Volumes/show", "windows_path": "P:\\show\\"}),
    );
    scene.seed("LocalStorage", json!({"code": "plates", "linux_path": "/mnt/show/plates/"}));
    match scene.update("Version", 1, json!({"sg_uploaded_movie": file})) {
        Ok(mut echo) => {
            let mut file = echo["sg_uploaded_movie"].take();
            let storage = file["local_storage"]["name"].take();
            let keys = [
                "local_path_linux",
                "local_path_mac",
                "local_path_windows",
                "relative_path",
                "url",
            ];
            let mut told = vec![storage];
            told.extend(keys.map(|key| file[key].take()));
            told.into()
        }
        Err(error) => error.into(),
    }
}

#[test]
fn a_local_path_is_below_the_deepest_storage() {
    assert_eq!(
        shown(json!({"local_path": "/mnt/show/sh010/a.ma"})),
        json!([
            "show",
            "/mnt/show/sh010/a.ma",
            "/Volumes/show/sh010/a.ma",
            "P:\\show\\sh010\\a.ma",
            "sh010/a.ma",
            "file:///mnt/show/sh010/a.ma"
        ])
    );
    assert_eq!(
        shown(json!({"local_path": "/mnt/show/plates/a.exr"})),
        json!([
            "plates",
            "/mnt/show/plates/a.exr",
            null,
            null,
            "a.exr",
            "file:///mnt/show/plates/a.exr"
        ])
    );
    for path in ["/mnt/shows/a.ma", "/mnt/show", "mnt/show/a.ma", "/MNT/show/a.ma", "", "é"] {
        let refusal = format!(
            "104 API update() CRUD ERROR #6: Create failed for [Attachment]: Path {path} doesn't match any defined Local Storage."
        );
        assert_eq!(shown(json!({"local_path": path})), refusal);
    }
}

#[test]
fn a_path_of_windows_is_one_in_any_case_and_with_either_slash() {
    let expected = json!([
        "show",
        "/mnt/show/sh010/a.ma",
        "/Volumes/show/sh010/a.ma",
        "P:\\show\\sh010\\a.ma",
        "sh010/a.ma",
        "file:///p:/SHOW/sh010/a.ma"
    ]);
    assert_eq!(shown(json!({"local_path": "p:/SHOW/sh010/a.ma"})), expected);
    let by_storage =
        json!({"local_storage": {"type": "LocalStorage", "id": 1}, "relative_path": "sh010\\a.ma"});
    assert_eq!(shown(by_storage)[3], expected[3]);
}

#[test]
fn a_storage_that_moves_takes_its_files_along() {
    let mut scene = scene();
    scene.seed("LocalStorage", json!({"code": "show", "linux_path": "/mnt/show"}));
    let file = json!({"local_path": "/mnt/show/a.ma", "name": "Scene"});
    scene.update("Version", 1, json!({"sg_uploaded_movie": file})).expect("the storage is there");
    let moved = json!({"linux_path": "/srv/show", "code": "moved"});
    scene.update("LocalStorage", 1, moved).expect("it is there");
    let rows = scene.find("Version", json!([["id", "is", 1]]), json!(["sg_uploaded_movie"]));
    let file = &rows.expect("Versions can be read")[0]["sg_uploaded_movie"];
    assert_eq!(
        [&file["local_path"], &file["url"], &file["name"], &file["local_storage"]["name"]],
        ["/srv/show/a.ma", "file:///srv/show/a.ma", "Scene", "moved"]
    );
}

/// What a form may hold where a number, a name, a yes or a file belongs.
fn wrong_values() -> Vec<Json> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(""),
        json!("_"),
        json!("Shot_"),
        json!("Version_18446744073709551615"),
        json!("EventLogEntry_1,Version_1"),
        json!("Version_1,,"),
        json!("9999-99-99T99:99:99Z"),
        json!("\u{0}é\\\",\r\n"),
        json!("x".repeat(5_000)),
        json!("EventLogEntry"),
        json!("Icon"),
        json!("image"),
        json!("code"),
        json!([]),
        json!({}),
        json!({"key": "../../etc/passwd", "name": "", "size": u64::MAX, "content_type": "\r\n"}),
        json!({"key": 1}),
    ]
}

#[test]
fn a_form_that_is_wrong_is_refused_or_taken() {
    let upload = json!({"type": "Version", "id": 1, "field_name": "sg_uploaded_movie", "display_name": "a",
        "tag_list": "a,b", "created_at": "2026-01-02 03:04:05", "upload_type": "Attachment", "filmstrip": false,
        "file": stored("k")});
    let share = json!({"entities": "Version_1,Version_2", "source_entity": "Version_1", "filmstrip_thumbnail": false});
    let (mut refused, mut taken) = (0, 0);
    for (method, sent) in [
        ("upload_file", &upload),
        ("publish_thumbnail", &upload),
        ("api_link_file", &upload),
        ("share_thumbnail", &share),
    ] {
        let mut scene = scene();
        for key in sent.as_object().expect("it is an object").keys() {
            for wrong in wrong_values() {
                let mut sent = sent.clone();
                sent[key] = wrong;
                let before = scene.model.to_snapshot();
                match scene.call(method, sent) {
                    Ok(_) => taken += 1,
                    Err(_) => {
                        refused += 1;
                        assert_eq!(
                            without_next_id(&scene.model.to_snapshot()),
                            without_next_id(&before)
                        );
                    }
                }
                scene.now = Now(scene.now.0 + 400);
                // Whatever was taken can be read.
                scene.image(1);
            }
            Model::from_snapshot(&scene.model.to_snapshot()).expect("it was just written");
        }
    }
    assert!(refused > 150 && taken > 150, "{refused} were refused, {taken} taken");
}

/// A snapshot but for the ids that were taken in vain, and the pictures that got ready meanwhile.
fn without_next_id(snapshot: &str) -> Json {
    let mut snapshot: Json = serde_json::from_str(snapshot).expect("a snapshot is JSON");
    for key in ["next_event_id", "thumbnails", "events", "began"] {
        snapshot[key].take();
    }
    snapshot
}
