//! The faults, each made in the same way for both programs.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use site::CommitOrder;
use site::clock::Clock;
use site::faults::{Fault, Moment, Rule};
use site::model::Now;
use tokio::runtime::Handle;

use super::subject::{Program, Setup, Subject, at_once};
use super::table::Row;
use crate::support::{Daemon, eventually};

/// Makes a fault; answers one row for each way in which the program can be told to take failures.
pub type Scenario = fn(Program, &Handle) -> Vec<Row>;

/// All of them, in the order of the table.
pub static ALL: [Scenario; 8] = [late, missing, absence, kills, poison, emptied, cut_short, gone];

/// How often an id is late, and how many events are newer each time.
const LATE: usize = 3;
const NEWER: usize = 3;

fn late(program: Program, runtime: &Handle) -> Vec<Row> {
    let mut subject = Subject::new(program, runtime, Setup::default());
    subject.start();
    for _ in 0..LATE {
        subject.site().order_commits(&CommitOrder::Hold);
        subject.change();
        subject.site().order_commits(&CommitOrder::Pass);
        subject.changes(NEWER);
        subject.wait_for_all();
        subject.site().order_commits(&CommitOrder::Release);
        subject.wait_for_all();
    }
    vec![subject.conclude("ids that appear after newer ones")]
}

/// How long the daemon waits for a missing id here, instead of 5 minutes. cuebox waits its 5 minutes.
const GAP_WAIT: Duration = Duration::from_secs(4);
const GAP_WAIT_ARGUMENTS: &[&str] = &["--gap-wait", "4"];

/// More than the daemon asks for at once, with the others.
const UNWANTED: usize = 560;

fn missing(program: Program, runtime: &Handle) -> Vec<Row> {
    let setup = Setup { arguments: GAP_WAIT_ARGUMENTS, ..Setup::default() };
    let mut subject = Subject::new(program, runtime, setup);
    subject.start();
    let since = Instant::now();
    subject.site().order_commits(&CommitOrder::Skip(1));
    subject.changes(10);
    (0..UNWANTED).for_each(|number| subject.distract(number));
    subject.changes(10);
    let took = subject.wait_for_newest(since);
    subject.settle();
    let until = match program {
        Program::Daemon if took >= GAP_WAIT => {
            "when the wait for the missing id was over: 5 minutes, here 4 seconds".to_owned()
        }
        _ => at_once(took),
    };
    vec![subject.row("an id that never appears, and more than 500 newer events", took, until)]
}

/// How old what happened during the absence is: longer than the 5 minutes after which the daemon takes nothing to be missing.
const ABSENCE_MS: i64 = 10 * 60 * 1000;

fn absence(program: Program, runtime: &Handle) -> Vec<Row> {
    let mut subject = Subject::new(program, runtime, Setup::default());
    subject.start();
    subject.stop();
    // The site is ten minutes back, so that nobody need wait for that long.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let from = Now(i64::try_from(now).unwrap() - ABSENCE_MS);
    subject.site().set_clock(Clock::Running { from, speed: 1.0 });
    subject.changes(2);
    subject.site().order_commits(&CommitOrder::Hold);
    subject.changes(2);
    subject.site().order_commits(&CommitOrder::Pass);
    subject.changes(3);
    subject.site().set_clock(Clock::Wall);
    subject.start();
    subject.wait_for_all();
    subject.site().order_commits(&CommitOrder::Release);
    vec![subject.conclude("back after 10 minutes, while a transaction of then is still open")]
}

/// How often it is killed, with how many events before that and with each.
const KILLS: u64 = 6;
const EVENTS_BEFORE: usize = 50;
const EVENTS_EACH: usize = 5;

fn kills(program: Program, runtime: &Handle) -> Vec<Row> {
    let mut subject = Subject::new(program, runtime, Setup::default());
    subject.start();
    subject.stop();
    // As far away as a site is: a write is made, and its answer is on the way for a while.
    let far = Rule::new("create", Fault::Slow { millis: 40 }).when(Moment::After);
    subject.site().add_fault(far).unwrap();
    subject.changes(EVENTS_BEFORE);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..KILLS {
        subject.changes(EVENTS_EACH);
        let before = subject.written().len();
        subject.start();
        eventually("some work", || (subject.written().len() > before).then_some(()));
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        std::thread::sleep(Duration::from_millis(random % 150));
        subject.kill();
        keep_state(&subject);
    }
    subject.start();
    vec![subject.conclude("kill -9 six times while it works, one write for each event")]
}

