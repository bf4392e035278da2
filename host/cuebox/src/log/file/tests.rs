use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use config::LogMode;
use eventlog::Timestamp;
use tempfile::TempDir;

use super::{DailyFile, Files, file_name};

const DAY: i64 = 86_400_000;

/// 2126-01-31, 10 o'clock: later than any file that the test makes.
fn day(number: i64) -> Timestamp {
    Timestamp(4_925_512_800_000 + number * DAY)
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("the folder is there");
    let names =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text"));
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

fn text(directory: &Path, name: &str) -> String {
    fs::read_to_string(directory.join(name)).expect("the file is there")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn a_new_day_puts_the_file_aside_and_the_oldest_goes() {
    let folder = folder();
    let path = folder.path().join("made/for/it");
    let mut file = DailyFile::open(&path, "a.log", "head\n", 2, day(0)).expect("it opens");
    for number in 0..5 {
        file.write(&format!("day {number}\n"), day(number)).expect("it writes");
        file.write("more\n", day(number)).expect("it writes");
    }
    assert_eq!(names(&path), ["a.log", "a.log.2126-02-02", "a.log.2126-02-03"]);
    assert_eq!(text(&path, "a.log"), "head\nday 4\nmore\n");
    assert_eq!(text(&path, "a.log.2126-02-02"), "head\nday 2\nmore\n");
}

#[test]
fn other_files_are_left_alone() {
    let folder = folder();
    let others = [
        "a.log.old",
        "a.log.2126-01-01.gz",
        "a.logs.2126-01-01",
        "ba.log.2126-01-01",
        "a.log.2126-13-01",
    ];
    for name in others.into_iter().chain(["a.log.2126-01-01"]) {
        fs::write(folder.path().join(name), "kept").expect("it writes");
    }
    let mut file = DailyFile::open(folder.path(), "a.log", "", 1, day(0)).expect("it opens");
    file.write("x\n", day(1)).expect("it writes");
    for name in others {
        assert_eq!(text(folder.path(), name), "kept");
    }
    assert!(
        !folder.path().join("a.log.2126-01-01").exists(),
        "one is kept, that of the day before"
    );
}

#[test]
fn a_restart_goes_on_in_the_same_file_and_the_next_day_in_a_new_one() {
    let folder = folder();
    let today = crate::clock::now();
    for run in 0..3 {
        let mut file =
            DailyFile::open(folder.path(), "a.log", "head\n", 1, today).expect("it opens");
        file.write(&format!("run {run}\n"), today).expect("it writes");
    }
    assert_eq!(text(folder.path(), "a.log"), "head\nrun 0\nrun 1\nrun 2\n");

    // A day and some more later, so that a test at midnight sees the same.
    let later = today.plus(std::time::Duration::from_secs(2 * 86_400));
    DailyFile::open(folder.path(), "a.log", "head\n", 1, later).expect("it opens");
    assert_eq!(text(folder.path(), "a.log"), "head\n");
    assert_eq!(names(folder.path()).len(), 2, "{:?}", names(folder.path()));
}

#[test]
fn a_clock_that_is_set_back_overwrites_nothing() {
    let folder = folder();
    let mut file = DailyFile::open(folder.path(), "a.log", "", 9, day(0)).expect("it opens");
    for (line, number) in [("a\n", 0), ("b\n", 1), ("c\n", 0), ("d\n", 2)] {
        file.write(line, day(number)).expect("it writes");
    }
    drop(file);
    let mut file = DailyFile::open(folder.path(), "a.log", "", 9, day(1)).expect("it opens");
    file.write("e\n", day(1)).expect("it writes");
    file.write("f\n", day(2)).expect("it writes");
    let all: String = names(folder.path()).iter().map(|name| text(folder.path(), name)).collect();
    for line in ["a", "b", "c", "d", "e", "f"] {
        assert!(all.contains(line), "{line} is not in {all:?}");
    }
}

#[test]
fn each_plugin_has_its_file_in_one_mode_and_none_in_the_other() {
    let folder = folder();
    for mode in [LogMode::One, LogMode::PerPlugin] {
        let path = folder.path().join(format!("{mode:?}"));
        let mut files = Files::open(path.clone(), mode, 10, day(0)).expect("it opens");
        for plugin in [None, Some("flip"), Some("../../etc/passwd")] {
            assert_eq!(files.write(&format!("{plugin:?}\n"), plugin, day(0)), None);
        }
    }
    let one = folder.path().join("One");
    assert_eq!(names(&one), ["cuebox.log"]);
    assert_eq!(text(&one, "cuebox.log").lines().count(), 3);
    let each = folder.path().join("PerPlugin");
    assert_eq!(
        names(&each),
        ["cuebox.log", "plugin-..%2f..%2fetc%2fpasswd.log", "plugin-flip.log"]
    );
    assert_eq!(text(&each, "plugin-flip.log"), "Some(\"flip\")\n");
    assert_eq!(text(&each, "cuebox.log"), "None\n");
}

#[test]
fn odd_names_make_safe_and_different_files() {
    let long = "x".repeat(255);
    let longer = format!("{long}y");
    let odd = [
        "a", "A b", "a/b", "a%2fb", "a\0b", "..", ".", "", "ä", "con", &long, &longer, "a\nb",
        "a:b", "影像",
    ];
    let mut made = BTreeSet::new();
    for name in odd {
        let file = file_name(name);
        assert!(file.len() < 200, "{file}");
        assert!(file.chars().all(|c| c.is_ascii_alphanumeric() || "._-%".contains(c)), "{file}");
        assert!(made.insert(file.clone()), "{name:?} has the file of another: {file}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_complained_about_once() {
    let folder = folder();
    let mut files =
        Files::open(folder.path().to_owned(), LogMode::PerPlugin, 10, day(0)).expect("it opens");
    // A folder in the place of a file cannot be opened, whoever runs the test.
    fs::create_dir(folder.path().join("plugin-a.log")).expect("a folder");
    let complaint = files.write("x\n", Some("a"), day(0)).expect("it cannot be written");
    assert!(complaint.starts_with("Log files in `"), "{complaint}");
    assert_eq!(files.write("x\n", Some("a"), day(0)), None, "it was said");
    fs::remove_dir(folder.path().join("plugin-a.log")).expect("the folder goes");
    assert_eq!(files.write("x\n", Some("a"), day(0)), None, "it works");
    assert_eq!(text(folder.path(), "plugin-a.log"), "x\n");
}
