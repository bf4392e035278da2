use eventlog::EventId;

use super::*;
use crate::stream::tests::{append, entries};
use crate::{Options, Stream, Synchronous};

const OPTIONS: Options<'static> =
    Options { synchronous: Synchronous::Normal, site: "https://studio.example" };

/// A database in a file, whose stream has begun.
fn database() -> (tempfile::TempDir, Database) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut database =
        Database::open_for_host(&directory.path().join("cuebox.db"), OPTIONS).expect("made");
    database.start_stream(&Stream { high_water: EventId(0), gaps: Vec::new() }).expect("started");
    (directory, database)
}

/// What the alarm would say.
fn told(directory: &tempfile::TempDir, database: &Database) -> String {
    let WriteFailure { why, remedy } = database.write_failure().expect("a change was not taken");
    format!("{why}; {remedy}").replace(&directory.path().display().to_string(), "DIR")
}

/// Lets the file grow no more, as a full disk does.
fn fill(database: &Database) {
    let pages: i64 =
        database.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    allow_pages(database, pages);
}

fn allow_pages(database: &Database, pages: i64) {
    let set = format!("PRAGMA max_page_count = {pages}");
    database.connection.query_row(&set, [], |_| Ok(())).expect("set");
}

#[test]
fn a_full_disk_takes_no_change_and_loses_none() {
    let (directory, mut database) = database();
    append(&mut database, &entries(1..=10)).expect("appended");
    fill(&database);
    let error = append(&mut database, &entries(11..=5_000)).expect_err("there is no room");
    assert_eq!(
        error.to_string().replace(&directory.path().display().to_string(), "DIR"),
        "database DIR/cuebox.db has no room to append entries: its disk is full"
    );
    assert_eq!(
        told(&directory, &database),
        "database DIR/cuebox.db has no room to append entries: its disk is full; free space on the disk"
    );
    assert_eq!(database.last_seq().expect("read"), eventlog::Seq(10), "all or nothing");
    allow_pages(&database, 1 << 30);
    append(&mut database, &entries(11..=5_000)).expect("there is room again");
    assert_eq!(database.write_failure(), None);
    assert_eq!(database.last_seq().expect("read"), eventlog::Seq(5_000));
}

#[test]
fn a_disk_that_can_only_be_read_is_said_to_be() {
    let (directory, mut database) = database();
    database.connection.pragma_update(None, "query_only", true).expect("set");
    let error = append(&mut database, &entries(1..=10)).expect_err("it cannot be written");
    assert_eq!(
        error.to_string().replace(&directory.path().display().to_string(), "DIR"),
        "database DIR/cuebox.db can only be read, and cannot append entries: attempt to write a readonly database"
    );
    assert!(told(&directory, &database).contains("; make the disk writable again"));
    database.connection.pragma_update(None, "query_only", false).expect("set");
    append(&mut database, &entries(1..=10)).expect("appended");
    assert_eq!(database.write_failure(), None);
}

/// What changes nothing writes nothing: its success says nothing about the disk.
#[test]
fn only_a_change_that_was_taken_ends_the_alarm() {
    let (_directory, mut database) = database();
    fill(&database);
    append(&mut database, &entries(1..=5_000)).expect_err("there is no room");
    database.retain(eventlog::Timestamp(0), 10).expect("there is nothing to remove");
    assert!(database.write_failure().is_some());
}

/// An error that concerns one change says nothing about the others.
#[test]
fn a_change_that_is_refused_for_itself_is_no_alarm() {
    let (_directory, mut database) = database();
    append(&mut database, &entries(1..=10)).expect("appended");
    append(&mut database, &entries(5..=6)).expect_err("they are there");
    database
        .stop_plugin(
            "nobody",
            &crate::Failure { event: EventId(1), error: String::new(), at: eventlog::Timestamp(0) },
        )
        .expect_err("there is no such plugin");
    assert_eq!(database.write_failure(), None);
}

#[test]
fn the_systems_reasons() {
    let of = |number: i32| io::Error::from_raw_os_error(number);
    let text = |error: io::Error| match (lack(&error), denial(&error)) {
        (Some(lack), _) => lack.to_string(),
        (_, Some(reason)) => reason,
        _ => "another".to_owned(),
    };
    // ENOSPC, EDQUOT, EFBIG, EROFS, EACCES, EIO of Linux.
    let texts: Vec<String> = [28, 122, 27, 30, 13, 5].map(|number| text(of(number))).to_vec();
    assert_eq!(
        texts,
        [
            "its disk is full",
            "the disk quota of the user that runs cuebox is used up",
            "the process's limit for the size of a file is reached",
            "read-only filesystem or storage medium",
            "permission denied",
            "another",
        ]
    );
}
