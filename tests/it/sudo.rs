//! `sudo = "event-user"`: what a plugin writes is written by the person who caused the event.

use serde_json::{Value, json};
use site::wire::Request;

use crate::support::{Studio, fixture};

/// The login of the person: nobody is to see it.
const LOGIN: &str = "canary-5f1e";

/// A studio with a plugin that writes a Note about each new Task in the name of whoever made it, and a person.
async fn studio() -> (Studio, u64) {
    let studio = Studio::new().await;
    studio.configure(
        "[plugin.writer]\ngrant.shotgun = \"write\"\nsudo = \"event-user\"\non_error = \"dead-letter\"\n\
         [plugin.writer.settings]\nevent_type = \"Shotgun_Task_New\"",
    );
    studio.put("writer", &fixture("writer"));
    let people = studio.find("HumanUser", ("id", "greater_than", json!(0)), &["login"]);
    let id = people.first().expect("the production has a crew")["id"].as_u64().unwrap();
    studio.update("HumanUser", id, json!({ "login": LOGIN }));
    (studio, id)
}

/// Creates a Task as the person would; answers the id.
fn create_as(studio: &Studio) -> u64 {
    let key = studio.production.key("cuebox").unwrap();
    let auth = json!({"script_name": "cuebox", "script_key": key, "sudo_as_login": LOGIN});
    let project = json!({"type": "Project", "id": studio.production.project});
    let fields = json!([
        {"field_name": "content", "value": "x"},
        {"field_name": "project", "value": project},
    ]);
    let params = json!({"type": "Task", "fields": fields, "return_fields": ["id"]});
    let request: Request =
        serde_json::from_value(json!({"method_name": "create", "params": [auth, params]})).unwrap();
    studio.site.rpc(&request).unwrap().results()["id"].as_u64().unwrap()
}

/// Who made the notes, in order.
fn authors(studio: &Studio) -> Vec<Value> {
    let content = ("content", "is", json!("a note for the event"));
    let mut notes = studio.find("Note", content, &["created_by"]);
    notes.sort_by_key(|note| note["id"].as_u64());
    notes.into_iter().map(|note| note["created_by"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_writes_is_written_by_the_person_who_caused_the_event() {
    let (studio, id) = studio().await;
    let host = studio.start();
    host.wait_until_live("writer");
    create_as(&studio);
    studio.wait_for_plugin("writer", |row| row.handled == 1);
    // A script caused this one: nobody is acted for.
    studio.create("Task", json!({"content": "y"}));
    studio.wait_for_plugin("writer", |row| row.handled == 2);
    let authors = authors(&studio);
    assert_eq!((&authors[0]["type"], &authors[0]["id"]), (&json!("HumanUser"), &json!(id)));
    assert_eq!(authors[1]["type"], "ApiUser");
    assert!(!host.log().contains(LOGIN), "the login is nobody's business");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_stands_in_for_a_person_who_may_not_be_acted_for() {
    let (studio, id) = studio().await;
    let host = studio.start();
    host.wait_until_live("writer");
    assert!(studio.cuebox(&["halt", "writer"]).status.success());
    create_as(&studio);
    studio.update("HumanUser", id, json!({"can_impersonate_this_user": false}));
    assert!(studio.cuebox(&["release", "writer"]).status.success());
    let row = studio.wait_for_plugin("writer", |row| row.dead_letters == 1);
    let error = row.last_error.unwrap();
    assert!(
        error.contains(
            "the site does not let the script user act as the person who caused the event"
        ),
        "{error}"
    );
    assert!(!error.contains(LOGIN) && authors(&studio).is_empty());
    assert!(host.stop().success());
}
