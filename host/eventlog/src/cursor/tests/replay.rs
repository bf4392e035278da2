//! Plays a history to a cursor as the poller and the database would, and notes every promise that it breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::time::Duration;

use super::history::{
    GAP_TIMEOUT, History, Order, Row, SWEEP_INTERVAL, SWEEP_TIMEOUT, Shown, Step,
};
use crate::cursor::{Cursor, Dropped, Newer, Options, Page, State};
use crate::{EventId, Timestamp};

/// How a cursor behaves: as it is, or with a fault planted by replacing one of these.
pub(super) trait Behaviour {
    fn options(options: Options) -> Options {
        options
    }

    fn newer(cursor: &Cursor, _now: Timestamp) -> Newer {
        cursor.newer()
    }

    fn missing(cursor: &Cursor, now: Timestamp) -> Vec<EventId> {
        cursor.missing(now)
    }

    fn poll_timeout(cursor: &Cursor) -> Option<Timestamp> {
        cursor.poll_timeout()
    }

    fn handle_newer(cursor: &mut Cursor, entries: Vec<Shown>, now: Timestamp) -> Page<Shown> {
        cursor.handle_newer(entries, now)
    }

    fn handle_missing(
        cursor: &mut Cursor,
        asked: &[EventId],
        entries: Vec<Shown>,
        now: Timestamp,
    ) -> Page<Shown> {
        cursor.handle_missing(asked, entries, now)
    }
}

/// A promise that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Violation {
    /// The high-water mark went down.
    MarkFell,
    /// An entry was handed out a second time.
    Repeated,
    /// An entry that the site showed in time was never handed out.
    Lost,
    /// An entry was handed out before others with lower ids of the same page.
    Unsorted,
    /// `late` does not say whether the gap had been given up.
    WrongMark,
    /// The saved state with the page's changes is not the cursor's state.
    StateDiffers,
    /// More gaps are kept, or more ids asked for at once, than the limits say.
    Unbounded,
    /// An id is neither handed out, nor a gap, nor reported as forgotten or dropped.
    Vanished,
    /// A gap was dropped although there was room, or not the lowest ones were.
    DroppedWithoutNeed,
    /// A gap was given up before its time.
    GivenUpEarly,
    /// A gap was forgotten before its time, or while the site showed its entry.
    ForgottenEarly,
    /// A gap was still asked for long after its time.
    NeverForgotten,
    /// The site had something newer and a poll did not bring it.
    Stalled,
    /// An entry whose gap was open was on the site for longer than the gap's interval.
    Slow,
    /// `poll_timeout` does not say when there is something to ask.
    Asleep,
    /// However often the due gaps are asked for, they stay due.
    Unending,
}

/// The host that follows the site.
struct Replay<'a, B> {
    history: &'a History,
    behaviour: PhantomData<B>,
    cursor: Cursor,
    /// What a database would hold.
    saved: State,
    /// The true time.
    time: i64,
    /// What our clock shows at the true time 0.
    clock: i64,
    jumps: i64,
    /// Whether the host was started again after its clock was set: then it cannot know how long it was away.
    restarted_after_jump: bool,
    backlog_len_max: usize,
    ledger: Ledger,
    violations: BTreeSet<Violation>,
}

/// What has become of every id.
#[derive(Default)]
struct Ledger {
    /// Ids up to here are not part of the stream; unknown until the site has shown one.
    floor: Option<u64>,
    /// Ids of the first look at the site, which are not handed out.
    passed_over: BTreeSet<EventId>,
    handed_out: BTreeSet<EventId>,
    forgotten: BTreeSet<EventId>,
    given_up: BTreeSet<EventId>,
    dropped: Vec<Dropped>,
    /// When a higher id than this row's was first handed out.
    skipped: BTreeMap<EventId, i64>,
    /// Since when an open gap's entry is on the site, and how many polls have not brought it since it should have come.
    neglected: BTreeMap<EventId, (i64, usize)>,
}

