//! `cuebox grants suggest`: the lines that it prints are enough, and none of them is too many.

use serde_json::{Value, json};

use crate::support::{Host, Studio, fixture, message};

/// A plugin that makes these calls, with these lines.
fn install(studio: &Studio, name: &str, lines: &[String], calls: &Value) {
    let grant = serde_json::to_string(lines).unwrap();
    studio.configure(&format!(
        "[plugin.{name}]\ngrant.shotgun = {grant}\n[plugin.{name}.settings]\ncalls = '''{calls}'''"
    ));
    studio.put(name, &fixture("asker"));
}

/// What came of each call.
fn answers(host: &Host, name: &str, calls: usize) -> Vec<String> {
    let answers = (0..calls).map(|index| {
        let start = format!("{index}: ");
        let line = host.wait_for(&format!("{name} {start}"), |line| {
            line["plugin.name"] == name && message(line).starts_with(&start)
        });
        message(&line)[start.len()..].to_owned()
    });
    answers.collect()
}

fn denied(answers: &[String]) -> usize {
    answers.iter().filter(|answer| answer.starts_with("denied: ")).count()
}

fn suggestion(studio: &Studio, name: &str) -> Value {
    let output = studio.cuebox(&["grants", "suggest", name, "--json"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_are_enough_and_none_is_too_many() {
    let studio = Studio::new().await;
    let shot = studio.create("Shot", json!({"code": "s", "description": "d"}));
    let project = json!({"type": "Project", "id": studio.production.project});
    let calls = json!([
        {"find": "Shot", "filter": ["code", "is", "s"], "fields": ["description"]},
        {"find": "Task", "filter": ["entity.Shot.code", "is", "s"], "fields": ["content"]},
        {"summarize": "Version", "group": ["code"]},
        {"update": "Shot", "id": shot, "data": {"description": "e"}},
        {"create": "Note", "data": {"subject": "n", "project": project}},
        {"delete": "Note", "id": "$made"},
        {"schema": "Shot", "field": "code"},
    ]);
    let (count, before) = (calls.as_array().unwrap().len(), studio.newest_event());
    install(&studio, "wide", &["write".to_owned()], &calls);
    let host = studio.start();
    host.wait_until_live("wide");
    studio.create("Task", json!({"content": "x"}));
    let wide = answers(&host, "wide", count);
    assert_eq!(denied(&wide), 0, "{wide:?}");
    assert!(host.stop().success());

    let suggested = suggestion(&studio, "wide");
    let lines: Vec<String> = serde_json::from_value(suggested["shotgun"].clone()).unwrap();
    let number = studio.production.project;
    assert!(lines.contains(&format!("create Note.subject in project {number}")), "{lines:?}");
    assert!(lines.contains(&"update Shot.description".to_owned()), "{lines:?}");
    assert_eq!(suggested["missing"]["shotgun"], json!([]));
    assert_eq!(suggested["unused"]["shotgun"], json!(["write"]));
    let printed = String::from_utf8(studio.cuebox(&["grants", "suggest", "wide"]).stdout).unwrap();
    assert!(printed.starts_with("[plugin.wide]\ngrant.shotgun = [\n    \"read "), "{printed}");
    assert!(printed.contains("# granted, and never used: write"), "{printed}");

    install(&studio, "narrow", &lines, &calls);
    for missing in 0..lines.len() {
        let mut rest = lines.clone();
        rest.remove(missing);
        install(&studio, &format!("without-{missing}"), &rest, &calls);
    }
    let host = studio.start();
    host.wait_until_live("narrow");
    (0..lines.len()).for_each(|missing| host.wait_until_live(&format!("without-{missing}")));
    studio.create("Task", json!({"content": "y"}));
    let narrow = answers(&host, "narrow", count);
    assert_eq!(denied(&narrow), 0, "{lines:?}: {narrow:?}");
    assert_eq!(narrow.len(), wide.len());
    for (missing, line) in lines.iter().enumerate() {
        let answers = answers(&host, &format!("without-{missing}"), count);
        assert!(denied(&answers) > 0, "`{line}` is not needed: {answers:?}");
    }
    // The same writes as with the wide grant, once for each plugin that had the line.
    let notes =
        studio.find("EventLogEntry", ("event_type", "is", json!("Shotgun_Note_New")), &["id"]);
    let made = notes.iter().filter(|event| event["id"].as_u64().unwrap() > before).count();
    assert_eq!(made, 1 + lines.len(), "all but the one without the line for it");
    assert!(host.stop().success());
    let narrow = suggestion(&studio, "narrow");
    assert_eq!(narrow["shotgun"], suggested["shotgun"], "what is suggested is suggested again");
    assert_eq!(
        (&narrow["missing"]["shotgun"], &narrow["unused"]["shotgun"]),
        (&json!([]), &json!([]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_suggested_and_said_to_be_missing() {
    let studio = Studio::new().await;
    let calls = json!([{"find": "Shot", "fields": ["code"]}]);
    install(&studio, "asker", &["read Task.content".to_owned()], &calls);
    let host = studio.start();
    host.wait_until_live("asker");
    studio.create("Task", json!({"content": "x"}));
    assert_eq!(denied(&answers(&host, "asker", 1)), 1);
    assert!(host.stop().success());
    let suggested = suggestion(&studio, "asker");
    assert_eq!(suggested["shotgun"], json!(["read Shot.code"]));
    assert_eq!(suggested["missing"]["shotgun"], json!(["read Shot.code"]));
    assert_eq!(suggested["unused"]["shotgun"], json!(["read Task.content"]));
}
