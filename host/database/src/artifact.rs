//! The files of plugins by digest: which one runs, which may run again, and which waits until the operator approves it.

use eventlog::Timestamp;
use rusqlite::{Row, params};

use crate::open::Database;
use crate::query::QueryError;

#[cfg(test)]
mod tests;

const ALL: &str =
    "SELECT digest, state, manifest, at FROM artifact WHERE plugin = ?1 ORDER BY at, digest";
const RUNNING: &str =
    "SELECT DISTINCT digest FROM artifact WHERE state = 'running' ORDER BY digest";
const RETIRE: &str = "UPDATE artifact SET state = 'approved' WHERE plugin = ?1 AND state = 'running' AND digest <> ?2";
const DROP_HELD: &str =
    "DELETE FROM artifact WHERE plugin = ?1 AND state = 'held' AND digest <> ?2";
/// Those that ran, or were approved, longest ago.
const DROP_OLD: &str = "DELETE FROM artifact WHERE plugin = ?1 AND state = 'approved' AND digest NOT IN
    (SELECT digest FROM artifact WHERE plugin = ?1 AND state = 'approved' ORDER BY at DESC, digest LIMIT ?2)";
const SET: &str = "INSERT INTO artifact (plugin, digest, state, manifest, at) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET state = excluded.state, manifest = excluded.manifest, at = excluded.at";
const APPROVE: &str = "UPDATE artifact SET state = 'approved', at = ?3
    WHERE plugin = ?1 AND digest = ?2 AND state = 'held'";

/// How many of a plugin's earlier files may run again.
const APPROVED_MAX: u64 = 20;

/// One file of a plugin, as far as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactRow {
    /// SHA-256 of it.
    pub digest: String,
    /// What became of it.
    pub state: ArtifactState,
    /// The `plugin.toml` in it.
    pub manifest: Option<String>,
    /// Since when.
    pub at: Timestamp,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtifactState {
    /// It runs, or ran last.
    Running,
    /// It ran, or the operator approved it: it may run.
    Approved,
    /// It asks for more than the one that ran, and waits for the operator.
    Held,
}

impl Database {
    /// What is remembered of a plugin's files, the oldest first.
    pub fn artifacts(&self, plugin: &str) -> Result<Vec<ArtifactRow>, QueryError> {
        self.ask("read which files of a plugin may run").all(ALL, [plugin], ArtifactRow::read)
    }

    /// The digests of the files that run, of all plugins.
    pub fn running_digests(&self) -> Result<Vec<String>, QueryError> {
        self.ask("read which files run").all(RUNNING, [], |row| row.get(0))
    }

    /// Remembers that a file of a plugin runs. The one before may run again; one that waited is gone.
    pub fn artifact_runs(
        &mut self,
        plugin: &str,
        digest: &str,
        manifest: Option<&str>,
        at: Timestamp,
    ) -> Result<(), QueryError> {
        self.change("save which file of a plugin runs", |query| {
            query.execute(RETIRE, [plugin, digest])?;
            query.execute(DROP_HELD, [plugin, digest])?;
            query.execute(SET, params![plugin, digest, "running", manifest, at.0])?;
            query.execute(DROP_OLD, params![plugin, APPROVED_MAX])?;
            Ok(())
        })
    }

    /// Remembers that a file of a plugin waits for the operator, in place of one that did.
    pub fn hold_artifact(
        &mut self,
        plugin: &str,
        digest: &str,
        manifest: Option<&str>,
        at: Timestamp,
    ) -> Result<(), QueryError> {
        self.change("save that a file of a plugin is held", |query| {
            query.execute(DROP_HELD, [plugin, digest])?;
            query.execute(SET, params![plugin, digest, "held", manifest, at.0])?;
            Ok(())
        })
    }

    /// Lets a file run that waited. False if it does not wait any more.
    pub fn approve_artifact(
        &mut self,
        plugin: &str,
        digest: &str,
        at: Timestamp,
    ) -> Result<bool, QueryError> {
        self.change("save that a file of a plugin is approved", |query| {
            Ok(query.execute(APPROVE, params![plugin, digest, at.0])? > 0)
        })
    }
}

impl ArtifactRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let state: String = row.get(1)?;
        let state = match state.as_str() {
            "running" => ArtifactState::Running,
            "approved" => ArtifactState::Approved,
            // What is not known may not run.
            _ => ArtifactState::Held,
        };
        Ok(Self { digest: row.get(0)?, state, manifest: row.get(2)?, at: Timestamp(row.get(3)?) })
    }
}
