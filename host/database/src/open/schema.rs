//! Which tables there are: numbered steps that are only ever added to.

use rusqlite::Connection;

use super::{Database, OpenError};
use crate::query::{Query, QueryError};

/// Says in the file's header that it is ours: "cue1" in ASCII.
pub(super) const APPLICATION_ID: u32 = u32::from_be_bytes(*b"cue1");

/// Step n makes schema n out of schema n - 1. A released step is never changed.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../schema/0001_stream_and_plugins.sql"),
    include_str!("../schema/0002_effects.sql"),
    include_str!("../schema/0003_failures.sql"),
    include_str!("../schema/0004_moves.sql"),
    include_str!("../schema/0005_attempts.sql"),
    include_str!("../schema/0006_stories_and_replays.sql"),
    include_str!("../schema/0007_artifacts.sql"),
    include_str!("../schema/0008_audit.sql"),
    include_str!("../schema/0009_halts.sql"),
    include_str!("../schema/0010_refusals.sql"),
];

const VERSION: &str = "PRAGMA user_version";
const TABLES: &str = "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";

/// Takes the steps that are missing, each in its own transaction.
pub(super) fn upgrade(database: &mut Database, migrations: &[&str]) -> Result<(), OpenError> {
    let known = newest(migrations);
    let found = version(database.ask("read its schema number"))?;
    check_not_newer(database, found, known)?;
    for (number, sql) in (1..).zip(migrations).skip_while(|&(number, _)| number <= found) {
        database.change("upgrade its tables", |query| {
            let stepped = query.connection.execute_batch(sql);
            stepped.map_err(|error| query.error(error))?;
            let numbered = query.connection.pragma_update(None, "user_version", number);
            numbered.map_err(|error| OpenError::from(query.error(error)))
        })?;
    }
    Ok(())
}

/// For a first look, before anything else is believed.
pub(super) fn refuse_unknown(database: &Database, migrations: &[&str]) -> Result<(), OpenError> {
    let found = version(database.ask("read its schema number"))?;
    check_not_newer(database, found, newest(migrations))?;
    match found < 1 {
        true => Err(OpenError::damaged(database, format!("it says that it has schema {found}"), 1)),
        false => Ok(()),
    }
}

/// For those who leave upgrading to the host.
pub(super) fn require_newest(database: &Database, migrations: &[&str]) -> Result<(), OpenError> {
    refuse_unknown(database, migrations)?;
    let known = newest(migrations);
    let found = version(database.ask("read its schema number"))?;
    match found < known {
        true => Err(OpenError::Older { path: database.path.clone(), found, known }),
        false => Ok(()),
    }
}

/// The first table or index that is not as the steps made it.
pub(super) fn difference(database: &Database) -> Result<Option<String>, OpenError> {
    let found = tables(database.ask("read its tables"))?;
    let failed =
        |error| OpenError::from_sqlite(&database.path, "be compared with its schema", error);
    let model = Connection::open_in_memory().map_err(failed)?;
    MIGRATIONS.iter().try_for_each(|sql| model.execute_batch(sql)).map_err(failed)?;
    let query = Query { connection: &model, ..database.ask("read the tables it should have") };
    let expected = tables(query)?;
    let missing = expected.iter().find(|table| !found.contains(table));
    let surplus = found.iter().find(|table| !expected.contains(table));
    Ok(missing
        .or(surplus)
        .map(|(name, _)| format!("`{name}` is not as schema {} makes it", newest(MIGRATIONS))))
}

fn newest(migrations: &[&str]) -> i64 {
    i64::try_from(migrations.len()).expect("steps are written by hand")
}

fn version(query: Query<'_>) -> Result<i64, QueryError> {
    Ok(query.first(VERSION, [], |row| row.get(0))?.unwrap_or(0))
}

fn check_not_newer(database: &Database, found: i64, known: i64) -> Result<(), OpenError> {
    match found > known {
        true => Err(OpenError::Newer { path: database.path.clone(), found, known }),
        false => Ok(()),
    }
}

fn tables(query: Query<'_>) -> Result<Vec<(String, Option<String>)>, QueryError> {
    query.all(TABLES, [], |row| Ok((row.get(0)?, row.get(1)?)))
}
