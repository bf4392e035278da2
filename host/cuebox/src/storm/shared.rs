//! What the lanes of one host share of it: they tell what is written, ask before a delivery, and stop together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eventlog::EventId;
use runtime::{Event, EventChange, SiteWrite};

use super::{Loop, Seen, Storm, What};
use crate::clock;
use crate::journal::JournalEntry;
use crate::news::{Follower, News};

/// The storms of one host. Cheap to clone.
#[derive(Clone)]
pub struct Storms(Arc<Inner>);

struct Inner {
    storm: Mutex<Storm>,
    /// The names of the script users that plugins write as.
    scripts: Mutex<BTreeSet<String>>,
    stopped: News<BTreeMap<Arc<str>, Arc<Loop>>>,
}

impl Storms {
    /// A write is not let come round more often than this; none for any number.
    pub fn new(rounds: Option<u32>, scripts: BTreeSet<String>) -> Self {
        let (storm, stopped) = (Mutex::new(Storm::new(rounds)), News::default());
        Self(Arc::new(Inner { storm, scripts: Mutex::new(scripts), stopped }))
    }

    /// The script users that plugins write as are others now.
    pub fn know(&self, scripts: BTreeSet<String>) {
        *self.scripts() = scripts;
    }

    /// A plugin writes, or wrote, because of an event.
    pub fn wrote(&self, plugin: &Arc<str>, event: EventId, writes: &[SiteWrite]) {
        let now = clock::now();
        let mut storm = self.storm();
        writes.iter().for_each(|write| storm.wrote(plugin, event, write, now));
    }

    /// The loop that a plugin would go on with, if it were handed these. What caused them is remembered.
    pub fn look<'a>(
        &self,
        plugin: &Arc<str>,
        entries: impl Iterator<Item = &'a JournalEntry>,
    ) -> Option<Arc<Loop>> {
        let mut entries = entries.peekable();
        let first = entries.peek().map(|entry| entry.entry.id);
        let seen: Vec<Seen<'_>> = entries.filter_map(|entry| self.seen(entry)).collect();
        if seen.is_empty() {
            // As most are: nothing more is asked.
            return None;
        }
        let mut storm = self.storm();
        let causes = seen.iter().filter_map(|seen| Some((seen.event, storm.saw(seen)?)));
        let (event, cause) = causes.max_by_key(|(_, cause)| cause.round)?;
        // What several lead to together is known by the first.
        storm.attribute(first?, &cause);
        storm.judge(&cause, plugin, event).map(Arc::new)
    }

    /// Stops the plugins of a loop; whether that is news.
    pub fn stop(&self, found: &Arc<Loop>) -> bool {
        let mut is_new = false;
        self.0.stopped.change(|stopped| {
            for plugin in &found.plugins {
                is_new |= stopped.insert(plugin.clone(), found.clone()).is_none();
            }
            is_new
        });
        is_new
    }

    /// The loop because of which a plugin is to stop.
    pub fn stopped(&self, plugin: &Arc<str>) -> Option<Arc<Loop>> {
        self.0.stopped.read(|stopped| stopped.get(plugin).cloned())
    }

    /// The operator lets a plugin go on, or its file changed: it may come round as often again.
    pub fn forgive(&self, plugin: &Arc<str>) {
        self.0.stopped.change(|stopped| stopped.remove(plugin).is_some());
        self.storm().forget();
    }

    /// Tells when a plugin is to stop.
    pub fn follow(&self) -> Follower<BTreeMap<Arc<str>, Arc<Loop>>> {
        self.0.stopped.follow()
    }

    /// An entry as far as it can be a consequence; none if it cannot.
    fn seen<'a>(&self, entry: &'a JournalEntry) -> Option<Seen<'a>> {
        const SCRIPT: &str = "ApiUser";
        let user = entry.entry.user.as_ref().filter(|user| user.entity_type == SCRIPT);
        let is_own =
            user.is_some_and(|user| user.name.as_deref().is_none_or(|name| self.is_ours(name)));
        if !is_own && !entry.entry.meta.contains("sudo_actual_user") {
            return None;
        }
        let event: &Event = entry.event();
        let entity = event.entity.as_ref()?;
        let (what, mirror_of) = match &event.change {
            EventChange::Attribute(change) => {
                (What::Field(change.field.as_str().into()), change.mirror_of.map(EventId))
            }
            EventChange::Created | EventChange::Retired | EventChange::Revived => {
                (What::Record, None)
            }
            EventChange::Other => return None,
        };
        Some(Seen {
            event: entry.entry.id,
            entity: (&entity.entity_type, entity.id),
            what,
            is_by_script: is_own
                || event.sudo_actual_user.as_ref().is_some_and(|by| by.entity_type == SCRIPT),
            mirror_of,
            arrived: entry.received_at,
        })
    }

    /// Whether plugins write as this script user. The site shows script users as `name version`.
    fn is_ours(&self, shown: &str) -> bool {
        self.scripts().iter().any(|script| {
            let rest = shown.strip_prefix(script.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
    }

    fn scripts(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.scripts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn storm(&self) -> MutexGuard<'_, Storm> {
        self.0.storm.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
