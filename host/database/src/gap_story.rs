//! How gaps ended: what the operator looks at to know whether anything was missed.

use eventlog::{EventId, Timestamp};
use rusqlite::{Row, params};

use crate::open::Database;
use crate::query::{Query, QueryError};
use crate::stream::Gap;

#[cfg(test)]
mod tests;

const KEEP: &str = "INSERT INTO gap_story (id, last, ids, first_seen, given_up, ended_at, ending) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const ALL: &str =
    "SELECT id, last, ids, first_seen, given_up, ended_at, ending FROM gap_story ORDER BY number";
const DROP: &str = "DELETE FROM gap_story WHERE number IN
    (SELECT number FROM gap_story WHERE ended_at < ?1 ORDER BY ended_at LIMIT ?2)";

/// The story of an id that was missing and is not asked for any more, or of ids that never were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapStory {
    /// The missing id; the lowest, if they are several.
    pub id: EventId,
    /// The highest of them.
    pub last: EventId,
    /// How many they are. Several only where they were dropped before they were ever asked for.
    pub ids: u64,
    /// When the absence was first noticed.
    pub first_seen: Timestamp,
    /// When it was given up; none if it was not.
    pub given_up: Option<Timestamp>,
    /// When the story ended.
    pub ended_at: Timestamp,
    /// How.
    pub ending: GapEnding,
}

/// How the story of a gap ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapEnding {
    /// Its entry came, and was handed over; late, if it had been given up.
    Appeared,
    /// It did not come within the time for which it is asked for.
    Forgotten,
    /// There was no room for it among the gaps.
    Dropped,
}

impl GapEnding {
    const ALL: [Self; 3] = [Self::Appeared, Self::Forgotten, Self::Dropped];

    /// One word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Appeared => "appeared",
            Self::Forgotten => "forgotten",
            Self::Dropped => "dropped",
        }
    }
}

impl Database {
    /// How gaps ended, the oldest ending first, for as long as entries are kept.
    pub fn gap_stories(&self) -> Result<Vec<GapStory>, QueryError> {
        self.ask("list how gaps ended").all(ALL, [], GapStory::read)
    }
}

impl GapStory {
    /// For how long it was missing, by the host's clock.
    #[must_use]
    pub fn missing_for(&self) -> std::time::Duration {
        self.ended_at.since(self.first_seen)
    }

    /// The story of one gap.
    pub(crate) fn of(gap: Gap, ended_at: Timestamp, ending: GapEnding) -> Self {
        let Gap { id, first_seen, given_up } = gap;
        Self { id, last: id, ids: 1, first_seen, given_up, ended_at, ending }
    }

    pub(crate) fn keep(&self, query: Query<'_>) -> Result<(), QueryError> {
        let Self { id, last, ids, first_seen, given_up, ended_at, ending } = self;
        let given_up = given_up.map(|at| at.0);
        let ending = ending.as_str();
        let row = params![id.0, last.0, ids, first_seen.0, given_up, ended_at.0, ending];
        query.execute(KEEP, row).map(drop)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let ending: String = row.get(6)?;
        let ending = GapEnding::ALL.into_iter().find(|known| known.as_str() == ending);
        Ok(Self {
            id: EventId(row.get(0)?),
            last: EventId(row.get(1)?),
            ids: row.get(2)?,
            first_seen: Timestamp(row.get(3)?),
            given_up: row.get::<_, Option<i64>>(4)?.map(Timestamp),
            ended_at: Timestamp(row.get(5)?),
            ending: ending.expect("the table takes no other word"),
        })
    }
}

/// Drops the oldest stories that ended before `keep_after`, at most `limit`.
pub(crate) fn retain(
    query: Query<'_>,
    keep_after: Timestamp,
    limit: usize,
) -> Result<(), QueryError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    query.execute(DROP, params![keep_after.0, limit]).map(drop)
}
