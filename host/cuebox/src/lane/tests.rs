use database::PluginState;
use runtime::OnError;

use super::failing::{Breaker, Retry};
use super::*;

const NOW: Timestamp = Timestamp(1_000_000);

fn row(progress: Progress, failed_in_row: u32) -> PluginRow {
    PluginRow {
        name: "a".to_owned(),
        position: Seq(10),
        finished: Vec::new(),
        enabled: true,
        state: PluginState::Active,
        progress,
        failed_in_row,
        last_failure: None,
        digest: None,
        removed_at: None,
        moves: 0,
        handled: 0,
        failed: 0,
    }
}

fn lane() -> Lane {
    Lane::new(&row(Progress::default(), 0))
}

/// One attempt, and no rest.
fn policy(on_error: OnError) -> Policy {
    let (pause, pause_max) = (Duration::from_secs(1), Duration::from_secs(60));
    Policy {
        on_error,
        retry: Retry { attempts: 1, pause, pause_max },
        breaker: Breaker { failures: None, pause, pause_max },
    }
}

fn attempts(on_error: OnError, attempts: u32) -> Policy {
    let policy = policy(on_error);
    Policy { retry: Retry { attempts, ..policy.retry }, ..policy }
}

fn end(lane: &mut Lane, outcome: Outcome, policy: &Policy) -> Verdict {
    lane.begin();
    lane.ended("callback", &outcome, false, policy, NOW)
}

fn failed() -> Outcome {
    Outcome::Failed("no".to_owned())
}

#[track_caller]
fn pause_of(verdict: Verdict) -> Duration {
    match verdict {
        Verdict::Again(pause) => pause,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_finished_callback_is_not_wanted_again_until_the_entry_is_passed() {
    let mut lane = lane();
    let verdict = end(&mut lane, Outcome::Done, &policy(OnError::Deactivate));
    assert_eq!(verdict, Verdict::Finished);
    assert!(!lane.wants("callback") && lane.wants("another"));
    lane.pass(Seq(11), NOW);
    assert!(lane.wants("callback"));
    assert_eq!(lane.position(), Seq(11));
}

#[test]
fn a_guests_failure_follows_the_policy() {
    let failures = [
        failed(),
        Outcome::Rejected("never".to_owned()),
        Outcome::Trapped("panic".to_owned()),
        Outcome::OutOfFuel { limit: 1 },
    ];
    for failure in failures {
        let mut lane = lane();
        let verdict = end(&mut lane, failure.clone(), &policy(OnError::Deactivate));
        assert_eq!(verdict, Verdict::Stop);
        assert!(lane.wants("callback"), "a stopped plugin goes on with the same callback");
        for (on_error, expected) in
            [(OnError::Continue, Verdict::GivenUp), (OnError::DeadLetter, Verdict::PutAside)]
        {
            let mut lane = self::lane();
            assert_eq!(end(&mut lane, failure.clone(), &policy(on_error)), expected);
            assert!(!lane.wants("callback"));
        }
    }
}

#[test]
fn a_failure_is_tried_again_before_the_policy_is_asked() {
    let policy = attempts(OnError::DeadLetter, 3);
    let mut lane = lane();
    for failures in 1..3 {
        let pause = pause_of(end(&mut lane, failed(), &policy));
        let expected = Progress { attempts: failures, failures, again_at: Some(NOW.plus(pause)) };
        assert_eq!(lane.progress(), expected);
    }
    assert_eq!(end(&mut lane, failed(), &policy), Verdict::PutAside);
    assert_eq!(lane.progress(), Progress::default(), "the next delivery has all its attempts");
}

#[test]
fn what_a_guest_rejects_is_not_tried_again() {
    let policy = attempts(OnError::DeadLetter, 3);
    let verdict = end(&mut lane(), Outcome::Rejected("never".to_owned()), &policy);
    assert_eq!(verdict, Verdict::PutAside);
}

#[test]
fn attempts_count_on_after_a_restart() {
    let policy = attempts(OnError::Deactivate, 3);
    let progress = Progress { attempts: 7, failures: 2, again_at: None };
    let mut lane = Lane::new(&row(progress, 0));
    assert_eq!(end(&mut lane, failed(), &policy), Verdict::Stop);
    assert_eq!(lane.begin(), 9);
    lane.forgive();
    assert_eq!(lane.begin(), 1);
}

#[test]
fn the_sites_failures_use_up_no_attempts() {
    let policy = attempts(OnError::Deactivate, 2);
    let mut lane = lane();
    let site = || Outcome::SiteUnavailable("503".to_owned());
    let pauses: Vec<u128> =
        (0..7).map(|_| pause_of(end(&mut lane, site(), &policy)).as_millis()).collect();
    assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 4000, 4000]);
    end(&mut lane, Outcome::RetryAfter(Duration::from_secs(9)), &policy);
    assert!(matches!(end(&mut lane, failed(), &policy), Verdict::Again(_)), "the first failure");
    assert_eq!(end(&mut lane, failed(), &policy), Verdict::Stop, "the second");
    assert_eq!(lane.begin(), 11, "the guest is told of all attempts");
    lane.ended("callback", &Outcome::Done, false, &policy, NOW);
    assert_eq!(lane.begin(), 1, "and they start again with the next delivery");
}

#[test]
fn a_plugin_that_only_fails_rests_and_is_tried_out_with_one_call() {
    let policy = attempts(OnError::DeadLetter, 2);
    let breaker = Breaker { failures: Some(2), ..policy.breaker };
    let policy = Policy { breaker, ..policy };
    let mut lane = lane();
    for seq in [11, 12] {
        assert_eq!(lane.rest(&policy), None);
        assert!(matches!(end(&mut lane, failed(), &policy), Verdict::Again(_)));
        assert_eq!(end(&mut lane, failed(), &policy), Verdict::PutAside);
        lane.pass(Seq(seq), NOW);
    }
    assert_eq!(lane.rest(&policy), Some(Duration::from_secs(1)));
    assert_eq!(end(&mut lane, failed(), &policy), Verdict::PutAside, "one call, and no more");
    lane.pass(Seq(13), NOW);
    assert_eq!(lane.rest(&policy), Some(Duration::from_secs(2)));
    assert_eq!(end(&mut lane, Outcome::Done, &policy), Verdict::Finished);
    assert_eq!((lane.rest(&policy), lane.failed_in_row()), (None, 0));
}

#[test]
fn pure_deliveries_are_committed_in_groups_and_effects_at_once() {
    let policy = policy(OnError::Deactivate);
    let mut lane = lane();
    end(&mut lane, Outcome::Done, &policy);
    lane.pass(Seq(11), NOW);
    assert!(!lane.must_commit(NOW));
    assert!(lane.must_commit(NOW.plus(COMMIT_AFTER)));
    lane.ended("callback", &Outcome::Done, true, &policy, NOW);
    assert!(lane.must_commit(NOW));
    let taken = lane.take_uncommitted().unwrap();
    assert_eq!((taken.passed, taken.handled), (1, 2));
    assert_eq!(lane.take_uncommitted(), None);
}

#[test]
fn many_pure_deliveries_are_committed_before_their_time() {
    let policy = policy(OnError::Deactivate);
    let mut lane = lane();
    for seq in 11..11 + COMMIT_EVENTS {
        assert!(!lane.must_commit(NOW));
        end(&mut lane, Outcome::Done, &policy);
        lane.pass(Seq(seq), NOW);
    }
    assert!(lane.must_commit(NOW));
}

#[test]
#[should_panic(expected = "a position never falls")]
fn a_position_never_falls() {
    lane().pass(Seq(10), NOW);
}
