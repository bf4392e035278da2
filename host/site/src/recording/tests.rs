use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{Beginning, Recording};
use crate::call::Call;
use crate::model::{Model, Now, Schema};
use crate::script::{Act, Asked, Asker};
use crate::seed::{self, Production, Scene};
use crate::stage::{CommitOrder, CommitRule, Stage};
use crate::wire::Request;

const NOW: Now = Now(1_775_000_000_000);
/// As good as no bound.
const ENDLESS: u64 = u64::MAX;

/// A site with its file, as a server has it.
struct Site {
    stage: Stage,
    production: Production,
    recording: Recording,
    now: Now,
}

fn beginning(seed: u64) -> Beginning {
    Beginning { scene: Scene::Short, seed, began: NOW, token_seed: 5 }
}

fn planted(seed: u64) -> (Stage, Production) {
    let mut model = Model::new(Schema::production());
    let options = seed::Options { seed, now: NOW, scripts: Vec::new() };
    let production = seed::plant(&mut model, &options).expect("the seed fits its schema");
    (Stage::new(model), production)
}

impl Site {
    fn open(path: &Path, tail_bytes_max: u64) -> Self {
        let (mut stage, production) = planted(1);
        let opened = Recording::open_bounded(path, &mut stage, beginning(1), tail_bytes_max);
        let (recording, recovered) = opened.expect("the file can be used");
        assert_eq!(recovered, None);
        Self { stage, production, recording, now: NOW }
    }

    /// Performs an act a second after the last, and records it.
    fn act(&mut self, act: Act) {
        self.now.0 += 1_000;
        self.stage.perform(&act, self.now).expect("the site takes it");
        self.recording.append(act, self.now, &self.stage).expect("the line is written");
    }

    fn ask(&mut self, call: Call) {
        let request = call.signed(json!({}));
        self.act(Act::Request(Asked { by: host(), request, late_by_ms: 0 }));
    }

    fn create_shot(&mut self, code: &str) {
        let project = self.production.roster.project.clone();
        self.ask(Call::create("Shot", json!({"project": project, "code": code})));
    }
}

fn host() -> Asker {
    Asker::Named("cuebox".to_owned())
}

/// Makes three writes on a site with a file, the middle one held, and gives the last state.
fn record(path: &Path) -> Stage {
    let mut site = Site::open(path, ENDLESS);
    site.create_shot("REC_1");
    site.act(Act::Commits(CommitOrder::Hold));
    site.create_shot("REC_2");
    site.act(Act::Commits(CommitOrder::Pass));
    site.create_shot("REC_3");
    site.stage
}

fn state(stage: &Stage) -> Vec<String> {
    let shots = stage.model.entities("Shot").map(|shot| shot.to_json().to_string());
    let events = stage.model.events_after(0).map(|event| event.to_json().to_string());
    shots
        .chain(events)
        .chain(stage.model.waiting_event_ids().map(|id| format!("waiting {id}")))
        .collect()
}

