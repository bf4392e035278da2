//! How often plugins were refused something, by what: counted, and never dropped.

use eventlog::Timestamp;
use rusqlite::params;

use crate::open::Database;
use crate::query::QueryError;

#[cfg(test)]
mod tests;

const OF_PLUGIN: &str =
    "SELECT what, times, last_at FROM refusal WHERE plugin = ?1 ORDER BY times DESC, what";
const ADD: &str = "INSERT INTO refusal (plugin, what, times, last_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (plugin, what) DO UPDATE SET times = times + excluded.times, last_at = excluded.last_at";

/// How often a plugin was refused something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalRow {
    /// The name of the limit that it met; `grant` for what was not granted.
    pub what: String,
    /// How often, ever.
    pub times: u64,
    /// When last, to a second.
    pub last_at: Timestamp,
}

impl Database {
    /// What a plugin was refused, the most frequent first.
    pub fn refusals(&self, plugin: &str) -> Result<Vec<RefusalRow>, QueryError> {
        self.ask("read what a plugin was refused").all(OF_PLUGIN, [plugin], |row| {
            let last_at = Timestamp(row.get(2)?);
            Ok(RefusalRow { what: row.get(0)?, times: row.get(1)?, last_at })
        })
    }

    /// Adds to what a plugin was refused until now.
    pub fn add_refusals<'w>(
        &mut self,
        plugin: &str,
        refused: impl IntoIterator<Item = (&'w str, u64)>,
        at: Timestamp,
    ) -> Result<(), QueryError> {
        self.change("count what a plugin was refused", |query| {
            for (what, times) in refused {
                query.execute(ADD, params![plugin, what, times, at.0])?;
            }
            Ok(())
        })
    }
}
