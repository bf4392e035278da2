//! How every question is put to SQLite: cached statements, and errors that name the file and the question.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, ErrorKind};
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
    /// The file, or its log, cannot grow.
    #[error("database {path} has no room to {question}: {lack}")]
    Full {
        /// The file.
        path: PathBuf,
        /// What was wanted of it.
        question: &'static str,
        /// What there is too little of.
        lack: Lack,
    },
    /// The system does not let us write any more.
    #[error("database {path} can only be read, and cannot {question}: {reason}")]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What was wanted of it.
        question: &'static str,
        /// What the system, or SQLite, said.
        reason: String,
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

/// What there is too little of for a file to grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// Space on the disk.
    Space,
    /// The user's part of the disk.
    Quota,
    /// What one file of the process may have.
    FileSize,
}

/// Why the last change was not taken: for an alarm, since the next ones will not be taken either until someone acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteFailure {
    /// What happened.
    pub why: String,
    /// What the operator can do. Failures of one kind have the same.
    pub remedy: &'static str,
}

impl QueryError {
    /// What the operator can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "end the program that keeps the file locked",
            Self::Full { lack: Lack::Space, .. } => "free space on the disk",
            Self::Full { lack: Lack::Quota, .. } => {
                "free space, or raise the disk quota of the user that runs cuebox"
            }
            Self::Full { lack: Lack::FileSize, .. } => {
                "raise the limit of the process for the size of a file (`ulimit -f`, or `LimitFSIZE=` of systemd)"
            }
            Self::ReadOnly { .. } => {
                "make the disk writable again (a system that finds errors on a disk stops writing there, and says so in its \
                 log), and give the user that runs cuebox the right to write the file and its directory"
            }
            Self::Damaged { .. } => {
                "stop the host and restore the file from a backup, or move it away together with its -wal and -shm files to \
                 start afresh at the newest event"
            }
            Self::Failed { .. } => "look at the system's log for errors of the disk",
        }
    }

    /// Why no other change would be taken, either; none if it was about this one.
    fn write_failure(&self) -> Option<WriteFailure> {
        use ErrorCode::{CannotOpen, SystemIoFailure};
        let is_of_all = match self {
            Self::Failed { source, .. } => {
                matches!(source.sqlite_error_code(), Some(CannotOpen | SystemIoFailure))
            }
            _ => true,
        };
        is_of_all.then(|| WriteFailure { why: self.to_string_with_source(), remedy: self.remedy() })
    }

    fn to_string_with_source(&self) -> String {
        match self {
            Self::Failed { source, .. } => format!("{self}: {source}"),
            _ => self.to_string(),
        }
    }

    /// Whether the same call may succeed later without anyone repairing the file.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Full { .. } | Self::ReadOnly { .. })
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
            (_, Some(ErrorCode::DiskFull)) => {
                return Self::Full { path, question, lack: Lack::Space };
            }
            (_, Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied)) => {
                return Self::ReadOnly { path, question, reason: error.to_string() };
            }
            // Of the reasons why a file cannot be written SQLite tells a full disk apart, and no other. The system's own
            // word is the last that it said to this thread.
            (_, Some(ErrorCode::SystemIoFailure)) => {
                let system = io::Error::last_os_error();
                match (lack(&system), denial(&system)) {
                    (Some(lack), _) => return Self::Full { path, question, lack },
                    (_, Some(reason)) => return Self::ReadOnly { path, question, reason },
                    _ => return Self::Failed { path, question, source: error },
                }
            }
            _ => return Self::Failed { path, question, source: error },
        };
        Self::Damaged { path, question, finding }
    }
}

fn lack(system: &io::Error) -> Option<Lack> {
    match system.kind() {
        ErrorKind::StorageFull => Some(Lack::Space),
        ErrorKind::QuotaExceeded => Some(Lack::Quota),
        ErrorKind::FileTooLarge => Some(Lack::FileSize),
        _ => None,
    }
}

fn denial(system: &io::Error) -> Option<String> {
    let kinds = [ErrorKind::ReadOnlyFilesystem, ErrorKind::PermissionDenied];
    kinds.contains(&system.kind()).then(|| system.kind().to_string())
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Space => "its disk is full",
            Self::Quota => "the disk quota of the user that runs cuebox is used up",
            Self::FileSize => "the process's limit for the size of a file is reached",
        })
    }
}

/// One question in progress: a connection or transaction, and the words for an error.
#[derive(Clone, Copy)]
pub(crate) struct Query<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) path: &'a Path,
    /// Completes "failed to …".
    pub(crate) question: &'static str,
    /// Where a change that is not taken is noted.
    pub(crate) failure: Option<&'a RefCell<Option<WriteFailure>>>,
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
        let error = QueryError::from_sqlite(self.path, self.question, error);
        if let Some(failure) = self.failure {
            failure.replace(error.write_failure());
        }
        error
    }
}

impl Database {
    /// Puts a question that changes nothing. Every statement of it sees the file as of that statement.
    pub(crate) fn ask(&self, question: &'static str) -> Query<'_> {
        Query { connection: &self.connection, path: &self.path, question, failure: None }
    }

    /// Makes a change in one transaction: all of it is kept, or after an error none.
    pub(crate) fn change<T, E: From<QueryError>>(
        &mut self,
        question: &'static str,
        perform: impl FnOnce(Query<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let changes_before = self.connection.total_changes();
        let failure = RefCell::new(None);
        let changed = self.try_change(question, &failure, perform);
        // A change that came to nothing wrote nothing: it does not show that others would be taken.
        if changed.is_ok() && self.connection.total_changes() > changes_before {
            self.write_failure = None;
        } else if let Some(failure) = failure.into_inner() {
            self.write_failure = Some(failure);
        }
        changed
    }

    fn try_change<T, E: From<QueryError>>(
        &mut self,
        question: &'static str,
        failure: &RefCell<Option<WriteFailure>>,
        perform: impl FnOnce(Query<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let path = &self.path;
        let failed = |error| {
            let error = QueryError::from_sqlite(path, question, error);
            failure.replace(error.write_failure());
            E::from(error)
        };
        let transaction = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)
            .map_err(failed)?;
        let query = Query { connection: &transaction, path, question, failure: Some(failure) };
        let value = perform(query)?;
        transaction.commit().map_err(failed)?;
        Ok(value)
    }

    /// Why the last change was not taken; none once one was taken. A change that nothing but itself stands in the way of
    /// does not count.
    #[must_use]
    pub fn write_failure(&self) -> Option<&WriteFailure> {
        self.write_failure.as_ref()
    }
}

#[cfg(test)]
mod tests;
