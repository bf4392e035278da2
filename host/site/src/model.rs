//! The state of a site and everything that can be asked of it: requests and the time go in, answers come out.
//!
//! Knows no clock, no network and no file. What is random comes from seeds.

use std::time::Duration;

use serde_json::{Map, Value as Json};

use crate::wire::{Answer, ApiError, Request};

mod auth;
mod batch;
mod coerce;
mod commit;
mod draft;
mod event;
mod event_log;
mod export;
mod files;
mod filter;
mod follow;
mod footage;
mod link;
mod own_event;
mod params;
mod path;
mod permission;
mod personal;
mod preferences;
mod preset;
mod random;
mod read;
mod relation;
mod render;
mod retention;
mod retire;
mod review;
mod rpc;
mod schema;
mod schema_read;
mod schema_write;
mod secret;
mod seed;
mod select;
mod session;
mod settings;
mod snapshot;
mod sort;
mod standard;
mod subscriptions;
mod summarize;
mod table;
mod task_dates;
#[cfg(test)]
mod tests;
mod time;
mod transaction;
mod value;
mod view;
mod who;
mod work_schedule;
mod write;

pub use commit::{CommitPolicy, Hold};
pub use draft::EventDraft;
pub(crate) use files::PENDING_PICTURE_PATH;
pub use files::StoredFile;
pub use preferences::{PreferenceError, Preferences};
pub use schema::{DataType, Schema, SchemaError, SchemaRule};
pub use settings::{AuthenticationMethod, Settings};
pub use snapshot::SnapshotError;
pub use view::{EntityView, EventView};
pub use who::Who;
pub use work_schedule::{Holder, Weekday, WorkWeek};

use commit::Commits;
use event_log::EventLog;
use files::Files;
use follow::Follows;
use permission::RuleSetId;
use personal::Personal;
use random::Random;
use retention::Retention;
use review::activity::Activity;
use session::Sessions;
use subscriptions::Subscriptions;
use table::Tables;
use value::Ref;

/// A whole site.
#[derive(Debug)]
pub struct Model {
    schema: Schema,
    tables: Tables,
    log: EventLog,
    commits: Commits,
    sessions: Sessions,
    follows: Follows,
    settings: Settings,
    activity: Activity,
    personal: Personal,
    subscriptions: Subscriptions,
    retention: Retention,
    files: Files,
    random: Random,
    /// The rules for whoever asks, for the length of a request; none for who sees and does everything.
    viewer: Option<RuleSetId>,
}

/// A moment, in milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Now(pub i64);

/// One record by its type and number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityLink {
    /// The schema's name of the type, such as `Shot`.
    pub entity_type: String,
    /// The record's number among those of its type.
    pub id: u64,
}

impl Model {
    /// An empty site.
    #[must_use]
    pub fn new(schema: Schema) -> Self {
        Self {
            tables: Tables::new(schema.types().count()),
            schema,
            log: EventLog::new(),
            commits: Commits::new(),
            sessions: Sessions::default(),
            follows: Follows::new(),
            settings: Settings::default(),
            activity: Activity::default(),
            personal: Personal::default(),
            subscriptions: Subscriptions::new(),
            retention: Retention::default(),
            files: Files::default(),
            random: Random::new(0),
            viewer: None,
        }
    }
}

impl Model {
    /// Answers a request. Rows whose time has come become visible first; a request that fails changes nothing.
    pub fn rpc(&mut self, request: &Request, now: Now) -> Result<Answer, ApiError> {
        self.settle(now);
        rpc::answer(self, None, request, now, Ending::Policy).map(|(answer, _)| answer)
    }

    /// Answers a request that changes nothing and finds nothing due, so that several can be answered at once. None for
    /// other requests.
    #[must_use]
    pub fn look(&self, request: &Request, now: Now) -> Option<Result<Answer, ApiError>> {
        match self.next_commit() {
            Some(due) if due <= now => None,
            _ if self.retention_is_due(now) => None,
            _ => rpc::look(self, request, now),
        }
    }

    /// Answers a request, and keeps the rows it writes hidden until the hold is committed. What it changes can be read
    /// at once.
    pub fn rpc_held(&mut self, request: &Request, now: Now) -> Result<(Answer, Hold), ApiError> {
        self.settle(now);
        rpc::answer(self, None, request, now, Ending::Hold)
            .map(|(answer, hold)| (answer, hold.unwrap_or_else(Hold::empty)))
    }

    /// Does what happens by itself: late rows become visible whose time has come, thumbnails get ready, and old rows leave the
    /// event log. Says how many late ones became visible.
    pub fn settle(&mut self, now: Now) -> usize {
        self.forget_old_events(now);
        let shown = self.commits.settle(now, &mut self.log);
        self.finish_thumbnails(now);
        shown
    }

    /// When the next late rows become visible, or the next thumbnail gets ready.
    #[must_use]
    pub fn next_commit(&self) -> Option<Now> {
        [self.commits.next(), self.next_thumbnail()].into_iter().flatten().min()
    }

    /// Chooses how the rows of later transactions come into the event log.
    pub fn set_commit_policy(&mut self, policy: CommitPolicy) {
        self.commits.set_policy(policy);
    }

    /// The policy as it goes on from here; none while a transaction is held.
    pub(crate) fn commit_policy(&self) -> Option<CommitPolicy> {
        self.commits.policy()
    }

