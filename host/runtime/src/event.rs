//! An EventLogEntry as guests are handed it: the site's quirks made plain.
//!
//! The forms of `meta` are those of the site's event log; where captures differ (a revival has no `type`), the event type
//! decides.

pub(crate) mod shown;

use eventlog::EventLogEntry;
use serde_json::{Map, Value as Json};

use crate::bindings::cuebox::plugin::types::{
    AttributeChange, Change, EarlierEvent, EntityRef, Event, Value,
};

/// The event of an entry, for its first delivery.
#[must_use]
pub fn event_of(entry: &EventLogEntry, late: bool) -> Event {
    // An entry whose meta is not an object has nothing typed to say; guests still get the text.
    let meta: Map<String, Json> = serde_json::from_str(&entry.meta).unwrap_or_default();
    let change = change_of(entry, &meta);
    Event {
        id: entry.id.0,
        event_type: entry.event_type.clone(),
        attribute_name: entry.attribute_name.clone(),
        entity: entry.entity.as_ref().map(entity_ref).or_else(|| entity_from_meta(&meta)),
        project: entry.project.as_ref().map(entity_ref),
        user: entry.user.as_ref().map(entity_ref),
        sudo_actual_user: meta.get("sudo_actual_user").and_then(entity_of),
        session_uuid: entry.session_uuid.clone(),
        created_at: entry.created_at.0,
        change,
        meta: entry.meta.clone(),
        attempt: 1,
        late,
        earlier: Vec::new(),
    }
}

/// An event that carries earlier ones of the same entity, in the order of their arrival.
#[must_use]
pub fn with_earlier<'a>(event: &Event, earlier: impl Iterator<Item = &'a Event>) -> Event {
    Event { earlier: earlier.map(earlier_event).collect(), ..event.clone() }
}

fn earlier_event(event: &Event) -> EarlierEvent {
    EarlierEvent {
        id: event.id,
        event_type: event.event_type.clone(),
        attribute_name: event.attribute_name.clone(),
        user: event.user.clone(),
        sudo_actual_user: event.sudo_actual_user.clone(),
        session_uuid: event.session_uuid.clone(),
        created_at: event.created_at,
        change: event.change.clone(),
        meta: event.meta.clone(),
        late: event.late,
    }
}

fn change_of(entry: &EventLogEntry, meta: &Map<String, Json>) -> Change {
    let text = |key: &str| meta.get(key).and_then(Json::as_str);
    // `Shotgun_Reading_Change` and the like say "attribute_change" too; what counts is that there is a field.
    if text("type") == Some("attribute_change")
        && let Some(field) = text("attribute_name").or(entry.attribute_name.as_deref())
    {
        return Change::Attribute(attribute_change(field, meta));
    }
    if !entry.event_type.starts_with("Shotgun_") {
        return Change::Other;
    }
    match entry.event_type.rsplit('_').next() {
        Some("New") => Change::Created,
        Some("Retirement") => Change::Retired,
        Some("Revival") => Change::Revived,
        _ => Change::Other,
    }
}

fn attribute_change(field: &str, meta: &Map<String, Json>) -> AttributeChange {
    let flag = |key: &str| meta.get(key).and_then(Json::as_bool).unwrap_or(false);
    let entities = |key: &str| meta.get(key).map(entities_of).unwrap_or_default();
    AttributeChange {
        field: field.to_owned(),
        data_type: meta.get("field_data_type").and_then(Json::as_str).map(str::to_owned),
        old: meta.get("old_value").map_or(Value::Null, value_of),
        new: meta.get("new_value").map_or(Value::Null, value_of),
        added: entities("added"),
        removed: entities("removed"),
        in_create: flag("in_create"),
        is_transient: flag("is_transient"),
        mirror_of: meta.get("original_event_log_entry_id").and_then(Json::as_u64),
    }
}

/// The entity of an entry whose link the site has dropped. A mirrored change describes the other side there, so it is no help.
fn entity_from_meta(meta: &Map<String, Json>) -> Option<EntityRef> {
    if meta.contains_key("actual_attribute_changed")
        || meta.contains_key("original_event_log_entry_id")
    {
        return None;
    }
    Some(EntityRef {
        entity_type: meta.get("entity_type")?.as_str()?.to_owned(),
        id: meta.get("entity_id")?.as_u64()?,
        name: None,
    })
}

fn value_of(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Value::Integer(integer),
            (None, Some(float)) => Value::Number(float),
            (None, None) => Value::Other(number.to_string()),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Object(_) => {
            entity_of(json).map_or_else(|| Value::Other(json.to_string()), Value::Entity)
        }
        Json::Array(items) => items
            .iter()
            .map(entity_of)
            .collect::<Option<Vec<_>>>()
            .map_or_else(|| Value::Other(json.to_string()), Value::Entities),
    }
}

fn entities_of(json: &Json) -> Vec<EntityRef> {
    json.as_array().into_iter().flatten().filter_map(entity_of).collect()
}

fn entity_of(json: &Json) -> Option<EntityRef> {
    Some(EntityRef {
        entity_type: json.get("type")?.as_str()?.to_owned(),
        id: json.get("id")?.as_u64()?,
        name: json.get("name").and_then(Json::as_str).map(str::to_owned),
    })
}

fn entity_ref(entity: &eventlog::EntityRef) -> EntityRef {
    EntityRef { entity_type: entity.entity_type.clone(), id: entity.id, name: entity.name.clone() }
}

#[cfg(test)]
mod tests;
