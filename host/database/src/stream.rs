//! The stream as it is kept: the cursor, its gaps, and the journal of entries in the order of arrival.

use std::fmt;

use eventlog::{EventId, Seq, SiteTime, Timestamp};
use rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE;
use rusqlite::{Row, params};

use crate::checksum::Checksum;
use crate::gap_story::{GapEnding, GapStory};
use crate::open::Database;
use crate::query::{Query, QueryError};

#[cfg(test)]
pub(crate) mod tests;

const STREAM: &str = "SELECT high_water, last_seq, checksum FROM stream";
const START_STREAM: &str =
    "INSERT INTO stream (only_row, high_water, last_seq, checksum) VALUES (1, ?1, ?2, ?3)";
const ADVANCE_STREAM: &str = "UPDATE stream SET high_water = ?1, last_seq = ?2, checksum = ?3";
const GAPS: &str = "SELECT id, first_seen, given_up, checksum FROM gap ORDER BY id";
const GAP: &str = "SELECT id, first_seen, given_up, checksum FROM gap WHERE id = ?1";
const KEEP_GAP: &str =
    "INSERT OR REPLACE INTO gap (id, first_seen, given_up, checksum) VALUES (?1, ?2, ?3, ?4)";
const DROP_GAP: &str = "DELETE FROM gap WHERE id = ?1";
const APPEND: &str = "INSERT INTO journal (seq, id, created_at, received_at, late, checksum, json)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const ENTRIES_AFTER: &str = "SELECT seq, id, created_at, received_at, late, checksum, json
    FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2";
const ENTRY_BY_ID: &str =
    "SELECT seq, id, created_at, received_at, late, checksum, json FROM journal WHERE id = ?1";
const FIRST_SEQ: &str = "SELECT min(seq) FROM journal";

/// Where the stream stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Highest id seen. Never decreases.
    pub high_water: EventId,
    /// The ids below it that have not appeared, ascending.
    pub gaps: Vec<Gap>,
}

/// An id below the high-water mark that has not appeared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The id.
    pub id: EventId,
    /// When its absence was first noticed.
    pub first_seen: Timestamp,
    /// When it was given up; an entry that appears after that is late.
    pub given_up: Option<Timestamp>,
}

/// What one answer of the site changes. All of it is kept, or nothing.
#[derive(Debug, Clone, Copy)]
pub struct Append<'a> {
    /// The new entries, in the order in which plugins shall see them.
    pub entries: &'a [NewEntry<'a>],
    /// When they arrived.
    pub received_at: Timestamp,
    /// Highest id seen, at least that of every entry.
    pub high_water: EventId,
    /// Gaps that are new.
    pub opened: &'a [Gap],
    /// Gaps that are no longer waited for, and since when.
    pub given_up: &'a [(EventId, Timestamp)],
    /// Gaps whose entry arrived.
    pub closed: &'a [EventId],
    /// Gaps that are not asked for any more.
    pub forgotten: &'a [EventId],
    /// Ids for which there was no room; those of them that were gaps are in `forgotten`.
    pub dropped: Option<DroppedIds>,
}

/// Ids that are not asked for, or not any longer, because they were too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DroppedIds {
    /// The lowest of them.
    pub first: EventId,
    /// The highest of them.
    pub last: EventId,
    /// How many they are.
    pub count: u64,
}

/// An entry to keep.
#[derive(Debug, Clone, Copy)]
pub struct NewEntry<'a> {
    /// The site's number.
    pub id: EventId,
    /// When it happened, by the site's clock.
    pub created_at: SiteTime,
    /// Appeared after its gap was given up.
    pub late: bool,
    /// The entry as the site sent it.
    pub json: &'a str,
}

/// An entry as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Its place in the journal.
    pub seq: Seq,
    /// The site's number.
    pub id: EventId,
    /// When it happened, by the site's clock.
    pub created_at: SiteTime,
    /// When it arrived, by ours.
    pub received_at: Timestamp,
    /// Appeared after its gap was given up.
    pub late: bool,
    /// The entry as the site sent it.
    pub json: String,
}

/// Why entries could not be kept. Each but the last is a mistake of the caller.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Nothing was kept about the stream yet.
    #[error("entries were appended to a stream that was not started")]
    NotStarted,
    /// The stream was started before.
    #[error("the stream was started already, its high-water mark is {high_water}")]
    Started {
        /// What is kept.
        high_water: EventId,
    },
    /// The high-water mark would fall.
    #[error("the high-water mark may not fall from {high_water} to {asked}")]
    HighWaterFell {
        /// What is kept.
        high_water: EventId,
        /// What was asked for.
        asked: EventId,
    },
    /// An entry's id is above the high-water mark it came with.
    #[error("entry {id} is above the high-water mark {high_water} it came with")]
    AboveHighWater {
        /// The entry.
        id: EventId,
        /// The mark.
        high_water: EventId,
    },
    /// The journal has this entry; a second one would be delivered again.
    #[error("entry {id} is in the journal already")]
    Duplicate {
        /// The entry.
        id: EventId,
    },
    /// The file failed.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// The one row of the stream's table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamRow {
    pub(crate) high_water: EventId,
    pub(crate) last_seq: Seq,
}