    /// Takes ids for `drafts` now and shows the rows when the hold is committed.
    pub fn hold_events(&mut self, drafts: Vec<EventDraft>, now: Now) -> Hold {
        let rows = drafts.into_iter().map(|draft| self.event_row(&draft, now)).collect();
        self.commits.hold(rows)
    }

    /// Makes the rows of a hold visible.
    pub fn commit_hold(&mut self, hold: Hold) {
        self.commits.end_hold(&hold, true, &mut self.log);
    }

    /// Makes the rows of a hold visible once it is `until`.
    pub fn delay_hold(&mut self, hold: &Hold, until: Now) {
        self.commits.delay_hold(hold, until);
    }

    /// Drops the rows of a hold: their ids never appear. What a held request changed stays.
    pub fn roll_back_hold(&mut self, hold: Hold) {
        self.commits.end_hold(&hold, false, &mut self.log);
    }

    /// Appends `count` rows like `draft` at once, and returns the id of the last one.
    pub fn append_events(&mut self, count: usize, draft: &EventDraft, now: Now) -> u64 {
        for _ in 0..count {
            let row = self.event_row(draft, now);
            self.log.show(row);
        }
        self.log.newest()
    }

    /// Makes the next event id at least `id`, as on a site that has been running for long.
    pub fn skip_event_ids_to(&mut self, id: u64) {
        self.log.skip_to(id);
    }

    /// The id that the next row of the event log takes.
    #[must_use]
    pub fn next_event_id(&self) -> u64 {
        self.log.next_id()
    }

    /// How many rows of the event log can be seen.
    #[must_use]
    pub fn event_count(&self) -> usize {
        self.log.len()
    }

    /// The highest id of the event log that can be seen; 0 if there is none.
    #[must_use]
    pub fn newest_event_id(&self) -> u64 {
        self.log.newest()
    }

    /// The rows of the event log that can be seen with ids above `id`, by id.
    pub fn events_after(&self, id: u64) -> impl DoubleEndedIterator<Item = EventView<'_>> {
        self.log.range(id.saturating_add(1), u64::MAX).map(|row| EventView::new(self, row))
    }

    /// The rows of the event log that can be seen with ids below `id`, by id.
    pub fn events_before(&self, id: u64) -> impl DoubleEndedIterator<Item = EventView<'_>> {
        self.log.range(0, id.saturating_sub(1)).map(|row| EventView::new(self, row))
    }

    /// One row of the event log, if it can be seen.
    #[must_use]
    pub fn event(&self, id: u64) -> Option<EventView<'_>> {
        self.log.row(id).map(|row| EventView::new(self, row))
    }

    /// The ids that were taken by transactions whose rows cannot be seen yet.
    pub fn waiting_event_ids(&self) -> impl Iterator<Item = u64> {
        self.commits.waiting().map(|row| row.id)
    }

    /// The schema.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The records of a type, retired ones included, by id. None of them if there is no such type.
    pub fn entities(&self, entity_type: &str) -> impl DoubleEndedIterator<Item = EntityView<'_>> {
        let found = self.schema.type_id(entity_type);
        found
            .into_iter()
            .flat_map(move |id| self.tables.rows(id).map(move |row| EntityView::new(self, id, row)))
    }

    /// One record, retired or not.
    #[must_use]
    pub fn entity(&self, entity_type: &str, id: u64) -> Option<EntityView<'_>> {
        let entity_type = self.schema.type_id(entity_type)?;
        self.tables.row(Ref { entity_type, id }).map(|row| EntityView::new(self, entity_type, row))
    }

    /// How many records of a type there are, retired ones included.
    #[must_use]
    pub fn entity_count(&self, entity_type: &str) -> usize {
        self.schema.type_id(entity_type).map_or(0, |id| self.tables.count(id))
    }

    /// Adds a script user that authenticates with `key`, without event log entries.
    pub fn add_script(&mut self, name: &str, key: &str) -> EntityLink {
        let fields = json_map([("firstname", name), ("lastname", "1.0"), ("salted_password", key)]);
        self.seed_entity("ApiUser", &fields).expect("the schema's script users have these fields")
    }

    /// Adds a person who logs in with `login` and `password`, without event log entries.
    pub fn add_user(&mut self, login: &str, name: &str, password: &str) -> EntityLink {
        let fields = json_map([("login", login), ("name", name), ("password_proxy", password)]);
        self.seed_entity("HumanUser", &fields).expect("the schema's people have these fields")
    }

    /// Adds a record as a request of the site itself would, with defaults and the other sides of its links, but without
    /// event log entries. `fields` may hold an `id`. Fails as a `create` would.
    pub fn seed_entity(
        &mut self,
        entity_type: &str,
        fields: &Map<String, Json>,
    ) -> Result<EntityLink, ApiError> {
        seed::seed_entity(self, entity_type, fields)
    }
}

/// How the transaction of a request ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// As the commit policy says.
    Policy,
    /// Its rows stay hidden.
    Hold,
}

fn json_map<const N: usize>(fields: [(&str, &str); N]) -> Map<String, Json> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), Json::from(value))).collect()
}

impl Now {
    /// The moment `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Whole seconds since the Unix epoch.
    pub(crate) fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

impl EntityLink {
    /// The record `id` of type `entity_type`.
    pub fn new(entity_type: impl Into<String>, id: u64) -> Self {
        Self { entity_type: entity_type.into(), id }
    }
}
