//! The task that runs one plugin: takes entries from the journal, calls the guest, commits. What to do is `Lane`'s to say.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use database::{Delivered as StoredDelivery, Halting, PluginRow, PluginState, Progress};
use eventlog::Seq;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use runtime::Gate;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::calling::{Called, EntryRef};
use super::redrive::Redrives;
use super::saving::{Saving, Unsaved};
use super::standing::{self, Standing, Standings};
use super::version::Version;
use super::{Arrival, Lane, Next};
use crate::clock;
use crate::effects::{EffectBook, StoredEffects};
use crate::failure::chain;
use crate::halts::Halts;
use crate::journal::{Journal, JournalPage};
use crate::news::Follower;
use crate::notice::{Notice, Notices};
use crate::storage::Storage;
use crate::storm::{Loop, Storms};
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
    pub storage: Storage,
    pub journal: Journal,
    pub notices: Notices,
    pub timing: Option<TimingLog>,
    pub standings: Standings,
    pub halts: Halts,
    pub storms: Storms,
    /// How long a call of which nobody knows whether it was made is left alone before it is looked for.
    pub doubt_wait: Duration,
}

/// What the rest of the host tells a lane. Obeyed between two events. When nobody is left to tell it anything, the lane
/// finishes the calls in progress, saves, and ends.
pub enum Command {
    /// Go on with this version. Resumes a plugin that a failure stopped.
    Run(Box<Version>),
    /// Be as the database says now: enabled or not, stopped or not.
    Follow {
        /// Whether the configuration lets the plugin run; if not, it is off, whatever the database says.
        is_allowed: bool,
    },
}

/// What the database keeps of a plugin that is to be run.
pub struct StoredPlugin {
    pub row: PluginRow,
    /// How far its deliveries are that were tried.
    pub attempts: Vec<(StoredDelivery, Progress)>,
    pub effects: StoredEffects,
}

/// One plugin's lane, running.
pub struct Worker {
    pub(super) plugin: Arc<str>,
    pub(super) tools: Tools,
    pub(super) commands: mpsc::Receiver<Command>,
    /// Tells when there are more entries.
    last: Follower<Seq>,
    /// Tells when a plugin goes on that this one may come after.
    others: Follower<standing::All>,
    /// Tells when the operator halts something, or releases it.
    halts: Follower<Halting>,
    pub(super) gate: Gate,
    /// Tells when plugins are to stop that set each other off.
    storms: Follower<BTreeMap<Arc<str>, Arc<Loop>>>,
    pub(super) lane: Lane<EntryRef>,
    pub(super) version: Option<Version>,
    /// The version that runs, or ran last.
    pub(super) digest: Option<String>,
    pub(super) enabled: bool,
    /// A failure stopped the version.
    pub(super) stopped: bool,
    /// The calls in progress.
    pub(super) calls: FuturesUnordered<BoxFuture<'static, Called>>,
    /// The page whose entries are looked at, and the next of them.
    page: Option<(JournalPage, usize)>,
    /// The dead letters that are to be handed over again.
    pub(super) redrives: Redrives,
    /// What the deliveries that are not finished have changed.
    pub(super) effects: Arc<EffectBook>,
    pub(super) unsaved: Unsaved,
    /// The journal could not be read, which was told.
    is_journal_broken: bool,
    /// That it waits for a plugin that does not go on was told.
    is_wait_told: bool,
    calls_this_turn: u32,
}

impl Worker {
    /// A lane that goes on where the database says.
    pub fn new(stored: StoredPlugin, tools: Tools, commands: mpsc::Receiver<Command>) -> Self {
        let StoredPlugin { row, attempts, effects } = stored;
        let plugin: Arc<str> = row.name.as_str().into();
        let effects =
            EffectBook::new(plugin.clone(), tools.storage.clone(), tools.storms.clone(), effects);
        let worker = Self {
            plugin,
            effects: Arc::new(effects),
            unsaved: Unsaved::default(),
            redrives: Redrives::default(),
            last: tools.journal.follow(),
            others: tools.standings.changes(),
            halts: tools.halts.follow(),
            storms: tools.storms.follow(),
            gate: tools.halts.gate(&row.name),
            tools,
            commands,
            lane: Lane::new(&row, attempts),
            version: None,
            enabled: row.enabled,
            stopped: matches!(row.state, PluginState::Stopped { .. }),
            digest: row.digest,
            calls: FuturesUnordered::new(),
            page: None,
            is_journal_broken: false,
            is_wait_told: false,
            calls_this_turn: 0,
        };
        worker.publish();
        worker
    }