/// A kill can leave the daemon's state file empty, and it does not start again then. Puts the last whole one in its place, as
/// an operator with a copy would, so that what is measured here is the kills alone.
fn keep_state(subject: &Subject) {
    if subject.program == Program::Cuebox {
        return;
    }
    let (state, copy) = (Daemon::state(&subject.studio), subject.studio.path("whole.state"));
    if fs::metadata(&state).unwrap().len() == 0 {
        fs::copy(copy, state).unwrap();
    } else {
        fs::copy(state, copy).unwrap();
    }
}

const BROKEN: Setup = Setup {
    arguments: &[],
    environment: &[("WRITER_FAILS_WHILE", "broken")],
    settings: "fails_while = \"broken\"",
    sections: "[plugin.writer.retry]\nattempts = 3\npause = \"20ms\"",
    finishes: true,
};

fn poison(program: Program, runtime: &Handle) -> Vec<Row> {
    match program {
        Program::Daemon => vec![poison_stops(runtime), poison_counts_as_done(runtime)],
        Program::Cuebox => vec![poison_deactivates(runtime), poison_is_put_aside(runtime)],
    }
}

const POISON: &str = "an event that a plugin fails with after it wrote; the plugin is mended later";

/// One event that fails as `until_failed` says, and three that would not.
fn poisoned(subject: &mut Subject, until_failed: impl Fn(&Subject)) -> Instant {
    subject.start();
    subject.describe("broken");
    subject.change();
    until_failed(subject);
    subject.describe("mended");
    subject.changes(3);
    Instant::now()
}

/// Whether nothing of what followed the poison came by itself.
fn stands_still(subject: &Subject) -> bool {
    subject.settle();
    subject.finished().is_empty()
}

fn poison_stops(runtime: &Handle) -> Row {
    let mut subject = Subject::new(Program::Daemon, runtime, BROKEN);
    let since = poisoned(&mut subject, |subject| subject.daemon().wait_for("is stopped at event"));
    let stood = stands_still(&subject);
    Daemon::put_writer(&subject.studio);
    let took = subject.wait_for_newest(since);
    subject.settle();
    let until =
        if stood { "when the plugin's file was saved again".to_owned() } else { at_once(took) };
    let row = subject.row(POISON, took, until);
    Row { program: "daemon, `stopOnError=True`".to_owned(), ..row }
}

fn poison_counts_as_done(runtime: &Handle) -> Row {
    let environment = &[("WRITER_FAILS_WHILE", "broken"), ("WRITER_STOPS", "no")];
    let mut subject = Subject::new(Program::Daemon, runtime, Setup { environment, ..BROKEN });
    let since = poisoned(&mut subject, |subject| {
        let event = *subject.expected().last().unwrap();
        subject.daemon().wait_for(&format!("event {event} failed"));
    });
    let took = subject.wait_for_newest(since);
    subject.settle();
    let row = subject.row(POISON, took, at_once(took));
    Row { program: "daemon, `stopOnError=False`".to_owned(), ..row }
}

fn poison_deactivates(runtime: &Handle) -> Row {
    let mut subject = Subject::new(Program::Cuebox, runtime, BROKEN);
    let since = poisoned(&mut subject, |subject| {
        subject.studio.wait_for_plugin("writer", |row| row.state == "stopped");
    });
    let stood = stands_still(&subject);
    run(&subject, &["plugins", "enable", "writer"]);
    let took = subject.wait_for_newest(since);
    subject.settle();
    let until = if stood { "when the plugin was enabled again".to_owned() } else { at_once(took) };
    let row = subject.row(POISON, took, until);
    Row { program: "cuebox, `on_error = \"deactivate\"`, the default".to_owned(), ..row }
}

