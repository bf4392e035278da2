//! Deliveries that overtake each other: those of different entities, and those that are gathered.

use super::*;

const WINDOW: Duration = Duration::from_secs(2);

fn parallel(count: usize, entries: &[Option<u64>]) -> Track {
    Track::new(planned(&["callback"], count, None), entries)
}

fn gathering(entries: &[Option<u64>]) -> Track {
    Track::new(planned(&["callback"], 1, Some(WINDOW)), entries)
}

#[test]
fn different_entities_run_side_by_side_and_each_in_order() {
    let mut track = parallel(3, &[Some(1), Some(1), Some(2), None, None, Some(3)]);
    let running = [track.start(), track.start(), track.start()];
    assert_eq!(running.each_ref().map(places), [vec![11], vec![13], vec![14]]);
    assert!(track.lane.is_busy());
    track.done(&running[1]);
    assert_eq!(places(&track.start()), [16], "12 comes after 11, and 15 after 14");
    track.done(&running[0]);
    assert_eq!(places(&track.start()), [12]);
    track.done(&running[2]);
    assert_eq!(places(&track.start()), [15]);
}

#[test]
fn the_position_waits_for_the_first_and_the_others_are_remembered() {
    let mut track = parallel(2, &[Some(1), Some(2), Some(3)]);
    let (first, second) = (track.start(), track.start());
    track.done(&second);
    let third = track.start();
    track.done(&third);
    assert_eq!(track.lane.position(), Seq(10));
    let finished: Vec<u64> = track.lane.finished().map(|finished| finished.seq.0).collect();
    assert_eq!(finished, [12, 13]);

    let row = PluginRow { finished: track.lane.finished().cloned().collect(), ..row(0) };
    let plan = planned(&["callback"], 2, None);
    let mut restarted = Track::resumed(&row, Vec::new(), plan, &track.entries);
    let again = restarted.start();
    assert_eq!(places(&again), [11], "and what is finished is not handed over again");
    restarted.waits();
    restarted.done(&again);
    assert_eq!((restarted.lane.position(), restarted.lane.finished().count()), (Seq(13), 0));

    track.done(&first);
    assert_eq!((track.lane.position(), track.lane.finished().count()), (Seq(13), 0));
}

#[test]
fn an_entity_that_fails_holds_up_itself_alone() {
    let mut track = parallel(2, &[Some(1), Some(1), Some(2), Some(2)]);
    let failing = track.start();
    let verdict = track.end(&failing, failed(), &attempts(OnError::Deactivate, 3));
    let other = track.start();
    assert_eq!(places(&other), [13]);
    track.done(&other);
    let other = track.start();
    track.done(&other);
    assert!(track.waits().unwrap() <= pause_of(verdict));
    track.pass(pause_of(verdict));
    let again = track.start();
    assert_eq!((places(&again), again.attempt), (vec![11], 2));
}

#[test]
fn a_lane_looks_so_far_ahead_and_no_further() {
    let entries: Vec<_> = (0..3 * AHEAD_MAX as u64).map(Some).collect();
    let mut track = parallel(2, &entries);
    let first = track.start();
    let mut made = 0;
    while let Next::Start(delivery) = track.next() {
        track.done(&delivery);
        made += 1;
    }
    assert_eq!(made, AHEAD_MAX - 1);
    assert_eq!(track.lane.finished().count(), made);
    track.done(&first);
    assert_eq!(track.lane.finished().count(), 0);
    track.start();
}

#[test]
fn what_arrives_within_the_window_is_handed_over_together() {
    let mut track = gathering(&[Some(1), Some(2), Some(1)]);
    assert_eq!(track.waits(), Some(WINDOW), "there may be more to come");
    track.pass(WINDOW / 2);
    track.entries.push(Some(1));
    track.arrived = track.now.time;
    track.waits();
    track.pass(WINDOW / 2);
    track.entries.push(Some(1));
    track.arrived = track.now.time;
    let first = track.start();
    assert_eq!(places(&first), [11, 13, 14], "the last one arrived after the window");
    track.done(&first);
    let finished: Vec<u64> = track.lane.finished().map(|finished| finished.seq.0).collect();
    assert_eq!((track.lane.position(), finished), (Seq(11), vec![13, 14]));
    let second = track.start();
    assert_eq!(places(&second), [12]);
    track.done(&second);
    assert_eq!(track.lane.position(), Seq(14));
    assert_eq!(track.waits(), Some(COMMIT_AFTER));
    track.lane.take_uncommitted();
    assert_eq!(track.waits(), Some(WINDOW));
}

#[test]
fn a_group_is_the_same_after_a_restart() {
    let entries = [Some(1), Some(1)];
    let mut track = gathering(&entries);
    track.pass(WINDOW);
    let group = track.start();
    let verdict = track.end(&group, failed(), &attempts(OnError::DeadLetter, 2));
    let tried = vec![(group.stored(), track.lane.progress(&group))];
    let plan = planned(&["callback"], 1, Some(WINDOW));
    let mut restarted = Track::resumed(&row(0), tried, plan, &entries);
    restarted.now = track.now;
    restarted.entries.push(Some(1));
    restarted.arrived = TIME;
    restarted.pass(pause_of(verdict));
    let again = restarted.start();
    assert_eq!((places(&again), again.attempt), (vec![11, 12, 13], 2));
    let verdict = restarted.end(&again, failed(), &attempts(OnError::DeadLetter, 2));
    assert_eq!((verdict, restarted.lane.position()), (Verdict::PutAside, Seq(13)));
}

#[test]
fn what_has_no_entity_is_not_gathered() {
    let mut track = gathering(&[None, None]);
    assert_eq!(places(&track.start()), [11]);
}

#[test]
fn a_callback_that_gathers_holds_up_no_other() {
    let mut plan = planned(&["gathers", "does not"], 1, None);
    plan.callbacks[0].coalesce = Some(WINDOW);
    let mut track = Track::new(plan, &[Some(1), Some(1)]);
    for seq in [11, 12] {
        let delivery = track.start();
        assert_eq!((places(&delivery), &*delivery.name), (vec![seq], "does not"));
        track.done(&delivery);
    }
    assert_eq!(track.lane.position(), Seq(10));
    track.pass(WINDOW);
    let group = track.start();
    assert_eq!((places(&group), &*group.name), (vec![11, 12], "gathers"));
    track.done(&group);
    assert_eq!(track.lane.position(), Seq(12));
}

#[test]
fn what_is_gathered_has_to_do_when_there_is_no_room_for_more() {
    let entries: Vec<_> = (0..2 * AHEAD_MAX as u64).map(Some).collect();
    let mut track = gathering(&entries);
    assert_eq!(places(&track.start()), [11], "before its window is over");
}

#[test]
fn a_clock_that_was_set_back_makes_nobody_wait_for_longer() {
    let mut track = gathering(&[Some(1)]);
    track.arrived = TIME.plus(Duration::from_secs(3600));
    assert_eq!(track.waits(), Some(WINDOW));
}
