use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn check_site(text: &str, expected: Expect) {
    let answer = match SiteUrl::parse(text) {
        Ok(site) => site.to_string(),
        Err(error) => format!("error: {error}"),
    };
    expected.assert_eq(&answer);
}

#[test]
fn a_site_is_scheme_host_and_port() {
    check_site("https://Studio.Example.com", expect!["https://studio.example.com"]);
    check_site(" http://127.0.0.1:8080/ ", expect!["http://127.0.0.1:8080"]);
    check_site("https://studio.example.com:443", expect!["https://studio.example.com"]);
}

#[test]
fn what_is_not_a_site_is_refused_with_the_reason() {
    check_site(
        "",
        expect![
            "error: not a url: relative URL without a base; expected one like https://studio.example.com"
        ],
    );
    check_site(
        "studio.example.com",
        expect![
            "error: not a url: relative URL without a base; expected one like https://studio.example.com"
        ],
    );
    check_site(
        "studio.example.com:8080",
        expect!["error: scheme `studio.example.com` is not http or https"],
    );
    check_site("ftp://studio.example.com", expect!["error: scheme `ftp` is not http or https"]);
    check_site(
        "https://",
        expect!["error: not a url: empty host; expected one like https://studio.example.com"],
    );
    check_site(
        "https://studio.example.com/api3",
        expect!["error: path `/api3` must be left out: a site is always at the root of its host"],
    );
    check_site(
        "https://h/?a=b",
        expect!["error: a query or fragment does not belong into the url"],
    );
    check_site(
        "https://h:99999",
        expect![
            "error: not a url: invalid port number; expected one like https://studio.example.com"
        ],
    );
}

#[test]
fn a_password_is_refused_and_not_repeated() {
    check_site(
        "https://jane:s3cret@studio.example.com",
        expect!["error: a user name or password does not belong into the url of a site"],
    );
}

#[test]
fn a_proxy_prints_without_its_password() {
    let proxy = ProxyUrl::parse("http://jane:s3cret@proxy:3128").expect("a proxy");
    assert_eq!(proxy.to_string(), "http://proxy:3128");
    assert_eq!(format!("{proxy:?}"), "ProxyUrl(http://proxy:3128)");
    assert_eq!(proxy.expose().password(), Some("s3cret"));
}

#[test]
fn only_the_same_origin_is_on_the_site() {
    let site = SiteUrl::parse("https://studio.example.com").expect("a site");
    let holds = |text: &str| site.holds(&Url::parse(text).expect("a url"));
    assert!(holds("https://studio.example.com/file_serve/attachment/1"));
    assert!(!holds("http://studio.example.com/"));
    assert!(!holds("https://studio.example.com:8443/"));
    assert!(!holds("https://studio.example.com.evil.test/"));
}
