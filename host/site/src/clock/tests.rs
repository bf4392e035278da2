use std::time::Duration;

use super::{Clock, ClockOrder, Tick, Timepiece, parse_moment, show_moment};
use crate::model::Now;

const MORNING: &str = "2026-03-01T08:00:00Z";

fn tick(seconds: u64) -> Tick {
    let wall = parse_moment("2026-02-01T00:00:00Z").expect("a moment");
    let elapsed = Duration::from_secs(seconds);
    Tick { wall: wall.plus(elapsed), elapsed }
}

fn morning() -> Now {
    parse_moment(MORNING).expect("a moment")
}

fn order(text: &str) -> ClockOrder {
    serde_json::from_str(text).expect("an order")
}

#[test]
fn a_moment_is_read_and_shown() {
    assert_eq!(show_moment(morning()), MORNING);
    assert_eq!(parse_moment("2026-03-01T09:00:00+01:00"), Ok(morning()));
    for wrong in ["2026-03-01", "yesterday", "1969-12-31T23:59:59Z", ""] {
        let error = parse_moment(wrong).expect_err("it is no moment").to_string();
        assert_eq!(
            error,
            format!("`time` is `{wrong}`; it must be a moment such as 2026-03-01T08:00:00Z")
        );
    }
}

#[test]
fn each_clock_goes_in_its_way() {
    let said = |clock, seconds| {
        show_moment(Timepiece::new(clock, Duration::from_secs(10)).now(tick(seconds)))
    };
    assert_eq!(said(Clock::Wall, 70), "2026-02-01T00:01:10Z");
    assert_eq!(said(Clock::Still(morning()), 70), MORNING);
    let fast = Clock::Running { from: morning(), speed: 60.0 };
    assert_eq!(said(fast, 70), "2026-03-01T09:00:00Z");
    assert_eq!(said(fast, 10), MORNING);
}

#[test]
fn a_clock_follows_orders() {
    let mut piece = Timepiece::new(Clock::Wall, Duration::ZERO);
    for (seconds, text, said, later) in [
        (0, "{}", "2026-02-01T00:00:00Z", "2026-02-01T00:00:01Z"),
        (0, r#"{"frozen": true}"#, "2026-02-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        (5, r#"{"advance_ms": 1500}"#, "2026-02-01T00:00:01.5Z", "2026-02-01T00:00:01.5Z"),
        (5, r#"{"time": "2026-03-01T08:00:00Z"}"#, MORNING, MORNING),
        (6, r#"{"speed": 60}"#, MORNING, "2026-03-01T08:01:00Z"),
        (7, r#"{"advance_ms": 1000}"#, "2026-03-01T08:01:01Z", "2026-03-01T08:02:01Z"),
        (7, r#"{"frozen": true}"#, "2026-03-01T08:01:01Z", "2026-03-01T08:01:01Z"),
        (9, r#"{"frozen": false}"#, "2026-03-01T08:01:01Z", "2026-03-01T08:01:02Z"),
    ] {
        piece.follow(&order(text), tick(seconds)).expect("the order can be followed");
        assert_eq!(show_moment(piece.now(tick(seconds))), said, "after {text}");
        assert_eq!(show_moment(piece.now(tick(seconds + 1))), later, "a second after {text}");
    }
}

#[test]
fn an_order_that_cannot_be_followed_changes_nothing() {
    let mut piece = Timepiece::new(Clock::Still(morning()), Duration::ZERO);
    for (text, reason) in [
        (
            r#"{"time": "2026-02-28T00:00:00Z"}"#,
            "`time` is 2026-02-28T00:00:00Z; the site's clock says 2026-03-01T08:00:00Z, and it never goes back",
        ),
        (
            r#"{"wall": true}"#,
            "`wall` is 2026-02-01T00:00:03Z; the site's clock says 2026-03-01T08:00:00Z, and it never goes back",
        ),
        (r#"{"wall": true, "speed": 2}"#, "`wall` does not go with another key"),
        (r#"{"frozen": true, "speed": 2}"#, "`frozen` does not go with `speed`"),
        (
            r#"{"speed": 0}"#,
            "`speed` is 0; it must be above 0 and at most 100000; `frozen` lets time stand still",
        ),
        (
            r#"{"time": "noon"}"#,
            "`time` is `noon`; it must be a moment such as 2026-03-01T08:00:00Z",
        ),
    ] {
        let error = piece.follow(&order(text), tick(3)).expect_err("it cannot be followed");
        assert_eq!(error.to_string(), reason);
        assert_eq!(piece.clock(), Clock::Still(morning()));
    }
    let unknown = serde_json::from_str::<ClockOrder>(r#"{"sped": 2}"#).expect_err("no such key");
    assert!(unknown.to_string().contains("`sped`"), "{unknown}");
}

#[test]
fn time_is_moved_on_and_never_back() {
    let mut still = Timepiece::new(Clock::Still(morning()), Duration::ZERO);
    still.move_to(Now(0), tick(5));
    assert_eq!(still.now(tick(5)), morning());
    still.move_to(morning().plus(Duration::from_secs(9)), tick(5));
    assert_eq!(still.now(tick(6)), morning().plus(Duration::from_secs(9)));
    let mut wall = Timepiece::new(Clock::Wall, Duration::ZERO);
    wall.move_to(morning(), tick(5));
    assert_eq!(wall.now(tick(6)), tick(6).wall);
}
