//! Decides what to ask the site next and which entries are new. Does not know who fetches, stores or receives them.
//!
//! The site hands ids out before it commits, so a lower id can appear after a higher one. A cursor therefore keeps, beside
//! the highest id it has seen, every id below it that has not appeared: the backlog of gaps. Gaps are asked for *by id*,
//! beside the page of newer entries and never by moving that page back. So a gap delays no other entry, and nothing is
//! handed out again because something else was late.
//!
//! One poll: fetch [`Cursor::newer`], give the answer to [`Cursor::handle_newer`]; fetch [`Cursor::missing`] unless it is
//! empty, give the answer to [`Cursor::handle_missing`]; commit each [`Page`] in one transaction. After a failed
//! fetch there is nothing to tell the cursor: it asks the same again.

mod backlog;
mod page;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::{EventId, Timestamp};
use backlog::{Backlog, Opened};
pub use page::{Arrival, Dropped, Identified, Page};

/// The limits of a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How many entries one question asks for. At least 1.
    pub page_size: usize,
    /// How long a gap may stay open before it is given up.
    pub gap_timeout: Duration,
    /// How often a gap that was given up is still asked for. Longer than zero.
    pub sweep_interval: Duration,
    /// How long a gap that was given up is still asked for.
    pub sweep_timeout: Duration,
    /// How many gaps are kept; beyond it those with the lowest ids are dropped.
    pub gaps_max: usize,
}

/// An id below the high-water mark that has not appeared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The missing id.
    pub id: EventId,
    /// When an entry above it was first seen, by our clock.
    pub first_seen: Timestamp,
    /// When it was given up, by our clock. It is still asked for, rarely, and comes out marked late.
    pub given_up: Option<Timestamp>,
}

/// What outlives the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The highest id that was handed out or, at a first start, passed over; 0 if the site had none.
    pub high_water: EventId,
    /// The open gaps, by id.
    pub gaps: Vec<Gap>,
}

/// The question for entries that are newer than all that were seen: by ascending id, from the lowest above `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newer {
    /// The id above which to begin.
    pub after: EventId,
    /// How many entries to ask for.
    pub limit: usize,
}

/// Decides what to ask the site next, and which entries are new.
#[derive(Debug, Clone)]
pub struct Cursor {
    options: Options,
    /// Highest id seen. Never decreases.
    high_water: EventId,
    /// Ids below `high_water` that are still asked for; at most `options.gaps_max`.
    backlog: Backlog,
}

impl Cursor {
    /// Starts a stream after the newest of `recent`, the newest ids on the site in any order, or none if it has none. The
    /// holes among them may be transactions still open, so they are gaps already.
    #[must_use]
    pub fn begin(options: Options, recent: &[EventId], now: Timestamp) -> Self {
        let high_water = recent.iter().min().copied().unwrap_or(EventId(0));
        let mut cursor = Self::resume(options, &State { high_water, gaps: Vec::new() }, now);
        // What is handed out and dropped here lies before the start of the stream, so nobody is told.
        cursor.take(recent.to_vec(), now);
        cursor
    }

    /// Continues a stream from what was saved. Every gap is asked for at least once more, however old it has become.
    #[must_use]
    pub fn resume(options: Options, state: &State, now: Timestamp) -> Self {
        assert!(options.page_size > 0, "a page holds at least one entry");
        assert!(options.sweep_interval > Duration::ZERO, "sweeps are some time apart");
        Self {
            options,
            high_water: state.high_water,
            backlog: Backlog::load(&options, &state.gaps, now),
        }
    }

    /// What to save: the same as the first state with the changes of every page since.
    #[must_use]
    pub fn state(&self) -> State {
        State { high_water: self.high_water, gaps: self.backlog.gaps().collect() }
    }

    /// How many gaps are open, those that were given up included.
    #[must_use]
    pub fn backlog_len(&self) -> usize {
        self.backlog.len()
    }

    /// The page of newer entries to ask for.
    #[must_use]
    pub fn newer(&self) -> Newer {
        Newer { after: self.high_water, limit: self.options.page_size }
    }

    /// The gaps whose turn it is to be asked for by id, the longest overdue, ascending. At most a page, often none.
    #[must_use]
    pub fn missing(&self, now: Timestamp) -> Vec<EventId> {
        self.backlog.due(&self.options, now)
    }

    /// When `missing` next has something to ask for, if no entry comes before; never if there are no gaps. A clock that is
    /// set back makes it wrong, so `missing` belongs into every poll.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.backlog.poll_timeout(&self.options)
    }

    /// Takes the answer to `newer`. Entries may come in any order and more than once; one that closes a gap has arrived.
    pub fn handle_newer<E: Identified>(&mut self, entries: Vec<E>, now: Timestamp) -> Page<E> {
        self.take(entries, now)
    }

    /// Takes the answer to a question for the ids in `asked`: what it does not hold is not on the site at this moment. Gaps
    /// are given up and forgotten here and nowhere else, so never without having been asked for when it was time.
    pub fn handle_missing<E: Identified>(
        &mut self,
        asked: &[EventId],
        entries: Vec<E>,
        now: Timestamp,
    ) -> Page<E> {
        let mut page = self.take(entries, now);
        let absent = self.backlog.asked(&self.options, asked, now);
        page.given_up = absent.given_up;
        page.forgotten.extend(absent.forgotten);
        page
    }

    fn take<E: Identified>(&mut self, mut entries: Vec<E>, now: Timestamp) -> Page<E> {
        if !entries.is_sorted_by_key(E::id) {
            entries.sort_by_key(E::id);
        }
        let mut arrivals = Vec::with_capacity(entries.len());
        let mut closed = Vec::new();
        let mut holes = Vec::new();
        for entry in entries {
            let id = entry.id();
            if id > self.high_water {
                let hole = self.first_expected(id)..id.0;
                if !hole.is_empty() {
                    holes.push(hole);
                }
                self.high_water = id;
                arrivals.push(Arrival { entry, late: false });
            } else if let Some(gap) = self.backlog.close(id) {
                closed.push(gap);
                arrivals.push(Arrival { entry, late: gap.given_up.is_some() });
            }
            // Else it was handed out before, or lies before the stream, or is reported as forgotten or dropped.
        }
        let Opened { opened, evicted, dropped } =
            self.backlog.open(&holes, self.options.gaps_max, now);
        Page {
            high_water: self.high_water,
            entries: arrivals,
            opened,
            closed,
            given_up: Vec::new(),
            forgotten: evicted,
            dropped,
        }
    }

    /// The lowest id that could have been expected before `id`, which is above the high-water mark.
    fn first_expected(&self, id: EventId) -> u64 {
        if self.high_water == EventId(0) {
            // The log was empty. Sites archive old entries, so the first id may be in the millions; what can still be
            // in flight is near it.
            let page_size = u64::try_from(self.options.page_size).unwrap_or(u64::MAX);
            return id.0.saturating_sub(page_size).max(1);
        }
        self.high_water.0 + 1
    }
}
