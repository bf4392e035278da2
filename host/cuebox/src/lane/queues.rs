//! Which deliveries may run now: those of one key one after the other, those of different keys side by side. Pure.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use eventlog::{Seq, Timestamp};

use crate::clock::Instant;

/// What deliveries have in common that must not overtake each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Nothing of its own: all such deliveries are in one order.
    Shared,
    /// The entity that the entry is about: its type and number.
    Entity(Arc<str>, u64),
    /// The same, for one callback that gathers.
    Gathered(usize, Arc<str>, u64),
}

/// One entry for one callback.
#[derive(Debug, Clone)]
pub struct Item<E> {
    /// The entry's place in the journal.
    pub seq: Seq,
    /// The callback, as its place in the order of registration.
    pub callback: usize,
    /// When the entry arrived.
    pub arrived: Timestamp,
    /// For how long others of its queue are gathered, to be made together with it.
    pub window: Option<Duration>,
    /// The entry.
    pub entry: E,
}

/// The deliveries that are not finished, in queues. The head of each is ready, waits for a moment, or runs.
#[derive(Debug)]
pub struct Queues<E> {
    queues: BTreeMap<Key, Queue<E>>,
    /// Heads that can run, in the order of the journal, then of the callbacks.
    ready: BTreeMap<(Seq, usize), Key>,
    /// Heads that wait.
    waiting: BTreeMap<(Instant, Seq, usize), Key>,
    running: usize,
}

#[derive(Debug)]
struct Queue<E> {
    items: VecDeque<Item<E>>,
    is_running: bool,
}

impl<E> Default for Queues<E> {
    fn default() -> Self {
        Self {
            queues: BTreeMap::new(),
            ready: BTreeMap::new(),
            waiting: BTreeMap::new(),
            running: 0,
        }
    }
}

impl<E> Queues<E> {
    /// How many heads run.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Adds a delivery at the end of its queue. `due` is when it may run once it is the head; none for at once.
    pub fn push(&mut self, key: Key, item: Item<E>, due: Option<Instant>) {
        let place = (item.seq, item.callback);
        let queue = self
            .queues
            .entry(key.clone())
            .or_insert_with(|| Queue { items: VecDeque::new(), is_running: false });
        queue.items.push_back(item);
        if queue.items.len() == 1 {
            self.place(key, place, due);
        }
    }

    /// Makes the heads ready whose moment has come.
    pub fn wake(&mut self, now: Instant) {
        while let Some(entry) = self.waiting.first_entry()
            && entry.key().0 <= now
        {
            let ((_, seq, callback), key) = entry.remove_entry();
            self.ready.insert((seq, callback), key);
        }
    }

    /// Makes the first head ready that waits and that `chosen` names; whether there is one.
    pub fn wake_first(&mut self, chosen: impl Fn(&Key) -> bool) -> bool {
        let found = self.waiting.iter().filter(|(_, key)| chosen(key));
        let Some(place) = found.map(|(place, _)| *place).min_by_key(|(_, seq, _)| *seq) else {
            return false;
        };
        let key = self.waiting.remove(&place).expect("it was just found");
        self.ready.insert((place.1, place.2), key);
        true
    }

    /// When the next head is ready; none if none waits.
    pub fn next_due(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|((due, ..), _)| *due)
    }

    /// The keys whose heads can run, in order.
    pub fn ready(&self) -> impl Iterator<Item = &Key> {
        self.ready.values()
    }

    /// The deliveries of a key, the head first.
    pub fn items(&self, key: &Key) -> impl Iterator<Item = &Item<E>> {
        self.queues.get(key).into_iter().flat_map(|queue| queue.items.iter())
    }

    /// The head runs from here on.
    pub fn start(&mut self, key: &Key) {
        let queue = self.queues.get_mut(key).expect("only what is queued starts");
        let head = queue.items.front().expect("a queue is never empty");
        self.ready.remove(&(head.seq, head.callback));
        queue.is_running = true;
        self.running += 1;
    }

    /// The head, which ran, and what ran with it are finished: `count` deliveries. What comes after it can run at `due`.
    pub fn finish(
        &mut self,
        key: &Key,
        count: usize,
        due: impl FnOnce(&Item<E>) -> Option<Instant>,
    ) {
        self.stop(key);
        let queue = self.queues.get_mut(key).expect("what runs is queued");
        queue.items.drain(..count);
        match queue.items.front() {
            Some(head) => {
                let (place, due) = ((head.seq, head.callback), due(head));
                self.place(key.clone(), place, due);
            }
            None => {
                self.queues.remove(key);
            }
        }
    }

    /// The head, which ran, can run again at `due`; none for at once.
    pub fn put_off(&mut self, key: &Key, due: Option<Instant>) {
        self.stop(key);
        let queue = self.queues.get(key).expect("what runs is queued");
        let head = queue.items.front().expect("a queue is never empty");
        let place = (head.seq, head.callback);
        self.place(key.clone(), place, due);
    }

    fn stop(&mut self, key: &Key) {
        let queue = self.queues.get_mut(key).expect("what runs is queued");
        assert!(std::mem::replace(&mut queue.is_running, false), "what ends has run");
        self.running -= 1;
    }

    fn place(&mut self, key: Key, (seq, callback): (Seq, usize), due: Option<Instant>) {
        match due {
            Some(due) => self.waiting.insert((due, seq, callback), key),
            None => self.ready.insert((seq, callback), key),
        };
    }
}
