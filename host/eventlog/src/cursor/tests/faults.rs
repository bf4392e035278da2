//! Faults planted on purpose, those of the Python daemon first: the properties that hold for the cursor catch every one.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};

use super::history::{Shown, histories};
use super::replay::{Behaviour, Violation, replay};
use crate::cursor::{Cursor, Newer, Options, Page, State};
use crate::{EventId, Timestamp};

/// So many histories are enough to catch a fault; the same ones in every run.
const HISTORIES_MAX: usize = 300;

/// Each violation is found in one of the histories.
#[track_caller]
fn check<B: Behaviour>(expected: &[Violation]) {
    let mut runner = TestRunner::new(Config {
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..Config::default()
    });
    let mut missing = expected.to_vec();
    for _ in 0..HISTORIES_MAX {
        let history = histories().new_tree(&mut runner).expect("nothing is filtered out").current();
        let found = replay::<B>(&history);
        missing.retain(|violation| !found.contains(violation));
        if missing.is_empty() {
            return;
        }
    }
    panic!("{missing:?} not found in {HISTORIES_MAX} histories");
}

/// The daemon's fault A: a late entry sets the position back.
struct Rewinding;

impl Behaviour for Rewinding {
    fn handle_missing(
        cursor: &mut Cursor,
        asked: &[EventId],
        entries: Vec<Shown>,
        now: Timestamp,
    ) -> Page<Shown> {
        let mut page = cursor.handle_missing(asked, entries, now);
        if let Some(gap) = page.closed.last() {
            cursor.high_water = gap.id;
            page.high_water = gap.id;
        }
        page
    }
}

#[test]
fn rewinding_to_a_late_entry_is_caught() {
    check::<Rewinding>(&[Violation::MarkFell, Violation::Repeated]);
}

/// The daemon's fault B: the page begins at the lowest gap.
struct Refetching;

fn lowest_young_gap(cursor: &Cursor, now: Timestamp) -> Option<EventId> {
    let young = |first_seen| now.since(first_seen) < cursor.options.gap_timeout;
    cursor.state().gaps.iter().find(|gap| young(gap.first_seen)).map(|gap| gap.id)
}

impl Behaviour for Refetching {
    fn newer(cursor: &Cursor, now: Timestamp) -> Newer {
        let after = lowest_young_gap(cursor, now).map_or(cursor.high_water, |id| EventId(id.0 - 1));
        Newer { after, ..cursor.newer() }
    }

    fn missing(cursor: &Cursor, now: Timestamp) -> Vec<EventId> {
        if lowest_young_gap(cursor, now).is_some() { Vec::new() } else { cursor.missing(now) }
    }
}

#[test]
fn fetching_from_the_lowest_gap_is_caught() {
    check::<Refetching>(&[Violation::Stalled]);
}

/// The daemon's fault C: a gap below an entry that the site dates as old never happened.
struct Dating;

impl Behaviour for Dating {
    fn handle_newer(cursor: &mut Cursor, entries: Vec<Shown>, now: Timestamp) -> Page<Shown> {
        let mut page = cursor.handle_newer(entries, now);
        // What the clock of a replay shows at the site's time 0, as long as nobody sets it.
        let site_now = now.0 - 1_000_000_000;
        let old = |shown: &Shown| u128::from((site_now - shown.created_at.0).unsigned_abs());
        let timeout = cursor.options.gap_timeout.as_millis();
        let above = |id: EventId| page.entries.iter().find(|arrival| arrival.entry.id > id);
        let (never, opened): (Vec<_>, Vec<_>) = page
            .opened
            .iter()
            .partition(|gap| above(gap.id).is_some_and(|arrival| old(&arrival.entry) > timeout));
        page.opened = opened;
        page.forgotten = never.iter().map(|gap| gap.id).collect();
        let mut state = cursor.state();
        state.gaps.retain(|gap| !page.forgotten.contains(&gap.id));
        *cursor = Cursor::resume(cursor.options, &state, now);
        page
    }
}

#[test]
fn judging_a_gap_by_the_site_s_dates_is_caught() {
    check::<Dating>(&[Violation::ForgottenEarly, Violation::Lost]);
}

/// Forgets what it gives up.
struct Unswept;

