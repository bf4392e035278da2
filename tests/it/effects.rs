//! A write whose answer is lost is not made again, and one that was not made is.

use serde_json::{Value, json};
use site::faults::{Fault, Moment, Rule};

use crate::support::{Host, Studio, fixture};

/// One task whose status changes a few times, while the site loses the answer of each first attempt to write about it. How
/// many notes there are for each event, and what the host said of lost answers.
async fn lose_answers(settings: &str, method: &str, fault: Fault, moment: Moment) -> Vec<String> {
    const CHANGES: [&str; 4] = ["rdy", "ip", "fin", "wtg"];
    let studio = Studio::new().await;
    let settings = format!("attribute = \"sg_status_list\"\n{settings}");
    studio.install("writer", &fixture("writer"), &settings);
    let host = studio.start();
    host.wait_until_live("writer");
    let task = studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("writer", |row| row.handled == 1);
    for (number, status) in (2..).zip(CHANGES) {
        let rule = Rule::new(method, fault.clone()).when(moment).times(1);
        studio.site.add_fault(rule).unwrap();
        studio.update("Task", task, json!({"sg_status_list": status}));
        studio.wait_for_plugin("writer", |row| row.handled == number);
        studio.site.clear_faults();
    }
    let mut subjects: Vec<Value> = studio
        .find("Note", ("content", "starts_with", json!("a note ")), &["subject"])
        .iter()
        .map(|note| note["subject"].clone())
        .collect();
    assert_eq!(subjects.len(), 1 + CHANGES.len(), "{}", host.log());
    subjects.dedup();
    assert_eq!(subjects.len(), 1 + CHANGES.len(), "one for each event");
    let told = doubts(&host);
    assert_eq!(studio.plugins()["writer"].state, "running");
    assert!(host.stop().success());
    let database = studio.open_database();
    assert!(database.effects("writer").unwrap().is_empty(), "what is finished is dropped");
    told
}

/// What the host said of answers that were lost.
fn doubts(host: &Host) -> Vec<String> {
    let told = host.messages().into_iter().filter(|said| said.starts_with("The answer of a call"));
    told.map(|said| said.rsplit_once(": ").unwrap().1.to_owned()).collect()
}

const FOUND: &str = "had been made, and is not made again";
const NOT_MADE: &str = "had not been made, and is now";

#[tokio::test(flavor = "multi_thread")]
async fn a_create_whose_answer_is_lost_is_made_once() {
    let told = lose_answers("", "create", Fault::Reset, Moment::After).await;
    assert_eq!(told, vec![format!("`create` of Note {FOUND}"); 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_was_lost_on_the_way_is_made() {
    let told = lose_answers("", "create", Fault::Reset, Moment::Before).await;
    assert_eq!(told, vec![format!("`create` of Note {NOT_MADE}"); 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_gave_up_too_early_is_not_believed() {
    let told = lose_answers("", "create", Fault::status(504), Moment::After).await;
    assert_eq!(told, vec![format!("`create` of Note {FOUND}"); 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_whose_answer_is_lost_is_made_once() {
    let told =
        lose_answers("way = \"batch\"", "batch", Fault::Truncate { bytes: None }, Moment::After)
            .await;
    assert_eq!(told, vec![format!("`batch` of batch {FOUND}"); 4]);
}

/// A plugin fails after a write that was answered, and its host is stopped; the next attempt is told the answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_remembers_what_was_answered() {
    let studio = Studio::new().await;
    let settings = "attribute = \"sg_status_list\"\nfails_while = \"broken\"";
    studio.install("writer", &fixture("writer"), settings);
    let host = studio.start();
    host.wait_until_live("writer");
    let project = studio.production.project;
    studio.update("Project", project, json!({"sg_description": "broken"}));
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("writer", |row| row.state == "stopped");
    assert_eq!(notes(&studio), 1, "it failed after it wrote");
    assert!(host.stop().success());

    studio.update("Project", project, json!({"sg_description": "mended"}));
    let host = studio.start();
    assert!(studio.cuebox(&["plugins", "enable", "writer"]).status.success());
    studio.wait_for_plugin("writer", |row| row.handled == 1 && row.state == "running");
    assert_eq!(notes(&studio), 1, "{}", host.log());
    assert!(doubts(&host).is_empty(), "there was no doubt");
    assert!(host.stop().success());
}

fn notes(studio: &Studio) -> usize {
    studio.find("Note", ("content", "starts_with", json!("a note ")), &["subject"]).len()
}
