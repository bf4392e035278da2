//! `cuebox dev`: a plugin at work while its author writes it. At every change it is built again, takes the place of the version
//! before, and is handed the last event once more that it wants. Events come from a stand-in site, or from a real one, on which
//! nothing is changed.

mod ground;
mod view;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use eventlog::EventLogEntry;
use runtime::KeyValues;

use crate::authoring::build::Project;
use crate::authoring::engine::engine;
use crate::authoring::sources::Sources;
use crate::authoring::trial::{Bench, Subject};
use crate::cli::Dev;
use crate::command::run::StopSignals;
use crate::command::test;
use crate::failure::{chain, describe};
use crate::{log, watcher};
use ground::Ground;
use view::say;

/// How long files must be left alone before they are looked at: editors write in several steps.
const SETTLE: Duration = Duration::from_millis(100);

/// Events that are looked through for the last one that a new version wants.
const RECENT_MAX: usize = 500;

/// An author's session.
struct Session {
    choice: Dev,
    folder: PathBuf,
    bench: Bench,
    ground: Ground,
    /// What the plugin keeps, over all versions.
    keys: KeyValues,
    /// The version that runs; none until one could be built.
    subject: Option<Subject>,
    /// The newest event that was looked at.
    seen: u64,
    /// The newest events, oldest first.
    recent: VecDeque<EventLogEntry>,
    /// Why the event log could not be read when it was last tried.
    trouble: Option<String>,
}

/// Runs until Ctrl-C.
pub async fn run(choice: Dev) -> anyhow::Result<()> {
    let mut signals = StopSignals::listen()?;
    let site = choice.site.as_deref().map(ground::with_site).transpose()?;
    let folder = Project::open(&choice.folder)?.folder;
    let (bench, sink) = Bench::new(engine()?);
    let _logging = log::start_with(&test::quiet(), false, Some(sink))?;
    let ground = match site {
        None => Ground::stand_in().await?,
        Some(config) => Ground::real(config).await?,
    };
    say("site", &ground.told());
    let (seen, recent) = ground.begin().await?;
    let (keys, subject, trouble) = (KeyValues::default(), None, None);
    let recent = recent.into();
    let mut session =
        Session { choice, folder, bench, ground, keys, subject, seen, recent, trouble };
    let mut sources = Sources::of(&session.folder);
    session.renew(Instant::now()).await;
    let _working = session.ground.employ(session.choice.rate);
    let (mut changes, complaint) = watcher::watch(&sources.folders(), SETTLE);
    if let Some(complaint) = complaint {
        say("note", &complaint);
    }
    let mut looks = tokio::time::interval(session.ground.look_every());
    loop {
        tokio::select! {
            () = signals.next() => break,
            Some(()) = changes.recv() => {
                let now = Sources::of(&session.folder);
                if now != sources {
                    sources = now;
                    session.renew(Instant::now()).await;
                }
            }
            _ = looks.tick() => session.look().await,
        }
    }
    session.ground.stop().await;
    Ok(())
}

impl Session {
    /// Builds what was changed, and hands it the last event that it wants. What cannot be built changes nothing.
    async fn renew(&mut self, changed: Instant) {
        let (subject, built) = match self.build().await {
            Err(error) => return say("build", &format!("failed: {}", describe(&error).0)),
            Ok(built) => built,
        };
        let seconds = (built - changed).as_secs_f64();
        let last = self.recent.iter().rfind(|entry| subject.wants(entry)).cloned();
        let is_first = self.subject.replace(subject).is_none();
        let Some(last) = last else {
            return say("build", &format!("took {seconds:.2} s; it waits for an event"));
        };
        self.hand_over(&last).await;
        if is_first {
            return say(
                "build",
                &format!("took {seconds:.2} s; this is the last event that it wants"),
            );
        }
        let shown = built.elapsed().as_secs_f64();
        say(
            "swap",
            &format!(
                "built in {seconds:.2} s; to load it and show the last event once more took {shown:.2} s"
            ),
        );
    }

    /// A new version, and when its build was over.
    async fn build(&mut self) -> anyhow::Result<(Subject, Instant)> {
        let (folder, engine) = (self.folder.clone(), self.bench.engine.clone());
        let building = tokio::task::spawn_blocking(move || {
            let project = Project::open(&folder)?;
            let built = project.build(&engine)?;
            anyhow::Ok((project, built))
        });
        let (project, built) = building.await.context("the build broke")??;
        let over = Instant::now();
        let manifest = &project.manifest;
        let mut settings = toml::Table::new();
        for (key, text) in &self.choice.settings {
            let kind = manifest.settings.get(key).map(|setting| setting.kind);
            let value = view::setting(text, kind)
                .with_context(|| format!("the value of `--set {key}=` cannot be taken"))?;
            settings.insert(key.clone(), value);
        }
        let config = self.ground.config(manifest, &settings)?;
        let surroundings = self.ground.surroundings(&config, self.keys.clone())?;
        let engine = &self.bench.engine;
        let subject =
            Subject::load(engine, config, &manifest.name, &built.path, surroundings).await?;
        Ok((subject, over))
    }

    /// Takes what is new in the event log. That it cannot be read is said once.
    async fn look(&mut self) {
        if self.subject.is_none() {
            return;
        }
        let entries = match self.ground.log.after(self.seen).await {
            Err(error) => {
                let trouble = Some(chain(&error));
                if self.trouble != trouble {
                    say("site", trouble.as_deref().unwrap_or_default());
                    self.trouble = trouble;
                }
                return;
            }
            Ok(entries) => entries,
        };
        if self.trouble.take().is_some() {
            say("site", "answers again");
        }
        for entry in entries {
            self.seen = self.seen.max(entry.id.0);
            self.hand_over(&entry).await;
            self.recent.push_back(entry);
        }
        let old = self.recent.len().saturating_sub(RECENT_MAX);
        self.recent.drain(..old);
    }

    /// Hands an entry over, and shows what the plugin makes of it.
    async fn hand_over(&mut self, entry: &EventLogEntry) {
        let Some(subject) = &mut self.subject else { return };
        let calls = subject.hand_over(entry).await;
        if calls.is_empty() {
            return;
        }
        say("event", &view::event(entry));
        for line in self.bench.take_lines() {
            say("log", &line);
        }
        for line in self.ground.take_writes() {
            say("write", &line);
        }
        calls.iter().for_each(|call| say("call", &call.told()));
    }
}