/// Plays the history and then waits until nothing can happen any more.
pub(super) fn replay<B: Behaviour>(history: &History) -> BTreeSet<Violation> {
    let mut replay = Replay::<B>::begin(history);
    for step in &history.steps {
        match *step {
            Step::Poll(wait, order) => {
                replay.time += wait;
                replay.poll(order);
            }
            Step::Crash(wait) => {
                replay.time += wait;
                let entries =
                    history.answer_newer(replay.cursor.newer(), replay.time, Order::Ascending);
                let now = replay.now();
                B::handle_newer(&mut replay.cursor, entries, now);
                replay.restart();
            }
            Step::Away(time) => {
                replay.time += time;
                replay.restart();
            }
            Step::Jump(distance) => {
                replay.clock += distance;
                replay.jumps += 1;
                replay.ledger.neglected.clear();
            }
        }
    }
    replay.settle();
    replay.check_nothing_lost();
    replay.violations
}

impl<'a, B: Behaviour> Replay<'a, B> {
    fn begin(history: &'a History) -> Self {
        let clock = 1_000_000_000;
        let recent: Vec<EventId> =
            history.visible(0).rev().take(history.options.page_size).map(|row| row.id).collect();
        let cursor = Cursor::begin(B::options(history.options), &recent, Timestamp(clock));
        let saved = cursor.state();
        // What is missing below the first gap, if gaps were too many for the backlog, is not part of the stream.
        let first_gap = saved.gaps.first().map_or(saved.high_water.0, |gap| gap.id.0 - 1);
        let mut ledger = Ledger {
            floor: recent.first().map(|_| first_gap),
            passed_over: recent.into_iter().collect(),
            ..Ledger::default()
        };
        ledger.note_skipped(&history.rows, 0);
        Self {
            history,
            behaviour: PhantomData,
            saved,
            cursor,
            time: 0,
            clock,
            jumps: 0,
            restarted_after_jump: false,
            backlog_len_max: 0,
            ledger,
            violations: BTreeSet::new(),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.clock + self.time)
    }

    fn expect(&mut self, promise: bool, violation: Violation) {
        if !promise {
            self.violations.insert(violation);
        }
    }

    fn restart(&mut self) {
        self.restarted_after_jump |= self.jumps > 0;
        // Everything is due again, so the round through the gaps begins anew. So it does when the clock is set.
        self.ledger.neglected.clear();
        self.cursor = Cursor::resume(B::options(self.history.options), &self.saved, self.now());
    }

    fn poll(&mut self, order: Order) {
        let now = self.now();
        let top = self.ledger.top();
        let entries = self.history.answer_newer(B::newer(&self.cursor, now), self.time, order);
        let page = B::handle_newer(&mut self.cursor, entries, now);
        self.commit(&page);
        let shown = self.history.visible(self.time).map(|row| row.id).max();
        self.expect(shown <= top || self.ledger.top() > top, Violation::Stalled);
        self.ask(&B::missing(&self.cursor, now), order);
        self.check_patience();
        self.check_timeout();
    }

    fn ask(&mut self, ids: &[EventId], order: Order) {
        self.expect(ids.len() <= self.history.options.page_size, Violation::Unbounded);
        if !ids.is_empty() {
            let entries = self.history.answer_missing(ids, self.time, order);
            let now = self.now();
            let page = B::handle_missing(&mut self.cursor, ids, entries, now);
            self.commit(&page);
        }
    }

    fn commit(&mut self, page: &Page<Shown>) {
        self.check_page(page);
        let changed = apply(&mut self.saved, page);
        self.expect(changed != page.is_empty(), Violation::StateDiffers);
        self.expect(self.saved == self.cursor.state(), Violation::StateDiffers);
        self.backlog_len_max = self.backlog_len_max.max(self.saved.gaps.len());
        self.expect(self.saved.gaps.len() <= self.history.options.gaps_max, Violation::Unbounded);
        if let Some(dropped) = page.dropped {
            let full = self.saved.gaps.len() == self.history.options.gaps_max;
            let lowest = self.saved.gaps.first().is_none_or(|gap| gap.id > dropped.last);
            self.expect(full && lowest, Violation::DroppedWithoutNeed);
        }
        self.ledger.note(page, &self.history.rows, self.time);
        let balanced = self.ledger.balances(&self.saved);
        self.expect(balanced, Violation::Vanished);
    }

