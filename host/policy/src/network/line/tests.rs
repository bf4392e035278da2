use super::*;

fn line(text: &str) -> Line {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn lines_are_shown_as_they_are_read() {
    for text in [
        "GET,POST https://hooks.example.com/services/",
        "* http://a.example.com:8080/",
        "GET https://*.a.example.com/x",
        "GET http://127.0.0.1/",
        "GET http://[::1]:8080/a/b",
        "GET http://[10.1.0.0/16]:9000/",
        "GET http://[fd00::/8]/",
        "GET https://git.studio/ via 10.1.0.0/16,fd00:1::7",
        "GET https://a.example.com/caf%C3%A9/",
    ] {
        assert_eq!(line(text).to_string(), text);
    }
    assert_eq!(
        line("POST,GET  HTTPS://A.example.com:443").to_string(),
        "GET,POST https://a.example.com/"
    );
}

#[test]
fn what_is_no_line_is_refused_for_its_reason() {
    use LineError::*;
    let cases = [
        ("", Shape),
        ("https://a.example.com/", Shape),
        ("GET a.example.com", Shape),
        ("GET https://a.example.com/ through 10.0.0.0/8", Shape),
        ("get https://a.example.com/", Method),
        ("GET, https://a.example.com/", Method),
        ("CONNECT https://a.example.com/", RefusedMethod("CONNECT".to_owned())),
        ("GET,TRACE https://a.example.com/", RefusedMethod("TRACE".to_owned())),
        ("GET ftp://a.example.com/", Address(TargetError::Scheme)),
        ("GET https://u:p@a.example.com/", Address(TargetError::UserInfo)),
        ("GET https:///x", Address(TargetError::NoHost)),
        ("GET https://a.example.com./", Address(TargetError::HostName)),
        ("GET https://b\u{fc}cher.example/", Address(TargetError::HostName)),
        ("GET http://127.1/", Address(TargetError::HostAddress)),
        ("GET http://[fe80::1%eth0]/", Address(TargetError::HostAddress)),
        ("GET https://a.example.com:0/", Address(TargetError::Port)),
        ("GET https://a.example.com:65536/", Address(TargetError::Port)),
        ("GET https://*/", Wildcard),
        ("GET https://*.com/", Wildcard),
        ("GET https://a.*.example.com/", Wildcard),
        ("GET https://*.1.2/", Wildcard),
        ("GET https://a.example.com/a/../b", Path),
        ("GET https://a.example.com/a//b", Path),
        ("GET https://a.example.com/%2e%2e/", Path),
        ("GET https://a.example.com/a%2fb", Path),
        ("GET https://a.example.com/a?b", Path),
        ("GET https://a.example.com/ via", Network),
        ("GET https://a.example.com/ via 10.0.0.1/8", Network),
        ("GET https://a.example.com/ via 10.0.0.0/33", Network),
        ("GET https://a.example.com/ via 10.0.0.0/8, 11.0.0.0/8", Network),
        ("GET http://[10.0.0.1/8]/", Network),
        ("GET http://10.0.0.1/ via 10.0.0.0/8", NeedlessVia),
    ];
    for (text, error) in cases {
        assert_eq!(text.parse::<Line>(), Err(error), "{text}");
    }
}

const LINES: [&str; 22] = [
    "GET https://a.example.com/",
    "GET,POST https://a.example.com/",
    "POST https://a.example.com/api",
    "* https://a.example.com/api/",
    "* https://a.example.com/api/v1",
    "GET http://a.example.com/",
    "GET https://a.example.com:8443/",
    "GET https://*.example.com/",
    "* https://*.a.example.com/",
    "GET https://b.a.example.com/",
    "PUT https://*.b.a.example.com/x",
    "GET http://10.1.2.3/",
    "GET http://[10.1.0.0/16]/",
    "GET,PUT http://[10.0.0.0/8]/api",
    "GET http://[::1]/",
    "GET https://a.example.com/ via 10.1.0.0/16",
    "GET https://a.example.com/ via 10.0.0.0/8",
    "* https://*.example.com/ via 10.1.2.0/24,fd00::/8",
    "GET https://a.example.com/ via 192.168.0.0/16",
    "GET https://a.example.com/caf%C3%A9",
    "GET https://a.example.com/api/v1/x via 10.1.2.3",
    "POST,PUT,DELETE https://*.example.com/api",
];

const URLS: [&str; 16] = [
    "https://a.example.com/",
    "https://a.example.com/api",
    "https://a.example.com/api/v1/x",
    "https://a.example.com/api/../x",
    "https://a.example.com/apix",
    "https://a.example.com:8443/api/v1",
    "http://a.example.com/api",
    "https://b.a.example.com/x",
    "https://c.b.a.example.com/x",
    "https://example.com/",
    "http://10.1.2.3/api",
    "http://10.2.2.3/api",
    "http://[::1]/",
    "http://[::ffff:10.1.2.3]/",
    "https://a.example.com/caf%c3%a9/x",
    "https://a.example.com/caf%C3%A9/%2e%2e/",
];

const ADDRESSES: [&str; 7] = [
    "93.184.215.14",
    "10.1.2.3",
    "10.1.9.9",
    "10.9.9.9",
    "192.168.1.1",
    "fd00::7",
    "::ffff:10.1.2.3",
];

/// What two lines allow together is what each of them allows: an operator's line is never widened by what is asked for.
#[test]
fn the_meet_of_two_lines_allows_what_both_allow() {
    let mut met = 0;
    for (one, other) in LINES.iter().flat_map(|one| LINES.iter().map(move |other| (one, other))) {
        let (own, held) = (line(one), line(other));
        let both = own.meet(&held);
        met += usize::from(both.is_some());
        for (method, url) in ["GET", "POST", "PUT", "TRACE"]
            .into_iter()
            .flat_map(|method| URLS.map(|url| (method, Target::parse(url).unwrap())))
        {
            let allowed = both.as_ref().is_some_and(|both| both.allows(method, &url));
            let expected = own.allows(method, &url) && held.allows(method, &url);
            // Of two lines with networks, one may leave nothing of the other.
            assert!(
                allowed == expected
                    || (both.is_none() && !own.via.is_empty() && !held.via.is_empty()),
                "{one} and {other}: {method} {url:?}"
            );
        }
        let Some(both) = both else { continue };
        for address in ADDRESSES.map(|address| address.parse().unwrap()) {
            let (own_admits, held_admits) = (own.admits(address), held.admits(address));
            let expected = match (own.via.is_empty(), held.via.is_empty()) {
                (true, false) => held_admits,
                (false, true) => own_admits,
                _ => own_admits && held_admits,
            };
            assert_eq!(both.admits(address), expected, "{one} and {other}: {address}");
        }
        assert!(both.is_within(&own) && both.is_within(&held), "{one} and {other}: {both}");
    }
    assert!(met > 60, "{met} pairs have something in common");
}

#[test]
fn a_line_is_within_one_that_allows_no_less() {
    let within = |one: &str, other: &str| line(one).is_within(&line(other));
    assert!(within("GET https://a.example.com/x/", "GET,POST https://*.example.com/"));
    assert!(within("GET http://10.1.2.3/", "* http://[10.1.0.0/16]/"));
    assert!(within("GET https://a.example.com/", "GET https://a.example.com/ via 10.0.0.0/8"));
    assert!(!within("GET,PUT https://a.example.com/", "GET https://a.example.com/"));
    assert!(!within("* https://a.example.com/", "GET,PUT,POST,DELETE https://a.example.com/"));
    assert!(!within("GET https://*.example.com/", "GET https://a.example.com/"));
    assert!(!within("GET https://a.example.com/", "GET https://a.example.com/x"));
    assert!(!within(
        "GET https://a.example.com/ via 10.0.0.0/8",
        "GET https://a.example.com/ via 10.1.0.0/16"
    ));
}

#[test]
fn the_difference_is_what_is_missing_down_to_the_method() {
    let lines = |texts: &[&str]| texts.iter().map(|text| line(text)).collect::<Vec<_>>();
    let held = lines(&["GET https://*.example.com/", "POST https://a.example.com/hooks/"]);
    let wanted = lines(&[
        "GET,POST https://a.example.com/hooks/x",
        "GET,PUT https://a.example.com/",
        "GET https://b.other.com/",
    ]);
    let missing = difference(&wanted, &held);
    assert_eq!(missing, lines(&["PUT https://a.example.com/", "GET https://b.other.com/"]));
    assert_eq!(difference(&held, &held), []);
}
