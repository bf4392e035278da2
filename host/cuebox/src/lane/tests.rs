use config::{Breaker, Retry};
use database::PluginState;
use eventlog::Timestamp;
use policy::OnError;

use super::*;

mod side_by_side;

const TIME: Timestamp = Timestamp(1_000_000);

fn row(failed_in_row: u32) -> PluginRow {
    PluginRow {
        name: "a".to_owned(),
        position: Seq(10),
        finished: Vec::new(),
        enabled: true,
        state: PluginState::Active,
        storm: false,
        failed_in_row,
        last_failure: None,
        digest: None,
        removed_at: None,
        moves: 0,
        handled: 0,
        failed: 0,
    }
}

/// A lane with the entries after place 10 loaded as it asks for them, and a clock of its own.
struct Track {
    lane: Lane<()>,
    now: Now,
    /// The entity of each entry to come, from place 11.
    entries: Vec<Option<u64>>,
    /// When each arrived, before now.
    arrived: Timestamp,
}

fn planned(names: &[&str], parallel: usize, coalesce: Option<Duration>) -> Plan {
    let callbacks = names.iter().map(|name| Planned { name: (*name).into(), coalesce });
    Plan { parallel, callbacks: callbacks.collect() }
}

/// A plan that keeps the order, with one callback.
fn strict() -> Plan {
    planned(&["callback"], 1, None)
}

fn now() -> Now {
    Now { at: Instant::now(), time: TIME }
}

impl Track {
    fn new(plan: Plan, entries: &[Option<u64>]) -> Self {
        Self::resumed(&row(0), Vec::new(), plan, entries)
    }

    fn resumed(
        row: &PluginRow,
        tried: Vec<(Delivered, Progress)>,
        plan: Plan,
        entries: &[Option<u64>],
    ) -> Self {
        let mut lane = Lane::new(row, tried);
        lane.follow(plan);
        Self { lane, now: now(), entries: entries.to_vec(), arrived: TIME }
    }

    fn has_more(&self) -> bool {
        self.lane.loaded().0 < 10 + self.entries.len() as u64
    }

    /// What the lane does next, once it has looked at all that it wants to look at.
    fn next(&mut self) -> Next<()> {
        loop {
            let has_more = self.has_more();
            match self.lane.next(self.now.at, has_more) {
                Next::Load => self.load(),
                other => return other,
            }
        }
    }

    fn load(&mut self) {
        let seq = self.lane.loaded().next();
        let id = self.entries[usize::try_from(seq.0).unwrap() - 11];
        let entity = id.map(|id| ("Task", id));
        let wanted = 0..self.lane.plan.callbacks.len();
        let arrival = Arrival { seq, entity, arrived: self.arrived, entry: () };
        self.lane.load(arrival, wanted, self.now);
    }

    #[track_caller]
    fn start(&mut self) -> Delivery<()> {
        match self.next() {
            Next::Start(delivery) => delivery,
            other => panic!("{other:?}"),
        }
    }

    /// The moment until which nothing is done.
    #[track_caller]
    fn waits(&mut self) -> Option<Duration> {
        match self.next() {
            Next::Wait(until) => until.map(|until| until.duration_since(self.now.at)),
            other => panic!("{other:?}"),
        }
    }

    fn end(&mut self, delivery: &Delivery<()>, outcome: Outcome, policy: &Policy) -> Verdict {
        self.lane.ended(delivery, &outcome, false, policy, self.now)
    }

    fn done(&mut self, delivery: &Delivery<()>) {
        let verdict = self.end(delivery, Outcome::Done, &policy(OnError::Deactivate));
        assert_eq!(verdict, Verdict::Finished);
    }

