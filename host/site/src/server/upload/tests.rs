//! Forms over real sockets: those that are right, those that are not, and what is on the disk afterwards.

use std::path::Path;
use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use super::form::{FIELD_BYTES_MAX, base_name};
use super::parameters;
use crate::faults::{Fault, Moment, Rule};
use crate::seed::Production;
use crate::server::Site;
use crate::server::tests::{Answer, Client};

/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(20);
const BOUNDARY: &str = "b0undary";

/// A site whose files are in a folder of the test's.
struct Scene {
    site: Site,
    production: Production,
    folder: tempfile::TempDir,
    client: Client,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let site = Site::builder().files(folder.path()).start().await.expect("a site starts");
        let client = Client::connect(site.address()).await;
        Self { production: site.production().clone(), site, folder, client }
    }

    fn files(&self) -> usize {
        files_in(self.folder.path())
    }

    /// The fields that an upload to the first Shot has, and the file.
    fn parts(&self) -> Vec<String> {
        let key = self.production.key("cuebox").expect("the seed has the host's script");
        vec![
            field("entity_type", "Shot"),
            field("entity_id", "1"),
            field("script_name", "cuebox"),
            field("script_key", key),
            file("file", "plate.exr", "the bytes"),
        ]
    }

    async fn post(&mut self, parts: &[String]) -> Answer {
        let request = posted("/upload/upload_file", &whole(parts));
        self.client.exchange(&request).await.expect("the site answers")
    }

    /// Waits until so many files are in the folder.
    async fn wait_for_files(&self, count: usize) {
        let there = async {
            while self.files() != count {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, there).await.expect("the files come and go in time");
    }
}

fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

fn field(name: &str, text: &str) -> String {
    format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
}

fn file(name: &str, file_name: &str, text: &str) -> String {
    format!(
        "Content-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\nContent-Type: image/x-exr\r\n\
         Content-Length: {}\r\n\r\n{text}\r\n",
        text.len()
    )
}

fn whole(parts: &[String]) -> String {
    let parts: String = parts.iter().map(|part| format!("--{BOUNDARY}\r\n{part}")).collect();
    format!("{parts}--{BOUNDARY}--\r\n\r\n")
}