impl Database {
    /// Where the stream stands; none before [`Database::start_stream`].
    pub fn load_stream(&self) -> Result<Option<Stream>, QueryError> {
        let query = self.ask("load the cursor");
        let Some(row) = StreamRow::load(query)? else { return Ok(None) };
        let gaps = query.all(GAPS, [], Gap::read)?;
        Ok(Some(Stream { high_water: row.high_water, gaps }))
    }

    /// Keeps where the stream starts; only the first time.
    pub fn start_stream(&mut self, stream: &Stream) -> Result<(), AppendError> {
        self.change("start the stream", |query| {
            if let Some(row) = StreamRow::load(query)? {
                return Err(AppendError::Started { high_water: row.high_water });
            }
            let row = StreamRow { high_water: stream.high_water, last_seq: Seq(0) };
            query.execute(
                START_STREAM,
                params![row.high_water.0, row.last_seq.0, row.checksum().stored()],
            )?;
            stream.gaps.iter().try_for_each(|gap| gap.keep(query))?;
            Ok(())
        })
    }

    /// Keeps new entries, cursor and gaps in one commit; the place of the first entry. Places increase without holes.
    /// Where nothing changes, nothing is written.
    pub fn append(&mut self, append: &Append<'_>) -> Result<Seq, AppendError> {
        let Some(before) = StreamRow::load(self.ask("append entries"))? else {
            return Err(AppendError::NotStarted);
        };
        append.check(before)?;
        if append.changes_nothing(before) {
            return Ok(before.last_seq.next());
        }
        self.change("append entries", |query| {
            let before = StreamRow::load(query)?.ok_or(AppendError::NotStarted)?;
            append.check(before)?;
            append.perform(query, before)?;
            Ok(before.last_seq.next())
        })
    }

    /// The entries after a place, in order, at most `limit`.
    pub fn entries_after(&self, seq: Seq, limit: usize) -> Result<Vec<JournalEntry>, QueryError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.ask("read the journal").all(ENTRIES_AFTER, params![seq.0, limit], JournalEntry::read)
    }

    /// One entry by the site's number, while retention keeps it.
    pub fn entry_by_id(&self, id: EventId) -> Result<Option<JournalEntry>, QueryError> {
        self.ask("look an entry up").first(ENTRY_BY_ID, [id.0], JournalEntry::read)
    }

    /// The place of the newest entry there ever was; 0 before the first.
    pub fn last_seq(&self) -> Result<Seq, QueryError> {
        let row = StreamRow::load(self.ask("find the end of the journal"))?;
        Ok(row.map_or(Seq(0), |row| row.last_seq))
    }

    /// The place of the oldest entry that is kept; none if there is none.
    pub fn first_seq(&self) -> Result<Option<Seq>, QueryError> {
        let first =
            self.ask("find the start of the journal").first(FIRST_SEQ, [], |row| row.get(0))?;
        Ok(first.flatten().map(Seq))
    }
}

