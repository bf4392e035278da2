//! Plugin files that were written for the Python daemon, in the sandbox: unmodified, and with the same effect.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Daemon, Host, Studio, message, python_runtime};

/// How long the plugins may take for one step.
const PATIENCE: Duration = Duration::from_secs(30);

/// The files of `tests/python/studio_plugins`, in the order in which the daemon calls them.
const FILES: [&str; 6] = ["deliver", "fragile", "roll_up", "shared", "zones", "zz_done"];

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/python/studio_plugins")
        .join(format!("{name}.py"))
}

/// A studio that knows where the Python runtime is.
async fn studio() -> Studio {
    let runtime = python_runtime();
    let studio = Studio::new().await;
    studio.configure_log("format = \"json\"\nlevel = \"info,plugin=debug\"");
    studio.share_compiled_code().configure_plugins(&format!("python_runtime = {runtime:?}"));
    studio
}

/// One of the two programs that run the files.
enum Program {
    Cuebox(Host),
    Daemon(Daemon),
}

impl Program {
    async fn cuebox(studio: &Studio) -> Self {
        let mut before = Vec::new();
        for name in FILES {
            // One after the other, as the daemon calls them.
            studio.configure(&format!(
                "[plugin.{name}]\ngrant.shotgun = \"write\"\nafter = {before:?}\n[plugin.{name}.settings]\n\
                 SG_SERVER = \"{}\"\nSG_NAME = \"cuebox\"\nSG_KEY = \"no key at all\"\n",
                studio.site.url()
            ));
            fs::copy(source(name), studio.path(&format!("plugins/{name}.py"))).unwrap();
            before = vec![name];
        }
        let host = studio.start();
        FILES.iter().for_each(|name| host.wait_until_live(name));
        Self::Cuebox(host)
    }

    async fn daemon(studio: &Studio) -> Self {
        FILES.iter().for_each(|name| Daemon::put(studio, &source(name)));
        let server = [("SG_SERVER", &*studio.site.url()), ("TZ", "UTC")];
        let daemon = Daemon::start(studio, &["--fetch-interval", "0.05"], &server);
        daemon.wait_for("the daemon runs");
        Self::Daemon(daemon)
    }

    fn log(&self) -> String {
        match self {
            Self::Cuebox(host) => host.log(),
            Self::Daemon(daemon) => daemon.log(),
        }
    }

