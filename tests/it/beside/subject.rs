//! One of the two programs in a studio of its own, with its plugin `writer`, and what became of the events there.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::json;
use site::Site;
use tokio::runtime::Handle;

use super::table::Row;
use crate::delivery::{notes_by_event, status_changes};
use crate::support::{Daemon, Host, Studio, eventually_every, fixture};

/// How soon "at once" is: what neither the fault nor a wait of the program's own delays, on a machine that is busy.
const AT_ONCE: Duration = Duration::from_secs(20);

/// How often the site is asked, after the last sign of an event, until no more of them are expected; if all were handled, and
/// if some were not. Both programs ask ten times a second or more, and cuebox for a missing id every second.
const QUESTIONS: u64 = 10;
const QUESTIONS_FOR_LOST: u64 = 30;

/// After how long without a question a program is taken not to ask at all.
const SILENCE: Duration = Duration::from_secs(3);

/// How long between two looks at what there is on the site, which take as long as a program's own questions.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    Daemon,
    Cuebox,
}

/// What differs from the plainest case.
#[derive(Debug, Clone, Copy, Default)]
pub struct Setup {
    /// For the daemon's command line.
    pub arguments: &'static [&'static str],
    /// For the daemon's plugin.
    pub environment: &'static [(&'static str, &'static str)],
    /// Lines of the settings of cuebox's plugin.
    pub settings: &'static str,
    /// Sections of cuebox's configuration.
    pub sections: &'static str,
    /// Whether the plugins write a second Note when they are done.
    pub finishes: bool,
}

pub struct Subject {
    pub studio: Studio,
    pub program: Program,
    setup: Setup,
    running: Option<Running>,
    /// The newest event before all that count.
    before: u64,
    task: u64,
    changes: Cell<usize>,
}

enum Running {
    Daemon(Daemon),
    Cuebox(Host),
}

impl Subject {
    /// A studio with the plugin in place, and nothing that runs.
    pub fn new(program: Program, runtime: &Handle, setup: Setup) -> Self {
        let studio = runtime.block_on(Studio::new());
        match program {
            Program::Daemon => Daemon::put_writer(&studio),
            Program::Cuebox => {
                let finishes = if setup.finishes { "finishes = \"true\"" } else { "" };
                let settings =
                    format!("attribute = \"sg_status_list\"\n{finishes}\n{}", setup.settings);
                studio.install("writer", &fixture("writer"), &settings);
                studio.configure(setup.sections);
            }
        }
        let task = studio.create("Task", json!({"content": "watched"}));
        let before = studio.newest_event();
        Self { studio, program, setup, running: None, before, task, changes: Cell::new(0) }
    }

    pub fn site(&self) -> &Site {
        &self.studio.site
    }

    /// Starts the program, and waits until it takes events.
    #[track_caller]
    pub fn start(&mut self) {
        match self.program {
            Program::Daemon => {
                let daemon = self.start_daemon();
                daemon.wait_for("the daemon runs");
                self.running = Some(Running::Daemon(daemon));
            }
            Program::Cuebox => {
                let host = self.studio.start();
                host.wait_until_live("writer");
                self.running = Some(Running::Cuebox(host));
            }
        }
    }

    /// Starts a daemon that may end at once.
    pub fn start_daemon(&self) -> Daemon {
        let finishes: &[(&str, &str)] =
            if self.setup.finishes { &[("WRITER_FINISHES", "true")] } else { &[] };
        let arguments = [&["--fetch-interval", "0.05"], self.setup.arguments].concat();
        let environment = [finishes, self.setup.environment].concat();
        Daemon::start(&self.studio, &arguments, &environment)
    }

    /// The daemon that was started last.
    #[track_caller]
    pub fn daemon(&self) -> &Daemon {
        match &self.running {
            Some(Running::Daemon(daemon)) => daemon,
            _ => panic!("no daemon runs"),
        }
    }

    /// Ends the program at once.
    pub fn kill(&mut self) {
        match self.running.take() {
            Some(Running::Daemon(daemon)) => drop(daemon),
            Some(Running::Cuebox(host)) => host.kill(),
            None => {}
        }
    }

    /// Ends the program when it has nothing to do. The daemon has saved everything then.
    pub fn stop(&mut self) {
        match self.running.take() {
            Some(Running::Daemon(daemon)) => drop(daemon),
            Some(Running::Cuebox(host)) => assert!(host.stop().success()),
            None => {}
        }
    }

