//! How every question is put to SQLite: cached statements, and errors that name the file and the question.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, Params, Row, Transaction, TransactionBehavior};

use crate::open::Database;

/// How long a call waits for another process that is writing. A commit takes milliseconds; a person with a database
/// shell and an open transaction is what this waits for.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the database did not answer a question or take a change. A change that was not taken left everything as it was.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// Another process kept the file locked.
    #[error("database {path} was locked by another process for {limit:?}, too long to {question}")]
    Busy {
        /// The file.
        path: PathBuf,
        /// What was wanted of it.
        question: &'static str,
        /// How long was waited.
        limit: Duration,
    },
    /// The disk is full.
    #[error("the disk of database {path} has no space left to {question}")]
    Full {
        /// The file.
        path: PathBuf,
        /// What was wanted of it.
        question: &'static str,
    },
    /// What was read cannot have been written by cuebox.
    #[error("database {path} is damaged, found on trying to {question}: {finding}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was wanted of it.
        question: &'static str,
        /// What is wrong.
        finding: String,
    },
    /// Anything else, such as a disk that fails.
    #[error("database {path} could not {question}")]
    Failed {
        /// The file.
        path: PathBuf,
        /// What was wanted of it.
        question: &'static str,
        /// SQLite's own words.
        source: rusqlite::Error,
    },
}

impl QueryError {
    /// Whether the same call may succeed later without anyone repairing the file.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Full { .. })
    }

    /// SQLite's error in our words. A value of the wrong type or range was not written by us: the file is damaged.
    pub(crate) fn from_sqlite(path: &Path, question: &'static str, error: rusqlite::Error) -> Self {
        use rusqlite::Error as Sqlite;
        let path = path.to_path_buf();
        let finding = match (&error, error.sqlite_error_code()) {
            (Sqlite::FromSqlConversionFailure(_, _, finding), _) => finding.to_string(),
            (
                Sqlite::IntegralValueOutOfRange(..)
                | Sqlite::InvalidColumnType(..)
                | Sqlite::Utf8Error(..),
                _,
            )
            | (_, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)) => error.to_string(),
            (_, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)) => {
                return Self::Busy { path, question, limit: BUSY_TIMEOUT };
            }
            (_, Some(ErrorCode::DiskFull)) => return Self::Full { path, question },
            _ => return Self::Failed { path, question, source: error },
        };
        Self::Damaged { path, question, finding }
    }
}

/// One question in progress: a connection or transaction, and the words for an error.
#[derive(Clone, Copy)]
pub(crate) struct Query<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) path: &'a Path,
    /// Completes "failed to …".
    pub(crate) question: &'static str,
}

impl Query<'_> {
    /// Runs a statement that answers nothing; how many rows it changed.
    pub(crate) fn execute(self, sql: &str, params: impl Params) -> Result<usize, QueryError> {
        let executed =
            self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute(params));
        executed.map_err(|error| self.error(error))
    }

    /// The first row of an answer, if there is one.
    pub(crate) fn first<T>(
        self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, QueryError> {
        let mut statement =
            self.connection.prepare_cached(sql).map_err(|error| self.error(error))?;
        let mut rows = statement.query(params).map_err(|error| self.error(error))?;
        let row = rows.next().map_err(|error| self.error(error))?;
        row.map(read).transpose().map_err(|error| self.error(error))
    }

    /// All rows of an answer.
    pub(crate) fn all<T>(
        self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, QueryError> {
        let mut statement =
            self.connection.prepare_cached(sql).map_err(|error| self.error(error))?;
        let rows = statement.query_map(params, read).map_err(|error| self.error(error))?;
        rows.collect::<Result<_, _>>().map_err(|error| self.error(error))
    }

    /// The error for what cannot be in a file of ours.
    pub(crate) fn damaged(self, finding: impl Into<String>) -> QueryError {
        QueryError::Damaged {
            path: self.path.to_path_buf(),
            question: self.question,
            finding: finding.into(),
        }
    }

    /// SQLite's error in our words.
    pub(crate) fn error(self, error: rusqlite::Error) -> QueryError {
        QueryError::from_sqlite(self.path, self.question, error)
    }
}

impl Database {
    /// Puts a question that changes nothing. Every statement of it sees the file as of that statement.
    pub(crate) fn ask(&self, question: &'static str) -> Query<'_> {
        Query { connection: &self.connection, path: &self.path, question }
    }

    /// Makes a change in one transaction: all of it is kept, or after an error none.
    pub(crate) fn change<T, E: From<QueryError>>(
        &mut self,
        question: &'static str,
        perform: impl FnOnce(Query<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let path = &self.path;
        let failed = |error| E::from(QueryError::from_sqlite(path, question, error));
        let transaction = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)
            .map_err(failed)?;
        let value = perform(Query { connection: &transaction, path, question })?;
        transaction.commit().map_err(failed)?;
        Ok(value)
    }
}
