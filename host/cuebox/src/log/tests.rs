use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use config::{Log, LogFormat, LogMode};
use expect_test::expect;
use tracing::{Level, debug, error, event, info, info_span, warn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use super::layer::Stdout;
use super::{GuestLine, GuestLineSink, filter, layer};

/// A stdout that can be read.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    /// What was written, without the times.
    fn lines(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8(bytes.clone()).expect("text");
        text.lines().map(without_time).collect()
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn without_time(line: &str) -> String {
    let (time, rest) = line.split_once(' ').expect("a line begins with its time");
    assert!(time.ends_with('Z') && time.len() == 24, "{line}");
    rest.to_owned()
}

fn options(level: &str) -> Log {
    Log {
        level: level.to_owned(),
        format: LogFormat::Human,
        directory: None,
        mode: LogMode::PerPlugin,
        keep: 10,
        timing: false,
    }
}

/// Logs with a whole log of its own; answers what was on stdout.
fn logged(options: &Log, guest_lines: Option<GuestLineSink>, say: impl FnOnce()) -> Vec<String> {
    let screen = Screen::default();
    let stdout = Stdout::new(screen.clone(), || 0);
    let layer = layer(options, Some(stdout), false, guest_lines).expect("the log starts");
    let filter = filter(&options.level).expect("a filter");
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
    tracing::subscriber::with_default(subscriber, say);
    screen.lines()
}

#[test]
fn fields_of_spans_and_of_the_event_are_in_the_line() {
    let lines = logged(&options("debug"), None, || {
        let _outer =
            info_span!("delivery", plugin.name = "flip", event.id = 7_u64, attempt = 1_u64)
                .entered();
        let inner = info_span!("call", callback = tracing::field::Empty);
        inner.record("callback", "on_task");
        let _inner = inner.entered();
        info!(attempt = 2_u64, ratio = 0.5, done = true, missing = None::<u64>, "Handled");
        warn!(plugin.name = "other", "Named itself");
        debug!(why = ?Some("a\nb"), "Values of every kind");
    });
    expect![[r#"
        INFO  Handled  plugin.name=flip event.id=7 callback=on_task attempt=2 ratio=0.5 done=true
        WARN  Named itself  plugin.name=other event.id=7 attempt=1 callback=on_task
        DEBUG Values of every kind  plugin.name=flip event.id=7 attempt=1 callback=on_task why="Some(\"a\\nb\")""#]].assert_eq(&lines.join("\n"));
}

#[test]
fn lines_of_guests_are_marked_and_handed_on() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = seen.clone();
    let take = move |line| sink.lock().expect("no test panics in here").push(line);
    let lines = logged(&options("info"), Some(GuestLineSink::new(take)), || {
        event!(target: "plugin", Level::INFO, plugin.name = %"flip", event.id = 7_u64, "{}", "Said\nERROR forged");
        info!(plugin.name = "flip", "The host's own");
        event!(target: "plugin", Level::DEBUG, plugin.name = "flip", "Not at this level");
    });
    expect![[r#"
        INFO  [plugin flip event.id=7] Said\nERROR forged
        INFO  The host's own  plugin.name=flip"#]]
    .assert_eq(&lines.join("\n"));
    let seen = seen.lock().expect("no test panics in here");
    let plugin = "flip".to_owned();
    let message = "Said\\nERROR forged".to_owned();
    assert_eq!(*seen, [GuestLine { plugin, level: Level::INFO, message }]);
}

#[test]
fn the_level_holds_for_each_place() {
    let lines = logged(&options("warn,plugin=debug"), None, || {
        info!("Not this");
        warn!("This");
        event!(target: "plugin", Level::DEBUG, plugin.name = "a", "And this");
    });
    assert_eq!(lines, ["WARN  This", "DEBUG [plugin a] And this"]);
}

fn say_something() {
    info!("For all");
    info!(plugin.name = "flip", "About a plugin");
    let _span = info_span!("delivery", plugin.name = "odd/name").entered();
    error!("Within a plugin's span");
    event!(target: "plugin", Level::INFO, plugin.name = "odd/name", "A guest's");
}

fn read(folder: &Path, name: &str) -> Vec<String> {
    let text =
        fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    text.lines().map(without_time).collect()
}

#[test]
fn what_concerns_a_plugin_goes_to_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Log { directory: Some(folder.path().join("logs")), ..options("info") };
    let lines = logged(&options, None, say_something);
    assert_eq!(lines.len(), 4, "stdout has everything: {lines:?}");
    let logs = folder.path().join("logs");
    assert_eq!(read(&logs, "cuebox.log"), ["INFO  For all"]);
    assert_eq!(read(&logs, "plugin-flip.log"), ["INFO  About a plugin  plugin.name=flip"]);
    assert_eq!(
        read(&logs, "plugin-odd%2fname.log"),
        ["ERROR Within a plugin's span  plugin.name=odd/name", "INFO  [plugin odd/name] A guest's"]
    );
}

#[test]
fn json_lines_are_objects_in_files_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Log {
        directory: Some(folder.path().to_owned()),
        format: LogFormat::Json,
        mode: LogMode::One,
        ..options("info")
    };
    let screen = Screen::default();
    let layer = layer(&options, Some(Stdout::new(screen.clone(), || 0)), true, None)
        .expect("the log starts");
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), say_something);
    let text = fs::read_to_string(folder.path().join("cuebox.log")).expect("the file is there");
    let screen = screen.0.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(text.as_bytes(), *screen);
    let sources: Vec<_> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).expect("an object")["source"].clone()
        })
        .collect();
    assert_eq!(sources, ["host", "host", "host", "plugin"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("taken"), "").expect("a file");
    let options = Log { directory: Some(folder.path().join("taken")), ..options("info") };
    let error = layer(&options, None, false, None).err().expect("there is no log");
    assert!(error.to_string().ends_with("taken`"), "{error}");
}

#[test]
fn lines_that_stdout_had_no_place_for_are_counted() {
    let screen = Screen::default();
    let dropped = [0, 3, 3, 5].into_iter();
    let dropped = Mutex::new(dropped);
    let count = move || dropped.lock().expect("no test panics in here").next().expect("four lines");
    let layer = layer(&options("info"), Some(Stdout::new(screen.clone(), count)), false, None)
        .expect("the log starts");
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        for _ in 0..4 {
            info!("Line");
        }
    });
    let said: Vec<_> =
        screen.lines().into_iter().filter(|line| line.starts_with("ERROR")).collect();
    assert_eq!(
        said,
        [
            "ERROR Stdout is read too slowly: 3 log lines were dropped there",
            "ERROR Stdout is read too slowly: 2 log lines were dropped there"
        ]
    );
}
