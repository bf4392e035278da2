mod faults;
mod history;
mod replay;

use super::*;
use history::histories;
use proptest::prelude::*;
use replay::{Behaviour, replay};

/// The cursor as it is.
struct Cuebox;

impl Behaviour for Cuebox {}

/// A history takes about a millisecond. `PROPTEST_CASES` asks for more of them.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig { cases: config.cases * 4, failure_persistence: None, ..config }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_promise_holds_in_every_history(history in histories()) {
        prop_assert_eq!(replay::<Cuebox>(&history).into_iter().collect::<Vec<_>>(), []);
    }
}

const START: Timestamp = Timestamp(1_700_000_000_000);

fn options() -> Options {
    Options {
        page_size: 500,
        gap_timeout: Duration::from_secs(300),
        sweep_interval: Duration::from_secs(300),
        sweep_timeout: Duration::from_secs(24 * 3600),
        gaps_max: 10_000,
    }
}

fn ids(ids: impl IntoIterator<Item = u64>) -> Vec<EventId> {
    ids.into_iter().map(EventId).collect()
}

fn after(seconds: f64) -> Timestamp {
    START.plus(Duration::from_secs_f64(seconds))
}

/// A cursor at 10 that was shown these ids at the start.
fn shown(newer: impl IntoIterator<Item = u64>) -> Cursor {
    let mut cursor = Cursor::begin(options(), &ids([10]), START);
    cursor.handle_newer(ids(newer), START);
    cursor
}

fn gap_ids(cursor: &Cursor) -> Vec<EventId> {
    cursor.state().gaps.iter().map(|gap| gap.id).collect()
}

/// The ids that a page hands out, as text; late ones with a mark.
#[track_caller]
fn check(page: &Page<EventId>, expected: &str) {
    let text = |arrival: &Arrival<EventId>| {
        format!("{}{}", arrival.entry, if arrival.late { " late" } else { "" })
    };
    assert_eq!(page.entries.iter().map(text).collect::<Vec<_>>().join(", "), expected);
}

#[test]
fn a_first_start_begins_after_the_newest() {
    let mut cursor = Cursor::begin(options(), &ids([14, 11, 10]), START);
    assert_eq!(cursor.newer(), Newer { after: EventId(14), limit: 500 });
    assert_eq!(cursor.missing(START), ids([12, 13]));
    check(&cursor.handle_missing(&ids([12, 13]), ids([13]), START), "13");
}

#[test]
fn a_first_start_on_an_empty_log_waits_for_the_first_entry() {
    let mut cursor = Cursor::begin(options(), &[], START);
    assert_eq!((cursor.newer().after, cursor.poll_timeout()), (EventId(0), None));
    let page = cursor.handle_newer(ids([1, 2]), START);
    check(&page, "1, 2");
    assert_eq!(page.opened, []);
}

#[test]
fn the_first_entry_of_an_old_log_opens_no_more_than_a_page_of_gaps() {
    let page = Cursor::begin(options(), &[], START).handle_newer(ids([5_000_000]), START);
    assert_eq!((page.opened.len(), page.dropped), (500, None));
}

#[test]
fn a_late_entry_is_handed_out_once_and_alone() {
    let mut cursor = shown([12, 13]);
    check(&cursor.handle_missing(&ids([11]), ids([11]), after(1.0)), "11");
    assert_eq!(cursor.newer().after, EventId(13));
    check(&cursor.handle_missing(&ids([11]), ids([11]), after(1.0)), "");
    check(&cursor.handle_newer(ids([14]), after(2.0)), "14");
}

#[test]
fn a_muddled_answer_is_put_in_order() {
    let mut cursor = shown([12]);
    let page = cursor.handle_newer(ids([14, 12, 11, 14, 13, 10, 9]), START);
    check(&page, "11, 13, 14");
    let closed: Vec<EventId> = page.closed.iter().map(|gap| gap.id).collect();
    assert_eq!((closed, page.opened), (ids([11]), vec![]));
}

#[test]
fn an_empty_answer_changes_nothing() {
    let mut cursor = shown([12]);
    assert!(cursor.handle_newer(ids([]), after(1.0)).is_empty());
    assert!(cursor.handle_missing(&ids([11]), ids([]), after(1.0)).is_empty());
}

#[test]
fn a_gap_is_asked_for_less_often_as_it_ages() {
    let mut cursor = shown([12]);
    let mut asked = Vec::new();
    while asked.len() < 60 {
        let now = cursor.poll_timeout().expect("a gap is open");
        asked.push(now.since(START).as_millis());
        assert_eq!(cursor.missing(now), ids([11]));
        assert_eq!(
            cursor.missing(Timestamp(now.0 - 1)),
            if asked.len() == 1 { ids([11]) } else { vec![] }
        );
        cursor.handle_missing(&ids([11]), ids([]), now);
    }
    assert_eq!(asked[..12], [0, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800, 2000, 3000]);
    assert_eq!(asked[37..41], [29_000, 30_000, 35_000, 40_000]);
}

#[test]
fn a_gap_is_given_up_then_swept_then_forgotten() {
    let mut cursor = shown([12]);
    let (mut given_up, mut sweeps) = (None, 0);
    loop {
        let now = cursor.poll_timeout().expect("it says when it is forgotten");
        let page = cursor.handle_missing(&cursor.missing(now), ids([]), now);
        sweeps += u32::from(given_up.is_some());
        given_up = given_up.or_else(|| page.given_up.first().copied());
        if page.forgotten == ids([11]) {
            break;
        }
    }
    let gap = given_up.expect("it is given up before it is forgotten");
    assert_eq!((gap.first_seen, gap.given_up, sweeps), (START, Some(after(300.0)), 288));
    assert_eq!((cursor.backlog_len(), cursor.poll_timeout()), (0, None));
}

