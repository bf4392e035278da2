//! What one plugin does next. Pure: is told what happened and when, and says what to do; `lane::worker` does it.
//!
//! A lane looks at the entries of the journal one after the other. An entry for a callback that wants it is a delivery. As a
//! rule deliveries are made one after the other, in journal order. Where the operator allows it, those of different entities
//! are made side by side; and a callback that gathers is handed the entries of one entity together, a while after the
//! first arrived. So deliveries can be finished beyond the position: everything up to the position is finished, and what
//! is finished beyond it is remembered by name. Positions are committed in groups where nothing would be repeated by losing
//! them, and at once after an effect.

pub mod background;
mod calling;
mod commands;
mod delivery;
pub mod failing;
pub mod guest;
mod queues;
mod redrive;
mod saving;
pub mod standing;
pub mod version;
pub mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use database::{Delivered, Pause, PluginRow, Progress};
use eventlog::Seq;
use runtime::Outcome;

use crate::clock::Instant;
pub use delivery::{Arrival, Delivery, Next, Now, Plan, Planned, Verdict};
use failing::{Failing, Policy};
use queues::{Item, Key, Queues};

/// How long finished deliveries without effects may stay uncommitted: what a crash makes a plugin see again.
const COMMIT_AFTER: Duration = Duration::from_millis(100);

/// And how many of them.
const COMMIT_EVENTS: u64 = 1000;

/// How many entries beyond the position can be looked at. Those that are finished are written with every commit.
const AHEAD_MAX: usize = 1000;

/// The state of one plugin's way through the journal. `E` is an entry, for whoever makes the deliveries.
#[derive(Debug)]
pub struct Lane<E> {
    plan: Plan,
    /// Spreads the pauses of plugins that fail together.
    salt: u64,
    /// How often the operator had moved the position.
    moves: u64,
    /// Everything up to here is finished.
    position: Seq,
    /// Everything up to here was looked at.
    loaded: Seq,
    /// How many deliveries of an entry beyond the position are not finished.
    open: BTreeMap<Seq, usize>,
    /// The deliveries beyond the position that are.
    finished: BTreeSet<Delivered>,
    /// How far those are that were tried, and are not.
    tried: BTreeMap<Delivered, Tried>,
    queues: Queues<E>,
    /// Nothing beyond it is delivered: another plugin comes first.
    ceiling: Option<Seq>,
    /// Until when the plugin rests.
    rests_until: Option<Instant>,
    /// How many deliveries were given up since the last one that went well.
    failed_in_row: u32,
    uncommitted: Uncommitted,
    /// The position as it was last committed.
    committed: Seq,
}

/// How far a delivery is that was tried.
#[derive(Debug, Clone, Copy, Default)]
struct Tried {
    progress: Progress,
    /// How often in a row the site, or the host, has failed it.
    site_failures: u32,
}

/// What was finished since the last commit.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Uncommitted {
    since: Option<Instant>,
    /// Deliveries that were finished.
    pub handled: u64,
    effects: bool,
}

impl<E: Clone> Lane<E> {
    /// A lane that goes on where a plugin was. It delivers nothing before it has a plan.
    pub fn new(row: &PluginRow, tried: Vec<(Delivered, Progress)>) -> Self {
        let tried = tried
            .into_iter()
            .map(|(delivery, progress)| (delivery, Tried { progress, site_failures: 0 }));
        Self {
            plan: Plan { parallel: 1, callbacks: Vec::new() },
            salt: failing::salt(&row.name),
            moves: row.moves,
            position: row.position,
            loaded: row.position,
            open: BTreeMap::new(),
            finished: row.finished.iter().cloned().collect(),
            tried: tried.collect(),
            queues: Queues::default(),
            ceiling: None,
            rests_until: None,
            failed_in_row: row.failed_in_row,
            uncommitted: Uncommitted::default(),
            committed: row.position,
        }
    }

    /// Goes on by another plan. What was looked at is looked at again, as the new version may want something else.
    pub fn follow(&mut self, plan: Plan) {
        self.plan = plan;
        self.look_again();
    }

    /// Forgets what was looked at. Nothing may be under way.
    fn look_again(&mut self) {
        assert_eq!(self.queues.running(), 0, "what is under way was waited for");
        self.queues = Queues::default();
        self.open.clear();
        self.loaded = self.position;
    }

