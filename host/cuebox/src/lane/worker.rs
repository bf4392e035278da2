//! The task that runs one plugin: takes entries from the journal, calls the guest, commits. What to do is `Lane`'s to say.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use database::{Failure, Finish, PluginRow, PluginState};
use eventlog::matching::Matcher;
use eventlog::{EventId, Timestamp};
use runtime::{
    Component, Digest, Engine, Event, Instance, OnError, Outcome, Registration, Report, Setup,
    StartError,
};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::{Lane, Verdict};
use crate::clock;
use crate::effects::{EffectBook, StoredEffects};
use crate::failure::chain;
use crate::journal::{Journal, JournalEntry, JournalPage};
use crate::notice::{Delivered, Notice, Notices};
use crate::storage::Storage;
use crate::timing::TimingLog;

/// How long a lane waits before it asks a database again that did not answer.
const DATABASE_RETRY: Duration = Duration::from_secs(1);

/// How often a lane that is to end tries to save. Then it ends all the same, and what it did since its last commit is done
/// again after the next start: the process would otherwise be killed, with the same effect.
const COMMITS_WHEN_ENDING: u32 = 2;

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
    /// How long a call of which nobody knows whether it was made is left alone before it is looked for.
    pub doubt_wait: Duration,
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

/// What the rest of the host tells a lane. Obeyed between two events. When nobody is left to tell it anything, the lane
/// finishes the call in progress, saves, and ends.
pub enum Command {
    /// Go on with this version. Resumes a plugin that a failure stopped.
    Run(Box<Version>),
    /// Be as the database says now: enabled or not, stopped or not.
    Follow {
        /// Whether the configuration lets the plugin run; if not, it is off, whatever the database says.
        is_allowed: bool,
    },
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
    /// Until when the delivery in progress is put off.
    again_at: Option<Instant>,
    /// What the deliveries that are not finished have changed.
    effects: Arc<EffectBook>,
    /// The deliveries with effects that were finished since the last commit: event and callback.
    settled: Vec<(EventId, String)>,
    /// The keys that finished calls changed since the last commit, as the last one left them.
    key_values: BTreeMap<String, Option<Vec<u8>>>,
    /// The journal could not be read, which was told.
    is_journal_broken: bool,
    calls_this_turn: u32,
}

