//! What a lane has done since its last commit, and how all of it is saved in one.

use std::collections::BTreeMap;

use database::{Database, Delivered, Failure, Finish, KeyValueChange, Parked, PluginError};
use eventlog::{EventId, Seq};

use super::Lane;
use super::calling::EntryRef;

/// What is to be saved with the position.
#[derive(Debug, Default)]
pub struct Unsaved {
    /// The keys that finished calls changed, as the last one left them.
    pub key_values: BTreeMap<String, Option<Vec<u8>>>,
    /// The deliveries with effects that are finished: event and callback.
    pub settled: Vec<(EventId, String)>,
    /// How the deliveries ended that were given up or put aside.
    pub failures: Vec<Failure>,
    /// Those that are put aside.
    pub parked: Vec<Parked>,
    /// The dead letters that were handed over again, and are finished.
    pub redriven: Vec<u64>,
}

/// One commit of a lane.
#[derive(Debug)]
pub struct Saving {
    plugin: String,
    position: Seq,
    moves: u64,
    finished: Vec<Delivered>,
    handled: u64,
    key_values: Vec<KeyValueChange>,
    failed_in_row: u32,
    unsaved: Unsaved,
}

impl Saving {
    /// Takes what is to be saved; none if there is nothing.
    pub fn take(plugin: &str, lane: &mut Lane<EntryRef>, unsaved: &mut Unsaved) -> Option<Self> {
        let uncommitted = lane.take_uncommitted()?;
        let mut unsaved = std::mem::take(unsaved);
        let key_values = std::mem::take(&mut unsaved.key_values);
        Some(Self {
            plugin: plugin.to_owned(),
            position: lane.position(),
            moves: lane.moves(),
            finished: lane.finished().cloned().collect(),
            handled: uncommitted.handled,
            key_values: key_values.into_iter().map(stored_change).collect(),
            failed_in_row: lane.failed_in_row(),
            unsaved,
        })
    }

    /// Saves all of it, or nothing.
    pub fn perform(&self, database: &mut Database) -> Result<(), PluginError> {
        database.finish(&Finish {
            plugin: &self.plugin,
            position: self.position,
            moves: self.moves,
            finished: &self.finished,
            handled: self.handled,
            key_values: &self.key_values,
            settled: &self.unsaved.settled,
            failures: &self.unsaved.failures,
            parked: &self.unsaved.parked,
            redriven: &self.unsaved.redriven,
            failed_in_row: self.failed_in_row,
        })
    }
}

fn stored_change((key, value): (String, Option<Vec<u8>>)) -> KeyValueChange {
    match value {
        Some(value) => KeyValueChange::Set { key, value },
        None => KeyValueChange::Remove { key },
    }
}
