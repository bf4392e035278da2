//! Copies of the file: one made beside a running host, and one put in the file's place while none runs. Both are made beside
//! their place and checked before they are moved there, and nothing is written over.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use eventlog::{EventId, Timestamp};

use super::create::{make_private, move_into_place, remove_remains};
use super::inspect::{self, beside};
use super::{Database, OpenError, Options, Synchronous, lock, schema, verify};
use crate::query::QueryError;

#[cfg(test)]
mod tests;

const COPY: &str = "VACUUM INTO ?1";

/// The files that make up one database.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Nothing is written over.
    #[error("{path} is there already, and no backup is written over a file")]
    Exists {
        /// The path.
        path: PathBuf,
    },
    /// The system does not let us write there.
    #[error("backup {path} cannot be written: {}", source.kind())]
    Unwritable {
        /// The path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The database could not be copied.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// What was written is not a sound database.
    #[error("the backup is no good, and was removed")]
    Unsound(#[source] OpenError),
}

/// Why a backup was not put in place. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup is not there.
    #[error("there is no backup {path}")]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// The backup, or its copy, cannot be used; or a host runs.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The system does not let us copy or move files.
    #[error("{path} cannot be put in place: {}", source.kind())]
    Unwritable {
        /// The file that could not be written or moved.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What was put in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Where the database is now that was there before; none if there was none.
    pub set_aside: Option<PathBuf>,
    /// The highest id that the backup has seen; none if it had not begun.
    pub high_water: Option<EventId>,
}

impl Database {
    /// Writes a copy, as of one moment, beside whatever runs, and checks it. Its length in bytes.
    pub fn back_up(&self, to: &Path) -> Result<u64, BackupError> {
        if to.symlink_metadata().is_ok() {
            return Err(BackupError::Exists { path: to.to_path_buf() });
        }
        let unmade = beside(to, ".writing");
        let made = self.write_copy(to, &unmade);
        if made.is_err() {
            // What went wrong matters more than whether the remains could be removed; the next backup does that.
            let _ = remove_remains(&unmade);
        }
        made
    }

    fn write_copy(&self, to: &Path, unmade: &Path) -> Result<u64, BackupError> {
        let unwritable = |source| BackupError::Unwritable { path: to.to_path_buf(), source };
        remove_remains(unmade).and_then(|()| make_private(unmade)).map_err(unwritable)?;
        let absolute = std::path::absolute(unmade).map_err(unwritable)?;
        let name =
            absolute.to_str().ok_or_else(|| unwritable(io::ErrorKind::InvalidFilename.into()))?;
        self.ask("be copied").execute(COPY, [name])?;
        check(unmade).map_err(BackupError::Unsound)?;
        move_into_place(unmade, to).map_err(unwritable)?;
        fs::metadata(to).map(|metadata| metadata.len()).map_err(unwritable)
    }

    /// Puts a copy of a backup in the database's place, which no host may run on, and checks it first. What was there is set aside.
    pub fn restore(
        backup: &Path,
        path: &Path,
        options: Options<'_>,
        at: Timestamp,
    ) -> Result<Restored, RestoreError> {
        if inspect::inspect(backup)? == inspect::Found::Nothing {
            return Err(RestoreError::Missing { path: backup.to_path_buf() });
        }
        let _lock = lock::take(path)?;
        let unwritable = |source| RestoreError::Unwritable { path: path.to_path_buf(), source };
        let unmade = beside(path, ".restoring");
        remove_remains(&unmade).map_err(unwritable)?;
        let high_water = match copy_of(backup, &unmade, options) {
            Ok(high_water) => high_water,
            Err(error) => {
                let _ = remove_remains(&unmade);
                return Err(error);
            }
        };
        let set_aside = set_aside(path, at).map_err(unwritable)?;
        move_into_place(&unmade, path).map_err(unwritable)?;
        Ok(Restored { set_aside, high_water })
    }
}

/// Copies a backup, with its log if it has one, and sees to it that a host can run on the copy.
fn copy_of(
    backup: &Path,
    unmade: &Path,
    options: Options<'_>,
) -> Result<Option<EventId>, RestoreError> {
    let unwritable = |source| RestoreError::Unwritable { path: unmade.to_path_buf(), source };
    make_private(unmade).map_err(unwritable)?;
    fs::copy(backup, unmade).map_err(unwritable)?;
    let log = beside(backup, "-wal");
    if log.exists() {
        fs::copy(log, beside(unmade, "-wal")).map_err(unwritable)?;
    }
    // What is wrong is wrong with the backup, whatever the copy is called.
    let named = |error: OpenError| error.about(backup);
    let mut copy = Database::connect_to_file(unmade, Synchronous::Full).map_err(named)?;
    schema::refuse_unknown(&copy, schema::MIGRATIONS).map_err(named)?;
    verify::pages(&copy).map_err(named)?;
    verify::site(&copy, options.site).map_err(named)?;
    schema::upgrade(&mut copy, schema::MIGRATIONS).map_err(named)?;
    verify::content(&copy).map_err(named)?;
    let stream = copy.load_stream().map_err(OpenError::from)?;
    copy.close().map_err(OpenError::from)?;
    Ok(stream.map(|stream| stream.high_water))
}

/// Moves the files of a database out of the way; where to, if there was one.
fn set_aside(path: &Path, at: Timestamp) -> io::Result<Option<PathBuf>> {
    let aside = beside(path, &format!(".before-{}", at.0));
    let mut is_there = false;
    for part in PARTS {
        match fs::rename(beside(path, part), beside(&aside, part)) {
            Ok(()) => is_there = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(is_there.then_some(aside))
}

/// All of a copy is sound.
fn check(path: &Path) -> Result<(), OpenError> {
    let copy = Database::connect_to_file(path, Synchronous::Full)?;
    verify::pages(&copy)?;
    verify::content(&copy)?;
    copy.close()?;
    Ok(())
}
