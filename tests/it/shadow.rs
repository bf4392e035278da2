//! A plugin in shadow: it runs on live events, believes that it writes, and changes nothing.

use serde_json::{Value, json};

use crate::support::{Host, Studio, Web, fixture, message};

/// What comes of each call of `asker`, in words, and the host.
fn ask(studio: &Studio, lines: &[&str], calls: &Value, is_shadow: bool) -> (Vec<String>, Host) {
    let grant = serde_json::to_string(lines).unwrap();
    studio.configure(&format!(
        "[plugin.asker]\nshadow = {is_shadow}\ngrant.shotgun = {grant}\n[plugin.asker.settings]\ncalls = '''{calls}'''"
    ));
    studio.put("asker", &fixture("asker"));
    let host = studio.start();
    host.wait_until_live("asker");
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("asker", |row| row.handled >= 1);
    let count = calls.as_array().unwrap().len();
    let answers = (0..count).map(|index| {
        let start = format!("{index}: ");
        let line = host.wait_for(&start, |line| message(line).starts_with(&start));
        message(&line)[start.len()..].to_owned()
    });
    (answers.collect(), host)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_sees_its_own_writes_and_the_site_has_none() {
    let studio = Studio::new().await;
    let shot = studio.create("Shot", json!({"code": "s", "description": "as it was"}));
    let project = json!({"type": "Project", "id": studio.production.project});
    let by_id = json!(["id", "is", shot]);
    let made = json!(["id", "is", "$made"]);
    let calls = json!([
        {"update": "Shot", "id": shot, "data": {"description": "pretended"}},
        {"find": "Shot", "filter": by_id, "fields": ["description"]},
        {"find": "Shot", "filter": ["code", "is", "s"], "fields": ["description"]},
        {"create": "Note", "data": {"subject": "new", "project": project}},
        {"find": "Note", "filter": made, "fields": ["subject", "content"]},
        {"update": "Note", "id": "$made", "data": {"subject": "newer"}},
        {"find": "Note", "filter": made, "fields": ["subject"]},
        {"find": "Note", "filter": ["id", "in", ["$made", 1]], "fields": ["subject"]},
        {"delete": "Shot", "id": shot},
        {"find": "Shot", "filter": by_id, "fields": ["description"]},
        {"create": "Version", "data": {"code": "v", "project": project}},
    ]);
    let number = studio.production.project;
    let lines = [
        format!("read+update Shot.description,code in project {number}"),
        format!("delete Shot in project {number}"),
        format!("create+read+update Note.subject,content in project {number}"),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (answers, host) = ask(&studio, &lines, &calls, true);
    let newest = studio.newest_event();
    assert!(answers[1].contains("\"pretended\""), "by its number: {answers:?}");
    assert!(answers[2].contains("\"pretended\""), "by its code: {answers:?}");
    let id: u64 = answers[3].parse().unwrap();
    assert!((9_000_000_000_000_000..1 << 53).contains(&id), "{id}");
    assert!(answers[4].contains("\"new\"") && answers[4].contains(&id.to_string()), "{answers:?}");
    assert!(answers[6].contains("\"newer\""), "{answers:?}");
    assert!(answers[7].contains("\"newer\""), "beside real ones: {answers:?}");
    assert_eq!((answers[8].as_str(), answers[9].as_str()), ("true", "[]"));
    assert!(answers[10].contains("create Version"), "what is not granted is refused: {answers:?}");

    // The site's own log: nothing but what this test did.
    let found = studio.find("Shot", ("id", "is", json!(shot)), &["description"]);
    assert_eq!(found[0]["description"], "as it was");
    assert!(studio.find("Note", ("subject", "contains", json!("new")), &[]).is_empty());
    let events = studio.find("EventLogEntry", ("id", "greater_than", json!(0)), &["user"]);
    let by_plugin = events.iter().filter(|event| event["id"].as_u64().unwrap() > newest).count();
    assert_eq!((studio.newest_event(), by_plugin), (newest, 0));

    let listed = studio.cuebox(&["audit", "list", "--shadow", "--json"]);
    let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap();
    let functions: Vec<_> = listed.iter().map(|call| call["function"].as_str().unwrap()).collect();
    assert_eq!(functions, ["update", "create", "update", "delete"]);
    assert_eq!(listed[0]["before"][format!("Shot:{shot}")]["description"], "as it was");
    assert_eq!(listed[2]["before"][format!("Note:{id}")]["subject"], "new", "as it believes");
    assert!(listed.iter().all(|call| call["ending"] == "pretended"), "{listed:?}");
    let plugins = String::from_utf8(studio.cuebox(&["plugins"]).stdout).unwrap();
    assert!(plugins.contains("in shadow: it changes nothing"), "{plugins}");
    assert!(host.stop().success());
}

/// The same calls without the shadow are made: the test above would see it.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_shadow_the_same_is_made() {
    let studio = Studio::new().await;
    let shot = studio.create("Shot", json!({"code": "s", "description": "as it was"}));
    let calls = json!([{"update": "Shot", "id": shot, "data": {"description": "made"}}]);
    let (answers, host) = ask(&studio, &["update Shot.description"], &calls, false);
    assert_eq!(answers, ["\"updated\""]);
    let found = studio.find("Shot", ("id", "is", json!(shot)), &["description"]);
    assert_eq!(found[0]["description"], "made");
    let listed = studio.cuebox(&["audit", "list", "--shadow", "--json"]);
    assert_eq!(String::from_utf8(listed.stdout).unwrap().trim(), "[]");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_changes_something_is_answered_and_not_sent() {
    let studio = Studio::new().await;
    let web = Web::start();
    for (plugin, method) in [("posts", "POST"), ("gets", "GET")] {
        studio.configure(&format!(
            "[plugin.{plugin}]\nshadow = true\non_error = \"continue\"\ngrant.http = [\"* {}\"]\n\
             [plugin.{plugin}.settings]\nbehaviour = \"fetch\"\nmethod = \"{method}\"\nurl = \"{}\"",
            web.url("/"),
            web.url(&format!("/echo/{plugin}"))
        ));
        studio.put(plugin, &fixture("fetches"));
    }
    let host = studio.start();
    host.wait_until_live("posts");
    host.wait_until_live("gets");
    studio.create("Task", json!({"content": "x"}));
    let said = |plugin: &str| {
        let line = host
            .wait_for(plugin, |line| line["plugin.name"] == plugin && line["outcome"].is_string());
        message(&line).to_owned()
    };
    assert!(said("posts").contains("204"), "{}", said("posts"));
    assert!(said("gets").contains("200"), "{}", said("gets"));
    let sent = web.requests();
    assert!(sent.len() == 1 && sent[0].contains("/echo/gets"), "{sent:?}");
    assert!(host.stop().success());
}