    /// Runs until it is told to end.
    pub async fn run(mut self) {
        while self.turn().await.is_continue() {}
        self.commit().await;
    }

    /// Looks around once: obeys, or works, or waits. Breaks when told to end.
    async fn turn(&mut self) -> ControlFlow<()> {
        if self.halts.has_changed() {
            self.halts.mark_seen();
            self.redrives.begin_again();
            self.publish();
        }
        if self.storms.has_changed() {
            self.storms.mark_seen();
            if let Some(found) = self.tools.storms.stopped(&self.plugin).filter(|_| !self.stopped) {
                self.stop_in_storm(&found).await;
            }
        }
        match self.commands.try_recv() {
            Ok(command) => {
                self.finish_calls().await;
                self.obey(command).await;
                return ControlFlow::Continue(());
            }
            Err(mpsc::error::TryRecvError::Disconnected) => {
                self.finish_calls().await;
                return ControlFlow::Break(());
            }
            Err(mpsc::error::TryRecvError::Empty) => {}
        }
        if !self.is_running() {
            self.finish_calls().await;
            self.commit().await;
            return self.wait(None).await;
        }
        if self.redrives.take_turn() {
            self.finish_calls().await;
            self.redrive().await;
            return ControlFlow::Continue(());
        }
        self.work().await
    }

    pub(super) fn is_running(&self) -> bool {
        self.enabled && !self.stopped && self.version.is_some() && !self.gate.is_closed()
    }

    pub(super) fn version(&mut self) -> &mut Version {
        self.version.as_mut().expect("a lane works only while it has a version")
    }

