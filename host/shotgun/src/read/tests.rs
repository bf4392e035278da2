use serde_json::json;

use super::*;
use crate::test_server::{Reply, TestServer, caller, options};

fn page(ids: std::ops::Range<u64>, has_next_page: bool) -> Reply {
    let rows: Vec<_> = ids.map(|id| json!({"type": "Shot", "id": id})).collect();
    Reply::results(
        &json!({"entities": rows, "paging_info": {"has_next_page": has_next_page}}).to_string(),
    )
}

/// A site with pages of two rows.
async fn site(mut replies: Vec<Reply>) -> (TestServer, Client) {
    replies.insert(0, Reply::json(r#"{"version":[8,50,0],"api_max_entities_per_page":2}"#));
    let server = TestServer::start(replies).await;
    let client = server.client();
    client.info().await.expect("an answer");
    (server, client)
}

/// Reads, and tells the rows and the pages that were asked for.
async fn check(
    replies: Vec<Reply>,
    limit: Option<u32>,
    page: Option<u32>,
    ids: &[u64],
    pages: &[(u32, u32, bool)],
) {
    let (server, client) = site(replies).await;
    let read = Read { limit, page, ..Read::new("Shot") };
    let rows = client.read(&caller(), &read).await.expect("rows");
    let expected: Vec<_> = ids.iter().map(|id| json!({"type": "Shot", "id": id})).collect();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&rows.to_json()).expect("JSON"),
        json!(expected)
    );
    let asked: Vec<_> = server.requests()[1..]
        .iter()
        .map(|request| {
            let (json, params) = (request.json(), request.params());
            assert_eq!(json["method_name"], "read");
            let number = |key: &str| {
                params["paging"][key].as_u64().and_then(|number| u32::try_from(number).ok())
            };
            let looping = params["return_paging_info_without_counts"].as_bool().expect("a flag");
            (
                number("entities_per_page").expect("a number"),
                number("current_page").expect("a number"),
                looping,
            )
        })
        .collect();
    assert_eq!(asked, pages);
}

#[tokio::test]
async fn all_rows_are_read_page_after_page() {
    let replies = vec![page(1..3, true), page(3..5, true), page(5..6, false)];
    check(replies, None, None, &[1, 2, 3, 4, 5], &[(2, 1, true), (2, 2, true), (2, 3, true)]).await;
}

#[tokio::test]
async fn a_limit_ends_the_loop_and_cuts_the_last_page() {
    let replies = vec![page(1..3, true), page(3..5, true), page(5..7, true)];
    check(replies, Some(3), None, &[1, 2, 3], &[(2, 1, true), (2, 2, true)]).await;
}

#[tokio::test]
async fn a_small_limit_or_a_page_is_one_request() {
    check(vec![page(1..2, true)], Some(1), None, &[1], &[(1, 1, false)]).await;
    check(vec![page(5..7, true)], Some(2), Some(3), &[5, 6], &[(2, 3, false)]).await;
    check(vec![page(1..2, true)], Some(0), None, &[], &[]).await;
}

#[tokio::test]
async fn a_page_without_rows_is_the_last() {
    check(
        vec![page(1..3, true), page(0..0, true)],
        None,
        None,
        &[1, 2],
        &[(2, 1, true), (2, 2, true)],
    )
    .await;
}

#[tokio::test]
async fn the_limit_of_an_answer_holds_for_all_pages_together() {
    let server = TestServer::start(vec![page(1..3, true)]).await;
    let mut options = options(&server.url());
    options.answer_bytes_max = 500;
    let client = Client::new(options).expect("a client");
    let error = client.read(&caller(), &Read::new("Shot")).await.expect_err("endless pages");
    assert!(matches!(error, CallError::TooLarge { bytes_max: 500, .. }), "{error}");
    // 44 bytes of rows a page.
    assert_eq!(server.requests().len(), 12);
}

#[tokio::test]
async fn rows_that_are_not_rows_are_an_error() {
    for (results, expected) in [
        ("[]", "an object with a list of entities"),
        (r#"{"entities":null}"#, "an object with a list of entities"),
        (r#"{"entities":[7]}"#, "a list of objects"),
    ] {
        let server = TestServer::start(vec![Reply::results(results)]).await;
        let error = server.client().read(&caller(), &Read::new("Shot")).await.expect_err("no rows");
        let problem =
            format!("{} answered `read` with something else than {expected}", server.url());
        assert_eq!(error.to_string(), problem);
    }
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_not_sent() {
    let server = TestServer::start(vec![page(1..2, false)]).await;
    let read = Read { page: Some(2), ..Read::new("Shot") };
    let error = server.client().read(&caller(), &read).await.expect_err("a page without a limit");
    assert_eq!(error.to_string(), "page: a page needs a limit, which is its size");
    assert_eq!(server.requests().len(), 0);
}
