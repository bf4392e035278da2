//! A new database is made beside its place and moved there when it is whole: whenever the process dies, there is none
//! or a good one. So a file that is empty or without tables is never one of ours.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use rusqlite::Connection;

use super::inspect::beside;
use super::schema::{self, APPLICATION_ID};
use super::{Database, OpenError, Place, Synchronous};

const NAME_SITE: &str = "INSERT INTO meta (name, value) VALUES ('site', ?1)";
const MAKE_CODE_KEY: &str =
    "INSERT INTO meta (name, value) VALUES ('code_key', hex(randomblob(32)))";

/// Makes a database for one site. The caller holds the lock.
pub(super) fn create(path: &Path, site: &str) -> Result<(), OpenError> {
    let unmade = beside(path, ".creating");
    remove_remains(&unmade).map_err(|error| OpenError::uncreatable(path, error))?;
    let made = make(path, &unmade, site);
    if let Err(error) = made {
        // What went wrong matters more than whether the remains could be removed; the next start does that.
        let _ = remove_remains(&unmade);
        return Err(error);
    }
    move_into_place(&unmade, path).map_err(|error| OpenError::uncreatable(path, error))
}

/// Keeps which site's events the database holds, and makes its secret.
pub(super) fn name_site(database: &Database, site: &str) -> Result<(), OpenError> {
    let query = database.ask("name the site");
    query.execute(NAME_SITE, [site])?;
    query.execute(MAKE_CODE_KEY, [])?;
    Ok(())
}

fn make(path: &Path, unmade: &Path, site: &str) -> Result<(), OpenError> {
    let failed = |error| OpenError::from_sqlite(path, "be made", error);
    let absolute =
        std::path::absolute(unmade).map_err(|error| OpenError::uncreatable(path, error))?;
    make_private(&absolute).map_err(|error| OpenError::uncreatable(path, error))?;
    let connection = Connection::open(&absolute).map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    let place = Place::File(absolute);
    let (path, synchronous) = (path.to_path_buf(), Synchronous::Full);
    let mut database =
        Database { connection, path, place, synchronous, lock: None, write_failure: None };
    schema::upgrade(&mut database, schema::MIGRATIONS)?;
    name_site(&database, site)?;
    super::verify::journal_mode(&database)?;
    database.close()?;
    Ok(())
}

/// Makes the file that SQLite fills, for its owner alone: it holds a key, and what people did. SQLite gives its other files
/// the same rights.
pub(super) fn make_private(unmade: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(unmade).map(drop)
}

pub(super) fn remove_remains(unmade: &Path) -> io::Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        match fs::remove_file(beside(unmade, suffix)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn move_into_place(unmade: &Path, path: &Path) -> io::Result<()> {
    File::open(unmade)?.sync_all()?;
    fs::rename(unmade, path)?;
    sync_directory(path)
}

/// Makes the new name survive a power loss, where directories can be synchronised.
fn sync_directory(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let directory = std::path::absolute(path)?.parent().map(Path::to_path_buf).unwrap_or_default();
    File::open(directory)?.sync_all()
}
