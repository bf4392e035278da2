//! What is left when the process dies, the log is cut, or the disk lies: everything in step, or a refusal.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{env, fs, thread};

use database::Database;

use crate::model::{OPTIONS, beside, check_in_step, perform_round, perform_rounds, start};
use crate::random::Random;

mod model;
mod random;

/// Tells the child process of [`a_killed_host_loses_nothing_it_has_kept`] which file to write.
const WRITER_PATH: &str = "CUEBOX_TEST_WRITER_PATH";

#[test]
#[ignore = "the process that a_killed_host_loses_nothing_it_has_kept starts and kills"]
fn write_until_killed() {
    let path = env::var_os(WRITER_PATH).expect("started by another test");
    let mut database = Database::open_for_host(Path::new(&path), OPTIONS).expect("opened");
    start(&mut database);
    let mut out = std::io::stdout();
    loop {
        let round = perform_round(&mut database);
        // The parent closes its end only by killing us.
        writeln!(out, "kept {round}").and_then(|()| out.flush()).expect("told");
    }
}

#[test]
fn a_killed_host_loses_nothing_it_has_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cuebox.db");
    let mut random = Random::new(1);
    for _ in 0..40 {
        let moment = Duration::from_micros(random.below(3_000));
        let kept = write_and_kill(&path, random.below(30), moment);
        let mut database = Database::open_for_host(&path, OPTIONS).expect("opens after a kill");
        start(&mut database);
        let found = check_in_step(&database);
        assert!(found >= kept, "round {kept} was kept, but the file is at {found}");
    }
}

/// Lets another process write, and kills it some rounds and a moment later; the last round that it had kept.
fn write_and_kill(path: &Path, rounds: u64, moment: Duration) -> u64 {
    let mut child = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "write_until_killed", "--ignored", "--nocapture"])
        .env(WRITER_PATH, path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let rounds_kept =
        lines.filter_map(|line| line.expect("read").strip_prefix("kept ").map(str::to_owned));
    let mut rounds_kept = rounds_kept.map(|round| round.parse::<u64>().expect("a number"));
    let kept = rounds_kept
        .nth(usize::try_from(rounds).expect("few"))
        .expect("it writes until it is killed");
    // Not to wait for anything: without it the end always comes between two commits.
    thread::sleep(moment);
    child.kill().expect("killed");
    child.wait().expect("ended");
    // What it said before it died.
    rounds_kept.last().unwrap_or(kept)
}

#[test]
fn a_copy_at_any_moment_is_in_step() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cuebox.db");
    let mut database = Database::open_for_host(&path, OPTIONS).expect("made");
    start(&mut database);
    let done = AtomicBool::new(false);
    let copies = thread::scope(|scope| {
        scope.spawn(|| {
            // Too little for a checkpoint: the file stays as it is, and all is in the log.
            perform_rounds(&mut database, 150);
            done.store(true, Ordering::Release);
        });
        let mut copies = 0;
        while !done.load(Ordering::Acquire) {
            let log = fs::read(beside(&path, "-wal")).expect("read");
            check_copy(&path, &log);
            copies += 1;
        }
        copies
    });
    assert!(copies > 1, "the copies were made while the other wrote");
}

#[test]
fn a_log_cut_anywhere_is_an_earlier_moment() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cuebox.db");
    let mut database = Database::open_for_host(&path, OPTIONS).expect("made");
    start(&mut database);
    perform_rounds(&mut database, 20);
    let log = fs::read(beside(&path, "-wal")).expect("read");
    let whole = check_copy(&path, &log);
    assert_eq!(whole, 20);
    let mut random = Random::new(2);
    let mut seen = Vec::new();
    for _ in 0..60 {
        let length = usize::try_from(random.below(log.len() as u64)).expect("fits");
        seen.push((length, check_copy(&path, &log[..length])));
    }
    seen.sort_unstable();
    assert!(seen.is_sorted_by_key(|&(_, rounds)| rounds), "a longer log is a later moment");
    assert!(
        seen.iter().any(|&(_, rounds)| rounds > 0 && rounds < 20),
        "some cuts fell between rounds: {seen:?}"
    );
}

#[test]
fn a_wrong_bit_in_the_log_is_an_earlier_moment() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cuebox.db");
    let mut database = Database::open_for_host(&path, OPTIONS).expect("made");
    start(&mut database);
    perform_rounds(&mut database, 20);
    let log = fs::read(beside(&path, "-wal")).expect("read");
    let mut random = Random::new(3);
    for _ in 0..60 {
        let mut flipped = log.clone();
        random.flip(&mut flipped);
        check_copy(&path, &flipped);
    }
}

/// Opens the file with this log, as after a crash, and checks what it holds; how many rounds those are.
fn check_copy(path: &Path, log: &[u8]) -> u64 {
    let directory = tempfile::tempdir().expect("a directory");
    let copy = directory.path().join("copy.db");
    fs::copy(path, &copy).expect("copied");
    fs::write(beside(&copy, "-wal"), log).expect("copied");
    let mut database = Database::open_for_host(&copy, OPTIONS).expect("a copy opens");
    start(&mut database);
    check_in_step(&database)
}

#[test]
fn a_wrong_bit_in_the_file_is_refused_or_harmless() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("cuebox.db");
    let mut database = Database::open_for_host(&path, OPTIONS).expect("made");
    start(&mut database);
    perform_rounds(&mut database, 12);
    let expected = model::answers(&database);
    database.close().expect("closed");
    let sound = fs::read(&path).expect("read");

    let flips =
        env::var("CUEBOX_TEST_FLIPS").ok().map_or(300, |flips| flips.parse().expect("a number"));
    let mut random = Random::new(4);
    let mut refused = 0;
    for _ in 0..flips {
        let mut bytes = sound.clone();
        let bit = random.flip(&mut bytes);
        fs::write(&path, &bytes).expect("written");
        let _ = fs::remove_file(beside(&path, "-wal"));
        let Ok(database) = Database::open_for_host(&path, OPTIONS) else {
            refused += 1;
            continue;
        };
        for (expected, found) in expected.iter().zip(model::answers(&database)) {
            let Ok(found) = found else { continue };
            assert_eq!(
                expected.as_ref().ok(),
                Some(&found),
                "bit {bit} of byte {} changed an answer",
                bit / 8
            );
        }
    }
    assert!(refused > 0, "some of {flips} wrong bits must be noticed at once");
}
