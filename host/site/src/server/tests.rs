//! The server over real sockets, with a client of a few lines, so that what is on the wire is seen as it is.

mod load;
mod timeline;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{BODY_BYTES_MAX, Pace, Site};
use crate::crew::Crew;
use crate::faults::{Fault, Moment, Rule};
use crate::model::Now;
use crate::script::Script;
use crate::seed::{self, Production};
use crate::stage::CommitOrder;

/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn site() -> (Site, Production) {
    let options = seed::Options { seed: 1, now: Now(1_775_000_000_000), scripts: Vec::new() };
    Site::with_production(&options).await.expect("a site starts on a free port")
}

/// One connection of a client.
pub(super) struct Client {
    pub(super) stream: TcpStream,
    /// What came and was not looked at yet.
    pub(super) buffer: Vec<u8>,
}

/// The parts of an answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the site listens");
        Self { stream, buffer: Vec::new() }
    }

    pub(super) async fn post(&mut self, path: &str, body: &str) -> std::io::Result<Answer> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: site\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.exchange(request.as_bytes()).await
    }

    pub(super) async fn call(&mut self, method: &str, params: Value) -> std::io::Result<Answer> {
        self.post("/api3/json", &json!({"method_name": method, "params": params}).to_string()).await
    }

    pub(super) async fn exchange(&mut self, request: &[u8]) -> std::io::Result<Answer> {
        timeout(PATIENCE, async {
            self.stream.write_all(request).await?;
            let head_end = loop {
                if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                    break end + 4;
                }
                self.fill().await?;
            };
            let head = String::from_utf8(self.buffer[..head_end].to_vec()).expect("a head is text");
            let length = head
                .to_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())
                .expect("answers say how long they are");
            while self.buffer.len() < head_end + length {
                self.fill().await?;
            }
            let body = String::from_utf8(self.buffer[head_end..head_end + length].to_vec())
                .expect("a body is text");
            self.buffer.drain(..head_end + length);
            let status = head[9..12].parse().expect("a status is a number");
            Ok(Answer { status, head, body })
        })
        .await
        .expect("the site answers in time")
    }

    async fn fill(&mut self) -> std::io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

pub(super) fn auth(production: &Production) -> Value {
    json!({"script_name": "cuebox", "script_key": production.key("cuebox")})
}

fn read(production: &Production) -> Value {
    json!([auth(production), {"type": "Shot", "return_fields": ["code"], "return_only": "active",
        "filters": {"logical_operator": "and", "conditions": []},
        "paging": {"entities_per_page": 5, "current_page": 1}}])
}

pub(super) fn create(production: &Production, code: &str) -> Value {
    json!([auth(production), {"type": "Shot", "return_fields": ["id"], "fields": [
        {"field_name": "project", "value": production.roster.project}, {"field_name": "code", "value": code}]}])
}

#[tokio::test]
async fn an_answer_is_json_with_its_length() {
    let (site, production) = site().await;
    let mut client = Client::connect(site.address()).await;
    let info = client.call("info", json!([])).await.expect("it answers");
    assert_eq!(info.status, 200);
    assert!(info.head.contains("content-type: application/json; charset=utf-8"), "{}", info.head);
    assert!(info.json()["version"].is_array());
    let rows = client.call("read", read(&production)).await.expect("the connection is kept").json();
    assert_eq!(rows["results"]["entities"].as_array().map(Vec::len), Some(5));
    assert_eq!(site.counters(), [("info".to_owned(), 1), ("read".to_owned(), 1)].into());
}

#[tokio::test]
async fn refusals_have_status_200_and_nonsense_does_no_harm() {
    let (site, production) = site().await;
    let mut client = Client::connect(site.address()).await;
    for (body, code) in [
        ("{", 100),
        ("[]", 100),
        ("", 100),
        ("\u{0}", 100),
        ("{\"method_name\": 7, \"params\": []}", 100),
        ("{\"method_name\": \"read\", \"params\": {}}", 100),
        (
            "{\"method_name\": \"read\", \"params\": [{\"script_name\": \"cuebox\", \"script_key\": \"no\"}, {}]}",
            102,
        ),
    ] {
        let answer = client.post("/api3/json", body).await.expect("it answers");
        assert_eq!(
            (answer.status, answer.json()["error_code"].as_u64()),
            (200, Some(code)),
            "{body:?}"
        );
        assert_eq!(answer.json()["exception"], true);
    }
    let deep = "[".repeat(100_000);
    assert_eq!(
        client.post("/api3/json", &deep).await.expect("it answers").json()["exception"],
        true
    );
    assert_eq!(client.call("read", read(&production)).await.expect("it serves on").status, 200);
}

