//! The effect journal of one plugin: on disk, and in memory what is open, so that a delivery without effects costs nothing.

mod evidence;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use database::{AuditKind, Database, DeliveryKey, EffectRow, NewAuditRecord, QueryError};
use eventlog::{EventId, Timestamp};
use runtime::{
    Beginning, Created, Digest, Effect, EffectJournal, Effects, Ending, EndingKind, Evidence,
    JournalError, RequestDigest, SiteWrite, Stored,
};

use crate::clock::{self, Instant};
use crate::failure::chain;
use crate::storage::Storage;
use crate::storm::Storms;

/// What a plugin's deliveries have changed that are not finished.
pub struct EffectBook {
    plugin: Arc<str>,
    storage: Storage,
    storms: Storms,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    deliveries: BTreeMap<(EventId, String), Vec<Remembered>>,
    /// The newest record of each type that is older than any call in doubt.
    below: BTreeMap<String, u64>,
}

struct Remembered {
    effect: Effect,
    intended_at: Timestamp,
    /// When it last went out, as far as this process knows: not before it began to remember. By the clock that nobody sets.
    sent_at: Instant,
}

/// What the database keeps of a plugin's effects.
pub struct StoredEffects {
    pub effects: Vec<EffectRow>,
    pub newest_created: Vec<Created>,
}

impl StoredEffects {
    /// Loads what is kept of a plugin.
    pub fn load(database: &Database, plugin: &str) -> Result<Self, QueryError> {
        let effects = database.effects(plugin)?;
        Ok(Self { effects, newest_created: database.newest_created(plugin)? })
    }
}

/// The part of one delivery.
struct DeliveryEffects {
    book: Arc<EffectBook>,
    event: EventId,
    callback: String,
    /// The version that is called.
    digest: Digest,
}

impl EffectBook {
    /// The effects as they were stored.
    pub fn new(plugin: Arc<str>, storage: Storage, storms: Storms, stored: StoredEffects) -> Self {
        let mut open =
            Open { below: stored.newest_created.into_iter().collect(), ..Open::default() };
        for row in stored.effects {
            let key = (row.delivery.event, row.delivery.callback.clone());
            open.deliveries.entry(key).or_default().push(Remembered::from(row));
        }
        Self { plugin, storage, storms, open: Mutex::new(open) }
    }

    /// What is remembered of a delivery, for its next attempt, which is this version's.
    pub fn of(self: &Arc<Self>, event: EventId, callback: &str, digest: Digest) -> Effects {
        let key = (event, callback.to_owned());
        let remembered =
            self.open().deliveries.get(&key).map(|all| {
                all.iter().map(|remembered| remembered.effect.clone()).collect::<Vec<_>>()
            });
        let (event, callback) = key;
        let journal = DeliveryEffects { book: self.clone(), event, callback, digest };
        Effects::new(remembered.unwrap_or_default(), Arc::new(journal))
    }

    /// When the newest call of a delivery may have gone out of which nobody knows whether it was made; none if there is none.
    pub fn in_doubt_since(&self, event: EventId, callback: &str) -> Option<Instant> {
        let open = self.open();
        if open.deliveries.is_empty() {
            return None;
        }
        let remembered = open.deliveries.get(&(event, callback.to_owned()))?;
        let in_doubt = remembered.iter().filter(|remembered| remembered.effect.answer.is_none());
        in_doubt.map(|remembered| remembered.sent_at).max()
    }

