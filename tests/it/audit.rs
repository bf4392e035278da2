//! Evidence: every change that a plugin makes is in the audit, with what allowed it, what was there before and how it ended; and
//! what was done to the audit is found.

use artifact::embed::embed;
use serde_json::{Value, json};
use site::faults::{Fault, Moment, Rule};

use crate::support::{Host, Studio, Web, fixture, message};

fn audit(studio: &Studio, arguments: &[&str]) -> Vec<Value> {
    let output = studio.cuebox(&[&["audit", "list", "--json"], arguments].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn verify(studio: &Studio, arguments: &[&str]) -> (bool, Value, String) {
    let output = studio.cuebox(&[&["audit", "verify", "--json"], arguments].concat());
    let errors = String::from_utf8(output.stderr).unwrap();
    (output.status.success(), serde_json::from_slice(&output.stdout).unwrap(), errors)
}

/// What the audit says of a line of the operator's which stands in this place, and in the file as this text.
fn granted(studio: &Studio, place: &str, text: &str) -> Value {
    let config = std::fs::read_to_string(studio.path("cuebox.toml")).unwrap();
    let file_line = config.lines().position(|line| line.contains(text)).unwrap() + 1;
    json!({"place": place, "file_line": file_line, "text": text})
}

/// A host with the plugin `writer`, which may do what these lines say.
fn with_writer(studio: &Studio, lines: &[String], settings: &str) -> Host {
    let grant = serde_json::to_string_pretty(lines).unwrap();
    studio.configure(&format!(
        "[plugin.writer]\ngrant.shotgun = {grant}\n[plugin.writer.settings]\n{settings}"
    ));
    studio.put("writer", &fixture("writer"));
    let host = studio.start();
    host.wait_until_live("writer");
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_there_with_its_line_before_and_after() {
    let studio = Studio::new().await;
    let shot = studio.create("Shot", json!({"code": "s", "description": "as it was"}));
    let project = studio.production.project;
    let line = format!("update Shot.description in project {project}");
    let lines = ["update Shot.description in project 999999".to_owned(), line.clone()];
    let settings = format!("way = \"update\"\nshot = {shot}\nattribute = \"content\"");
    let host = with_writer(&studio, &lines, &settings);
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("writer", |row| row.handled == 1);
    let digest = studio.plugins()["writer"].version.clone();

    let calls = audit(&studio, &["--entity", &format!("Shot:{shot}")]);
    assert_eq!(calls.len(), 2, "{calls:?}");
    let event = calls[0]["event"].as_u64().unwrap();
    let record = format!("Shot:{shot}");
    let (begun, done) = (format!("begun {event}"), format!("done {event}"));
    for (call, before, after) in [(&calls[0], "as it was", &begun), (&calls[1], &*begun, &done)] {
        let granted = granted(&studio, "[plugin.writer] grant.shotgun[1]", &line);
        assert_eq!(call["lines"], json!([granted]), "and no other line");
        assert_eq!(call["before"][&record]["description"], before);
        assert_eq!(call["asked"]["description"], **after);
        assert_eq!(call["ending"], "answered");
        assert_eq!((&call["version"], &call["callback"]), (&json!(digest), &json!("write")));
    }
    assert!(audit(&studio, &["--event", "1"]).is_empty());
    assert!(audit(&studio, &["--entity", "Note"]).is_empty());

    let (whole, verdict, _) = verify(&studio, &[]);
    assert!(whole && verdict["records"] == 4, "{verdict}");
    assert!(!host.log().contains("as it was"), "a value is in the log");
    assert!(host.stop().success());
}

/// Where several lines are needed, all of them are named, and those of the author beside those of the operator.
#[tokio::test(flavor = "multi_thread")]
async fn every_line_that_a_write_needs_is_named_with_its_place() {
    let studio = Studio::new().await;
    let shot = studio.create("Shot", json!({"code": "s", "description": "d"}));
    let calls = json!([{"update": "Shot", "id": shot, "data": {"code": "t", "description": "e"}}]);
    let project = studio.production.project;
    studio.configure(&format!(
        "[plugin.asker]
grant.shotgun = [
    \"update Shot.description in project {project}\",
    \"update Shot.description in project 999999\",
    \"delete Shot\",
    \"update Shot.code\",
]
[plugin.asker.settings]
calls = '''{calls}'''"
    ));
    let asked = "[plugin]\nname = \"asker\"\nversion = \"1.0.0\"\ndescription = \"Asks.\"\nauthors = [\"A\"]
[needs]
shotgun = [
    { grant = \"read Shot.*\", why = \"to see\" },
    { grant = \"update Shot.*\", why = \"to write\" },
]
[settings.calls]
type = \"text\"
default = \"[]\"
description = \"What is asked.\"";
    let embedded = embed(&std::fs::read(fixture("asker")).unwrap(), asked).unwrap();
    std::fs::write(studio.path("embedded"), embedded).unwrap();
    studio.put("asker", &studio.path("embedded"));
    let host = studio.start();
    host.wait_until_live("asker");
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("asker", |row| row.handled >= 1);
    let calls = audit(&studio, &[]);
    assert_eq!(calls.len(), 1, "{calls:?}");
    let in_project = format!("update Shot.description in project {project}");
    let lines = json!([
        granted(&studio, "[plugin.asker] grant.shotgun[0]", &in_project),
        granted(&studio, "[plugin.asker] grant.shotgun[3]", "update Shot.code"),
        {"place": "plugin.toml needs.shotgun[1]", "file_line": null, "text": "update Shot.*"},
    ]);
    assert_eq!(calls[0]["lines"], lines);
    let shown = String::from_utf8(studio.cuebox(&["audit", "show", "1"]).stdout).unwrap();
    let file_line = &lines[1]["file_line"];
    for line in [
        &*format!("by [plugin.asker] grant.shotgun[3] (line {file_line}): update Shot.code"),
        "asked for by plugin.toml needs.shotgun[1]: update Shot.*",
    ] {
        assert!(shown.contains(line), "{line} is not in {shown}");
    }
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_is_logged_and_what_is_cut_off_is_missed() {
    let studio = Studio::new().await;
    let host = with_writer(&studio, &["create Note.*".to_owned()], "attribute = \"content\"");
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("writer", |row| row.handled == 1);
    host.signal("TERM");
    let told =
        host.wait_for("the head", |line| message(line).starts_with("The audit has 2 records"));
    let head = told["audit.head"].as_str().unwrap().to_owned();
    host.wait();
    let made = audit(&studio, &["--entity", "Note"]);
    let note = made[0]["entities"][0].as_str().unwrap().to_owned();
    assert!(note.starts_with("Note:"), "the list names what was made: {made:?}");
    let (whole, verdict, _) = verify(&studio, &["--head", &head]);
    assert!(whole && verdict["noted"] == 2, "{verdict}");

    std::fs::copy(studio.path("cuebox.db"), studio.path("copy.db")).unwrap();
    tamper(&studio, "UPDATE audit SET asked = replace(asked, 'a note', 'b note')");
    let (whole, verdict, errors) = verify(&studio, &[]);
    assert!(!whole && verdict["whole"] == false, "{verdict}");
    assert!(errors.contains("record 1 is not what was written"), "{errors}");

    std::fs::copy(studio.path("copy.db"), studio.path("cuebox.db")).unwrap();
    tamper(&studio, "DELETE FROM audit WHERE number = 2; UPDATE sqlite_sequence SET seq = 1");
    assert!(verify(&studio, &[]).0, "by itself it looks whole");
    let (whole, _, errors) = verify(&studio, &["--head", &head]);
    assert!(!whole && errors.contains("none has that hash"), "{errors}");
}

/// What somebody does who has the file. The tables are made as SQLite's own shell would.
fn tamper(studio: &Studio, sql: &str) {
    let script = "import sqlite3, sys
base = sqlite3.connect(sys.argv[1])
base.executescript('DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_cut;' + sys.argv[2])
base.execute('PRAGMA wal_checkpoint(TRUNCATE)')";
    let path = studio.path("cuebox.db");
    let ran =
        std::process::Command::new("python3").args(["-c", script]).arg(path).arg(sql).output();
    let ran = ran.unwrap();
    assert!(ran.status.success(), "{ran:?}");
}

/// A write that is lost and a host that is killed leave evidence that says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_in_doubt_until_it_is_found() {
    let studio = Studio::new().await;
    let rule = Rule::new("create", Fault::Reset).when(Moment::After).times(1);
    let lines = ["create Note.*".to_owned(), "read Note.*".to_owned()];
    let host = with_writer(&studio, &lines, "attribute = \"content\"");
    studio.site.add_fault(rule).unwrap();
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("writer", |row| row.handled == 1);
    let calls = audit(&studio, &[]);
    assert_eq!(calls.len(), 1, "{calls:?}");
    let kinds: Vec<_> =
        calls[0]["records"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["intended", "in-doubt", "found"]);
    assert!(host.stop().success());
}

/// What goes to other hosts leaves its digest, and neither its body nor a secret.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_another_host_is_there_without_its_secrets() {
    let studio = Studio::new().await;
    let web = Web::start();
    std::fs::write(studio.path("slack.token"), "canary-5d1").unwrap();
    let allow = format!("POST {}", web.url("/"));
    studio.configure(&format!(
        "[plugin.fetches]\non_error = \"continue\"\ngrant.http = [{{ allow = \"{allow}\", header = {{ authorization = \"Bearer {{slack}}\" }} }}]\n\
         [plugin.fetches.secrets]\nslack_file = \"slack.token\"\n\
         [plugin.fetches.settings]\nbehaviour = \"fetch\"\nmethod = \"POST\"\nurl = \"{}\"",
        web.url("/echo/canary-path")
    ));
    studio.put("fetches", &fixture("fetches"));
    let host = studio.start();
    host.wait_until_live("fetches");
    studio.create("Task", json!({"content": "x"}));
    host.wait_for("the call", |line| {
        line["plugin.name"] == "fetches" && line["outcome"].is_string()
    });
    let output = studio.cuebox(&["audit", "list", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let calls: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(calls.len(), 1, "{text}");
    let line = granted(&studio, "[plugin.fetches] grant.http[0]", &allow);
    assert_eq!(calls[0]["lines"], json!([line]));
    assert_eq!(calls[0]["asked"]["method"], "POST");
    let used = format!("grant.http[0] (line {}): {allow}", line["file_line"]);
    assert_eq!(calls[0]["detail"], json!({"status": 200, "line": used}));
    assert!(!text.contains("canary"), "{text}");
    assert!(host.stop().success());
}
