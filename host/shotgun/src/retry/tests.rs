use super::*;
use crate::error::Fault;

const OPTIONS: Options = Options {
    attempts: 4,
    delay_first: Duration::from_millis(100),
    delay_max: Duration::from_millis(300),
};

fn status(status: u16, retry_after_ms: Option<u64>) -> CallError {
    CallError::Status {
        peer: "http://site".to_owned(),
        status,
        retry_after: retry_after_ms.map(Duration::from_millis),
    }
}

fn unreachable() -> CallError {
    CallError::Unreachable {
        peer: "http://site".to_owned(),
        reason: "connection refused".to_owned(),
    }
}

#[track_caller]
fn check(kind: Kind, made: u32, error: &CallError, expected: Option<(u64, u64)>) {
    for random in [0, 250, 500, u64::MAX] {
        let delay = delay(OPTIONS, kind, made, error, random).map(|delay| delay.as_millis());
        match expected {
            None => assert_eq!(delay, None),
            Some((from, to)) => {
                let delay = delay.expect("another attempt");
                assert!((u128::from(from)..=u128::from(to)).contains(&delay), "{delay} ms");
            }
        }
    }
}

#[test]
fn reads_wait_longer_each_time_and_then_stop() {
    check(Kind::Read, 1, &status(503, None), Some((50, 100)));
    check(Kind::Read, 2, &status(503, None), Some((100, 200)));
    check(Kind::Read, 3, &status(503, None), Some((150, 300)));
    check(Kind::Read, 4, &status(503, None), None);
}

#[test]
fn a_read_is_not_repeated_after_what_will_not_change() {
    check(Kind::Read, 1, &status(403, None), None);
    let fault = Fault::new(103, "API read() Shot.x doesn't exist.");
    let refused = CallError::Refused { peer: String::new(), method: "read".to_owned(), fault };
    check(Kind::Read, 1, &refused, None);
}

#[test]
fn a_write_is_repeated_only_if_it_was_not_sent() {
    check(Kind::Write, 1, &unreachable(), Some((50, 100)));
    check(Kind::Write, 1, &status(503, None), None);
    check(Kind::Write, 1, &status(429, Some(1)), None);
    let interrupted = CallError::Interrupted { peer: String::new(), reason: String::new() };
    check(Kind::Write, 1, &interrupted, None);
}

#[test]
fn the_sites_own_delay_is_kept_unless_it_is_too_long() {
    check(Kind::Read, 1, &status(429, Some(250)), Some((250, 250)));
    check(Kind::Read, 1, &status(429, Some(301)), None);
}

#[test]
fn two_draws_differ() {
    assert_ne!(random(), random());
}
