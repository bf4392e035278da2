//! What the operator halted, and how far the host obeys.
//!
//! Each change has a number. The command line writes one, and knows that it is in force when the host says that it obeys it.

use eventlog::Timestamp;
use rusqlite::params;

use crate::open::Database;
use crate::query::{Query, QueryError};

#[cfg(test)]
mod tests;

const ALL: &str = "SELECT scope, subject, at, reason FROM halt ORDER BY scope, subject";
const CHANGES: &str = "SELECT changes, obeyed FROM halting";
const CHANGE: &str = "UPDATE halting SET changes = changes + 1 RETURNING changes";
const HALT: &str = "INSERT INTO halt (scope, subject, at, reason) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET reason = excluded.reason";
const RELEASE: &str = "DELETE FROM halt WHERE scope = ?1 AND subject = ?2";
const OBEY: &str = "UPDATE halting SET obeyed = ?1 WHERE obeyed < ?1";

/// Something that the operator halted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// What.
    pub scope: HaltScope,
    /// Since when.
    pub at: Timestamp,
    /// Why, in the operator's words.
    pub reason: String,
}

/// What is halted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HaltScope {
    /// Every plugin.
    All,
    /// One plugin.
    Plugin(String),
    /// Everything that plugins do in one project.
    Project(u64),
}

/// All that is halted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Halting {
    /// The number of the last change.
    pub changes: u64,
    /// Up to which change the host obeys.
    pub obeyed: u64,
    /// In order.
    pub halts: Vec<Halt>,
}

impl Database {
    /// All that is halted.
    pub fn halting(&self) -> Result<Halting, QueryError> {
        let query = self.ask("read what is halted");
        // The number first: what is read after it is at least as new.
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let Some((changes, obeyed)) = query.first(CHANGES, [], read)? else {
            return Err(query.damaged("it does not say how often halts were changed"));
        };
        let halts = query.all(ALL, [], |row| {
            let (scope, subject): (String, String) = (row.get(0)?, row.get(1)?);
            Ok((scope, subject, Timestamp(row.get(2)?), row.get(3)?))
        })?;
        let halt = |(scope, subject, at, reason): (String, String, Timestamp, String)| {
            let scope = match &*scope {
                "all" => HaltScope::All,
                "plugin" => HaltScope::Plugin(subject),
                _ => HaltScope::Project(subject.parse().map_err(|_| {
                    query.damaged(format!("it halts project `{subject}`, which is no number"))
                })?),
            };
            Ok(Halt { scope, at, reason })
        };
        let halts = halts.into_iter().map(halt).collect::<Result<_, QueryError>>()?;
        Ok(Halting { changes, obeyed, halts })
    }

    /// Halts something; the number of the change. What is halted already stays so since then, with the new reason.
    pub fn halt(
        &mut self,
        scope: &HaltScope,
        reason: &str,
        at: Timestamp,
    ) -> Result<u64, QueryError> {
        self.change("halt", |query| {
            let (scope, subject) = scope.columns();
            query.execute(HALT, params![scope, subject, at.0, reason])?;
            count_change(query)
        })
    }

    /// Lets something go on; the number of the change. None if it was not halted.
    pub fn release(&mut self, scope: &HaltScope) -> Result<Option<u64>, QueryError> {
        self.change("release what is halted", |query| {
            let (scope, subject) = scope.columns();
            match query.execute(RELEASE, params![scope, subject])? {
                0 => Ok(None),
                _ => count_change(query).map(Some),
            }
        })
    }

    /// Keeps that the host obeys, up to a change.
    pub fn obey_halts(&mut self, change: u64) -> Result<(), QueryError> {
        self.change("say that halts are obeyed", |query| query.execute(OBEY, [change]).map(drop))
    }
}

impl HaltScope {
    fn columns(&self) -> (&'static str, String) {
        match self {
            Self::All => ("all", String::new()),
            Self::Plugin(name) => ("plugin", name.clone()),
            Self::Project(id) => ("project", id.to_string()),
        }
    }
}

fn count_change(query: Query<'_>) -> Result<u64, QueryError> {
    let number = query.first(CHANGE, [], |row| row.get(0))?;
    number.ok_or_else(|| query.damaged("it does not say how often halts were changed"))
}