    /// Makes one event that counts.
    pub fn change(&self) {
        const STATUSES: [&str; 4] = ["rdy", "ip", "fin", "wtg"];
        let number = self.changes.replace(self.changes.get() + 1);
        let status = STATUSES[number % STATUSES.len()];
        self.studio.update("Task", self.task, json!({"sg_status_list": status}));
    }

    /// Makes as many events that count.
    pub fn changes(&self, count: usize) {
        (0..count).for_each(|_| self.change());
    }

    /// Makes an event that nobody wants.
    pub fn distract(&self, number: usize) {
        self.studio.update("Task", self.task, json!({"content": format!("name {number}")}));
    }

    /// Decides whether the plugins fail.
    pub fn describe(&self, text: &str) {
        let project = self.studio.production.project;
        self.studio.update("Project", project, json!({"sg_description": text}));
    }

    /// The events that count and that the site shows.
    pub fn expected(&self) -> BTreeSet<u64> {
        status_changes(&self.studio, self.before).into_iter().collect()
    }

    /// How many first writes there are for each event.
    pub fn written(&self) -> BTreeMap<u64, usize> {
        notes_by_event(&self.studio)
    }

    /// The events that were handled to the end.
    pub fn finished(&self) -> BTreeSet<u64> {
        if !self.setup.finishes {
            return self.written().into_keys().collect();
        }
        let condition = ("content", "is", json!("finished with the event"));
        let notes = self.studio.find("Note", condition, &["subject"]);
        notes.iter().map(|note| note["subject"].as_str().unwrap().parse().unwrap()).collect()
    }

    /// Waits until all that the site shows is handled.
    #[track_caller]
    pub fn wait_for_all(&self) {
        let expected = self.expected();
        eventually_every(LOOK, "all events, handled", || {
            expected.is_subset(&self.finished()).then_some(())
        });
    }

    /// How often the site was asked for rows.
    pub fn questions(&self) -> u64 {
        self.site().counters().get("read").copied().unwrap_or(0)
    }

    /// Waits until nothing more is to be expected: all is handled and nothing is repeated any more, or the program has asked
    /// often enough without bringing what is missing, or it does not ask.
    pub fn settle(&self) {
        let (mut notes, mut questions) = (0, 0);
        let (mut asked, mut asked_at) = (0, Instant::now());
        let expected = self.expected();
        eventually_every(LOOK, "a program with nothing left to do", || {
            let all = expected.is_subset(&self.finished());
            let now: usize = self.written().into_values().sum();
            if asked != self.questions() {
                (asked, asked_at) = (self.questions(), Instant::now());
            }
            if now != notes {
                (notes, questions) = (now, asked);
            }
            let enough = if all { QUESTIONS } else { QUESTIONS_FOR_LOST };
            (asked >= questions + enough || asked_at.elapsed() > SILENCE).then_some(())
        });
    }

    /// Waits until the newest event is handled; answers how long that took from `since`.
    #[track_caller]
    pub fn wait_for_newest(&self, since: Instant) -> Duration {
        let newest = *self.expected().last().unwrap();
        eventually_every(LOOK, "the newest event, handled", || {
            self.finished().contains(&newest).then_some(())
        });
        since.elapsed()
    }

    /// Makes one more event, waits for it and for what else may come, and says what became of all. The program must not be
    /// waiting for anything.
    #[track_caller]
    pub fn conclude(&self, fault: &'static str) -> Row {
        self.change();
        let took = self.wait_for_newest(Instant::now());
        self.settle();
        self.row(fault, took, at_once(took))
    }

    /// What became of the events.
    pub fn row(&self, fault: &'static str, took: Duration, until: impl Into<String>) -> Row {
        let (expected, written, finished) = (self.expected(), self.written(), self.finished());
        assert!(written.keys().all(|event| expected.contains(event)), "{written:?}");
        let again = written.values().filter(|count| **count > 1).count();
        let lost = expected.difference(&finished).count();
        let once = finished.iter().filter(|event| written[event] == 1).count();
        let program = match self.program {
            Program::Daemon => "daemon",
            Program::Cuebox => "cuebox",
        };
        let (expected, program, until) = (expected.len(), program.to_owned(), until.into());
        Row { fault, program, expected, once, again, lost, until, took }
    }
}

/// What the table says of an event that nothing delayed.
pub fn at_once(took: Duration) -> String {
    if took < AT_ONCE { "at once".to_owned() } else { format!("after {took:?}") }
}
