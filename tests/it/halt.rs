//! The kill switch: what is halted makes no call any more once the command is back, and nothing of it is lost.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use site::faults::{Fault, Rule};

use crate::support::{Host, Studio, eventually, fixture, message};

/// How many notes the plugin `asker` makes, one call after the other.
const NOTES: usize = 40;

/// A studio with `asker`, which makes a long loop of calls at its first event, and with `writer`, which has nothing to do with it.
/// The site takes its time for each note.
async fn studio() -> Studio {
    let studio = Studio::new().await;
    let project = json!({"type": "Project", "id": studio.production.project});
    let note = |number: usize| json!({"create": "Note", "data": {"project": project, "subject": format!("note {number}")}});
    let calls = Value::Array((0..NOTES).map(note).collect());
    install_asker(&studio, &calls);
    studio.install(
        "writer",
        &fixture("writer"),
        "event_type = \"Shotgun_Shot_New\"\nway = \"keys\"",
    );
    let slow = Rule {
        entity_type: Some("Note".to_owned()),
        ..Rule::new("create", Fault::Slow { millis: 30 })
    };
    studio.site.add_fault(slow).unwrap();
    studio
}

/// A failure of it would cost the event.
fn install_asker(studio: &Studio, calls: &Value) {
    studio.configure(&format!(
        "[plugin.asker]\ngrant.shotgun = \"write\"\non_error = \"continue\"\n[plugin.asker.settings]\n\
         event_type = \"Shotgun_Task_New\"\ncalls = '''{calls}'''"
    ));
    studio.put("asker", &fixture("asker"));
}

