//! The failure table: what the site does, what the error says, and how often a read and a write are made.

use std::time::Duration;

use expect_test::{Expect, expect};

use super::*;
use crate::methods::SchemaRead;
use crate::query::Fields;
use crate::test_server::{KEY, Reply, TestServer, caller, options, test_tls};

async fn read(client: &Client) -> Result<(), CallError> {
    client.schema_read(&caller(), &SchemaRead::Types, None).await.map(drop)
}

async fn write(client: &Client) -> Result<(), CallError> {
    let fields = Fields::parse(r#"{"code":"the-field-value"}"#).expect("valid data");
    client.create(&caller(), "Shot", &fields, &[]).await.map(drop)
}

/// Nothing that can be printed of an error may tell a key or a value.
#[track_caller]
fn check_discreet(error: &(dyn std::error::Error + 'static)) {
    let mut next = Some(error);
    while let Some(error) = next {
        let printed = format!("{error} {error:?} {error:#?}");
        assert!(!printed.contains(KEY) && !printed.contains("the-field-value"), "{printed}");
        next = error.source();
    }
}

fn describe(error: &CallError, address: &str) -> String {
    check_discreet(error);
    let mut facts = vec![error.to_string().replace(address, "SITE")];
    facts.push(if error.is_transient() { "transient" } else { "final" }.to_owned());
    facts.push(if error.may_have_arrived() { "may have arrived" } else { "not sent" }.to_owned());
    facts.extend(error.is_in_doubt().then(|| "in doubt".to_owned()));
    facts.extend(error.retry_after().map(|delay| format!("after {delay:?}")));
    facts.join("; ")
}

/// Makes a read and a write at a site that always gives this answer.
async fn check(reply: Reply, expected: Expect) {
    check_with(reply, |_| {}, expected).await;
}

async fn check_with(reply: Reply, change: impl Fn(&mut Options), expected: Expect) {
    let mut lines = Vec::new();
    for is_write in [false, true] {
        let server = TestServer::start(vec![reply.clone()]).await;
        let mut options = options(&server.url());
        change(&mut options);
        let client = Client::new(options).expect("a client");
        let error = if is_write { write(&client).await } else { read(&client).await }
            .expect_err("a failure");
        let name = if is_write { "write" } else { "read" };
        let line = describe(&error, &server.url())
            .replace("`create`", "`METHOD`")
            .replace("`schema_entity_read`", "`METHOD`");
        lines.push(line);
        lines.push(format!("{name}: {} requests", server.requests().len()));
    }
    if lines[0] == lines[2] {
        lines.remove(2);
    }
    expected.assert_eq(&lines.join("\n"));
}

#[tokio::test]
async fn a_status_of_the_server_is_transient() {
    check(
        Reply::status(500, ""),
        expect![[r#"
        SITE answered with http status 500; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]],
    )
    .await;
    check(
        Reply::status(502, ""),
        expect![[r#"
        SITE answered with http status 502; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]],
    )
    .await;
    check(
        Reply::status(503, ""),
        expect![[r#"
        SITE answered with http status 503; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]],
    )
    .await;
    check(
        Reply::status(504, ""),
        expect![[r#"
        SITE answered with http status 504; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]],
    )
    .await;
}

#[tokio::test]
async fn a_site_that_asks_for_patience_gets_it() {
    // Longer than our longest delay: the read is not made again from here.
    check(
        Reply::status(503, "retry-after: 30\r\n"),
        expect![[r#"
        SITE answered with http status 503; transient; may have arrived; in doubt; after 30s
        read: 1 requests
        write: 1 requests"#]],
    )
    .await;
    check(
        Reply::status(429, "retry-after: 0\r\n"),
        expect![[r#"
        SITE answered with http status 429; transient; may have arrived; after 0ns
        read: 3 requests
        write: 1 requests"#]],
    )
    .await;
}

#[tokio::test]
async fn a_status_that_refuses_is_final() {
    check(
        Reply::status(401, ""),
        expect![[r#"
        SITE answered with http status 401; final; may have arrived
        read: 1 requests
        write: 1 requests"#]],
    )
    .await;
    check(
        Reply::status(403, ""),
        expect![[r#"
        SITE answered with http status 403; final; may have arrived
        read: 1 requests
        write: 1 requests"#]],
    )
    .await;
    check(
        Reply::status(404, ""),
        expect![[r#"
        SITE answered with http status 404; final; may have arrived
        read: 1 requests
        write: 1 requests"#]],
    )
    .await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    check(
        Reply::status(302, "location: /elsewhere\r\n"),
        expect![[r#"
        SITE answered with http status 302; final; may have arrived
        read: 1 requests
        write: 1 requests"#]],
    )
    .await;
    check(
        Reply::status(308, "location: /elsewhere\r\n"),
        expect![[r#"
        SITE answered with http status 308; final; may have arrived
        read: 1 requests
        write: 1 requests"#]],
    )
    .await;
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_a_write_in_doubt() {
    check(Reply::Reset, expect![[r#"
        the connection to SITE broke off: Connection reset by peer (os error 104); transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]]).await;
    check(Reply::Raw(Vec::new()), expect![[r#"
        the connection to SITE broke off: connection closed before message completed; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]]).await;
    let truncated = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"results\":";
    check(Reply::Raw(truncated.to_vec()), expect![[r#"
        the connection to SITE broke off: end of file before message length reached; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]]).await;
    check(Reply::Raw(b"what is this\r\n\r\n".to_vec()), expect![[r#"
        the connection to SITE broke off: invalid HTTP version parsed; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]]).await;
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_transient() {
    check(
        Reply::Body("text/html", b"<html>maintenance</html>".to_vec()),
        expect![[r#"
        SITE answered with text/html instead of json; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]],
    )
    .await;
    check(
        Reply::Body("application/json", b"<html>maintenance</html>".to_vec()),
        expect![[r#"
        SITE answered with html instead of json; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]],
    )
    .await;
    check(
        Reply::json(""),
        expect![[r#"
        SITE answered with an empty body instead of json; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]],
    )
    .await;
    check(Reply::json(r#"{"results":{"a":"#), expect![[r#"
        SITE answered with a document that ends at line 1 column 16 instead of json; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]]).await;
    check(Reply::Body("application/json", vec![b'"', 0xff, b'"']), expect![[r#"
        SITE answered with a body that is not utf-8 instead of json; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]]).await;
}

#[tokio::test]
async fn an_answer_of_another_shape_is_final() {
    check(
        Reply::results("7"),
        expect![[r#"
        SITE answered `METHOD` with something else than an object; final; may have arrived; in doubt
        read: 1 requests
        SITE answered `METHOD` with something else than an entity; final; may have arrived; in doubt
        write: 1 requests"#]],
    )
    .await;
    check(
        Reply::results("[]"),
        expect![[r#"
        SITE answered `METHOD` with something else than an object; final; may have arrived; in doubt
        read: 1 requests
        SITE answered `METHOD` with something else than an entity; final; may have arrived; in doubt
        write: 1 requests"#]],
    )
    .await;
    check(
        Reply::results("null"),
        expect![[r#"
        SITE answered `METHOD` with something else than an object; final; may have arrived; in doubt
        read: 1 requests
        SITE answered `METHOD` with something else than an entity; final; may have arrived; in doubt
        write: 1 requests"#]],
    )
    .await;
}

#[tokio::test]
async fn an_exception_is_final_unless_the_site_itself_broke() {
    check(
        Reply::fault(100, "Internal error"),
        expect![[r#"
        SITE refused `METHOD`: code 100, Internal error; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]],
    )
    .await;
    check(
        Reply::fault(102, &format!("Can't authenticate script 'evt_status' with {KEY}")),
        expect![[r#"
            SITE refused `METHOD`: code 102, Can't authenticate script 'evt_status' with; final; may have arrived
            read: 1 requests
            write: 1 requests"#]],
    )
    .await;
    check(
        Reply::fault(
            103,
            "API create() missing 'project' attribute: {\"code\"=>\"the-field-value\"}",
        ),
        expect![[r#"
            SITE refused `METHOD`: code 103, API create() missing 'project' attribute; final; may have arrived
            read: 1 requests
            write: 1 requests"#]],
    )
    .await;
    check(
        Reply::fault(
            104,
            "API create() CRUD ERROR #61: Create failed: the-field-value is not unique",
        ),
        expect![[r#"
            SITE refused `METHOD`: code 104, API create() CRUD ERROR #61; final; may have arrived
            read: 1 requests
            write: 1 requests"#]],
    )
    .await;
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read_to_its_end() {
    let huge = format!(r#"{{"results":{{"a":"{}"}}}}"#, "x".repeat(2000));
    check_with(
        Reply::json(&huge),
        |options| options.answer_bytes_max = 1000,
        expect![[r#"
        the answer of SITE is larger than 1000 bytes; final; may have arrived; in doubt
        read: 1 requests
        write: 1 requests"#]],
    )
    .await;
    // Without a length the limit holds while it is read; this one never ends by itself.
    let endless = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{huge}");
    check_with(
        Reply::Raw(endless.into_bytes()),
        |options| options.answer_bytes_max = 1000,
        expect![[r#"
            the answer of SITE is larger than 1000 bytes; final; may have arrived; in doubt
            read: 1 requests
            write: 1 requests"#]],
    )
    .await;
}

#[tokio::test]
async fn a_site_that_hangs_is_left_after_the_timeout() {
    let short = |options: &mut Options| options.timeout = Duration::from_millis(300);
    check_with(
        Reply::Hang,
        short,
        expect![[r#"
        SITE did not answer within 300ms; transient; may have arrived; in doubt
        read: 3 requests
        write: 1 requests"#]],
    )
    .await;
}

/// A port of loopback that nobody listens on.
async fn closed_port() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port of loopback");
    format!("http://{}", listener.local_addr().expect("a bound address"))
}

#[tokio::test]
async fn a_write_that_was_not_sent_is_made_again() {
    let url = closed_port().await;
    let client = Client::new(options(&url)).expect("a client");
    let error = write(&client).await.expect_err("nobody listens");
    expect!["no connection to SITE: Connection refused (os error 111); transient; not sent"]
        .assert_eq(&describe(&error, &url));

    // Somebody begins to listen between the attempts.
    let mut options = options(&url);
    options.retry.attempts = 1000;
    let client = Client::new(options).expect("a client");
    let writing = tokio::spawn(async move { write(&client).await });
    let listener = tokio::net::TcpListener::bind(url.trim_start_matches("http://"))
        .await
        .expect("the port is free");
    let (stream, _) = listener.accept().await.expect("the write comes");
    drop((stream, listener));
    let error =
        writing.await.expect("no panic").expect_err("the connection was closed without an answer");
    assert!(error.may_have_arrived(), "{error}");
}

#[tokio::test]
async fn one_attempt_is_one_attempt() {
    let server = TestServer::start(vec![Reply::status(503, "")]).await;
    let once =
        retry::Options { attempts: 1, delay_first: Duration::ZERO, delay_max: Duration::ZERO };
    read(&server.client().with_retry(once)).await.expect_err("a failure");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_read_survives_what_passes() {
    let replies = vec![Reply::status(502, ""), Reply::Reset, Reply::results("{}")];
    let server = TestServer::start(replies).await;
    read(&server.client()).await.expect("the third attempt succeeds");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_call_is_one_post_with_json_in_utf8() {
    let server = TestServer::start(vec![Reply::results(r#"{"type":"Shot","id":1}"#)]).await;
    let mut caller = caller();
    caller.session_uuid = Some("7a0e".to_owned());
    let fields = Fields::parse(r#"{"code":"ä"}"#).expect("valid data");
    server.client().create(&caller, "Shot", &fields, &[]).await.expect("created");
    let request = server.request();
    assert_eq!(request.line(), "POST /api3/json HTTP/1.1");
    assert!(
        request.head.contains("content-type: application/json; charset=utf-8\r\n"),
        "{}",
        request.head
    );
    assert!(request.head.contains("accept-encoding: gzip\r\n"), "{}", request.head);
    let expected = r#"{"method_name":"create","params":[{"script_name":"evt_status","script_key":"KEY","session_uuid":"7a0e"},{"type":"Shot","fields":[{"field_name":"code","value":"ä"}],"return_fields":["id"]}]}"#;
    assert_eq!(request.text(), expected.replace("KEY", KEY));
}

#[tokio::test]
async fn packed_answers_are_unpacked_within_the_limit() {
    let packed = gzip_stored(br#"{"results":{"a":1}}"#);
    let mut raw = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        packed.len()
    )
    .into_bytes();
    raw.extend(packed);
    let server = TestServer::start(vec![Reply::Raw(raw)]).await;
    read(&server.client()).await.expect("an object");

    let mut options = options(&server.url());
    options.answer_bytes_max = 10;
    let error =
        read(&Client::new(options).expect("a client")).await.expect_err("more than ten bytes");
    assert!(matches!(error, CallError::TooLarge { bytes_max: 10, .. }), "{error}");
}

/// A gzip file with one stored block.
fn gzip_stored(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("short");
    let mut crc = u32::MAX;
    for byte in content {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(content);
    file.extend((!crc).to_le_bytes());
    file.extend(u32::from(length).to_le_bytes());
    file
}

#[tokio::test]
async fn calls_wait_for_a_permit_and_the_poller_has_its_own() {
    let server = TestServer::start(vec![Reply::Hang, Reply::results("{}")]).await;
    let mut options = options(&server.url());
    options.connections_max = 1;
    let plugins = Client::new(options).expect("a client");
    let poller = plugins.with_own_permits(1);
    let permit = plugins.permits.clone().acquire_owned().await.expect("the only permit");
    let mut impatient = plugins.clone();
    impatient.shared = {
        let mut options = self::options(&server.url());
        options.timeout = Duration::from_millis(20);
        Client::new(options).expect("a client").shared
    };
    let error = read(&impatient).await.expect_err("no permit");
    expect!["none of the 1 connections to SITE became free within 20ms; transient; not sent"]
        .assert_eq(&describe(&error, &server.url()));
    assert_eq!(server.requests().len(), 0);
    drop(permit);

    // One call hangs with the plugins' only permit; the poller gets its answer all the same.
    let hanging = plugins.clone();
    let hanging = tokio::spawn(async move { read(&hanging).await });
    while server.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(plugins.permits.available_permits(), 0);
    read(&poller).await.expect("an answer");
    assert!(!hanging.is_finished());
    hanging.abort();
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_a_known_one_is_trusted() {
    let server =
        TestServer::start_with(vec![Reply::results("{}")], Some(test_tls().acceptor.clone())).await;
    let url = format!("https://{}", server.address);
    let client = Client::new(options(&url)).expect("a client");
    let error = write(&client).await.expect_err("an unknown authority");
    expect!["the certificate of SITE is not trusted: UnknownIssuer; final; not sent"]
        .assert_eq(&describe(&error, &url));
    assert_eq!(server.requests().len(), 0);

    let mut options = options(&url);
    options.ca_certificates = vec![test_tls().ca_pem.clone().into_bytes()];
    read(&Client::new(options).expect("a client")).await.expect("an answer");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn what_is_not_a_certificate_is_refused_by_its_number() {
    for bad in ["", "not pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let mut options = options("http://127.0.0.1:1");
        options.ca_certificates =
            vec![test_tls().ca_pem.clone().into_bytes(), bad.as_bytes().to_vec()];
        let error = Client::new(options).expect_err("not a certificate");
        assert_eq!(
            error.to_string(),
            "ca certificate 2 (counted from 1) is not a certificate in pem form that can be trusted"
        );
    }
}

#[tokio::test]
async fn a_proxy_is_asked_in_absolute_form_and_signed_in_to() {
    let proxy = TestServer::start(vec![Reply::results("{}")]).await;
    let mut options = options("http://studio.invalid");
    let url = format!("http://jane:pr0xy@{}", proxy.address);
    options.proxy = Some(ProxyUrl::parse(&url).expect("a proxy"));
    assert!(!format!("{options:?}").contains("pr0xy"));
    read(&Client::new(options).expect("a client")).await.expect("an answer");
    let request = proxy.request();
    assert_eq!(request.line(), "POST http://studio.invalid/api3/json HTTP/1.1");
    // base64 of jane:pr0xy
    assert!(
        request.head.contains("proxy-authorization: Basic amFuZTpwcjB4eQ==\r\n"),
        "{}",
        request.head
    );
}

#[tokio::test]
async fn a_proxy_is_tunnelled_through_to_an_encrypted_site() {
    let proxy = TestServer::start(vec![Reply::results("{}")]).await;
    let mut options = options("https://studio.invalid");
    options.proxy = Some(ProxyUrl::parse(&proxy.url()).expect("a proxy"));
    options.ca_certificates = vec![test_tls().ca_pem.clone().into_bytes()];
    read(&Client::new(options).expect("a client")).await.expect("an answer");
    let requests = proxy.requests();
    let lines: Vec<&str> = requests.iter().map(|request| request.line()).collect();
    assert_eq!(lines, ["CONNECT studio.invalid:443 HTTP/1.1", "POST /api3/json HTTP/1.1"]);
}

#[tokio::test]
async fn a_proxy_that_is_not_there_leaves_nothing_in_doubt() {
    let url = closed_port().await;
    let mut options = options("https://studio.invalid");
    options.proxy = Some(ProxyUrl::parse(&url).expect("a proxy"));
    let error = write(&Client::new(options).expect("a client")).await.expect_err("no proxy");
    assert!(error.was_certainly_not_sent() && error.is_transient(), "{error}");
}

#[test]
fn what_can_be_printed_tells_no_key() {
    let client = Client::new(options("http://127.0.0.1:1")).expect("a client");
    let printed = format!("{client:?} {client:#?} {:?} {:#?}", caller(), caller());
    assert!(!printed.contains(KEY));
}

#[test]
fn calls_can_be_made_from_any_thread() {
    fn sendable<T: Send>(_: &T) {}
    let client = Client::new(options("http://127.0.0.1:1")).expect("a client");
    sendable(&read(&client));
    sendable(&write(&client));
}
