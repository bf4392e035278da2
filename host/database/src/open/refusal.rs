//! Why a file was not opened, and what its operator can do. Nothing here was changed or removed.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::Database;
use crate::query::{Lack, QueryError};

const RESTORE: &str = "restore the file from a backup (the host then goes on from that moment), or move it away together \
    with its -wal and -shm files to start afresh at the newest event";
const CONFIGURE: &str = "correct the database path in the configuration";
const PERMIT: &str = "give the user that runs cuebox the right to read and write the file and its directory, or put the \
    database on a disk that can be written";

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no file, and only the host makes one.
    #[error("database {path} does not exist; the host makes it when it first runs")]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// There is no place to make the file in.
    #[error("database {path} cannot be made: directory {directory} does not exist")]
    NoDirectory {
        /// The path.
        path: PathBuf,
        /// Its directory.
        directory: PathBuf,
    },
    /// A directory is in the file's place.
    #[error("database {path} is a directory, where a file must be")]
    Directory {
        /// The path.
        path: PathBuf,
    },
    /// A device, pipe or socket is in the file's place.
    #[error("database {path} is not a regular file")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The system does not let us read.
    #[error("database {path} cannot be read: {}", source.kind())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system does not let us write.
    #[error(
        "database {path} cannot be written: {reason}; the journal and the plugins' positions must be saved"
    )]
    ReadOnly {
        /// The path.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file is there, with nothing in it.
    #[error("database {path} is empty (0 bytes), which no database ever is: what it held is lost")]
    Empty {
        /// The path.
        path: PathBuf,
    },
    /// Only the log of a database is there.
    #[error("database {path} is gone, but its log {log} is there")]
    LogWithoutDatabase {
        /// The path.
        path: PathBuf,
        /// The log.
        log: PathBuf,
    },
    /// The file is something else.
    #[error(
        "database {path} is not an SQLite file: its {bytes} bytes do not begin with `SQLite format 3`"
    )]
    NotSqlite {
        /// The path.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// The end of the file is missing.
    #[error("database {path} was cut short: it has {bytes} bytes of at least {expected}")]
    Truncated {
        /// The path.
        path: PathBuf,
        /// Its length.
        bytes: u64,
        /// What its header says, or the length of a header.
        expected: u64,
    },
    /// The file is another program's.
    #[error(
        "database {path} belongs to another application: its application id is {found:#010x}, cuebox's is {ours:#010x}"
    )]
    OtherApplication {
        /// The path.
        path: PathBuf,
        /// What the file says.
        found: u32,
        /// What it would say if it were ours.
        ours: u32,
    },
    /// A newer cuebox has upgraded the file.
    #[error(
        "database {path} is from a newer cuebox: it has schema {found}, this one knows up to {known}"
    )]
    Newer {
        /// The path.
        path: PathBuf,
        /// The file's schema.
        found: i64,
        /// Our newest.
        known: i64,
    },
    /// The host has not upgraded the file yet, and only it does.
    #[error(
        "database {path} is from an older cuebox: it has schema {found}, this one needs {known}"
    )]
    Older {
        /// The path.
        path: PathBuf,
        /// The file's schema.
        found: i64,
        /// Our newest.
        known: i64,
    },
    /// The file does not hold together.
    #[error("database {path} is damaged: {finding}{}", more(*count))]
    Damaged {
        /// The path.
        path: PathBuf,
        /// The first finding.
        finding: String,
        /// How many there are.
        count: usize,
    },
    /// The file is about another site, whose event ids mean other events.
    #[error("database {path} holds the events of {found}, not of {site}")]
    OtherSite {
        /// The path.
        path: PathBuf,
        /// The site it was made for.
        found: String,
        /// The site that was asked for.
        site: String,
    },
    /// Another host runs on the file.
    #[error("database {path} is in use by {}; one host at a time may run on it", process(*holder))]
    Locked {
        /// The path.
        path: PathBuf,
        /// The other host's process, if it said so.
        holder: Option<u32>,
    },
    /// The disk does not offer what the log needs.
    #[error("database {path} can only be kept in journal mode `{mode}`; cuebox needs `wal`")]
    NoLog {
        /// The path.
        path: PathBuf,
        /// The mode that SQLite offers.
        mode: String,
    },
    /// The file failed in another way.
    #[error(transparent)]
    Query(QueryError),
}

