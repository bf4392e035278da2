//! Tasks that follow from each other: dates by dependencies, and tasks by templates.

use serde_json::{Value as Json, json};

use super::{Scene, link};

/// A task of the project.
fn task(scene: &mut Scene, content: &str, fields: Json) -> u64 {
    let mut all = json!({"content": content, "project": link("Project", 4)});
    all.as_object_mut().expect("an object").extend(fields.as_object().cloned().unwrap_or_default());
    scene.create("Task", all)
}

/// `3..5 1440 pinned violation` for days of March 2026, which begins with a Sunday.
fn shown(scene: &mut Scene, task: u64) -> String {
    let fields = json!(["start_date", "due_date", "duration", "pinned", "dependency_violation"]);
    let rows = scene.find("Task", json!([["id", "is", task]]), fields).expect("the task is read");
    let row = &rows[0];
    let day = |name: &str| row[name].as_str().map_or("-".to_owned(), |date| date[8..].to_owned());
    let mut told = format!("{}..{} {}", day("start_date"), day("due_date"), row["duration"]);
    for (field, word) in [("pinned", " pinned"), ("dependency_violation", " violation")] {
        if row[field] == true {
            told.push_str(word);
        }
    }
    told
}

fn names(scene: &mut Scene, task: u64, field: &str) -> Vec<String> {
    let rows =
        scene.find("Task", json!([["id", "is", task]]), json!([field])).expect("the task is read");
    let links = rows[0][field].as_array().cloned().unwrap_or_default();
    links.iter().map(|link| link["name"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Two tasks, of which the second waits for the first.
fn pair(scene: &mut Scene) -> (u64, u64) {
    let first =
        task(scene, "Layout", json!({"start_date": "2026-03-03", "due_date": "2026-03-05"}));
    let second = task(
        scene,
        "Animation",
        json!({"start_date": "2026-03-06", "due_date": "2026-03-10",
        "upstream_tasks": [link("Task", first)]}),
    );
    (first, second)
}

#[test]
fn a_task_that_ends_later_pushes_those_that_wait_for_it() {
    let mut scene = Scene::new();
    let (first, second) = pair(&mut scene);
    let third = task(
        &mut scene,
        "Comp",
        json!({"start_date": "2026-03-11", "duration": 480, "upstream_tasks": [link("Task", second)]}),
    );
    scene.update("Task", first, json!({"due_date": "2026-03-06"})).expect("a valid write");
    assert_eq!(shown(&mut scene, first), "03..06 1920");
    assert_eq!(shown(&mut scene, second), "09..11 1440");
    assert_eq!(shown(&mut scene, third), "12..12 480");
    scene.update("Task", first, json!({"due_date": "2026-03-03"})).expect("a valid write");
    assert_eq!(shown(&mut scene, second), "09..11 1440", "what ends earlier pulls nothing");
}

#[test]
fn a_task_that_was_put_too_early_is_pinned_until_it_is_not() {
    let mut scene = Scene::new();
    let (first, second) = pair(&mut scene);
    scene.update("Task", second, json!({"start_date": "2026-03-04"})).expect("a valid write");
    assert_eq!(shown(&mut scene, second), "04..06 1440 pinned violation");
    scene.update("Task", first, json!({"due_date": "2026-03-09"})).expect("a valid write");
    assert_eq!(shown(&mut scene, second), "04..06 1440 pinned violation");
    scene.update("Task", second, json!({"start_date": "2026-03-10"})).expect("a valid write");
    assert_eq!(shown(&mut scene, second), "10..12 1440 pinned");
    scene.update("Task", second, json!({"start_date": "2026-03-04"})).expect("a valid write");
    scene.update("Task", second, json!({"pinned": false})).expect("a valid write");
    assert_eq!(shown(&mut scene, second), "10..12 1440");
    let error =
        scene.update("Task", second, json!({"dependency_violation": false})).expect_err("computed");
    assert_eq!(error, "103 API update() Task.dependency_violation is read only.");
}

#[test]
fn the_kind_of_a_dependency_says_what_waits_for_what() {
    for (kind, expected) in [
        ("finish-to-start-next-day", "11..12 960"),
        ("start-to-start", "05..06 960"),
        ("finish-to-finish", "09..10 960"),
        ("start-to-finish-next-day", "05..06 960"),
    ] {
        let mut scene = Scene::new();
        let first = task(
            &mut scene,
            "Layout",
            json!({"start_date": "2026-03-05", "due_date": "2026-03-10"}),
        );
        let second =
            task(&mut scene, "Rig", json!({"start_date": "2026-03-02", "due_date": "2026-03-03"}));
        let other = json!({"type": "Task", "id": first, "dependency_type": kind});
        scene.update("Task", second, json!({"upstream_tasks": [other]})).expect("a valid write");
        assert_eq!(shown(&mut scene, second), expected, "{kind}");
    }
}

#[test]
fn records_of_dependencies_and_lists_of_tasks_say_the_same() {
    let mut scene = Scene::new();
    let (first, second) = pair(&mut scene);
    let by_numbers = json!([["task_id", "is", second], ["dependent_task_id", "is", first]]);
    let found =
        scene.find("TaskDependency", by_numbers, json!(["dependency_type"])).expect("it is read");
    assert_eq!(found[0]["dependency_type"], "finish-to-start-next-day");
    let dependency = found[0]["id"].as_u64().expect("an id");
    scene.ok("delete", json!({"type": "TaskDependency", "id": dependency}));
    assert_eq!(names(&mut scene, first, "downstream_tasks"), Vec::<String>::new());
    scene.ok("revive", json!({"type": "TaskDependency", "id": dependency}));
    assert_eq!(names(&mut scene, first, "downstream_tasks"), ["Animation"]);
    scene.update("Task", first, json!({"downstream_tasks": []})).expect("a valid write");
    let gone = scene
        .find("TaskDependency", json!([["task_id", "is", second]]), json!([]))
        .expect("it is read");
    assert_eq!(gone, json!([]));
    let third = task(&mut scene, "Comp", json!({}));
    scene.create(
        "TaskDependency",
        json!({"task": link("Task", third), "dependent_task": link("Task", first)}),
    );
    assert_eq!(names(&mut scene, third, "upstream_tasks"), ["Layout"]);
}

#[test]
fn a_task_does_not_wait_for_itself() {
    let mut scene = Scene::new();
    let (first, second) = pair(&mut scene);
    let error = scene.update("Task", first, json!({"upstream_tasks": [link("Task", second)]}));
    let error = error.expect_err("it would wait for itself");
    assert!(error.contains("Task 1 can not wait for Task 2, which waits for it"), "{error}");
    assert_eq!(names(&mut scene, first, "upstream_tasks"), Vec::<String>::new());
    assert_eq!(scene.model.entity_count("TaskDependency"), 1);
}

#[test]
fn a_retired_task_holds_nobody_up() {
    let mut scene = Scene::new();
    let (first, second) = pair(&mut scene);
    scene.update("Task", second, json!({"start_date": "2026-03-04"})).expect("a valid write");
    scene.ok("delete", json!({"type": "Task", "id": first}));
    assert_eq!(shown(&mut scene, second), "04..06 1440 pinned");
    scene.ok("revive", json!({"type": "Task", "id": first}));
    assert_eq!(shown(&mut scene, second), "04..06 1440 pinned violation");
    assert_eq!(names(&mut scene, second, "upstream_tasks"), ["Layout"]);
}

#[test]
fn what_comes_back_is_tied_as_its_dependencies_say() {
    let mut scene = Scene::new();
    let (first, second) = pair(&mut scene);
    scene.ok("delete", json!({"type": "Task", "id": second}));
    let removed = json!({"downstream_tasks": {"remove": [link("Task", second)]}});
    scene.update("Task", first, removed).expect("a valid write");
    scene.ok("revive", json!({"type": "Task", "id": second}));
    assert_eq!(names(&mut scene, first, "downstream_tasks"), ["Animation"]);
    assert_eq!(names(&mut scene, second, "upstream_tasks"), ["Layout"]);
}

#[test]
fn a_holiday_makes_tasks_end_later_or_shorter() {
    let mut scene = Scene::new();
    let (first, second) = pair(&mut scene);
    let holiday = |date: &str, field: Json| {
        json!({"date": date, "working": false, "description": "holiday",
        "project": null, "user": null, "recalculate_field": field})
    };
    scene.ok("work_schedule_update", holiday("2026-03-04", Json::Null));
    assert_eq!(shown(&mut scene, first), "03..06 1440");
    assert_eq!(shown(&mut scene, second), "09..11 1440");
    scene.ok("work_schedule_update", holiday("2026-03-10", json!("duration")));
    assert_eq!(shown(&mut scene, second), "09..11 960");
}

#[test]
fn a_template_makes_the_tasks_of_a_record() {
    let mut scene = Scene::new();
    let step = scene.create("Step", json!({"code": "Layout", "entity_type": "Shot"}));
    let template = scene.create("TaskTemplate", json!({"code": "Shots", "entity_type": "Shot"}));
    let of_template = link("TaskTemplate", template);
    let first = scene.create("Task", json!({"content": "Layout", "task_template": of_template, "step": link("Step", step), "duration": 960}));
    let upstream = json!({"type": "Task", "id": first, "dependency_type": "start-to-start"});
    scene.create(
        "Task",
        json!({"content": "Animation", "task_template": of_template, "upstream_tasks": [upstream]}),
    );
    let before = scene.model.newest_event_id();
    let shot = scene.create(
        "Shot",
        json!({"code": "sh010", "project": link("Project", 4), "task_template": of_template}),
    );
    let of_shot = json!([["entity", "is", link("Shot", shot)]]);
    let tasks = scene
        .find(
            "Task",
            of_shot.clone(),
            json!([
                "content",
                "step",
                "duration",
                "template_task.Task.content",
                "upstream_tasks",
                "task_template",
                "project"
            ]),
        )
        .expect("tasks are read");
    assert_eq!(tasks.as_array().map(Vec::len), Some(2));
    assert_eq!(tasks[0]["content"], "Layout");
    assert_eq!(tasks[0]["step"]["name"], "Layout");
    assert_eq!(tasks[0]["duration"], 960);
    assert_eq!(tasks[0]["task_template"], Json::Null);
    assert_eq!(tasks[0]["project"]["id"], 4);
    assert_eq!(tasks[1]["template_task.Task.content"], "Animation");
    assert_eq!(tasks[1]["upstream_tasks"][0]["id"], tasks[0]["id"]);
    let kinds = scene.find(
        "TaskDependency",
        json!([["task", "is", link("Task", tasks[1]["id"].as_u64().expect("an id"))]]),
        json!(["dependency_type"]),
    );
    assert_eq!(kinds.expect("it is read")[0]["dependency_type"], "start-to-start");
    let events = scene.events_after(before);
    let told = |event_type: &str| events.lines().filter(|line| line.contains(event_type)).count();
    assert_eq!((told("Shotgun_Task_New"), told("Shotgun_TaskDependency_New")), (2, 1), "{events}");
    assert_eq!(told("Shotgun_Task_Change[template_task]"), 2);
    assert_eq!(told("Shotgun_Shot_Change[tasks]"), 2);
    scene.update("Shot", shot, json!({"task_template": null})).expect("a valid write");
    scene.update("Shot", shot, json!({"task_template": of_template})).expect("a valid write");
    let tasks = scene.find("Task", of_shot, json!([])).expect("tasks are read");
    assert_eq!(tasks.as_array().map(Vec::len), Some(2), "no task is made twice");
}
