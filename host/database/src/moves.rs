//! Positions that the operator moves: what a plugin skips, or is handed once more, with the reason.

use eventlog::{Seq, Timestamp};
use rusqlite::{Row, params};

use crate::open::Database;
use crate::plugin::{PluginError, position_checksum};
use crate::query::QueryError;
use crate::stream::StreamRow;

#[cfg(test)]
mod tests;

const POSITION: &str = "SELECT position FROM plugin WHERE name = ?1";
const FIRST: &str = "SELECT min(seq) FROM journal";
const MOVE: &str =
    "UPDATE plugin SET position = ?2, checksum = ?3, finished = '', moves = moves + 1
    WHERE name = ?1";
const DROP_ATTEMPTS: &str = "DELETE FROM attempt WHERE plugin = ?1";
/// What was under way for events that are skipped is not gone on with. Dead letters keep what they have.
const DROP_EFFECTS: &str =
    "DELETE FROM effect WHERE plugin = ?1 AND event IN (SELECT id FROM journal WHERE seq <= ?2)
    AND NOT EXISTS (SELECT 1 FROM dead_letter AS letter WHERE letter.plugin = effect.plugin AND letter.event = effect.event
    AND letter.callback = effect.callback)";
const RECORD: &str =
    "INSERT INTO move (plugin, at, from_seq, to_seq, reason) VALUES (?1, ?2, ?3, ?4, ?5)";
const ALL: &str = "SELECT plugin, at, from_seq, to_seq, reason FROM move ORDER BY number";

/// One time that the operator moved a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The plugin.
    pub plugin: String,
    /// When.
    pub at: Timestamp,
    /// Where it was.
    pub from: Seq,
    /// Where it is since. The entry after that is the next one.
    pub to: Seq,
    /// Why, in the operator's words.
    pub reason: String,
}

/// Why a position was not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The plugin is not known, or the place is beyond the journal, or the file failed.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// Entries that would be handed over again are gone.
    #[error(
        "the journal begins at {first}: what was before is dropped, and cannot be handed over again"
    )]
    Dropped {
        /// The first that is left.
        first: Seq,
    },
}

impl From<QueryError> for MoveError {
    fn from(error: QueryError) -> Self {
        Self::Plugin(error.into())
    }
}

impl Database {
    /// Moves a plugin's position, forwards or back. A running lane follows: what it does meanwhile is kept, and moves the
    /// position no further.
    pub fn move_plugin(
        &mut self,
        plugin: &str,
        to: Seq,
        reason: &str,
        at: Timestamp,
    ) -> Result<Move, MoveError> {
        self.change("move a plugin's position", |query| {
            let from = query.first(POSITION, [plugin], |row| row.get(0))?.map(Seq);
            let from = from.ok_or_else(|| PluginError::Unknown { plugin: plugin.to_owned() })?;
            let last_seq = StreamRow::load(query)?.map_or(Seq(0), |row| row.last_seq);
            if to > last_seq {
                let (plugin, asked) = (plugin.to_owned(), to);
                return Err(PluginError::BeyondJournal { plugin, asked, last_seq }.into());
            }
            let first = query.first(FIRST, [], |row| row.get::<_, Option<u64>>(0))?.flatten();
            let first = first.map_or(last_seq.next(), Seq);
            if to < from && to.next() < first {
                return Err(MoveError::Dropped { first });
            }
            let checksum = position_checksum(plugin, to, "").stored();
            query.execute(DROP_EFFECTS, params![plugin, to.0])?;
            query.execute(DROP_ATTEMPTS, [plugin])?;
            query.execute(MOVE, params![plugin, to.0, checksum])?;
            query.execute(RECORD, params![plugin, at.0, from.0, to.0, reason])?;
            Ok(Move { plugin: plugin.to_owned(), at, from, to, reason: reason.to_owned() })
        })
    }

    /// How the operator moved positions, the oldest first.
    pub fn moves(&self) -> Result<Vec<Move>, QueryError> {
        self.ask("list how positions were moved").all(ALL, [], Move::read)
    }
}

impl Move {
    /// How many entries of the journal are skipped; below zero, how many are handed over again.
    #[must_use]
    pub fn entries(&self) -> i64 {
        self.to.0.cast_signed() - self.from.0.cast_signed()
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            plugin: row.get(0)?,
            at: Timestamp(row.get(1)?),
            from: Seq(row.get(2)?),
            to: Seq(row.get(3)?),
            reason: row.get(4)?,
        })
    }
}
