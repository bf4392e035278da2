//! Opening the file: made whole or not at all, refused rather than reset, and by one host at a time.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, OpenFlags};

use crate::query::{BUSY_TIMEOUT, QueryError, WriteFailure};

mod backup;
mod create;
mod inspect;
mod lock;
mod refusal;
mod schema;
mod verify;

pub use backup::{BackupError, RestoreError, Restored};
pub use refusal::OpenError;

#[cfg(test)]
mod tests;

/// Statements kept ready; more than all the questions of this crate.
const STATEMENTS_MAX: usize = 64;

/// Pages between checkpoints: 64 MiB of log. Larger means fewer waits for the disk and a longer recovery, which at this
/// size takes a fraction of a second.
const CHECKPOINT_PAGES: u32 = 16_000;

/// What the log shrinks to after a burst.
const LOG_BYTES_MAX: u32 = 64 << 20;

/// Page cache of one connection.
const CACHE_KIB: i32 = 8_192;

const DATA_VERSION: &str = "PRAGMA data_version";
const CODE_KEY: &str = "SELECT unhex(value) FROM meta WHERE name = 'code_key'";
const SITE: &str = "SELECT value FROM meta WHERE name = 'site'";

/// One connection to the SQLite file. It blocks, and serves one thread at a time.
#[derive(Debug)]
pub struct Database {
    pub(crate) connection: Connection,
    /// As the operator wrote it: for messages.
    pub(crate) path: PathBuf,
    place: Place,
    synchronous: Synchronous,
    /// Held until the last connection of the host is gone.
    lock: Option<Arc<File>>,
    pub(crate) write_failure: Option<WriteFailure>,
}

/// How a file is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// What a commit waits for.
    pub synchronous: Synchronous,
    /// The address of the site, in the one form in which the host always writes it.
    pub site: &'a str,
}

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// For the operating system: nothing is lost when the process dies. When the machine does, the last moments may be
    /// lost together; the file stays whole, and the host goes on from before them.
    Normal,
    /// For the disk: nothing is lost when the machine dies.
    Full,
}

/// Where the bytes are.
#[derive(Debug, Clone)]
enum Place {
    File(PathBuf),
    Memory(PathBuf),
}

impl Database {
    /// Opens the file for the one host that may run on it, and makes it if there is none. Checks all of it.
    pub fn open_for_host(path: &Path, options: Options<'_>) -> Result<Self, OpenError> {
        inspect::inspect(path)?;
        let lock = lock::take(path)?;
        if inspect::inspect(path)? == inspect::Found::Nothing {
            create::create(path, options.site)?;
        }
        let mut database = Self::connect_to_file(path, options.synchronous)?;
        database.lock = Some(Arc::new(lock));
        // What only reads comes first: a file that is refused stays as it is.
        schema::refuse_unknown(&database, schema::MIGRATIONS)?;
        verify::pages(&database)?;
        verify::site(&database, options.site)?;
        schema::upgrade(&mut database, schema::MIGRATIONS)?;
        verify::content(&database)?;
        verify::writable(&mut database)?;
        Ok(database)
    }

    /// Opens a file that a host has made, for a look or a small change beside it. Makes and upgrades nothing, and
    /// leaves the thorough check to the host.
    pub fn open_for_tools(path: &Path, options: Options<'_>) -> Result<Self, OpenError> {
        if inspect::inspect(path)? == inspect::Found::Nothing {
            return Err(OpenError::Missing { path: path.to_path_buf() });
        }
        let database = Self::connect_to_file(path, options.synchronous)?;
        schema::require_newest(&database, schema::MIGRATIONS)?;
        verify::site(&database, options.site)?;
        Ok(database)
    }

    /// An empty database that lives as long as its connections.
    pub fn in_memory(site: &str) -> Result<Self, OpenError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("/cuebox-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let place = Place::Memory(PathBuf::from(name));
        let mut database =
            Self::connect_to(place, PathBuf::from("in memory"), Synchronous::Normal)?;
        schema::upgrade(&mut database, schema::MIGRATIONS)?;
        create::name_site(&database, site)?;
        Ok(database)
    }

    /// Another connection to the same place, without another check. It belongs to the same host.
    pub fn connect(&self) -> Result<Self, OpenError> {
        let database = Self::connect_to(self.place.clone(), self.path.clone(), self.synchronous)?;
        Ok(Self { lock: self.lock.clone(), ..database })
    }

    /// A number that changes when any *other* connection has changed the file: the host sees by it that the command line
    /// did something. Compare answers of one connection only.
    pub fn data_version(&self) -> Result<i64, QueryError> {
        let version = self.ask("notice changes").first(DATA_VERSION, [], |row| row.get(0))?;
        version.ok_or_else(|| self.ask("notice changes").damaged("it has no data version"))
    }

    /// Whether a host runs on the file, as far as that can be told.
    #[must_use]
    pub fn has_host(&self) -> bool {
        match &self.place {
            Place::File(path) => lock::is_taken(path).unwrap_or(true),
            Place::Memory(_) => self.lock.is_some(),
        }
    }

    /// A secret of this file, by which a host knows compiled code as its own.
    pub fn code_key(&self) -> Result<[u8; 32], QueryError> {
        let query = self.ask("read the key of the compiled code");
        let key = query.first(CODE_KEY, [], |row| row.get::<_, Option<[u8; 32]>>(0))?.flatten();
        key.ok_or_else(|| query.damaged("it has no key for compiled code"))
    }

    /// Saves what is still in the log and closes the file. Dropping does the same, but keeps an error to itself.
    pub fn close(self) -> Result<(), QueryError> {
        let Self { connection, path, .. } = self;
        connection.close().map_err(|(_, error)| QueryError::from_sqlite(&path, "be closed", error))
    }

    fn connect_to_file(path: &Path, synchronous: Synchronous) -> Result<Self, OpenError> {
        let absolute =
            std::path::absolute(path).map_err(|error| OpenError::unreadable(path, error))?;
        let database = Self::connect_to(Place::File(absolute), path.to_path_buf(), synchronous)?;
        verify::journal_mode(&database)?;
        Ok(database)
    }

    fn connect_to(
        place: Place,
        path: PathBuf,
        synchronous: Synchronous,
    ) -> Result<Self, OpenError> {
        let opened = match &place {
            // Never CREATE: a file that went since it was inspected must not come back empty.
            Place::File(file) => {
                Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE | NO_MUTEX)
            }
            Place::Memory(name) => Connection::open_with_flags_and_vfs(
                name,
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | NO_MUTEX,
                c"memdb",
            ),
        };
        let connection =
            opened.map_err(|error| OpenError::from_sqlite(&path, "be opened", error))?;
        let configured = configure(&connection, synchronous);
        configured.map_err(|error| OpenError::from_sqlite(&path, "be configured", error))?;
        Ok(Self { connection, path, place, synchronous, lock: None, write_failure: None })
    }
}

const NO_MUTEX: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX;

fn configure(connection: &Connection, synchronous: Synchronous) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    let level = match synchronous {
        Synchronous::Normal => "NORMAL",
        Synchronous::Full => "FULL",
    };
    connection.pragma_update(None, "synchronous", level)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_MAX)
}
