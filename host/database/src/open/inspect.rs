//! What can be said about a file before SQLite touches it. Changes nothing, whatever the file is.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::OpenError;
use super::schema::APPLICATION_ID;

/// The first bytes of every SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// The length of the header of an SQLite file.
const HEADER_BYTES: usize = 100;

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing, and a database can be made.
    Nothing,
    /// A file that says it is ours.
    Database,
}

/// What is at a path, or why it cannot be our database.
pub(super) fn inspect(path: &Path) -> Result<Found, OpenError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return inspect_absence(path),
        Err(error) => return Err(OpenError::unreadable(path, error)),
    };
    let path_buf = || path.to_path_buf();
    if metadata.is_dir() {
        return Err(OpenError::Directory { path: path_buf() });
    }
    if !metadata.is_file() {
        return Err(OpenError::NotAFile { path: path_buf() });
    }
    if metadata.len() == 0 {
        return Err(OpenError::Empty { path: path_buf() });
    }
    let header = read_header(path)?;
    if !header.starts_with(MAGIC) && !MAGIC.starts_with(&header) {
        return Err(OpenError::NotSqlite { path: path_buf(), bytes: metadata.len() });
    }
    let Ok(header) = <[u8; HEADER_BYTES]>::try_from(header) else {
        let expected = HEADER_BYTES as u64;
        return Err(OpenError::Truncated { path: path_buf(), bytes: metadata.len(), expected });
    };
    inspect_header(path, &header, metadata.len())?;
    Ok(Found::Database)
}

/// The file that SQLite keeps beside a database, such as `-wal`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn inspect_absence(path: &Path) -> Result<Found, OpenError> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    if !directory.is_dir() {
        return Err(OpenError::NoDirectory {
            path: path.to_path_buf(),
            directory: directory.to_path_buf(),
        });
    }
    // A new database beside an old log would have the old one's pages written into it.
    let log = beside(path, "-wal");
    match has_log(path) {
        true => Err(OpenError::LogWithoutDatabase { path: path.to_path_buf(), log }),
        false => Ok(Found::Nothing),
    }
}

fn read_header(path: &Path) -> Result<Vec<u8>, OpenError> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    let file = File::open(path).map_err(|error| OpenError::unreadable(path, error))?;
    let read = file.take(HEADER_BYTES as u64).read_to_end(&mut header);
    read.map_err(|error| OpenError::unreadable(path, error))?;
    Ok(header)
}

fn inspect_header(path: &Path, header: &[u8; HEADER_BYTES], bytes: u64) -> Result<(), OpenError> {
    let number = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let found = number(68);
    if found != APPLICATION_ID {
        return Err(OpenError::OtherApplication {
            path: path.to_path_buf(),
            found,
            ours: APPLICATION_ID,
        });
    }
    let page_bytes = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        bytes => u64::from(bytes),
    };
    // The count of pages is valid if its writer knew of it; while a log waits, the file may lag behind.
    let expected = u64::from(number(28)) * page_bytes;
    if number(24) == number(92) && bytes < expected && !has_log(path) {
        return Err(OpenError::Truncated { path: path.to_path_buf(), bytes, expected });
    }
    Ok(())
}

fn has_log(path: &Path) -> bool {
    fs::metadata(beside(path, "-wal")).is_ok_and(|metadata| metadata.len() > 0)
}
