use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::Recording;
use crate::call::Call;
use crate::model::{Model, Now, Schema};
use crate::script::Act;
use crate::seed::{self, Production};
use crate::stage::{CommitOrder, Stage};
use crate::wire::Request;

const NOW: Now = Now(1_775_000_000_000);

fn planted(seed: u64) -> (Stage, Production) {
    let mut model = Model::new(Schema::production());
    let options = seed::Options { seed, now: NOW, scripts: Vec::new() };
    let production = seed::plant(&mut model, &options).expect("the seed fits its schema");
    (Stage::new(model), production)
}

fn create_shot(production: &Production, code: &str) -> Request {
    let credentials = json!({"script_name": "cuebox", "script_key": production.key("cuebox")});
    Call::create("Shot", json!({"project": production.roster.project, "code": code}))
        .signed(credentials)
}

/// Makes three writes on a site with a file, the middle one held, and gives the last state.
fn record(path: &Path) -> Stage {
    let (mut stage, production) = planted(1);
    let mut recording = Recording::open(path, &mut stage, NOW).expect("a new file can be made");
    let acts = [
        Act::Request(create_shot(&production, "REC_1")),
        Act::Commits(CommitOrder::Hold),
        Act::Request(create_shot(&production, "REC_2")),
        Act::Commits(CommitOrder::Pass),
        Act::Request(create_shot(&production, "REC_3")),
    ];
    for (second, act) in (1..).zip(&acts) {
        let now = Now(NOW.0 + 1_000 * second);
        stage.perform(act, now).expect("the site takes the write");
        recording.append(act, now).expect("the line is written");
    }
    stage
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
    let error = Recording::open(path, &mut stage, NOW).expect_err("the file is refused");
    let text = error.to_string().replace(&path.display().to_string(), "FILE");
    error.source().map_or(text.clone(), |source| format!("{text}: {source}"))
}

#[test]
fn a_site_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("site.jsonl");
    let first = record(&path);
    let (mut second, production) = planted(1);
    let mut recording = Recording::open(&path, &mut second, NOW).expect("the file is whole");
    assert_eq!(state(&second), state(&first));
    assert!(
        state(&second).iter().any(|line| line.starts_with("waiting")),
        "the held write is still held"
    );
    assert_eq!(Recording::began(&path).expect("the file is whole"), Some(NOW));

    let act = Act::Request(create_shot(&production, "REC_4"));
    second.perform(&act, NOW).expect("the site takes the write");
    recording.append(&act, NOW).expect("the line is written");
    let (mut third, _production) = planted(1);
    Recording::open(&path, &mut third, NOW).expect("the file is whole");
    assert_eq!(state(&third), state(&second));
}

#[test]
fn thumbnails_get_ready_where_they_did() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("site.jsonl");
    let (mut first, production) = planted(1);
    let mut recording = Recording::open(&path, &mut first, NOW).expect("a new file can be made");
    let file = json!({"key": "k", "name": "a.png", "size": 1, "content_type": "image/png"});
    let credentials = json!({"script_name": "cuebox", "script_key": production.key("cuebox")});
    let sent = json!({"type": "Shot", "id": 1, "file": file});
    let upload = Request::new("publish_thumbnail", vec![credentials, sent]);
    let acts = [
        Act::Request(upload.clone()),
        Act::Commits(CommitOrder::Skip(2)),
        Act::Request(upload),
        Act::Request(create_shot(&production, "AFTER")),
    ];
    for (second, act) in (0..).step_by(10).zip(&acts) {
        let now = Now(NOW.0 + 1_000 * second);
        first.perform(act, now).expect("the site takes the write");
        recording.append(act, now).expect("the line is written");
        // Somebody looks meanwhile, which is not recorded.
        first.model.settle(Now(now.0 + 5_000));
    }
    let (mut second, _production) = planted(1);
    Recording::open(&path, &mut second, NOW).expect("the file is whole");
    assert_eq!(state(&second), state(&first));
    let ready = state(&first).iter().filter(|line| line.contains("\"is_transient\":false")).count();
    assert_eq!(ready, 2);
}

#[test]
fn a_line_that_a_crash_cut_short_is_dropped() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("site.jsonl");
    let whole = record(&path);
    let text = fs::read(&path).expect("the file is there");
    fs::write(&path, [text.as_slice(), b"{\"at_ms\": 17750000\xc3"].concat())
        .expect("the file can be written");
    let (mut stage, _production) = planted(1);
    Recording::open(&path, &mut stage, NOW).expect("the whole lines are taken");
    assert_eq!(state(&stage), state(&whole));
    assert_eq!(fs::read(&path).expect("the file is there"), text);
}

#[test]
fn a_file_that_is_not_ours_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("site.jsonl");
    for (text, expected) in [
        (
            "hello\n",
            "line 1 of the site's file FILE cannot be read: expected value at line 1 column 1",
        ),
        (
            "{\"recording\":9,\"began_ms\":0,\"newest_event_id\":0}\n",
            "the site's file FILE is of version 9, and version 1 is the newest known",
        ),
    ] {
        fs::write(&path, text).expect("the file can be written");
        assert_eq!(refusal(&path, 1), expected);
        assert_eq!(fs::read_to_string(&path).expect("the file is there"), text);
    }
    record(&folder.path().join("other.jsonl"));
    let path = folder.path().join("other.jsonl");
    let text = fs::read_to_string(&path).expect("the file is there");
    fs::write(&path, text + "{\"at_ms\": 1}\n").expect("the file can be written");
    assert!(
        refusal(&path, 1).starts_with(
            "line 7 of the site's file FILE cannot be read: a line has exactly one of"
        )
    );
}

#[test]
fn another_beginning_is_refused() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("site.jsonl");
    record(&path);
    let (mut stage, production) = planted(1);
    stage.answer(&create_shot(&production, "EARLIER"), NOW).expect("the site takes the write");
    let error = Recording::open(&path, &mut stage, NOW).expect_err("the model is another");
    assert!(error.to_string().ends_with("it was recorded with another seed"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_file_with_its_credentials_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("site.jsonl");
    record(&path);
    let mode = fs::metadata(&path).expect("the file is there").permissions().mode();
    assert_eq!(mode & 0o077, 0);
}
