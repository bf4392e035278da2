//! `cuebox dev`: a plugin at work while its author writes it. At every change it is built again, takes the place of the version
//! before, and is handed the last event once more.

mod view;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use eventlog::EventLogEntry;
use runtime::{Connector, KeyValues};
use site::crew::Crew;
use site::server::{Pace, Worker};
use site::{Scene, Site};

use crate::authoring::build::Project;
use crate::authoring::case::Names;
use crate::authoring::engine::engine;
use crate::authoring::sources::Sources;
use crate::authoring::trial::{self, Bench, PLUGIN_SCRIPT, Subject};
use crate::authoring::writes::Line;
use crate::cli::{Dev, ExitCode};
use crate::command::run::StopSignals;
use crate::command::test;
use crate::failure::{Failure, chain, describe};
use crate::{log, watcher};
use view::say;

/// The crew and its names are the same every time.
const SEED: u64 = 7;

/// How long files must be left alone before they are looked at: editors write in several steps.
const SETTLE: Duration = Duration::from_millis(100);

/// How often the site is asked for events.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// An author's session.
struct Session {
    choice: Dev,
    folder: PathBuf,
    bench: Bench,
    site: Site,
    /// What the plugin keeps, over all versions.
    keys: KeyValues,
    /// The version that runs; none until one could be built.
    subject: Option<Subject>,
    /// The newest event that was looked at.
    seen: u64,
    /// The last event that the plugin wanted.
    last: Option<EventLogEntry>,
}

/// Runs until Ctrl-C.
pub async fn run(choice: Dev) -> anyhow::Result<()> {
    if let Some(url) = &choice.site {
        let what = format!("`cuebox dev` runs a plugin on a stand-in site, and not on {url}");
        let failure = Failure::new(ExitCode::CommandLine, what).with_remedy(
            "On a real site, let a host run build/NAME.wasm with `shadow = true` under [plugin.NAME]: nothing is written then, and each \
             build is swapped in.",
        );
        return Err(failure.into());
    }
    let mut signals = StopSignals::listen()?;
    let folder = Project::open(&choice.folder)?.folder;
    let (bench, sink) = Bench::new(engine()?);
    let _logging = log::start_with(&test::quiet(), false, Some(sink))?;
    let builder = Site::builder().seed(SEED).scene(Scene::Short);
    let site = builder.script(PLUGIN_SCRIPT, None).start().await?;
    site.watch_writes();
    say(
        "site",
        &format!("a stand-in runs at {}/, and a crew works there; Ctrl-C stops", site.url()),
    );
    let seen = site.with_model(|model| model.newest_event_id());
    let (keys, subject, last) = (KeyValues::default(), None, None);
    let mut session = Session { choice, folder, bench, site, keys, subject, seen, last };
    let mut sources = Sources::of(&session.folder);
    session.renew(Instant::now()).await;
    let _working = session.employ();
    let (mut changes, complaint) = watcher::watch(&sources.folders(), SETTLE);
    if let Some(complaint) = complaint {
        say("note", &complaint);
    }
    let mut looks = tokio::time::interval(LOOK_EVERY);
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
    session.site.stop().await;
    Ok(())
}

impl Session {
    fn employ(&self) -> Worker {
        let crew = Crew::new(SEED, self.site.production().roster.clone());
        self.site.employ(crew, Pace { writes_per_second: self.choice.rate, writes_max: None })
    }

    /// Builds what was changed, and hands it the last event. What cannot be built changes nothing.
    async fn renew(&mut self, changed: Instant) {
        match self.build().await {
            Err(error) => say("build", &format!("failed: {}", describe(&error).0)),
            Ok((subject, built)) => {
                self.subject = Some(subject);
                let seconds = (built - changed).as_secs_f64();
                let Some(last) = self.last.clone() else {
                    return say("build", &format!("took {seconds:.2} s; it waits for an event"));
                };
                self.hand_over(&last).await;
                let shown = built.elapsed().as_secs_f64();
                say(
                    "swap",
                    &format!(
                        "built in {seconds:.2} s; to load it and show the last event once more took {shown:.2} s"
                    ),
                );
            }
        }
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
        let config = trial::config(&self.site, manifest, trial::requested(manifest), &settings)?;
        let (name, keys) = (manifest.name.as_str(), self.keys.clone());
        let nobody = Connector::answered_by(Arc::new(|_| None));
        let engine = &self.bench.engine;
        let subject = Subject::load(engine, config, name, &built.path, keys, nobody).await?;
        Ok((subject, over))
    }

    /// Takes what is new in the event log.
    async fn look(&mut self) {
        let Some(subject) = &self.subject else { return };
        match subject.entries_after(self.seen).await {
            Err(error) => say("site", &chain(error.as_ref())),
            Ok(entries) => {
                for entry in entries {
                    self.seen = self.seen.max(entry.id.0);
                    self.hand_over(&entry).await;
                }
            }
        }
    }

    /// Hands an entry over, and shows what the plugin makes of it.
    async fn hand_over(&mut self, entry: &EventLogEntry) {
        let Some(subject) = &mut self.subject else { return };
        let calls = subject.hand_over(entry).await;
        if calls.is_empty() {
            return;
        }
        self.last = Some(entry.clone());
        say("event", &view::event(entry));
        for line in self.bench.take_lines() {
            say("log", &line);
        }
        for written in self.site.take_writes() {
            if written.by == PLUGIN_SCRIPT {
                Line::written(&written)
                    .iter()
                    .for_each(|line| say("write", &line.show(&Names::new())));
            }
        }
        calls.iter().for_each(|call| say("call", &call.told()));
    }
}
