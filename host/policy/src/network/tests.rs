use std::net::IpAddr;

use super::*;
use crate::Phase;

/// What is granted in the table below.
const GRANTED: [&str; 8] = [
    "GET,POST https://hooks.example.com/services/",
    "GET https://*.wild.example.com/",
    "GET http://127.0.0.1:8080/",
    "GET http://[2001:db8::7]/",
    "GET http://[10.1.0.0/16]:9000/api",
    "* https://every.example.com/a/",
    "GET https://xn--bcher-kva.example.com/",
    "GET https://caf.example.com/caf%C3%A9/",
];

/// Requests, as a guest's library could make them out of a URL, and whether they are allowed.
const TRICKS: &str = "
yes GET  https://hooks.example.com/services/T0/B0
yes POST https://hooks.example.com/services/
yes POST https://hooks.example.com:443/services/x
yes POST https://HOOKS.Example.COM/services/x
yes POST HTTPS://hooks.example.com/services/x
yes POST https://hooks.example.com/services/a%20b?q=/../..
yes POST https://hooks.example.com/services/a/../b
no  PUT  https://hooks.example.com/services/x
no  post https://hooks.example.com/services/x
no  GET  http://hooks.example.com/services/x
no  GET  http://hooks.example.com:443/services/x
no  GET  https://hooks.example.com:8443/services/x
no  GET  https://hooks.example.com:0443/services/x
no  GET  https://hooks.example.com:/services/x
no  GET  https://hooks.example.com:443@evil.example/services/x
no  GET  https://hooks.example.com@evil.example/services/x
no  GET  https://user:secret@hooks.example.com/services/x
no  GET  https://hooks.example.com%2f@evil.example/services/x
no  GET  https://hooks.example.com./services/x
no  GET  https://hooks.example.com.evil.example/services/x
no  GET  https://evilhooks.example.com/services/x
no  GET  https://hooks.example.com\\@evil.example/services/x
no  GET  https://evil.example\\hooks.example.com/services/x
no  GET  https://evil.example#hooks.example.com/services/x
no  GET  https://evil.example?hooks.example.com/services/x
no  GET  https://hooks%2eexample.com/services/x
no  GET  https://hooks.example.com\u{3002}evil/services/x
no  GET  https://h\u{43e}oks.example.com/services/x
no  GET  https://hooks.example.com\u{ff0f}services/x
no  GET  ftp://hooks.example.com/services/x
no  GET  file:///services/x
no  GET  //hooks.example.com/services/x
no  GET  https:///services/x
no  GET  https://hooks.example.com/
no  GET  https://hooks.example.com/services
no  GET  https://hooks.example.com/servicesx/y
no  GET  https://hooks.example.com/SERVICES/x
no  GET  https://hooks.example.com//services/x
no  GET  https://hooks.example.com/services/../admin
no  GET  https://hooks.example.com/services/x/../../admin
no  GET  https://hooks.example.com/services/..
no  GET  https://hooks.example.com/services/%2e%2e/admin
no  GET  https://hooks.example.com/services/.%2E/admin
no  GET  https://hooks.example.com/services%2f..%2fadmin
no  GET  https://hooks.example.com/services/%2e%2e%2fadmin
no  GET  https://hooks.example.com/services/%252e%252e/admin
no  GET  https://hooks.example.com/services/%25252e%25252e%25252fadmin
no  GET  https://hooks.example.com/services/%2525252e%2525252e/admin
no  GET  https://hooks.example.com/services/..\\admin
no  GET  https://hooks.example.com/services/..%5cadmin
no  GET  https://hooks.example.com/services/..;/admin
no  GET  https://hooks.example.com/services/..;x=y/admin
no  GET  https://hooks.example.com/services/x#y
no  GET  https://hooks.example.com/services/x y
yes GET  https://hooks.example.com/services/group%2Fname
yes GET  https://hooks.example.com/services/a;b=c/d
yes GET  https://hooks.example.com/services/100%25
yes GET  https://a.wild.example.com/anything/../else
yes GET  https://a.b.wild.example.com/
no  GET  https://wild.example.com/
no  GET  https://.wild.example.com/
no  GET  https://awild.example.com/
no  GET  https://a..wild.example.com/
no  GET  https://*.wild.example.com/
yes GET  http://127.0.0.1:8080/x
no  GET  http://127.0.0.1/x
no  GET  http://127.0.0.1:80/x
no  GET  http://localhost:8080/x
no  GET  http://127.1:8080/x
no  GET  http://2130706433:8080/x
no  GET  http://0177.0.0.1:8080/x
no  GET  http://0x7f000001:8080/x
no  GET  http://0x7f.0.0.1:8080/x
no  GET  http://127.0.0.1.:8080/x
no  GET  http://127.0.0.01:8080/x
no  GET  http://[::ffff:127.0.0.1]:8080/x
no  GET  http://[::1]:8080/x
yes GET  http://[2001:db8::7]/x
yes GET  http://[2001:DB8:0:0::7]:80/x
no  GET  http://[2001:db8::7%25eth0]/x
no  GET  http://[2001:db8::7%eth0]/x
no  GET  http://2001:db8::7/x
no  GET  http://[2001:db8::7]x/x
yes GET  http://10.1.2.3:9000/api/x
yes GET  http://10.1.255.255:9000/api
no  GET  http://10.2.0.1:9000/api/x
no  GET  http://10.1.2.3:9000/apix
no  GET  http://169.254.169.254/latest/meta-data/
yes PATCH https://every.example.com/a/b
no  CONNECT https://every.example.com/a/b
no  TRACE https://every.example.com/a/b
no  trace https://every.example.com/a/b
yes GET  https://xn--bcher-kva.example.com/
no  GET  https://b\u{fc}cher.example.com/
yes GET  https://caf.example.com/caf%c3%a9/x
no  GET  https://caf.example.com/cafe/x
";