    fn check_page(&mut self, page: &Page<Shown>) {
        self.expect(page.high_water >= self.saved.high_water, Violation::MarkFell);
        self.expect(page.entries.is_sorted_by_key(|arrival| arrival.entry.id), Violation::Unsorted);
        for arrival in &page.entries {
            let id = arrival.entry.id;
            let first = self.ledger.handed_out.insert(id) && !self.ledger.passed_over.contains(&id);
            self.expect(first, Violation::Repeated);
            self.expect(arrival.late == self.ledger.given_up.contains(&id), Violation::WrongMark);
        }
        for gap in &page.given_up {
            let waited =
                self.time - self.ledger.skipped.get(&gap.id).copied().unwrap_or(i64::MIN / 2);
            self.expect(self.jumps > 0 || waited >= millis(GAP_TIMEOUT), Violation::GivenUpEarly);
        }
        for id in forgotten_in_time(page) {
            let row = self.history.rows.iter().find(|row| row.id == *id);
            let shown = row.is_some_and(|row| row.is_visible(self.time));
            let early =
                row.and_then(|row| self.due_until(row)).is_some_and(|until| self.time < until);
            self.expect(!shown && !early, Violation::ForgottenEarly);
        }
    }

    /// Until when the entry must be handed out if it appears; unknown once a restart came after a jump of the clock.
    fn due_until(&self, row: &Row) -> Option<i64> {
        let skipped = self.ledger.skipped.get(&row.id).copied().unwrap_or(self.time);
        match self.jumps {
            0 => Some(skipped + millis(GAP_TIMEOUT) + millis(SWEEP_TIMEOUT)),
            // It may be given up at once, and each jump may use up a sweep.
            jumps if !self.restarted_after_jump => {
                Some(skipped + millis(SWEEP_TIMEOUT) - jumps * millis(SWEEP_INTERVAL))
            }
            _ => None,
        }
    }

    fn check_patience(&mut self) {
        let (time, mut slow) = (self.time, false);
        // One round through all that can be due before it, and the polls in which it was found out.
        let polls_max = self.backlog_len_max / self.history.options.page_size + 2;
        let mut neglected = BTreeMap::new();
        for gap in &self.saved.gaps {
            let visible = self.history.visible(time).any(|row| row.id == gap.id);
            if visible {
                let interval =
                    if gap.given_up.is_some() { SWEEP_INTERVAL } else { Duration::from_secs(5) };
                let (since, polls) =
                    self.ledger.neglected.get(&gap.id).copied().unwrap_or((time, 0));
                let polls = polls + usize::from(time - since > millis(interval));
                slow |= polls > polls_max;
                neglected.insert(gap.id, (since, polls));
            }
        }
        self.ledger.neglected = neglected;
        self.expect(!slow, Violation::Slow);
    }

    fn check_timeout(&mut self) {
        let timeout = B::poll_timeout(&self.cursor);
        self.expect(timeout.is_none() == self.saved.gaps.is_empty(), Violation::Asleep);
        if let Some(timeout) = timeout {
            let due = !B::missing(&self.cursor, timeout.max(self.now())).is_empty();
            self.expect(due, Violation::Asleep);
        }
    }

    /// Polls when the cursor or the site has something to say, until no gap is left.
    fn settle(&mut self) {
        let last = self
            .history
            .rows
            .iter()
            .filter_map(|row| row.revealed)
            .max()
            .unwrap_or(0)
            .max(self.time);
        // A sweep at once, one for the rest of an interval, one for a clock that was set back; all doubled, for rotation.
        let end = last + 2 * millis(GAP_TIMEOUT + SWEEP_TIMEOUT + 3 * SWEEP_INTERVAL);
        while self.time < end {
            let next_row = self
                .history
                .rows
                .iter()
                .filter_map(|row| row.revealed)
                .filter(|at| *at > self.time)
                .min();
            let next_gap = B::poll_timeout(&self.cursor).map(|at| at.0 - self.clock);
            // A clock that was set back says nothing about the next gap, so there is a slow poll too.
            let next = [next_row, next_gap, Some(self.time + 30_000)].into_iter().flatten().min();
            self.time = next.unwrap_or(end).max(self.time + 1);
            self.poll(Order::Ascending);
            self.ask_until_nothing_is_due();
            if self.violations.contains(&Violation::Unending) {
                break;
            }
            if self.saved.gaps.is_empty()
                && next_row.is_none()
                && self.ledger.top() >= self.shown_at_end()
            {
                break;
            }
        }
        self.expect(self.saved.gaps.is_empty(), Violation::NeverForgotten);
    }

