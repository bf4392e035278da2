//! The same plugin in every language, asked for the same things, gives the same answers.
//!
//! The plugin has a callback that does what the new description of a Task names, and logs one line of what came of it:
//! `tests/fixtures/conformance` in Rust, `tests/conformance` in the others; in JavaScript on
//! both engines, and as a plain file.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::languages::{self, Sources, workspace};
use crate::support::planted::{self, Fault};
use crate::support::{Host, Studio, Web, eventually, fixture, javascript_runtime, message};

/// The languages, each two tests: its name, what makes its plugin, what the failure of a plugin shows of the way to it, and a fault of
/// its SDK with the scenario that is not answered right because of it.
macro_rules! languages {
    ($($language:ident => $make:expr, $place:literal, $fault:expr, $scenario:literal;)*) => {
        $(
            mod $language {
                use super::*;

                #[tokio::test(flavor = "multi_thread")]
                async fn conforms() {
                    conform($make(&workspace()), $place).await;
                }

                #[tokio::test(flavor = "multi_thread")]
                async fn with_a_fault_in_its_sdk_is_told() {
                    let root = plant(stringify!($language), &$fault);
                    turns_red($make(&root), $scenario).await;
                }
            }
        )*
    };
}

languages! {
    rust => super::rust, "it broke", LOST_FILTER, "find";
    python => super::python, "in explode\n    raise RuntimeError(\"it broke\")", LOST_FIELD, "write";
    javascript => super::javascript, "at explode (", HOUR_LATE, "dates";
    go => super::go, "main.explode(", BROKEN_TEXT, "write";
}

/// On the engine that is not the default. Its SDK is that of the row `javascript`.
mod starlingmonkey {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn conforms() {
        conform(on_starlingmonkey(), "at explode (").await;
    }
}

/// As a plain file, which is not made into a component. Its SDK is the same.
mod javascript_file {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn conforms() {
        let root = workspace();
        let file = languages::javascript_file(sources(&root, "tests/conformance/javascript"));
        conform(file, "at explode (conformance.js:").await;
    }
}

const LOST_FILTER: Fault = Fault {
    file: "plugin-sdk/rust/src/shotgun/query.rs",
    text: "query.filters.push(filter.into_json()?);",
    instead: "filter.into_json()?;",
};

const LOST_FIELD: Fault = Fault {
    file: "plugin-sdk/python/cuebox/shotgun.py",
    text: "ask(wire.update, entity_type, _number(entity_id), dumps(data), modes)",
    instead: "ask(wire.update, entity_type, _number(entity_id), dumps(dict([*data.items()][:1])), modes)",
};

const HOUR_LATE: Fault = Fault {
    file: "plugin-sdk/js/src/values.ts",
    text: "new Date(value)",
    instead: "new Date(Date.parse(value) + 3_600_000)",
};

/// Each byte of a text's UTF-8 is a character.
const BROKEN_TEXT: Fault = Fault {
    file: "plugin-sdk/go/values.go",
    text: "\treturn text.String(), nil\n",
    instead: "\tvar broken []rune\n\tfor _, one := range text.Bytes() {\n\t\tbroken = append(broken, rune(one))\n\t}\n\treturn string(broken), nil\n",
};

pub fn rust(root: &Path) -> PathBuf {
    if root == workspace() { fixture("conformance") } else { planted::rust(root) }
}

pub fn python(root: &Path) -> PathBuf {
    languages::python(sources(root, "tests/conformance/python"), &[])
}

pub fn javascript(root: &Path) -> PathBuf {
    languages::javascript(sources(root, "tests/conformance/javascript"))
}

/// The plugin in TypeScript, on the engine that is not the default.
pub fn on_starlingmonkey() -> PathBuf {
    let (root, package) = (workspace(), "tests/conformance/starlingmonkey");
    languages::starlingmonkey(sources(&root, "tests/conformance/javascript"), package)
}

pub fn go(root: &Path) -> PathBuf {
    languages::go(sources(root, "tests/conformance/go"))
}

fn sources<'a>(root: &'a Path, folder: &'a str) -> Sources<'a> {
    let name = if root == workspace() { "conformance" } else { "conformance-planted" };
    Sources { name, root, folder, world: "plugin-http" }
}

/// A copy of what the plugin of a language is made of, with a fault in it.
fn plant(language: &str, fault: &Fault) -> PathBuf {
    let sdk = fault.file.split('/').take(2).collect::<Vec<_>>().join("/");
    let folders = ["wit", &sdk, "tests/conformance", "tests/fixtures/conformance"];
    planted::plant(language, &folders, fault)
}

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many events the callback with filters is handed.
const FILTERED: usize = 3;

