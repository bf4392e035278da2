use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Crew, Member, Roster};

fn roster() -> Roster {
    let member = |id: u64, login: &str| Member {
        id,
        login: login.to_owned(),
        password: "pass".to_owned(),
        session_uuid: format!("session of {login}"),
    };
    let shot = json!({"type": "Shot", "id": 7});
    let members = vec![member(1, "ines"), member(2, "bo")];
    let mut roster = Roster::new(members, json!({"type": "Project", "id": 4}));
    roster.shots.push(shot.clone());
    roster.add_task(11, shot.clone(), "wtg");
    roster.add_task(12, shot, "rev");
    roster.add_version(21);
    roster
}

/// Lets a crew make `count` writes, with ids that count from 1000, and gives them as values.
fn work(seed: u64, count: u64) -> Vec<Value> {
    let mut crew = Crew::new(seed, roster());
    (0..count)
        .map(|step| {
            let write = crew.next_write().expect("there is work");
            crew.remember(&write, &json!({"id": 1_000 + step}));
            let request = &write.request;
            json!({"method": request.method_name, "auth": request.params[0], "call": request.params[1]})
        })
        .collect()
}

#[test]
fn the_same_seed_does_the_same_work() {
    assert_eq!(work(1, 200), work(1, 200));
    assert_ne!(work(1, 200), work(2, 200));
}

#[test]
fn a_crew_does_everything_a_crew_does() {
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    for write in work(3, 2_000) {
        let (method, entity_type) = (write["method"].as_str(), write["call"]["type"].as_str());
        let kind = format!("{} {}", method.expect("a method"), entity_type.expect("a type"));
        *kinds.entry(kind).or_default() += 1;
    }
    let seen: Vec<&str> = kinds.keys().map(String::as_str).collect();
    let expected = [
        "create Note",
        "create Shot",
        "create Task",
        "create Version",
        "delete Version",
        "update Shot",
        "update Task",
    ];
    assert_eq!(seen, expected);
    assert!(kinds["update Task"] > 800, "mostly tasks are moved: {kinds:?}");
}

#[test]
fn a_task_takes_no_step_that_a_studio_would_not() {
    let mut statuses: BTreeMap<u64, String> =
        [(11, "wtg".to_owned()), (12, "rev".to_owned())].into();
    for write in work(5, 3_000) {
        let call = &write["call"];
        if call["type"] != "Task" || call["fields"][0]["field_name"] != "sg_status_list" {
            continue;
        }
        let id = call["id"].as_u64().expect("an id");
        let next = call["fields"][0]["value"].as_str().expect("a status").to_owned();
        let before = statuses.insert(id, next.clone()).unwrap_or_else(|| "wtg".to_owned());
        let allowed: &[&str] = match before.as_str() {
            "wtg" => &["rdy"],
            "rdy" => &["ip"],
            "ip" => &["rev"],
            "rev" => &["fin", "ip"],
            "fin" => &["ip"],
            other => panic!("task {id} was {other}"),
        };
        assert!(allowed.contains(&next.as_str()), "task {id} went from {before} to {next}");
    }
}

#[test]
fn people_write_in_their_own_session() {
    for write in work(6, 50) {
        let auth = &write["auth"];
        let login = auth["user_login"].as_str().expect("a login");
        assert_eq!(auth["session_uuid"], format!("session of {login}"));
    }
}

#[test]
fn what_is_retired_is_not_retired_again() {
    let mut retired = Vec::new();
    for write in work(8, 2_000) {
        if write["method"] == "delete" {
            let id = write["call"]["id"].as_u64().expect("an id");
            assert!(!retired.contains(&id), "version {id} is retired twice");
            retired.push(id);
        }
    }
    assert!(retired.len() > 10, "only {} versions were retired", retired.len());
}

#[test]
fn a_crew_without_people_has_nothing_to_do() {
    assert_eq!(Crew::new(1, Roster::default()).next_write(), None);
}
