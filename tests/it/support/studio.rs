//! A studio: a site with a production, a folder with a configuration and plugins, and hosts that run there.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use database::Database;
use serde::Deserialize;
use serde_json::{Value, json};
use site::Site;
use site::model::Now;
use site::seed::{self, Production};
use site::wire::Request;
use tempfile::TempDir;

use super::eventually;

/// The program under test.
const CUEBOX: &str = env!("CARGO_BIN_EXE_cuebox");

/// A site, and a folder in which hosts can run.
pub struct Studio {
    pub site: Site,
    pub production: Production,
    folder: TempDir,
    /// What tests add to `[stream]`.
    stream: Mutex<String>,
    /// Text of the sections that tests add.
    sections: Mutex<String>,
    /// Lines of the `[plugins]` section.
    plugins: Mutex<String>,
    /// The `[log]` section.
    log: Mutex<String>,
    /// Whether nothing runs but what is locked.
    locked: AtomicBool,
}

/// A host that runs. Killed, if need be, when it is dropped.
pub struct Host {
    child: Child,
    lines: Arc<Mutex<Vec<Value>>>,
    reader: Option<JoinHandle<()>>,
    reading_errors: Option<JoinHandle<String>>,
}

/// A line of `cuebox plugins --json`.
#[derive(Debug, Clone, Deserialize)]
pub struct PluginLine {
    pub name: String,
    pub state: String,
    pub lag: u64,
    pub handled: u64,
    pub failed: u64,
    pub dead_letters: u64,
    pub version: Option<String>,
    pub last_error: Option<String>,
    pub last_error_event: Option<u64>,
    /// By the limit that was met: how often, and when last.
    pub refused: BTreeMap<String, Value>,
}

impl Studio {
    /// A site with the seed's production, and an empty plugin folder.
    pub async fn new() -> Self {
        let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let options =
            seed::Options { seed: 7, now: Now(millis.try_into().unwrap()), scripts: Vec::new() };
        let (site, production) = Site::with_production(&options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("plugins")).unwrap();
        let log = Mutex::new("format = \"json\"\nlevel = \"debug\"".to_owned());
        let (stream, sections, plugins) = (Mutex::default(), Mutex::default(), Mutex::default());
        let locked = AtomicBool::default();
        Self { site, production, folder, stream, sections, plugins, log, locked }
    }

    /// Adds text to the configuration.
    pub fn configure(&self, text: &str) -> &Self {
        let mut sections = self.sections.lock().unwrap();
        sections.push_str(text);
        sections.push('\n');
        self
    }

    /// Adds lines to `[stream]`.
    pub fn configure_stream(&self, lines: &str) -> &Self {
        lines.clone_into(&mut self.stream.lock().unwrap());
        self
    }

    /// Adds a line to `[plugins]`.
    pub fn configure_plugins(&self, line: &str) -> &Self {
        let mut plugins = self.plugins.lock().unwrap();
        plugins.push_str(line);
        plugins.push('\n');
        self
    }

    /// Puts other lines into `[log]`.
    pub fn configure_log(&self, lines: &str) -> &Self {
        lines.clone_into(&mut self.log.lock().unwrap());
        self
    }

    /// Lets nothing run from now on but what is locked.
    pub fn lock_plugins(&self) {
        self.locked.store(true, Ordering::Relaxed);
    }

    /// Installs a plugin that may write, under its own name. `settings` are lines of its settings.
    pub fn install(&self, name: &str, component: &Path, settings: &str) -> &Self {
        self.configure(&format!(
            "[plugin.{name}]\ngrant.shotgun = \"write\"\n[plugin.{name}.settings]\n{settings}"
        ));
        self.put(name, component);
        self
    }

    /// Puts a component in its place, in one step, as a careful deployment does.
    pub fn put(&self, name: &str, component: &Path) {
        let unfinished = self.folder.path().join("unfinished");
        fs::copy(component, &unfinished).unwrap();
        let ending = component.extension().unwrap_or("wasm".as_ref());
        fs::rename(unfinished, self.plugin_path(name).with_extension(ending)).unwrap();
    }