/// What is asked for, and the line that answers. What depends on the site is put in place of `{...}`.
const ANSWERS: [(&str, &str); 17] = [
    (
        "event",
        "{event} Shotgun_Task_Change sg_description Task/{task} conformance Project/{project} ApiUser/{script} {created} text false \
         false 1 attribute_change",
    ),
    ("find", "conf_3/conf_seq conf_2/conf_seq 1 true"),
    ("write", "made \u{e9} 1 1001"),
    ("trash", "true false true false"),
    ("batch", "Shot Note true"),
    ("summarize", "3"),
    ("files", "104 101 108 108 111 32 255"),
    ("call", "0"),
    ("dates", "1769853600000"),
    ("keys", "true v\u{e4}lue 1 3 a/counter true 2"),
    ("kept", "4"),
    ("levels", "6"),
    ("fault", "103 API update() Shot.sg_nope doesn't exist."),
    ("invalid", "invalid"),
    // What is moved is an answer, and not followed.
    ("http", "200 yes true true 503 false 307 true"),
    ("http-refused", "denied unreachable invalid"),
    // Tens of megabytes that the host hands over: a guest that collects its garbage while it takes them stays whole.
    ("churn", "300"),
];

/// A studio in which the plugin runs, and what the plugin is asked about.
pub struct Asked {
    pub studio: Studio,
    pub host: Host,
    web: Web,
    task: u64,
    shots: [u64; 3],
}

/// The first scenario that is not answered right.
#[derive(Debug)]
struct Red {
    scenario: &'static str,
    said: String,
}

async fn conform(guest: PathBuf, place: &str) {
    let asked = Asked::new(guest, "").await;
    asked.registered();
    if let Err(Red { scenario, said }) = asked.answers() {
        panic!("{scenario}: {said}\n{}", asked.host.log());
    }
    asked.leaves_its_traces();
    asked.outcomes(place);
    asked.filters();
    asked.gathers();
    assert!(asked.host.stop().success());
}

/// With a fault in its SDK, the plugin gives a wrong answer to this scenario, and to none before it.
async fn turns_red(guest: PathBuf, scenario: &str) {
    let asked = Asked::new(guest, "").await;
    asked.registered();
    let red = asked.answers().expect_err("the fault changes an answer");
    assert_eq!(red.scenario, scenario, "{red:?}");
}

impl Asked {
    /// `more` are lines of what the operator says of the plugin.
    pub async fn new(guest: PathBuf, more: &str) -> Self {
        let studio = Studio::new().await;
        let sequence = studio.create("Sequence", json!({"code": "conf_seq"}));
        let shots = [1, 2, 3].map(|number| {
            studio.create(
                "Shot",
                json!({"code": format!("conf_{number}"), "sg_sequence": {"type": "Sequence", "id": sequence},
                    "sg_client_approved_at": "2026-01-31T10:00:00Z"}),
            )
        });
        let task =
            studio.create("Task", json!({"content": "conformance", "sg_description": "old"}));
        studio.configure_log("format = \"json\"\nlevel = \"info,cuebox=debug,plugin=trace\"");
        studio.share_compiled_code();
        let (web, gone) = (Web::start(), nobody());
        let [echo, to, status] = ["/echo", "/to", "/status"].map(|path| web.url(path));
        studio.configure(&format!(
            "[plugin.conformance]\n{more}\ngrant.shotgun = \"write\"\n\
             grant.http = [\"POST {echo}\", \"GET {to}\", \"GET {status}\", \"GET {gone}\"]\n\
             [plugin.conformance.settings]\nmarker = \"m1\"\nlist = \"a, b,,c \"\nweb = {:?}\ngone = {gone:?}",
            web.url("")
        ));
        if guest.extension().is_some_and(|ending| ending == "js") {
            let runtime = javascript_runtime();
            studio.configure_plugins(&format!("javascript_runtime = {runtime:?}"));
        }
        studio.put("conformance", &guest);
        let host = studio.start();
        host.wait_until_live("conformance");
        Self { studio, host, web, task, shots }
    }

