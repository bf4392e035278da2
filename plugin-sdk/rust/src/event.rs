//! One event of the site's log, typed.

use serde::de::DeserializeOwned;

use crate::{EntityRef, Error, FieldValue, Result, SiteTime};

/// One EventLogEntry of the site.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The site's number of the entry. Ids have gaps, and a lower id can appear after a higher one.
    pub id: u64,
    /// `Application_EntityType_Action`: `Shotgun_Task_Change`.
    pub event_type: String,
    /// The field that changed; none for events that are not the change of a field.
    pub attribute_name: Option<String>,
    /// The entity it happened to. Has no name once that entity is in the trash.
    pub entity: Option<EntityRef>,
    /// The project of that entity.
    pub project: Option<EntityRef>,
    /// Who did it, as the site shows it.
    pub user: Option<EntityRef>,
    /// The script user that acted in the name of `user`, where one did.
    pub sudo_actual_user: Option<EntityRef>,
    /// The browser session behind the change.
    pub session_uuid: Option<String>,
    /// When, by the site's clock. Not monotonic in `id`.
    pub created_at: SiteTime,
    /// What kind of change the event tells of.
    pub change: Change,
    /// The entry's `meta`, whole, as JSON. See [`Event::meta`].
    pub meta_json: String,
    /// 1 for the first time this event is handed to this callback, then counting up.
    pub attempt: u32,
    /// The id had been missing for so long that the host had given it up; events with higher ids came earlier.
    pub late: bool,
    /// The earlier events of this entity that come with this one, in the order of their arrival, if the callback asked for that
    /// ([`Callback::coalesce`](crate::Callback::coalesce)). See [`Event::all`].
    pub earlier: Vec<Event>,
}

/// What kind of change an event tells of.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "one event is alive at a time, and most of them are the large variant"
)]
pub enum Change {
    /// A field got another value.
    Attribute(AttributeChange),
    /// The entity was created.
    Created,
    /// The entity was moved to the trash ("deleted" in the site's pages).
    Retired,
    /// The entity was taken out of the trash.
    Revived,
    /// Not the life of an entity: a login, a page setting, an event type of the studio's own.
    Other,
}

/// What happened to one field of one entity.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AttributeChange {
    /// The field's internal name: `sg_status_list`.
    pub field: String,
    /// The site's name for the field's type: `status_list`, `multi_entity`. None where the site leaves it out.
    pub data_type: Option<String>,
    /// The value before; `Null` for a multi-entity field.
    pub old: FieldValue,
    /// The value after; `Null` for a multi-entity field.
    pub new: FieldValue,
    /// What came into a multi-entity field.
    pub added: Vec<EntityRef>,
    /// What went out of a multi-entity field.
    pub removed: Vec<EntityRef>,
    /// The change is part of the creation of the entity: the event of the creation itself came, or comes, too.
    pub in_create: bool,
    /// A thumbnail's placeholder. A second event follows when the real picture is there.
    pub is_transient: bool,
    /// Set on the mirror image of a change: the id of the event on the other side of the link.
    pub mirror_of: Option<u64>,
}

impl Event {
    /// All events of this call, in the order of their arrival: the earlier ones, then this one.
    pub fn all(&self) -> impl Iterator<Item = &Event> {
        self.earlier.iter().chain(std::iter::once(self))
    }

    /// The change of a field, where the event is one.
    #[must_use]
    pub fn attribute(&self) -> Option<&AttributeChange> {
        match &self.change {
            Change::Attribute(change) => Some(change),
            _ => None,
        }
    }

    /// The field's value before, where the event is the change of a field.
    #[must_use]
    pub fn old_value(&self) -> Option<&FieldValue> {
        self.attribute().map(|change| &change.old)
    }

    /// The field's value after, where the event is the change of a field.
    #[must_use]
    pub fn new_value(&self) -> Option<&FieldValue> {
        self.attribute().map(|change| &change.new)
    }

    /// The short code of the new status, where the event is the change of a status field to a status.
    #[must_use]
    pub fn new_status(&self) -> Option<&str> {
        let change = self.attribute()?;
        let is_status = match &change.data_type {
            Some(data_type) => data_type == "status_list",
            None => change.field == "sg_status_list",
        };
        if is_status { change.new.as_text() } else { None }
    }

    /// The entity it happened to; an error that names the event where it has none.
    pub fn required_entity(&self) -> Result<&EntityRef> {
        self.entity.as_ref().ok_or_else(|| self.lacks("entity"))
    }

    /// The project of the entity; an error that names the event where it has none.
    pub fn required_project(&self) -> Result<&EntityRef> {
        self.project.as_ref().ok_or_else(|| self.lacks("project"))
    }

    /// The entry's `meta`, read into a type of the plugin's own or a `serde_json::Value`.
    pub fn meta<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.meta_json).map_err(|error| Error::Answer {
            call: format!("meta of event {}", self.id),
            reason: error.to_string(),
        })
    }

    fn lacks(&self, what: &str) -> Error {
        Error::Plugin(format!("event {} ({}) has no {what}", self.id, self.event_type))
    }
}