    pub fn plugin_path(&self, name: &str) -> PathBuf {
        self.path(&format!("plugins/{name}.wasm"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the configuration, and answers where.
    pub fn write_config(&self) -> PathBuf {
        let path = self.path("cuebox.toml");
        let text = format!(
            "[site]\nurl = \"{}\"\nscript_name = \"cuebox\"\nscript_key = \"{}\"\ndoubt_wait = \"100ms\"\n\
             [stream]\npoll_busy = \"50ms\"\npoll_quiet = \"100ms\"\n{}\n\
             [plugins]\nsettle = \"20ms\"\n{}{}\
             [retry]\nattempts = 1\n[breaker]\nfailures = 0\n\
             [log]\n{}\n{}",
            self.site.url(),
            self.production.key("cuebox").unwrap(),
            self.stream.lock().unwrap(),
            if self.locked.load(Ordering::Relaxed) { "locked = true\n" } else { "" },
            self.plugins.lock().unwrap(),
            self.log.lock().unwrap(),
            self.sections.lock().unwrap(),
        );
        fs::write(&path, text).unwrap();
        path
    }

    /// Runs a command of the program to its end.
    pub fn cuebox(&self, arguments: &[&str]) -> Output {
        let config = self.write_config();
        Command::new(CUEBOX).args(arguments).arg("--config").arg(config).output().unwrap()
    }

    /// Starts a host, and waits until its stream is there.
    #[track_caller]
    pub fn start(&self) -> Host {
        let host = self.start_unwatched();
        host.wait_for("the stream", |line| message(line).starts_with("The stream "));
        host
    }

    /// Starts a host, and waits for nothing.
    pub fn start_unwatched(&self) -> Host {
        self.spawn(&[])
    }

    /// Starts a host by another program, which becomes it.
    pub(super) fn spawn(&self, by: &[&str]) -> Host {
        let config = self.write_config();
        let mut arguments = by.iter().copied().chain([CUEBOX, "run", "--config"]);
        let mut child = Command::new(arguments.next().unwrap())
            .args(arguments)
            .arg(config)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let kept = lines.clone();
        let reader = std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                kept.lock().unwrap().push(line);
            }
        });
        let stderr = child.stderr.take().unwrap();
        let reading_errors = std::thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).collect::<Vec<_>>().join("\n")
        });
        Host { child, lines, reader: Some(reader), reading_errors: Some(reading_errors) }
    }

    /// What `cuebox plugins --json` says; nothing while there is no database.
    pub fn plugins(&self) -> BTreeMap<String, PluginLine> {
        let output = self.cuebox(&["plugins", "list", "--json"]);
        if !output.status.success() {
            return BTreeMap::new();
        }
        let lines: Vec<PluginLine> = serde_json::from_slice(&output.stdout).unwrap();
        lines.into_iter().map(|line| (line.name.clone(), line)).collect()
    }

    /// Waits until a plugin is as asked.
    #[track_caller]
    pub fn wait_for_plugin(
        &self,
        name: &str,
        is_right: impl Fn(&PluginLine) -> bool,
    ) -> PluginLine {
        let mut last = None;
        eventually(&format!("plugin {name}"), || {
            last = self.plugins().remove(name);
            last.clone().filter(&is_right)
        })
    }

    /// Performs a call on the site as the script `cuebox` would, past its counters and faults; answers the results.
    #[track_caller]
    pub fn perform(&self, method: &str, params: Value) -> Value {
        let auth =
            json!({"script_name": "cuebox", "script_key": self.production.key("cuebox").unwrap()});
        let request: Request =
            serde_json::from_value(json!({"method_name": method, "params": [auth, params]}))
                .unwrap();
        self.site.rpc(&request).unwrap_or_else(|error| panic!("{method}: {error}")).results()
    }

    /// Creates an entity in the production's project; answers its id.
    #[track_caller]
    pub fn create(&self, entity_type: &str, mut fields: Value) -> u64 {
        fields["project"] = json!({"type": "Project", "id": self.production.project});
        let fields: Vec<Value> = fields
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| json!({"field_name": name, "value": value}))
            .collect();
        let created = self.perform(
            "create",
            json!({"type": entity_type, "fields": fields, "return_fields": ["id"]}),
        );
        created["id"].as_u64().unwrap()
    }

    #[track_caller]
    pub fn update(&self, entity_type: &str, id: u64, fields: Value) {
        let fields: Vec<Value> = fields
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| json!({"field_name": name, "value": value}))
            .collect();
        self.perform("update", json!({"type": entity_type, "id": id, "fields": fields}));
    }

    /// Rows of a type for which `condition` (path, relation, value) holds.
    #[track_caller]
    pub fn find(
        &self,
        entity_type: &str,
        condition: (&str, &str, Value),
        fields: &[&str],
    ) -> Vec<Value> {
        let (path, relation, value) = condition;
        let mut rows = Vec::new();
        for page in 1.. {
            let answer = self.perform(
                "read",
                json!({"type": entity_type, "return_fields": fields, "return_only": "active",
                    "paging": {"entities_per_page": 500, "current_page": page},
                    "filters": {"logical_operator": "and",
                        "conditions": [{"path": path, "relation": relation, "values": [value]}]}}),
            );
            let found = answer["entities"].as_array().unwrap().clone();
            let full = found.len() == 500;
            rows.extend(found);
            if !full {
                break;
            }
        }
        rows
    }

    /// A look into the database beside a host, or after one.
    pub fn open_database(&self) -> Database {
        let url = self.site.url();
        let options = database::Options { synchronous: database::Synchronous::Normal, site: &url };
        Database::open_for_tools(&self.path("cuebox.db"), options).unwrap()
    }

    /// The newest event on the site.
    pub fn newest_event(&self) -> u64 {
        self.site.with_model(|model| model.newest_event_id())
    }
}

