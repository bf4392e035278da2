use super::*;
use crate::test_server::{Reply, TestServer, caller};

fn session() -> Reply {
    Reply::results(r#"{"session_id":"dd63"}"#)
}

fn attachment(json: &str) -> Attachment {
    Attachment::parse(json).expect("an attachment")
}

#[tokio::test]
async fn a_file_is_fetched_with_a_session() {
    let server =
        TestServer::start(vec![session(), Reply::Body("image/png", b"\x00\xff".to_vec())]).await;
    let file = server
        .client()
        .download(&caller(), &attachment(r#"{"type":"Attachment","id":77}"#))
        .await
        .expect("a file");
    assert_eq!(file.as_ref(), b"\x00\xff");
    let requests = server.requests();
    assert_eq!(requests[0].json()["method_name"], "get_session_token");
    assert_eq!(requests[1].line(), "GET /file_serve/attachment/77 HTTP/1.1");
    assert!(requests[1].head.contains("cookie: _session_id=dd63\r\n"), "{}", requests[1].head);
}

#[tokio::test]
async fn the_session_does_not_follow_to_the_storage() {
    let storage = TestServer::start(vec![Reply::Body("image/png", b"file".to_vec())]).await;
    let location = format!("location: {}/bucket?signature=s3cret\r\n", storage.url());
    let server = TestServer::start(vec![session(), Reply::status(302, &location)]).await;
    let file = server.client().download(&caller(), &attachment("77")).await.expect("a file");
    assert_eq!(file.as_ref(), b"file");
    let request = storage.request();
    assert_eq!(request.line(), "GET /bucket?signature=s3cret HTTP/1.1");
    assert!(!request.head.contains("cookie"), "{}", request.head);
}

#[tokio::test]
async fn an_address_that_is_not_on_the_site_is_not_visited() {
    let elsewhere = TestServer::start(vec![Reply::text("file")]).await;
    let server = TestServer::start(vec![session(), Reply::text("file")]).await;
    let json = format!(r#"{{"url":"{}/file"}}"#, elsewhere.url());
    let error =
        server.client().download(&caller(), &attachment(&json)).await.expect_err("elsewhere");
    assert_eq!(error.to_string(), format!("attachment: its `url` is not on {}", server.url()));
    assert_eq!((elsewhere.requests().len(), server.requests().len()), (0, 0));

    let json = format!(r#"{{"url":"{}/file"}}"#, server.url());
    server.client().download(&caller(), &attachment(&json)).await.expect("on the site");
}

#[tokio::test]
async fn redirects_come_to_an_end() {
    let server =
        TestServer::start(vec![session(), Reply::status(302, "location: /again\r\n")]).await;
    server.client().download(&caller(), &attachment("77")).await.expect_err("a circle");
    assert_eq!(server.requests().len(), 1 + 1 + REDIRECTS_MAX);
    let server =
        TestServer::start(vec![session(), Reply::status(302, "location: file:///etc/passwd\r\n")])
            .await;
    server.client().download(&caller(), &attachment("77")).await.expect_err("not http");
}

#[tokio::test]
async fn a_file_that_is_not_served_is_an_error() {
    let server = TestServer::start(vec![session(), Reply::status(410, "")]).await;
    let error =
        server.client().download(&caller(), &attachment("77")).await.expect_err("quarantined");
    assert!(matches!(error, CallError::Status { status: 410, .. }), "{error}");
}

#[track_caller]
fn check(json: &str, expected: &str) {
    let answer = Attachment::parse(json).map_or_else(
        |error| format!("error: {error}"),
        |attachment| match attachment.0 {
            Place::Id(id) => id.to_string(),
            Place::Url(url) => url.to_string(),
        },
    );
    assert_eq!(answer, expected);
}

#[test]
fn a_number_counts_more_than_an_address() {
    check("77", "77");
    check(r#"{"id":77,"url":"https://elsewhere.test/","link_type":"upload"}"#, "77");
    check(r#"{"url":"https://studio.test/a"}"#, "https://studio.test/a");
    check(
        r#"{"id":7,"type":"Shot"}"#,
        "error: attachment: neither an `id` of an Attachment nor a `url`",
    );
    check(r#"{"url":"nowhere"}"#, "error: attachment: its `url` is not a url");
    check("{}", "error: attachment: neither an `id` of an Attachment nor a `url`");
    check("null", "error: attachment: expected the value of a url field");
    check("-1", "error: attachment: expected the value of a url field");
    check(
        r#"{"id":7,"link_type":"web"}"#,
        "error: attachment: only what was uploaded can be downloaded, not a link to the web or to a local file",
    );
}