impl Worker {
    /// A lane that goes on where the database says.
    pub fn new(
        row: &PluginRow,
        effects: StoredEffects,
        tools: Tools,
        commands: mpsc::Receiver<Command>,
    ) -> Self {
        let plugin: Arc<str> = row.name.as_str().into();
        let effects = EffectBook::new(plugin.clone(), tools.storage.clone(), effects);
        Self {
            plugin,
            effects: Arc::new(effects),
            settled: Vec::new(),
            last: tools.journal.last(),
            tools,
            commands,
            lane: Lane::new(row.position, row.finished.iter().cloned()),
            version: None,
            enabled: row.enabled,
            stopped: matches!(row.state, PluginState::Stopped { .. }),
            stopped_digest: row.digest.clone(),
            again_at: None,
            key_values: BTreeMap::new(),
            is_journal_broken: false,
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
        match self.commands.try_recv() {
            Ok(command) => {
                self.obey(command).await;
                return ControlFlow::Continue(());
            }
            Err(mpsc::error::TryRecvError::Disconnected) => return ControlFlow::Break(()),
            Err(mpsc::error::TryRecvError::Empty) => {}
        }
        if !self.is_running() {
            self.commit().await;
            return self.wait(None).await;
        }
        if let Some(pause) = self.pause_left() {
            return self.wait(Some(pause)).await;
        }
        let read = self.tools.journal.after(self.lane.position()).await;
        let was_broken = std::mem::replace(&mut self.is_journal_broken, read.is_err());
        match read {
            Ok(Some((page, from))) => {
                self.work(&page, from).await;
                ControlFlow::Continue(())
            }
            Ok(None) => {
                self.commit().await;
                self.wait(None).await
            }
            Err(error) => {
                if !was_broken {
                    self.trouble("read the journal; trying again until that works", &error);
                }
                self.wait(Some(DATABASE_RETRY)).await
            }
        }
    }

    /// How much longer the delivery in progress is put off.
    fn pause_left(&self) -> Option<Duration> {
        let left = self.again_at?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
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
                Some(command) => {
                    self.obey(command).await;
                    ControlFlow::Continue(())
                }
                None => ControlFlow::Break(()),
            },
            _ = self.last.changed(), if pause.is_none() => ControlFlow::Continue(()),
            () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => ControlFlow::Continue(()),
        }
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Run(version) => self.swap(*version).await,
            Command::Follow { is_allowed } => self.follow(is_allowed).await,
        }
    }

    async fn swap(&mut self, version: Version) {
        let digest = version.component.digest().to_string();
        self.version = Some(version);
        self.again_at = None;
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

    /// Asks the database itself: what another had read before could be older than this lane's own last stop.
    async fn follow(&mut self, is_allowed: bool) {
        let Some(row) = self.own_row().await else { return };
        let plugin = || self.plugin.to_string();
        let enabled = row.enabled && is_allowed;
        if self.enabled != enabled {
            self.enabled = enabled;
            self.tools.notices.tell(Notice::PluginSwitched { plugin: plugin(), enabled });
        }
        if self.stopped && row.state == PluginState::Active {
            self.stopped = false;
            self.again_at = None;
            self.tools.notices.tell(Notice::PluginResumed { plugin: plugin() });
        }
    }

    /// What the database keeps of this plugin. Asks until it answers, or the lane is to end.
    async fn own_row(&mut self) -> Option<PluginRow> {
        let mut told = false;
        loop {
            let plugin = self.plugin.clone();
            match self.tools.storage.ask(move |database| database.plugin(&plugin)).await {
                Ok(row) => return row,
                Err(error) if !told => {
                    self.trouble("read what the operator wants; trying again", &error);
                    told = true;
                }
                Err(_) => {}
            }
            if self.is_to_end() {
                return None;
            }
            tokio::time::sleep(DATABASE_RETRY).await;
        }
    }

    fn is_to_end(&self) -> bool {
        self.commands.is_closed()
    }

    /// Delivers the entries of a page, until there is a reason to look around.
    async fn work(&mut self, page: &JournalPage, from: usize) {
        for entry in &page[from..] {
            if !self.commands.is_empty() || self.is_to_end() {
                return;
            }
            if self.deliver(entry).await.is_break() {
                return;
            }
            self.lane.pass(entry.seq, clock::now());
            if self.lane.must_commit(clock::now()) {
                self.commit().await;
            }
        }
    }

    /// Calls every callback that wants the entry and is not finished with it. Breaks if the entry is not finished.
    async fn deliver(&mut self, entry: &JournalEntry) -> ControlFlow<()> {
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
            if self.is_to_end() {
                // The callbacks that are finished with this entry are saved with the position.
                return ControlFlow::Break(());
            }
            if let Some(pause) = self.doubt_pause(entry, &name) {
                return self.put_off(pause).await;
            }
            self.take_turns().await;
            let attempt = self.lane.begin();
            let started_at = clock::now();
            let report = self.call(&name, entry, attempt).await;
            let verdict =
                self.lane.ended(&name, &report.outcome, report.effects > 0, on_error, clock::now());
            self.tell(&name, entry, attempt, started_at, &report);
            let changes = report.key_values.into_iter().map(|change| (change.key, change.value));
            self.key_values.extend(changes);
            if matches!(verdict, Verdict::Finished | Verdict::GivenUp)
                && self.effects.settle(entry.entry.id, &name)
            {
                self.settled.push((entry.entry.id, name.clone()));
            }
            match verdict {
                Verdict::Finished => {}
                Verdict::GivenUp => {
                    self.record_failure(&name, entry, &report.outcome, attempt).await
                }
                Verdict::Again(pause) => return self.put_off(pause).await,
                Verdict::Stop => {
                    self.stop(&name, entry, &report.outcome).await;
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// How long to wait before a call in doubt can be looked for: it may still be under way at the site.
    fn doubt_pause(&self, entry: &JournalEntry, callback: &str) -> Option<Duration> {
        let since = self.effects.in_doubt_since(entry.entry.id, callback)?;
        let due = since.plus(self.tools.doubt_wait);
        let left = u64::try_from(due.0.saturating_sub(clock::now().0)).unwrap_or(0);
        (left > 0).then(|| Duration::from_millis(left).min(self.tools.doubt_wait))
    }

    /// Leaves the entry for later.
    async fn put_off(&mut self, pause: Duration) -> ControlFlow<()> {
        self.commit().await;
        self.again_at = Some(Instant::now() + pause);
        ControlFlow::Break(())
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
        let effects = self.effects.of(entry.entry.id, callback);
        let report = if attempt == 1 {
            instance.call(callback, entry.event(), session_uuid, effects).await
        } else {
            let event = Event { attempt, ..entry.event().clone() };
            instance.call(callback, &event, session_uuid, effects).await
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
    /// on would be to do things that cannot be remembered. Unless the lane is to end, and does nothing more.
    async fn commit(&mut self) {
        let Some(uncommitted) = self.lane.take_uncommitted() else { return };
        let key_values: Arc<[database::KeyValueChange]> =
            std::mem::take(&mut self.key_values).into_iter().map(stored_change).collect();
        let finished: Arc<[String]> = self.lane.finished().map(str::to_owned).collect();
        let settled: Arc<[(EventId, String)]> = std::mem::take(&mut self.settled).into();
        let position = self.lane.position();
        for tries in 1_u32.. {
            let (plugin, key_values) = (self.plugin.clone(), key_values.clone());
            let (finished, settled) = (finished.clone(), settled.clone());
            let saved = self.tools.storage.ask(move |database| {
                database.finish(&Finish {
                    plugin: &plugin,
                    position,
                    finished: &finished,
                    handled: uncommitted.handled,
                    key_values: &key_values,
                    settled: &settled,
                })
            });
            let Err(error) = saved.await else { return };
            if self.is_to_end() && tries >= COMMITS_WHEN_ENDING {
                return self.trouble("save what a plugin has finished; it is done again", &error);
            }
            if tries == 1 {
                self.trouble("save what a plugin has finished; it waits until that works", &error);
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
        for doubt in &report.doubts {
            self.tools.notices.tell(Notice::DoubtEnded {
                plugin: self.plugin.to_string(),
                callback: callback.to_owned(),
                event: entry.entry.id,
                doubt: doubt.clone(),
            });
        }
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

fn stored_change((key, value): (String, Option<Vec<u8>>)) -> database::KeyValueChange {
    match value {
        Some(value) => database::KeyValueChange::Set { key, value },
        None => database::KeyValueChange::Remove { key },
    }
}