impl OpenError {
    /// What the operator can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "start the host once, or correct the database path in the configuration"
            }
            Self::NoDirectory { .. } => {
                "make the directory, or correct the database path in the configuration"
            }
            Self::Directory { .. } | Self::NotAFile { .. } | Self::OtherApplication { .. } => {
                CONFIGURE
            }
            Self::Unreadable { .. } | Self::ReadOnly { .. } => PERMIT,
            Self::Empty { .. } | Self::Truncated { .. } | Self::Damaged { .. } => RESTORE,
            Self::NotSqlite { .. } => {
                "if the path is wrong, correct it in the configuration; if the file was overwritten, restore it from a \
                 backup, or move it away together with its -wal and -shm files to start afresh at the newest event"
            }
            Self::LogWithoutDatabase { .. } => {
                "put the database back beside its log, or move the log away as well to start afresh at the newest event"
            }
            Self::Newer { .. } => {
                "run the newer cuebox, or restore the backup made before the upgrade"
            }
            Self::Older { .. } => "restart the host with this version: it upgrades the file",
            Self::OtherSite { .. } => {
                "correct the site's address, or give each site a database of its own"
            }
            Self::Locked { .. } => "stop the other host, or give this one a database of its own",
            Self::NoLog { .. } => {
                "put the database on a local disk: network disks lack the shared memory that a log needs"
            }
            Self::Query(QueryError::Full { lack: Lack::Space, .. }) => {
                "free space on the disk, then start again"
            }
            Self::Query(QueryError::Busy { .. }) => {
                "end the program that keeps the file locked, then start again"
            }
            Self::Query(QueryError::Failed { .. }) => {
                "look at the system's log for errors of the disk, then start again"
            }
            Self::Query(error) => error.remedy(),
        }
    }

    /// The same about a file that this one is a copy of.
    #[must_use]
    pub(super) fn about(mut self, original: &Path) -> Self {
        if let Self::Empty { path }
        | Self::NotSqlite { path, .. }
        | Self::Truncated { path, .. }
        | Self::Newer { path, .. }
        | Self::Damaged { path, .. }
        | Self::OtherSite { path, .. } = &mut self
        {
            *path = original.to_path_buf();
        }
        self
    }

    pub(super) fn damaged(database: &Database, finding: String, count: usize) -> Self {
        Self::Damaged { path: database.path.clone(), finding, count }
    }

    pub(super) fn unreadable(path: &Path, source: io::Error) -> Self {
        Self::Unreadable { path: path.to_path_buf(), source }
    }

    pub(super) fn uncreatable(path: &Path, error: io::Error) -> Self {
        Self::ReadOnly {
            path: path.to_path_buf(),
            reason: format!("it cannot be made, {}", error.kind()),
        }
    }

    pub(super) fn unlockable(path: &Path, lock: &Path, error: io::Error) -> Self {
        Self::ReadOnly {
            path: path.to_path_buf(),
            reason: format!("its lock {} cannot be taken, {}", lock.display(), error.kind()),
        }
    }

    pub(super) fn from_sqlite(path: &Path, question: &'static str, error: rusqlite::Error) -> Self {
        Self::from(QueryError::from_sqlite(path, question, error))
    }
}

impl From<QueryError> for OpenError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Damaged { path, finding, .. } => Self::Damaged { path, finding, count: 1 },
            QueryError::ReadOnly { path, reason, .. } => Self::ReadOnly { path, reason },
            QueryError::Failed { path, source, .. } if denies_opening(&source) => {
                Self::ReadOnly { path, reason: source.to_string() }
            }
            error => Self::Query(error),
        }
    }
}

fn denies_opening(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::CannotOpen)
}

fn more(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        count => format!(" (and {} findings more)", count - 1),
    }
}

fn process(holder: Option<u32>) -> String {
    holder.map_or_else(|| "another process".to_owned(), |id| format!("process {id}"))
}
