//! Deliveries are recorded, carried away, and run again: without the site, without a configuration, to the byte.

mod languages;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use site::faults::{Fault, Rule};
use tempfile::TempDir;

use crate::support::{Studio, Web, eventually, fixture, javascript_runtime, python_runtime};

const CANARY: &str = "canary-5b1d";

/// What `senses` begins its notes with, and what another version of it does.
const EDITION: [&str; 2] = ["edition-one", "edition-two"];

/// Runs the program in a folder where there is no configuration.
fn replay(folder: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_cuebox");
    Command::new(program).arg("replay").args(arguments).current_dir(folder).output().unwrap()
}

/// The same, with what it printed, which was asked for as JSON.
fn replayed(folder: &Path, arguments: &[&str]) -> (i32, Vec<Value>) {
    let output = replay(folder, &[arguments, &["--json"]].concat());
    let printed = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()))
    });
    (output.status.code().unwrap(), printed)
}

/// The recordings of a plugin, in the order in which they were made.
fn recordings(folder: &Path, plugin: &str) -> Vec<PathBuf> {
    let versions = fs::read_dir(folder.join(plugin)).into_iter().flatten().flatten();
    let files = versions.filter_map(|version| fs::read_dir(version.path()).ok());
    let paths = files.flatten().flatten().map(|file| file.path());
    let mut found: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect();
    found.sort();
    found
}

fn wait_for_recordings(folder: &Path, plugin: &str, count: usize) -> Vec<PathBuf> {
    eventually("recordings", || {
        Some(recordings(folder, plugin)).filter(|found| found.len() >= count)
    })
}

/// Carries a folder away from where it was made.
fn carried_away(folder: &Path) -> TempDir {
    let away = tempfile::tempdir().unwrap();
    fs::rename(folder, away.path().join("carried")).unwrap();
    away
}

/// Puts `senses` into a studio, with all that it does recorded.
fn sense(studio: &Studio, web: &Web, more: &str) {
    studio.configure(&format!(
        "[plugin.senses]\non_error = \"continue\"\nrecord.deliveries = \"all\"\ngrant.shotgun = \"write\"\n\
         grant.http = [{{ allow = \"POST {}\", header = {{ authorization = \"Bearer {{hook}}\" }} }}]\n{more}\n\
         [plugin.senses.secrets]\nhook = \"{CANARY}\"\n\
         [plugin.senses.settings]\nurl = \"{}\"",
        web.url("/"),
        web.url("/echo/x"),
    ));
    studio.put("senses", &fixture("senses"));
}

/// How many deliveries are recorded: of a new status, and of three others.
const DELIVERIES: usize = 4;

/// Recorded deliveries of `senses`, in a folder that was carried away. The site is gone.
async fn deliveries() -> TempDir {
    let (studio, web) = (Studio::new().await, Web::start());
    sense(&studio, &web, "");
    let host = studio.start();
    host.wait_until_live("senses");
    let task = studio.create("Task", json!({"content": "x"}));
    for status in ["ip", "fin", "wtg"] {
        studio.update("Task", task, json!({"sg_status_list": status}));
    }
    let folder = studio.path("recordings");
    let found = wait_for_recordings(&folder, "senses", DELIVERIES);
    assert!(host.stop().success());
    let requests = web.requests();
    assert!(requests.iter().all(|sent| sent.contains(CANARY)), "{requests:?}");
    let key = studio.production.key("cuebox").unwrap();
    for path in &found {
        let text = fs::read_to_string(path).unwrap();
        assert!(!text.contains(CANARY) && !text.contains(key), "{text}");
        assert!(text.contains("x-sense"), "the guest's own header is there: {text}");
        assert_private(path);
    }
    carried_away(&folder)
}

#[cfg(unix)]
fn assert_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{}", path.display());
}

