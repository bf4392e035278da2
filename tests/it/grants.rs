//! Grants on the site, all the way: what is not granted is neither answered nor written, and events do not carry it.

use serde_json::{Value, json};

use crate::support::{Host, Studio, eventually, example, fixture, message};

/// A production with a Shot and a Task in its project, and a Shot outside that a Task inside leads to.
struct Scene {
    studio: Studio,
    outside: u64,
    shot: u64,
    shot_outside: u64,
    task: u64,
}

impl Scene {
    async fn new() -> Self {
        let studio = Studio::new().await;
        let create = |entity_type: &str, fields: Value| {
            let fields: Vec<Value> = fields
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| json!({"field_name": name, "value": value}))
                .collect();
            let params = json!({"type": entity_type, "fields": fields, "return_fields": ["id"]});
            studio.perform("create", params)["id"].as_u64().unwrap()
        };
        let outside = create("Project", json!({"name": "SECRET project"}));
        let of_outside = json!({"type": "Project", "id": outside});
        let shot_outside = create("Shot", json!({"code": "SECRET outside", "project": of_outside}));
        let shot = studio.create("Shot", json!({"code": "inside", "description": "SECRET words"}));
        let link = |id: u64| json!({"type": "Shot", "id": id});
        let task = studio.create("Task", json!({"content": "first", "entity": link(shot)}));
        studio.create("Task", json!({"content": "second", "entity": link(shot_outside)}));
        Self { studio, outside, shot, shot_outside, task }
    }

    fn project(&self) -> u64 {
        self.studio.production.project
    }

    /// What comes of each call, in words, and the log of the host.
    fn ask(&self, lines: &[String], calls: &Value) -> (Vec<String>, String) {
        let grant = serde_json::to_string(lines).unwrap();
        self.studio.configure(&format!(
            "[plugin.asker]\ngrant.shotgun = {grant}\n[plugin.asker.settings]\ncalls = '''{calls}'''\nshows = true"
        ));
        self.studio.put("asker", &fixture("asker"));
        let host = self.studio.start();
        host.wait_until_live("asker");
        self.studio.update("Task", self.task, json!({"sg_status_list": "ip"}));
        let count = calls.as_array().unwrap().len();
        let answers = (0..count).map(|index| answer(&host, index)).collect();
        let log = host.log();
        assert!(host.stop().success());
        (answers, log)
    }
}

