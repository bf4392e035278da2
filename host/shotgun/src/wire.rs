//! JSON of the site's event log, read into our own vocabulary. Knows no HTTP.
//!
//! Strict where an entry would be lost or misplaced without it (`id`, `event_type`, `created_at`), tolerant everywhere
//! else: unknown keys are ignored, and an optional field of an unexpected shape reads as absent. The row's own text keeps
//! all of it.

use std::borrow::Cow;

use eventlog::{EntityRef, EventId, EventLogEntry, SiteTime};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The fields that plugins have always been given, as they are asked for.
pub const ENTRY_FIELDS: [&str; 9] = [
    "id",
    "event_type",
    "attribute_name",
    "meta",
    "entity",
    "user",
    "project",
    "session_uuid",
    "created_at",
];

/// A row of the event log that cannot be read: which, if that much can be said, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct MalformedEntry {
    /// The row's number, where it is readable.
    pub id: Option<EventId>,
    /// The rule that it breaks.
    pub problem: Problem,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not a JSON object.
    #[error("is not an object")]
    NotAnObject,
    /// No usable number.
    #[error("has an `id` that is not a whole number above 0")]
    Id,
    /// No usable event type.
    #[error("has an `event_type` that is not a text")]
    EventType,
    /// No usable time.
    #[error("has a `created_at` that is not a time like 2026-01-31T10:00:00Z")]
    CreatedAt,
}

/// A row as the site writes it. One pass, and nothing is copied before it is known to fit.
#[derive(Deserialize)]
struct Row<'a> {
    id: u64,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    #[serde(borrow)]
    created_at: Cow<'a, str>,
    #[serde(borrow, default)]
    attribute_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    session_uuid: Option<Text<'a>>,
    #[serde(borrow, default)]
    entity: Option<Link<'a>>,
    #[serde(borrow, default)]
    project: Option<Link<'a>>,
    #[serde(borrow, default)]
    user: Option<Link<'a>>,
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
}

/// A text that borrows where it can: serde borrows the inside of an `Option<Cow>` only through a type of its own.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Link<'a> {
    #[serde(borrow, rename = "type")]
    entity_type: Cow<'a, str>,
    id: u64,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
}

/// A row whose members are looked at one by one, for when the quick way has failed.
#[derive(Deserialize)]
struct RawRow<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    event_type: Option<&'a RawValue>,
    #[serde(borrow, default)]
    created_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    attribute_name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    session_uuid: Option<&'a RawValue>,
    #[serde(borrow, default)]
    entity: Option<&'a RawValue>,
    #[serde(borrow, default)]
    project: Option<&'a RawValue>,
    #[serde(borrow, default)]
    user: Option<&'a RawValue>,
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
}

/// Reads one row of the event log.
pub fn parse_entry(json: &str) -> Result<EventLogEntry, MalformedEntry> {
    // serde would take a list for the members of a struct, in order.
    if !json.trim_start().starts_with('{') {
        return Err(MalformedEntry { id: None, problem: Problem::NotAnObject });
    }
    let row = match serde_json::from_str::<Row<'_>>(json) {
        Ok(row) => row,
        Err(_) => RawRow::parse(json)?,
    };
    row.into_entry()
}

/// Reads one row of the event log, or a list of rows.
pub fn parse_entries(json: &str) -> Result<Vec<EventLogEntry>, MalformedEntry> {
    if !json.trim_start().starts_with('[') {
        return Ok(vec![parse_entry(json)?]);
    }
    let rows: Result<Vec<&RawValue>, _> = serde_json::from_str(json);
    let rows = rows.map_err(|_| MalformedEntry { id: None, problem: Problem::NotAnObject })?;
    rows.into_iter().map(|row| parse_entry(row.get())).collect()
}

