use std::fs;
use std::path::Path;

use eventlog::{EventId, Seq};
use expect_test::{Expect, expect};
use rusqlite::Connection;

use super::inspect::beside;
use super::schema::{self, APPLICATION_ID, MIGRATIONS};
use super::*;
use crate::stream::tests::{append, entries};
use crate::{Finish, Stream};

const SITE_URL: &str = "https://studio.example";
const OPTIONS: Options<'static> = Options { synchronous: Synchronous::Normal, site: SITE_URL };

/// Puts a file in place, and expects the host's refusal, its remedy, and the file as it was.
#[track_caller]
fn refused(prepare: impl FnOnce(&Path), expected: Expect) {
    refused_by(Database::open_for_host, prepare, expected);
}

#[track_caller]
fn refused_by(
    open: fn(&Path, Options<'_>) -> Result<Database, OpenError>,
    prepare: impl FnOnce(&Path),
    expected: Expect,
) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cuebox.db");
    prepare(&path);
    let before = fs::read(&path).ok();
    let error = open(&path, OPTIONS).expect_err("the file must be refused");
    assert_eq!(before, fs::read(&path).ok(), "a refused file stays as it is");
    let remedy = error.remedy();
    let text =
        format!("{error}\n{remedy}\n").replace(&directory.path().display().to_string(), "DIR");
    expected.assert_eq(&text.replace(&std::process::id().to_string(), "PID"));
}

/// A database with 2,000 entries, a gap, a plugin and its key-value, closed.
fn make(path: &Path) {
    let mut database = Database::open_for_host(path, OPTIONS).expect("made");
    database.start_stream(&Stream { high_water: EventId(0), gaps: Vec::new() }).expect("started");
    append(&mut database, &entries(1..=2_000)).expect("appended");
    database.ensure_plugin("logger", Seq(0)).expect("added");
    let key_values = [crate::KeyValueChange::Set { key: "count".to_owned(), value: b"7".to_vec() }];
    let finish = Finish { handled: 7, key_values: &key_values, ..Finish::at("logger", Seq(7)) };
    database.finish(&finish).expect("finished");
    database.close().expect("closed");
}

/// A database that another program has changed.
fn tampered(sql: &'static str) -> impl FnOnce(&Path) {
    move |path| {
        make(path);
        let connection = Connection::open(path).expect("opened");
        connection.execute_batch(sql).expect("changed");
    }
}

