use super::SiteTime;

#[track_caller]
fn check(millis: i64, text: &str) {
    assert_eq!(SiteTime(millis).to_string(), text);
}

#[test]
fn moments_are_written_as_the_site_writes_them() {
    check(0, "1970-01-01T00:00:00Z");
    check(-1, "1969-12-31T23:59:59Z");
    check(951_782_399_999, "2000-02-28T23:59:59Z");
    check(951_782_400_000, "2000-02-29T00:00:00Z");
    check(951_868_800_000, "2000-03-01T00:00:00Z");
    check(1_769_853_600_000, "2026-01-31T10:00:00Z");
    check(4_107_542_400_000, "2100-03-01T00:00:00Z");
}
