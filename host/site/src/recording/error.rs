//! Why a site's file could not be used, and what was found in it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::VERSION;
use crate::model::SnapshotError;

/// Why a site's file could not be used. Nothing is changed in it.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file could not be read or written.
    #[error("the site's file {} cannot be used", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another site writes in it.
    #[error("the site's file {} is in use by another site", .path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A line is not one of a recording.
    #[error("line {line} of the site's file {} cannot be read", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// What the site came to cannot be read.
    #[error("line 2 of the site's file {} cannot be read", .path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<SnapshotError>,
    },
    /// Another cuebox wrote it.
    #[error("the site's file {} is of version {version}, and version {VERSION} is the one known", .path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// It was recorded on another production.
    #[error("the site's file {} was recorded on {recorded}, and this is {given}", .path.display())]
    OtherBeginning {
        /// The file.
        path: PathBuf,
        /// The production it was recorded on.
        recorded: String,
        /// The production it was opened with.
        given: String,
    },
    /// It was recorded with another schema.
    #[error("the site's file {} was recorded with other schema files", .path.display())]
    OtherSchema {
        /// The file.
        path: PathBuf,
    },
}

/// The end of a file that was cut off in the middle of a line, as by a crash. It was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The file.
    pub path: PathBuf,
    /// The line that is not whole, counted from 1.
    pub line: usize,
    /// What there was of it.
    pub bytes: u64,
}

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, bytes } = self;
        write!(
            f,
            "line {line} of the site's file {} was cut off after {bytes} bytes, as by a crash; it was left out",
            path.display()
        )
    }
}