    /// Everything up to here is finished.
    pub fn position(&self) -> Seq {
        self.position
    }

    /// Everything up to here was looked at.
    pub fn loaded(&self) -> Seq {
        self.loaded
    }

    /// How often the operator had moved the position when this lane took it over.
    pub fn moves(&self) -> u64 {
        self.moves
    }

    /// The deliveries beyond the position that are finished.
    pub fn finished(&self) -> impl Iterator<Item = &Delivered> {
        self.finished.iter()
    }

    /// Whether as many deliveries are under way as can be.
    pub fn is_busy(&self) -> bool {
        self.queues.running() >= self.plan.parallel
    }

    /// Whether it matters which entity an entry is about.
    pub fn needs_entities(&self) -> bool {
        !self.plan.is_strict()
    }

    /// Lets nothing beyond a place be delivered; none for everything.
    pub fn set_ceiling(&mut self, ceiling: Option<Seq>) {
        self.ceiling = ceiling;
    }

    /// What to do. `has_more` says that there are entries that were not looked at.
    pub fn next(&mut self, now: Instant, has_more: bool) -> Next<E> {
        self.queues.wake(now);
        let loads = has_more && self.has_room();
        // What is gathered is to hold everything that has arrived.
        if loads && self.plan.gathers() {
            return Next::Load;
        }
        if let Some(delivery) = self.startable(now) {
            return Next::Start(delivery);
        }
        if loads {
            return Next::Load;
        }
        let is_stuck = has_more && self.queues.running() == 0 && self.rests_until.is_none();
        if is_stuck && self.queues.wake_first(|key| matches!(key, Key::Gathered(..))) {
            // There is no room for more: what is gathered has to do.
            return self.next(now, has_more);
        }
        let due = self.queues.next_due().filter(|_| !self.is_busy());
        let due = [due, self.rests_until, self.commit_timeout()];
        Next::Wait(due.into_iter().flatten().min())
    }

    fn has_room(&self) -> bool {
        match self.plan.is_strict() {
            true => self.open.is_empty(),
            false => self.open.len() + self.finished.len() < AHEAD_MAX,
        }
    }

    /// The first delivery that can be made now, which is under way from here on.
    fn startable(&mut self, now: Instant) -> Option<Delivery<E>> {
        if self.is_busy() || self.rests_until.is_some_and(|until| until > now) {
            return None;
        }
        self.rests_until = None;
        let below_ceiling = |seq: Seq| self.ceiling.is_none_or(|ceiling| seq <= ceiling);
        let (key, items) = self.queues.ready().find_map(|key| {
            let items = self.members(key);
            let last = items.last().expect("a queue is never empty").seq;
            below_ceiling(last).then(|| (key.clone(), items))
        })?;
        self.queues.start(&key);
        let callback = items[0].callback;
        let name = self.plan.callbacks[callback].name.clone();
        let mut delivery = Delivery { key, callback, name, items, attempt: 1 };
        if !self.tried.is_empty() {
            let tried = self.tried.get(&delivery.stored()).copied().unwrap_or_default();
            delivery.attempt += tried.progress.attempts;
        }
        Some(delivery)
    }

    /// What is handed over together with the head of a queue: the head itself, and what was gathered.
    fn members(&self, key: &Key) -> Vec<Item<E>> {
        let mut items = self.queues.items(key);
        let head = items.next().expect("a queue is never empty").clone();
        let mut members = vec![head];
        if let Some(window) = members[0].window {
            let until = members[0].arrived.plus(window);
            members.extend(items.take_while(|item| item.arrived < until).cloned());
        }
        members
    }

    /// Looks at the next entry; whether there is something to deliver. `wanted` are the callbacks that want it.
    pub fn load(
        &mut self,
        arrival: Arrival<'_, E>,
        wanted: impl Iterator<Item = usize>,
        now: Now,
    ) -> bool {
        let Arrival { seq, entity, arrived, entry } = arrival;
        assert_eq!(seq, self.loaded.next(), "no entry is passed over");
        self.loaded = seq;
        let mut open = 0;
        for callback in wanted {
            if self.is_finished(seq, callback) {
                continue;
            }
            let (key, window) = self.queue(callback, entity);
            let item = Item { seq, callback, arrived, window, entry: entry.clone() };
            let due = due(&self.plan, &self.tried, &item, now);
            self.queues.push(key, item, due);
            open += 1;
        }
        if open > 0 {
            self.open.insert(seq, open);
        } else {
            self.advance(now.at);
        }
        open > 0
    }

