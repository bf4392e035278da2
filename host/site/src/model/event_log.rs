//! The rows of the event log that can be seen, by id. An id can stay empty for ever, or be filled later.

use std::collections::HashSet;
use std::sync::Arc;

use super::value::Ref;

/// One row of the event log. Names are not kept: they are looked up when the row is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    pub id: u64,
    pub event_type: Arc<str>,
    pub attribute_name: Option<Arc<str>>,
    /// A JSON document.
    pub meta: Box<str>,
    pub entity: Option<Ref>,
    pub project: Option<Ref>,
    pub user: Option<Ref>,
    pub session_uuid: Option<Arc<str>>,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
    /// Only what a client wrote itself; otherwise the sentence is made from the rest.
    pub description: Option<Box<str>>,
}

/// The visible rows.
#[derive(Debug)]
pub struct EventLog {
    /// The row with id `n` is at `n - 1`.
    slots: Vec<Option<Box<EventRow>>>,
    next_id: u64,
    visible: usize,
    names: HashSet<Arc<str>>,
}

impl EventLog {
    pub fn new() -> Self {
        Self { slots: Vec::new(), next_id: 1, visible: 0, names: HashSet::new() }
    }

    /// Takes the next id from the sequence. It is never given out again.
    pub fn reserve(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// The id that will be given out next.
    pub fn next_id(&self) -> u64 {
        self.next_id
    }

    /// Moves the sequence on, as a site does that has been running for long.
    pub fn skip_to(&mut self, next_id: u64) {
        self.next_id = self.next_id.max(next_id);
    }

    /// The one copy of a text that many rows share.
    pub fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.names.get(text) {
            return Arc::clone(known);
        }
        let name: Arc<str> = Arc::from(text);
        self.names.insert(Arc::clone(&name));
        name
    }

    /// Makes a row visible.
    pub fn show(&mut self, row: EventRow) {
        let index = usize::try_from(row.id - 1).expect("ids count from one in memory");
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        assert!(self.slots[index].is_none(), "an id is used once");
        self.slots[index] = Some(Box::new(row));
        self.visible += 1;
    }

    /// How many rows can be seen.
    pub fn len(&self) -> usize {
        self.visible
    }

    /// The highest id that can be seen; 0 if there is none.
    pub fn newest(&self) -> u64 {
        // The last slot is filled: it was made for the row that is in it, and rows do not go.
        self.slots.len() as u64
    }

    pub fn row(&self, id: u64) -> Option<&EventRow> {
        self.slots.get(usize::try_from(id.checked_sub(1)?).ok()?)?.as_deref()
    }

    /// The visible rows with ids in `from..=to`, by id.
    pub fn range(&self, from: u64, to: u64) -> impl DoubleEndedIterator<Item = &EventRow> {
        let end = usize::try_from(to).unwrap_or(usize::MAX).min(self.slots.len());
        let start = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX).min(end);
        self.slots[start..end].iter().filter_map(Option::as_deref)
    }
}