fn refusal(path: &Path, seed: u64) -> String {
    let (mut stage, _production) = planted(seed);
    let error =
        Recording::open(path, &mut stage, beginning(seed)).expect_err("the file is refused");
    let text = error.to_string().replace(&path.display().to_string(), "FILE");
    error.source().map_or(text.clone(), |source| format!("{text}: {source}"))
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

#[test]
fn thumbnails_get_ready_where_they_did() {
    let folder = folder();
    let path = folder.path().join("site.jsonl");
    let mut first = Site::open(&path, ENDLESS);
    let file = json!({"key": "k", "name": "a.png", "size": 1, "content_type": "image/png"});
    let sent = json!({"type": "Shot", "id": 1, "file": file});
    let upload = Request::new("publish_thumbnail", vec![json!({}), sent]);
    let upload = Act::Request(Asked { by: host(), request: upload, late_by_ms: 0 });
    for act in [upload.clone(), Act::Commits(CommitOrder::Skip(2)), upload] {
        first.now.0 += 9_000;
        first.act(act);
        // Somebody looks meanwhile, which is not recorded.
        first.stage.model.settle(Now(first.now.0 + 5_000));
    }
    first.now.0 += 9_000;
    first.create_shot("AFTER");
    let expected = state(&first.stage);
    drop(first);
    assert_eq!(state(&Site::open(&path, ENDLESS).stage), expected);
    let ready = expected.iter().filter(|line| line.contains("\"is_transient\":false")).count();
    assert_eq!(ready, 2);
}

#[test]
fn a_site_goes_on_where_it_stopped() {
    let folder = folder();
    let path = folder.path().join("site.jsonl");
    let first = record(&path);
    let mut second = Site::open(&path, ENDLESS);
    assert_eq!(state(&second.stage), state(&first));
    assert!(
        state(&second.stage).iter().any(|line| line.starts_with("waiting")),
        "the held write is still held"
    );
    assert_eq!(Recording::began(&path).expect("the file is whole"), Some(NOW));
    second.create_shot("REC_4");
    let expected = state(&second.stage);
    drop(second);
    assert_eq!(state(&Site::open(&path, ENDLESS).stage), expected);
}

#[test]
fn a_line_that_a_crash_cut_short_is_left_out_and_told_of() {
    let folder = folder();
    let path = folder.path().join("site.jsonl");
    let whole = record(&path);
    let text = fs::read(&path).expect("the file is there");
    // Wherever the last line is cut.
    for rest in [&b"{"[..], b"{\"at_ms\": 17750000\xc3", b"\0\0\0"] {
        fs::write(&path, [&text, rest].concat()).expect("the file can be written");
        let (mut stage, _production) = planted(1);
        let (_recording, recovered) =
            Recording::open(&path, &mut stage, beginning(1)).expect("the whole lines are taken");
        assert_eq!(state(&stage), state(&whole));
        assert_eq!(fs::read(&path).expect("the file is there"), text);
        let told = recovered.expect("something was cut off").to_string();
        let bytes = rest.len();
        let expected = format!(
            "line 7 of the site's file FILE was cut off after {bytes} bytes, as by a crash; it was left out"
        );
        assert_eq!(told.replace(&path.display().to_string(), "FILE"), expected);
    }
}

#[test]
fn a_crash_while_the_file_was_made_is_survived() {
    let folder = folder();
    let path = folder.path().join("site.jsonl");
    fs::write(&path, "{\"recording\":2,\"sc").expect("the file can be written");
    let (mut stage, _production) = planted(1);
    let opened = Recording::open(&path, &mut stage, beginning(1));
    let (_recording, recovered) = opened.expect("it is begun anew");
    assert!(recovered.is_some());
    drop(_recording);
    Site::open(&path, ENDLESS);
}

#[test]
fn a_file_that_is_not_ours_is_refused_and_left_alone() {
    let folder = folder();
    let path = folder.path().join("site.jsonl");
    for (text, expected) in [
        (
            "hello\n",
            "line 1 of the site's file FILE cannot be read: expected value at line 1 column 1",
        ),
        ("a note without an end", "the site's file FILE cannot be used: it is no recording"),
        (
            "{\"recording\":1,\"began_ms\":0,\"newest_event_id\":0}\n",
            "the site's file FILE is of version 1, and version 2 is the one known",
        ),
    ] {
        fs::write(&path, text).expect("the file can be written");
        assert_eq!(refusal(&path, 1), expected);
        assert_eq!(fs::read_to_string(&path).expect("the file is there"), text);
    }
    record(&folder.path().join("other.jsonl"));
    let path = folder.path().join("other.jsonl");
    let text = fs::read_to_string(&path).expect("the file is there");
    let text = text + "{\"at_ms\": 1}\n{\"at";
    fs::write(&path, &text).expect("the file can be written");
    assert!(
        refusal(&path, 1).starts_with(
            "line 7 of the site's file FILE cannot be read: a line has exactly one of"
        )
    );
    assert_eq!(fs::read_to_string(&path).expect("the file is there"), text);
}

#[test]
fn another_beginning_is_refused() {
    let folder = folder();
    let path = folder.path().join("site.jsonl");
    record(&path);
    let text = refusal(&path, 2);
    assert!(
        text.contains("recorded on the scene `short` with seed 1, which ends with event"),
        "{text}"
    );
    assert!(text.contains("this is the scene `short` with seed 2"), "{text}");
}

#[test]
fn two_sites_do_not_write_in_one_file() {
    let folder = folder();
    let path = folder.path().join("site.jsonl");
    let mut site = Site::open(&path, ENDLESS);
    assert_eq!(refusal(&path, 1), "the site's file FILE is in use by another site");
    site.recording.release();
    Site::open(&path, ENDLESS);
}

/// What the model holds but for what no file keeps.
fn kept(stage: &Stage) -> Value {
    serde_json::from_str(&stage.model.to_snapshot_without_secrets()).expect("it is JSON")
}

#[test]
fn a_long_file_is_made_short_and_holds_the_same() {
    let folder = folder();
    let path = folder.path().join("site.jsonl");
    let mut site = Site::open(&path, 2_000);
    let rule = CommitRule { late: 0.5, late_by_ms: (5_000, 9_000), missing: 0.3, seed: 4 };
    site.act(Act::Commits(CommitOrder::Policy(rule)));
    let shot = site.production.roster.shots[0]["id"].as_u64().expect("an id");
    for number in 0..4_000 {
        site.ask(Call::update("Shot", shot, json!({"sg_cut_in": number})));
    }
    let bytes = fs::metadata(&path).expect("the file is there").len();
    let text = fs::read_to_string(&path).expect("the file is text");
    assert!(
        text.lines().nth(1).is_some_and(|line| line.starts_with(super::SNAPSHOT.0)),
        "a snapshot was written"
    );
    let snapshot = site.stage.model.to_snapshot_without_secrets().len() as u64;
    assert!(bytes < 2 * snapshot + 4_000, "{bytes} bytes for a site of {snapshot}");
    // What chance has in store is the same, too.
    let copy = folder.path().join("copy.jsonl");
    fs::copy(&path, &copy).expect("a file can be copied");
    let mut again = Site::open(&copy, ENDLESS);
    again.now = site.now;
    assert_eq!(kept(&again.stage), kept(&site.stage));
    let mut never_closed = site;
    for number in 0..50 {
        again.create_shot(&format!("ON_{number}"));
        never_closed.create_shot(&format!("ON_{number}"));
    }
    assert_eq!(kept(&again.stage), kept(&never_closed.stage));
}

#[test]
fn what_is_held_is_in_no_snapshot() {
    let folder = folder();
    let path = folder.path().join("site.jsonl");
    let mut site = Site::open(&path, 100);
    site.act(Act::Commits(CommitOrder::Hold));
    for number in 0..5 {
        site.create_shot(&format!("HELD_{number}"));
    }
    assert_eq!(fs::read_to_string(&path).expect("text").lines().count(), 7);
    let expected = state(&site.stage);
    drop(site);
    let mut again = Site::open(&path, 100);
    assert_eq!(state(&again.stage), expected);
    again.act(Act::Commits(CommitOrder::Release));
    again.act(Act::Commits(CommitOrder::Pass));
    assert!(fs::read_to_string(&path).expect("text").lines().count() < 6, "it was made short then");
}

#[test]
fn no_secret_is_in_the_file() {
    let folder = folder();
    let path = folder.path().join("site.jsonl");
    let mut site = Site::open(&path, ENDLESS);
    let made = Call::create(
        "HumanUser",
        json!({"login": "lou", "name": "Lou", "password_proxy": "hunter-2", "sg_status_list": "act"}),
    );
    let request = site.stage.model.without_secrets(&made.signed(json!({"script_key": "hunter-3"})));
    site.act(Act::Request(Asked { by: host(), request, late_by_ms: 0 }));
    let batch = json!([{"request_type": "update", "type": "ApiUser", "id": 1,
        "fields": [{"field_name": "salted_password", "value": "hunter-4"}]}]);
    let request = Request::new("batch", vec![json!({"session_token": "hunter-5"}), batch]);
    let request = site.stage.model.without_secrets(&request);
    site.act(Act::Request(Asked { by: host(), request, late_by_ms: 0 }));
    site.recording.tail_bytes_max = 0;
    let lines = fs::read_to_string(&path).expect("text");
    site.create_shot("LAST");
    let snapshot = fs::read_to_string(&path).expect("text");
    assert!(snapshot.contains("{\"snapshot\""), "a snapshot was written");
    let keys = site.production.scripts.iter().map(|script| script.key.clone());
    let passwords = site.production.roster.members.iter().map(|member| member.password.clone());
    for secret in keys.chain(passwords).chain(["hunter".to_owned()]) {
        assert!(!lines.contains(&secret), "{secret} is in the lines");
        assert!(!snapshot.contains(&secret), "{secret} is in the snapshot");
    }
    drop(site);
    let again = Site::open(&path, ENDLESS);
    let read = |credentials: Value| {
        let request = Request::new(
            "followers",
            vec![credentials, json!({"entity": {"type": "Shot", "id": 1}})],
        );
        again.stage.model.who(&request).map(|who| who.user.id)
    };
    let host = &again.production.scripts[0];
    assert_eq!(read(json!({"script_name": host.name, "script_key": host.key})), Some(host.id));
    for password in ["hunter-2", "(not kept)", ""] {
        assert_eq!(read(json!({"user_login": "lou", "user_password": password})), None);
    }
}

#[cfg(unix)]
#[test]
fn the_file_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let path = folder.path().join("site.jsonl");
    let mut site = Site::open(&path, 10);
    for code in ["A", "B"] {
        let mode = fs::metadata(&path).expect("the file is there").permissions().mode();
        assert_eq!(mode & 0o077, 0);
        site.create_shot(code);
    }
}