    /// Does what the lane says until there is a reason to look around.
    async fn work(&mut self) -> ControlFlow<()> {
        self.observe_others();
        while self.commands.is_empty()
            && !self.is_to_end()
            && self.is_running()
            && !self.halts.has_changed()
            && !self.storms.has_changed()
        {
            self.last.mark_seen();
            let now = Instant::now();
            if self.lane.must_commit(now) {
                // An effect is on disk as done before the next call can have one.
                self.commit().await;
            }
            let has_more = self.tools.journal.last() > self.lane.loaded();
            match self.lane.next(now, has_more) {
                Next::Start(delivery) => {
                    self.take_turns().await;
                    self.start(delivery);
                    if self.redrives.is_due() {
                        break;
                    }
                }
                Next::Load => {
                    if self.load().await.is_break() {
                        return self.wait(Some(Instant::now() + DATABASE_RETRY)).await;
                    }
                }
                Next::Wait(_) if self.lane.is_busy() => self.next_call().await,
                Next::Wait(_) if self.redrives.is_due() => break,
                Next::Wait(until) => {
                    self.publish();
                    return self.wait(until).await;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Looks at the next entries: those of a page, as long as none of them is wanted. Breaks if they cannot be read, which is told
    /// once.
    async fn load(&mut self) -> ControlFlow<()> {
        let next = self.lane.loaded().next();
        let is_at_hand = self
            .page
            .as_ref()
            .is_some_and(|(page, index)| page.get(*index).is_some_and(|entry| entry.seq == next));
        if !is_at_hand {
            let read = self.tools.journal.after(self.lane.loaded()).await;
            let was_broken = std::mem::replace(&mut self.is_journal_broken, read.is_err());
            match read {
                Ok(found) => self.page = found,
                Err(error) => {
                    if !was_broken {
                        self.trouble("read the journal; trying again until that works", &error);
                    }
                    return ControlFlow::Break(());
                }
            }
        }
        let Some((page, index)) = &mut self.page else { return ControlFlow::Continue(()) };
        let version = self.version.as_ref().expect("a lane works only while it has a version");
        let now = clock::moment();
        while let Some(entry) = page.get(*index) {
            let wanted = version.matcher.callbacks(&entry.entry);
            let entity =
                if self.lane.needs_entities() { entry.event().entity.as_ref() } else { None };
            let arrival = Arrival {
                seq: entry.seq,
                entity: entity.map(|entity| (entity.entity_type.as_str(), entity.id)),
                arrived: entry.received_at,
                entry: EntryRef::new(page.clone(), *index),
            };
            *index += 1;
            if self.lane.load(arrival, wanted, now) {
                break;
            }
        }
        ControlFlow::Continue(())
    }

    /// Waits for one call to end, and does what follows.
    async fn next_call(&mut self) {
        if let Some(called) = self.calls.next().await {
            self.conclude(called).await;
        }
    }

    /// Waits for all calls in progress.
    pub(super) async fn finish_calls(&mut self) {
        while !self.calls.is_empty() {
            self.next_call().await;
        }
    }

    /// Waits for a command, for a new entry, for a call to end, for another plugin, for a dead letter to be due, or for a moment.
    async fn wait(&mut self, until: Option<Instant>) -> ControlFlow<()> {
        let redrive = self.redrives.due();
        let until = [until, redrive].into_iter().flatten().min();
        let works = self.is_running();
        let comes_after =
            self.version.as_ref().is_some_and(|version| !version.options.after.is_empty());
        tokio::select! {
            biased;
            command = self.commands.recv() => match command {
                Some(command) => {
                    self.finish_calls().await;
                    self.obey(command).await;
                }
                None => {
                    self.finish_calls().await;
                    return ControlFlow::Break(());
                }
            },
            Some(called) = self.calls.next(), if !self.calls.is_empty() => self.conclude(called).await,
            () = self.last.changed(), if works => {}
            () = self.others.changed(), if comes_after => {}
            () = self.halts.unseen() => {}
            () = self.storms.unseen() => {}
            () = tokio::time::sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {}
        }
        ControlFlow::Continue(())
    }

    /// Learns how far it may go, where another plugin comes first.
    fn observe_others(&mut self) {
        let Some(version) = &self.version else { return };
        if version.options.after.is_empty() {
            return;
        }
        self.others.mark_seen();
        let ceiling = self.tools.standings.ceiling(&version.options.after);
        self.lane.set_ceiling(ceiling.as_ref().map(|ceiling| ceiling.seq));
        let held = ceiling
            .filter(|ceiling| !ceiling.is_running && ceiling.seq < self.tools.journal.last());
        let was_told = std::mem::replace(&mut self.is_wait_told, held.is_some());
        if let Some(held) = held.filter(|_| !was_told) {
            let (plugin, other) = (self.plugin.to_string(), held.plugin.to_string());
            self.tools.notices.tell(Notice::PluginWaits { plugin, other });
        }
    }

    /// Tells plugins that come after this one how far it is.
    pub(super) fn publish(&self) {
        let standings = &self.tools.standings;
        if !standings.is_followed(&self.plugin) || self.lane.has_handled() {
            return;
        }
        // What comes before this plugin comes before those after it, too, also with events that this one does not want.
        let after = self.version.as_ref().map_or(&[][..], |version| &version.options.after);
        let ceiling = standings.ceiling(after).map(|ceiling| ceiling.seq);
        let position = ceiling.into_iter().fold(self.lane.position(), Seq::min);
        let standing = Standing { position, is_running: self.is_running() };
        standings.publish(&self.plugin, self.enabled.then_some(standing));
    }

    async fn take_turns(&mut self) {
        self.calls_this_turn += 1;
        if self.calls_this_turn >= CALLS_PER_TURN {
            self.calls_this_turn = 0;
            tokio::task::yield_now().await;
        }
    }

    pub(super) fn is_to_end(&self) -> bool {
        self.commands.is_closed()
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
            let Err(error) = saved.await else { break };
            if self.is_to_end() && tries >= COMMITS_WHEN_ENDING {
                return self.trouble("save what a plugin has finished; it is done again", &error);
            }
            if tries == 1 {
                self.trouble("save what a plugin has finished; it waits until that works", &error);
            }
            tokio::time::sleep(DATABASE_RETRY).await;
        }
        self.publish();
    }

    pub(super) fn trouble(&self, doing: &'static str, error: &dyn std::error::Error) {
        let why = format!("{} (plugin `{}`)", chain(error), self.plugin);
        self.tools.notices.tell(Notice::HostTrouble { doing, why });
    }
}

impl Drop for Worker {
    /// Nobody waits for a plugin that is gone.
    fn drop(&mut self) {
        self.tools.standings.publish(&self.plugin, None);
    }
}

impl StoredPlugin {
    /// Loads what goes with a plugin's row.
    pub fn load(
        database: &database::Database,
        row: PluginRow,
    ) -> Result<Self, database::QueryError> {
        let attempts = database.attempts(&row.name)?;
        let effects = StoredEffects::load(database, &row.name)?;
        Ok(Self { row, attempts, effects })
    }
}
