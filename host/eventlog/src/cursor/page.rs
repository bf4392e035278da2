//! What one answer of the site changes. Knows neither the question nor the database.

use super::Gap;
use crate::{EventId, EventLogEntry};

/// What an answer changed: the entries that are new, and the changes to the state. They belong into one transaction;
/// within it the order of the changes does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<E> {
    /// The high-water mark after this page.
    pub high_water: EventId,
    /// What is handed out for the first time, by ascending id.
    pub entries: Vec<Arrival<E>>,
    /// Gaps to add, by id.
    pub opened: Vec<Gap>,
    /// Gaps to remove, because their entry is among `entries`; as they were.
    pub closed: Vec<Gap>,
    /// Gaps to change: they were given up now, and are only swept from here on.
    pub given_up: Vec<Gap>,
    /// Gaps to remove, because they did not appear while they were swept either, or because there was no room for them:
    /// those are below or at the last of `dropped`. The last that is heard of any of them.
    pub forgotten: Vec<EventId>,
    /// Ids that are not asked for, or not any longer, for want of room. To be told; what to remove is in `forgotten`.
    pub dropped: Option<Dropped>,
}

/// An entry that is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival<E> {
    /// What the answer held.
    pub entry: E,
    /// Whether its gap had been given up.
    pub late: bool,
}

/// The ids that did not fit into the backlog: always those with the lowest ids, which have been missing for longest and
/// are the least likely to appear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    /// The lowest of them.
    pub first: EventId,
    /// The highest of them. No gap at or below it is open any longer.
    pub last: EventId,
    /// How many they are: gaps that were open, and ids of a new hole that never were.
    pub count: u64,
}

/// What a cursor needs to know of an entry.
pub trait Identified {
    /// The site's number of the entry.
    fn id(&self) -> EventId;
}

impl<E> Page<E> {
    /// Whether nothing changed, so that there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        // The mark moves only with an entry, and an entry leaves by `closed` only together with `entries`.
        self.entries.is_empty()
            && self.given_up.is_empty()
            && self.forgotten.is_empty()
            && self.dropped.is_none()
    }
}

impl Dropped {
    /// Adds the `count` ids between `first` and `last`, in any order of calls.
    pub(super) fn add(dropped: &mut Option<Self>, first: EventId, last: EventId, count: u64) {
        let so_far = dropped.unwrap_or(Self { first, last, count: 0 });
        *dropped = Some(Self {
            first: so_far.first.min(first),
            last: so_far.last.max(last),
            count: so_far.count.saturating_add(count),
        });
    }
}

impl Identified for EventId {
    fn id(&self) -> EventId {
        *self
    }
}

impl Identified for EventLogEntry {
    fn id(&self) -> EventId {
        self.id
    }
}

/// An entry with something that travels along, such as the text it was read from.
impl<T> Identified for (EventLogEntry, T) {
    fn id(&self) -> EventId {
        self.0.id
    }
}
