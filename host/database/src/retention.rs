//! What is dropped from the journal, and what is never dropped.

use eventlog::{Seq, Timestamp};
use rusqlite::params;

use crate::gap_story;
use crate::open::Database;
use crate::query::{Query, QueryError};

#[cfg(test)]
mod tests;

const NEEDED_FROM: &str =
    "SELECT min(position) FROM plugin WHERE removed_at IS NULL OR removed_at >= ?1";
const OLDEST: &str = "SELECT seq, received_at FROM journal WHERE seq <= ?1 ORDER BY seq LIMIT ?2";
const DROP: &str = "DELETE FROM journal WHERE seq <= ?1";

impl Database {
    /// Drops entries received before `keep_after` that every plugin has finished with, oldest first and at most
    /// `limit`; how many there were.
    ///
    /// A stopped or disabled plugin holds back what it has not seen. So does one whose file went after `keep_after`: a
    /// file that is replaced is gone for a moment. The journal stays without holes, and its numbering goes on when it is
    /// empty. The space is used again; the file does not shrink. How gaps ended is dropped after the same time.
    pub fn retain(&mut self, keep_after: Timestamp, limit: usize) -> Result<u64, QueryError> {
        self.change("drop old entries", |query| {
            gap_story::retain(query, keep_after, limit)?;
            let Some(last) = last_to_drop(query, keep_after, limit)? else { return Ok(0) };
            Ok(query.execute(DROP, [last.0])? as u64)
        })
    }
}

/// The newest entry that may go. Stops at the first that is too young, so that a clock set back leaves no hole.
fn last_to_drop(
    query: Query<'_>,
    keep_after: Timestamp,
    limit: usize,
) -> Result<Option<Seq>, QueryError> {
    let lowest =
        query.first(NEEDED_FROM, [keep_after.0], |row| row.get::<_, Option<u64>>(0))?.flatten();
    let finished = lowest.unwrap_or(i64::MAX as u64);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let oldest =
        query.all(OLDEST, params![finished, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let old_enough =
        oldest.into_iter().take_while(|&(_, received_at)| Timestamp(received_at) < keep_after);
    Ok(old_enough.last().map(|(seq, _)| Seq(seq)))
}