#[track_caller]
fn said(studio: &Studio, arguments: &[&str]) -> String {
    let output = studio.cuebox(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn subjects(studio: &Studio) -> Vec<String> {
    let notes = studio.find("Note", ("subject", "starts_with", json!("note ")), &["subject"]);
    notes.iter().map(|note| note["subject"].as_str().unwrap().to_owned()).collect()
}

/// Has `writer` handle one event more, which shows that the host goes on.
#[track_caller]
fn go_on(studio: &Studio, handled: u64) {
    studio.create("Shot", json!({"code": format!("shot {handled}")}));
    studio.wait_for_plugin("writer", |row| row.handled == handled);
}

fn once(subjects: &[String]) -> bool {
    subjects.iter().collect::<BTreeSet<_>>().len() == subjects.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_in_a_loop_of_calls_is_stopped_and_finishes_after_the_release() {
    let studio = studio().await;
    let host = studio.start();
    host.wait_until_live("asker");
    host.wait_until_live("writer");
    studio.create("Task", json!({"content": "x"}));
    eventually("some notes", || (subjects(&studio).len() >= 5).then_some(()));
    let told = said(&studio, &["halt", "asker", "--reason", "it looks odd"]);
    assert_eq!(
        told,
        "Plugin `asker` is halted: nothing of it is under way any more. Its events wait.\n"
    );
    // A request that was cut off may still be carried out by the site, and one is at the most.
    let written = subjects(&studio).len();
    assert!(written < NOTES, "it was stopped in the middle");
    go_on(&studio, 1);
    go_on(&studio, 2);
    assert!(subjects(&studio).len() <= written + 1, "no call was made any more");
    host.wait_for("the reason", |line| {
        message(line) == "Plugin `asker` is halted: it looks odd. `cuebox release` lets it go on"
    });
    let row = studio.wait_for_plugin("asker", |row| row.state == "halted");
    assert_eq!((row.handled, row.failed, row.dead_letters), (0, 0, 0), "nobody is to blame");
    assert!(said(&studio, &["plugins"]).contains("Plugin `asker` is halted since "));
    assert!(host.stop().success());

    let written = subjects(&studio).len();
    assert!(once(&subjects(&studio)));
    let host = studio.start();
    host.wait_until_live("writer");
    go_on(&studio, 3);
    assert_eq!(subjects(&studio).len(), written, "a restart ends no halt");
    assert!(!host.messages().iter().any(|said| said.contains("Plugin `asker` runs")));

    assert_eq!(said(&studio, &["release", "asker"]), "Plugin `asker` goes on.\n");
    let row = studio.wait_for_plugin("asker", |row| row.handled == 1);
    assert_eq!((row.state.as_str(), row.failed), ("running", 0));
    let subjects = subjects(&studio);
    assert_eq!(subjects.len(), NOTES, "{}", host.log());
    assert!(once(&subjects), "no write was made twice: {subjects:?}");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_spins_is_stopped_long_before_its_deadline() {
    let studio = Studio::new().await;
    studio.configure("[limits]\nfuel = 1_000_000_000_000_000\ndeadline = \"1h\"");
    studio.install("spinner", &fixture("misbehave"), "behaviour = \"spin\"");
    let host = studio.start();
    host.wait_until_live("spinner");
    studio.create("Task", json!({"content": "x"}));
    said(&studio, &["halt", "--all"]);
    let row = studio.wait_for_plugin("spinner", |row| row.state == "halted");
    assert_eq!((row.handled, row.failed), (0, 0));
    // What spins is not under way: the host can be stopped.
    assert!(host.stop().success());
    let listed = said(&studio, &["halt"]);
    assert!(listed.starts_with("Every plugin is halted since "), "{listed}");
    assert!(listed.ends_with(": no reason given\n"), "{listed}");
    let listed: Value = serde_json::from_str(&said(&studio, &["halt", "--json"])).unwrap();
    assert_eq!((&listed[0]["all"], &listed[0]["plugin"]), (&json!(true), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_halted_without_a_host_is_halted_when_one_starts() {
    let studio = studio().await;
    let host = studio.start();
    host.wait_until_live("asker");
    host.wait_until_live("writer");
    assert!(host.stop().success());
    assert_eq!(
        said(&studio, &["halt", "asker"]),
        "Plugin `asker` is halted. No host runs; the next one obeys from its start.\n"
    );
    studio.create("Task", json!({"content": "x"}));
    let host = studio.start();
    go_on(&studio, 1);
    assert_eq!(subjects(&studio), Vec::<String>::new());
    let output = studio.cuebox(&["release", "--project", "7"]);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(complaint, "cuebox: Project 7 is not halted; halted: Plugin `asker`\n");
    said(&studio, &["release", "asker"]);
    studio.wait_for_plugin("asker", |row| row.handled == 1);
    assert!(host.stop().success());
}

/// Another project than the production's, and a record of a type in each of both.
fn another_project(studio: &Studio) -> u64 {
    create_in(studio, "Project", None, "name", "the other one")
}

fn create_in(
    studio: &Studio,
    entity_type: &str,
    project: Option<u64>,
    field: &str,
    text: &str,
) -> u64 {
    let mut fields = vec![json!({"field_name": field, "value": text})];
    if let Some(id) = project {
        fields.push(json!({"field_name": "project", "value": {"type": "Project", "id": id}}));
    }
    let params = json!({"type": entity_type, "fields": fields, "return_fields": ["id"]});
    studio.perform("create", params)["id"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_a_halted_project_wait_and_others_go_on() {
    let studio = Studio::new().await;
    let (halted, other) = (studio.production.project, another_project(&studio));
    studio.install("writer", &fixture("writer"), "event_type = \"Shotgun_Task_New\"");
    let host = studio.start();
    host.wait_until_live("writer");
    let project = halted.to_string();
    let told = said(&studio, &["halt", "--project", &project, "--reason", "it is wrapped"]);
    assert!(told.starts_with(&format!("Project {project} is halted: ")), "{told}");
    for number in 0..6 {
        let project = if number % 2 == 0 { halted } else { other };
        create_in(&studio, "Task", Some(project), "content", &format!("task {number}"));
    }
    let row = studio.wait_for_plugin("writer", |row| row.handled == 3 && row.lag == 0);
    assert_eq!((row.dead_letters, row.failed, row.state.as_str()), (3, 0, "running"));
    assert_eq!(notes_in(&studio, halted), Vec::<u64>::new());
    assert_eq!(notes_in(&studio, other).len(), 3);
    let letters = said(&studio, &["dead-letters"]);
    assert!(letters.contains(&format!("held back: project {project} is halted: it is wrapped")));
    // Not even the operator has them handed over meanwhile, nor does a restart.
    said(&studio, &["dead-letters", "redrive", "--all"]);
    assert!(host.stop().success());
    let host = studio.start();
    create_in(&studio, "Task", Some(other), "content", "task 6");
    studio.wait_for_plugin("writer", |row| row.handled == 4);
    assert_eq!(notes_in(&studio, halted), Vec::<u64>::new());

    said(&studio, &["release", "--project", &project]);
    create_in(&studio, "Task", Some(halted), "content", "task 7");
    let row = studio.wait_for_plugin("writer", |row| row.handled == 8);
    assert_eq!((row.dead_letters, row.failed), (0, 0));
    let notes = notes_in(&studio, halted);
    assert_eq!(notes.len(), 4);
    assert!(notes.is_sorted(), "in the order of their arrival: {notes:?}");
    assert!(host.stop().success());
}

/// The events that there are notes about in a project, in the order in which the notes were made.
fn notes_in(studio: &Studio, project: u64) -> Vec<u64> {
    let project = json!({"type": "Project", "id": project});
    let mut notes = studio.find("Note", ("project", "is", project), &["subject", "content"]);
    notes.retain(|note| note["content"] == "a note for the event");
    notes.sort_by_key(|note| note["id"].as_u64());
    notes.iter().map(|note| note["subject"].as_str().unwrap().parse().unwrap()).collect()
}

/// A call that reaches into a project, by the numbers of the project and of a Shot in it.
type Way = (&'static str, fn(u64, u64) -> Value);

/// A call for an event of another project that reaches into the halted one is put aside with what it has done, whatever it is.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_reaches_into_a_halted_project() {
    let project = |id: u64| json!({"type": "Project", "id": id});
    let ways: [Way; 8] = [
        (
            "a creation",
            |halted, _| json!({"create": "Note", "data": {"subject": "x", "project": {"type": "Project", "id": halted}}}),
        ),
        (
            "an update",
            |_, shot| json!({"update": "Shot", "id": shot, "data": {"description": "x"}}),
        ),
        ("a deletion", |_, shot| json!({"delete": "Shot", "id": shot})),
        (
            "the project itself",
            |halted, _| json!({"update": "Project", "id": halted, "data": {"sg_description": "x"}}),
        ),
        (
            "a question",
            |_, shot| json!({"find": "Shot", "filter": ["id", "is", shot], "fields": ["code"]}),
        ),
        ("a question for all", |_, _| json!({"find": "Shot", "fields": ["code"]})),
        ("a sum", |_, _| json!({"summarize": "Shot"})),
        (
            "a method",
            |_, shot| json!({"call": "followers", "params": {"entity": {"type": "Shot", "id": shot}}}),
        ),
    ];
    let studio = Studio::new().await;
    let (halted, other) = (studio.production.project, another_project(&studio));
    let shot = studio.create("Shot", json!({"code": "inside"}));
    let elsewhere = create_in(&studio, "Shot", Some(other), "code", "outside");
    for (number, (_, way)) in ways.iter().enumerate() {
        let subject = format!("note {number}");
        let before =
            json!({"create": "Note", "data": {"subject": subject, "project": project(other)}});
        let ask = json!([before, way(halted, shot)]);
        let name = format!("way-{number}");
        studio.configure(&format!(
            "[plugin.{name}]\ngrant.shotgun = \"write\"\n[plugin.{name}.settings]\nevent_type = \"Shotgun_Task_New\"\ncalls = '''{ask}'''"
        ));
        studio.put(&name, &fixture("asker"));
    }
    let harmless = json!([
        {"update": "Shot", "id": elsewhere, "data": {"description": "x"}},
        {"find": "Shot", "filter": ["id", "is", elsewhere], "fields": ["code"]},
        {"find": "Step", "fields": ["code"]},
    ]);
    install_asker(&studio, &harmless);
    let host = studio.start();
    for number in 0..ways.len() {
        host.wait_until_live(&format!("way-{number}"));
    }
    host.wait_until_live("asker");
    said(&studio, &["halt", "--project", &halted.to_string(), "--reason", "it is wrapped"]);
    create_in(&studio, "Task", Some(other), "content", "x");
    for (number, (what, _)) in ways.iter().enumerate() {
        let row = studio.wait_for_plugin(&format!("way-{number}"), |row| {
            row.handled + row.failed + row.dead_letters > 0
        });
        assert_eq!(
            (row.handled, row.failed, row.dead_letters),
            (0, 0, 1),
            "{what}: {}",
            host.log()
        );
    }
    studio.wait_for_plugin("asker", |row| row.handled == 1);
    for index in 0..3 {
        assert!(!answer(&host, "asker", index).contains("halted"), "it stays outside");
    }
    let description = studio.find("Shot", ("id", "is", json!(shot)), &["description"]);
    assert_eq!(description[0]["description"], Value::Null, "nothing was changed there");

    said(&studio, &["release", "--project", &halted.to_string()]);
    for (number, (what, _)) in ways.iter().enumerate() {
        let row = studio.wait_for_plugin(&format!("way-{number}"), |row| row.handled == 1);
        assert_eq!((row.failed, row.dead_letters), (0, 0), "{what}");
    }
    let subjects = subjects(&studio);
    assert_eq!(subjects.len(), ways.len(), "what came before is not made again: {subjects:?}");
    assert!(once(&subjects));
    assert!(host.stop().success());
}

/// What came of a call of a plugin of the kind of `asker`.
fn answer(host: &Host, plugin: &str, index: usize) -> String {
    let start = format!("{index}: ");
    let line = host.wait_for(&start, |line| {
        line["plugin.name"] == plugin && message(line).starts_with(&start)
    });
    message(&line)[start.len()..].to_owned()
}
