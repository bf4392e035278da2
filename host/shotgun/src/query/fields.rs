//! The fields of a write: from an object of values to the wire's list.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::place::{Place, QueryError, parse, word};
use crate::object::Object;

/// Values to set, in the order in which they were given: the site's events follow it.
#[derive(Debug, Clone)]
pub struct Fields(Vec<(String, Value)>);

/// How a list of links is changed, for fields that hold one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Modes(BTreeMap<String, Mode>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Set,
    Add,
    Remove,
}

/// One field of a write, as the wire has it.
#[derive(Debug, Serialize)]
pub(crate) struct WireField<'a> {
    field_name: &'a str,
    value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_entity_update_mode: Option<Mode>,
}

/// Fields whose content is a file. Setting one is an upload; only clearing it is a value.
const PICTURES: [&str; 2] = ["image", "filmstrip_image"];

/// What of an entity is sent: the keys that the official client sends.
const ENTITY_KEYS: [&str; 8] =
    ["id", "type", "url", "name", "content_type", "local_path", "storage", "relative_path"];

impl Fields {
    /// Reads an object from field to value.
    pub fn parse(json: &str) -> Result<Self, QueryError> {
        Self::parse_at(Place::Root("data"), json)
    }

    pub(super) fn parse_at(place: Place<'_>, json: &str) -> Result<Self, QueryError> {
        let Object(fields) = parse::<Object<Value>>(place, json, "an object of field values")?;
        for (name, value) in &fields {
            if name.is_empty() {
                return Err(QueryError::new(place, "a field has an empty name"));
            }
            if PICTURES.contains(&name.as_str()) && !value.is_null() {
                return Err(QueryError::new(
                    Place::Key(&place, name),
                    "a picture is set with an upload, not as a value",
                ));
            }
        }
        Ok(Self(fields))
    }

    /// The names of the fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The fields with the values that were given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// For a creation: there is no picture to clear yet, and entities go whole.
    pub(crate) fn for_create(&self) -> Vec<WireField<'_>> {
        let fields = self.0.iter().filter(|(name, _)| !PICTURES.contains(&name.as_str()));
        fields.map(|(name, value)| WireField::new(name, value.clone(), None)).collect()
    }

    /// For an update: entities are reduced to what identifies them.
    pub(crate) fn for_update(&self, modes: &Modes) -> Vec<WireField<'_>> {
        self.wire(modes, |value| match value {
            Value::Array(values) => Value::Array(values.into_iter().map(strip_entity).collect()),
            value => strip_entity(value),
        })
    }

    /// For an update in a batch, where the official client sends entities whole.
    pub(crate) fn for_batch_update(&self, modes: &Modes) -> Vec<WireField<'_>> {
        self.wire(modes, |value| value)
    }

    fn wire<'a>(&'a self, modes: &Modes, prepare: impl Fn(Value) -> Value) -> Vec<WireField<'a>> {
        let wire = |(name, value): &'a (String, Value)| {
            WireField::new(name, prepare(value.clone()), modes.0.get(name).copied())
        };
        self.0.iter().map(wire).collect()
    }
}

impl Modes {
    /// Reads an object from field to `set`, `add` or `remove`. Fields that the write does not set are ignored.
    pub fn parse(json: &str) -> Result<Self, QueryError> {
        Self::parse_at(Place::Root("multi_entity_update_modes"), json)
    }

    pub(super) fn parse_at(place: Place<'_>, json: &str) -> Result<Self, QueryError> {
        let Object(modes) = parse::<Object<&RawValue>>(place, json, "an object of modes")?;
        let read = |(field, mode): (String, &RawValue)| {
            let place = Place::Key(&place, &field);
            let mode = match parse::<String>(place, mode.get(), "set, add or remove")?.as_str() {
                "set" => Mode::Set,
                "add" => Mode::Add,
                "remove" => Mode::Remove,
                other => {
                    return Err(QueryError::new(
                        place,
                        format!("`{}` is not one of set, add, remove", word(other)),
                    ));
                }
            };
            Ok((field, mode))
        };
        modes.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The fields with their modes: `set`, `add` or `remove`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.0.iter().map(|(field, mode)| (field.as_str(), mode.as_str()))
    }
}

impl Mode {
    fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Add => "add",
            Self::Remove => "remove",
        }
    }
}

impl<'a> WireField<'a> {
    fn new(field_name: &'a str, value: Value, multi_entity_update_mode: Option<Mode>) -> Self {
        Self { field_name, value, multi_entity_update_mode }
    }
}

/// An entity without what does not identify it; any other value as it is.
pub(super) fn strip_entity(value: Value) -> Value {
    match value {
        Value::Object(mut object) if object.contains_key("id") && object.contains_key("type") => {
            object.retain(|key, _| ENTITY_KEYS.contains(&key.as_str()));
            Value::Object(object)
        }
        value => value,
    }
}

#[cfg(test)]
mod tests;