fn answer(host: &Host, index: usize) -> String {
    let start = format!("{index}: ");
    let line = host.wait_for(&start, |line| message(line).starts_with(&start));
    message(&line)[start.len()..].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_is_what_is_granted() {
    let scene = Scene::new().await;
    let project = scene.project();
    let lines = [
        format!("read Task.content,entity in project {project}"),
        format!("read Shot.code in project {project}"),
    ];
    let mine = json!(["content", "in", ["first", "second"]]);
    let calls = json!([
        {"find": "Task", "filter": mine, "fields": ["content", "entity", "entity.Shot.code"], "order": ["id"]},
        {"find": "Shot", "fields": ["code"], "filter": ["code", "in", ["inside", "SECRET outside"]]},
        {"find": "Task", "filter": ["entity.Shot.code", "contains", "SECRET"], "fields": ["content"]},
        {"find": "Task", "filter": [["content", "is", "nobody"], ["entity.Shot.description", "contains", "S"]]},
        {"find": "Task", "filter": ["sg_status_list", "is", "ip"]},
        {"find": "Task", "order": ["sg_status_list"]},
        {"find": "Task", "order": ["entity.Shot.code"]},
        {"find": "Task", "filter": ["entity", "name_contains", "SECRET"]},
        {"summarize": "Task", "group": ["sg_status_list"]},
        {"summarize": "Task", "filter": mine},
        {"schema": "Task", "field": "content"},
        {"call": "followers", "params": {"entity": {"type": "Task", "id": scene.task}}},
        {"call": "read", "params": {"type": "Shot"}},
        {"find": "HumanUser", "fields": ["login"]},
    ]);
    let (answers, log) = scene.ask(&lines, &calls);
    let rows: Value = serde_json::from_str(&answers[0]).unwrap();
    let names: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| &row["entity.Shot.code"]).collect();
    assert_eq!(names, [&json!("inside"), &Value::Null], "{rows}");
    assert_eq!(rows[1]["entity"]["id"], scene.shot_outside, "{rows}");
    assert_eq!(rows[1]["entity"]["name"], Value::Null, "{rows}");
    let shots: Value = serde_json::from_str(&answers[1]).unwrap();
    assert_eq!(shots.as_array().unwrap().len(), 1, "{shots}");
    assert_eq!(answers[2], "[]", "the Shot is outside");
    let missing = |index: usize, line: &str| {
        let expected = format!("add \"{line}\" to `shotgun` under [plugin.asker.grant]");
        assert!(answers[index].contains(&expected), "{index}: {}", answers[index]);
    };
    missing(3, "read Shot.description");
    missing(4, "read Task.sg_status_list");
    missing(5, "read Task.sg_status_list");
    assert!(answers[6].contains("cannot order by `entity.Shot.code`"), "{}", answers[6]);
    assert!(answers[7].contains("cannot filter by `entity`"), "{}", answers[7]);
    missing(8, "read Task.sg_status_list");
    assert!(answers[9].contains('2'), "{}", answers[9]);
    missing(10, "schema Task");
    missing(11, "call followers");
    assert!(answers[12].contains("cannot call `read` by its name"), "{}", answers[12]);
    missing(13, "read HumanUser.login");
    // The calls themselves are in no line of the log, but the names that they asked with are settings.
    assert!(!log.contains("SECRET project") && !log.contains("SECRET words"), "{log}");
    assert!(!log.contains("ip\""), "the event's value: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_what_is_granted() {
    let scene = Scene::new().await;
    let project = scene.project();
    let lines = [
        format!("update Shot.description,project in project {project}"),
        format!("create Note.subject in project {project}"),
        format!("delete+revive Task in project {project}"),
    ];
    let in_project = |id: u64| json!({"type": "Project", "id": id});
    let calls = json!([
        {"update": "Shot", "id": scene.shot, "data": {"description": "new"}},
        {"update": "Shot", "id": scene.shot_outside, "data": {"description": "new"}},
        {"update": "Shot", "id": scene.shot, "data": {"code": "new"}},
        {"update": "Shot", "id": scene.shot, "data": {"project": in_project(scene.outside)}},
        {"create": "Note", "data": {"subject": "a", "project": in_project(project)}},
        {"create": "Note", "data": {"subject": "a", "project": in_project(scene.outside)}},
        {"create": "Note", "data": {"subject": "a"}},
        {"delete": "Task", "id": scene.task},
        {"revive": "Task", "id": scene.task},
        {"delete": "Shot", "id": scene.shot},
        {"update": "Shot", "id": 999_999_999, "data": {"description": "new"}},
    ]);
    let (answers, _) = scene.ask(&lines, &calls);
    assert_eq!(answers[0], "\"updated\"");
    let refused = |index: usize, why: &str| {
        assert!(answers[index].contains(why), "{index}: {}", answers[index])
    };
    refused(1, "in no project that this is granted in");
    refused(2, "add \"update Shot.code\"");
    refused(3, "in no project that this is granted in");
    assert!(answers[4].parse::<u64>().is_ok(), "{}", answers[4]);
    refused(5, "in no project that this is granted in");
    refused(6, "in no project that this is granted in");
    assert_eq!((answers[7].as_str(), answers[8].as_str()), ("true", "true"));
    refused(9, "add \"delete Shot\"");
    refused(10, "in no project that this is granted in");
    let shots =
        scene.studio.find("Shot", ("id", "is", json!(scene.shot_outside)), &["description"]);
    assert_eq!(shots[0]["description"], Value::Null);
    assert_eq!(scene.studio.find("Note", ("subject", "is", json!("a")), &[]).len(), 1);
}

/// The lines of the README.
#[tokio::test(flavor = "multi_thread")]
async fn an_example_works_with_the_lines_that_it_needs() {
    let scene = Scene::new().await;
    let (studio, project) = (&scene.studio, scene.project());
    let lines = [
        format!("read Task.entity,sg_status_list in project {project}"),
        format!("read+update Shot.sg_status_list in project {project}"),
        "schema Task".to_owned(),
        "schema Shot".to_owned(),
    ];
    let grant = serde_json::to_string(&lines).unwrap();
    studio.configure(&format!("[plugin.roll-up]\ngrant.shotgun = {grant}"));
    studio.put("roll-up", &example("task-status-to-shot"));
    let host = studio.start();
    host.wait_until_live("roll-up");
    studio.update("Task", scene.task, json!({"sg_status_list": "fin"}));
    eventually("the status of the Shot", || {
        let shot = studio.find("Shot", ("id", "is", json!(scene.shot)), &["sg_status_list"]);
        (shot[0]["sg_status_list"] == "fin").then_some(())
    });
    assert!(host.stop().success());
}