    fn shown_at_end(&self) -> Option<EventId> {
        self.history.rows.iter().filter(|row| row.revealed.is_some()).map(|row| row.id).max()
    }

    fn ask_until_nothing_is_due(&mut self) {
        for _ in 0..=self.saved.gaps.len() / self.history.options.page_size {
            let ids = B::missing(&self.cursor, self.now());
            self.ask(&ids, Order::Ascending);
        }
        let nothing_due = B::missing(&self.cursor, self.now()).is_empty()
            && B::poll_timeout(&self.cursor).is_none_or(|timeout| timeout > self.now());
        self.expect(nothing_due, Violation::Unending);
    }

    fn check_nothing_lost(&mut self) {
        for row in &self.history.rows {
            let Some(revealed) = row.revealed.filter(|_| self.ledger.is_in_stream(row.id)) else {
                continue;
            };
            let in_time = match self.due_until(row) {
                Some(until) => revealed <= until,
                None => !self.ledger.forgotten.contains(&row.id),
            };
            let dropped = self
                .ledger
                .dropped
                .iter()
                .any(|dropped| dropped.first <= row.id && row.id <= dropped.last);
            let handed_out = self.ledger.handed_out.contains(&row.id);
            self.expect(handed_out || dropped || !in_time, Violation::Lost);
        }
    }
}

impl Ledger {
    fn top(&self) -> Option<EventId> {
        self.handed_out.last().max(self.passed_over.last()).copied()
    }

    fn is_in_stream(&self, id: EventId) -> bool {
        self.floor.is_some_and(|floor| id.0 > floor) && !self.passed_over.contains(&id)
    }

    fn note(&mut self, page: &Page<Shown>, rows: &[Row], time: i64) {
        if self.floor.is_none() {
            let entry = page.entries.first().map(|arrival| arrival.entry.id.0);
            let gap = page.opened.first().map(|gap| gap.id.0);
            let dropped = page.dropped.map(|dropped| dropped.first.0);
            self.floor = [entry, gap, dropped].into_iter().flatten().min().map(|id| id - 1);
        }
        self.given_up.extend(page.given_up.iter().map(|gap| gap.id));
        self.forgotten.extend(forgotten_in_time(page));
        self.dropped.extend(page.dropped);
        self.note_skipped(rows, time);
    }

    fn note_skipped(&mut self, rows: &[Row], time: i64) {
        let top = self.top();
        for row in rows.iter().filter(|row| Some(row.id) < top) {
            if !self.handed_out.contains(&row.id) {
                self.skipped.entry(row.id).or_insert(time);
            }
        }
    }

    /// Whether every id up to the high-water mark is accounted for, exactly once.
    fn balances(&self, saved: &State) -> bool {
        let Some(floor) = self.floor else { return saved.gaps.is_empty() };
        let passed_over = self.passed_over.iter().filter(|id| id.0 > floor).count();
        let ids = [passed_over, self.handed_out.len(), saved.gaps.len(), self.forgotten.len()]
            .map(|ids| ids as u64);
        let dropped: u64 = self.dropped.iter().map(|dropped| dropped.count).sum();
        saved.high_water.0 - floor == ids.iter().sum::<u64>() + dropped
    }
}

/// The gaps that were not dropped for want of room.
fn forgotten_in_time(page: &Page<Shown>) -> impl Iterator<Item = &EventId> {
    let dropped = page.dropped.map(|dropped| dropped.last);
    page.forgotten.iter().filter(move |id| Some(**id) > dropped)
}

/// Does what the database does with a page. Whether anything changed.
fn apply(saved: &mut State, page: &Page<Shown>) -> bool {
    let before = saved.clone();
    saved.high_water = page.high_water;
    let gone =
        |id: &EventId| page.closed.iter().any(|gap| gap.id == *id) || page.forgotten.contains(id);
    saved.gaps.retain(|gap| !gone(&gap.id));
    for gap in &page.given_up {
        saved.gaps.iter_mut().filter(|saved| saved.id == gap.id).for_each(|saved| *saved = *gap);
    }
    saved.gaps.extend(&page.opened);
    *saved != before || page.dropped.is_some()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).expect("test durations are short")
}
