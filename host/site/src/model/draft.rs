//! Rows of the event log that come from outside: from tests, benches and scripted timelines.

use serde_json::{Map, Value as Json};

use super::event_log::EventRow;
use super::value::Ref;
use super::{EntityLink, Model, Now};

/// A row for the event log as a caller words it. The id and the time are the model's.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDraft {
    /// Such as `Shotgun_Task_Change`.
    pub event_type: String,
    /// The field that changed.
    pub attribute_name: Option<String>,
    /// The document of what happened.
    pub meta: Json,
    /// The record it happened to.
    pub entity: Option<EntityLink>,
    /// The project of that record.
    pub project: Option<EntityLink>,
    /// Who did it.
    pub user: Option<EntityLink>,
    /// The session it was done in.
    pub session_uuid: Option<String>,
}

impl EventDraft {
    /// A row of type `event_type` with nothing else in it.
    pub fn new(event_type: impl Into<String>) -> Self {
        Self {
            event_type: event_type.into(),
            attribute_name: None,
            meta: Json::Object(Map::new()),
            entity: None,
            project: None,
            user: None,
            session_uuid: None,
        }
    }
}

impl Model {
    /// A row made from a draft, with the next id. Links to what is not there are null.
    pub(super) fn event_row(&mut self, draft: &EventDraft, now: Now) -> EventRow {
        let find = |link: &Option<EntityLink>| {
            let link = link.as_ref()?;
            Some(Ref { entity_type: self.schema.type_id(&link.entity_type)?, id: link.id })
        };
        let (entity, project, user) =
            (find(&draft.entity), find(&draft.project), find(&draft.user));
        EventRow {
            id: self.log.reserve(),
            event_type: self.log.intern(&draft.event_type),
            attribute_name: draft.attribute_name.as_deref().map(|name| self.log.intern(name)),
            meta: draft.meta.to_string().into_boxed_str(),
            entity,
            project,
            user,
            session_uuid: draft.session_uuid.as_deref().map(|uuid| self.log.intern(uuid)),
            created_at: now.seconds(),
            description: None,
        }
    }
}