#[test]
fn garbage_is_refused() {
    refused(
        |path| fs::write(path, "(dp0\nS'/plugins'\np1\n").expect("written"),
        expect![[r#"
        database DIR/cuebox.db is not an SQLite file: its 20 bytes do not begin with `SQLite format 3`
        if the path is wrong, correct it in the configuration; if the file was overwritten, restore it from a backup, or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
}

#[test]
fn an_empty_file_is_refused() {
    refused(
        |path| fs::write(path, "").expect("written"),
        expect![[r#"
        database DIR/cuebox.db is empty (0 bytes), which no database ever is: what it held is lost
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
}

#[test]
fn a_file_without_its_header_is_refused() {
    refused(
        |path| fs::write(path, "SQLite form").expect("written"),
        expect![[r#"
        database DIR/cuebox.db was cut short: it has 11 bytes of at least 100
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
}

#[test]
fn a_file_without_its_end_is_refused() {
    let cut = |path: &Path| {
        make(path);
        let file = fs::File::options().write(true).open(path).expect("opened");
        file.set_len(100_000).expect("cut");
    };
    refused(
        cut,
        expect![[r#"
            database DIR/cuebox.db was cut short: it has 100000 bytes of at least 237568
            restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
        "#]],
    );
}

#[test]
fn a_directory_is_refused() {
    refused(
        |path| fs::create_dir(path).expect("made"),
        expect![[r#"
        database DIR/cuebox.db is a directory, where a file must be
        correct the database path in the configuration
    "#]],
    );
}

#[test]
fn a_directory_with_something_in_it_is_refused() {
    let fill = |path: &Path| {
        fs::create_dir(path).expect("made");
        fs::write(path.join("state"), "1").expect("written");
    };
    refused(
        fill,
        expect![[r#"
        database DIR/cuebox.db is a directory, where a file must be
        correct the database path in the configuration
    "#]],
    );
}

#[cfg(unix)]
#[test]
fn a_socket_is_refused() {
    let bind = |path: &Path| drop(std::os::unix::net::UnixListener::bind(path).expect("bound"));
    refused(
        bind,
        expect![[r#"
        database DIR/cuebox.db is not a regular file
        correct the database path in the configuration
    "#]],
    );
}

#[test]
fn a_path_without_directory_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let error = Database::open_for_host(&directory.path().join("absent/cuebox.db"), OPTIONS)
        .expect_err("refused");
    let text = format!("{error}\n{}\n", error.remedy())
        .replace(&directory.path().display().to_string(), "DIR");
    expect![[r#"
        database DIR/absent/cuebox.db cannot be made: directory DIR/absent does not exist
        make the directory, or correct the database path in the configuration
    "#]]
    .assert_eq(&text);
}

#[test]
fn another_application_is_refused() {
    let make_other = |path: &Path| {
        let connection = Connection::open(path).expect("made");
        connection
            .execute_batch("PRAGMA application_id = 252006674; CREATE TABLE other (a)")
            .expect("filled");
    };
    refused(
        make_other,
        expect![[r#"
        database DIR/cuebox.db belongs to another application: its application id is 0x0f055112, cuebox's is 0x63756531
        correct the database path in the configuration
    "#]],
    );
}

#[test]
fn a_nameless_application_is_refused() {
    let make_nameless = |path: &Path| {
        Connection::open(path)
            .expect("made")
            .execute_batch("CREATE TABLE other (a)")
            .expect("filled")
    };
    refused(
        make_nameless,
        expect![[r#"
        database DIR/cuebox.db belongs to another application: its application id is 0x00000000, cuebox's is 0x63756531
        correct the database path in the configuration
    "#]],
    );
}

#[test]
fn a_newer_cuebox_is_refused() {
    refused(
        tampered("PRAGMA user_version = 99; CREATE TABLE later (id)"),
        expect![[r#"
            database DIR/cuebox.db is from a newer cuebox: it has schema 99, this one knows up to 10
            run the newer cuebox, or restore the backup made before the upgrade
        "#]],
    );
    refused_by(
        Database::open_for_tools,
        tampered("PRAGMA user_version = 99"),
        expect![[r#"
            database DIR/cuebox.db is from a newer cuebox: it has schema 99, this one knows up to 10
            run the newer cuebox, or restore the backup made before the upgrade
        "#]],
    );
}

#[test]
fn a_schema_that_never_was_is_refused() {
    refused(
        tampered("PRAGMA user_version = 0"),
        expect![[r#"
        database DIR/cuebox.db is damaged: it says that it has schema 0
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
    refused_by(
        Database::open_for_tools,
        tampered("PRAGMA user_version = -1"),
        expect![[r#"
        database DIR/cuebox.db is damaged: it says that it has schema -1
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
}

#[test]
fn tools_leave_upgrading_to_the_host() {
    let database = Database::in_memory(SITE_URL).expect("made");
    schema::require_newest(&database, MIGRATIONS).expect("the newest");
    let error =
        schema::require_newest(&database, &[MIGRATIONS, &["CREATE TABLE later (id)"]].concat())
            .expect_err("older");
    expect![[r#"
        database in memory is from an older cuebox: it has schema 10, this one needs 11
        restart the host with this version: it upgrades the file
    "#]]
    .assert_eq(&format!("{error}\n{}\n", error.remedy()));
}

#[test]
fn tools_make_no_database() {
    refused_by(
        Database::open_for_tools,
        |_| {},
        expect![[r#"
        database DIR/cuebox.db does not exist; the host makes it when it first runs
        start the host once, or correct the database path in the configuration
    "#]],
    );
}

#[test]
fn broken_pages_are_refused() {
    let overwrite = |path: &Path| {
        make(path);
        let mut bytes = fs::read(path).expect("read");
        let middle = bytes.len() / 2 / 4096 * 4096;
        bytes[middle..middle + 4096].fill(b'x');
        fs::write(path, bytes).expect("written");
    };
    refused(
        overwrite,
        expect![[r#"
            database DIR/cuebox.db is damaged: database disk image is malformed
            restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
        "#]],
    );
}

#[test]
fn a_page_that_contradicts_itself_is_refused() {
    let shorten = |path: &Path| {
        make(path);
        let mut bytes = fs::read(path).expect("read");
        let journal_leaf =
            bytes.chunks(4096).rposition(|page| page[0] == 13).expect("there are leaves") * 4096;
        bytes[journal_leaf + 4] -= 1;
        fs::write(path, bytes).expect("written");
    };
    refused(
        shorten,
        expect![[r#"
            database DIR/cuebox.db is damaged: *** in database main *** Fragmentation of 46 bytes reported as 0 on page 57 (and 1 findings more)
            restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
        "#]],
    );
}

#[test]
fn another_site_is_refused() {
    let make_other = |path: &Path| {
        let options = Options { site: "https://other.example", ..OPTIONS };
        Database::open_for_host(path, options).expect("made").close().expect("closed");
    };
    refused(
        make_other,
        expect![[r#"
        database DIR/cuebox.db holds the events of https://other.example, not of https://studio.example
        correct the site's address, or give each site a database of its own
    "#]],
    );
    refused_by(
        Database::open_for_tools,
        make_other,
        expect![[r#"
        database DIR/cuebox.db holds the events of https://other.example, not of https://studio.example
        correct the site's address, or give each site a database of its own
    "#]],
    );
}

#[test]
fn no_site_is_refused() {
    refused(
        tampered("DELETE FROM meta"),
        expect![[r#"
        database DIR/cuebox.db is damaged: it does not say which site's events it holds
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
}

#[test]
fn changed_tables_are_refused() {
    refused(
        tampered("ALTER TABLE journal ADD COLUMN note TEXT"),
        expect![[r#"
            database DIR/cuebox.db is damaged: `journal` is not as schema 10 makes it
            restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
        "#]],
    );
    refused(
        tampered("CREATE TABLE note (text)"),
        expect![[r#"
            database DIR/cuebox.db is damaged: `note` is not as schema 10 makes it
            restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
        "#]],
    );
    refused(
        tampered("DROP TABLE gap"),
        expect![[r#"
            database DIR/cuebox.db is damaged: `gap` is not as schema 10 makes it
            restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
        "#]],
    );
}

#[test]
fn changed_values_are_refused() {
    refused(
        tampered("UPDATE stream SET high_water = 9000"),
        expect![[r#"
        database DIR/cuebox.db is damaged: the row of the stream does not match its checksum
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
    refused(
        tampered("UPDATE plugin SET position = 8"),
        expect![[r#"
        database DIR/cuebox.db is damaged: the position of plugin `logger` does not match its checksum
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
    refused(
        tampered("INSERT INTO gap VALUES (5, 0, NULL, 0)"),
        expect![[r#"
        database DIR/cuebox.db is damaged: gap 5 does not match its checksum
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
}

#[test]
fn tables_that_disagree_are_refused() {
    refused(
        tampered("DELETE FROM journal WHERE seq = 1000"),
        expect![[r#"
        database DIR/cuebox.db is damaged: the journal has 1999 entries from place 1 to 2000
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
    refused(
        tampered("DELETE FROM journal WHERE seq = 2000"),
        expect![[r#"
        database DIR/cuebox.db is damaged: the journal ends at 1999, but 2000 places were given out
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
    refused(
        tampered("DELETE FROM stream"),
        expect![[r#"
        database DIR/cuebox.db is damaged: the journal ends at 2000, but 0 places were given out
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
    let rewind = "DELETE FROM journal; DELETE FROM stream";
    refused(
        tampered(rewind),
        expect![[r#"
        database DIR/cuebox.db is damaged: plugin `logger` is at 7, but the journal ends at 0
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
}

#[test]
fn a_log_without_its_database_is_refused() {
    refused(
        |path| fs::write(beside(path, "-wal"), "pages").expect("written"),
        expect![[r#"
        database DIR/cuebox.db is gone, but its log DIR/cuebox.db-wal is there
        put the database back beside its log, or move the log away as well to start afresh at the newest event
    "#]],
    );
}

#[test]
fn a_second_host_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cuebox.db");
    let host = Database::open_for_host(&path, OPTIONS).expect("the first host");
    let lane = host.connect().expect("another connection of the first host");
    drop(host);
    let error =
        Database::open_for_host(&path, OPTIONS).expect_err("the first host still has a connection");
    let text = format!("{error}\n{}\n", error.remedy())
        .replace(&directory.path().display().to_string(), "DIR");
    expect![[r#"
        database DIR/cuebox.db is in use by process PID; one host at a time may run on it
        stop the other host, or give this one a database of its own
    "#]]
    .assert_eq(&text.replace(&std::process::id().to_string(), "PID"));
    Database::open_for_tools(&path, OPTIONS).expect("tools may look beside the host");
    drop(lane);
    Database::open_for_host(&path, OPTIONS).expect("the first host is gone");
}

#[test]
fn a_locked_file_is_refused_after_a_while() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cuebox.db");
    make(&path);
    let shell = Connection::open(&path).expect("opened");
    shell.execute_batch("BEGIN IMMEDIATE").expect("begun");
    let error = Database::open_for_host(&path, OPTIONS).expect_err("nobody can write");
    let text = format!("{error}\n{}\n", error.remedy())
        .replace(&directory.path().display().to_string(), "DIR");
    expect![[r#"
        database DIR/cuebox.db was locked by another process for 5s, too long to be written at all
        end the program that keeps the file locked, then start again
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_death_while_making_leaves_nothing_in_the_way() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cuebox.db");
    for suffix in [".creating", ".creating-wal", ".creating-journal"] {
        fs::write(beside(&path, suffix), "half").expect("written");
    }
    Database::open_for_host(&path, OPTIONS).expect("made").close().expect("closed");
    let mut names: Vec<_> = fs::read_dir(directory.path())
        .expect("read")
        .map(|file| file.expect("read").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["cuebox.db", "cuebox.db.lock"]);
}

#[test]
fn what_was_kept_is_there_when_opened_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cuebox.db");
    make(&path);
    for synchronous in [Synchronous::Normal, Synchronous::Full] {
        let database =
            Database::open_for_host(&path, Options { synchronous, ..OPTIONS }).expect("opened");
        assert_eq!(database.last_seq().expect("read"), Seq(2_000));
        assert_eq!(database.plugins().expect("read")[0].position, Seq(7));
        assert_eq!(
            database.key_values("logger").expect("read"),
            [("count".to_owned(), b"7".to_vec())]
        );
    }
}

#[test]
fn a_restored_backup_without_a_log_is_welcome() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cuebox.db");
    make(&path);
    let backup = directory.path().join("backup.db");
    let connection = Connection::open(&path).expect("opened");
    connection.execute("VACUUM INTO ?1", [backup.to_str().expect("a name")]).expect("backed up");
    let database = Database::open_for_host(&backup, OPTIONS).expect("opened");
    assert_eq!(database.last_seq().expect("read"), Seq(2_000));
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cuebox.db");
    let _database = Database::open_for_host(&path, OPTIONS).expect("made");
    for suffix in ["", "-wal", "-shm"] {
        let mode = fs::metadata(beside(&path, suffix)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{suffix}");
    }
}

#[test]
fn an_odd_path_is_a_path() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("file:a?mode=memory#ü.db");
    make(&path);
    assert!(path.is_file(), "the file is where it was asked for");
}

#[test]
fn a_step_is_taken_once_or_not_at_all() {
    let mut database = Database::in_memory(SITE_URL).expect("made");
    let known = MIGRATIONS.len();
    let with = |step| [MIGRATIONS, &[step]].concat();
    let broken = with("CREATE TABLE later (id INTEGER); CREATE TABLE journal (id INTEGER)");
    schema::upgrade(&mut database, &broken).expect_err("the last step fails at its end");
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'later'";
    let count: i64 = database.connection.query_row(tables, [], |row| row.get(0)).expect("counted");
    assert_eq!(count, 0, "the last step left nothing");
    let whole = with("CREATE TABLE later (id INTEGER)");
    schema::upgrade(&mut database, &whole).expect("upgraded");
    schema::upgrade(&mut database, &whole).expect("nothing to do");
    let version: i64 =
        database.connection.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("read");
    assert_eq!(usize::try_from(version), Ok(known + 1));
    let error = schema::upgrade(&mut database, MIGRATIONS).expect_err("this is a newer file now");
    expect![[r#"
        database in memory is from a newer cuebox: it has schema 11, this one knows up to 10
    "#]]
    .assert_eq(&format!("{error}\n"));
}

#[test]
fn a_connection_sees_what_the_others_did() {
    let mut host = Database::in_memory(SITE_URL).expect("made");
    let mut tool = host.connect().expect("another connection");
    let quiet = host.data_version().expect("read");
    host.ensure_plugin("logger", Seq(0)).expect("added");
    assert_eq!(host.data_version().expect("read"), quiet, "one's own changes do not count");
    tool.set_enabled("logger", false).expect("disabled");
    assert_ne!(host.data_version().expect("read"), quiet);
    assert!(!host.plugin("logger").expect("read").expect("known").enabled);
}

#[test]
fn two_databases_in_memory_are_two() {
    let mut one = Database::in_memory(SITE_URL).expect("made");
    let other = Database::in_memory(SITE_URL).expect("made");
    one.ensure_plugin("logger", Seq(0)).expect("added");
    assert_eq!(other.plugins().expect("read"), []);
}

#[test]
fn the_file_says_whose_it_is() {
    assert_eq!(APPLICATION_ID, 0x6375_6531);
}

#[test]
fn each_file_has_a_secret_that_stays() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| {
        let options = Options { synchronous: Synchronous::Normal, site: "https://site.example" };
        Database::open_for_host(&folder.path().join(name), options).unwrap().code_key().unwrap()
    };
    let key = open("one.db");
    assert_eq!(key, open("one.db"));
    assert_ne!(key, open("another.db"));
}

#[test]
fn what_a_plugin_would_miss_is_refused() {
    refused(
        tampered("UPDATE plugin SET finished = 'roll_up'"),
        expect![[r#"
        database DIR/cuebox.db is damaged: the position of plugin `logger` does not match its checksum
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
    refused(
        tampered("UPDATE key_value SET key = 'amount'"),
        expect![[r#"
        database DIR/cuebox.db is damaged: a key-value of plugin `logger` does not match its checksum
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
    let lend = "PRAGMA foreign_keys = OFF; UPDATE key_value SET plugin = 'loggeq'";
    refused(
        tampered(lend),
        expect![[r#"
        database DIR/cuebox.db is damaged: a key-value of plugin `loggeq` does not match its checksum
        restore the file from a backup (the host then goes on from that moment), or move it away together with its -wal and -shm files to start afresh at the newest event
    "#]],
    );
}
