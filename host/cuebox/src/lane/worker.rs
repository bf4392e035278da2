//! The task that runs one plugin: takes entries from the journal, calls the guest, commits. What to do is `Lane`'s to say.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use database::{Ending, Failure, Parked, PluginRow, PluginState};
use eventlog::Timestamp;
use runtime::{Blame, Engine, Event, Outcome, Report};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::redrive::Redrives;
use super::saving::{Saving, Unsaved};
use super::version::Version;
use super::{Lane, Verdict};
use crate::clock;
use crate::effects::{EffectBook, StoredEffects};
use crate::failure::chain;
use crate::journal::{Journal, JournalEntry, JournalPage};
use crate::notice::{Delivered, Notice, Notices};
use crate::storage::Storage;
use crate::timing::TimingLog;

/// How long a lane waits before it asks a database again that did not answer.
pub(super) const DATABASE_RETRY: Duration = Duration::from_secs(1);

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
    pub(super) plugin: Arc<str>,
    pub(super) tools: Tools,
    commands: mpsc::Receiver<Command>,
    last: watch::Receiver<eventlog::Seq>,
    pub(super) lane: Lane,
    pub(super) version: Option<Version>,
    /// The version that runs, or ran last.
    digest: Option<String>,
    enabled: bool,
    /// A failure stopped the version.
    stopped: bool,
    /// Until when the delivery in progress is put off, or the plugin rests.
    again_at: Option<Instant>,
    /// The dead letters that are to be handed over again.
    pub(super) redrives: Redrives,
    /// What the deliveries that are not finished have changed.
    pub(super) effects: Arc<EffectBook>,
    pub(super) unsaved: Unsaved,
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
            unsaved: Unsaved::default(),
            redrives: Redrives::default(),
            last: tools.journal.last(),
            tools,
            commands,
            lane: Lane::new(row),
            version: None,
            enabled: row.enabled,
            stopped: matches!(row.state, PluginState::Stopped { .. }),
            digest: row.digest.clone(),
            again_at: row.progress.again_at.map(|at| Instant::now() + at.since(clock::now())),
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
        if self.redrives.is_due() {
            self.redrive().await;
            return ControlFlow::Continue(());
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

    pub(super) fn version(&mut self) -> &mut Version {
        self.version.as_mut().expect("a lane works only while it has a version")
    }

    /// Waits for a command, for a new entry, for a dead letter to be due, or for `pause` to be over (then new entries do not
    /// matter).
    async fn wait(&mut self, pause: Option<Duration>) -> ControlFlow<()> {
        let (now, redrive) = (Instant::now(), self.redrives.due());
        tokio::select! {
            command = self.commands.recv() => match command {
                Some(command) => {
                    self.obey(command).await;
                    ControlFlow::Continue(())
                }
                None => ControlFlow::Break(()),
            },
            _ = self.last.changed(), if pause.is_none() => ControlFlow::Continue(()),
            () = tokio::time::sleep_until(redrive.unwrap_or(now)), if redrive.is_some() => ControlFlow::Continue(()),
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
        let unknown = version.unknown_callbacks();
        if !unknown.is_empty() {
            let plugin = self.plugin.to_string();
            self.tools.notices.tell(Notice::CallbacksUnknown { plugin, callbacks: unknown });
        }
        self.version = Some(version);
        // After a restart of the host the version that was stopped, or put off, stays so; any other one begins afresh.
        if self.digest.as_ref() != Some(&digest) {
            self.again_at = None;
            self.lane.forgive();
            if self.stopped {
                self.resume().await;
            }
        }
        self.digest = Some(digest.clone());
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
        self.redrives.look_again();
        if row.moves != self.lane.moves() {
            self.go_to(&row).await;
        }
        let plugin = || self.plugin.to_string();
        let enabled = row.enabled && is_allowed;
        if self.enabled != enabled {
            self.enabled = enabled;
            self.tools.notices.tell(Notice::PluginSwitched { plugin: plugin(), enabled });
        }
        if self.stopped && row.state == PluginState::Active {
            self.stopped = false;
            self.again_at = None;
            self.lane.forgive();
            self.tools.notices.tell(Notice::PluginResumed { plugin: plugin() });
        }
    }

    /// Goes on where the operator moved the plugin to. What it has done meanwhile is kept.
    async fn go_to(&mut self, row: &PluginRow) {
        self.commit().await;
        let from = self.lane.position();
        self.lane = Lane::new(row);
        self.again_at = None;
        let plugin = self.plugin.clone();
        match self.tools.storage.ask(move |database| StoredEffects::load(database, &plugin)).await {
            Ok(stored) => {
                let book = EffectBook::new(self.plugin.clone(), self.tools.storage.clone(), stored);
                self.effects = Arc::new(book);
            }
            // What is in memory knows of more writes, not of less.
            Err(error) => self.trouble("load what a plugin has changed", &error),
        }
        let plugin = self.plugin.to_string();
        self.tools.notices.tell(Notice::PluginMoved { plugin, from, to: row.position });
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
            let failed_before = self.lane.failed_in_row();
            if self.deliver(entry).await.is_break() {
                return;
            }
            self.lane.pass(entry.seq, clock::now());
            if self.lane.must_commit(clock::now()) {
                self.commit().await;
            }
            if self.lane.failed_in_row() != failed_before && self.rest(failed_before).await {
                return;
            }
        }
    }

    /// Calls every callback that wants the entry and is not finished with it. Breaks if the entry is not finished.
    async fn deliver(&mut self, entry: &JournalEntry) -> ControlFlow<()> {
        for index in self.version().matcher.callbacks(&entry.entry).collect::<Vec<_>>() {
            let version = self.version();
            let callback = &version.registration.callbacks[index];
            let name = callback.name.clone();
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
            self.tell(&name, entry, attempt, started_at, &report);
            self.conclude(index, entry, attempt, report).await?;
        }
        ControlFlow::Continue(())
    }

    /// Does what follows from a call. Breaks if the entry is not finished.
    async fn conclude(
        &mut self,
        callback: usize,
        entry: &JournalEntry,
        attempt: u32,
        report: Report,
    ) -> ControlFlow<()> {
        let (name, policy) = self.version().named_policy(callback);
        let Report { outcome, log, .. } = report;
        let now = clock::now();
        let verdict = self.lane.ended(&name, &outcome, report.effects > 0, &policy, now);
        let failure = Failure {
            event: entry.entry.id,
            error: format!("callback `{name}` {outcome}"),
            at: now,
        };
        match verdict {
            Verdict::Finished => {
                let changes = report.key_values.into_iter();
                self.unsaved.key_values.extend(changes.map(|change| (change.key, change.value)));
                self.settle(entry, name);
            }
            Verdict::GivenUp => {
                self.unsaved.failures.push(failure);
                self.settle(entry, name);
            }
            Verdict::PutAside => {
                let ending =
                    Ending { error: failure.error.clone(), attempts: attempt, at: now, log };
                self.tools.notices.tell(Notice::PutAside {
                    plugin: self.plugin.to_string(),
                    callback: name.clone(),
                    event: entry.entry.id,
                    attempts: attempt,
                });
                let (event, seq) = (entry.entry.id, entry.seq);
                self.unsaved.parked.push(Parked { event, seq, callback: name, ending });
                self.unsaved.failures.push(failure);
            }
            Verdict::Again(pause) => {
                self.save_progress(failure, &outcome).await;
                return self.put_off(pause).await;
            }
            Verdict::Stop => {
                self.stop(&name, failure, &outcome).await;
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// A delivery is finished; what it changed need not be known any more.
    fn settle(&mut self, entry: &JournalEntry, callback: String) {
        if self.effects.settle(entry.entry.id, &callback) {
            self.unsaved.settled.push((entry.entry.id, callback));
        }
    }

    /// Lets the plugin rest if it does nothing but fail; whether it does. Told when it begins, and when it is over.
    async fn rest(&mut self, failed_before: u32) -> bool {
        let breaker = self.version().options.breaker;
        let rested = breaker.rest(failed_before).is_some();
        let failures = self.lane.failed_in_row();
        let plugin = || self.plugin.to_string();
        match breaker.rest(failures) {
            Some(pause) => {
                if !rested {
                    let notice = Notice::PluginRests { plugin: plugin(), failures, pause };
                    self.tools.notices.tell(notice);
                }
                self.commit().await;
                self.again_at = Some(Instant::now() + pause);
                true
            }
            None => {
                if rested {
                    self.tools.notices.tell(Notice::PluginRecovered { plugin: plugin() });
                }
                false
            }
        }
    }

    /// Keeps how far the delivery in progress is, and counts the failure if it is the plugin's.
    async fn save_progress(&mut self, failure: Failure, outcome: &Outcome) {
        self.commit().await;
        let (plugin, progress) = (self.plugin.clone(), self.lane.progress());
        let failure = (outcome.blame() == Some(Blame::Guest)).then_some(failure);
        let saved = self
            .tools
            .storage
            .ask(move |database| database.put_off(&plugin, progress, failure.as_ref()))
            .await;
        if let Err(error) = saved {
            self.trouble("save how often an event was tried", &error);
        }
    }

    /// How long to wait before a call in doubt can be looked for: it may still be under way at the site.
    pub(super) fn doubt_pause(&self, entry: &JournalEntry, callback: &str) -> Option<Duration> {
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

    pub(super) async fn call(
        &mut self,
        callback: &str,
        entry: &JournalEntry,
        attempt: u32,
    ) -> Report {
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

    async fn stop(&mut self, callback: &str, failure: Failure, outcome: &Outcome) {
        self.commit().await;
        self.stopped = true;
        let (plugin, event) = (self.plugin.clone(), failure.event);
        let saved =
            self.tools.storage.ask(move |database| database.stop_plugin(&plugin, &failure)).await;
        if let Err(error) = saved {
            self.trouble("save that a plugin stopped", &error);
        }
        self.tools.notices.tell(Notice::PluginStopped {
            plugin: self.plugin.to_string(),
            callback: callback.to_owned(),
            event,
            why: outcome.to_string(),
        });
    }

    /// Saves what is finished: position, key-values and counters in one transaction. Does not return before it is saved: to go
    /// on would be to do things that cannot be remembered. Unless the lane is to end, and does nothing more.
    pub(super) async fn commit(&mut self) {
        let Some(saving) = Saving::take(&self.plugin, &mut self.lane, &mut self.unsaved) else {
            return;
        };
        let saving = Arc::new(saving);
        for tries in 1_u32.. {
            let saving = saving.clone();
            let saved = self.tools.storage.ask(move |database| saving.perform(database));
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

    pub(super) fn tell(
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

    pub(super) fn trouble(&self, doing: &'static str, error: &dyn std::error::Error) {
        let why = format!("{} (plugin `{}`)", chain(error), self.plugin);
        self.tools.notices.tell(Notice::HostTrouble { doing, why });
    }
}
