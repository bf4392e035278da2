//! The rows of the event log that can be seen, by id. An id can stay empty for ever, or be filled later.

use std::collections::{BTreeMap, HashSet};
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
    rows: BTreeMap<u64, Box<EventRow>>,
    next_id: u64,
    names: HashSet<Arc<str>>,
}

impl EventLog {
    pub fn new() -> Self {
        Self { rows: BTreeMap::new(), next_id: 1, names: HashSet::new() }
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
        let before = self.rows.insert(row.id, Box::new(row));
        assert!(before.is_none(), "an id is used once");
    }

    /// Drops the rows from before a moment and says how many they were.
    pub fn forget_before(&mut self, seconds: i64) -> usize {
        let before = self.rows.len();
        self.rows.retain(|_, row| row.created_at >= seconds);
        before - self.rows.len()
    }

    /// How many rows can be seen.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The highest id that can be seen; 0 if there is none.
    pub fn newest(&self) -> u64 {
        self.rows.last_key_value().map_or(0, |(id, _)| *id)
    }

    pub fn row(&self, id: u64) -> Option<&EventRow> {
        self.rows.get(&id).map(Box::as_ref)
    }

    /// The visible rows with ids in `from..=to`, by id.
    pub fn range(&self, from: u64, to: u64) -> impl DoubleEndedIterator<Item = &EventRow> {
        // A range that ends before it starts is empty.
        self.rows
            .range(from.min(to)..=to)
            .map(|(_, row)| row.as_ref())
            .filter(move |row| row.id >= from)
    }
}