impl Append<'_> {
    fn check(&self, before: StreamRow) -> Result<(), AppendError> {
        let (high_water, asked) = (before.high_water, self.high_water);
        if asked < high_water {
            return Err(AppendError::HighWaterFell { high_water, asked });
        }
        match self.entries.iter().find(|entry| entry.id > asked) {
            Some(entry) => Err(AppendError::AboveHighWater { id: entry.id, high_water: asked }),
            None => Ok(()),
        }
    }

    fn changes_nothing(&self, before: StreamRow) -> bool {
        let gaps =
            self.opened.len() + self.given_up.len() + self.closed.len() + self.forgotten.len();
        self.entries.is_empty() && gaps == 0 && self.high_water == before.high_water
    }

    fn perform(&self, query: Query<'_>, before: StreamRow) -> Result<(), AppendError> {
        let mut last_seq = before.last_seq;
        let mut insert =
            query.connection.prepare_cached(APPEND).map_err(|error| query.error(error))?;
        for entry in self.entries {
            last_seq = last_seq.next();
            let checksum = entry.checksum(last_seq, self.received_at).stored();
            let (created_at, received_at) = (entry.created_at.0, self.received_at.0);
            insert
                .execute(params![
                    last_seq.0,
                    entry.id.0,
                    created_at,
                    received_at,
                    entry.late,
                    checksum,
                    entry.json
                ])
                .map_err(|error| match error.sqlite_extended_error_code() {
                    Some(SQLITE_CONSTRAINT_UNIQUE) => AppendError::Duplicate { id: entry.id },
                    _ => AppendError::Query(query.error(error)),
                })?;
        }
        self.perform_gaps(query)?;
        let after = StreamRow { high_water: self.high_water, last_seq };
        query.execute(
            ADVANCE_STREAM,
            params![after.high_water.0, after.last_seq.0, after.checksum().stored()],
        )?;
        Ok(())
    }

    fn perform_gaps(&self, query: Query<'_>) -> Result<(), QueryError> {
        for gap in self.opened {
            gap.keep(query)?;
        }
        for &(id, at) in self.given_up {
            if let Some(gap) = query.first(GAP, [id.0], Gap::read)? {
                Gap { given_up: Some(at), ..gap }.keep(query)?;
            }
        }
        for &id in self.closed {
            self.end_gap(query, id, GapEnding::Appeared)?;
        }
        let is_dropped = |id: EventId| self.dropped.is_some_and(|dropped| id <= dropped.last);
        for &id in self.forgotten {
            let ending = if is_dropped(id) { GapEnding::Dropped } else { GapEnding::Forgotten };
            self.end_gap(query, id, ending)?;
        }
        self.dropped.map_or(Ok(()), |dropped| self.tell_of_dropped(query, dropped))
    }

    fn end_gap(&self, query: Query<'_>, id: EventId, ending: GapEnding) -> Result<(), QueryError> {
        if let Some(gap) = query.first(GAP, [id.0], Gap::read)? {
            GapStory::of(gap, self.received_at, ending).keep(query)?;
            query.execute(DROP_GAP, [id.0])?;
        }
        Ok(())
    }

    /// The ids that never were gaps have one story together.
    fn tell_of_dropped(&self, query: Query<'_>, dropped: DroppedIds) -> Result<(), QueryError> {
        let DroppedIds { first, last, count } = dropped;
        let were_gaps = self.forgotten.iter().filter(|id| **id <= last).count() as u64;
        let ids = count.saturating_sub(were_gaps);
        if ids == 0 {
            return Ok(());
        }
        let (first_seen, ended_at) = (self.received_at, self.received_at);
        let ending = GapEnding::Dropped;
        GapStory { id: first, last, ids, first_seen, given_up: None, ended_at, ending }.keep(query)
    }
}

impl StreamRow {
    pub(crate) fn load(query: Query<'_>) -> Result<Option<Self>, QueryError> {
        query.first(STREAM, [], |row| {
            let stream = Self { high_water: EventId(row.get(0)?), last_seq: Seq(row.get(1)?) };
            stream.checksum().verify(row.get(2)?, || "the row of the stream".to_owned())?;
            Ok(stream)
        })
    }

    fn checksum(self) -> Checksum {
        Checksum::new().number(self.high_water.0).number(self.last_seq.0)
    }
}

impl Gap {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let given_up = row.get::<_, Option<i64>>(2)?.map(Timestamp);
        let gap = Self { id: EventId(row.get(0)?), first_seen: Timestamp(row.get(1)?), given_up };
        gap.checksum().verify(row.get(3)?, || format!("gap {gap}"))?;
        Ok(gap)
    }

    fn keep(self, query: Query<'_>) -> Result<(), QueryError> {
        let given_up = self.given_up.map(|at| at.0);
        query.execute(
            KEEP_GAP,
            params![self.id.0, self.first_seen.0, given_up, self.checksum().stored()],
        )?;
        Ok(())
    }

    fn checksum(self) -> Checksum {
        Checksum::new()
            .number(self.id.0)
            .moment(Some(self.first_seen.0))
            .moment(self.given_up.map(|at| at.0))
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl NewEntry<'_> {
    fn checksum(&self, seq: Seq, received_at: Timestamp) -> Checksum {
        Checksum::new()
            .number(seq.0)
            .number(self.id.0)
            .moment(Some(self.created_at.0))
            .moment(Some(received_at.0))
            .number(u64::from(self.late))
            .bytes(self.json.as_bytes())
    }
}

impl JournalEntry {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let json = row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?;
        let (seq, received_at) = (Seq(row.get(0)?), Timestamp(row.get(3)?));
        let entry = NewEntry {
            id: EventId(row.get(1)?),
            created_at: SiteTime(row.get(2)?),
            late: row.get(4)?,
            json,
        };
        entry
            .checksum(seq, received_at)
            .verify(row.get(5)?, || format!("place {seq} of the journal"))?;
        let NewEntry { id, created_at, late, json } = entry;
        Ok(Self { seq, id, created_at, received_at, late, json: json.to_owned() })
    }
}
