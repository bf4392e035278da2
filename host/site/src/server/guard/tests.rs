use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::{is_own, refusal};
use crate::server::tests::{Client, site};

#[track_caller]
fn check(method: Method, headers: &[(&str, &str)], refused: bool) {
    let map: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            (
                name.parse::<HeaderName>().expect("a name of a header"),
                value.parse::<HeaderValue>().expect("a value of a header"),
            )
        })
        .collect();
    let reason = refusal(&method, &map);
    assert_eq!(reason.is_some(), refused, "{method} {headers:?}: {reason:?}");
}

#[test]
fn what_no_browser_sends_passes() {
    check(Method::POST, &[("host", "127.0.0.1:8080")], false);
    check(Method::POST, &[("host", "localhost:8080"), ("content-type", "text/plain")], false);
    check(Method::GET, &[("host", "workstation-7:8080")], false);
    check(Method::POST, &[("host", "[::1]:8080")], false);
    check(Method::POST, &[("host", "workstation.local:8080")], false);
}

#[test]
fn the_sites_own_page_passes() {
    let own = [
        ("host", "127.0.0.1:80"),
        ("origin", "http://127.0.0.1:80"),
        ("sec-fetch-site", "same-origin"),
    ];
    check(Method::POST, &own, false);
    check(Method::POST, &[("host", "Station:80"), ("origin", "http://station:80")], false);
    check(Method::GET, &[("host", "localhost:80"), ("sec-fetch-site", "cross-site")], false);
}

#[test]
fn other_pages_are_refused() {
    check(Method::POST, &[("host", "127.0.0.1:80"), ("origin", "http://evil.example")], true);
    check(Method::POST, &[("host", "127.0.0.1:80"), ("origin", "null")], true);
    check(Method::POST, &[("host", "127.0.0.1:80"), ("origin", "http://127.0.0.1:81")], true);
    check(Method::POST, &[("host", "127.0.0.1:80"), ("sec-fetch-site", "cross-site")], true);
    check(Method::POST, &[("host", "127.0.0.1:80"), ("sec-fetch-site", "same-site")], true);
    check(Method::DELETE, &[("host", "127.0.0.1:80"), ("origin", "http://evil.example")], true);
}

/// The name of the other page points to this machine: to the browser it is one and the same site.
#[test]
fn a_public_name_of_this_machine_is_refused_even_for_reading() {
    for host in [
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "",
        "evil.example.",
    ] {
        check(Method::GET, &[("host", host)], true);
        let origin = format!("http://{host}");
        check(
            Method::POST,
            &[("host", host), ("origin", &origin), ("sec-fetch-site", "same-origin")],
            true,
        );
    }
    check(Method::GET, &[], true);
}

#[test]
fn the_api_is_not_looked_at() {
    assert!(is_own("/") && is_own("/cuebox/faults") && is_own("/cuebox/page/app.js"));
    assert!(!is_own("/api3/json") && !is_own("/upload/upload_file") && !is_own("/cueboxes"));
}

#[tokio::test]
async fn a_refused_order_changes_nothing_and_is_told_why() {
    let (site, _production) = site().await;
    let mut client = Client::connect(site.address()).await;
    let body = r#"{"rules": [{"fault": {"kind": "html"}}]}"#;
    let post = |headers: &str| {
        format!(
            "POST /cuebox/faults HTTP/1.1\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    for headers in [
        "host: 127.0.0.1\r\norigin: http://evil.example\r\n",
        "host: evil.example\r\norigin: http://evil.example\r\n",
    ] {
        let refused = client.exchange(post(headers).as_bytes()).await.expect("it answers");
        assert_eq!(refused.status, 403, "{headers}");
        assert!(refused.body.contains("evil.example"), "{}", refused.body);
        assert_eq!(site.faults(), []);
    }
    let taken = client.exchange(post("host: 127.0.0.1\r\n").as_bytes()).await.expect("it answers");
    assert_eq!((taken.status, site.faults().len()), (200, 1));
}
