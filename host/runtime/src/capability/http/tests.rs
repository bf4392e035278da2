mod effects;
mod server;

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body_util::BodyExt as _;
use policy::Grants;
use policy::network::HeaderTemplate;
use shotgun::Secret;

use super::connect::tests::planned;
use super::*;
use crate::capability::CurrentGrants;
use crate::capability::tests::setup;
use crate::effect::EffectJournal;
use crate::refusals::RefusalTally;
use crate::refusals::tests::Warnings;
use server::Server;

/// A plugin with these lines; what else is to be changed, the caller changes.
fn granted(lines: &[String]) -> Setup {
    let http = lines.iter().map(|line| HttpGrant::new(line.parse().unwrap())).collect();
    with_grants(http)
}

fn with_grants(http: Vec<HttpGrant>) -> Setup {
    let grants = Grants { http, ..Grants::default() };
    Setup { grants: CurrentGrants::new(grants), ..setup() }
}

/// The way out of a plugin, in a call.
fn begun(setup: Setup, journal: Option<Arc<dyn EffectJournal>>) -> Http {
    let setup = Arc::new(setup);
    let ledger = Ledger::new(setup.limits.memory_bytes);
    let mut http = Http::new(setup, ledger, Refusals::default());
    http.begin(Phase::Handle, journal.map(|journal| Effects::new(Vec::new(), journal)));
    http
}

fn request(method: &str, url: &str, body: impl Into<Bytes>) -> Request<WasiBody> {
    Request::builder().method(method).uri(url).body(whole(body.into())).unwrap()
}

/// Sends a request and reads the answer to its end.
async fn send(http: &mut Http, request: Request<WasiBody>) -> Result<Response<Bytes>, Error> {
    let sent = http.outgoing.send_request(request, None, Box::new(async { Ok(()) }));
    let (answer, driver) = Box::into_pin(sent).await?;
    let driver = tokio::spawn(Box::into_pin(driver));
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes());
    driver.abort();
    let _ = driver.await;
    Ok(Response::from_parts(head, body?))
}

async fn get(http: &mut Http, url: &str) -> Result<Response<Bytes>, Error> {
    send(http, request("GET", url, "")).await
}

#[track_caller]
fn refused(answer: &Result<Response<Bytes>, Error>, expected: &str) {
    match answer {
        Ok(answer) => panic!("answered: {answer:?}"),
        Err(error) => assert_eq!(format!("{error:?}"), expected),
    }
}

#[tokio::test]
async fn nothing_goes_out_without_a_line() {
    let server = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await;
    let mut http = begun(granted(&[]), None);
    refused(&get(&mut http, &server.url("/")).await, "HttpRequestDenied");
    let mut http = begun(granted(&[format!("GET {}", server.url("/a/"))]), None);
    refused(&get(&mut http, &server.url("/b")).await, "HttpRequestDenied");
    refused(&send(&mut http, request("POST", &server.url("/a/"), "")).await, "HttpRequestDenied");
    assert_eq!(get(&mut http, &server.url("/a/x?y")).await.unwrap().body(), "hi");
    http.end().await;
    refused(&get(&mut http, &server.url("/a/")).await, "HttpRequestDenied");
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("GET /a/x?y HTTP/1.1\r\n"), "{requests:?}");
}

#[tokio::test]
async fn register_only_reads() {
    let server = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let mut http = begun(granted(&[format!("* {}", server.url("/"))]), None);
    http.end().await;
    http.begin(Phase::Register, None);
    assert!(get(&mut http, &server.url("/")).await.is_ok());
    refused(&send(&mut http, request("POST", &server.url("/"), "")).await, "HttpRequestDenied");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_looked_up_once_for_each_request() {
    let server = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let url = format!("http://a.example.com:{}/", server.port());
    let mut setup = granted(&[format!("GET {url} via 127.0.0.1")]);
    setup.connector =
        Connector::new(planned(&[&["127.0.0.1"], &["127.0.0.2"], &["127.0.0.1"]]), &[]);
    let mut http = begun(setup, None);
    assert!(get(&mut http, &url).await.is_ok());
    refused(&get(&mut http, &url).await, "DestinationIpProhibited");
    assert!(get(&mut http, &url).await.is_ok(), "each request took one answer of the plan");
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].contains(&format!("\r\nhost: a.example.com:{}\r\n", server.port())));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_what_follows_it_is_decided_anew() {
    let secret = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let redirect = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        secret.url("/metadata")
    );
    let open = Server::start(&redirect).await;
    let mut http = begun(granted(&[format!("GET {}", open.url("/"))]), None);
    let answer = get(&mut http, &open.url("/")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
    let location = answer.headers()[header::LOCATION].to_str().unwrap();
    refused(&get(&mut http, location).await, "HttpRequestDenied");
    assert!(secret.requests().is_empty());
}