fn posted(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: site\r\ncontent-type: multipart/form-data; boundary={BOUNDARY}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[tokio::test]
async fn a_form_is_taken_in_any_order() {
    let mut scene = Scene::new().await;
    let mut parts = scene.parts();
    assert_eq!(scene.post(&parts).await.body, "1:1\n");
    parts.reverse();
    assert_eq!(scene.post(&parts).await.body, "1:2\n");
    assert_eq!(scene.files(), 2);
    let get = b"GET /file_serve/attachment/2 HTTP/1.1\r\nhost: site\r\n\r\n";
    let answer = scene.client.exchange(get).await.expect("it answers");
    assert_eq!((answer.status, answer.body.as_str()), (200, "the bytes"));
    assert!(answer.head.contains("content-type: image/x-exr"), "{}", answer.head);
}

/// Posts the parts as they were changed: the answer, and that nothing of it stays.
async fn check(change: impl FnOnce(&mut Vec<String>), expected: Expect) {
    let mut scene = Scene::new().await;
    let mut parts = scene.parts();
    change(&mut parts);
    let before =
        scene.site.with_model(|model| (model.next_event_id(), model.entity_count("Attachment")));
    let answer = scene.post(&parts).await;
    // What was sent comes after the second line, and with it a key that is another one each time.
    let said: Vec<_> = answer.body.lines().take(2).collect();
    expected.assert_eq(&format!("{} {}\n", answer.status, said.join("\n")));
    let after =
        scene.site.with_model(|model| (model.next_event_id(), model.entity_count("Attachment")));
    assert_eq!((after, scene.files()), (before, 0));
}

#[tokio::test]
async fn a_form_without_a_record_is_refused() {
    check(
        |parts| drop(parts.drain(..2)),
        expect![[r#"
            200 0
            API upload_file() invalid/missing string entity 'type':
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_form_with_a_number_that_is_none_is_refused() {
    check(
        |parts| parts[1] = field("entity_id", "one"),
        expect![[r#"
            200 0
            API upload_file() invalid/missing integer entity 'id':
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_form_without_a_file_is_refused() {
    check(
        |parts| drop(parts.pop()),
        expect![[r#"
            200 0
            API upload_file() invalid/missing file 'file':
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_form_of_a_stranger_is_refused() {
    check(
        |parts| parts[3] = field("script_key", "wrong"),
        expect![[r#"
            200 0
            Can't authenticate script 'cuebox'
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_form_with_two_files_is_refused() {
    check(
        |parts| parts.push(file("file", "second.exr", "more")),
        expect![[r#"
            400 0
            the form brings more than one file
        "#]],
    )
    .await;
}

#[tokio::test]
async fn fields_that_are_too_large_are_refused() {
    check(
        |parts| parts[0] = field("entity_type", &"x".repeat(FIELD_BYTES_MAX + 1)),
        expect![[r#"
            413 0
            the fields of the form have more than 1000000 bytes
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_field_that_is_no_text_is_refused() {
    let mut scene = Scene::new().await;
    let mut request = posted("/upload/upload_file", &whole(&[field("entity_type", "????")]));
    let place = request.windows(4).position(|bytes| bytes == b"????").expect("it is there");
    request[place..place + 4].fill(0xff);
    let answer = scene.client.exchange(&request).await.expect("it answers");
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (400, "0\nthe form cannot be read: a field is not UTF-8\n")
    );
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let mut scene = Scene::new().await;
    for (content_type, body) in [
        ("multipart/form-data", ""),
        ("multipart/form-data; boundary=x", "no boundary"),
        (
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf",
        ),
        ("multipart/form-data; boundary=x", "--x\r\n: \r\n\r\n--x--"),
    ] {
        let request = format!(
            "POST /upload/upload_file HTTP/1.1\r\nhost: site\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = Client::connect(scene.site.address()).await.exchange(request.as_bytes()).await;
        let answer = answer.expect("it answers");
        assert_eq!(answer.status, 400, "{content_type} {body:?}: {}", answer.body);
        assert!(answer.body.starts_with("0\nthe form cannot be read"), "{}", answer.body);
    }
    scene.wait_for_files(0).await;
    let parts = scene.parts();
    assert_eq!(scene.post(&parts).await.body, "1:1\n");
}

#[tokio::test]
async fn a_file_that_is_too_large_is_read_to_its_end_and_refused() {
    let mut scene = Scene::new().await;
    scene.site.with_model(|model| {
        let changes = json!({"upload_bytes_max": 8});
        let changes = changes.as_object().expect("they are an object");
        model.set_settings(model.settings().changed(changes).expect("the key is known"));
    });
    let parts = scene.parts();
    let answer = scene.post(&parts).await;
    expect![[r#"
        0
        the file is larger than 8 bytes, the most that this site takes (`upload_bytes_max` in its settings)
    "#]]
    .assert_eq(&answer.body);
    assert_eq!((answer.status, scene.files()), (200, 0));
}

#[tokio::test]
async fn half_an_upload_leaves_nothing() {
    let mut scene = Scene::new().await;
    let parts = scene.parts();
    let request = posted("/upload/upload_file", &whole(&parts));
    scene.client.stream.write_all(&request[..request.len() - 20]).await.expect("it is sent");
    scene.wait_for_files(1).await;
    scene.client = Client::connect(scene.site.address()).await;
    scene.wait_for_files(0).await;
    assert_eq!(scene.post(&parts).await.body, "1:1\n");
    assert_eq!(scene.files(), 1);
}

#[tokio::test]
async fn a_fault_decides_whether_a_file_stays() {
    for (when, kept) in [(Moment::Before, 0), (Moment::After, 1)] {
        let mut scene = Scene::new().await;
        let fault = Fault::Status { status: 504, retry_after_seconds: None };
        let rule = Rule { when: Some(when), count: Some(1), ..Rule::new("upload_file", fault) };
        scene.site.add_fault(rule).expect("the rule can be followed");
        let parts = scene.parts();
        assert_eq!(scene.post(&parts).await.status, 504);
        let attachments = scene.site.with_model(|model| model.entity_count("Attachment"));
        assert_eq!((attachments, scene.files()), (kept, kept));
        assert!(scene.post(&parts).await.body.starts_with("1:"));
        let figures = &scene.site.figures()["upload_file"];
        assert_eq!((figures.count, figures.faults, figures.errors), (2, 1, 0));
    }
}

/// The client is gone before its answer, which was late.
#[tokio::test]
async fn a_file_stays_for_a_client_that_did_not_wait() {
    let mut scene = Scene::new().await;
    let fault = Fault::Hang;
    let rule = Rule { when: Some(Moment::After), ..Rule::new("upload_file", fault) };
    scene.site.add_fault(rule).expect("the rule can be followed");
    let request = posted("/upload/upload_file", &whole(&scene.parts()));
    scene.client.stream.write_all(&request).await.expect("it is sent");
    let taken = async {
        while scene.site.with_model(|model| model.entity_count("Attachment")) == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, taken).await.expect("the upload is taken in time");
    // Every connection ends, and with it what waits for its answer.
    scene.site.go_down().await.expect("the port is held");
    scene.site.come_back().await.expect("the port was held");
    let mut client = Client::connect(scene.site.address()).await;
    let get = b"GET /file_serve/attachment/1 HTTP/1.1\r\nhost: site\r\n\r\n";
    assert_eq!(client.exchange(get).await.expect("it answers").body, "the bytes");
}

#[tokio::test]
async fn a_name_is_no_path() {
    for (sent, kept) in
        [("../../etc/passwd", "passwd"), ("C:\\plates\\a.exr", "a.exr"), ("", "file"), ("..", "..")]
    {
        assert_eq!(base_name(sent), kept);
    }
    let mut scene = Scene::new().await;
    let mut parts = scene.parts();
    parts[4] = file("file", "../../../plate.exr", "the bytes");
    assert_eq!(scene.post(&parts).await.body, "1:1\n");
    assert_eq!(scene.files(), 1);
}

#[test]
fn who_asks_is_told_from_what_is_asked() {
    let fields = [
        ("script_name", "robot"),
        ("reject_if_expired", "True"),
        ("entity_id", "7"),
        ("filmstrip_thumbnail", "False"),
        ("tag_list", "a,b"),
    ];
    let fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let (auth, rest): (Value, Value) = parameters(fields.to_vec());
    assert_eq!(auth, json!({"script_name": "robot", "reject_if_expired": true}));
    assert_eq!(rest, json!({"id": 7, "filmstrip_thumbnail": false, "tag_list": "a,b"}));
}

#[tokio::test]
async fn the_api_itself_takes_no_files() {
    let mut scene = Scene::new().await;
    let auth = crate::server::tests::auth(&scene.production);
    let file = json!({"key": "0".repeat(32), "name": "x", "size": 1, "content_type": "x"});
    let params = json!([auth, {"type": "Shot", "id": 1, "file": file}]);
    let answer = scene.client.call("upload_file", params).await.expect("it answers");
    assert_eq!(answer.json()["error_code"], 103);
    assert_eq!(scene.site.with_model(|model| model.entity_count("Attachment")), 0);
}

#[tokio::test]
async fn files_stay_with_a_recording_and_go_with_a_site() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let recording = folder.path().join("site.jsonl");
    for round in 1..=2 {
        let site = Site::builder().file(&recording).start().await.expect("a site starts");
        let mut client = Client::connect(site.address()).await;
        if round == 1 {
            let scene = Scene {
                production: site.production().clone(),
                site,
                folder: tempfile::tempdir().expect("there is room"),
                client,
            };
            let request = posted("/upload/upload_file", &whole(&scene.parts()));
            let Scene { site, mut client, .. } = scene;
            assert_eq!(client.exchange(&request).await.expect("it answers").body, "1:1\n");
            site.stop().await;
            continue;
        }
        let get = b"GET /file_serve/attachment/1 HTTP/1.1\r\nhost: site\r\n\r\n";
        assert_eq!(client.exchange(get).await.expect("it answers").body, "the bytes");
        assert_eq!(files_in(&folder.path().join("site.jsonl.files")), 1);
        site.stop().await;
    }
}

#[tokio::test]
async fn a_folder_of_its_own_goes_with_the_site() {
    let site = Site::builder().start().await.expect("a site starts");
    let production = site.production().clone();
    let client = Client::connect(site.address()).await;
    let folder = site.shared.folder().path_of(&"0".repeat(32)).expect("it is a key");
    let folder = folder.parent().expect("a key is in a folder").to_owned();
    let mut scene =
        Scene { site, production, folder: tempfile::tempdir().expect("there is room"), client };
    let parts = scene.parts();
    assert_eq!(scene.post(&parts).await.body, "1:1\n");
    assert_eq!(files_in(&folder), 1);
    scene.site.stop().await;
    assert!(!folder.exists(), "{} is still there", folder.display());
}
