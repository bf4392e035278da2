//! The vocabulary of the stream: entries, ids and the two kinds of time. Knows no wire format.

use std::fmt;
use std::time::Duration;

/// The site's number of an EventLogEntry. Handed out before the writing transaction commits, so that a lower id can
/// appear after a higher one, and with gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u64);

/// The place of an entry in our own journal: the order of arrival. Starts at 1; 0 is before the first entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(pub u64);

/// A moment on the host's clock, in milliseconds since the Unix epoch, UTC. Storable, because gaps outlive the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// A moment on the site's clock, in milliseconds since the Unix epoch, UTC. Never compared with a [`Timestamp`]: the two
/// clocks need not agree, and a decision that mixes them loses events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteTime(pub i64);

/// A link to one entity of the site.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntityRef {
    /// The schema's name of the type, such as `Shot`.
    pub entity_type: String,
    /// The entity's number among those of its type.
    pub id: u64,
    /// The display name, where the site gives one.
    pub name: Option<String>,
}

/// One row of the site's event log, with the fields that plugins have always been given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLogEntry {
    /// The site's number of the row.
    pub id: EventId,
    /// `Application_EntityType_Action`, such as `Shotgun_Task_Change`.
    pub event_type: String,
    /// The field that changed, for changes of a field.
    pub attribute_name: Option<String>,
    /// The entity it happened to; none once that entity is retired.
    pub entity: Option<EntityRef>,
    /// The project of that entity.
    pub project: Option<EntityRef>,
    /// Who did it.
    pub user: Option<EntityRef>,
    /// The browser session behind it, or what an API client put there.
    pub session_uuid: Option<String>,
    /// When, by the site's clock. Not monotonic in `id`.
    pub created_at: SiteTime,
    /// What exactly happened: a JSON document whose shape depends on the event type.
    pub meta: String,
}

impl Timestamp {
    /// The moment `duration` later; the end of time if there is no such moment.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// How much later than `earlier` this is; zero if it is not, as after a clock was set back.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl Seq {
    /// The place after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.entity_type, self.id)
    }
}
