//! Limits, slow networks, what happens twice or late, the clock and the counters.

use std::time::Instant;

use super::*;
use crate::clock::{Clock, parse_moment};

const MORNING: &str = "2026-03-01T08:00:00Z";

async fn frozen() -> Site {
    let morning = parse_moment(MORNING).expect("a moment");
    Site::builder().seed(1).frozen(morning).start().await.expect("a site starts")
}

async fn get(client: &mut Client, path: &str) -> Value {
    let request = format!("GET {path} HTTP/1.1\r\nhost: site\r\n\r\n");
    client.exchange(request.as_bytes()).await.expect("it answers").json()
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let site = frozen().await;
    let limit = Fault::RateLimit { requests_per_second: 0.05, burst: Some(2) };
    site.add_fault(Rule::new("read", limit)).expect("the rule is valid");
    let mut client = Client::connect(site.address()).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let answer = client.call("read", read(site.production())).await.expect("it answers");
        seen.push((answer.status, answer.head.contains("retry-after: 20")));
    }
    assert_eq!(seen, [(200, false), (200, false), (429, true)]);
    let other = client.call("info", json!([])).await.expect("it answers");
    assert_eq!(other.status, 200, "the limit is about reads");
}

#[tokio::test]
async fn a_site_that_is_maintained_says_so_in_html() {
    let site = frozen().await;
    let fault = Fault::Maintenance { retry_after_seconds: Some(60) };
    site.add_fault(Rule::new("*", fault).times(1)).expect("the rule is valid");
    let mut client = Client::connect(site.address()).await;
    let answer = client.call("info", json!([])).await.expect("it answers");
    assert_eq!(answer.status, 503);
    assert!(answer.head.contains("content-type: text/html"), "{}", answer.head);
    assert!(answer.head.contains("retry-after: 60"), "{}", answer.head);
    assert!(answer.body.contains("down for maintenance"), "{}", answer.body);
}

#[tokio::test]
async fn another_content_type_comes_with_the_right_answer() {
    let site = frozen().await;
    let fault = Fault::ContentType { content_type: "text/plain".to_owned() };
    site.add_fault(Rule::new("read", fault).times(1)).expect("the rule is valid");
    let mut client = Client::connect(site.address()).await;
    let answer = client.call("read", read(site.production())).await.expect("it answers");
    assert!(answer.head.contains("content-type: text/plain\r\n"), "{}", answer.head);
    assert_eq!(answer.json()["results"]["entities"].as_array().map(Vec::len), Some(5));
}

#[tokio::test]
async fn a_slow_network_brings_the_whole_answer() {
    let site = frozen().await;
    let mut client = Client::connect(site.address()).await;
    let whole = client.call("read", read(site.production())).await.expect("it answers").body;
    let per_second = whole.len() as u64 * 5;
    let fault = Fault::Trickle { bytes_per_second: per_second };
    site.add_fault(Rule::new("read", fault).times(1)).expect("the rule is valid");
    let begin = Instant::now();
    let slow = client.call("read", read(site.production())).await.expect("it answers").body;
    assert_eq!(slow, whole);
    // Four pieces, the first of them at once.
    assert!(begin.elapsed() >= Duration::from_millis(140), "after {:?}", begin.elapsed());
}

#[tokio::test]
async fn a_connection_is_refused_before_it_is_heard() {
    let site = frozen().await;
    site.add_fault(Rule::new("*", Fault::RefuseConnection).times(1)).expect("the rule is valid");
    let mut client = Client::connect(site.address()).await;
    client.call("info", json!([])).await.expect_err("the connection ends");
    assert!(site.counters().is_empty(), "nothing was asked: {:?}", site.counters());
    let mut again = Client::connect(site.address()).await;
    assert_eq!(again.call("info", json!([])).await.expect("it answers").status, 200);
}

#[tokio::test]
async fn a_repeated_write_happens_twice() {
    let site = frozen().await;
    site.add_fault(Rule::new("create", Fault::Duplicate).times(1)).expect("the rule is valid");
    let before = site.with_model(|model| model.entity_count("Shot"));
    let mut client = Client::connect(site.address()).await;
    let answer = client.call("create", create(site.production(), "TWICE")).await;
    let id = answer.expect("it answers").json()["results"]["id"].as_u64().expect("an id");
    let codes = site.with_model(|model| {
        [id - 1, id].map(|id| model.entity("Shot", id).expect("it is there").field("code"))
    });
    assert_eq!(codes, ["TWICE", "TWICE"]);
    assert_eq!(site.with_model(|model| model.entity_count("Shot")), before + 2);
}

#[tokio::test]
async fn events_show_late_and_the_record_at_once() {
    let site = frozen().await;
    site.add_fault(Rule::new("create", Fault::LateEvents { millis: 3_000 }).times(1))
        .expect("the rule is valid");
    let before = site.with_model(|model| model.newest_event_id());
    let mut client = Client::connect(site.address()).await;
    client.call("create", create(site.production(), "LATE")).await.expect("it answers");
    client.call("create", create(site.production(), "PROMPT")).await.expect("it answers");
    let first = |site: &Site| {
        site.with_model(|model| {
            model.settle(site.now());
            model.events_after(before).next().map(|event| event.id())
        })
    };
    assert!(first(&site).expect("the second write shows") > before + 1);
    assert!(site.with_model(|model| {
        model.entities("Shot").rev().nth(1).is_some_and(|shot| shot.field("code") == "LATE")
    }));
    site.advance(Duration::from_millis(2_999));
    assert!(first(&site).expect("the second write shows") > before + 1);
    site.advance(Duration::from_millis(1));
    assert_eq!(first(&site), Some(before + 1));
}

