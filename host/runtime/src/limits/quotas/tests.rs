use super::*;

#[test]
fn what_was_used_comes_back_evenly() {
    let quota = Quota::new(60, Duration::from_secs(60));
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    assert!(quota.take(50, at(0)) && quota.take(10, at(0)));
    assert!(!quota.take(1, at(0)), "it is used up");
    assert!(quota.take(5, at(5)) && !quota.take(1, at(5)), "five seconds bring five back");
    assert!(quota.take(60, at(500)) && !quota.take(1, at(500)), "never more than all of it");
    assert!(!quota.take(61, at(5000)), "more than all of it is never there");
}

#[test]
fn a_clock_that_stands_still_brings_nothing_back() {
    let quota = Quota::new(2, Duration::from_secs(1));
    let now = Instant::now();
    assert_eq!((0..10).filter(|_| quota.take(1, now)).count(), 2);
}