fn poison_is_put_aside(runtime: &Handle) -> Row {
    let sections = "[plugin.writer.callback.write]\non_error = \"dead-letter\"\n\
                    [plugin.writer.retry]\nattempts = 3\npause = \"20ms\"";
    let mut subject = Subject::new(Program::Cuebox, runtime, Setup { sections, ..BROKEN });
    let since = poisoned(&mut subject, |subject| {
        subject.studio.wait_for_plugin("writer", |row| row.dead_letters == 1);
    });
    let took = subject.wait_for_newest(since);
    run(&subject, &["dead-letters", "redrive", "--all"]);
    subject.wait_for_all();
    subject.settle();
    let until = format!("{}; the one put aside when it was redriven", at_once(took));
    let row = subject.row(POISON, took, until);
    Row { program: "cuebox, `on_error = \"dead-letter\"`".to_owned(), ..row }
}

fn run(subject: &Subject, arguments: &[&str]) {
    let output = subject.studio.cuebox(arguments);
    assert!(output.status.success(), "{output:?}");
}

fn emptied(program: Program, runtime: &Handle) -> Vec<Row> {
    damaged(program, runtime, "the state file is emptied; then a copy is put back", |whole| {
        whole.clear();
    })
}

fn cut_short(program: Program, runtime: &Handle) -> Vec<Row> {
    damaged(program, runtime, "the state file is cut short; then a copy is put back", |whole| {
        whole.truncate(whole.len() / 2);
    })
}

/// The state is damaged while nothing runs and events are made; the program is started on it, then on the copy.
fn damaged(
    program: Program,
    runtime: &Handle,
    fault: &'static str,
    damage: fn(&mut Vec<u8>),
) -> Vec<Row> {
    let mut subject = away(program, runtime);
    let state = state(&subject);
    let whole = fs::read(&state).unwrap();
    let mut bytes = whole.clone();
    damage(&mut bytes);
    fs::write(&state, bytes).unwrap();
    let finished = subject.finished();
    let said = start_on_damage(&subject);
    assert_eq!(subject.finished(), finished, "nothing is handled on a damaged state");
    fs::write(&state, whole).unwrap();
    subject.start();
    let took = subject.wait_for_newest(Instant::now());
    subject.settle();
    vec![subject.row(fault, took, format!("when the copy was put back; before that it {said}"))]
}

fn gone(program: Program, runtime: &Handle) -> Vec<Row> {
    let mut subject = away(program, runtime);
    fs::remove_file(state(&subject)).unwrap();
    subject.start();
    vec![subject.conclude("the state file is taken away, to start afresh at the newest event")]
}

/// A program that handled two events and was stopped, and three events since.
fn away(program: Program, runtime: &Handle) -> Subject {
    let mut subject = Subject::new(program, runtime, Setup::default());
    subject.start();
    subject.changes(2);
    subject.wait_for_all();
    subject.settle();
    subject.stop();
    subject.changes(3);
    subject
}

fn state(subject: &Subject) -> PathBuf {
    match subject.program {
        Program::Daemon => Daemon::state(&subject.studio),
        Program::Cuebox => subject.studio.path("cuebox.db"),
    }
}

/// Starts the program on a damaged state; answers what it did.
fn start_on_damage(subject: &Subject) -> &'static str {
    match subject.program {
        Program::Daemon => daemon_on_damage(subject),
        Program::Cuebox => {
            let (status, said) = subject.studio.start_unwatched().wait();
            assert_eq!(status.code(), Some(4), "{said}");
            assert!(said.contains("restore the file from a backup"), "{said}");
            "refused to start, and said what happened and what to do"
        }
    }
}

fn daemon_on_damage(subject: &Subject) -> &'static str {
    let daemon = subject.start_daemon();
    eventually("the daemon to run or to end", || {
        (daemon.is_over() || daemon.log().contains("the daemon runs")).then_some(())
    });
    subject.settle();
    if daemon.is_over() {
        assert!(daemon.log().contains("Traceback"), "{}", daemon.log());
        return "ended with a traceback";
    }
    let complaints = ["WARNING", "ERROR", "CRITICAL", "Traceback"];
    assert!(!complaints.iter().any(|word| daemon.log().contains(word)), "{}", daemon.log());
    "ran, did nothing, and said nothing"
}
