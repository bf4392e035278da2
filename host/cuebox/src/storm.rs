//! Plugins that set each other off, or themselves: finds out when an event goes back to the same write again and again. Pure.
//!
//! Each write of a plugin is a link: it knows which write had caused the event that the plugin was handed. A write that comes
//! round, the same field of the same record by the same plugin (or one more record of the same type), is in its next round. Cascades
//! from Task to Shot to Sequence, however long and wide, make each of their writes once, and stay in the first.
//!
//! An event is taken for the consequence of a write if a script made it, on that record and field, soon after. What people do is
//! never a consequence.

mod shared;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use eventlog::{EventId, Timestamp};
use runtime::{SiteWrite, WriteKind};

pub use shared::Storms;

#[cfg(test)]
mod tests;

/// How long after a write an event of it arrives at the latest. The site shows a change at once, or when a long transaction ends.
const RECENT: Duration = Duration::from_secs(600);

/// How many writes are remembered of all. Those of busy plugins in several minutes.
const WRITES_MAX: usize = 50_000;

/// How many of one place: a plugin that is behind is handed events of earlier ones.
const WRITES_OF_PLACE_MAX: usize = 8;

/// How long a chain grows. Beyond it a write keeps its own round, and forgets what led to it.
const LINKS_MAX: u32 = 1_000;

/// What is remembered of writes and of the events that they cause.
#[derive(Debug)]
pub struct Storm {
    /// A write is not let come round more often than this; none for any number.
    rounds: Option<u32>,
    by_place: BTreeMap<Place, VecDeque<(Timestamp, Arc<Link>)>>,
    /// The places that were written, the oldest first.
    order: VecDeque<Place>,
    /// The events that were handed over, by which write they were caused.
    events: BTreeMap<EventId, Arc<Link>>,
}

/// Where a write shows in the event log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    entity_type: Arc<str>,
    /// None for a record whose number is not known yet.
    id: Option<u64>,
    what: What,
}

/// What shows there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A record is there, or is not any more.
    Record,
    /// A field.
    Field(Arc<str>),
}

/// One write, and which one led to it.
#[derive(Debug)]
pub struct Link {
    mark: Mark,
    /// How often it came round, this time included.
    round: u32,
    cause: Option<Arc<Link>>,
    /// How many links there are before it.
    depth: u32,
}

/// What a write is known by when it comes round.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    plugin: Arc<str>,
    entity_type: Arc<str>,
    /// None for a new record: the next one has another number.
    id: Option<u64>,
    what: What,
}

/// An event, as far as it can be a consequence.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    pub event: EventId,
    pub entity: (&'a str, u64),
    pub what: What,
    /// A script made it, in its own name or in a person's.
    pub is_by_script: bool,
    /// The event of the other side of the same link.
    pub mirror_of: Option<EventId>,
    pub arrived: Timestamp,
}

/// Plugins that set each other off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loop {
    /// All of them.
    pub plugins: BTreeSet<Arc<str>>,
    /// The one that wrote last.
    pub writer: Arc<str>,
    /// The one that was to be handed the event.
    pub reader: Arc<str>,
    /// That event.
    pub event: EventId,
    /// What was written: type, number if it is the same each time, and field.
    pub written: String,
    /// How often.
    pub rounds: u32,
}

impl Storm {
    /// Nothing is known yet.
    pub fn new(rounds: Option<u32>) -> Self {
        let (by_place, order) = (BTreeMap::new(), VecDeque::new());
        Self { rounds, by_place, order, events: BTreeMap::new() }
    }

    /// A plugin writes, or wrote, because of an event.
    pub fn wrote(&mut self, plugin: &Arc<str>, event: EventId, write: &SiteWrite, at: Timestamp) {
        if self.rounds.is_none() {
            return;
        }
        let entity_type: Arc<str> = write.entity_type.as_str().into();
        let cause = self.events.get(&event);
        let depth = cause.map_or(0, |cause| cause.depth + 1);
        let fields = write.fields.iter().map(|field| What::Field(field.as_str().into()));
        let record = (write.kind != WriteKind::Update).then_some(What::Record);
        let is_new = write.kind == WriteKind::Create;
        let mut links = Vec::new();
        for what in record.into_iter().chain(fields) {
            let of_mark = if is_new { What::Record } else { what.clone() };
            let id = write.id.filter(|_| !is_new);
            let mark = Mark {
                plugin: plugin.clone(),
                entity_type: entity_type.clone(),
                id,
                what: of_mark,
            };
            let round =
                1 + ancestors(cause).find(|link| link.mark == mark).map_or(0, |link| link.round);
            let kept = cause.filter(|_| depth < LINKS_MAX).cloned();
            let link =
                Link { mark, round, depth: if kept.is_some() { depth } else { 0 }, cause: kept };
            let place = Place { entity_type: entity_type.clone(), id: write.id, what };
            links.push((place, Arc::new(link)));
        }
        for (place, link) in links {
            if is_new && place.id.is_some() {
                self.answered(&place, plugin);
            }
            self.remember(place, at, link);
        }
    }

