//! What a user without the rights is told. A superuser has all rights, so the asking is done by a process of another user.
#![cfg(unix)]

use std::error::Error;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use database::{Database, OpenError, Options, Synchronous};
use eventlog::Seq;
use expect_test::{Expect, expect};

const OPTIONS: Options<'static> =
    Options { synchronous: Synchronous::Normal, site: "https://studio.example" };

/// Tells the child process which file to open, and as whom: `host` or `tools`.
const PATH: &str = "CUEBOX_TEST_OPEN_PATH";
const OPENER: &str = "CUEBOX_TEST_OPENER";

/// A user that owns nothing: `nobody`, where there are names.
const NOBODY: u32 = 65_534;

#[test]
#[ignore = "the process that the other tests start as another user"]
fn open_and_tell() {
    let path = env::var_os(PATH).expect("started by another test");
    let open: fn(&Path, Options<'_>) -> Result<Database, OpenError> =
        match env::var(OPENER).expect("started by another test").as_str() {
            "tools" => Database::open_for_tools,
            _ => Database::open_for_host,
        };
    let text = match open(Path::new(&path), OPTIONS) {
        Ok(database) => look_and_change(database),
        Err(error) => format!("{error}\n{}\n", error.remedy()),
    };
    fs::write(told(Path::new(&path)), text).expect("told");
}

fn look_and_change(mut database: Database) -> String {
    let plugins = database.plugins().map(|plugins| plugins.len()).map_err(with_source);
    let changed = database.ensure_plugin("logger", Seq(0)).map(|_| ()).map_err(with_source);
    format!("plugins: {plugins:?}\nchanged: {changed:?}\n")
}

fn with_source(error: impl Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// Expects what the opener is told about a file with these rights in a directory with those.
#[track_caller]
fn told_of(opener: &str, file: Option<u32>, directory: u32, expected: Expect) {
    let place = tempfile::tempdir().expect("a directory");
    let path = place.path().join("rights/cuebox.db");
    let parent = path.parent().expect("it has one");
    for folder in [parent.to_path_buf(), told(&path).parent().expect("it has one").to_path_buf()] {
        fs::create_dir(&folder).expect("made");
        allow(&folder, 0o777);
    }
    if let Some(mode) = file {
        Database::open_for_host(&path, OPTIONS).expect("made").close().expect("closed");
        fs::remove_file(parent.join("cuebox.db.lock")).expect("removed");
        allow(&path, mode);
    }
    allow(place.path(), 0o755);
    allow(parent, directory);
    ask(place.path(), &path, opener);
    allow(parent, 0o777);
    let text = fs::read_to_string(told(&path)).expect("it was told something");
    expected.assert_eq(&text.replace(&place.path().display().to_string(), "DIR"));
}

fn ask(place: &Path, path: &Path, opener: &str) {
    // A process started meanwhile would hold the copy open for writing, and such a program cannot be started.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let program = place.join("program");
    fs::copy(env::current_exe().expect("this program"), &program).expect("copied");
    allow(&program, 0o755);
    let mut command = Command::new(&program);
    command.args(["--exact", "open_and_tell", "--ignored"]).env(PATH, path).env(OPENER, opener);
    if fs::metadata(&program).expect("there").uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.current_dir(place).output().expect("started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Where the other process writes what it was told: beside the directory whose rights are tested.
fn told(path: &Path) -> std::path::PathBuf {
    let place = path.parent().and_then(Path::parent).expect("it is two deep");
    place.join("told").join("error.txt")
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("allowed");
}

#[test]
fn a_file_that_cannot_be_read_is_refused() {
    told_of(
        "host",
        Some(0o000),
        0o777,
        expect![[r#"
        database DIR/rights/cuebox.db cannot be read: permission denied
        give the user that runs cuebox the right to read and write the file and its directory, or put the database on a disk that can be written
    "#]],
    );
    told_of(
        "tools",
        Some(0o000),
        0o777,
        expect![[r#"
        database DIR/rights/cuebox.db cannot be read: permission denied
        give the user that runs cuebox the right to read and write the file and its directory, or put the database on a disk that can be written
    "#]],
    );
}

#[test]
fn a_file_that_cannot_be_written_is_for_looking_only() {
    told_of(
        "host",
        Some(0o444),
        0o777,
        expect![[r#"
        database DIR/rights/cuebox.db cannot be written: attempt to write a readonly database; the journal and the plugins' positions must be saved
        give the user that runs cuebox the right to read and write the file and its directory, or put the database on a disk that can be written
    "#]],
    );
    told_of(
        "tools",
        Some(0o444),
        0o777,
        expect![[r#"
        plugins: Ok(0)
        changed: Err("database DIR/rights/cuebox.db can only be read, and cannot add a plugin: attempt to write a readonly database")
    "#]],
    );
}

#[test]
fn a_directory_that_cannot_be_written_is_of_no_use() {
    told_of(
        "host",
        Some(0o666),
        0o555,
        expect![[r#"
        database DIR/rights/cuebox.db cannot be written: its lock DIR/rights/cuebox.db.lock cannot be taken, permission denied; the journal and the plugins' positions must be saved
        give the user that runs cuebox the right to read and write the file and its directory, or put the database on a disk that can be written
    "#]],
    );
    told_of(
        "tools",
        Some(0o666),
        0o555,
        expect![[r#"
            database DIR/rights/cuebox.db cannot be written: attempt to write a readonly database; the journal and the plugins' positions must be saved
            give the user that runs cuebox the right to read and write the file and its directory, or put the database on a disk that can be written
        "#]],
    );
    told_of(
        "host",
        None,
        0o555,
        expect![[r#"
        database DIR/rights/cuebox.db cannot be written: its lock DIR/rights/cuebox.db.lock cannot be taken, permission denied; the journal and the plugins' positions must be saved
        give the user that runs cuebox the right to read and write the file and its directory, or put the database on a disk that can be written
    "#]],
    );
}

#[test]
fn a_directory_that_cannot_be_entered_is_refused() {
    told_of(
        "host",
        Some(0o666),
        0o000,
        expect![[r#"
        database DIR/rights/cuebox.db cannot be read: permission denied
        give the user that runs cuebox the right to read and write the file and its directory, or put the database on a disk that can be written
    "#]],
    );
}