    fn is_finished(&self, seq: Seq, callback: usize) -> bool {
        !self.finished.is_empty() && self.finished.contains(&self.stored(seq, callback))
    }

    fn stored(&self, seq: Seq, callback: usize) -> Delivered {
        Delivered { seq, callback: self.plan.callbacks[callback].name.to_string() }
    }

    /// Which queue a delivery belongs to, and for how long it is gathered there.
    fn queue(&self, callback: usize, entity: Option<(&str, u64)>) -> (Key, Option<Duration>) {
        let window = self.plan.callbacks[callback].coalesce;
        match entity {
            Some((entity_type, id)) if window.is_some() => {
                (Key::Gathered(callback, entity_type.into(), id), window)
            }
            Some((entity_type, id)) if self.plan.parallel > 1 => {
                (Key::Entity(entity_type.into(), id), None)
            }
            _ => (Key::Shared, None),
        }
    }

    /// A delivery is left for later, without having been tried.
    pub fn delay(&mut self, delivery: &Delivery<E>, pause: Duration, now: Instant) {
        self.queues.put_off(&delivery.key, Some(now + pause));
    }

    /// A delivery is put aside without having been made: it is held back for a project that is halted.
    pub fn hold_back(&mut self, delivery: &Delivery<E>, now: Now) {
        self.finish(delivery, now);
    }

    /// A delivery is left as it is, without having been made: the plugin is about to stop.
    pub fn leave(&mut self, delivery: &Delivery<E>) {
        self.queues.put_off(&delivery.key, None);
    }

    /// A delivery ended. `effects` says that it changed something outside, or may have.
    pub fn ended(
        &mut self,
        delivery: &Delivery<E>,
        outcome: &Outcome,
        effects: bool,
        policy: &Policy,
        now: Now,
    ) -> Verdict {
        self.uncommitted.effects |= effects;
        let verdict = self.judge(delivery, outcome, policy, now);
        match verdict {
            Verdict::Finished => {
                self.uncommitted.handled += delivery.items.len() as u64;
                self.failed_in_row = 0;
            }
            Verdict::GivenUp | Verdict::PutAside => {
                self.failed_in_row = self.failed_in_row.saturating_add(1);
            }
            Verdict::HeldBack(_) => {}
            Verdict::Again(pause) => {
                self.queues.put_off(&delivery.key, Some(now.at + pause));
                return verdict;
            }
            Verdict::Pending | Verdict::Stop => {
                self.queues.put_off(&delivery.key, None);
                return verdict;
            }
        }
        self.finish(delivery, now);
        verdict
    }

    fn finish(&mut self, delivery: &Delivery<E>, now: Now) {
        if !self.tried.is_empty() {
            self.tried.remove(&delivery.stored());
        }
        for item in &delivery.items {
            let open = self.open.get_mut(&item.seq).expect("what is delivered is open");
            *open -= 1;
            if *open == 0 {
                self.open.remove(&item.seq);
            }
        }
        let beyond = self.first_open();
        for item in delivery.items.iter().filter(|item| item.seq >= beyond) {
            self.finished.insert(Delivered { seq: item.seq, callback: delivery.name.to_string() });
        }
        let (plan, tried) = (&self.plan, &self.tried);
        let count = delivery.items.len();
        self.queues.finish(&delivery.key, count, |next| due(plan, tried, next, now));
        self.uncommitted.since.get_or_insert(now.at);
        self.advance(now.at);
    }

    /// The first entry that is not finished, or was not looked at.
    fn first_open(&self) -> Seq {
        self.open.first_key_value().map_or(self.loaded.next(), |(first, _)| *first)
    }

    /// Moves the position past everything that is finished.
    fn advance(&mut self, now: Instant) {
        let position = Seq(self.first_open().0 - 1);
        if position == self.position {
            return;
        }
        self.position = position;
        self.uncommitted.since.get_or_insert(now);
        let first = Delivered { seq: position.next(), callback: String::new() };
        if !self.finished.is_empty() {
            self.finished = self.finished.split_off(&first);
        }
        if !self.tried.is_empty() {
            self.tried = self.tried.split_off(&first);
        }
    }

