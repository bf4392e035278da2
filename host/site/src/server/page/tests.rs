//! What the page is fed with, over real sockets.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use crate::model::EventDraft;
use crate::seed::Production;
use crate::server::Site;
use crate::server::tests::{Answer, Client, auth, create, site};
use crate::stage::CommitOrder;

const PATIENCE: Duration = Duration::from_secs(20);

async fn get(site: &Site, path: &str) -> Answer {
    let mut client = Client::connect(site.address()).await;
    let request = format!("GET {path} HTTP/1.1\r\nhost: site\r\n\r\n");
    client.exchange(request.as_bytes()).await.expect("it answers")
}

async fn json_of(site: &Site, path: &str) -> Value {
    let answer = get(site, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()
}

async fn make(site: &Site, production: &Production, code: &str) -> u64 {
    let mut client = Client::connect(site.address()).await;
    let made = client.call("create", create(production, code)).await.expect("it answers").json();
    made["results"]["id"].as_u64().expect("it was made")
}

fn names(list: &Value) -> Vec<&str> {
    let rows = list["rows"].as_array().expect("a list has rows");
    rows.iter().map(|row| row["name"].as_str().expect("a record has a name")).collect()
}

#[tokio::test]
async fn files_are_typed_and_run_nothing_of_others() {
    let (site, _production) = site().await;
    for (path, content_type) in [
        ("/", "text/html"),
        ("/cuebox/page/style.css", "text/css"),
        ("/cuebox/page/app.js", "text/javascript"),
        ("/cuebox/page/icon.svg", "image/svg+xml"),
    ] {
        let answer = get(&site, path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.head.contains(&format!("content-type: {content_type}")), "{}", answer.head);
        assert!(
            answer.head.contains("content-security-policy: default-src 'self';"),
            "{}",
            answer.head
        );
        assert!(answer.head.contains("x-content-type-options: nosniff"), "{}", answer.head);
    }
    assert_eq!(get(&site, "/cuebox/page/..%2Fpage.rs").await.status, 404);
    assert_eq!(get(&site, "/cuebox/page/none.js").await.status, 404);
}

/// Every file that the page asks for is there, and every file that is there is asked for.
#[test]
fn the_page_names_its_files() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/page/static");
    let mut all = String::new();
    let mut there = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the page has files") {
        let path = entry.expect("the folder can be read").path();
        all += &std::fs::read_to_string(&path).expect("they are text");
        there.push(path.file_name().expect("a file has a name").to_string_lossy().into_owned());
    }
    for name in there.iter().filter(|name| *name != "index.html") {
        assert!(all.contains(&format!("/{name}\"")), "nothing asks for {name}");
        assert!(super::files::is_known(name), "{name} is not served");
    }
}

#[tokio::test]
async fn a_table_is_searched_sorted_and_paged() {
    let (site, production) = site().await;
    for number in 0..25 {
        make(&site, &production, &format!("Zebra {:02}", 24 - number)).await;
    }
    let first = json_of(&site, "/cuebox/entities/Shot?search=zEBRA&per_page=10&sort=name").await;
    assert_eq!((&first["total"], &first["page"]), (&json!(25), &json!(1)));
    assert_eq!(names(&first)[0], "Zebra 00");
    let last =
        json_of(&site, "/cuebox/entities/Shot?search=zebra&per_page=10&page=99&sort=name").await;
    assert_eq!(last["page"], 3, "past the end is the end");
    assert_eq!(names(&last).last(), Some(&"Zebra 24"));
    let back = json_of(&site, "/cuebox/entities/Shot?search=zebra&sort=code&descending=true").await;
    assert_eq!(names(&back)[0], "Zebra 24");
    let other =
        json_of(&site, &format!("/cuebox/entities/Shot?project={}", production.archived_project))
            .await;
    assert_eq!(names(&other), ["DUNE_0010", "DUNE_0020"]);
    let by_id = json_of(&site, "/cuebox/entities/Shot?search=3").await;
    assert!(names(&by_id).contains(&"TIDE_0010"), "a number finds the record of that id: {by_id}");
    assert_eq!(get(&site, "/cuebox/entities/Nothing").await.status, 404);
    assert_eq!(get(&site, "/cuebox/entities/Shot?page=x").await.status, 400);
}

#[tokio::test]
async fn retired_records_show_on_demand() {
    let (site, production) = site().await;
    let id = make(&site, &production, "GONE").await;
    let mut client = Client::connect(site.address()).await;
    let params = json!([auth(&production), {"type": "Shot", "id": id}]);
    client.call("delete", params).await.expect("it answers");
    let without = json_of(&site, "/cuebox/entities/Shot?search=GONE").await;
    assert_eq!(without["total"], 0);
    let with = json_of(&site, "/cuebox/entities/Shot?search=GONE&retired=true").await;
    assert_eq!(with["rows"][0]["retired"], true);
    assert_eq!(json_of(&site, &format!("/cuebox/entities/Shot/{id}")).await["retired"], true);
    let log = json_of(&site, &format!("/cuebox/log?entity_type=Shot&entity_id={id}")).await;
    assert_eq!(
        log["rows"][0]["entity"],
        json!({"type": "Shot", "id": id, "name": "GONE", "retired": true})
    );
}

