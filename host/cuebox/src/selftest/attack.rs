//! One attack: a file goes the way of any plugin's file, and is handed an event; then it is looked at what became of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use database::{ArtifactRow, ArtifactState};
use eventlog::Timestamp;
use runtime::{Event, KeyValues};

use tokio::task::JoinSet;

use super::Row;
use super::files::File;
use super::judge::{Ended, Verdict, judge};
use super::kinds::{Besides, Ending, Kind, Pace};
use super::stage::{Stage, canary_in, event, hand_over};
use crate::failure::{chain, one_line};
use crate::lane::guest::{Guest, Plugin, paced};
use crate::loader::{LoadError, Loaded};

/// The most that one attack may add to the log: a call's own lines, and what the host has to say of them.
const LOGGED_MAX: u64 = 256 << 10;

/// A plugin whose file says nothing, and that ran before.
const MODEST: &str = "[plugin]\nname = \"greedy\"\nversion = \"1.0.0\"\ndescription = \"Does little.\"\nauthors = [\"A\"]\n[needs]\n";

/// Lets kinds attack. Keeps what was compiled of them.
pub struct Attacker {
    stage: Arc<Stage>,
    event: Arc<Event>,
    compiled: BTreeMap<usize, Arc<dyn Plugin>>,
}

impl Attacker {
    pub fn new(stage: Arc<Stage>) -> Self {
        Self { stage, event: Arc::new(event()), compiled: BTreeMap::new() }
    }

    /// Attacks once, in a task, as a lane runs a plugin.
    pub async fn attack_in_task(mut self, number: usize) -> anyhow::Result<(Self, Row)> {
        let attacking = tokio::spawn(async move {
            let row = self.attack(number).await;
            (self, row)
        });
        let (back, row) = attacking.await.context("an attack broke the host")?;
        Ok((back, row?))
    }

    /// A machine that is busy with something else can be late with a deadline, and not three times.
    async fn attack(&mut self, number: usize) -> anyhow::Result<Row> {
        let tries = match self.stage.kinds[number].ends {
            Ending::Deadline => 3,
            _ => 1,
        };
        let mut row = self.attack_once(number).await?;
        for _ in 1..tries {
            if !row.held {
                row = self.attack_once(number).await?;
            }
        }
        Ok(row)
    }

    async fn attack_once(&mut self, number: usize) -> anyhow::Result<Row> {
        let stage = self.stage.clone();
        let kind = &stage.kinds[number];
        let before = Traces::of(&stage);
        let begun = Instant::now();
        let verdict = match kind.besides {
            Besides::Planted => self.attack_planted(kind).await?,
            Besides::Crowd => self.attack_in_crowd(number, kind).await?,
            _ => {
                let ended = self.run(number, kind).await?;
                self.judge(kind, &ended)
            }
        };
        let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
        let verdict = verdict.and_then(|by| before.check(&stage, kind).map(|()| by));
        let (held, by) = match verdict {
            Ok(by) => (true, by),
            Err(why) => (false, why),
        };
        // Every reader has the file's name before the eyes already.
        let by = one_line(&by.replace(&stage.path(kind.name).display().to_string(), "the file"));
        Ok(Row { kind: kind.name, tries: kind.tries, held, by, milliseconds, runs: 1 })
    }

    fn judge(&self, kind: &Kind, ended: &Ended) -> Verdict {
        let text = match ended {
            Ended::NoStart(why) => why.clone(),
            Ended::Called(report) => format!("{}\n{}", report.outcome, report.log),
        };
        if let Some(canary) = canary_in(&text) {
            return Err(format!("it got at `{canary}`"));
        }
        // What a terminal would obey must not get out of a file.
        if text.chars().any(|c| c == '\u{1b}') {
            return Err("what is said of it has an escape sequence".to_owned());
        }
        if text.contains("tack backtrace") {
            return Err("it got at a trace of the host's stack".to_owned());
        }
        if let Ended::Called(report) = ended
            && !report.outcome.is_finished()
            && !report.key_values.is_empty()
        {
            return Err("a call that failed has left keys".to_owned());
        }
        let deadline = self.stage.config.plugin(kind.name).limits.deadline;
        judge(&kind.ends, deadline, ended)
    }

    /// Starts an instance, and hands it an event.
    async fn run(&mut self, number: usize, kind: &Kind) -> anyhow::Result<Ended> {
        if let Some(plugin) = self.compiled.get(&number).cloned() {
            return Ok(attack_beside(plugin, self.event.clone()).await);
        }
        match self.load(kind).await {
            Ok(loaded) => {
                self.compiled.insert(number, loaded.version.plugin.clone());
                self.call_new(loaded).await
            }
            Err(error) => Ok(Ended::NoStart(chain(&error))),
        }
    }

    async fn load(&self, kind: &Kind) -> Result<Loaded, LoadError> {
        let stage = &self.stage;
        let known = match kind.besides {
            Besides::RanBefore => vec![ArtifactRow {
                digest: "0".repeat(64),
                state: ArtifactState::Running,
                manifest: Some(MODEST.to_owned()),
                at: Timestamp(0),
            }],
            _ => Vec::new(),
        };
        let request = stage.setups.request(kind.name, stage.path(kind.name), known);
        let draft = stage.setups.draft(kind.name, KeyValues::default());
        let loader = if kind.pace == Pace::Once { &stage.small_loader } else { &stage.loader };
        loader.load(request, draft, stage.setups.options(kind.name)).await
    }

