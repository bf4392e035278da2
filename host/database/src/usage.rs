//! What calls of plugins needed, aggregated: one row for each thing that was ever needed.

use eventlog::Timestamp;
use rusqlite::{Row, params};

use crate::open::Database;
use crate::query::QueryError;

#[cfg(test)]
mod tests;

const OF_PLUGIN: &str =
    "SELECT kind, operation, subject, field, project, granted FROM usage WHERE plugin = ?1";
const ADD: &str = "INSERT OR IGNORE INTO usage (plugin, kind, operation, subject, field, project, granted, first_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const FORGET: &str = "DELETE FROM usage WHERE plugin = ?1";

/// One thing that calls of a plugin needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsageRow {
    /// `shotgun` or `http`.
    pub kind: String,
    /// The operation, or the method.
    pub operation: String,
    /// The entity type or the method of the site; or the address.
    pub subject: String,
    /// The field, if it is about one.
    pub field: Option<String>,
    /// The project, where it is known.
    pub project: Option<u64>,
    /// Whether it was granted.
    pub granted: bool,
}

impl Database {
    /// What calls of a plugin needed.
    pub fn usage(&self, plugin: &str) -> Result<Vec<UsageRow>, QueryError> {
        self.ask("read what a plugin needed").all(OF_PLUGIN, [plugin], UsageRow::read)
    }

    /// Adds what is not there yet.
    pub fn add_usage(
        &mut self,
        plugin: &str,
        rows: &[UsageRow],
        at: Timestamp,
    ) -> Result<(), QueryError> {
        self.change("keep what a plugin needed", |query| {
            for UsageRow { kind, operation, subject, field, project, granted } in rows {
                let field = field.as_deref().unwrap_or_default();
                let project = project.unwrap_or_default();
                query.execute(
                    ADD,
                    params![plugin, kind, operation, subject, field, project, granted, at.0],
                )?;
            }
            Ok(())
        })
    }

    /// Drops what calls of a plugin needed until now.
    pub fn forget_usage(&mut self, plugin: &str) -> Result<(), QueryError> {
        self.change("drop what a plugin needed", |query| query.execute(FORGET, [plugin]).map(drop))
    }
}

impl UsageRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let field: String = row.get(3)?;
        let project: u64 = row.get(4)?;
        Ok(Self {
            kind: row.get(0)?,
            operation: row.get(1)?,
            subject: row.get(2)?,
            field: Some(field).filter(|field| !field.is_empty()),
            project: Some(project).filter(|project| *project > 0),
            granted: row.get(5)?,
        })
    }
}