    /// Makes the next delivery, which ends so; waits for it first if it was put off.
    #[track_caller]
    fn make(&mut self, outcome: Outcome, policy: &Policy) -> Verdict {
        loop {
            if self.lane.must_commit(self.now.at) {
                self.lane.take_uncommitted();
            }
            match self.next() {
                Next::Start(delivery) => return self.end(&delivery, outcome, policy),
                Next::Wait(Some(until)) => self.pass(until.duration_since(self.now.at)),
                other => panic!("{other:?}"),
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now = Now { at: self.now.at + time, time: self.now.time.plus(time) };
    }
}

fn places(delivery: &Delivery<()>) -> Vec<u64> {
    delivery.entries().map(|(seq, ())| seq.0).collect()
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
fn entries_are_handed_over_in_order_to_each_callback_in_order() {
    let mut track = Track::new(planned(&["one", "two"], 1, None), &[None, Some(1)]);
    for (seq, name) in [(11, "one"), (11, "two"), (12, "one"), (12, "two")] {
        assert_eq!(track.lane.position(), Seq(seq - 1));
        let delivery = track.start();
        assert_eq!((places(&delivery), &*delivery.name), (vec![seq], name));
        track.done(&delivery);
    }
    assert_eq!(track.lane.position(), Seq(12));
}

#[test]
fn what_was_finished_within_an_entry_is_not_handed_over_again() {
    let finished = vec![Delivered { seq: Seq(11), callback: "one".to_owned() }];
    let row = PluginRow { finished, ..row(0) };
    let plan = planned(&["one", "two"], 1, None);
    let mut track = Track::resumed(&row, Vec::new(), plan, &[None, None]);
    let delivery = track.start();
    assert_eq!(&*delivery.name, "two");
    track.done(&delivery);
    assert_eq!((track.lane.position(), track.lane.finished().count()), (Seq(11), 0));
    assert_eq!(&*track.start().name, "one", "of the next entry");
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
        let mut track = Track::new(strict(), &[None]);
        let verdict = track.make(failure.clone(), &policy(OnError::Deactivate));
        assert_eq!(verdict, Verdict::Stop);
        assert_eq!(track.lane.position(), Seq(10), "a stopped plugin goes on with the same entry");
        for (on_error, expected) in
            [(OnError::Continue, Verdict::GivenUp), (OnError::DeadLetter, Verdict::PutAside)]
        {
            let mut track = Track::new(strict(), &[None]);
            assert_eq!(track.make(failure.clone(), &policy(on_error)), expected);
            assert_eq!(track.lane.position(), Seq(11));
        }
    }
}

#[test]
fn a_failure_is_tried_again_before_the_policy_is_asked() {
    let policy = attempts(OnError::DeadLetter, 3);
    let mut track = Track::new(strict(), &[None, None]);
    for failures in 1..3 {
        let verdict = track.make(failed(), &policy);
        let pause = Some(Pause { since: track.now.time, length: pause_of(verdict) });
        let delivery = Delivered { seq: Seq(11), callback: "callback".to_owned() };
        let progress = track.lane.tried[&delivery].progress;
        assert_eq!(progress, Progress { attempts: failures, failures, pause });
    }
    assert_eq!(track.make(failed(), &policy), Verdict::PutAside);
    assert_eq!(track.start().attempt, 1, "the next delivery has all its attempts");
}

#[test]
fn what_a_guest_rejects_is_not_tried_again() {
    let policy = attempts(OnError::DeadLetter, 3);
    let mut track = Track::new(strict(), &[None]);
    assert_eq!(track.make(Outcome::Rejected("never".to_owned()), &policy), Verdict::PutAside);
}

#[test]
fn attempts_count_on_after_a_restart() {
    let policy = attempts(OnError::Deactivate, 3);
    let pause = Some(Pause { since: TIME, length: Duration::from_secs(5) });
    let progress = Progress { attempts: 7, failures: 2, pause };
    let tried = vec![(Delivered { seq: Seq(11), callback: "callback".to_owned() }, progress)];
    let mut track = Track::resumed(&row(0), tried, strict(), &[None]);
    assert_eq!(track.waits(), Some(Duration::from_secs(5)));
    assert_eq!(track.make(failed(), &policy), Verdict::Stop);
    assert_eq!(track.start().attempt, 9);
    let mut track = Track::resumed(&row(0), Vec::new(), strict(), &[None]);
    track.lane.forgive();
    assert_eq!(track.start().attempt, 1);
}

#[test]
fn the_sites_failures_use_up_no_attempts() {
    let policy = attempts(OnError::Deactivate, 2);
    let mut track = Track::new(strict(), &[None, None]);
    let site = || Outcome::SiteUnavailable("503".to_owned());
    let pauses: Vec<u128> =
        (0..7).map(|_| pause_of(track.make(site(), &policy)).as_millis()).collect();
    assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 4000, 4000]);
    track.make(Outcome::RetryAfter(Duration::from_secs(9)), &policy);
    assert!(matches!(track.make(failed(), &policy), Verdict::Again(_)), "the first failure");
    assert_eq!(track.make(failed(), &policy), Verdict::Stop, "the second");
    let delivery = track.start();
    assert_eq!(delivery.attempt, 11, "the guest is told of all attempts");
    track.done(&delivery);
    assert_eq!(track.start().attempt, 1, "and they start again with the next delivery");
}

