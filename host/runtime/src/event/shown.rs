//! What of an event a plugin is shown: that something happened, and to what, always; values, names and the rest of the entry's
//! metadata only as far as it may read them.

use policy::shotgun::Effective;
use serde_json::{Map, Value as Json};

use crate::bindings::cuebox::plugin::types::{
    AttributeChange, Change, EarlierEvent, EntityRef, Event, Value,
};

#[cfg(test)]
mod tests;

/// Keys of an entry's metadata that say what happened, and to what.
const PLAIN_KEYS: [&str; 11] = [
    "type",
    "attribute_name",
    "actual_attribute_changed",
    "entity_type",
    "entity_id",
    "class_name",
    "id",
    "field_data_type",
    "in_create",
    "is_transient",
    "original_event_log_entry_id",
];

/// Keys with values of the field that changed.
const VALUE_KEYS: [&str; 4] = ["old_value", "new_value", "added", "removed"];

/// The event as the plugin may see it.
pub(crate) fn shown(event: &Event, effective: &Effective) -> Event {
    let event = event.clone();
    if effective.reads_everything() {
        return event;
    }
    let place = Place::of(&event, effective);
    let name = |link: Option<EntityRef>| link.map(|link| place.link(link, None));
    let project = event.project.as_ref().map(|project| project.id);
    Event {
        entity: event.entity.map(|entity| place.link(entity, project)),
        project: name(event.project),
        user: name(event.user),
        sudo_actual_user: name(event.sudo_actual_user),
        meta: place.meta(&event.meta, &event.change),
        change: place.change(event.change),
        earlier: event.earlier.into_iter().map(|earlier| place.earlier(earlier)).collect(),
        ..event
    }
}

/// Where an event happened, and what may be seen there.
struct Place<'a> {
    effective: &'a Effective,
    /// The type of what it happened to.
    entity_type: String,
    /// The project that this is in; a project is in itself.
    project: Option<u64>,
    /// The entry's metadata may be read whole, as a field of the event log.
    is_open: bool,
}

impl<'a> Place<'a> {
    fn of(event: &Event, effective: &'a Effective) -> Self {
        let of_event = event.project.as_ref().map(|project| project.id);
        let (entity_type, project) = match &event.entity {
            Some(entity) if entity.entity_type == "Project" => ("Project", Some(entity.id)),
            Some(entity) => (entity.entity_type.as_str(), of_event),
            // `Shotgun_Task_Change`
            None => (event.event_type.split('_').nth(1).unwrap_or_default(), of_event),
        };
        Self {
            effective,
            entity_type: entity_type.to_owned(),
            project,
            is_open: effective.reads("EventLogEntry", "meta", of_event),
        }
    }

    fn reads(&self, field: &str) -> bool {
        self.is_open || self.effective.reads(&self.entity_type, field, self.project)
    }

    fn link(&self, link: EntityRef, project: Option<u64>) -> EntityRef {
        let is_named = self.effective.reads_name(&link.entity_type, link.id, project);
        EntityRef { name: link.name.filter(|_| is_named), ..link }
    }

    fn links(&self, links: Vec<EntityRef>) -> Vec<EntityRef> {
        if self.is_open {
            return links;
        }
        links.into_iter().map(|link| self.link(link, None)).collect()
    }

    fn change(&self, change: Change) -> Change {
        let Change::Attribute(change) = change else { return change };
        if !self.reads(&change.field) {
            let (old, new) = (Value::Null, Value::Null);
            return Change::Attribute(AttributeChange {
                old,
                new,
                added: Vec::new(),
                removed: Vec::new(),
                ..change
            });
        }
        Change::Attribute(AttributeChange {
            old: self.value(change.old),
            new: self.value(change.new),
            added: self.links(change.added),
            removed: self.links(change.removed),
            ..change
        })
    }

    fn value(&self, value: Value) -> Value {
        match value {
            value if self.is_open => value,
            Value::Entity(link) => Value::Entity(self.link(link, None)),
            Value::Entities(links) => Value::Entities(self.links(links)),
            value => value,
        }
    }

    fn earlier(&self, earlier: EarlierEvent) -> EarlierEvent {
        let name = |link: Option<EntityRef>| link.map(|link| self.link(link, None));
        EarlierEvent {
            user: name(earlier.user),
            sudo_actual_user: name(earlier.sudo_actual_user),
            meta: self.meta(&earlier.meta, &earlier.change),
            change: self.change(earlier.change),
            ..earlier
        }
    }

    /// Metadata with what may be read of it. Of what is not the life of an entity, whose keys anybody chooses, there is
    /// nothing.
    fn meta(&self, meta: &str, change: &Change) -> String {
        if self.is_open {
            return meta.to_owned();
        }
        let Ok(all) = serde_json::from_str::<Map<String, Json>>(meta) else {
            return "null".to_owned();
        };
        if matches!(change, Change::Other) {
            return "{}".to_owned();
        }
        let reads_values = match change {
            Change::Attribute(change) => self.reads(&change.field),
            _ => false,
        };
        let id = all.get("entity_id").and_then(Json::as_u64).unwrap_or_default();
        let reads_name = self.effective.reads_name(&self.entity_type, id, self.project);
        let shown = all.into_iter().filter_map(|(key, value)| {
            let value = match key.as_str() {
                known if PLAIN_KEYS.contains(&known) => plain(value)?,
                known if VALUE_KEYS.contains(&known) && reads_values => self.json(value),
                "sudo_actual_user" => self.json(value),
                "display_name" if reads_name => value,
                _ => return None,
            };
            Some((key, value))
        });
        Json::Object(shown.collect()).to_string()
    }

    /// A value in which links are only what identifies them, and named where that may be read.
    fn json(&self, value: Json) -> Json {
        match value {
            Json::Array(items) => items.into_iter().map(|item| self.json(item)).collect(),
            Json::Object(mut link) => {
                let entity_type = link.get("type").and_then(Json::as_str);
                let id = link.get("id").and_then(Json::as_u64);
                if let (Some(entity_type), Some(id)) = (entity_type, id)
                    && !link.contains_key("url")
                {
                    let is_named = self.effective.reads_name(entity_type, id, None);
                    link.retain(|key, _| {
                        matches!(key.as_str(), "type" | "id") || (key == "name" && is_named)
                    });
                }
                Json::Object(link)
            }
            value => value,
        }
    }
}

/// What says what happened is never more than a word or a number.
fn plain(value: Json) -> Option<Json> {
    (!value.is_object() && !value.is_array()).then_some(value)
}
