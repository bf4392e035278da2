//! The task that runs one plugin: takes entries from the journal, calls the guest, commits. What to do is `Lane`'s to say.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use database::{Failure, Finish, PluginRow, PluginState};
use eventlog::Timestamp;
use eventlog::matching::Matcher;
use runtime::{
    Component, Digest, Engine, Event, Instance, KeyValueChange, OnError, Outcome, Registration,
    Report, Setup, StartError,
};
use tokio::sync::{mpsc, watch};

use super::{Lane, Verdict};
use crate::clock;
use crate::failure::chain;
use crate::journal::{Journal, JournalEntry, JournalPage};
use crate::notice::{Delivered, Notice, Notices};
use crate::storage::Storage;
use crate::timing::TimingLog;

/// How long a lane waits before it asks a database again that did not answer.
const DATABASE_RETRY: Duration = Duration::from_secs(1);

/// Calls in a row without giving other lanes a turn on this thread: well under a millisecond of quick calls.
const CALLS_PER_TURN: u32 = 64;

/// What all lanes share.
#[derive(Clone)]
pub struct Tools {
    pub engine: Engine,
    pub storage: Storage,
    pub journal: Journal,
    pub notices: Notices,
    pub timing: Option<TimingLog>,
}

/// A plugin version, ready to be called.
pub struct Version {
    pub component: Component,
    pub setup: Arc<Setup>,
    pub registration: Registration,
    pub matcher: Matcher,
    /// None after a call that left it unusable, or between events if none is kept.
    pub instance: Option<Instance>,
    pub options: VersionOptions,
}

/// How the operator wants a plugin run.
#[derive(Debug, Clone, Copy)]
pub struct VersionOptions {
    /// What happens when a callback fails that does not say so itself.
    pub on_error: OnError,
    /// Whether the instance, with its memory, is kept from one event to the next.
    pub keeps_instance: bool,
    /// Whether writes carry the `session_uuid` of the event.
    pub uses_session_uuid: bool,
}

/// What the rest of the host tells a lane. Obeyed between two calls.
pub enum Command {
    /// Go on with this version. Resumes a plugin that a failure stopped.
    Run(Box<Version>),
    /// Be as the database says: enabled or not, stopped or not.
    Follow(Box<PluginRow>),
    /// Finish the call in progress, save, and end.
    End,
}

/// One plugin's lane, running.
pub struct Worker {
    plugin: Arc<str>,
    tools: Tools,
    commands: mpsc::Receiver<Command>,
    last: watch::Receiver<eventlog::Seq>,
    lane: Lane,
    version: Option<Version>,
    enabled: bool,
    /// The version that a failure stopped; another one resumes.
    stopped: bool,
    stopped_digest: Option<String>,
    key_values: Vec<KeyValueChange>,
    calls_this_turn: u32,
}

impl Worker {
    /// A lane that goes on where the database says.
    pub fn new(row: &PluginRow, tools: Tools, commands: mpsc::Receiver<Command>) -> Self {
        Self {
            plugin: row.name.as_str().into(),
            last: tools.journal.last(),
            tools,
            commands,
            lane: Lane::new(row.position, row.finished.iter().cloned()),
            version: None,
            enabled: row.enabled,
            stopped: matches!(row.state, PluginState::Stopped { .. }),
            stopped_digest: row.digest.clone(),
            key_values: Vec::new(),
            calls_this_turn: 0,
        }
    }

    /// Runs until it is told to end.
    pub async fn run(mut self) {
        while self.turn().await.is_continue() {}
        self.commit().await;
    }

    /// Looks around once: obeys, or works, or waits. Breaks when told to end.
    async fn turn(&mut self) -> ControlFlow<()> {
        self.last.mark_unchanged();
        if let Ok(command) = self.commands.try_recv() {
            return self.obey(command).await;
        }
        if !self.is_running() {
            self.commit().await;
            return self.wait(None).await;
        }
        match self.tools.journal.after(self.lane.position()).await {
            Ok(Some((page, from))) => self.work(&page, from).await,
            Ok(None) => {
                self.commit().await;
                self.wait(None).await
            }
            Err(error) => {
                self.trouble("read the journal", &error);
                self.wait(Some(DATABASE_RETRY)).await
            }
        }
    }

    fn is_running(&self) -> bool {
        self.enabled && !self.stopped && self.version.is_some()
    }

    fn version(&mut self) -> &mut Version {
        self.version.as_mut().expect("a lane works only while it has a version")
    }

    /// Waits for a command, for a new entry, or for `pause` to be over (then new entries do not matter).
    async fn wait(&mut self, pause: Option<Duration>) -> ControlFlow<()> {
        tokio::select! {
            command = self.commands.recv() => match command {
                Some(command) => self.obey(command).await,
                None => ControlFlow::Break(()),
            },
            _ = self.last.changed(), if pause.is_none() => ControlFlow::Continue(()),
            () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => ControlFlow::Continue(()),
        }
    }

