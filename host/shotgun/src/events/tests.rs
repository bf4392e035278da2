use eventlog::SiteTime;
use serde_json::json;

use super::*;
use crate::test_server::{KEY, Reply, TestServer, caller};

/// A row of the usual size, as a busy site writes it.
fn row(id: u64) -> String {
    format!(
        r#"{{"type":"EventLogEntry","id":{id},"event_type":"Shotgun_Task_Change","attribute_name":"sg_status_list","meta":{{"type":"attribute_change","attribute_name":"sg_status_list","entity_type":"Task","entity_id":55,"field_data_type":"status_list","old_value":"wtg","new_value":"ip"}},"entity":{{"type":"Task","id":55,"name":"Animation"}},"user":{{"type":"HumanUser","id":3,"name":"Jane Doe"}},"project":{{"type":"Project","id":4,"name":"Demo Project"}},"session_uuid":"7a0e1c1e-93b1-4f6f-9d3c-2b8f8f0c7c11","created_at":"2026-02-03T10:11:12Z"}}"#
    )
}

fn entities(rows: &[String]) -> Reply {
    Reply::results(&format!(r#"{{"entities":[{}]}}"#, rows.join(",")))
}

#[tokio::test]
async fn newer_entries_are_asked_for_by_id() {
    let server = TestServer::start(vec![entities(&[row(13), row(14)])]).await;
    let page = server.client().events_newer(&caller(), EventId(12), 2).await.expect("a page");
    assert_eq!(
        server.request().json(),
        json!({"method_name": "read", "params": [{"script_name": "evt_status", "script_key": KEY}, {
            "type": "EventLogEntry",
            "return_fields": ["id", "event_type", "attribute_name", "meta", "entity", "user", "project", "session_uuid", "created_at"],
            "filters": {"logical_operator": "and", "conditions": [{"path": "id", "relation": "greater_than", "values": [12]}]},
            "return_only": "active", "paging": {"entities_per_page": 2, "current_page": 1},
            "sorts": [{"field_name": "id", "direction": "asc"}],
            "api_return_image_urls": true, "return_paging_info_without_counts": false}]})
    );
    assert_eq!((page.rows, page.is_full, page.malformed.len()), (2, true, 0));
    assert_eq!(page.entries[1].entry.id, EventId(14));
    assert_eq!(page.entries[1].entry.created_at, SiteTime(1_770_113_472_000));
    assert_eq!(page.entries[1].json, row(14));
}

#[tokio::test]
async fn a_row_that_cannot_be_read_does_not_end_the_page() {
    let rows = [row(1), r#"{"id":2,"event_type":null}"#.to_owned(), "7".to_owned(), row(4)];
    let server = TestServer::start(vec![entities(&rows)]).await;
    let page = server.client().events_newer(&caller(), EventId(0), 500).await.expect("a page");
    let ids: Vec<u64> = page.entries.iter().map(|fetched| fetched.entry.id.0).collect();
    assert_eq!((ids, page.rows, page.is_full), (vec![1, 4], 4, false));
    let malformed: Vec<_> = page.malformed.iter().map(|malformed| malformed.id).collect();
    assert_eq!(malformed, [Some(EventId(2)), None]);
}

#[tokio::test]
async fn missing_entries_are_asked_for_by_id_a_page_at_a_time() {
    let replies = vec![
        Reply::json(r#"{"version":[8,50,0],"api_max_entities_per_page":2}"#),
        entities(&[row(3), row(5)]),
        entities(&[row(8)]),
    ];
    let server = TestServer::start(replies).await;
    let client = server.client();
    client.info().await.expect("an answer");
    let ids = [EventId(3), EventId(5), EventId(8)];
    let page = client.events_by_id(&caller(), &ids).await.expect("a page");
    let ids: Vec<u64> = page.entries.iter().map(|fetched| fetched.entry.id.0).collect();
    assert_eq!((ids, page.rows, page.is_full), (vec![3, 5, 8], 3, true));
    let values: Vec<Value> = server.requests()[1..]
        .iter()
        .map(|request| request.params()["filters"]["conditions"][0].clone())
        .collect();
    assert_eq!(
        values,
        [
            json!({"path": "id", "relation": "in", "values": [3, 5]}),
            json!({"path": "id", "relation": "in", "values": [8]})
        ]
    );
}

#[tokio::test]
async fn no_missing_entries_are_no_request() {
    let server = TestServer::start(vec![entities(&[])]).await;
    let page = server.client().events_by_id(&caller(), &[]).await.expect("a page");
    assert_eq!((page.rows, server.requests().len()), (0, 0));
}

#[tokio::test]
async fn a_limit_beyond_the_sites_page_is_cut_and_the_page_still_counts_as_full() {
    let replies = vec![
        Reply::json(r#"{"version":[8,50,0],"api_max_entities_per_page":2}"#),
        entities(&[row(1), row(2)]),
    ];
    let server = TestServer::start(replies).await;
    let client = server.client();
    client.info().await.expect("an answer");
    let page = client.events_newer(&caller(), EventId(0), 100).await.expect("a page");
    assert!(page.is_full);
    assert_eq!(server.requests()[1].params()["paging"]["entities_per_page"], 2);
}

#[tokio::test]
async fn the_newest_ids_come_highest_first() {
    let server = TestServer::start(vec![entities(&[
        r#"{"type":"EventLogEntry","id":9}"#.to_owned(),
        r#"{"type":"EventLogEntry","id":7}"#.to_owned(),
    ])])
    .await;
    let ids = server.client().recent_event_ids(&caller(), 100).await.expect("ids");
    assert_eq!(ids, [EventId(9), EventId(7)]);
    let params = server.request().params();
    assert_eq!(params["return_fields"], json!(["id"]));
    assert_eq!(params["sorts"], json!([{"field_name": "id", "direction": "desc"}]));
    assert_eq!(params["paging"], json!({"entities_per_page": 100, "current_page": 1}));

    let server = TestServer::start(vec![entities(&[])]).await;
    assert_eq!(server.client().recent_event_ids(&caller(), 1).await.expect("an empty log"), []);
    let server = TestServer::start(vec![entities(&["{}".to_owned()])]).await;
    server.client().recent_event_ids(&caller(), 1).await.expect_err("a row without an id");
}

#[tokio::test]
async fn a_refusal_is_not_taken_for_a_page() {
    for body in [
        r#"{"exception":true,"error_code":102,"message":"Can't authenticate script 'x'"}"#,
        r#"{"exception":true,"error_code":102,"message":"Can't","results":{"entities":[]}}"#,
    ] {
        let server = TestServer::start(vec![Reply::json(body)]).await;
        let error =
            server.client().events_newer(&caller(), EventId(0), 10).await.expect_err("refused");
        assert_eq!(error.fault().map(|fault| fault.code), Some(102));
    }
    let server = TestServer::start(vec![Reply::results("null")]).await;
    let error = server.client().events_newer(&caller(), EventId(0), 10).await.expect_err("no page");
    assert!(matches!(error, CallError::WrongShape { .. }), "{error}");
}

/// The time this thread had a core to itself, as Linux counts it: on a busy machine the clock on the wall says nothing.
fn processor_seconds() -> f64 {
    let statistics =
        std::fs::read_to_string("/proc/thread-self/schedstat").expect("a Linux machine");
    let nanoseconds: f64 =
        statistics.split(' ').next().and_then(|text| text.parse().ok()).expect("a number");
    nanoseconds / 1e9
}

/// Prints how fast pages are read on one core. Run it with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, and only meaningful in a release build"]
fn speed_of_reading_pages() {
    const ROWS: u64 = 500;
    const PAGES: u64 = 400;
    let body = format!(
        r#"{{"results":{{"entities":[{}]}}}}"#,
        (1..=ROWS).map(row).collect::<Vec<_>>().join(",")
    );
    let asked = Asked { peer: "http://site", method: "read", caller: None };
    let mut read = 0;
    let start = processor_seconds();
    for _ in 0..PAGES {
        let page = page(&rows(&asked, &body).expect("a page"), 500);
        read += page.entries.len();
    }
    let seconds = processor_seconds() - start;
    let per_second = read as f64 / seconds;
    let megabytes = body.len() as f64 * PAGES as f64 / 1e6 / seconds;
    let report = format!(
        "{per_second:.0} entries/s, {megabytes:.0} MB/s, {} bytes a row\n",
        body.len() as u64 / ROWS
    );
    std::io::Write::write_all(&mut std::io::stdout(), report.as_bytes()).expect("somebody reads");
    assert!(per_second > 300_000.0, "{per_second:.0} entries/s");
}
