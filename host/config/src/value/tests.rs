use std::time::Duration;

use shotgun::SiteUrl;

use super::{duration, is_loopback, log_filter, show_duration, show_size, size};

#[test]
fn times() {
    for (text, millis) in [
        ("0ms", 0),
        ("250ms", 250),
        ("3s", 3000),
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        (" 1h 30m ", 5_400_000),
        ("24h", 86_400_000),
        ("7d", 604_800_000),
        ("2 s", 2000),
    ] {
        assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
    }
    for text in [
        "",
        " ",
        "5",
        "m",
        "5 minutes",
        "-5s",
        "1.5s",
        "5S",
        "s5",
        "5m3",
        "99999999999999999999s",
        "99999999999999999d",
    ] {
        assert!(duration(text).is_err(), "{text:?}");
    }
}

#[test]
fn sizes() {
    for (text, bytes) in [
        ("0B", 0),
        ("80b", 80),
        ("8KiB", 8192),
        ("64 MiB", 64 << 20),
        ("1gib", 1 << 30),
        ("10MB", 10_000_000),
    ] {
        assert_eq!(size(text), Ok(bytes), "{text}");
    }
    for text in ["", "64", "MiB", "64M", "-1B", "1MiB2B", "1.5GiB", "99999999999999999GiB"] {
        assert!(size(text).is_err(), "{text:?}");
    }
}

#[test]
fn what_is_shown_can_be_read_again() {
    for millis in [0, 1, 250, 1000, 90_000, 3_600_000, 86_400_000, 86_400_001] {
        let time = Duration::from_millis(millis);
        assert_eq!(duration(&show_duration(time)), Ok(time));
        assert_eq!(size(&show_size(millis)), Ok(millis));
    }
    assert_eq!(show_duration(Duration::from_secs(90)), "90s");
    assert_eq!(show_size(256 << 20), "256MiB");
}

#[test]
fn this_machine() {
    let is_local = |text| is_loopback(&SiteUrl::parse(text).expect("an address"));
    for text in ["http://localhost", "http://127.0.0.1:1", "http://[::1]", "http://[::1]:8080"] {
        assert!(is_local(text), "{text}");
    }
    for text in
        ["http://a.example", "http://10.0.0.1:80", "http://[fe80::1]", "http://localhost.example"]
    {
        assert!(!is_local(text), "{text}");
    }
}

#[test]
fn log_filters() {
    for text in ["info", "WARN", "off", "info,plugin=debug", "warn, runtime=trace"] {
        assert!(log_filter(text).is_ok(), "{text}");
    }
    for text in ["", "inof", "info,", "plugin", "info,plugin=loud", "20"] {
        assert!(log_filter(text).is_err(), "{text:?}");
    }
}