/// A plugin whose first line puts a secret in, and whose second does not.
fn with_secret(secret_to: &str, open_to: &str) -> Setup {
    let mut with_secret = HttpGrant::new(format!("* {secret_to}").parse().unwrap());
    let template = HeaderTemplate::parse("Bearer {slack}").unwrap();
    with_secret.headers.push(("authorization".to_owned(), template));
    let mut setup =
        with_grants(vec![with_secret, HttpGrant::new(format!("* {open_to}").parse().unwrap())]);
    setup.secrets.insert("slack".to_owned(), Secret::new("canary-5f1e"));
    setup
}

#[tokio::test]
async fn a_secret_goes_to_its_destination_and_is_read_by_nobody_else() {
    let echo = Server::echo().await;
    let other = Server::echo().await;
    let mut http = begun(with_secret(&echo.url("/in/"), &other.url("/")), None);
    let mut asking = request("GET", &echo.url("/in/x"), "");
    asking.headers_mut().insert("authorization", "Bearer guessed".parse().unwrap());
    asking.headers_mut().append("authorization", "Bearer twice".parse().unwrap());
    asking.headers_mut().insert("accept-encoding", "gzip".parse().unwrap());
    let answer = send(&mut http, asking).await.unwrap();
    let sent = &echo.requests()[0];
    assert!(sent.contains("authorization: Bearer canary-5f1e\r\n"), "{sent}");
    assert!(
        !sent.contains("guessed") && !sent.contains("twice") && !sent.contains("gzip"),
        "{sent}"
    );
    let said = format!("{answer:?}");
    assert!(said.contains("Bearer ***********") && !said.contains("canary"), "{said}");
    // Another destination gets what the guest itself sends.
    let mut asking = request("GET", &other.url("/"), "");
    asking.headers_mut().insert("authorization", "Bearer guessed".parse().unwrap());
    send(&mut http, asking).await.unwrap();
    assert!(other.requests()[0].contains("Bearer guessed"), "{:?}", other.requests());
}

#[tokio::test]
async fn each_limit_is_an_error_of_its_own_and_is_counted() {
    let server = Server::start(&format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n{}",
        "x".repeat(1001)
    ))
    .await;
    let silent = Server::silent().await;
    let warnings = Warnings::listen();
    let lines = [format!("* {}", server.url("/")), format!("GET {}", silent.url("/"))];
    let mut setup = granted(&lines);
    setup.limits.http_requests = 6;
    let mut http = begun(setup, None);
    refused(&get(&mut http, &server.url("/")).await, "HttpResponseBodySize(Some(1000))");
    let large = request("POST", &server.url("/"), vec![0; 1001]);
    refused(&send(&mut http, large).await, "HttpRequestBodySize(Some(1000))");
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let asked = request("GET", &silent.url("/"), "");
        let sent = http.outgoing.send_request(asked, None, Box::new(async { Ok(()) }));
        waiting.push(tokio::spawn(Box::into_pin(sent)));
    }
    refused(&get(&mut http, &server.url("/")).await, "ConnectionLimitReached");
    refused(&get(&mut http, &server.url("/")).await, "ConnectionLimitReached");
    let refusals = http.outgoing.refusals.clone();
    http.end().await;
    let expected = [
        ("http_answer_bytes", 1),
        ("http_connections", 1),
        ("http_request_bytes", 1),
        ("http_requests", 1),
    ];
    assert_eq!(refusals.end("test", None, &RefusalTally::default()), BTreeMap::from(expected));
    for (limit, _) in expected {
        assert_eq!(warnings.about(limit).len(), 1, "{limit}");
    }
}

#[tokio::test]
async fn bodies_that_the_host_keeps_count_as_the_guests_memory() {
    let server = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let mut setup = granted(&[format!("* {}", server.url("/"))]);
    setup.limits.memory_bytes = 500;
    let mut http = begun(setup, None);
    let large = request("POST", &server.url("/"), vec![0; 501]);
    refused(&send(&mut http, large).await, "HttpRequestBodySize(None)");
    for _ in 0..3 {
        let small = request("POST", &server.url("/"), vec![0; 500]);
        assert!(send(&mut http, small).await.is_ok(), "what was given back can be used again");
    }
    assert_eq!(http.outgoing.ledger.left(), 500);
}