#[cfg(not(unix))]
fn assert_private(_path: &Path) {}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_run_anywhere_and_is_the_same_to_the_byte() {
    let away = deliveries().await;
    let (code, lines) = replayed(away.path(), &["carried"]);
    assert_eq!((code, lines.len()), (0, DELIVERIES), "{lines:#?}");
    for line in &lines {
        assert_eq!(line["result"], "identical", "{line:#}");
        assert_eq!(line["outcome"], "skipped");
        // Two keys, a Note, the Task and the request to the other host.
        assert_eq!(line["comparison"]["effects"], 5, "{line:#}");
        assert_eq!(line["comparison"]["first_call"], Value::Null, "{line:#}");
        let fuel = &line["comparison"]["fuel"];
        assert_eq!(fuel["recorded"], fuel["now"], "{line:#}");
    }
    let output = replay(away.path(), &["carried"]);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        printed.matches("  identical: 5 effects, 3 lines of log").count(),
        DELIVERIES,
        "{printed}"
    );
    assert_eq!(printed.matches("  same     same     same").count(), DELIVERIES, "{printed}");
}

/// Changes a recording in one way; what a replay of it makes of that.
fn replay_changed(away: &Path, change: impl FnOnce(&mut Value)) -> Value {
    let path = recordings(&away.join("carried"), "senses").remove(0);
    let mut recording: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut recording["transcript"]["handle"]);
    let changed = path.with_file_name("changed.json");
    fs::write(&changed, recording.to_string()).unwrap();
    let (code, mut lines) = replayed(away, &[changed.to_str().unwrap()]);
    let line = lines.remove(0);
    assert_eq!(code, i32::from(line["result"] != "identical"));
    line
}

/// Each thing that a guest can learn is needed: without it, or with it in another order, the replay is not the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_the_same_only_with_all_that_was_recorded() {
    let away = deliveries().await;
    let same = replay_changed(away.path(), |_| {});
    assert_eq!(same["result"], "identical", "{same:#}");
    for learnt in ["wall_clock", "monotonic_clock", "random", "waits", "calls"] {
        let line = replay_changed(away.path(), |handle| {
            assert_ne!(handle[learnt], json!([]), "it learns from {learnt}");
            handle[learnt] = json!([]);
        });
        assert_eq!(line["result"], "differs", "without {learnt}: {line:#}");
    }
    let line = replay_changed(away.path(), |handle| {
        let numbers = handle["random"].as_array_mut().unwrap();
        let last = numbers.len() - 1;
        numbers.swap(0, last);
    });
    assert_eq!(line["result"], "differs", "{line:#}");
    let line = replay_changed(away.path(), |handle| {
        let calls = handle["calls"].as_array_mut().unwrap();
        let note = calls.iter_mut().find(|call| call["function"] == "create").unwrap();
        let answer = note["answer"]["Ok"].as_str().unwrap().replace("\"id\":", "\"id\":9");
        note["answer"]["Ok"] = json!(answer);
    });
    assert_eq!(line["comparison"]["changes"][0]["changed"]["fields"][0]["field"], "sg_description");
}

