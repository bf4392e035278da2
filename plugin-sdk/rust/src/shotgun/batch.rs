//! Several writes, all or none.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::field_values;
use crate::{EntityRef, Result};

/// What an update does with the entities given for a multi-entity field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateMode {
    /// They replace what was there.
    Set,
    /// They come to what was there.
    Add,
    /// They are taken away from what was there.
    Remove,
}

/// Several writes, made all or none by [`Shotgun::batch`](super::Shotgun::batch), in this order.
///
/// A later write cannot refer to an entity that an earlier one creates.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    requests: Vec<Result<Value>>,
}

impl Batch {
    /// A batch of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an entity; its answer is the entity.
    pub fn create(&mut self, entity_type: &str, data: impl Serialize) -> &mut Self {
        self.push(field_values(data).map(|data| {
            json!({ "request_type": "create", "entity_type": entity_type, "data": data, "return_fields": ["id"] })
        }))
    }

    /// Sets fields; its answer is the entity with these fields.
    pub fn update(&mut self, entity: &EntityRef, data: impl Serialize) -> &mut Self {
        self.push(field_values(data).map(|data| {
            json!({ "request_type": "update", "entity_type": entity.entity_type, "entity_id": entity.id, "data": data })
        }))
    }

    /// Sets fields, and adds to or removes from the multi-entity fields that `modes` names.
    pub fn update_with(
        &mut self,
        entity: &EntityRef,
        data: impl Serialize,
        update_modes: &[(&str, UpdateMode)],
    ) -> &mut Self {
        self.push(field_values(data).map(|data| {
            json!({
                "request_type": "update",
                "entity_type": entity.entity_type,
                "entity_id": entity.id,
                "data": data,
                "multi_entity_update_modes": modes(update_modes),
            })
        }))
    }

    /// Moves to the trash; its answer is a boolean.
    pub fn delete(&mut self, entity: &EntityRef) -> &mut Self {
        self.push(Ok(
            json!({ "request_type": "delete", "entity_type": entity.entity_type, "entity_id": entity.id }),
        ))
    }

    /// How many writes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    pub(super) fn into_requests(self) -> Result<Vec<Value>> {
        self.requests.into_iter().collect()
    }

    fn push(&mut self, request: Result<Value>) -> &mut Self {
        self.requests.push(request);
        self
    }
}

/// The object from field to mode that the wire takes.
pub(super) fn modes(modes: &[(&str, UpdateMode)]) -> Value {
    let modes: Map<String, Value> = modes
        .iter()
        .map(|(field, mode)| ((*field).to_owned(), Value::from(mode.wire_name())))
        .collect();
    Value::Object(modes)
}

impl UpdateMode {
    fn wire_name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }
}