#[tokio::test]
async fn the_clock_is_shown_and_set_from_outside() {
    let site = frozen().await;
    let mut client = Client::connect(site.address()).await;
    let shown = get(&mut client, "/cuebox/clock").await;
    assert_eq!(shown["now"], MORNING);
    assert_eq!((&shown["mode"], &shown["speed"]), (&json!("frozen"), &json!(0.0)));
    let order = json!({"advance_ms": 60_000, "speed": 1_000.0}).to_string();
    let shown = client.post("/cuebox/clock", &order).await.expect("it answers").json();
    assert_eq!((&shown["mode"], &shown["speed"]), (&json!("running"), &json!(1_000.0)));
    let minute_later = parse_moment(MORNING).expect("a moment").plus(Duration::from_secs(60));
    assert!(site.now() >= minute_later);
    assert!(matches!(site.clock(), Clock::Running { .. }));
    for (body, reason) in [
        ("{\"time\": \"2026-01-01T00:00:00Z\"}", "it never goes back"),
        ("{\"sped\": 2}", "sped: unknown field `sped`, expected one of"),
        ("{\"speed\": \"2\"}", "speed: invalid type: string \"2\", expected f64"),
    ] {
        let refused = client.post("/cuebox/clock", body).await.expect("it answers");
        assert_eq!(refused.status, 400);
        assert!(refused.body.contains(&reason.replace('"', "\\\"")), "{}", refused.body);
    }
}

#[tokio::test]
async fn records_say_what_the_sites_clock_says() {
    let site = frozen().await;
    let mut client = Client::connect(site.address()).await;
    let mut params = create(site.production(), "TIMED");
    params[1]["return_fields"] = json!(["created_at"]);
    let made = client.call("create", params.clone()).await.expect("it answers").json();
    assert_eq!(made["results"]["created_at"], MORNING);
    site.advance(Duration::from_secs(90));
    let made = client.call("create", params).await.expect("it answers").json();
    assert_eq!(made["results"]["created_at"], "2026-03-01T08:01:30Z");
}

#[tokio::test]
async fn requests_are_counted_by_how_they_end() {
    let site = frozen().await;
    site.add_fault(Rule::new("read", Fault::Slow { millis: 40 }).times(1))
        .expect("the rule is valid");
    let mut client = Client::connect(site.address()).await;
    for _ in 0..3 {
        client.call("read", read(site.production())).await.expect("it answers");
    }
    client.call("read", json!([{}, {}])).await.expect("it answers");
    client.post("/api3/json", "{").await.expect("it answers");
    let shown = get(&mut client, "/cuebox/counters").await;
    let reads = &shown["methods"]["read"];
    let counts = ["count", "answered", "errors", "faults"].map(|key| reads[key].as_u64());
    assert_eq!(counts, [Some(4), Some(4), Some(1), Some(1)], "{shown}");
    let times = ["p50_ms", "p99_ms", "max_ms"].map(|key| reads[key].as_f64().expect("a time"));
    assert!(times[0] < 40.0 && times[1] >= 40.0 && times[2] >= 40.0, "{shown}");
    assert_eq!(shown["methods"]["(not a request)"]["errors"], 1);
    let cleared = client.post("/cuebox/counters", "{\"clear\": true}").await.expect("it answers");
    assert_eq!(cleared.json()["methods"], json!({}));
}

#[tokio::test]
async fn made_up_methods_do_not_fill_the_counters() {
    let site = frozen().await;
    let mut client = Client::connect(site.address()).await;
    for number in 0..150 {
        client.call(&format!("made_up_{number}"), json!([])).await.expect("it answers");
    }
    let counters = site.counters();
    assert_eq!(counters.len(), 101);
    assert_eq!(counters["(others)"], 50);
}

#[tokio::test]
async fn fifty_sites_start_at_once() {
    let starting = (0..50).map(|seed| {
        tokio::spawn(async move { Site::builder().seed(seed).start().await.expect("it starts") })
    });
    let mut sites = Vec::new();
    for task in starting.collect::<Vec<_>>() {
        sites.push(task.await.expect("it starts"));
    }
    for site in &sites {
        let mut client = Client::connect(site.address()).await;
        let made = client.call("create", create(site.production(), "MINE")).await;
        assert_eq!(made.expect("it answers").json()["results"]["code"], "MINE");
    }
    for site in &sites {
        assert_eq!(site.with_model(|model| model.entity_count("Shot")), 24);
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_at_the_start() {
    use std::error::Error as _;
    let bad = Rule::new("*", Fault::Reset).with_probability(2.0);
    let error = Site::builder().fault(bad).start().await.expect_err("the rule is wrong");
    let source = error.source().expect("a reason").to_string();
    assert_eq!(source, "rules[0]: `probability` is 2; it must be from 0 to 1");
    let error = Site::builder()
        .schema("studio.json", "{\"types\": []}")
        .start()
        .await
        .expect_err("no schema");
    assert_eq!(error.to_string(), "the schema cannot be extended");
}
