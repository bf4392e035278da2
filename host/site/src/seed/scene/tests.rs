use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::Scene;
use crate::crew::Crew;
use crate::model::{Model, Now, Schema};
use crate::seed::{Options, Production, plant_scene};

/// A Thursday in the spring of 2026.
const NOW: Now = Now(1_775_000_000_000);

fn planted(scene: Scene, seed: u64) -> (Model, Production) {
    let mut model = Model::new(Schema::production());
    let options = Options { seed, now: NOW, scripts: Vec::new() };
    let production = plant_scene(&mut model, scene, &options).expect("the scene fits its schema");
    (model, production)
}

/// What a scene made: without what every site has, and without the dependencies that tasks tie by themselves.
fn records(model: &Model) -> usize {
    let own = model.schema().type_names();
    let others = ["Status", "PermissionRuleSet", "ApiUser", "TaskDependency"];
    let own = own.filter(|name| !others.contains(name));
    own.map(|name| model.entity_count(name)).sum()
}

#[test]
fn a_scene_is_as_large_as_it_says() {
    let mut wrong = Vec::new();
    for (scene, expected) in [
        (Scene::Tiny, 10..=30),
        (Scene::Short, 160..=240),
        (Scene::Commercial, 900..=1_100),
        (Scene::Series, 18_000..=22_000),
        (Scene::Feature, 95_000..=110_000),
    ] {
        let (model, production) = planted(scene, 1);
        let count = records(&model);
        if !expected.contains(&count) {
            wrong.push(format!("{} has {count} records", scene.name()));
        }
        assert!(model.event_count() > 0, "the log of {} has something to tell", scene.name());
        let project = model.entity("Project", production.project).expect("the project is there");
        assert_eq!(project.field("name"), scene.project());
        assert_eq!(production.project_name, scene.project());
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_scene_is_the_same_for_the_same_seed() {
    let digest = |seed| {
        let (model, _production) = planted(Scene::Commercial, seed);
        let mut hasher = DefaultHasher::new();
        model.to_snapshot().hash(&mut hasher);
        hasher.finish()
    };
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
}

#[test]
fn a_scene_holds_all_that_a_studio_does() {
    let (model, production) = planted(Scene::Series, 3);
    for name in [
        "Episode",
        "Sequence",
        "Shot",
        "Asset",
        "Task",
        "Version",
        "PublishedFile",
        "Note",
        "Reply",
        "Playlist",
        "TimeLog",
        "Step",
        "Department",
        "LocalStorage",
    ] {
        assert!(model.entity_count(name) > 0, "there is no {name}");
    }
    for task in model.entities("Task") {
        assert_ne!(task.field("entity"), Value::Null, "task {} is of nothing", task.id());
        assert_ne!(task.field("step"), Value::Null, "task {} is of no step", task.id());
    }
    let statuses: BTreeSet<String> =
        model.entities("Task").map(|task| task.field("sg_status_list").to_string()).collect();
    assert_eq!(statuses.len(), 5, "the work is at every stage: {statuses:?}");
    let codes: BTreeSet<String> =
        model.entities("Shot").map(|shot| shot.field("code").to_string()).collect();
    assert_eq!(codes.len(), model.entity_count("Shot"), "each shot has a name of its own");
    assert_eq!(production.roster.members.len(), 60);
}

#[test]
fn nothing_was_made_after_the_site_began() {
    let (model, _production) = planted(Scene::Commercial, 1);
    let began = crate::clock::show_moment(NOW);
    for name in ["Task", "Version", "Note", "PublishedFile"] {
        for record in model.entities(name) {
            let created = record.field("created_at");
            let created = created.as_str().expect("every record says when it was made");
            assert!(created <= began.as_str(), "{name} {} is of {created}", record.id());
        }
    }
    let times = model.events_after(0).map(|event| event.to_json()["created_at"].to_string());
    assert!(times.is_sorted(), "the log is in the order of time");
}

#[test]
fn a_crew_goes_on_in_every_scene() {
    for scene in [Scene::Tiny, Scene::Short, Scene::Commercial] {
        let (mut model, production) = planted(scene, 1);
        let mut crew = Crew::new(2, production.roster);
        for number in 0..100 {
            let write = crew.next_write().expect("there is work");
            let answer = model.rpc(&write.request, NOW);
            let answer =
                answer.unwrap_or_else(|error| panic!("{} {number}: {error}", scene.name()));
            crew.remember(&write, &answer.results());
        }
    }
}

#[test]
fn a_scene_is_chosen_by_its_name() {
    for scene in Scene::ALL {
        assert_eq!(scene.name().parse(), Ok(scene));
    }
    let error = "epic".parse::<Scene>().expect_err("there is none");
    assert_eq!(
        error.to_string(),
        "there is no scene `epic`; there are tiny, short, commercial, series, feature"
    );
}
