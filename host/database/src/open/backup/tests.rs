use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;

use eventlog::Seq;
use expect_test::{Expect, expect};
use tempfile::TempDir;

use super::*;
use crate::stream::tests::{append, entries};
use crate::{Finish, Stream};

const OPTIONS: Options<'static> =
    Options { synchronous: Synchronous::Normal, site: "https://studio.example" };

/// A host's database with ten entries, of which plugin `a` has finished four.
fn running(folder: &TempDir) -> Database {
    let path = folder.path().join("cuebox.db");
    let mut database = Database::open_for_host(&path, OPTIONS).expect("made");
    let stream = Stream { high_water: EventId(100), gaps: Vec::new() };
    database.start_stream(&stream).expect("started");
    append(&mut database, &entries(101..=110)).expect("kept");
    database.ensure_plugin("a", Seq(0)).expect("added");
    database.finish(&Finish::at("a", Seq(4))).expect("finished");
    database
}

#[track_caller]
fn says(folder: &TempDir, error: &dyn std::error::Error, expected: Expect) {
    let mut text = error.to_string();
    if let Some(source) = error.source() {
        text = format!("{text}: {source}");
    }
    expected.assert_eq(&text.replace(folder.path().to_str().unwrap(), "DIR"));
}

#[test]
fn a_backup_made_beside_a_host_is_restored_as_of_its_moment() {
    let folder = TempDir::new().unwrap();
    let (path, backup) = (folder.path().join("cuebox.db"), folder.path().join("backup.db"));
    let mut host = running(&folder);
    let beside_it = Database::open_for_tools(&path, OPTIONS).expect("opened");
    let bytes = beside_it.back_up(&backup).expect("copied");
    assert_eq!(bytes, fs::metadata(&backup).unwrap().len());
    append(&mut host, &entries(111..=112)).expect("kept");
    host.finish(&Finish::at("a", Seq(9))).expect("finished");
    drop((host, beside_it));

    let restored = Database::restore(&backup, &path, OPTIONS, Timestamp(77)).expect("restored");
    assert_eq!(restored.high_water, Some(EventId(110)));
    let aside = restored.set_aside.expect("what was there is kept");
    let host = Database::open_for_host(&path, OPTIONS).expect("opened");
    let position = |database: &Database| database.plugin("a").unwrap().unwrap().position;
    assert_eq!((position(&host), host.last_seq().unwrap()), (Seq(4), Seq(10)));
    let before = Database::open_for_host(&aside, OPTIONS).expect("opened");
    assert_eq!((position(&before), before.last_seq().unwrap()), (Seq(9), Seq(12)));
}

#[test]
fn nothing_is_written_over() {
    let folder = TempDir::new().unwrap();
    let host = running(&folder);
    let backup = folder.path().join("backup.db");
    fs::write(&backup, "mine").unwrap();
    let error = host.back_up(&backup).expect_err("refused");
    says(
        &folder,
        &error,
        expect!["DIR/backup.db is there already, and no backup is written over a file"],
    );
    assert_eq!(fs::read(&backup).unwrap(), b"mine");
}

#[test]
fn no_backup_is_put_in_place_under_a_running_host() {
    let folder = TempDir::new().unwrap();
    let host = running(&folder);
    let backup = folder.path().join("backup.db");
    host.back_up(&backup).expect("copied");
    let path = folder.path().join("cuebox.db");
    let error = Database::restore(&backup, &path, OPTIONS, Timestamp(77)).expect_err("refused");
    assert!(matches!(error, RestoreError::Open(OpenError::Locked { .. })), "{error}");
}

#[test]
fn a_backup_that_is_no_good_leaves_the_database_as_it_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cuebox.db");
    let host = running(&folder);
    let [damaged, short, missing] =
        ["damaged", "short", "missing"].map(|name| folder.path().join(name));
    host.back_up(&damaged).expect("copied");
    host.back_up(&short).expect("copied");
    drop(host);
    let file = OpenOptions::new().write(true).open(&damaged).unwrap();
    file.write_all_at(&[0xff; 4096], 8192).unwrap();
    fs::write(&short, &fs::read(&short).unwrap()[..20_000]).unwrap();
    let before = fs::read(&path).unwrap();
    let refused = |backup: &Path, site, expected: Expect| {
        let options = Options { site, ..OPTIONS };
        let error = Database::restore(backup, &path, options, Timestamp(77)).expect_err("refused");
        says(&folder, &error, expected);
        assert_eq!(fs::read(&path).unwrap(), before);
    };
    refused(&missing, OPTIONS.site, expect!["there is no backup DIR/missing"]);
    refused(
        &short,
        OPTIONS.site,
        expect!["database DIR/short was cut short: it has 20000 bytes of at least 114688"],
    );
    refused(
        &damaged,
        OPTIONS.site,
        expect!["database DIR/damaged is damaged: database disk image is malformed"],
    );
    let other = folder.path().join("other");
    Database::open_for_host(&path, OPTIONS).unwrap().back_up(&other).unwrap();
    let before = fs::read(&path).unwrap();
    let options = Options { site: "https://other.example", ..OPTIONS };
    let error = Database::restore(&other, &path, options, Timestamp(77)).expect_err("refused");
    says(
        &folder,
        &error,
        expect![
            "database DIR/other holds the events of https://studio.example, not of https://other.example"
        ],
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_disk_without_room_leaves_no_half_of_a_backup() {
    let folder = TempDir::new().unwrap();
    let host = running(&folder);
    let nowhere = folder.path().join("nowhere").join("backup.db");
    let error = host.back_up(&nowhere).expect_err("refused");
    says(
        &folder,
        &error,
        expect![
            "backup DIR/nowhere/backup.db cannot be written: entity not found: No such file or directory (os error 2)"
        ],
    );
}
