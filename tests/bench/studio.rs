//! A site with a production, a folder for a host, and hosts that run there on default settings.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use database::Database;
use serde_json::json;
use site::Site;
use site::model::{EntityLink, EventDraft, Now};
use site::seed::{self, Production};
use tempfile::TempDir;
use tokio::runtime::Handle;

/// The program that is measured.
const CUEBOX: &str = env!("CARGO_BIN_EXE_cuebox");

/// How long anything may take before the figures are given up.
const PATIENCE: Duration = Duration::from_secs(300);

/// How often the database is looked at while waiting for it to say something.
const LOOK_EVERY: Duration = Duration::from_millis(3);

/// A site, and a folder in which hosts run.
pub struct Studio {
    pub site: Site,
    pub production: Production,
    folder: TempDir,
    sections: String,
}

/// A host that runs. Killed when it is dropped.
pub struct Host {
    child: Child,
    lines: Receiver<(Instant, String)>,
}

impl Studio {
    pub fn new() -> anyhow::Result<Self> {
        let options = seed::Options {
            seed: 7,
            now: Now(jiff::Timestamp::now().as_millisecond()),
            scripts: Vec::new(),
        };
        let (site, production) = Handle::current().block_on(Site::with_production(&options))?;
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("plugins"))?;
        Ok(Self { site, production, folder, sections: String::new() })
    }

    /// Adds text to the configuration.
    pub fn configure(&mut self, text: &str) {
        self.sections.push_str(text);
        self.sections.push('\n');
    }

    /// Installs a plugin; `section` stands under its `[plugin.NAME]`.
    pub fn install(&mut self, name: &str, component: &Path, section: &str) -> anyhow::Result<()> {
        self.configure(&format!("[plugin.{name}]\n{section}"));
        self.put(name, &fs::read(component)?)
    }

    /// Puts a component in its place, in one step.
    pub fn put(&self, name: &str, component: &[u8]) -> anyhow::Result<()> {
        let unfinished = self.path("unfinished");
        fs::write(&unfinished, component)?;
        fs::rename(unfinished, self.path(&format!("plugins/{name}.wasm")))?;
        Ok(())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts a host.
    pub fn start(&self) -> anyhow::Result<Host> {
        let config = self.path("cuebox.toml");
        let script = &self.production.scripts[0];
        fs::write(
            &config,
            format!(
                "[site]\nurl = \"{}\"\nscript_name = \"{}\"\nscript_key = \"{}\"\n{}",
                self.site.url(),
                script.name,
                script.key,
                self.sections
            ),
        )?;
        let mut child = Command::new(CUEBOX)
            .args(["run", "--config"])
            .arg(config)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the host")?;
        let stdout = BufReader::new(child.stdout.take().context("no output of the host")?);
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send((Instant::now(), line)).is_err() {
                    return;
                }
            }
        });
        Ok(Host { child, lines })
    }

    /// Starts a host once and stops it, so that its stream has a beginning and each of `plugins` has a position.
    pub fn begin(&self, plugins: usize) -> anyhow::Result<()> {
        let mut host = self.start()?;
        host.wait_until_ready(plugins)?;
        host.stop()
    }

    /// A look into the database of the host.
    pub fn open_database(&self) -> anyhow::Result<Database> {
        let url = self.site.url();
        let options = database::Options { synchronous: database::Synchronous::Normal, site: &url };
        Ok(Database::open_for_tools(&self.path("cuebox.db"), options)?)
    }

    /// Appends events to the site's log, each the change of a Task's status.
    pub fn append(&self, count: usize) {
        self.append_of("Shotgun_Task_Change", count);
    }

    /// Appends events of a type.
    pub fn append_of(&self, event_type: &str, count: usize) -> u64 {
        let draft = self.draft(event_type);
        let now = Now(jiff::Timestamp::now().as_millisecond());
        self.site.with_model(|model| model.append_events(count, &draft, now))
    }

    fn draft(&self, event_type: &str) -> EventDraft {
        let mut draft = EventDraft::new(event_type);
        draft.attribute_name = Some("sg_status_list".to_owned());
        draft.meta = json!({"type": "attribute_change", "attribute_name": "sg_status_list", "entity_type": "Task",
            "entity_id": 1, "field_data_type": "status_list", "old_value": "wtg", "new_value": "ip"});
        draft.entity = Some(EntityLink::new("Task", 1));
        draft.project = Some(EntityLink::new("Project", self.production.project));
        draft.user = self
            .production
            .roster
            .members
            .first()
            .map(|member| EntityLink::new("HumanUser", member.id));
        draft
    }

    /// How many requests have come to the site.
    pub fn requests(&self) -> u64 {
        self.site.counters().values().sum()
    }
}

impl Host {
    /// Waits for a line of the log with this text; answers when it came, and the line.
    pub fn wait_for(&mut self, text: &str) -> anyhow::Result<(Instant, String)> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok((at, line)) if line.contains(text) => return Ok((at, line)),
                Ok(_) => {}
                Err(error) => bail!("waited in vain for a line with `{text}`: {error}"),
            }
        }
    }

    /// Waits until the stream is there and so many plugins run.
    pub fn wait_until_ready(&mut self, plugins: usize) -> anyhow::Result<()> {
        let (mut live, mut has_stream) = (0, false);
        while live < plugins || !has_stream {
            let (_, line) = self.wait_for(" ")?;
            anyhow::ensure!(!line.contains("is refused"), "{line}");
            live += usize::from(line.contains("runs version"));
            has_stream |= line.contains("The stream ");
        }
        Ok(())
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Seconds of processor time that it has used.
    pub fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program may hold blanks; what follows its bracket does not. Of that, the 12th and 13th are the
        // time in its own code and in the kernel's, in hundredths on every Linux there is.
        let (_, fields) = stat.rsplit_once(')').context("the process has a name")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "the host ended with {status}");
        Ok(())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks until `look` says true; answers when.
pub fn wait_until(
    what: &str,
    mut look: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<Instant> {
    let begun = Instant::now();
    while !look()? {
        anyhow::ensure!(begun.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(Instant::now())
}

/// Whether the journal holds all events up to `newest`, and each of the plugins whose name `counts` has finished with them.
pub fn has_caught_up(
    database: &Database,
    newest: u64,
    counts: impl Fn(&str) -> bool,
) -> anyhow::Result<bool> {
    if database.load_stream()?.is_none_or(|stream| stream.high_water.0 < newest) {
        return Ok(false);
    }
    let last = database.last_seq()?;
    Ok(database.plugins()?.iter().filter(|row| counts(&row.name)).all(|row| row.position == last))
}
