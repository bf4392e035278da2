//! The effect journal: what plugins have changed outside, or may have, for events that they are not finished with.

use eventlog::{EventId, Timestamp};
use rusqlite::{Row, params};

use crate::audit::{self, NewAuditRecord};
use crate::checksum::Checksum;
use crate::open::Database;
use crate::query::{Query, QueryError};

#[cfg(test)]
mod tests;

const ALL: &str = "SELECT plugin, event, callback, number, function, subject, request, intended_at, answer, checksum FROM effect";
const OF_PLUGIN: &str =
    "SELECT plugin, event, callback, number, function, subject, request, intended_at, answer, checksum FROM effect
    WHERE plugin = ?1 ORDER BY event, callback, number";
const STORE: &str =
    "INSERT OR REPLACE INTO effect (plugin, event, callback, number, function, subject, request, intended_at, answer, checksum)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const FORGET: &str =
    "DELETE FROM effect WHERE plugin = ?1 AND event = ?2 AND callback = ?3 AND number = ?4";
const DROP: &str = "DELETE FROM effect WHERE plugin = ?1 AND event = ?2 AND callback = ?3";
const CREATED: &str = "SELECT entity_type, id FROM created WHERE plugin = ?1 ORDER BY entity_type";
const SET_CREATED: &str = "INSERT INTO created (plugin, entity_type, id) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET id = max(id, excluded.id)";

/// One delivery: an event on its way through one callback of one plugin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryKey {
    /// The plugin.
    pub plugin: String,
    /// The event.
    pub event: EventId,
    /// The callback.
    pub callback: String,
}

/// One call that changes something outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectRow {
    /// Whose call.
    pub delivery: DeliveryKey,
    /// Its place among the calls of its delivery, from 1.
    pub number: u32,
    /// The function of the contract.
    pub function: String,
    /// The entity type, or the name of a method.
    pub subject: String,
    /// A digest of what was asked, by which the same call is known again.
    pub request: Vec<u8>,
    /// When it was about to go out.
    pub intended_at: Timestamp,
    /// What came back, as JSON text. None while nobody knows whether the call was made.
    pub answer: Option<String>,
}

impl Database {
    /// The effects of a plugin's deliveries that are not finished, in order.
    pub fn effects(&self, plugin: &str) -> Result<Vec<EffectRow>, QueryError> {
        self.ask("load a plugin's effects").all(OF_PLUGIN, [plugin], EffectRow::read)
    }

    /// Stores a call that is about to be made, or, when it has its answer, that and the records it created: entity type
    /// and number. Stored again, it takes the place of what was stored. `record` is the evidence of it.
    pub fn store_effect(
        &mut self,
        effect: &EffectRow,
        created: &[(String, u64)],
        record: &NewAuditRecord,
    ) -> Result<(), QueryError> {
        self.change("store what a plugin changes", |query| {
            audit::append(query, record)?;
            effect.store(query)?;
            for (entity_type, id) in created {
                query.execute(SET_CREATED, params![effect.delivery.plugin, entity_type, id])?;
            }
            Ok(())
        })
    }

    /// Drops an effect that was certainly not made, which `record` says.
    pub fn forget_effect(&mut self, record: &NewAuditRecord) -> Result<(), QueryError> {
        let DeliveryKey { plugin, event, callback } = &record.delivery;
        self.change("drop what a plugin has not done", |query| {
            audit::append(query, record)?;
            query.execute(FORGET, params![plugin, event.0, callback, record.effect]).map(drop)
        })
    }

    /// Keeps evidence of what became of a call that stays as it is stored: nobody knows whether it was made.
    pub fn note_effect(&mut self, record: &NewAuditRecord) -> Result<(), QueryError> {
        self.change("keep what became of a call", |query| audit::append(query, record))
    }

    /// The newest record of each entity type that a plugin is known to have created.
    pub fn newest_created(&self, plugin: &str) -> Result<Vec<(String, u64)>, QueryError> {
        self.ask("load what a plugin has created")
            .all(CREATED, [plugin], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

/// Drops the effects of a delivery that is finished.
pub(crate) fn drop_effects(
    query: Query<'_>,
    plugin: &str,
    event: EventId,
    callback: &str,
) -> Result<(), QueryError> {
    query.execute(DROP, params![plugin, event.0, callback]).map(drop)
}

/// Checks every row, as long as nobody has asked for it yet.
pub(crate) fn verify_all(query: Query<'_>) -> Result<(), QueryError> {
    query.all(ALL, [], EffectRow::read).map(drop)
}

impl EffectRow {
    fn store(&self, query: Query<'_>) -> Result<(), QueryError> {
        let DeliveryKey { plugin, event, callback } = &self.delivery;
        let row = params![
            plugin,
            event.0,
            callback,
            self.number,
            self.function,
            self.subject,
            self.request,
            self.intended_at.0,
            self.answer,
            self.checksum().stored()
        ];
        query.execute(STORE, row).map(drop)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let effect = Self {
            delivery: DeliveryKey {
                plugin: row.get(0)?,
                event: EventId(row.get(1)?),
                callback: row.get(2)?,
            },
            number: row.get(3)?,
            function: row.get(4)?,
            subject: row.get(5)?,
            request: row.get(6)?,
            intended_at: Timestamp(row.get(7)?),
            answer: row.get(8)?,
        };
        effect
            .checksum()
            .verify(row.get(9)?, || format!("an effect of plugin `{}`", effect.delivery.plugin))?;
        Ok(effect)
    }

    fn checksum(&self) -> Checksum {
        let answer = self.answer.as_deref();
        Checksum::new()
            .bytes(self.delivery.plugin.as_bytes())
            .number(self.delivery.event.0)
            .bytes(self.delivery.callback.as_bytes())
            .number(self.number.into())
            .bytes(self.function.as_bytes())
            .bytes(self.subject.as_bytes())
            .bytes(&self.request)
            .moment(Some(self.intended_at.0))
            .number(answer.is_some().into())
            .bytes(answer.unwrap_or_default().as_bytes())
    }
}