impl Host {
    /// Waits for a line of the log.
    #[track_caller]
    pub fn wait_for(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        eventually(&format!("{what}, in the log of process {}", self.child.id()), || {
            let is_over = self.is_over();
            let found = self.find_line(&is_it);
            if found.is_none() && is_over {
                panic!("the host ended before {what}:\n{}", self.log());
            }
            found
        })
    }

    /// The number of its process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether its output has ended, and so has it.
    pub fn is_over(&self) -> bool {
        self.reader.as_ref().is_none_or(JoinHandle::is_finished)
    }

    pub fn find_line(&self, is_it: impl Fn(&Value) -> bool) -> Option<Value> {
        self.lines.lock().unwrap().iter().find(|line| is_it(line)).cloned()
    }

    /// Every line of the log so far that it is.
    pub fn find_lines(&self, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        self.lines.lock().unwrap().iter().filter(|line| is_it(line)).cloned().collect()
    }

    /// The messages of the log so far.
    pub fn messages(&self) -> Vec<String> {
        self.lines.lock().unwrap().iter().map(|line| message(line).to_owned()).collect()
    }

    pub fn count_lines(&self, is_it: impl Fn(&Value) -> bool) -> usize {
        self.lines.lock().unwrap().iter().filter(|line| is_it(line)).count()
    }

    /// Everything it has logged so far, as text.
    pub fn log(&self) -> String {
        self.lines.lock().unwrap().iter().map(|line| format!("{line}\n")).collect()
    }

    /// Waits until a plugin version runs.
    #[track_caller]
    pub fn wait_until_live(&self, plugin: &str) {
        self.wait_for(&format!("plugin {plugin} to run"), |line| {
            message(line).starts_with(&format!("Plugin `{plugin}` runs version"))
        });
    }

    /// Ends it at once, as a power cut does to a process.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Asks it to stop, and waits until it has.
    #[track_caller]
    pub fn stop(self) -> ExitStatus {
        self.signal("TERM");
        self.wait().0
    }

    /// Waits for its end; answers how it ended and what it said on stderr.
    #[track_caller]
    pub fn wait(mut self) -> (ExitStatus, String) {
        let status = eventually("the host to end", || self.child.try_wait().unwrap());
        self.reader.take().unwrap().join().unwrap();
        let errors = self.reading_errors.take().unwrap().join().unwrap();
        (status, errors)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The message of a line of the log.
pub fn message(line: &Value) -> &str {
    line["message"].as_str().or_else(|| line["fields"]["message"].as_str()).unwrap_or_default()
}