/// Another version: the built component with another text in it.
fn other_edition(folder: &Path) -> PathBuf {
    let mut bytes = fs::read(fixture("senses")).unwrap();
    let (old, new) = (EDITION[0].as_bytes(), EDITION[1].as_bytes());
    let places: Vec<usize> =
        (0..bytes.len() - old.len()).filter(|at| bytes[*at..].starts_with(old)).collect();
    assert!(!places.is_empty(), "the text is in the component");
    for at in places {
        bytes[at..at + new.len()].copy_from_slice(new);
    }
    let path = folder.join("other.wasm");
    fs::write(&path, bytes).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_shows_what_it_does_differently() {
    let away = deliveries().await;
    other_edition(away.path());
    let (code, lines) = replayed(away.path(), &["carried", "--plugin", "other.wasm"]);
    assert_eq!((code, lines.len()), (1, DELIVERIES), "{lines:#?}");
    for line in &lines {
        assert_eq!(line["result"], "differs", "{line:#}");
        let changes = line["comparison"]["changes"].as_array().unwrap();
        let changed: Vec<(&str, &str)> = changes
            .iter()
            .map(|change| {
                let change = &change["changed"];
                let field = change["fields"][0]["field"].as_str().unwrap_or_default();
                (change["effect"]["function"].as_str().unwrap_or_default(), field)
            })
            .collect();
        // The Note that is written instead has the recorded one's number: the Task is updated as before.
        assert_eq!(changed, [("create", "content"), ("POST", "told")], "{line:#}");
        let said = changes[0]["changed"]["fields"][0]["now"].as_str().unwrap();
        assert!(said.starts_with(EDITION[1]), "{said}");
        assert!(line["comparison"]["outcome"]["now"].as_str().unwrap().contains(EDITION[1]));
    }
    let output = replay(away.path(), &["carried", "--plugin", "other.wasm"]);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        printed.contains("  ~ create Note\n      content: \"edition-one: 1 after"),
        "{printed}"
    );
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("4 of 4 replays differ"), "{errors}");
    // One that has no such callback does nothing any more.
    let noop = fixture("noop");
    let (code, lines) = replayed(away.path(), &["carried", "--plugin", noop.to_str().unwrap()]);
    assert_eq!(code, 1);
    let removed = lines[0]["comparison"]["changes"].as_array().unwrap();
    assert!(removed.iter().all(|change| change["removed"].is_object()), "{removed:#?}");
    let outcome = &lines[0]["comparison"]["outcome"]["now"];
    assert_eq!(outcome, "registers no callback `sense`", "{outcome}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_recorded_and_the_oldest_go() {
    let (studio, web) = (Studio::new().await, Web::start());
    sense(&studio, &web, "record.keep = 2");
    studio.configure("fails = \"true\"");
    studio.install("writer", &fixture("writer"), "attribute = \"sg_status_list\"");
    studio.configure("[plugin.writer.record]\ndeliveries = \"failed\"");
    let host = studio.start();
    host.wait_until_live("senses");
    host.wait_until_live("writer");
    let task = studio.create("Task", json!({"content": "x"}));
    for status in ["ip", "fin", "wtg", "rdy"] {
        studio.update("Task", task, json!({"sg_status_list": status}));
    }
    studio.wait_for_plugin("senses", |row| row.failed == 5);
    studio.wait_for_plugin("writer", |row| row.handled == 5);
    assert!(host.stop().success());
    let folder = studio.path("recordings");
    assert!(recordings(&folder, "writer").is_empty(), "nothing of it failed");
    let kept = recordings(&folder, "senses");
    let name = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let newest: Vec<String> = kept.iter().map(name).collect();
    assert!(newest[0].ends_with("-3") && newest[1].ends_with("-4"), "{newest:?}");
    let (code, lines) = replayed(studio.path("").as_path(), &["recordings"]);
    assert_eq!((code, lines.len()), (0, 2), "{lines:#?}");
    assert_eq!(lines[0]["outcome"], "trapped");
    assert_eq!(lines[0]["result"], "identical", "{:#}", lines[0]);
}

/// A call that the deadline cut off ends at the same place, and nothing is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_cut_off_ends_where_it_did() {
    let studio = Studio::new().await;
    studio.configure(
        "[plugin.writer]\ngrant.shotgun = \"write\"\nrecord.deliveries = \"failed\"\nrecord.keep = 1\n\
         limits.deadline = \"9s\"\n[plugin.writer.settings]\nattribute = \"sg_status_list\"",
    );
    studio.put("writer", &fixture("writer"));
    let host = studio.start();
    host.wait_until_live("writer");
    let task = studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("writer", |row| row.handled == 1);
    studio.site.add_fault(Rule::new("create", Fault::Hang)).unwrap();
    studio.update("Task", task, json!({"sg_status_list": "ip"}));
    wait_for_recordings(&studio.path("recordings"), "writer", 1);
    host.kill();
    let started = Instant::now();
    let (code, lines) = replayed(studio.path("").as_path(), &["recordings"]);
    assert_eq!((code, lines.len()), (0, 1), "{lines:#?}");
    assert_eq!(lines[0]["outcome"], "timed-out");
    assert_eq!(lines[0]["comparison"]["effects"], 1, "{:#}", lines[0]);
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
}

