//! What must hold of a file before the host trusts it.

use eventlog::{EventId, Seq};

use super::{Database, OpenError, Place, SITE, schema};
use crate::query::Query;
use crate::stream::StreamRow;
use crate::{dead_letter, effect, keyvalue, replay};

/// How many findings of SQLite's check are asked for; the first is shown, the rest counted.
const FINDINGS_MAX: u32 = 20;

const JOURNAL: &str = "SELECT count(*), min(seq), max(seq), max(id) FROM journal";
const HIGHEST_GAP: &str = "SELECT max(id) FROM gap";

/// The file can be written, and the disk is not full. Writes the first page as it is.
pub(super) fn writable(database: &mut Database) -> Result<(), OpenError> {
    database.change("be written at all", |query| {
        let version: i64 = query.first("PRAGMA user_version", [], |row| row.get(0))?.unwrap_or(0);
        let written = query.connection.pragma_update(None, "user_version", version);
        written.map_err(|error| OpenError::from_sqlite(query.path, "be written", error))
    })
}

/// Changes go to a log first: with it a reader never waits, and a commit is one write.
pub(super) fn journal_mode(database: &Database) -> Result<(), OpenError> {
    let set =
        database.connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0));
    let mode: String = set
        .map_err(|error| OpenError::from_sqlite(&database.path, "be written with a log", error))?;
    match mode.as_str() {
        "wal" => Ok(()),
        _ => Err(OpenError::NoLog { path: database.path.clone(), mode }),
    }
}

/// Every page is sound, and the order of keys in the small tables.
pub(super) fn pages(database: &Database) -> Result<(), OpenError> {
    let query = database.ask("check its pages");
    let quick = format!("PRAGMA quick_check({FINDINGS_MAX})");
    for sql in [
        quick.as_str(),
        "PRAGMA integrity_check(plugin)",
        "PRAGMA integrity_check(key_value)",
        "PRAGMA integrity_check(effect)",
        "PRAGMA integrity_check(created)",
        "PRAGMA integrity_check(dead_letter)",
        "PRAGMA integrity_check(move)",
        "PRAGMA integrity_check(attempt)",
        "PRAGMA integrity_check(gap_story)",
        "PRAGMA integrity_check(replay)",
        "PRAGMA integrity_check(replay_entry)",
        "PRAGMA integrity_check(usage)",
    ] {
        let findings: Vec<String> = query.all(sql, [], |row| row.get(0))?;
        if findings != ["ok"] {
            let count = findings.len();
            let finding = findings
                .into_iter()
                .next()
                .unwrap_or_else(|| "the check found no tables".to_owned());
            return Err(OpenError::damaged(database, one_line(&finding), count));
        }
    }
    Ok(())
}

/// It holds the events of the site that the host is to watch.
pub(super) fn site(database: &Database, site: &str) -> Result<(), OpenError> {
    let found: Option<String> =
        database.ask("read whose events it holds").first(SITE, [], |row| row.get(0))?;
    match found {
        Some(found) if found == site => Ok(()),
        Some(found) => {
            Err(OpenError::OtherSite { path: database.path.clone(), found, site: site.to_owned() })
        }
        None => Err(OpenError::damaged(
            database,
            "it does not say which site's events it holds".to_owned(),
            1,
        )),
    }
}

/// The tables are as they were made, and agree with each other.
pub(super) fn content(database: &Database) -> Result<(), OpenError> {
    debug_assert!(matches!(database.place, Place::File(_)), "only files are checked");
    if let Some(finding) = schema::difference(database)? {
        return Err(OpenError::damaged(database, finding, 1));
    }
    match disagreement(database)? {
        Some(finding) => Err(OpenError::damaged(database, finding, 1)),
        None => Ok(()),
    }
}

fn disagreement(database: &Database) -> Result<Option<String>, OpenError> {
    let query = database.ask("check what it holds");
    let row = StreamRow::load(query)?;
    database.load_stream()?;
    keyvalue::verify_all(query)?;
    effect::verify_all(query)?;
    dead_letter::verify_all(query)?;
    replay::verify_all(query)?;
    let (high_water, last_seq) =
        row.map_or((EventId(0), Seq(0)), |row| (row.high_water, row.last_seq));
    if let Some(finding) = journal_disagreement(query, high_water, last_seq)? {
        return Ok(Some(finding));
    }
    let gap: Option<u64> = query.first(HIGHEST_GAP, [], |row| row.get(0))?.flatten();
    if let Some(gap) = gap.filter(|&gap| gap >= high_water.0) {
        return Ok(Some(format!("gap {gap} is not below the high-water mark {high_water}")));
    }
    let beyond = database.plugins()?.into_iter().find(|plugin| plugin.position > last_seq);
    Ok(beyond.map(|plugin| {
        format!(
            "plugin `{}` is at {}, but the journal ends at {last_seq}",
            plugin.name, plugin.position
        )
    }))
}

fn journal_disagreement(
    query: Query<'_>,
    high_water: EventId,
    last_seq: Seq,
) -> Result<Option<String>, OpenError> {
    type Journal = (u64, Option<u64>, Option<u64>, Option<u64>);
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let journal: Option<Journal> = query.first(JOURNAL, [], read)?;
    let Some((count, Some(first), Some(last), Some(id))) = journal else { return Ok(None) };
    if last != last_seq.0 {
        return Ok(Some(format!(
            "the journal ends at {last}, but {last_seq} places were given out"
        )));
    }
    if last - first + 1 != count {
        return Ok(Some(format!("the journal has {count} entries from place {first} to {last}")));
    }
    match id > high_water.0 {
        true => Ok(Some(format!("entry {id} is above the high-water mark {high_water}"))),
        false => Ok(None),
    }
}

fn one_line(finding: &str) -> String {
    finding.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