    async fn call_new(&self, loaded: Loaded) -> anyhow::Result<Ended> {
        let mut version = loaded.version;
        let guest = version.instances.pop().context("a new version has an instance")?;
        Ok(call(&*version.plugin, guest, self.event.clone()).await)
    }

    /// Attacks with more instances at once than there are cores.
    async fn attack_in_crowd(&mut self, number: usize, kind: &Kind) -> anyhow::Result<Verdict> {
        let plugin = match self.compiled.get(&number) {
            Some(plugin) => plugin.clone(),
            None => {
                let loaded = self.load(kind).await.context("the crowd is not let in")?;
                self.compiled.entry(number).or_insert(loaded.version.plugin).clone()
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut crowd = JoinSet::new();
        for _ in 0..=cores {
            crowd.spawn(attack_beside(plugin.clone(), self.event.clone()));
        }
        let mut verdict = Ok("nobody".to_owned());
        for ended in crowd.join_all().await {
            verdict = verdict.and(self.judge(kind, &ended));
        }
        Ok(verdict.map(|by| format!("{} at once; {by}", cores + 1)))
    }

    /// Puts other code in the place of the compiled code, and loads it: each time it is the file's own code that has to run.
    async fn attack_planted(&self, kind: &Kind) -> anyhow::Result<Verdict> {
        let mut verdict = self.load_and_judge(kind).await?;
        let cache = &self.stage.config.plugins.cache;
        let own = cached(cache, &File::bytes(kind.file)?)?;
        let code = std::fs::read(&own)?;
        let of_another = std::fs::read(cached(cache, &File::Hostile.bytes()?)?)?;
        let mut changed = code.clone();
        changed[code.len() / 2] ^= 1;
        let planted = [
            ("another plugin's code", of_another.as_slice()),
            ("a changed bit", &changed),
            ("half of it", &code[..code.len() / 2]),
        ];
        for (what, planted) in planted {
            std::fs::write(&own, planted)?;
            let ended = self.load_and_judge(kind).await?;
            let is_over = std::fs::read(&own)? != planted;
            verdict = verdict.and(match (ended, is_over) {
                (Ok(_), true) => Ok(()),
                (Ok(_), false) => Err(format!("{what} was taken for what it is not")),
                (Err(why), _) => Err(format!("{what}: {why}")),
            }
            .map(|()| "the seal: another plugin's code, a changed bit and half of it were compiled over".to_owned()));
        }
        Ok(verdict)
    }

    async fn load_and_judge(&self, kind: &Kind) -> anyhow::Result<Verdict> {
        let ended = match self.load(kind).await {
            Ok(loaded) => self.call_new(loaded).await?,
            Err(error) => Ended::NoStart(chain(&error)),
        };
        Ok(self.judge(kind, &ended))
    }
}

/// Starts an instance, and hands it an event.
async fn attack_beside(plugin: Arc<dyn Plugin>, event: Arc<Event>) -> Ended {
    let starting = plugin.clone();
    let started = paced(&*plugin, async move { starting.start().await });
    match started.await {
        Ok((guest, _)) => call(&*plugin, guest, event).await,
        Err(error) => Ended::NoStart(chain(&error)),
    }
}

async fn call(plugin: &dyn Plugin, guest: Box<dyn Guest>, event: Arc<Event>) -> Ended {
    let (_, report) = hand_over(plugin, guest, event).await;
    Ended::Called(Box::new(report))
}

/// Where the compiled code of a file is.
fn cached(cache: &std::path::Path, bytes: &[u8]) -> anyhow::Result<PathBuf> {
    let digest = runtime::Digest::of(bytes).to_string();
    let is_it = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&digest))
    };
    let entries = std::fs::read_dir(cache)?.filter_map(|entry| Some(entry.ok()?.path()));
    entries.into_iter().find(is_it).context("what was compiled is kept")
}

/// What an attack can leave behind.
struct Traces {
    granted: u64,
    forbidden: u64,
    newest_event: u64,
    logged: u64,
}

impl Traces {
    fn of(stage: &Stage) -> Self {
        Self {
            granted: stage.granted.requests(),
            forbidden: stage.forbidden.requests(),
            newest_event: stage.site.with_model(|model| model.newest_event_id()),
            logged: stage.logged(),
        }
    }

    /// Whether nothing was left behind that the kind may not leave.
    fn check(&self, stage: &Stage, kind: &Kind) -> Result<(), String> {
        let now = Self::of(stage);
        if now.newest_event != self.newest_event {
            return Err("something was written to the site".to_owned());
        }
        if now.forbidden != self.forbidden {
            return Err("a host was asked that nobody may ask".to_owned());
        }
        let (asked, logged) = (now.granted - self.granted, now.logged - self.logged);
        if let Besides::Requests(expected) = kind.besides
            && asked != expected
        {
            return Err(format!("{asked} requests went out, and {expected} were to"));
        }
        if logged > LOGGED_MAX {
            return Err(format!("{logged} bytes were logged, and {LOGGED_MAX} is the limit"));
        }
        Ok(())
    }
}
