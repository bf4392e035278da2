//! What a lane is told, and what it answers.

use std::sync::Arc;
use std::time::Duration;

use database::Delivered;
use eventlog::{Seq, Timestamp};

use super::queues::{Item, Key};
use crate::clock::Instant;

/// How a plugin version is to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// How many deliveries can be under way, of different entities if they are several.
    pub parallel: usize,
    /// The callbacks, in the order of registration.
    pub callbacks: Vec<Planned>,
}

/// One callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its name.
    pub name: Arc<str>,
    /// For how long the entries of one entity are gathered for it.
    pub coalesce: Option<Duration>,
}

/// A moment on both clocks: the one that only goes on, for waiting, and the one that is stored.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub at: Instant,
    pub time: Timestamp,
}

/// An entry that a lane looks at.
#[derive(Debug)]
pub struct Arrival<'a, E> {
    /// Its place in the journal: the one after the last that was looked at.
    pub seq: Seq,
    /// The type and number of the entity that it is about.
    pub entity: Option<(&'a str, u64)>,
    /// When it arrived.
    pub arrived: Timestamp,
    /// The entry.
    pub entry: E,
}

/// What a lane does next.
#[derive(Debug)]
pub enum Next<E> {
    /// Make this delivery.
    Start(Delivery<E>),
    /// Look at the next entry.
    Load,
    /// Nothing, until this moment, if there is one; or until a delivery ends, or an entry arrives.
    Wait(Option<Instant>),
}

/// One call of one callback.
#[derive(Debug)]
pub struct Delivery<E> {
    pub(super) key: Key,
    /// The callback, as its place in the order of registration.
    pub callback: usize,
    /// Its name.
    pub name: Arc<str>,
    /// What it is handed, in journal order; several if it gathers.
    pub(super) items: Vec<Item<E>>,
    /// How often this was tried, this time included.
    pub attempt: u32,
}

/// What follows from how a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The callback is finished with it.
    Finished,
    /// It failed, its entries are given up, and the plugin goes on.
    GivenUp,
    /// It failed, its entries are put aside for it, and the plugin goes on.
    PutAside,
    /// It is as if it had not been made: the plugin is halted.
    Pending,
    /// It reached into this project, which is halted: its entries are put aside until that is released.
    HeldBack(u64),
    /// The same delivery once more, after a pause.
    Again(Duration),
    /// The plugin stops before this delivery.
    Stop,
}

impl<E> Delivery<E> {
    /// The place of its first entry, by which it is known.
    pub fn seq(&self) -> Seq {
        self.items[0].seq
    }

    /// Its entries in journal order: at least one.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (Seq, &E)> {
        self.items.iter().map(|item| (item.seq, &item.entry))
    }

    /// What it is stored as.
    pub fn stored(&self) -> Delivered {
        Delivered { seq: self.seq(), callback: self.name.to_string() }
    }
}

impl Plan {
    /// Whether deliveries are made in journal order, one after the other.
    pub(super) fn is_strict(&self) -> bool {
        self.parallel <= 1 && !self.gathers()
    }

    pub(super) fn gathers(&self) -> bool {
        self.callbacks.iter().any(|callback| callback.coalesce.is_some())
    }
}
