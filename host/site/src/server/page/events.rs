//! Rows of the event log as the page shows them, and which of them it asks for.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::model::{EntityView, EventView, Model};

/// A longer document is left out of lists; the page asks for the event itself when somebody wants to see it.
pub(super) const META_BYTES_MAX: usize = 4_000;
/// Rows that one question looks at, so that a rare event in a long log holds nobody up. The page asks again, further back.
pub(super) const SCANNED_MAX: usize = 50_000;
/// Rows in one answer.
const ROWS_MAX: usize = 500;

/// Which events are wanted. Without a condition it is all of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    /// A part of the event type or of the field's name, in any case.
    pub(super) what: Option<String>,
    /// The type of the record it is about.
    pub(super) entity_type: Option<String>,
    /// With a type: the one record it is about.
    pub(super) entity_id: Option<u64>,
    /// The project's number.
    pub(super) project: Option<u64>,
    /// A part of the name of who did it, in any case.
    pub(super) user: Option<String>,
}

/// The question for older events.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LogQuery {
    /// Only ids below this; all if not given.
    before: Option<u64>,
    /// How many rows are wanted at most.
    limit: Option<usize>,
    what: Option<String>,
    entity_type: Option<String>,
    entity_id: Option<u64>,
    project: Option<u64>,
    user: Option<String>,
}

/// Events, newest first, and how far back was looked.
#[derive(Debug, Serialize)]
pub(super) struct Older<'a> {
    rows: Vec<Row<'a>>,
    /// The lowest id that was looked at; none if there is nothing further back.
    scanned_to: Option<u64>,
}

/// One event.
#[derive(Debug, Serialize)]
pub(super) struct Row<'a> {
    pub(super) id: u64,
    /// Seconds since the Unix epoch.
    at: i64,
    event_type: &'a str,
    attribute_name: Option<&'a str>,
    entity: Option<Link<'a>>,
    project: Option<Link<'a>>,
    user: Option<Link<'a>>,
    session_uuid: Option<&'a str>,
    /// None where it is too long for a list.
    meta: Option<&'a RawValue>,
    meta_bytes: usize,
}

/// A record by name, retired or not: a person wants to know what an event was about.
#[derive(Debug, Serialize)]
pub(super) struct Link<'a> {
    #[serde(rename = "type")]
    entity_type: &'a str,
    id: u64,
    name: String,
    retired: bool,
}

pub(super) fn row(event: EventView<'_>, meta_bytes_max: usize) -> Row<'_> {
    let meta = event.meta_text();
    let shown = (meta.len() <= meta_bytes_max)
        .then(|| serde_json::from_str(meta).expect("the log holds valid JSON"));
    Row {
        id: event.id(),
        at: event.created_at(),
        event_type: event.event_type(),
        attribute_name: event.attribute_name(),
        entity: event.entity().map(link),
        project: event.project().map(link),
        user: event.user().map(link),
        session_uuid: event.session_uuid(),
        meta: shown,
        meta_bytes: meta.len(),
    }
}

pub(super) fn link(view: EntityView<'_>) -> Link<'_> {
    Link {
        entity_type: view.type_name(),
        id: view.id(),
        name: view.name(),
        retired: view.is_retired(),
    }
}

/// The events before one, newest first.
pub(super) fn older<'a>(model: &'a Model, query: &LogQuery) -> Older<'a> {
    let filter = Filter {
        what: query.what.clone(),
        entity_type: query.entity_type.clone(),
        entity_id: query.entity_id,
        project: query.project,
        user: query.user.clone(),
    }
    .folded();
    let limit = query.limit.unwrap_or(100).min(ROWS_MAX);
    let mut rows = Vec::new();
    let mut scanned_to = None;
    for event in model.events_before(query.before.unwrap_or(u64::MAX)).rev().take(SCANNED_MAX) {
        if rows.len() == limit {
            break;
        }
        scanned_to = Some(event.id());
        if filter.matches(event) {
            rows.push(row(event, META_BYTES_MAX));
        }
    }
    let is_end = scanned_to.is_none_or(|id| model.events_before(id).next().is_none());
    Older { rows, scanned_to: scanned_to.filter(|_| !is_end) }
}

impl Filter {
    /// The same with its texts in lower case, as `matches` wants them, and empty ones left out.
    pub(super) fn folded(mut self) -> Self {
        let fold = |text: Option<String>| {
            text.map(|text| text.to_lowercase()).filter(|text| !text.is_empty())
        };
        self.what = fold(self.what);
        self.user = fold(self.user);
        self.entity_type = self.entity_type.filter(|name| !name.is_empty());
        self
    }

    /// Whether an event is wanted.
    pub(super) fn matches(&self, event: EventView<'_>) -> bool {
        let has = |needle: &str, text: &str| text.to_lowercase().contains(needle);
        let what = self.what.as_deref().is_none_or(|needle| {
            has(needle, event.event_type())
                || event.attribute_name().is_some_and(|name| has(needle, name))
        });
        let entity = self.entity_type.as_deref().is_none_or(|wanted| {
            event.entity().is_some_and(|entity| {
                entity.type_name() == wanted && self.entity_id.is_none_or(|id| entity.id() == id)
            })
        });
        let project = self
            .project
            .is_none_or(|wanted| event.project().is_some_and(|project| project.id() == wanted));
        what && entity
            && project
            && self
                .user
                .as_deref()
                .is_none_or(|needle| event.user().is_some_and(|user| has(needle, &user.name())))
    }
}