#[test]
fn a_plugin_that_only_fails_is_tried_out_with_one_call() {
    let policy = attempts(OnError::DeadLetter, 2);
    let breaker = Breaker { failures: Some(2), ..policy.breaker };
    let policy = Policy { breaker, ..policy };
    let mut track = Track::new(strict(), &[None; 5]);
    for _ in 0..2 {
        assert!(matches!(track.make(failed(), &policy), Verdict::Again(_)));
        assert_eq!(track.make(failed(), &policy), Verdict::PutAside);
    }
    track.lane.rest_until(track.now.at + Duration::from_secs(7));
    assert_eq!(track.make(failed(), &policy), Verdict::PutAside, "one call, and no more");
    assert_eq!(track.lane.failed_in_row(), 3);
    assert_eq!(track.make(Outcome::Done, &policy), Verdict::Finished);
    assert_eq!(track.lane.failed_in_row(), 0);
}

#[test]
fn nothing_is_delivered_while_the_plugin_rests() {
    let mut track = Track::new(strict(), &[None]);
    track.lane.rest_until(track.now.at + Duration::from_secs(7));
    assert_eq!(track.waits(), Some(Duration::from_secs(7)));
    track.pass(Duration::from_secs(7));
    track.start();
}

#[test]
fn pure_deliveries_are_committed_in_groups_and_effects_at_once() {
    let policy = policy(OnError::Deactivate);
    let mut track = Track::new(strict(), &[None, None]);
    track.make(Outcome::Done, &policy);
    assert!(!track.lane.must_commit(track.now.at));
    assert!(track.lane.must_commit(track.now.at + COMMIT_AFTER));
    let delivery = track.start();
    track.lane.ended(&delivery, &Outcome::Done, true, &policy, track.now);
    assert!(track.lane.must_commit(track.now.at));
    assert_eq!(track.lane.take_uncommitted().unwrap().handled, 2);
    assert_eq!(track.lane.take_uncommitted(), None);
}

#[test]
fn many_pure_deliveries_are_committed_before_their_time() {
    let count = usize::try_from(COMMIT_EVENTS).unwrap();
    let mut track = Track::new(strict(), &vec![None; count]);
    for _ in 0..count {
        assert!(!track.lane.must_commit(track.now.at));
        track.make(Outcome::Done, &policy(OnError::Deactivate));
    }
    assert!(track.lane.must_commit(track.now.at));
}

#[test]
fn nothing_is_delivered_that_another_plugin_has_not_finished() {
    let mut track = Track::new(strict(), &[None, None]);
    track.lane.set_ceiling(Some(Seq(10)));
    assert_eq!(track.waits(), None);
    track.lane.set_ceiling(Some(Seq(11)));
    let delivery = track.start();
    track.done(&delivery);
    track.waits();
    track.lane.set_ceiling(None);
    assert_eq!(places(&track.start()), [12]);
}

/// Whatever the plugin's policy is: nobody failed.
#[test]
fn a_halt_costs_no_attempt_and_no_event() {
    for on_error in [OnError::Continue, OnError::DeadLetter, OnError::Deactivate] {
        let mut track = Track::new(strict(), &[None, None]);
        let delivery = track.start();
        let halted = Outcome::Halted { project: None, why: "a test".to_owned() };
        assert_eq!(track.end(&delivery, halted, &policy(on_error)), Verdict::Pending);
        assert_eq!(track.lane.progress(&delivery), Progress::default());
        let again = track.start();
        assert_eq!((places(&again), again.attempt), (vec![11], 1), "the same event, as if new");
        assert_eq!(track.lane.position(), Seq(10));
    }
}

#[test]
fn what_is_held_back_for_a_project_lets_the_next_event_come() {
    let mut track = Track::new(strict(), &[None, None, None]);
    let delivery = track.start();
    let halted = Outcome::Halted { project: Some(70), why: "a test".to_owned() };
    let verdict = track.end(&delivery, halted, &policy(OnError::Continue));
    assert_eq!(verdict, Verdict::HeldBack(70));
    let delivery = track.start();
    assert_eq!(places(&delivery), [12]);
    track.lane.hold_back(&delivery, track.now);
    assert_eq!((track.lane.position(), track.lane.failed_in_row()), (Seq(12), 0));
    assert_eq!(track.lane.take_uncommitted().unwrap().handled, 0, "neither was handled");
    assert_eq!(places(&track.start()), [13]);
}