    async fn obey(&mut self, command: Command) -> ControlFlow<()> {
        match command {
            Command::End => return ControlFlow::Break(()),
            Command::Run(version) => self.swap(*version).await,
            Command::Follow(row) => self.follow(&row),
        }
        ControlFlow::Continue(())
    }

    async fn swap(&mut self, version: Version) {
        let digest = version.component.digest().to_string();
        self.version = Some(version);
        // After a restart of the host the version that was stopped stays so; any other one resumes.
        if self.stopped && self.stopped_digest.as_ref() != Some(&digest) {
            self.resume().await;
        }
        self.stopped_digest = Some(digest.clone());
        let plugin = self.plugin.clone();
        let saved =
            self.tools.storage.ask(move |database| database.set_digest(&plugin, &digest)).await;
        if let Err(error) = saved {
            self.trouble("save the version of a plugin", &error);
        }
    }

    async fn resume(&mut self) {
        self.stopped = false;
        let plugin = self.plugin.clone();
        if let Err(error) =
            self.tools.storage.ask(move |database| database.resume_plugin(&plugin)).await
        {
            self.trouble("save that a plugin goes on", &error);
        }
        self.tools.notices.tell(Notice::PluginResumed { plugin: self.plugin.to_string() });
    }

    fn follow(&mut self, row: &PluginRow) {
        let plugin = || self.plugin.to_string();
        if self.enabled != row.enabled {
            self.enabled = row.enabled;
            self.tools
                .notices
                .tell(Notice::PluginSwitched { plugin: plugin(), enabled: row.enabled });
        }
        if self.stopped && row.state == PluginState::Active {
            self.stopped = false;
            self.tools.notices.tell(Notice::PluginResumed { plugin: plugin() });
        }
    }

    /// Delivers the entries of a page, until there is a reason to look around.
    async fn work(&mut self, page: &JournalPage, from: usize) -> ControlFlow<()> {
        for entry in &page[from..] {
            if !self.commands.is_empty() {
                break;
            }
            if let ControlFlow::Break(flow) = self.deliver(entry).await {
                return flow;
            }
            self.lane.pass(entry.seq, clock::now());
            if self.lane.must_commit(clock::now()) {
                self.commit().await;
            }
        }
        ControlFlow::Continue(())
    }

    /// Calls every callback that wants the entry and is not finished with it. Breaks, with what the turn answers, if the entry
    /// is not finished.
    async fn deliver(&mut self, entry: &JournalEntry) -> ControlFlow<ControlFlow<()>> {
        for index in self.version().matcher.callbacks(&entry.entry).collect::<Vec<_>>() {
            let version = self.version();
            let callback = &version.registration.callbacks[index];
            let (name, on_error) =
                (callback.name.clone(), callback.on_error.unwrap_or(version.options.on_error));
            if !self.lane.wants(&name) {
                continue;
            }
            if self.lane.must_commit(clock::now()) {
                // An effect is on disk as done before the next call can have one.
                self.commit().await;
            }
            self.take_turns().await;
            let attempt = self.lane.begin();
            let started_at = clock::now();
            let report = self.call(&name, entry, attempt).await;
            let verdict =
                self.lane.ended(&name, &report.outcome, report.effects > 0, on_error, clock::now());
            self.tell(&name, entry, attempt, started_at, &report);
            self.key_values.extend(report.key_values);
            match verdict {
                Verdict::Finished => {}
                Verdict::GivenUp => {
                    self.record_failure(&name, entry, &report.outcome, attempt).await
                }
                Verdict::Again(pause) => {
                    self.commit().await;
                    // Whatever ends the wait, the same delivery is next, if any is.
                    return ControlFlow::Break(self.wait(Some(pause)).await);
                }
                Verdict::Stop => {
                    self.stop(&name, entry, &report.outcome).await;
                    return ControlFlow::Break(ControlFlow::Continue(()));
                }
            }
        }
        ControlFlow::Continue(())
    }

    async fn take_turns(&mut self) {
        self.calls_this_turn += 1;
        if self.calls_this_turn >= CALLS_PER_TURN {
            self.calls_this_turn = 0;
            tokio::task::yield_now().await;
        }
    }

    async fn call(&mut self, callback: &str, entry: &JournalEntry, attempt: u32) -> Report {
        let version = self.version.as_mut().expect("a lane works only while it has a version");
        let mut instance = match version.take_instance(&self.tools.engine).await {
            Ok(instance) => instance,
            Err(outcome) => return Report::without_call(outcome),
        };
        let session_uuid =
            entry.entry.session_uuid.clone().filter(|_| version.options.uses_session_uuid);
        let report = if attempt == 1 {
            instance.call(callback, entry.event(), session_uuid).await
        } else {
            let event = Event { attempt, ..entry.event().clone() };
            instance.call(callback, &event, session_uuid).await
        };
        if report.outcome.leaves_instance_usable() && version.options.keeps_instance {
            version.instance = Some(instance);
        }
        report
    }