    /// Waits for a line that the plugin logged.
    #[track_caller]
    fn says(&self, line: &str) {
        let started = Instant::now();
        while self.host.find_line(|logged| is_said(logged, line)).is_none() {
            let is_over =
                self.host.find_line(|logged| logged["level"] == "error").is_some_and(|_| {
                    self.host.find_line(|logged| message(logged).contains("is stopped")).is_some()
                });
            assert!(
                !is_over && started.elapsed() < PATIENCE,
                "the plugin does not say `{line}`:\n{}",
                self.host.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn registered(&self) {
        self.says("register: m1 a/b/c setting `nope` is required and missing");
        self.says("register: date_time true");
    }

    /// Has something done.
    pub fn tell(&self, scenario: &str) {
        self.studio.update("Task", self.task, json!({"sg_description": scenario}));
    }

    /// Has everything done, until an answer is not what it must be.
    fn answers(&self) -> Result<(), Red> {
        ANSWERS.into_iter().try_for_each(|(scenario, answer)| {
            self.ask(scenario, answer).map_err(|said| Red { scenario, said })
        })
    }

    /// Has something done; an error is what was said, or how it ended, instead of the answer.
    fn ask(&self, scenario: &str, answer: &str) -> Result<(), String> {
        self.tell(scenario);
        let answer = answer
            .replace("{event}", &self.studio.newest_event().to_string())
            .replace("{task}", &self.task.to_string())
            .replace("{project}", &self.studio.production.project.to_string())
            .replace("{script}", &self.studio.production.scripts[0].id.to_string());
        let event = self.studio.newest_event();
        let answer = if answer.contains("{created}") {
            answer.replace("{created}", &self.created_at(event).to_string())
        } else {
            answer
        };
        let begin = format!("{scenario}: ");
        let is_answer =
            |line: &Value| line["source"] == "plugin" && message(line).starts_with(&begin);
        let is_failure = |line: &Value| {
            line["event.id"] == event && line["outcome"].as_str().is_some_and(|how| how != "done")
        };
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(line) = self.host.find_line(|line| is_answer(line) || is_failure(line)) {
                let said = message(&line).trim_end();
                let is_right = said.strip_prefix(&begin) == Some(&answer);
                return if is_right { Ok(()) } else { Err(said.to_owned()) };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(format!("nothing within {PATIENCE:?}"))
    }

    /// When an event was made: milliseconds since 1970.
    fn created_at(&self, event: u64) -> i64 {
        let database = self.studio.open_database();
        let entry = eventually("the event in the journal", || {
            database.entry_by_id(eventlog::EventId(event)).unwrap()
        });
        let row: Value = serde_json::from_str(&entry.json).unwrap();
        let text = row["created_at"].as_str().unwrap();
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    /// What was done is there, on the site and in the log.
    fn leaves_its_traces(&self) {
        let shot = |number: usize, field: &str| {
            let condition = ("id", "is", json!(self.shots[number]));
            self.studio.find("Shot", condition, &[field])[0][field].clone()
        };
        assert_eq!(shot(0, "sg_client_approved_at"), "2026-01-31T11:00:00Z");
        assert_eq!(shot(1, "sg_cut_in"), 7);
        let subjects = self.studio.find("Note", ("subject", "is", json!("old")), &["subject"]);
        assert!(subjects.is_empty(), "the batch deleted it");
        let requests = self.web.requests();
        let mut paths: Vec<&str> =
            requests.iter().filter_map(|sent| sent.split(' ').nth(1)).collect();
        paths.sort_unstable();
        assert_eq!(paths[..3], ["/echo", "/echo", "/status/503"]);
        assert!(paths.len() == 4 && paths[3].starts_with("/to/"), "{paths:?}");
        for (level, shown) in [
            ("trace", "trace"),
            ("debug", "debug"),
            ("info", "info"),
            ("warn", "warn"),
            ("error", "error"),
            ("critical", "error"),
        ] {
            let line = format!("level {level}");
            let line =
                self.host.find_line(|logged| is_said(logged, &line)).expect("it was asked for");
            assert_eq!(line["level"], shown, "{line}");
        }
    }

    /// The ways in which a call ends.
    fn outcomes(&self, place: &str) {
        let ends = |scenario: &str, outcome: &str, says: &str| {
            self.tell(scenario);
            let event = self.studio.newest_event();
            let line = self.host.wait_for(&format!("{scenario} to end"), |line| {
                line["event.id"] == event && line["outcome"] == outcome
            });
            assert!(message(&line).contains(says), "`{says}` is not in {line}");
        };
        ends("skip", "skipped", "nothing to do here");
        ends("reject", "rejected", "never again");
        ends("fail", "failed", place);
        ends("fail", "failed", "it broke");
        ends("retry", "retry-after", "");
        self.says("retry: 2");
    }

    /// Each callback is handed what it asked for.
    fn filters(&self) {
        assert_eq!(self.filtered(), 0, "descriptions are not for it");
        let other = self.studio.create("Task", json!({"content": "other"}));
        self.says("filtered: Shotgun_Task_New");
        self.studio.update("Task", other, json!({"sg_status_list": "ip"}));
        self.studio.update("Task", other, json!({"content": "renamed"}));
        self.says("filtered: Shotgun_Task_Change");
        // The new Task, the name that it was given with that, and the name that it got.
        eventually("all three", || (self.filtered() == FILTERED).then_some(()));
    }

    fn filtered(&self) -> usize {
        self.host.count_lines(|line| message(line).starts_with("filtered: "))
    }

    /// Events of one entity come together.
    fn gathers(&self) {
        for text in ["one", "two", "three"] {
            self.studio.update("Shot", self.shots[2], json!({"description": text}));
        }
        self.says("gathered: one two three");
        assert_eq!(self.filtered(), FILTERED, "a status is not for it");
    }
}

/// An address at which nobody answers.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

/// Whether the plugin logged this line, in whatever way.
fn is_said(logged: &Value, line: &str) -> bool {
    logged["source"] == "plugin" && message(logged).trim_end() == line
}