fn granted() -> Vec<HttpGrant> {
    GRANTED.iter().map(|line| HttpGrant::new(line.parse().unwrap())).collect()
}

#[test]
fn every_trick_is_decided_as_written() {
    let granted = granted();
    let mut count = 0;
    for trick in TRICKS.lines().filter(|line| !line.is_empty()) {
        let (expected, rest) = trick.split_once(' ').unwrap();
        let (method, url) = rest.trim_start().split_once(' ').unwrap();
        let decided =
            Target::parse(url.trim_start()).map_err(HttpRefusal::from).and_then(|target| {
                decide("p", Phase::Handle, &granted, None, method, &target).map(drop)
            });
        assert_eq!(decided.is_ok(), expected == "yes", "{trick}: {decided:?}");
        count += 1;
    }
    assert!(count >= 90, "no trick got lost: {count}");
}

#[test]
fn a_path_is_looked_at_only_as_far_as_a_line_is_about_it() {
    let whole: Line = "GET https://a.example.com/".parse().unwrap();
    for path in ["/", "/a/../..", "/%2e%2e%2f", "/..;/", "/a\\b"] {
        let target = Target::new("https", "a.example.com", path).unwrap();
        assert!(whole.allows("GET", &target), "{path}");
    }
}

#[test]
fn phases_bound_what_is_granted() {
    let granted = granted();
    let target = Target::parse("https://hooks.example.com/services/x").unwrap();
    let decided = |phase, method| decide("p", phase, &granted, None, method, &target);
    assert!(decided(Phase::Handle, "POST").is_ok());
    assert!(decided(Phase::Register, "GET").is_ok());
    assert!(matches!(decided(Phase::Register, "POST"), Err(HttpRefusal::ChangeInRegister { .. })));
    assert!(matches!(decided(Phase::Outside, "GET"), Err(HttpRefusal::Outside { .. })));
}

/// The refusal leads to the line to write, and repeats neither path nor query.
#[test]
fn refusals_say_what_to_write_and_nothing_more() {
    let granted = granted();
    let refused = |method: &str, url: &str| {
        let target = Target::parse(url).unwrap();
        decide("p", Phase::Handle, &granted, None, method, &target).unwrap_err().to_string()
    };
    assert_eq!(
        refused("POST", "https://evil.example:8443/canary?canary"),
        "cannot POST https://evil.example:8443: nothing granted allows it; write http = [\"POST \
         https://evil.example:8443/\"] under [plugin.p.grant], with as much of the path as the plugin needs"
    );
    assert_eq!(
        refused("GET", "https://hooks.example.com/canary"),
        "cannot GET https://hooks.example.com: the method or the path is outside of what is granted, \"GET,POST \
         https://hooks.example.com/services/\"; write another line in `http` under [plugin.p.grant]"
    );
    let odd = refused("CANARY-canary-CANARY-canary", "https://evil.example/");
    assert!(!odd.contains("CANARY"), "{odd}");
}

#[test]
fn a_line_admits_the_addresses_that_it_names() {
    let admits = |line: &str, address: &str| {
        line.parse::<Line>().unwrap().admits(address.parse::<IpAddr>().unwrap())
    };
    assert!(admits("GET https://a.example.com/", "93.184.215.14"));
    assert!(!admits("GET https://a.example.com/", "10.1.2.3"));
    assert!(!admits("GET https://*.a.example.com/", "127.0.0.1"));
    let via = "GET https://a.example.com/ via 10.1.0.0/16,fd00:1::/32";
    assert!(admits(via, "10.1.2.3") && admits(via, "fd00:1::7") && admits(via, "::ffff:10.1.2.3"));
    assert!(!admits(via, "10.2.2.3") && !admits(via, "169.254.169.254"));
    assert!(!admits(via, "93.184.215.14"), "a line that names networks means those");
    assert!(
        admits("GET http://127.0.0.1/", "127.0.0.1")
            && !admits("GET http://127.0.0.1/", "127.0.0.2")
    );
    assert!(admits("GET http://[10.1.0.0/16]/", "10.1.9.9"));
}

#[test]
fn headers_hold_secrets_by_name() {
    let template = HeaderTemplate::parse("Bearer {slack}{{x}}").unwrap();
    assert_eq!(template.secrets().collect::<Vec<_>>(), ["slack"]);
    let render = |secret| template.render(|name| (name == "slack").then_some(secret));
    assert_eq!(render("canary").unwrap(), "Bearer canary{x}");
    assert_eq!(template.render(|_| None), None);
    assert!(!format!("{:?}", HeaderTemplate::parse("canary {a}").unwrap()).contains("canary"));
    for (text, error) in [
        ("{", HeaderError::Brace),
        ("a}", HeaderError::Brace),
        ("{a{b}", HeaderError::Brace),
        ("{}", HeaderError::NoName),
        ("a\nb", HeaderError::Value),
        ("\u{e9}", HeaderError::Value),
    ] {
        assert_eq!(HeaderTemplate::parse(text).unwrap_err(), error, "{text}");
    }
    assert_eq!(check_header_name("x-api-key"), Ok(()));
    assert_eq!(check_header_name("Host"), Err(HeaderError::Reserved));
    assert_eq!(check_header_name("a b"), Err(HeaderError::Name));
}