#[test]
fn what_was_given_up_comes_out_marked_late() {
    let mut cursor = shown([12]);
    cursor.handle_missing(&ids([11]), ids([]), after(301.0));
    check(&cursor.handle_missing(&ids([11]), ids([11]), after(601.0)), "11 late");
}

#[test]
fn nothing_is_given_up_while_the_site_does_not_answer() {
    let mut cursor = shown([12]);
    cursor.handle_newer(ids([13]), after(9000.0));
    assert_eq!(cursor.state().gaps[0].given_up, None);
    check(&cursor.handle_missing(&ids([11]), ids([11]), after(9000.0)), "11");
}

#[test]
fn an_absence_of_days_costs_no_gap_its_last_question() {
    let mut cursor = shown([12, 14]);
    cursor.handle_missing(&ids([11]), ids([]), after(301.0));
    let now = after(3.0 * 86_400.0);
    let mut cursor = Cursor::resume(options(), &cursor.state(), now);
    assert_eq!(cursor.missing(now), ids([11, 13]));
    let page = cursor.handle_missing(&ids([11, 13]), ids([]), now);
    assert_eq!((page.forgotten, page.given_up.len()), (ids([11]), 1));
}

#[test]
fn a_leap_of_the_clock_forgets_nothing() {
    let mut cursor = shown([12]);
    cursor.handle_missing(&ids([11]), ids([]), after(301.0));
    for year in 1..20 {
        let now = after(f64::from(year) * 31_557_600.0);
        assert!(cursor.handle_missing(&ids([11]), ids([]), now).forgotten.is_empty());
    }
}

#[test]
fn a_clock_that_is_set_back_stops_no_question() {
    let mut cursor = shown([12]);
    cursor.handle_missing(&ids([11]), ids([]), after(100.0));
    let back = Timestamp(START.0 - 86_400_000);
    assert_eq!(cursor.missing(back), ids([11]));
    cursor.handle_missing(&ids([11]), ids([]), back);
    assert_eq!(cursor.poll_timeout(), Some(back.plus(FRESH_INTERVAL)));
    let later = back.plus(Duration::from_secs(300));
    assert_eq!(cursor.handle_missing(&ids([11]), ids([]), later).given_up.len(), 1);
}

#[test]
fn a_clock_that_is_set_back_uses_up_no_sweep() {
    let mut cursor = shown([12]);
    cursor.handle_missing(&ids([11]), ids([]), after(400.0));
    for second in 0..399 {
        let back = after(399.0 - f64::from(second));
        assert_eq!(cursor.missing(back), ids([11]));
        assert!(cursor.handle_missing(&ids([11]), ids([]), back).forgotten.is_empty());
    }
}

/// How often a fresh gap is asked for.
const FRESH_INTERVAL: Duration = Duration::from_millis(200);

#[test]
fn more_gaps_than_a_page_take_turns() {
    let mut cursor = Cursor::begin(Options { page_size: 3, ..options() }, &ids([10]), START);
    cursor.handle_newer(ids([19]), START);
    let mut asked = Vec::new();
    for _ in 0..4 {
        let due = cursor.missing(START);
        cursor.handle_missing(&due, ids([]), START);
        asked.push(due);
    }
    assert_eq!(asked, [ids([11, 12, 13]), ids([14, 15, 16]), ids([17, 18]), ids([])]);
}

#[test]
fn a_hole_of_millions_keeps_its_newest_ids() {
    let mut cursor = shown([12]);
    let page = cursor.handle_newer(ids([5_000_000_000_000]), START);
    assert_eq!(page.opened.len(), 10_000);
    assert_eq!(page.opened[0].id, EventId(4_999_999_990_000));
    let last = EventId(4_999_999_989_999);
    // The gap 11, which was open, and 13 to `last`.
    assert_eq!(page.dropped, Some(Dropped { first: EventId(11), last, count: last.0 - 12 + 1 }));
    assert_eq!(cursor.backlog_len(), 10_000);
}

#[test]
fn a_page_of_huge_holes_costs_no_more_than_one() {
    let mut cursor = shown([]);
    let page = cursor.handle_newer(ids((1..=500).map(|n| n << 40)), START);
    let gaps: u64 = page.opened.len() as u64 + page.dropped.map_or(0, |dropped| dropped.count);
    assert_eq!((page.entries.len(), gaps), (500, (500 << 40) - 10 - 500));
    assert!(page.opened.iter().all(|gap| gap.id.0 > 499 << 40));
}

#[test]
fn the_oldest_gaps_make_room_for_new_ones() {
    let mut cursor = Cursor::begin(Options { gaps_max: 3, ..options() }, &ids([10]), START);
    cursor.handle_newer(ids([13]), START);
    let page = cursor.handle_newer(ids([16]), after(1.0));
    assert_eq!((gap_ids(&cursor), &page.forgotten), (ids([12, 14, 15]), &ids([11])));
    assert_eq!(page.dropped, Some(Dropped { first: EventId(11), last: EventId(11), count: 1 }));
    check(&cursor.handle_newer(ids([11]), after(2.0)), "");
}

#[test]
fn the_highest_id_there_is_overflows_nothing() {
    let mut cursor = shown([u64::MAX]);
    assert_eq!(cursor.backlog_len(), 10_000);
    check(&cursor.handle_newer(ids([u64::MAX]), Timestamp(i64::MAX)), "");
    assert_eq!(cursor.missing(Timestamp(i64::MAX)).len(), 500);
    assert_eq!(cursor.missing(Timestamp(i64::MIN)).len(), 500);
}
