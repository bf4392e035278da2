//! What one browser was told of the event log, and what it is to be told next. Pure.

use std::collections::BTreeSet;

use serde::Serialize;

use super::super::events::{Filter, META_BYTES_MAX, Row, SCANNED_MAX, row};
use crate::model::{EventView, Model};

/// Rows in one message. With ten messages a second it is more than anybody reads.
pub(super) const ROWS_MAX: usize = 200;
/// Ids that were passed over and may still come: a transaction that commits late shows rows below those seen.
const MISSING_MAX: usize = 2_000;

/// Where a browser is in the log.
#[derive(Debug)]
pub(super) struct Cursor {
    filter: Filter,
    /// The highest id that was looked at. None before the first message.
    high: Option<u64>,
    /// What the browser had seen when it came.
    after: Option<u64>,
    /// Ids below `high` that could not be seen.
    missing: BTreeSet<u64>,
    /// How many rows the log had when it was last looked at.
    count: usize,
}

/// What a browser is told: rows that are new to it, newest first.
#[derive(Debug, Serialize)]
pub(super) struct Batch<'a> {
    rows: Vec<Row<'a>>,
    /// New rows that are left out because they do not fit.
    skipped: usize,
    /// Whether this is the first message, which begins anew and may repeat what is known.
    first: bool,
    /// Where looking further back begins; none if there is nothing there.
    #[serde(skip_serializing_if = "Option::is_none")]
    scanned_to: Option<u64>,
    /// The highest id in the log.
    newest: u64,
}

impl Batch<'_> {
    pub(super) fn newest(&self) -> u64 {
        self.newest
    }
}

impl Cursor {
    pub(super) fn new(filter: Filter, after: Option<u64>) -> Self {
        Self { filter, high: None, after, missing: BTreeSet::new(), count: 0 }
    }

    /// What there is to tell now; none if nothing happened, but always something the first time.
    pub(super) fn next<'a>(&mut self, model: &'a Model) -> Option<Batch<'a>> {
        let first = self.high.is_none();
        let (count, newest) = (model.event_count(), model.newest_event_id());
        if !first && self.count == count && self.high == Some(newest) {
            return None;
        }
        let mut batch = Batch { rows: Vec::new(), skipped: 0, first, scanned_to: None, newest };
        let known = if first { 0 } else { self.high.unwrap_or(0) };
        self.take_new(model, known, &mut batch);
        self.take_late(model, known, &mut batch);
        self.high = Some(newest);
        self.count = count;
        (first || batch.skipped > 0 || !batch.rows.is_empty()).then_some(batch)
    }

    /// Takes the rows above `known`, newest first, as far as they fit, and remembers the ids between them.
    fn take_new<'a>(&mut self, model: &'a Model, known: u64, batch: &mut Batch<'a>) {
        let mut above = batch.newest + 1;
        for event in model.events_after(known).rev().take(SCANNED_MAX) {
            if batch.rows.len() == ROWS_MAX {
                break;
            }
            self.remember_missing(event.id() + 1, above);
            above = event.id();
            self.take(event, batch);
        }
        let mut rest = model.events_before(above);
        if batch.first {
            batch.scanned_to = rest.next_back().map(|_| above);
            // A browser that comes back has seen what is not above its last id.
            batch.skipped = match self.after {
                Some(after) if after < above => {
                    model.events_before(above).rev().take_while(|event| event.id() > after).count()
                }
                _ => 0,
            };
        } else {
            let unseen = rest.rev().take_while(|event| event.id() > known).count();
            batch.skipped = unseen;
            if unseen == 0 {
                self.remember_missing(known + 1, above);
            }
        }
    }

    fn take<'a>(&self, event: EventView<'a>, batch: &mut Batch<'a>) {
        if self.filter.matches(event) {
            batch.rows.push(row(event, META_BYTES_MAX));
        }
    }

    /// Takes the rows that were missing and can be seen now.
    fn take_late<'a>(&mut self, model: &'a Model, known: u64, batch: &mut Batch<'a>) {
        let late: Vec<_> = self.missing.range(..=known).filter_map(|id| model.event(*id)).collect();
        for event in late.into_iter().rev() {
            self.missing.remove(&event.id());
            self.take(event, batch);
        }
    }

    /// Remembers ids from `from` up to and without `to`: the highest of them, as there may be millions.
    fn remember_missing(&mut self, from: u64, to: u64) {
        let from = from.max(to.saturating_sub(MISSING_MAX as u64));
        self.missing.extend(from..to);
        while self.missing.len() > MISSING_MAX {
            self.missing.pop_first();
        }
    }
}
