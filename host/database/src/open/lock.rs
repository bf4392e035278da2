//! One host per file: a lock on a file beside it, which the system drops with the process that holds it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::OpenError;
use super::inspect::beside;

/// Takes the lock or says who holds it. The lock file stays behind; removing it would let two hosts hold one each.
pub(super) fn take(path: &Path) -> Result<File, OpenError> {
    let lock = beside(path, ".lock");
    let failed = |error| OpenError::unlockable(path, &lock, error);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            write_holder(&mut file).map_err(failed)?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            Err(OpenError::Locked { path: path.to_path_buf(), holder: read_holder(&mut file) })
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Whether somebody holds it. Holds it for a moment together with others who ask, and makes no file.
pub(super) fn is_taken(path: &Path) -> std::io::Result<bool> {
    match File::open(beside(path, ".lock")) {
        Ok(file) => match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn write_holder(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())
}

fn read_holder(file: &mut File) -> Option<u32> {
    let mut holder = String::new();
    file.take(20).read_to_string(&mut holder).ok()?;
    holder.trim().parse().ok()
}