/// The end of a call ends what is on its way: at the server, the connection is closed.
#[tokio::test]
async fn the_end_of_a_call_cuts_off_what_is_on_its_way() {
    let silent = Server::silent().await;
    let mut http = begun(granted(&[format!("GET {}", silent.url("/"))]), None);
    let asked = request("GET", &silent.url("/"), "");
    let sent = http.outgoing.send_request(asked, None, Box::new(async { Ok(()) }));
    let waiting = tokio::spawn(Box::into_pin(sent));
    silent.wait_for_requests(1).await;
    let ending = tokio::time::timeout(Duration::from_secs(10), http.end());
    ending.await.expect("it waits for nothing but what it cut off");
    assert!(matches!(waiting.await.unwrap().err(), Some(Error::ConnectionTerminated)));
    silent.wait_until_closed(1).await;
}

/// A body that comes by drops is cut off as well, though its beginning was handed over long ago.
#[tokio::test]
async fn the_end_of_a_call_cuts_off_a_body_that_never_ends() {
    let dripping = Server::dripping().await;
    let mut http = begun(granted(&[format!("GET {}", dripping.url("/"))]), None);
    let asked = request("GET", &dripping.url("/"), "");
    let sent = http.outgoing.send_request(asked, None, Box::new(async { Ok(()) }));
    let (answer, driver) = Box::into_pin(sent).await.unwrap();
    let driver = tokio::spawn(Box::into_pin(driver));
    let mut body = answer.into_body();
    assert!(body.frame().await.unwrap().is_ok());
    tokio::time::timeout(Duration::from_secs(10), http.end()).await.expect("it is cut off");
    driver.await.unwrap().unwrap();
    while let Some(frame) = body.frame().await {
        if frame.is_err() {
            break;
        }
    }
    dripping.wait_until_closed(1).await;
}

#[tokio::test]
async fn an_encrypted_host_must_prove_who_it_is() {
    let (server, ca) = Server::encrypted("a.example.com").await;
    let url = format!("https://a.example.com:{}/", server.port());
    let other_url = format!("https://b.example.com:{}/", server.port());
    let lines = [format!("GET {url} via 127.0.0.1"), format!("GET {other_url} via 127.0.0.1")];
    let mut trusting = granted(&lines);
    trusting.connector = Connector::new(planned(&[&["127.0.0.1"]]), &[ca]);
    let mut http = begun(trusting, None);
    assert_eq!(get(&mut http, &url).await.unwrap().body(), "hi");
    refused(&get(&mut http, &other_url).await, "TlsCertificateError");
    let mut doubting = granted(&lines);
    doubting.connector = Connector::new(planned(&[&["127.0.0.1"]]), &[]);
    refused(&get(&mut begun(doubting, None), &url).await, "TlsCertificateError");
}

/// Where no host is to be reached, what is granted is answered in its place, with all that the host puts in; the rest gets no further.
#[tokio::test]
async fn what_is_granted_is_answered_in_the_place_of_its_host() {
    let asked: Arc<Mutex<Vec<HttpRequest>>> = Arc::default();
    let kept = asked.clone();
    let answering: HttpAnswering = Arc::new(move |request| {
        kept.lock().unwrap().push(request.clone());
        let headers = vec![("x-from".to_owned(), "stand-in".to_owned())];
        let body = request.body;
        (!body.is_empty()).then_some(HttpAnswer { status: 201, headers, body })
    });
    let line = "POST https://hooks.example.com:8443/a/".parse().unwrap();
    let token = HeaderTemplate::parse("Bearer {token}").unwrap();
    let grant =
        HttpGrant { headers: vec![("authorization".to_owned(), token)], ..HttpGrant::new(line) };
    let secrets = [("token".to_owned(), Secret::new("canary"))].into();
    let connector = Connector::answered_by(answering);
    let mut http = begun(Setup { connector, secrets, ..with_grants(vec![grant]) }, None);
    let url = "https://hooks.example.com:8443/a/b?c";
    let answer = send(&mut http, request("POST", url, "body")).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (201, &b"body"[..]));
    assert_eq!(answer.headers()["x-from"], "stand-in");
    let HttpRequest { method, url: asked_url, headers, body } = asked.lock().unwrap().remove(0);
    assert_eq!((method.as_str(), asked_url.as_str(), &body[..]), ("POST", url, &b"body"[..]));
    let token = headers.iter().find(|(name, _)| name == "authorization");
    assert_eq!(token.unwrap().1, "Bearer canary");
    refused(&send(&mut http, request("PUT", url, "body")).await, "HttpRequestDenied");
    let elsewhere = "https://hooks.example.com/a/b";
    refused(&send(&mut http, request("POST", elsewhere, "body")).await, "HttpRequestDenied");
    assert_eq!(asked.lock().unwrap().len(), 0);
    refused(&send(&mut http, request("POST", url, "")).await, "ConnectionTerminated");
    assert_eq!(asked.lock().unwrap().len(), 1);
}