#[tokio::test]
async fn other_paths_and_methods_have_their_status() {
    let (site, _production) = site().await;
    let mut client = Client::connect(site.address()).await;
    assert_eq!(client.post("/api3", "{}").await.expect("it answers").status, 404);
    assert_eq!(client.post("/upload/nope", "{}").await.expect("it answers").status, 404);
    let get = b"GET /api3/json HTTP/1.1\r\nhost: site\r\n\r\n";
    assert_eq!(client.exchange(get).await.expect("it answers").status, 405);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let (site, production) = site().await;
    let mut client = Client::connect(site.address()).await;
    let head = format!(
        "POST /api3/json HTTP/1.1\r\nhost: site\r\ncontent-length: {}\r\n\r\n",
        BODY_BYTES_MAX + 1
    );
    assert_eq!(client.exchange(head.as_bytes()).await.expect("it answers").status, 413);
    let mut other = Client::connect(site.address()).await;
    assert_eq!(other.call("read", read(&production)).await.expect("it serves on").status, 200);
}

#[tokio::test]
async fn slow_and_idle_clients_are_nobody_elses_trouble() {
    let (site, production) = site().await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(Client::connect(site.address()).await);
    }
    let mut slow = Client::connect(site.address()).await;
    slow.stream
        .write_all(b"POST /api3/json HTTP/1.1\r\nhost: site\r\ncontent-length: 999\r\n\r\n{\"meth")
        .await
        .expect("the site takes a part of a request");
    for client in &mut idle {
        let answer = client.call("read", read(&production)).await.expect("it answers");
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn many_sites_run_side_by_side() {
    let mut sites = Vec::new();
    for _ in 0..8 {
        sites.push(site().await);
    }
    for (site, production) in &sites {
        let mut client = Client::connect(site.address()).await;
        client.call("create", create(production, "MINE")).await.expect("it answers");
    }
    for (site, _production) in &sites {
        assert_eq!(site.with_model(|model| model.entity_count("Shot")), 24);
    }
}

#[tokio::test]
async fn statuses_and_bodies_are_spoilt_as_the_rules_say() {
    let (site, production) = site().await;
    let mut client = Client::connect(site.address()).await;
    let rules = [
        Fault::status(500),
        Fault::Status { status: 503, retry_after_seconds: Some(3) },
        Fault::Html,
        Fault::Malformed,
        Fault::RefuseKey,
        Fault::WrongShape { results: json!("nothing") },
    ];
    for fault in rules {
        site.add_fault(Rule::new("read", fault).times(1)).expect("the rule is valid");
    }
    let mut seen = Vec::new();
    for _ in 0..7 {
        let answer = client.call("read", read(&production)).await.expect("the connection is kept");
        seen.push((
            answer.status,
            answer.head.contains("retry-after: 3"),
            answer.body.chars().take(28).collect::<String>(),
        ));
    }
    let expected = [
        (500, false, "Internal Server Error"),
        (503, true, "Service Unavailable"),
        (200, false, "<!DOCTYPE html><html><head><"),
        (200, false, "{\"results\": [{\"type\": \"Shot\""),
        (200, false, "{\"error_code\":102,\"exception"),
        (200, false, "{\"results\":\"nothing\"}"),
        (200, false, "{\"results\":{\"entities\":[{\"ty"),
    ]
    .map(|(status, retry, body)| (status, retry, body.to_owned()));
    assert_eq!(seen, expected);
    assert_eq!(site.faults().iter().map(|active| active.struck).collect::<Vec<_>>(), [1; 6]);
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let (site, production) = site().await;
    site.add_fault(Rule::new("read", Fault::Reset).times(1)).expect("the rule is valid");
    let mut client = Client::connect(site.address()).await;
    let error = client.call("read", read(&production)).await.expect_err("the connection ends");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let mut again = Client::connect(site.address()).await;
    assert_eq!(again.call("read", read(&production)).await.expect("it is over").status, 200);
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_comes() {
    let (site, production) = site().await;
    site.add_fault(Rule::new("read", Fault::Truncate { bytes: Some(11) }).times(1))
        .expect("the rule is valid");
    let mut client = Client::connect(site.address()).await;
    let error = client.call("read", read(&production)).await.expect_err("the connection ends");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    let seen = String::from_utf8(client.buffer).expect("it is text");
    assert!(seen.ends_with("\r\n\r\n{\"results\":"), "{seen:?}");
}

#[tokio::test]
async fn a_lost_answer_is_of_a_write_that_happened() {
    let (site, production) = site().await;
    for (moment, shots) in [(Moment::Before, 23), (Moment::After, 24)] {
        site.add_fault(Rule::new("create", Fault::Reset).about("Shot").when(moment).times(1))
            .expect("the rule is valid");
        let mut client = Client::connect(site.address()).await;
        client.call("create", create(&production, "LOST")).await.expect_err("the answer is lost");
        assert_eq!(site.with_model(|model| model.entity_count("Shot")), shots, "{moment:?}");
    }
}

#[tokio::test]
async fn a_hanging_request_hangs_alone_and_ends_with_the_site() {
    let (site, production) = site().await;
    site.add_fault(Rule::new("read", Fault::Hang).times(1)).expect("the rule is valid");
    let address = site.address();
    let params = read(&production);
    let hanging =
        tokio::spawn(async move { Client::connect(address).await.call("read", params).await });
    // The rule is spent once the request hangs.
    timeout(PATIENCE, async {
        while site.faults()[0].struck == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the request comes");
    let mut other = Client::connect(site.address()).await;
    assert_eq!(other.call("read", read(&production)).await.expect("others are served").status, 200);
    assert!(!hanging.is_finished());
    timeout(PATIENCE, site.stop()).await.expect("a hanging request does not keep the site");
    hanging.await.expect("the client lives").expect_err("there was no answer");
}

#[tokio::test]
async fn a_slow_answer_is_the_right_one() {
    let (site, production) = site().await;
    site.add_fault(Rule::new("create", Fault::Slow { millis: 60 }).times(1))
        .expect("the rule is valid");
    let mut client = Client::connect(site.address()).await;
    let begin = std::time::Instant::now();
    let answer = client.call("create", create(&production, "SLOW")).await.expect("it answers");
    assert!(begin.elapsed() >= Duration::from_millis(60), "after {:?}", begin.elapsed());
    assert_eq!(answer.json()["results"]["code"], "SLOW");
}

#[tokio::test]
async fn a_site_that_is_down_refuses_and_comes_back_where_it_was() {
    let (site, production) = site().await;
    let address = site.address();
    for _ in 0..3 {
        let mut client = Client::connect(address).await;
        client.call("read", read(&production)).await.expect("it answers");
        site.go_down().await.expect("the port is held");
        client.call("read", read(&production)).await.expect_err("the connection is gone");
        let refused = TcpStream::connect(address).await.expect_err("nobody listens");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        site.come_back().await.expect("the port is free");
    }
    let mut client = Client::connect(address).await;
    assert_eq!(client.call("read", read(&production)).await.expect("it answers").status, 200);
}

#[tokio::test]
async fn faults_are_set_and_shown_from_outside() {
    let (site, production) = site().await;
    let mut client = Client::connect(site.address()).await;
    let order = json!({"clear": true, "seed": 3, "rules": [
        {"method": "read", "count": 1, "fault": {"kind": "status", "status": 502}}]});
    let shown = client.post("/cuebox/faults", &order.to_string()).await.expect("it answers");
    assert_eq!(shown.status, 200);
    assert_eq!(shown.json()["rules"][0]["struck"], 0);
    assert_eq!(client.call("read", read(&production)).await.expect("it answers").status, 502);
    let get = b"GET /cuebox/faults HTTP/1.1\r\nhost: site\r\n\r\n";
    assert_eq!(client.exchange(get).await.expect("it answers").json()["rules"][0]["struck"], 1);
    for (body, reason) in [
        ("{\"rule\": []}", "unknown field `rule`"),
        (
            "{\"rules\": [{\"fault\": {\"kind\": \"status\", \"status\": 99}}]}",
            "rules[0]: `status` is 99; it must be from 300 to 599",
        ),
        ("{\"rules\": [{}, {\"cuont\": 1}]}", "rules[0]: missing field `fault`"),
        (
            "{\"rules\": [{\"fault\": {\"kind\": \"hang\"}, \"cuont\": 1}]}",
            "rules[0].cuont: unknown field `cuont`, expected one of",
        ),
        (
            "{\"rules\": [{\"fault\": {\"kind\": \"hang\"}, \"after_ms\": \"1\"}]}",
            "rules[0].after_ms: invalid type: string \"1\", expected u64",
        ),
        ("x", "expected value"),
    ] {
        let refused = client.post("/cuebox/faults", body).await.expect("it answers");
        assert_eq!(refused.status, 400);
        assert!(
            refused.json()["error"].as_str().expect("a reason").contains(reason),
            "{}",
            refused.body
        );
    }
}

#[tokio::test]
async fn held_events_show_when_they_are_released_and_dropped_ones_never() {
    let (site, production) = site().await;
    let mut client = Client::connect(site.address()).await;
    let before = site.with_model(|model| model.newest_event_id());
    let order = |order: &'static str| format!("\"{order}\"");
    client.post("/cuebox/commits", &order("hold")).await.expect("it answers");
    client.call("create", create(&production, "HELD")).await.expect("it answers");
    let waiting = client.post("/cuebox/commits", &order("pass")).await.expect("it answers").json();
    let held = waiting["waiting_event_ids"].as_array().map_or(0, Vec::len);
    assert!(held > 2, "{waiting}");
    client.call("create", create(&production, "PROMPT")).await.expect("it answers");
    let visible = |site: &Site| {
        site.with_model(|model| {
            model.events_after(before).map(|event| event.id()).collect::<Vec<_>>()
        })
    };
    assert_eq!(visible(&site).first(), Some(&(before + 1 + held as u64)), "the held ids are a gap");
    client.post("/cuebox/commits", &order("release")).await.expect("it answers");
    assert_eq!(visible(&site).first(), Some(&(before + 1)));

    let before = site.with_model(|model| model.newest_event_id());
    site.order_commits(&CommitOrder::Hold);
    client.call("create", create(&production, "DROPPED")).await.expect("it answers");
    site.order_commits(&CommitOrder::Drop);
    site.order_commits(&CommitOrder::Pass);
    site.order_commits(&CommitOrder::Skip(5));
    client.call("create", create(&production, "LAST")).await.expect("it answers");
    let first = site.with_model(|model| model.events_after(before).next().map(|event| event.id()));
    assert_eq!(first, Some(before + 1 + held as u64 + 5));
}

#[tokio::test]
async fn a_crew_works_to_its_end_and_leaves_a_log() {
    let (site, production) = site().await;
    let before = site.with_model(|model| model.event_count());
    let pace = Pace { writes_per_second: 1_000.0, writes_max: Some(200) };
    let worker = site.employ(Crew::new(4, production.roster.clone()), pace);
    assert_eq!(timeout(PATIENCE, worker.done()).await.expect("the crew goes home"), 200);
    let (after, sessions) = site.with_model(|model| {
        let sessions = model
            .events_after(0)
            .filter(|event| !event.to_json()["session_uuid"].is_null())
            .count();
        (model.event_count(), sessions)
    });
    assert!(after - before >= 200, "{} events of 200 writes", after - before);
    assert_eq!(sessions, after - before, "people write in a browser session");
}

#[tokio::test]
async fn a_crew_without_end_stops_when_told() {
    let (site, production) = site().await;
    let worker = site.employ(
        Crew::new(4, production.roster),
        Pace { writes_per_second: 500.0, writes_max: None },
    );
    timeout(PATIENCE, async {
        while worker.written() < 20 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the crew works");
    let written = worker.stop().await;
    let events = site.with_model(|model| model.event_count());
    assert!(written >= 20);
    assert_eq!(site.with_model(|model| model.event_count()), events);
}

#[tokio::test]
async fn a_script_is_played_at_its_times() {
    let (site, production) = site().await;
    let request = json!({"method_name": "create", "params": create(&production, "PLAYED")});
    let text = format!(
        "{{\"at_ms\": 0, \"fault\": {{\"method\": \"read\", \"fault\": {{\"kind\": \"html\"}}}}}}\n{}\n",
        json!({"at_ms": 5_000, "request": request})
    );
    let mut script = Script::parse(&text).expect("it is a script");
    let beginning = site.now();
    site.play(&mut script, beginning, Duration::from_secs(4));
    assert_eq!(site.faults().len(), 1);
    assert_eq!(site.with_model(|model| model.entity_count("Shot")), 23);
    site.play(&mut script, beginning, Duration::from_secs(5));
    assert_eq!(site.with_model(|model| model.entity_count("Shot")), 24);
}

#[tokio::test]
async fn a_failed_login_is_recorded_with_its_event() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("site.jsonl");
    let begin = async || {
        let site = Site::builder().seed(1).frozen(Now(1_775_000_000_000)).file(&path).start();
        site.await.expect("a site starts on a free port")
    };
    let site = begin().await;
    let login = &site.production().roster.members[0].login.clone();
    let before = site.with_model(|model| model.newest_event_id());
    let request = crate::wire::Request::new(
        "followers",
        vec![json!({"user_login": login, "user_password": "wrong"}), json!({})],
    );
    site.rpc(&request).expect_err("the password is wrong");
    let told = |site: &Site| {
        site.with_model(|model| {
            model.events_after(before).map(|event| event.to_json().to_string()).collect::<Vec<_>>()
        })
    };
    let first = told(&site);
    assert_eq!(first.len(), 1, "{first:?}");
    site.stop().await;
    let again = begin().await;
    assert_eq!(told(&again), first);
}
