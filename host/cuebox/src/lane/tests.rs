use super::*;

const NOW: Timestamp = Timestamp(1_000_000);

fn lane() -> Lane {
    Lane::new(Seq(10), [])
}

fn end(lane: &mut Lane, outcome: Outcome, on_error: OnError) -> Verdict {
    lane.begin();
    lane.ended("callback", &outcome, false, on_error, NOW)
}

#[test]
fn a_finished_callback_is_not_wanted_again_until_the_entry_is_passed() {
    let mut lane = lane();
    assert_eq!(end(&mut lane, Outcome::Done, OnError::Deactivate), Verdict::Finished);
    assert!(!lane.wants("callback") && lane.wants("another"));
    lane.pass(Seq(11), NOW);
    assert!(lane.wants("callback"));
    assert_eq!(lane.position(), Seq(11));
}

#[test]
fn a_guests_failure_follows_the_policy() {
    let failures = [
        Outcome::Failed("no".to_owned()),
        Outcome::Rejected("never".to_owned()),
        Outcome::Trapped("panic".to_owned()),
        Outcome::OutOfFuel { limit: 1 },
    ];
    for failure in failures {
        let mut lane = lane();
        assert_eq!(end(&mut lane, failure.clone(), OnError::Deactivate), Verdict::Stop);
        assert!(lane.wants("callback"), "a stopped plugin goes on with the same callback");
        assert_eq!(end(&mut lane, failure, OnError::Continue), Verdict::GivenUp);
        assert!(!lane.wants("callback"));
    }
}

#[test]
fn a_failure_of_the_site_is_tried_again_whatever_the_policy() {
    let mut lane = lane();
    let pauses: Vec<Duration> = (0..7)
        .map(|_| {
            match end(&mut lane, Outcome::SiteUnavailable("503".to_owned()), OnError::Deactivate) {
                Verdict::Again(pause) => pause,
                other => panic!("{other:?}"),
            }
        })
        .collect();
    let millis: Vec<u128> = pauses.iter().map(Duration::as_millis).collect();
    assert_eq!(millis, [250, 500, 1000, 2000, 4000, 4000, 4000]);
    assert_eq!(lane.begin(), 8, "attempts count up");
    lane.ended("callback", &Outcome::Done, false, OnError::Deactivate, NOW);
    assert_eq!(lane.begin(), 1, "and start again with the next delivery");
}

#[test]
fn a_guest_can_put_its_event_off_neither_for_ever_nor_for_no_time() {
    let mut lane = lane();
    for (asked, given) in [(0, 1), (5, 5), (u32::MAX.into(), 3600)] {
        let outcome = Outcome::RetryAfter(Duration::from_secs(asked));
        let verdict = end(&mut lane, outcome, OnError::Deactivate);
        assert_eq!(verdict, Verdict::Again(Duration::from_secs(given)), "{asked}");
    }
}

#[test]
fn pure_deliveries_are_committed_in_groups_and_effects_at_once() {
    let mut lane = lane();
    end(&mut lane, Outcome::Done, OnError::Deactivate);
    lane.pass(Seq(11), NOW);
    assert!(!lane.must_commit(NOW));
    assert!(lane.must_commit(NOW.plus(COMMIT_AFTER)));
    lane.ended("callback", &Outcome::Done, true, OnError::Deactivate, NOW);
    assert!(lane.must_commit(NOW));
    let taken = lane.take_uncommitted().unwrap();
    assert_eq!((taken.passed, taken.handled), (1, 2));
    assert_eq!(lane.take_uncommitted(), None);
}

#[test]
fn many_pure_deliveries_are_committed_before_their_time() {
    let mut lane = lane();
    for seq in 11..11 + COMMIT_EVENTS {
        assert!(!lane.must_commit(NOW));
        end(&mut lane, Outcome::Done, OnError::Deactivate);
        lane.pass(Seq(seq), NOW);
    }
    assert!(lane.must_commit(NOW));
}

#[test]
#[should_panic(expected = "a position never falls")]
fn a_position_never_falls() {
    lane().pass(Seq(10), NOW);
}
