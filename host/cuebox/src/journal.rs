//! The entries in the order of their arrival, for lanes to read: the newest from memory, all from the database.
//!
//! A lane that keeps up finds what the poller has just decoded; lanes that are behind together read a page again once and
//! share it. Memory is bounded by a number of entries: the page that was not wanted for longest goes, and is on disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use eventlog::{EventLogEntry, Seq, Timestamp};
use runtime::Event;

use crate::news::{Follower, News};
use crate::storage::Storage;

/// Entries kept in memory: enough that plugins in step with the stream never wait for the disk, at about 2 kB each.
const ENTRIES_MAX: usize = 20_000;

/// How many entries one look at the database brings.
const PAGE_ENTRIES: usize = 500;

/// One entry with its place.
#[derive(Debug)]
pub struct JournalEntry {
    /// Its place in the journal.
    pub seq: Seq,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Whether it appeared after it had been given up.
    pub late: bool,
    /// What the site says.
    pub entry: EventLogEntry,
    /// What guests are handed, made when the first one wants it.
    event: OnceLock<Event>,
}

/// Consecutive entries.
pub type JournalPage = Arc<Vec<JournalEntry>>;

/// The journal of one host. Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    storage: Storage,
    pages: Arc<Mutex<Pages>>,
    /// Held while a page is read from the database: of lanes that want the same one, the second finds what the first read.
    reading: Arc<tokio::sync::Mutex<()>>,
    last: News<Seq>,
}

/// Why the journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The database could not answer.
    #[error("cannot read the journal")]
    Database(#[from] database::QueryError),
    /// An entry was stored that cannot be read. Entries are read before they are stored, so it was damaged since.
    #[error("the journal holds an entry that cannot be read, number {seq}")]
    Malformed {
        /// Its place.
        seq: Seq,
        /// What is wrong with it.
        source: shotgun::wire::MalformedEntry,
    },
}

impl JournalEntry {
    /// An entry at its place.
    pub fn new(seq: Seq, received_at: Timestamp, late: bool, entry: EventLogEntry) -> Self {
        Self { seq, received_at, late, entry, event: OnceLock::new() }
    }

    /// What guests are handed, for a first attempt.
    pub fn event(&self) -> &Event {
        self.event.get_or_init(|| runtime::event_of(&self.entry, self.late))
    }
}

impl Journal {
    /// The journal of a database whose last entry is at `last`.
    pub fn new(storage: Storage, last: Seq) -> Self {
        let last = News::new(last);
        Self { storage, pages: Arc::default(), reading: Arc::default(), last }
    }

    /// Announces entries that were committed.
    pub fn publish(&self, page: Vec<JournalEntry>) {
        let Some(last) = page.last().map(|entry| entry.seq) else { return };
        self.pages().insert(Arc::new(page));
        self.last.change(|known| std::mem::replace(known, last) != last);
    }

    /// The place of the last entry.
    pub fn last(&self) -> Seq {
        self.last.read(|last| *last)
    }

    /// Tells when that moves on.
    pub fn follow(&self) -> Follower<Seq> {
        self.last.follow()
    }

    /// Some of the entries after `seq`: those of the page that begin at the returned index. None if there are no more.
    pub async fn after(&self, seq: Seq) -> Result<Option<(JournalPage, usize)>, ReadError> {
        if let Some(found) = self.pages().find(seq.next()) {
            return Ok(Some(found));
        }
        if self.last() <= seq {
            return Ok(None);
        }
        let _turn = self.reading.lock().await;
        if let Some(found) = self.pages().find(seq.next()) {
            return Ok(Some(found));
        }
        let stored =
            self.storage.ask(move |database| database.entries_after(seq, PAGE_ENTRIES)).await?;
        let page = stored.into_iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        if page.is_empty() {
            return Ok(None);
        }
        let page = Arc::new(page);
        self.pages().insert(page.clone());
        Ok(Some((page, 0)))
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn decode(stored: database::JournalEntry) -> Result<JournalEntry, ReadError> {
    let seq = stored.seq;
    let entry = shotgun::wire::parse_entry(&stored.json)
        .map_err(|source| ReadError::Malformed { seq, source })?;
    Ok(JournalEntry::new(seq, stored.received_at, stored.late, entry))
}

/// The pages in memory, by the place of their first entry.
#[derive(Default)]
struct Pages {
    by_first: BTreeMap<Seq, Kept>,
    /// By when each was last wanted.
    by_use: BTreeMap<u64, Seq>,
    /// Counts what was wanted.
    uses: u64,
    entries: usize,
}

struct Kept {
    page: JournalPage,
    last_use: u64,
}

impl Pages {
    fn insert(&mut self, page: JournalPage) {
        let Some(first) = page.first().map(|entry| entry.seq) else { return };
        self.entries += page.len();
        self.uses += 1;
        self.by_use.insert(self.uses, first);
        let kept = Kept { page, last_use: self.uses };
        if let Some(replaced) = self.by_first.insert(first, kept) {
            self.entries -= replaced.page.len();
            self.by_use.remove(&replaced.last_use);
        }
        // Not the lowest page: that is the next one of the lanes that are behind, and they are many when one is.
        while self.entries > ENTRIES_MAX
            && let Some((_, first)) = self.by_use.pop_first()
            && let Some(dropped) = self.by_first.remove(&first)
        {
            self.entries -= dropped.page.len();
        }
    }

    fn find(&mut self, seq: Seq) -> Option<(JournalPage, usize)> {
        let (first, kept) = self.by_first.range_mut(..=seq).next_back()?;
        let index = kept.page.binary_search_by_key(&seq, |entry| entry.seq).ok()?;
        self.by_use.remove(&kept.last_use);
        self.uses += 1;
        kept.last_use = self.uses;
        self.by_use.insert(self.uses, *first);
        Some((kept.page.clone(), index))
    }
}

#[cfg(test)]
mod tests;
