//! Events for tests, as the site makes them.

use serde_json::{Value, json};

use crate::{AttributeChange, Change, EntityRef, Event, FieldValue, SiteTime};

/// The id of an event that a test does not number.
const EVENT_ID: u64 = 7_001;

/// 2026-01-31T10:00:00Z.
const CREATED_AT: SiteTime = SiteTime(1_769_853_600_000);

/// An event in the making.
#[derive(Debug, Clone)]
pub struct EventBuilder {
    event: Event,
}

/// The creation of an entity.
pub fn created(entity_type: &str, id: u64) -> EventBuilder {
    life(entity_type, id, "New", Change::Created, "new_entity")
}

/// An entity goes to the trash.
pub fn retired(entity_type: &str, id: u64) -> EventBuilder {
    life(entity_type, id, "Retirement", Change::Retired, "entity_retirement")
}

/// An entity comes out of the trash.
pub fn revived(entity_type: &str, id: u64) -> EventBuilder {
    life(entity_type, id, "Revival", Change::Revived, "entity_revival")
}

/// The change of a field; say from what to what with [`EventBuilder::from_to`] or [`EventBuilder::status`].
pub fn changed(entity_type: &str, id: u64, field: &str) -> EventBuilder {
    let change = AttributeChange { field: field.to_owned(), ..AttributeChange::default() };
    let event_type = format!("Shotgun_{entity_type}_Change");
    let mut builder =
        new(event_type, Some(EntityRef::new(entity_type, id)), Change::Attribute(change));
    builder.event.attribute_name = Some(field.to_owned());
    builder.describe();
    builder
}

/// An event of the studio's own type, about no entity.
pub fn studio_event(event_type: &str) -> EventBuilder {
    new(event_type.to_owned(), None, Change::Other)
}

fn life(entity_type: &str, id: u64, action: &str, change: Change, meta_type: &str) -> EventBuilder {
    let event_type = format!("Shotgun_{entity_type}_{action}");
    let meta = json!({ "type": meta_type, "entity_type": entity_type, "entity_id": id });
    new(event_type, Some(EntityRef::new(entity_type, id)), change).meta(&meta)
}

fn new(event_type: String, entity: Option<EntityRef>, change: Change) -> EventBuilder {
    let user = EntityRef { name: Some("Jane".to_owned()), ..EntityRef::new("HumanUser", 3) };
    EventBuilder {
        event: Event {
            id: EVENT_ID,
            event_type,
            attribute_name: None,
            entity,
            project: Some(EntityRef {
                name: Some("Demo".to_owned()),
                ..EntityRef::new("Project", 4)
            }),
            user: Some(user),
            sudo_actual_user: None,
            session_uuid: None,
            created_at: CREATED_AT,
            change,
            meta_json: "{}".to_owned(),
            attempt: 1,
            late: false,
            earlier: Vec::new(),
        },
    }
}

impl EventBuilder {
    /// The event's number.
    #[must_use]
    pub fn id(mut self, id: u64) -> Self {
        self.event.id = id;
        self
    }

    /// The entity's display name.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        if let Some(entity) = &mut self.event.entity {
            entity.name = Some(name.to_owned());
        }
        self
    }

    /// The project; none for entities that belong to none.
    #[must_use]
    pub fn project(mut self, project: Option<EntityRef>) -> Self {
        self.event.project = project;
        self
    }

    /// A status changed from one short code to another.
    #[must_use]
    pub fn status(self, old: &str, new: &str) -> Self {
        self.from_to("status_list", old, new)
    }

    /// A field of this data type changed from one value to another.
    #[must_use]
    pub fn from_to(
        self,
        data_type: &str,
        old: impl Into<FieldValue>,
        new: impl Into<FieldValue>,
    ) -> Self {
        let (old, new) = (old.into(), new.into());
        self.change(|change| {
            change.data_type = Some(data_type.to_owned());
            change.old = old;
            change.new = new;
        })
    }

    /// A multi-entity field gained and lost these.
    #[must_use]
    pub fn links(self, added: Vec<EntityRef>, removed: Vec<EntityRef>) -> Self {
        self.change(|change| {
            change.data_type = Some("multi_entity".to_owned());
            change.added = added;
            change.removed = removed;
        })
    }

    /// The change is part of the creation of the entity.
    #[must_use]
    pub fn in_create(self) -> Self {
        self.change(|change| change.in_create = true)
    }

    /// The change is the mirror image of another event's.
    #[must_use]
    pub fn mirror_of(self, id: u64) -> Self {
        self.change(|change| change.mirror_of = Some(id))
    }

    /// The event is handed over for the so-manieth time.
    #[must_use]
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.event.attempt = attempt;
        self
    }

    /// These events of the same entity came before, and are handed over with it.
    #[must_use]
    pub fn after(mut self, earlier: Vec<Event>) -> Self {
        self.event.earlier = earlier;
        self
    }

    /// The entry's `meta`, whole.
    #[must_use]
    pub fn meta(mut self, meta: &Value) -> Self {
        self.event.meta_json = meta.to_string();
        self
    }

    /// The event.
    #[must_use]
    pub fn build(self) -> Event {
        self.event
    }

    #[track_caller]
    fn change(mut self, change: impl FnOnce(&mut AttributeChange)) -> Self {
        match &mut self.event.change {
            Change::Attribute(attribute) => change(attribute),
            _ => panic!("event type `{}` is not the change of a field", self.event.event_type),
        }
        self.describe();
        self
    }

    /// Writes the `meta` of the change of a field, in the site's form.
    fn describe(&mut self) {
        let Some(entity) = &self.event.entity else { return };
        let Change::Attribute(change) = &self.event.change else { return };
        let mut meta = json!({
            "type": "attribute_change",
            "attribute_name": change.field,
            "entity_type": entity.entity_type,
            "entity_id": entity.id,
            "field_data_type": change.data_type,
        });
        if change.data_type.as_deref() == Some("multi_entity") {
            meta["added"] = json!(change.added);
            meta["removed"] = json!(change.removed);
        } else {
            meta["old_value"] = change.old.to_json();
            meta["new_value"] = change.new.to_json();
        }
        if change.in_create {
            meta["in_create"] = Value::Bool(true);
        }
        if let Some(original) = change.mirror_of {
            meta["original_event_log_entry_id"] = Value::from(original);
        }
        self.event.meta_json = meta.to_string();
    }
}

impl From<EventBuilder> for Event {
    fn from(builder: EventBuilder) -> Self {
        builder.build()
    }
}