    fn judge(
        &mut self,
        delivery: &Delivery<E>,
        outcome: &Outcome,
        policy: &Policy,
        now: Now,
    ) -> Verdict {
        let Some(failure) = Failing::of(outcome) else { return Verdict::Finished };
        // A plugin that only fails is tried out with one call, not with all its attempts.
        let is_failing = failing::rest(&policy.breaker, self.failed_in_row).is_some();
        let attempts = if is_failing { 1 } else { policy.retry.attempts };
        let salt = self.salt;
        let pause = match failure {
            Failing::Halted(None) => return Verdict::Pending,
            Failing::Halted(Some(project)) => return Verdict::HeldBack(project),
            Failing::AsksForLater(pause) => pause,
            // Neither is the plugin's doing, and the same call can work later: its policy is not asked.
            Failing::Outside => {
                let tried = self.tried(delivery);
                tried.site_failures += 1;
                failing::site_pause(tried.site_failures)
            }
            Failing::Transient | Failing::Permanent => {
                let tried = self.tried(delivery);
                tried.progress.failures += 1;
                let failures = tried.progress.failures;
                if failure == Failing::Permanent || failures >= attempts {
                    return policy.at_last();
                }
                failing::pause(&policy.retry, failures, salt ^ delivery.seq().0)
            }
        };
        self.tried(delivery).progress.pause = Some(Pause { since: now.time, length: pause });
        Verdict::Again(pause)
    }

    /// Of a delivery that was tried.
    fn tried(&mut self, delivery: &Delivery<E>) -> &mut Tried {
        let tried = self.tried.entry(delivery.stored()).or_default();
        tried.progress.attempts = delivery.attempt;
        tried
    }

    /// How far a delivery is that was tried.
    pub fn progress(&self, delivery: &Delivery<E>) -> Progress {
        self.tried.get(&delivery.stored()).map(|tried| tried.progress).unwrap_or_default()
    }

    /// Delivers nothing until a moment: the plugin does nothing but fail.
    pub fn rest_until(&mut self, moment: Instant) {
        self.rests_until = Some(moment);
    }

    /// A dead letter was handed over, and is finished.
    pub fn redriven(&mut self, now: Instant) {
        self.uncommitted.handled += 1;
        self.uncommitted.since.get_or_insert(now);
    }

    /// How many deliveries were given up since the last one that went well.
    pub fn failed_in_row(&self) -> u32 {
        self.failed_in_row
    }

    /// The operator lets a stopped plugin go on, or its file changed: it has all its attempts again, at once.
    pub fn forgive(&mut self) {
        self.tried.clear();
        self.failed_in_row = 0;
        self.rests_until = None;
        self.look_again();
    }

    /// Whether what is finished has to be committed before anything else happens.
    pub fn must_commit(&self, now: Instant) -> bool {
        self.uncommitted.effects
            || self.position.0 - self.committed.0 >= COMMIT_EVENTS
            || self.commit_timeout().is_some_and(|due| due <= now)
    }

    /// Whether deliveries are finished that are not committed.
    pub fn has_handled(&self) -> bool {
        self.uncommitted.handled > 0 || self.uncommitted.effects
    }

    /// When what is finished has to be committed at the latest.
    fn commit_timeout(&self) -> Option<Instant> {
        self.uncommitted.since.map(|since| since + COMMIT_AFTER)
    }

    /// Takes what is to be committed with the position; none if there is nothing.
    pub fn take_uncommitted(&mut self) -> Option<Uncommitted> {
        let uncommitted = std::mem::take(&mut self.uncommitted);
        self.committed = self.position;
        uncommitted.since.is_some().then_some(uncommitted)
    }
}

/// When a delivery can be made once it is its turn: when its time to be tried again comes, or when all has been gathered.
fn due<E>(
    plan: &Plan,
    tried: &BTreeMap<Delivered, Tried>,
    item: &Item<E>,
    now: Now,
) -> Option<Instant> {
    let gathered = item.window.map(|window| {
        // A clock that was set back makes nobody wait for longer than that.
        item.arrived.plus(window).since(now.time).min(window)
    });
    let again = (!tried.is_empty()).then(|| {
        let delivery =
            Delivered { seq: item.seq, callback: plan.callbacks[item.callback].name.to_string() };
        Some(tried.get(&delivery)?.progress.pause?.left(now.time))
    });
    let pause = gathered.max(again.flatten()).filter(|pause| !pause.is_zero())?;
    Some(now.at + pause)
}

#[cfg(test)]
mod tests;
