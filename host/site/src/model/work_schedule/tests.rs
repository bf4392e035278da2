use serde_json::{Value as Json, json};

use crate::model::tests::{Scene, link};
use crate::model::{Holder, Settings, Weekday, WorkWeek};

/// `2026-03-06 no STUDIO_WORK_WEEK` and so on, a day to a line. The 6th is a Friday.
fn told(scene: &mut Scene, project: Json, user: Json) -> Vec<String> {
    let params = json!({"start_date": "2026-03-06", "end_date": "2026-03-09", "project": project, "user": user});
    let days = scene.ok("work_schedule_read", params);
    let days = days.as_object().expect("days by date");
    days.iter()
        .map(|(date, day)| {
            let working = if day["working"] == true { "yes" } else { "no" };
            let reason = day["reason"].as_str().unwrap_or_default();
            let description = day["description"].as_str().map(|text| format!(" {text}"));
            format!("{} {working} {reason}{}", &date[8..], description.unwrap_or_default())
        })
        .collect()
}

fn set(scene: &mut Scene, date: &str, working: bool, description: &str, of: Json) -> Json {
    let mut params = json!({"date": date, "working": working, "description": description, "project": null,
        "user": null, "recalculate_field": null});
    params.as_object_mut().expect("an object").extend(of.as_object().cloned().unwrap_or_default());
    scene.ok("work_schedule_update", params)
}

#[test]
fn people_come_before_projects_and_those_before_the_studio() {
    let mut scene = Scene::new();
    let (project, user) = (link("Project", 4), link("HumanUser", 1));
    let week = [
        "06 yes STUDIO_WORK_WEEK",
        "07 no STUDIO_WORK_WEEK",
        "08 no STUDIO_WORK_WEEK",
        "09 yes STUDIO_WORK_WEEK",
    ];
    assert_eq!(told(&mut scene, Json::Null, Json::Null), week);
    set(&mut scene, "2026-03-06", false, "closed", json!({}));
    set(&mut scene, "2026-03-07", true, "crunch", json!({"project": project}));
    set(&mut scene, "2026-03-06", true, "alone", json!({"user": user}));
    let studio = told(&mut scene, Json::Null, Json::Null);
    assert_eq!(studio[..2], ["06 no STUDIO_EXCEPTION closed", "07 no STUDIO_WORK_WEEK"]);
    let on_project = told(&mut scene, project.clone(), Json::Null);
    assert_eq!(
        on_project[..2],
        ["06 no STUDIO_EXCEPTION closed", "07 yes PROJECT_EXCEPTION crunch"]
    );
    let of_person = told(&mut scene, project, user);
    assert_eq!(of_person[..2], ["06 yes USER_EXCEPTION alone", "07 yes PROJECT_EXCEPTION crunch"]);
}

#[test]
fn a_day_that_is_set_again_has_one_rule() {
    let mut scene = Scene::new();
    set(&mut scene, "2026-03-06", false, "closed", json!({}));
    set(&mut scene, "2026-03-06", true, "open after all", json!({}));
    assert_eq!(
        told(&mut scene, Json::Null, Json::Null)[0],
        "06 yes STUDIO_EXCEPTION open after all"
    );
    assert_eq!(scene.model.entity_count("WorkDayRule"), 1);
}

#[test]
fn projects_and_people_may_have_weeks_of_their_own() {
    let mut scene = Scene::new();
    let week = |holder, id, days: &[Weekday]| WorkWeek { holder, id, days: days.to_vec() };
    let settings = Settings {
        work_week: vec![Weekday::Friday],
        work_weeks: vec![
            week(Holder::Project, 4, &[Weekday::Saturday]),
            week(Holder::HumanUser, 1, &[Weekday::Sunday]),
        ],
        ..Settings::default()
    };
    scene.model.set_settings(settings);
    let (project, user) = (link("Project", 4), link("HumanUser", 1));
    let expected = ["06 yes STUDIO_WORK_WEEK", "07 no STUDIO_WORK_WEEK"];
    assert_eq!(told(&mut scene, Json::Null, Json::Null)[..2], expected);
    let expected = ["06 no PROJECT_WORK_WEEK", "07 yes PROJECT_WORK_WEEK"];
    assert_eq!(told(&mut scene, project.clone(), Json::Null)[..2], expected);
    let expected = ["07 no USER_WORK_WEEK", "08 yes USER_WORK_WEEK"];
    assert_eq!(told(&mut scene, project, user)[1..3], expected);
}

#[test]
fn what_is_not_a_schedule_is_refused() {
    let mut scene = Scene::new();
    let mut refused = |method: &str, params: Json| {
        let error = scene.call(method, params).expect_err("it is refused");
        error.lines().next().unwrap_or_default().to_owned()
    };
    let read = |start: &str, end: &str| json!({"start_date": start, "end_date": end});
    assert_eq!(
        refused("work_schedule_read", read("2026-02-30", "2026-03-01")),
        "103 API work_schedule_read() invalid/missing date 'start_date' (YYYY-MM-DD):"
    );
    assert_eq!(
        refused("work_schedule_read", read("2000-01-01", "2026-03-01")),
        "103 API work_schedule_read() tells of 3660 days at most"
    );
    let both = json!({"date": "2026-03-06", "working": false, "project": link("Project", 4), "user": link("HumanUser", 1)});
    assert_eq!(
        refused("work_schedule_update", both),
        "103 API work_schedule_update() invalid/missing 'project' or 'user' (one of them at most):"
    );
    let swapped = json!({"date": "2026-03-06", "working": false, "project": link("HumanUser", 1)});
    assert_eq!(
        refused("work_schedule_update", swapped),
        "103 API work_schedule_update() invalid/missing Project 'project':"
    );
    let field = json!({"date": "2026-03-06", "working": false, "recalculate_field": "start_date"});
    assert_eq!(
        refused("work_schedule_update", field),
        "103 API work_schedule_update() invalid/missing 'recalculate_field' ('due_date' or 'duration'):"
    );
}
