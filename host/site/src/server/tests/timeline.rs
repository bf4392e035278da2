//! Scripts that are played by the site's clock, studios that work by it, and what is kept in the site's file.

use super::*;
use crate::clock::{Clock, ClockOrder, parse_moment};
use crate::crew::Studio;
use crate::seed::Scene;
use crate::server::Refusal;
use crate::wire::Request;

/// A Monday.
const MORNING: &str = "2026-03-02T08:00:00Z";
const HOUR: Duration = Duration::from_secs(3_600);

fn morning() -> Now {
    parse_moment(MORNING).expect("a moment")
}

async fn frozen() -> Site {
    Site::builder().seed(1).frozen(morning()).start().await.expect("a site starts")
}

fn note(at: &str, subject: &str) -> String {
    let fields = json!([{"field_name": "project", "value": {"type": "Project", "id": 1}},
        {"field_name": "subject", "value": subject}]);
    let request =
        json!({"method_name": "create", "params": [{}, {"type": "Note", "fields": fields}]});
    format!("{{{at}, \"as\": \"ines\", \"request\": {request}}}\n")
}

/// The subjects of the notes that the script made, with when.
fn notes(site: &Site) -> Vec<(String, String)> {
    site.with_model(|model| {
        let notes = model.entities("Note").skip(4);
        let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
        notes.map(|note| (text(note.field("subject")), text(note.field("created_at")))).collect()
    })
}

#[tokio::test]
async fn a_script_is_played_by_the_sites_clock() {
    let site = frozen().await;
    let mut client = Client::connect(site.address()).await;
    let text = [
        note("\"at_ms\": 0", "at once"),
        note("\"at\": \"2026-03-02T09:00:00Z\"", "at nine"),
        "{\"at_ms\": 3600000, \"as\": \"nobody\", \"request\": {\"method_name\": \"create\", \"params\": []}}\n".to_owned(),
        note("\"at_ms\": 7200000", "at ten"),
    ];
    let answer = client.post("/cuebox/script", &text.concat()).await.expect("it answers").json();
    assert_eq!(answer["script"]["played"], 1);
    assert_eq!(answer["script"]["next_at"], "2026-03-02T09:00:00Z");
    let advance = json!({"advance_ms": 3_700_000}).to_string();
    client.post("/cuebox/clock", &advance).await.expect("it answers");
    // What the clock made due is done by now, at its own moment.
    let expected = [("at once", MORNING), ("at nine", "2026-03-02T09:00:00Z")]
        .map(|(subject, at)| (subject.to_owned(), at.to_owned()));
    assert_eq!(notes(&site), expected);
    let progress = site.script_progress().expect("a script is played");
    assert_eq!((progress.played, progress.left), (3, 1));
    let refused = [Refusal { line: 3, error: "Nobody is called 'nobody'".to_owned() }];
    assert_eq!(progress.refused, refused);
    site.advance(HOUR);
    assert_eq!(notes(&site).len(), 3);
    assert_eq!(site.script_progress().expect("it was played").left, 0);
}

#[tokio::test]
async fn a_script_goes_on_with_time_that_goes_on() {
    let site = frozen().await;
    site.start_script(&note("\"at_ms\": 60000", "a minute later")).expect("it is a script");
    let order = ClockOrder { speed: Some(60_000.0), ..ClockOrder::default() };
    site.order_clock(&order).expect("time can go so");
    timeout(PATIENCE, async {
        while site.script_progress().is_some_and(|progress| progress.left > 0) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the script is played");
    assert_eq!(notes(&site), [("a minute later".to_owned(), "2026-03-02T08:01:00Z".to_owned())]);
}

#[tokio::test]
async fn a_script_that_cannot_be_followed_is_refused_with_its_line_and_rule() {
    let site = frozen().await;
    let mut client = Client::connect(site.address()).await;
    let text = "# A fault.\n{\"at_ms\": 0, \"fault\": {\"probability\": 7, \"fault\": {\"kind\": \"hang\"}}}";
    let answer = client.post("/cuebox/script", text).await.expect("it answers");
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json()["error"],
        "line 2 of the script cannot be followed: `fault`: `probability` is 7; it must be from 0 to 1"
    );
    assert_eq!(site.script_progress(), None);
    assert!(site.faults().is_empty());
}

#[tokio::test]
async fn a_studio_works_by_the_sites_clock() {
    let site = Site::builder().scene(Scene::Commercial).began(morning()).frozen(morning());
    let site = site.start().await.expect("a site starts");
    let worker = site.employ_studio(Studio::new(1, site.production().roster.clone()));
    let before = site.with_model(|model| model.event_count());
    let order = ClockOrder { speed: Some(20_000.0), ..ClockOrder::default() };
    site.order_clock(&order).expect("time can go so");
    timeout(PATIENCE, async {
        while worker.written() < 300 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .expect("the studio works");
    worker.stop().await;
    assert!(matches!(site.clock(), Clock::Running { .. }));
    let times = site.with_model(|model| {
        let events = model.events_after(0).skip(before);
        events.map(|event| event.to_json()["created_at"].to_string()).collect::<Vec<_>>()
    });
    assert!(times.is_sorted(), "what is done is of the moment when it was due");
    assert!(times.last() > times.first());
}

#[tokio::test]
async fn a_file_outlives_a_studio_and_a_crash_and_knows_no_secrets() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("site.jsonl");
    let begin = async || {
        let site = Site::builder().seed(1).frozen(morning()).file(&path).start();
        site.await.expect("a site starts on a free port")
    };
    let site = begin().await;
    let mut studio = Studio::new(1, site.production().roster.clone());
    studio.next(morning());
    let mut made = 0;
    while let Some((at, write)) = studio.next(morning().plus(30 * HOUR)) {
        let question =
            crate::stage::Question { by: &write.by, request: &write.request, late_by: None };
        if let Ok(answer) = site.shared.ask(&question, Some(at)) {
            studio.remember(&write, &answer.results());
        }
        made += 1;
    }
    assert!(made > 300, "{made}");
    let held = |site: &Site| site.with_model(|model| model.to_snapshot_without_secrets());
    let expected = held(&site);
    let member = site.production().roster.members[0].clone();
    site.stop().await;
    let text = std::fs::read_to_string(&path).expect("the file is text");
    assert!(!text.contains(&member.password) && !text.contains("user_password"));
    std::fs::write(&path, text + "{\"at_ms\":17").expect("the file can be written");
    let again = begin().await;
    assert_eq!(held(&again), expected);
    let recovered = again.recovered().expect("a line was cut off");
    assert_eq!(recovered.bytes, 11);
    let credentials = json!({"user_login": member.login, "user_password": member.password});
    let read = Request::new("get_session_token", vec![credentials]);
    again.rpc(&read).expect("people have the passwords of the seed");
}