/// A generator of numbers that look random: the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from((self.0 >> 33) % end as u64).unwrap()
    }
}

/// Spoils one value, somewhere in a document.
fn spoil(json: &mut Value, dice: &mut Dice) {
    let children = match json {
        Value::Array(items) => items.len(),
        Value::Object(object) => object.len(),
        _ => 0,
    };
    if children == 0 || dice.below(8) == 0 {
        let values =
            [json!(null), json!([]), json!({"hex": "zz"}), json!("Ok"), json!(-1), json!(u64::MAX)];
        *json = values[dice.below(values.len())].clone();
        return;
    }
    let chosen = dice.below(children);
    match json {
        Value::Array(items) if dice.below(10) == 0 => drop(items.remove(chosen)),
        Value::Array(items) => spoil(&mut items[chosen], dice),
        Value::Object(object) => spoil(object.values_mut().nth(chosen).unwrap(), dice),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spoilt_recordings_are_refused_or_run_and_break_nothing() {
    const COUNT: usize = 3000;
    let (studio, web) = (Studio::new().await, Web::start());
    sense(&studio, &web, "limits.deadline = \"300ms\"");
    let host = studio.start();
    host.wait_until_live("senses");
    let task = studio.create("Task", json!({"content": "x"}));
    studio.update("Task", task, json!({"sg_status_list": "ip"}));
    let folder = studio.path("recordings");
    let found = wait_for_recordings(&folder, "senses", 2);
    assert!(host.stop().success());
    let (text, beside) = (fs::read(&found[0]).unwrap(), found[0].parent().unwrap().to_owned());
    found.iter().for_each(|path| fs::remove_file(path).unwrap());
    let mut dice = Dice(7);
    for number in 0..COUNT {
        let spoilt = match number % 3 {
            0 => text[..dice.below(text.len())].to_vec(),
            1 => {
                let mut spoilt = text.clone();
                for _ in 0..=dice.below(3) {
                    let at = dice.below(spoilt.len());
                    spoilt[at] = b"0\"{}[],x"[dice.below(8)];
                }
                spoilt
            }
            _ => {
                let mut json: Value = serde_json::from_slice(&text).unwrap();
                spoil(&mut json, &mut dice);
                json.to_string().into_bytes()
            }
        };
        fs::write(beside.join(format!("{number:04}.json")), spoilt).unwrap();
    }
    let newer =
        String::from_utf8(text.clone()).unwrap().replacen("\"version\":1", "\"version\":2", 1);
    fs::write(beside.join("newer.json"), newer).unwrap();
    let (code, lines) = replayed(studio.path("").as_path(), &["recordings"]);
    assert_eq!((code, lines.len()), (1, COUNT + 1));
    let count = |result: &str| lines.iter().filter(|line| line["result"] == result).count();
    assert!(count("not-run") > COUNT / 2, "cut ones are refused");
    assert!(count("differs") > 0 && count("identical") > 0, "some can be run all the same");
    let refused: Vec<&str> = lines.iter().filter_map(|line| line["error"].as_str()).collect();
    assert!(refused.iter().all(|error| error.contains("recordings/senses/")), "they name the file");
    let cut = "is not a whole JSON object: EOF while parsing";
    assert!(refused.iter().any(|error| error.contains(cut)), "{}", refused[0]);
    let newer = "is a recording of version 2, and this cuebox reads version 1";
    assert!(refused.last().unwrap().ends_with(newer), "{:?}", refused.last());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_plugin_is_recorded_and_run_again() {
    let runtime = format!("python_runtime = {:?}", python_runtime());
    a_script_is_recorded_and_run_again(&runtime, "py", |now| {
        format!(
            "import datetime, random, time\n\
             def registerCallbacks(reg):\n    \
                 reg.registerCallback('cuebox', 'x', note, {{'Shotgun_Task_Change': ['sg_status_list']}}, None)\n\
             def note(sg, logger, event, args):\n    \
                 time.sleep(0.02)\n    \
                 text = '%s %s %s' % (datetime.datetime.now(), random.random(), list({{'a', 'b', 'c'}}))\n    \
                 note = sg.create('Note', {{'project': event['project'], 'content': {now} + text}})\n    \
                 found = sg.find('Note', [['id', 'is', note['id']]], ['content'])\n    \
                 logger.info('wrote %s', found)\n"
        )
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_javascript_file_is_recorded_and_run_again() {
    let runtime = format!("javascript_runtime = {:?}", javascript_runtime());
    a_script_is_recorded_and_run_again(&runtime, "js", |now| {
        format!(
            "import {{ log, plugin }} from 'cuebox-plugin';\n\
             export const callbacks = plugin((reg) => {{\n  \
                 reg.callback('note', note).on('Shotgun_Task_Change', ['sg_status_list']);\n\
             }});\n\
             function note(sg, event) {{\n  \
                 const content = {now} + `${{new Date().toISOString()}} ${{Math.random()}}`;\n  \
                 const note = sg.create('Note', {{ project: event.project, content }});\n  \
                 log.info('wrote', sg.find('Note', [['id', 'is', note.id]], {{ fields: ['content'] }}));\n\
             }}\n"
        )
    })
    .await;
}

/// `source` makes a plugin, which begins the Note that it writes so.
async fn a_script_is_recorded_and_run_again(
    runtime: &str,
    ending: &str,
    source: impl Fn(&str) -> String,
) {
    let studio = Studio::new().await;
    studio.share_compiled_code();
    studio.configure_plugins(runtime);
    studio.configure("[plugin.zones]\ngrant.shotgun = \"write\"\nrecord.deliveries = \"all\"");
    fs::write(studio.path(&format!("plugins/zones.{ending}")), source("'first '")).unwrap();
    let host = studio.start();
    host.wait_until_live("zones");
    let task = studio.create("Task", json!({"content": "x"}));
    studio.update("Task", task, json!({"sg_status_list": "ip"}));
    let folder = studio.path("recordings");
    wait_for_recordings(&folder, "zones", 1);
    assert!(host.stop().success());
    let away = carried_away(&folder);
    drop(studio);
    let (code, lines) = replayed(away.path(), &["carried"]);
    assert_eq!(code, 0, "{lines:#?}");
    assert_eq!(lines[0]["result"], "identical", "{lines:#?}");
    assert_eq!(lines[0]["comparison"]["effects"], 1);
    let changed = format!("changed.{ending}");
    fs::write(away.path().join(&changed), source("'second '")).unwrap();
    let (code, lines) = replayed(away.path(), &["carried", "--plugin", &changed]);
    let change = &lines[0]["comparison"]["changes"][0]["changed"]["fields"][0];
    assert_eq!(code, 1, "{lines:#?}");
    assert!(change["now"].as_str().unwrap().starts_with("second "), "{lines:#?}");
    // There is an interpreter of one language beside it.
    let other = if ending == "py" { "other.js" } else { "other.py" };
    fs::write(away.path().join(other), "").unwrap();
    let (code, lines) = replayed(away.path(), &["carried", "--plugin", other]);
    let error = lines[0]["error"].as_str().unwrap();
    assert!(code == 1 && error.contains("there is nothing beside it to run "), "{lines:#?}");
}