    /// The number of a record is known that a plugin creates: from now on it is known by that alone.
    fn answered(&mut self, place: &Place, plugin: &Arc<str>) {
        let pending = Place { id: None, ..place.clone() };
        let Some(of_place) = self.by_place.get_mut(&pending) else { return };
        if let Some(index) = of_place.iter().position(|(_, link)| link.mark.plugin == *plugin) {
            of_place.remove(index);
        }
    }

    fn remember(&mut self, place: Place, at: Timestamp, link: Arc<Link>) {
        let of_place = self.by_place.entry(place.clone()).or_default();
        of_place.push_back((at, link));
        if of_place.len() > WRITES_OF_PLACE_MAX {
            of_place.pop_front();
        } else {
            self.order.push_back(place);
        }
        while self.order.len() > WRITES_MAX {
            let Some(oldest) = self.order.pop_front() else { return };
            if let Some(of_place) = self.by_place.get_mut(&oldest) {
                of_place.pop_front();
                if of_place.is_empty() {
                    self.by_place.remove(&oldest);
                }
            }
        }
    }

    /// Finds out which write caused an event, and remembers it.
    pub fn saw(&mut self, seen: &Seen<'_>) -> Option<Arc<Link>> {
        if let Some(known) = self.events.get(&seen.event) {
            return Some(known.clone());
        }
        let link = self.cause(seen)?;
        self.attribute(seen.event, &link);
        Some(link)
    }

    /// Remembers which write caused an event.
    pub fn attribute(&mut self, event: EventId, cause: &Arc<Link>) {
        self.events.insert(event, cause.clone());
        if self.events.len() > WRITES_MAX {
            self.events.pop_first();
        }
    }

    fn cause(&self, seen: &Seen<'_>) -> Option<Arc<Link>> {
        if !seen.is_by_script {
            return None;
        }
        if let Some(original) = seen.mirror_of.and_then(|id| self.events.get(&id)) {
            return Some(original.clone());
        }
        let (entity_type, id) = (Arc::from(seen.entity.0), seen.entity.1);
        let of = |id| Place { entity_type: Arc::clone(&entity_type), id, what: seen.what.clone() };
        let newest = |place| {
            let writes = self.by_place.get(&place)?.iter().rev();
            let mut before = writes.filter(|(at, _)| *at <= seen.arrived);
            let (at, link) = before.next()?;
            (seen.arrived.since(*at) <= RECENT).then(|| link.clone())
        };
        // One that is being created shows before its number is known.
        newest(of(Some(id))).or_else(|| newest(of(None)))
    }

    /// Whether a plugin is in a loop that comes round too often, if it is handed what this write caused.
    pub fn judge(&self, cause: &Arc<Link>, reader: &Arc<str>, event: EventId) -> Option<Loop> {
        if cause.round < self.rounds? {
            return None;
        }
        let mut plugins = BTreeSet::from([cause.mark.plugin.clone()]);
        let before = ancestors(cause.cause.as_ref()).take_while(|link| link.mark != cause.mark);
        plugins.extend(before.map(|link| link.mark.plugin.clone()));
        plugins.contains(reader).then(|| Loop {
            writer: cause.mark.plugin.clone(),
            reader: reader.clone(),
            event,
            written: cause.mark.describe(),
            rounds: cause.round,
            plugins,
        })
    }

    /// Forgets everything: the operator lets plugins of a loop go on.
    pub fn forget(&mut self) {
        *self = Self::new(self.rounds);
    }
}

fn ancestors(link: Option<&Arc<Link>>) -> impl Iterator<Item = &Arc<Link>> {
    std::iter::successors(link, |link| link.cause.as_ref())
}

impl fmt::Display for Loop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plugins, writer, reader, written, rounds, .. } = self;
        let names: Vec<String> = plugins.iter().map(|plugin| format!("`{plugin}`")).collect();
        write!(
            f,
            "`{writer}` wrote {written} {rounds} times, each time as a consequence of the time before, which is what `rounds` under \
             [storm] allows, and `{reader}` was to go on with it; stopped: {}",
            names.join(", ")
        )
    }
}

impl Mark {
    fn describe(&self) -> String {
        let entity_type = &self.entity_type;
        match (self.id, &self.what) {
            (None, _) => format!("a new {entity_type}"),
            (Some(id), What::Record) => format!("{entity_type} {id}"),
            (Some(id), What::Field(field)) => format!("`{field}` of {entity_type} {id}"),
        }
    }
}