impl Row<'_> {
    fn into_entry(self) -> Result<EventLogEntry, MalformedEntry> {
        if self.id == 0 {
            return Err(MalformedEntry { id: None, problem: Problem::Id });
        }
        let id = EventId(self.id);
        let malformed = |problem| MalformedEntry { id: Some(id), problem };
        let created_at = parse_time(&self.created_at).ok_or(malformed(Problem::CreatedAt))?;
        if self.event_type.is_empty() {
            return Err(malformed(Problem::EventType));
        }
        Ok(EventLogEntry {
            id,
            event_type: self.event_type.into_owned(),
            attribute_name: self.attribute_name.map(Text::into_owned),
            entity: self.entity.map(EntityRef::from),
            project: self.project.map(EntityRef::from),
            user: self.user.map(EntityRef::from),
            session_uuid: self.session_uuid.map(Text::into_owned),
            created_at,
            meta: self.meta.map_or("null", RawValue::get).to_owned(),
        })
    }
}

impl RawRow<'_> {
    /// Reads the same row member by member, so that the required one that does not fit can be named, and an optional one
    /// that does not fit costs itself only.
    fn parse(json: &str) -> Result<Row<'_>, MalformedEntry> {
        let not_an_object = MalformedEntry { id: None, problem: Problem::NotAnObject };
        let row: RawRow<'_> = serde_json::from_str(json).map_err(|_| not_an_object)?;
        let id = member::<u64>(row.id).filter(|id| *id > 0);
        let id = id.ok_or(MalformedEntry { id: None, problem: Problem::Id })?;
        let malformed = |problem| MalformedEntry { id: Some(EventId(id)), problem };
        let event_type = member::<Text<'_>>(row.event_type).ok_or(malformed(Problem::EventType))?;
        let created_at = member::<Text<'_>>(row.created_at).ok_or(malformed(Problem::CreatedAt))?;
        Ok(Row {
            id,
            event_type: event_type.0,
            created_at: created_at.0,
            attribute_name: member(row.attribute_name),
            session_uuid: member(row.session_uuid),
            entity: row.entity.and_then(link),
            project: row.project.and_then(link),
            user: row.user.and_then(link),
            meta: row.meta,
        })
    }
}

fn member<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
}

/// A link whose name does not fit is still a link.
fn link(raw: &RawValue) -> Option<Link<'_>> {
    #[derive(Deserialize)]
    struct RawLink<'a> {
        #[serde(borrow, rename = "type")]
        entity_type: Cow<'a, str>,
        id: u64,
        #[serde(borrow, default)]
        name: Option<&'a RawValue>,
    }
    let link: RawLink<'_> = serde_json::from_str(raw.get()).ok()?;
    Some(Link { entity_type: link.entity_type, id: link.id, name: member(link.name) })
}

impl Text<'_> {
    fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl From<Link<'_>> for EntityRef {
    fn from(link: Link<'_>) -> Self {
        Self {
            entity_type: link.entity_type.into_owned(),
            id: link.id,
            name: link.name.map(Text::into_owned),
        }
    }
}

/// Reads the one form that the site writes times in, `YYYY-MM-DDTHH:MM:SSZ`.
fn parse_time(text: &str) -> Option<SiteTime> {
    let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
    if marks.iter().any(|(index, mark)| bytes[*index] != *mark) {
        return None;
    }
    let number = |from: usize, to: usize| {
        bytes[from..to].iter().try_fold(0_i16, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + i16::from(byte - b'0'))
        })
    };
    let small = |from: usize| number(from, from + 2).and_then(|number| i8::try_from(number).ok());
    let time = jiff::civil::DateTime::new(
        number(0, 4)?,
        small(5)?,
        small(8)?,
        small(11)?,
        small(14)?,
        small(17)?,
        0,
    )
    .ok()?;
    let time = jiff::tz::Offset::UTC.to_timestamp(time).ok()?;
    Some(SiteTime(time.as_millisecond()))
}

impl std::fmt::Display for MalformedEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.id {
            Some(id) => write!(f, "entry {id} {}", self.problem),
            None => write!(f, "an entry {}", self.problem),
        }
    }
}

#[cfg(test)]
mod tests;