    /// A delivery is finished. Whether there is something to drop in the database.
    pub fn settle(&self, event: EventId, callback: &str) -> bool {
        let mut open = self.open();
        !open.deliveries.is_empty()
            && open.deliveries.remove(&(event, callback.to_owned())).is_some()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DeliveryEffects {
    fn key(&self) -> DeliveryKey {
        DeliveryKey {
            plugin: self.book.plugin.to_string(),
            event: self.event,
            callback: self.callback.clone(),
        }
    }

    /// Keeps an effect in memory, in the place of what was kept of it.
    fn remember(&self, effect: &Effect, intended_at: Timestamp, created: &[Created]) {
        let mut open = self.book.open();
        let all = open.deliveries.entry((self.event, self.callback.clone())).or_default();
        all.retain(|known| known.effect.number != effect.number);
        all.push(Remembered { effect: effect.clone(), intended_at, sent_at: Instant::now() });
        all.sort_by_key(|known| known.effect.number);
        for (entity_type, id) in created {
            let newest = open.below.entry(entity_type.clone()).or_default();
            *newest = (*newest).max(*id);
        }
    }

    async fn store(
        &self,
        effect: &Effect,
        intended_at: Timestamp,
        created: &[Created],
        record: NewAuditRecord,
    ) -> Result<(), JournalError> {
        self.remember(effect, intended_at, created);
        let row = EffectRow {
            delivery: self.key(),
            number: effect.number,
            function: effect.function.clone(),
            subject: effect.subject.clone(),
            request: effect.request.0.to_vec(),
            intended_at,
            answer: effect.answer.clone(),
        };
        let created = created.to_vec();
        self.tell(move |database| database.store_effect(&row, &created, &record)).await
    }

    async fn tell(
        &self,
        change: impl FnOnce(&mut Database) -> Result<(), QueryError> + Send + 'static,
    ) -> Result<(), JournalError> {
        self.book.storage.ask(change).await.map_err(|error| JournalError(chain(&error)))
    }

    async fn intend(
        &self,
        effect: &Effect,
        below: &[Created],
        evidence: &Evidence,
    ) -> Result<(), JournalError> {
        // Calls side by side may ask for the newest record at once. Only the first to know it knew it before any of them was made.
        let below: Vec<Created> = {
            let known = &self.book.open().below;
            let is_new = |(entity_type, _): &&Created| !known.contains_key(entity_type);
            below.iter().filter(is_new).cloned().collect()
        };
        let record = self.before(effect, AuditKind::Intended, evidence);
        let stored = self.store(effect, record.at, &below, record).await;
        if stored.is_err() {
            // It does not go out.
            self.forget(effect.number);
        }
        stored
    }

    fn intended_at(&self, number: u32) -> Option<Timestamp> {
        let open = self.book.open();
        let all = open.deliveries.get(&(self.event, self.callback.clone()))?;
        all.iter().find(|known| known.effect.number == number).map(|known| known.intended_at)
    }

    /// Whether no other call of the plugin is in doubt.
    fn is_only_doubt(&self, number: u32) -> bool {
        let open = self.book.open();
        let mut all = open.deliveries.iter().flat_map(|((event, callback), all)| {
            let is_ours = *event == self.event && *callback == self.callback;
            all.iter().map(move |known| (is_ours, &known.effect))
        });
        all.all(|(is_ours, effect)| effect.answer.is_some() || (is_ours && effect.number == number))
    }

    fn forget(&self, number: u32) {
        let mut open = self.book.open();
        let key = (self.event, self.callback.clone());
        let Some(all) = open.deliveries.get_mut(&key) else { return };
        all.retain(|known| known.effect.number != number);
        if all.is_empty() {
            open.deliveries.remove(&key);
        }
    }
}

impl EffectJournal for DeliveryEffects {
    fn begin<'a>(
        &'a self,
        effect: &'a Effect,
        beginning: Beginning<'a>,
        evidence: &'a Evidence,
    ) -> Stored<'a> {
        let kind = match beginning {
            Beginning::New { below } => return Box::pin(self.intend(effect, below, evidence)),
            Beginning::Repeated => AuditKind::Repeated,
            Beginning::Pretended => AuditKind::Pretended,
        };
        let record = self.before(effect, kind, evidence);
        // A repetition that cannot be stored does not go out; the doubt stays as it was on disk.
        Box::pin(self.store(effect, record.at, &[], record))
    }

    fn end<'a>(
        &'a self,
        effect: &'a Effect,
        created: &'a [Created],
        ending: &'a Ending,
    ) -> Stored<'a> {
        let record = self.after(effect, ending);
        match ending.kind {
            EndingKind::Answered | EndingKind::Found => {
                let intended_at = self.intended_at(effect.number).unwrap_or_else(clock::now);
                // What another call made that is in doubt may be older than this: it would not be looked for.
                let created = if self.is_only_doubt(effect.number) { created } else { &[] };
                Box::pin(self.store(effect, intended_at, created, record))
            }
            EndingKind::NotMade => {
                self.forget(effect.number);
                Box::pin(self.tell(move |database| database.forget_effect(&record)))
            }
            EndingKind::InDoubt => {
                Box::pin(self.tell(move |database| database.note_effect(&record)))
            }
        }
    }

    fn below(&self, entity_type: &str) -> Option<u64> {
        self.book.open().below.get(entity_type).copied()
    }

    fn writes(&self, writes: &[SiteWrite]) {
        self.book.storms.wrote(&self.book.plugin, self.event, writes);
    }
}

impl From<EffectRow> for Remembered {
    fn from(row: EffectRow) -> Self {
        // A digest of another length is of no call that is made now.
        let request = RequestDigest(row.request.try_into().unwrap_or_default());
        let effect = Effect {
            number: row.number,
            function: row.function,
            subject: row.subject,
            request,
            answer: row.answer,
        };
        Self { effect, intended_at: row.intended_at, sent_at: Instant::now() }
    }
}

#[cfg(test)]
mod tests;
