use std::collections::BTreeSet;

use super::{ARCHIVED_PROJECT, Options, PROJECT, Production, Script, plant};
use crate::model::{EntityView, Model, Now, Schema};

/// A day in the spring of 2026.
const NOW: Now = Now(1_775_000_000_000);

fn planted(seed: u64, scripts: Vec<Script>) -> (Model, Production) {
    let mut model = Model::new(Schema::production());
    let production =
        plant(&mut model, &Options { seed, now: NOW, scripts }).expect("the seed fits its schema");
    (model, production)
}

fn everything(model: &Model) -> Vec<String> {
    let records = model
        .schema()
        .type_names()
        .flat_map(|name| model.entities(name))
        .map(|record| record.to_json());
    let events = model.events_after(0).map(|event| event.to_json());
    records.chain(events).map(|value| value.to_string()).collect()
}

#[test]
fn the_same_seed_makes_the_same_production() {
    assert_eq!(everything(&planted(1, Vec::new()).0), everything(&planted(1, Vec::new()).0));
    assert_ne!(everything(&planted(1, Vec::new()).0), everything(&planted(2, Vec::new()).0));
}

#[test]
fn the_production_holds_what_plugins_work_on() {
    let (model, production) = planted(1, Vec::new());
    let project = |id| model.entity("Project", id).expect("the project is there").field("name");
    assert_eq!(project(production.project), PROJECT);
    assert_eq!(project(production.archived_project), ARCHIVED_PROJECT);
    let counts =
        ["Project", "Sequence", "Shot", "Asset", "Task", "Version", "Note", "Step", "HumanUser"]
            .map(|name| (name, model.entity_count(name)));
    let expected = [
        ("Project", 2),
        ("Sequence", 4),
        ("Shot", 23),
        ("Asset", 7),
        // Those of the templates are among them.
        ("Task", 112),
        ("Version", 21),
        ("Note", 4),
        ("Step", 7),
        ("HumanUser", 7),
    ];
    assert_eq!(counts, expected);
    assert!(model.event_count() > 500, "{} events", model.event_count());
}

#[test]
fn tasks_hang_together() {
    let (model, _production) = planted(1, Vec::new());
    let in_template = |task: &EntityView<'_>| !task.field("task_template").is_null();
    for task in model.entities("Task").filter(|task| !in_template(task)) {
        assert_ne!(
            task.field("entity"),
            serde_json::Value::Null,
            "task {} is of nothing",
            task.id()
        );
        let upstream = task.field("upstream_tasks");
        let first = task.field("content") == "Model" || task.field("content") == "Layout";
        assert_eq!(
            upstream.as_array().map(Vec::is_empty),
            Some(first),
            "task {} after {upstream}",
            task.id()
        );
    }
}

#[test]
fn keys_are_given_or_made_and_each_is_its_own() {
    let wanted = [("rollup", Some("given")), ("log-events", None), ("rollup", Some("again"))]
        .map(|(name, key)| Script { name: name.to_owned(), key: key.map(str::to_owned) });
    let (model, production) = planted(1, wanted.to_vec());
    let names: Vec<&str> = production.scripts.iter().map(|script| script.name.as_str()).collect();
    assert_eq!(names, ["cuebox", "rollup", "log-events"]);
    assert_eq!(production.key("rollup"), Some("given"));
    assert_eq!(production.key("nobody"), None);
    let keys: BTreeSet<&str> =
        production.scripts.iter().map(|script| script.key.as_str()).collect();
    assert_eq!(keys.len(), 3);
    assert_eq!(model.entity_count("ApiUser"), 4, "and the script of the night");
}