    async fn stop(&mut self, callback: &str, entry: &JournalEntry, outcome: &Outcome) {
        self.commit().await;
        self.stopped = true;
        let (plugin, failure) = (self.plugin.clone(), failure(callback, entry, outcome));
        let saved =
            self.tools.storage.ask(move |database| database.stop_plugin(&plugin, &failure)).await;
        if let Err(error) = saved {
            self.trouble("save that a plugin stopped", &error);
        }
        self.tools.notices.tell(Notice::PluginStopped {
            plugin: self.plugin.to_string(),
            callback: callback.to_owned(),
            event: entry.entry.id,
            why: outcome.to_string(),
        });
    }

    async fn record_failure(
        &mut self,
        callback: &str,
        entry: &JournalEntry,
        outcome: &Outcome,
        attempt: u32,
    ) {
        let (plugin, failure) = (self.plugin.clone(), failure(callback, entry, outcome));
        let saved = self
            .tools
            .storage
            .ask(move |database| database.record_failure(&plugin, &failure, attempt))
            .await;
        if let Err(error) = saved {
            self.trouble("save that a callback failed", &error);
        }
    }

    /// Saves what is finished: position, key-values and counters in one transaction. Does not return before it is saved: to go
    /// on would be to do things that cannot be remembered.
    async fn commit(&mut self) {
        let Some(uncommitted) = self.lane.take_uncommitted() else { return };
        let key_values: Arc<[database::KeyValueChange]> =
            std::mem::take(&mut self.key_values).into_iter().map(stored_change).collect();
        let finished: Arc<[String]> = self.lane.finished().map(str::to_owned).collect();
        let position = self.lane.position();
        let mut told = false;
        loop {
            let (plugin, key_values, finished) =
                (self.plugin.clone(), key_values.clone(), finished.clone());
            let saved = self.tools.storage.ask(move |database| {
                database.finish(&Finish {
                    plugin: &plugin,
                    position,
                    finished: &finished,
                    handled: uncommitted.handled,
                    key_values: &key_values,
                })
            });
            let Err(error) = saved.await else { return };
            if !told {
                self.trouble("save what a plugin has finished; it waits until that works", &error);
                told = true;
            }
            tokio::time::sleep(DATABASE_RETRY).await;
        }
    }

    fn tell(
        &self,
        callback: &str,
        entry: &JournalEntry,
        attempt: u32,
        started_at: Timestamp,
        report: &Report,
    ) {
        let failed = report.outcome.blame().is_some();
        let of_interest = failed
            || self.tools.timing.is_some()
            || self.tools.notices.is_watched()
            || tracing::enabled!(tracing::Level::DEBUG);
        if !of_interest {
            return;
        }
        let delivered = Delivered {
            plugin: self.plugin.to_string(),
            callback: callback.to_owned(),
            event: entry.entry.id,
            event_type: entry.entry.event_type.clone(),
            created_at: entry.entry.created_at.0,
            attempt,
            outcome: report.outcome.clone(),
            effects: report.effects,
            duration: report.duration,
            fuel: report.fuel,
            started_at,
        };
        if let Some(timing) = &self.tools.timing {
            timing.write(&delivered);
        }
        self.tools.notices.tell(Notice::Delivered(delivered));
    }

    fn trouble(&self, doing: &'static str, error: &dyn std::error::Error) {
        let why = format!("{} (plugin `{}`)", chain(error), self.plugin);
        self.tools.notices.tell(Notice::HostTrouble { doing, why });
    }
}

impl Version {
    /// What this version is known by.
    pub fn digest(&self) -> Digest {
        self.component.digest()
    }

    /// The instance, or a new one in the place of one that broke.
    async fn take_instance(&mut self, engine: &Engine) -> Result<Instance, Outcome> {
        if let Some(instance) = self.instance.take() {
            return Ok(instance);
        }
        match Instance::start(engine, &self.component, self.setup.clone()).await {
            Ok((instance, registration)) if registration == self.registration => Ok(instance),
            Ok(_) => Err(Outcome::Failed(
                "a new instance registered other callbacks than the first".to_owned(),
            )),
            Err(StartError::Failed(outcome)) => Err(outcome),
            Err(error) => Err(Outcome::Failed(chain(&error))),
        }
    }
}

fn failure(callback: &str, entry: &JournalEntry, outcome: &Outcome) -> Failure {
    Failure {
        event: entry.entry.id,
        error: format!("callback `{callback}` {outcome}"),
        at: clock::now(),
    }
}

fn stored_change(change: KeyValueChange) -> database::KeyValueChange {
    match change.value {
        Some(value) => database::KeyValueChange::Set { key: change.key, value },
        None => database::KeyValueChange::Remove { key: change.key },
    }
}