impl Behaviour for Unswept {
    fn handle_missing(
        cursor: &mut Cursor,
        asked: &[EventId],
        entries: Vec<Shown>,
        now: Timestamp,
    ) -> Page<Shown> {
        let mut page = cursor.handle_missing(asked, entries, now);
        page.forgotten.extend(page.given_up.drain(..).map(|gap| gap.id));
        let mut state = cursor.state();
        state.gaps.retain(|gap| !page.forgotten.contains(&gap.id));
        *cursor = Cursor::resume(cursor.options, &state, now);
        page
    }
}

#[test]
fn giving_up_for_good_is_caught() {
    check::<Unswept>(&[Violation::ForgottenEarly, Violation::Lost]);
}

/// Forgets by the clock instead of by the sweeps that were made.
struct TrustingTheClock;

impl Behaviour for TrustingTheClock {
    fn handle_newer(cursor: &mut Cursor, entries: Vec<Shown>, now: Timestamp) -> Page<Shown> {
        let mut page = cursor.handle_newer(entries, now);
        let State { high_water, gaps } = cursor.state();
        let timeout = cursor.options.sweep_timeout;
        let (old, gaps): (Vec<_>, Vec<_>) = gaps
            .into_iter()
            .partition(|gap| gap.given_up.is_some_and(|given_up| now.since(given_up) >= timeout));
        if !old.is_empty() {
            page.forgotten.extend(old.iter().map(|gap| gap.id));
            *cursor = Cursor::resume(cursor.options, &State { high_water, gaps }, now);
        }
        page
    }
}

#[test]
fn forgetting_by_the_clock_is_caught() {
    check::<TrustingTheClock>(&[Violation::ForgottenEarly, Violation::Lost]);
}

/// Asks for the lowest gaps, always.
struct Unfair;

impl Behaviour for Unfair {
    fn missing(cursor: &Cursor, _now: Timestamp) -> Vec<EventId> {
        cursor.state().gaps.iter().map(|gap| gap.id).take(cursor.options.page_size).collect()
    }
}

#[test]
fn asking_for_the_same_gaps_is_caught() {
    check::<Unfair>(&[Violation::Slow, Violation::Unending]);
}

/// Does not tell the database of new gaps.
struct Unsaved;

impl Behaviour for Unsaved {
    fn handle_newer(cursor: &mut Cursor, entries: Vec<Shown>, now: Timestamp) -> Page<Shown> {
        Page { opened: Vec::new(), ..cursor.handle_newer(entries, now) }
    }
}

#[test]
fn a_gap_that_is_not_saved_is_caught() {
    check::<Unsaved>(&[Violation::StateDiffers, Violation::Vanished, Violation::Lost]);
}

/// Keeps as many gaps as there are.
struct Hoarding;

impl Behaviour for Hoarding {
    fn options(options: Options) -> Options {
        Options { gaps_max: options.gaps_max + 100, ..options }
    }
}

#[test]
fn a_backlog_beyond_its_limit_is_caught() {
    check::<Hoarding>(&[Violation::Unbounded]);
}

/// Does not say that ids were dropped.
struct Discreet;

impl Behaviour for Discreet {
    fn handle_newer(cursor: &mut Cursor, entries: Vec<Shown>, now: Timestamp) -> Page<Shown> {
        Page { dropped: None, ..cursor.handle_newer(entries, now) }
    }
}

#[test]
fn dropping_in_silence_is_caught() {
    check::<Discreet>(&[Violation::Vanished, Violation::Lost]);
}

/// Never says when to ask for gaps.
struct Sleepy;

impl Behaviour for Sleepy {
    fn poll_timeout(_cursor: &Cursor) -> Option<Timestamp> {
        None
    }
}

#[test]
fn a_missing_timeout_is_caught() {
    check::<Sleepy>(&[Violation::Asleep]);
}

/// Marks nothing as late.
struct Punctual;

impl Behaviour for Punctual {
    fn handle_missing(
        cursor: &mut Cursor,
        asked: &[EventId],
        entries: Vec<Shown>,
        now: Timestamp,
    ) -> Page<Shown> {
        let mut page = cursor.handle_missing(asked, entries, now);
        page.entries.iter_mut().for_each(|arrival| arrival.late = false);
        page
    }
}

#[test]
fn a_late_entry_that_is_not_marked_is_caught() {
    check::<Punctual>(&[Violation::WrongMark]);
}