    /// Waits until nothing is left to do: the last plugin has seen the newest event, and no other has come since.
    #[track_caller]
    fn settle(&self, studio: &Studio) {
        let started = Instant::now();
        loop {
            let (newest, log) = (studio.newest_event(), self.log());
            if log.contains(&format!("all are done with {newest}"))
                && studio.newest_event() == newest
            {
                return;
            }
            // A plugin that was stopped is waited for in vain.
            let is_over = log.contains("is stopped") || started.elapsed() > PATIENCE;
            assert!(!is_over, "the plugins are not done with event {newest}:\n{log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// What people do, step by step. The plugins are let finish after each.
#[track_caller]
fn work(studio: &Studio, program: &Program) {
    let done = || program.settle(studio);
    let link = |kind: &str, id: u64| json!({"type": kind, "id": id});
    let sequence = studio.create("Sequence", json!({"code": "sq 010 \u{1f3ac}"}));
    done();
    let shot =
        studio.create("Shot", json!({"code": "sh0100", "sg_sequence": link("Sequence", sequence)}));
    done();
    let task = |content: &str| {
        let task = studio.create("Task", json!({"content": content, "entity": link("Shot", shot)}));
        done();
        task
    };
    let tasks = [task("Animation"), task("Light"), task("Comp")];
    for (task, status) in [(0, "ip"), (1, "rdy"), (0, "fin"), (1, "omt"), (2, "ip")] {
        studio.update("Task", tasks[task], json!({"sg_status_list": status}));
        done();
    }
    for number in 1..=3 {
        let version = studio.create(
            "Version",
            json!({"code": format!("v{number:03}"), "sg_task": link("Task", tasks[2]), "entity": link("Shot", shot),
                "sg_first_frame": 1001, "sg_last_frame": 1100 + number}),
        );
        done();
        if number > 1 {
            studio.update("Version", version, json!({"sg_status_list": "apr"}));
            done();
        }
    }
    for moment in ["2026-03-08T09:30:00Z", "2026-11-01T05:00:00Z", "2026-01-01T07:59:59Z"] {
        studio.update("Shot", shot, json!({"sg_client_approved_at": moment}));
        done();
    }
}

/// Every change on the site since `before`, without what no two runs have in common: the time, and the numbers of events and of
/// Notes, which depend on which of several plugins was the first to write.
fn changes(studio: &Studio, before: u64) -> Vec<String> {
    let fields = ["event_type", "attribute_name", "entity", "meta", "user"];
    let mut rows = studio.find("EventLogEntry", ("id", "greater_than", json!(before)), &fields);
    let mut changes: Vec<String> = rows
        .iter_mut()
        .map(|row| {
            forget_numbers(row);
            ["event_type", "attribute_name", "entity", "meta", "user"]
                .map(|field| row[field].to_string())
                .join(" ")
        })
        .collect();
    changes.sort();
    changes
}

fn forget_numbers(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(forget_numbers),
        Value::Object(object) => {
            object.remove("uuid");
            object.remove("retirement_date");
            if object.get("attribute_name").is_some_and(|name| name == "retirement_date") {
                object.remove("new_value");
            }
            object.remove("original_event_log_entry_id");
            if object.get("type").is_some_and(|kind| kind == "Note") {
                object.remove("id");
            }
            if object.get("entity_type").is_some_and(|kind| kind == "Note") {
                object.remove("entity_id");
            }
            if object.get("type").is_some_and(|kind| kind == "EventLogEntry") {
                object.remove("id");
            }
            object.values_mut().for_each(forget_numbers);
        }
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_files_write_the_same_as_under_the_daemon() {
    let mut written = Vec::new();
    for is_cuebox in [true, false] {
        let studio = studio().await;
        let before = studio.newest_event();
        let program =
            if is_cuebox { Program::cuebox(&studio).await } else { Program::daemon(&studio).await };
        work(&studio, &program);
        written.push(changes(&studio, before));
        let log = program.log();
        let says = |part: &str| assert!(log.contains(part), "`{part}` is not in the log:\n{log}");
        says("fails after it wrote");
        says("fragile.py");
        says("refused: ");
        assert!(!log.contains("AssertionError"), "{log}");
    }
    let [sandboxed, daemon] = &written[..] else { unreachable!() };
    // More than was asked for by hand, or the plugins did nothing.
    assert!(daemon.len() > 60, "{daemon:#?}");
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|change| !those.contains(change)).cloned().collect()
    };
    let (own, missing) = (only(sandboxed, daemon), only(daemon, sandboxed));
    assert!(own.is_empty() && missing.is_empty(), "too much: {own:#?}\ntoo little: {missing:#?}");
    assert_eq!(sandboxed, daemon);
}

/// A plugin whose first version fails at its event, in a function of its own.
const FAILS: &str = "\
import math
import random

NUMBERS = []

def registerCallbacks(reg):
    reg.registerCallback(None, None, tell, {'Shotgun_Task_New': None})

def tell(sg, logger, event, args):
    root(event['id'])
    NUMBERS.append(random.random())
    logger.warning('fine at %d, called %d times', event['id'], len(NUMBERS))

def root(secret):
    return math.sqrt(-secret)
";

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_fails_shows_its_lines_and_goes_on_when_it_is_saved() {
    let studio = studio().await;
    let path = studio.path("plugins/script.py");
    let host = studio.start();
    // What is no Python at all changes nothing, and says where.
    fs::write(&path, "def registerCallbacks(reg)\n    pass\n").unwrap();
    host.wait_for("the refusal", |line| {
        let message = message(line);
        message.contains("is refused") && message.contains("\"script.py\", line 1")
    });
    fs::write(&path, FAILS).unwrap();
    host.wait_until_live("script");
    let before = studio.newest_event();
    studio.create("Task", json!({"content": "x"}));
    let stopped = studio.wait_for_plugin("script", |row| row.state == "stopped");
    let error = stopped.last_error.unwrap();
    for line in [
        "File \"script.py\", line 10, in tell\n    root(event['id'])\n",
        "File \"script.py\", line 15, in root\n    return math.sqrt(-secret)",
        "ValueError: ",
    ] {
        assert!(error.contains(line), "`{line}` is not in:\n{error}");
    }
    assert!(!error.contains("cuebox_script"), "the way to the plugin is left out:\n{error}");
    // Mended, it takes the event that it failed at, and those after it, with one module for all of them.
    fs::write(&path, FAILS.replace("-secret", "secret")).unwrap();
    let second = studio.newest_event() + 1;
    studio.create("Task", json!({"content": "y"}));
    for (event, times) in [(before + 1, 1), (second, 2)] {
        let wanted = format!("fine at {event}, called {times} times");
        host.wait_for(&wanted, |line| message(line) == wanted);
    }
    let row = studio.wait_for_plugin("script", |row| row.state == "running" && row.lag == 0);
    assert_eq!(row.failed, 1);
    assert!(host.stop().success());
}