#[tokio::test]
async fn keys_and_passwords_are_nowhere() {
    let (site, production) = site().await;
    let script = production.scripts.first().expect("the seed has a script");
    let person = production.roster.members.first().expect("the seed has people");
    let mut client = Client::connect(site.address()).await;
    let change = json!([auth(&production), {"type": "HumanUser", "id": person.id,
        "fields": [{"field_name": "password_proxy", "value": "a new secret"}]}]);
    client.call("update", change).await.expect("it answers");
    let mut told = String::new();
    for path in [
        "/cuebox/entities/ApiUser".to_owned(),
        format!("/cuebox/entities/ApiUser/{}", script.id),
        "/cuebox/entities/HumanUser".to_owned(),
        format!("/cuebox/entities/HumanUser/{}", person.id),
        "/cuebox/log?limit=500".to_owned(),
        "/cuebox/faults".to_owned(),
    ] {
        told += &get(&site, &path).await.body;
    }
    told += &first_messages(&site, "").await;
    assert!(told.contains("*******"), "passwords are shown as stars");
    for secret in [script.key.as_str(), person.password.as_str(), "a new secret"] {
        assert!(!told.contains(secret), "{secret} was told");
    }
}

#[tokio::test]
async fn the_log_is_read_back_to_its_beginning() {
    let (site, _production) = site().await;
    let count = site.with_model(|model| model.event_count());
    let mut seen = Vec::new();
    let mut before = u64::MAX.to_string();
    loop {
        let page = json_of(&site, &format!("/cuebox/log?limit=100&before={before}")).await;
        seen.extend(page["rows"].as_array().expect("rows").iter().map(|row| row["id"].as_u64()));
        match page["scanned_to"].as_u64() {
            Some(id) => before = id.to_string(),
            None => break,
        }
    }
    assert_eq!(seen.len(), count);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "newest first, each once");
}

#[tokio::test]
async fn a_long_document_comes_when_it_is_asked_for() {
    let (site, _production) = site().await;
    let long = "x".repeat(10_000);
    let id = site.with_model(|model| {
        let draft = EventDraft { meta: json!({"text": long}), ..EventDraft::new("Studio_Long") };
        let now = crate::model::Now(1_775_000_000_000);
        model.append_events(1, &draft, now)
    });
    let row = json_of(&site, "/cuebox/log?limit=1").await["rows"][0].clone();
    assert_eq!((&row["id"], &row["meta"]), (&json!(id), &Value::Null));
    assert!(row["meta_bytes"].as_u64() > Some(10_000));
    assert_eq!(json_of(&site, &format!("/cuebox/log/{id}")).await["meta"]["text"], long);
    let missing = get(&site, &format!("/cuebox/log/{}", id + 1)).await;
    assert_eq!(missing.status, 404);
}

/// The stream's text until the state was told, which comes after the first events.
async fn first_messages(site: &Site, query: &str) -> String {
    let mut stream = Stream::open(site, query, "").await;
    stream.until("event: status").await
}

/// A browser's stream as text.
struct Stream {
    client: Client,
}

impl Stream {
    async fn open(site: &Site, query: &str, headers: &str) -> Self {
        let mut client = Client::connect(site.address()).await;
        let request = format!("GET /cuebox/events{query} HTTP/1.1\r\nhost: site\r\n{headers}\r\n");
        client.stream.write_all(request.as_bytes()).await.expect("the site listens");
        Self { client }
    }

    /// What comes until `text` does, which is taken out.
    async fn until(&mut self, text: &str) -> String {
        timeout(PATIENCE, async {
            loop {
                let seen = String::from_utf8_lossy(&self.client.buffer).into_owned();
                if let Some(end) =
                    seen.find(text).and_then(|at| Some(at + seen[at..].find("\n\n")?))
                {
                    self.client.buffer.clear();
                    return seen[..end].to_owned();
                }
                self.client.stream.read_buf(&mut self.client.buffer).await.expect("it goes on");
            }
        })
        .await
        .unwrap_or_else(|_| panic!("`{text}` came"))
    }
}

#[tokio::test]
async fn the_stream_tells_new_events_and_late_ones() {
    let (site, production) = site().await;
    let mut stream = Stream::open(&site, "?what=shot_new", "").await;
    let first = stream.until("\"first\":true").await;
    assert!(first.contains("text/event-stream"), "{first}");
    assert!(
        first.contains("Shotgun_Shot_New") && !first.contains("Shotgun_Shot_Change"),
        "{first}"
    );
    make(&site, &production, "PROMPT").await;
    stream.until("PROMPT").await;
    site.order_commits(&CommitOrder::Hold);
    make(&site, &production, "HELD").await;
    site.order_commits(&CommitOrder::Pass);
    make(&site, &production, "AFTER").await;
    let told = stream.until("AFTER").await;
    assert!(!told.contains("HELD"), "{told}");
    site.order_commits(&CommitOrder::Release);
    stream.until("HELD").await;
}

#[tokio::test]
async fn a_browser_that_comes_back_is_told_what_it_missed() {
    let (site, _production) = site().await;
    let newest = site.with_model(|model| {
        model.append_events(
            1_000,
            &EventDraft::new("Studio_Burst"),
            crate::model::Now(1_775_000_000_000),
        )
    });
    let mut known = Stream::open(&site, "?after=5", &format!("last-event-id: {newest}\r\n")).await;
    assert!(known.until("\"first\":true").await.contains("\"skipped\":0"), "the header is newer");
    let mut behind = Stream::open(&site, &format!("?after={}", newest - 500), "").await;
    let told = behind.until("\"first\":true").await;
    assert!(told.contains("\"skipped\":300"), "200 of 500 fit: {told}");
    let mut quiet = Stream::open(&site, "?quiet=true", "").await;
    assert!(!quiet.until("event: status").await.contains("event: events"));
}
