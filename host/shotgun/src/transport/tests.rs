use super::*;

#[track_caller]
fn check_retry_after(text: &str, expected_seconds: Option<u64>) {
    let now = "2026-01-31T10:00:00Z".parse().expect("a time");
    assert_eq!(parse_retry_after(text, now), expected_seconds.map(Duration::from_secs), "{text}");
}

#[test]
fn retry_after_is_read_as_seconds_and_as_a_date() {
    check_retry_after("120", Some(120));
    check_retry_after(" 0 ", Some(0));
    check_retry_after("Sat, 31 Jan 2026 10:01:30 GMT", Some(90));
    check_retry_after("Sat, 31 Jan 2026 09:00:00 GMT", Some(0));
    check_retry_after("soon", None);
    check_retry_after("-1", None);
    check_retry_after("", None);
}
