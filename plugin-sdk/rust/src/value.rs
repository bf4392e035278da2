//! Links to entities and values of fields.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// A link to one entity of the site.
///
/// In JSON it is `{"type", "id"}`, as the site takes links in filters and data; a `name` is read, and not sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
pub struct EntityRef {
    /// The schema's name of the type: `Shot`, `HumanUser`, `CustomEntity03`.
    #[serde(rename = "type")]
    pub entity_type: String,
    /// The entity's number among those of its type.
    pub id: u64,
    /// The display name; none where the site gives none.
    #[serde(default)]
    pub name: Option<String>,
}

impl EntityRef {
    /// A link without a name.
    pub fn new(entity_type: impl Into<String>, id: u64) -> Self {
        Self { entity_type: entity_type.into(), id, name: None }
    }
}

impl Serialize for EntityRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut link = serializer.serialize_struct("EntityRef", 2)?;
        link.serialize_field("type", &self.entity_type)?;
        link.serialize_field("id", &self.id)?;
        link.end()
    }
}

/// `Shot 7 sh010`, or `Shot 7` where there is no name.
impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.entity_type, self.id)?;
        match &self.name {
            Some(name) => write!(f, " {name}"),
            None => Ok(()),
        }
    }
}

/// The value of a field in an event, as far as its type is known without the site's schema.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum FieldValue {
    /// Unset.
    #[default]
    Null,
    /// checkbox.
    Boolean(bool),
    /// number, percent, duration (minutes), timecode (milliseconds).
    Integer(i64),
    /// float, currency.
    Number(f64),
    /// text, status_list, list, date (`YYYY-MM-DD`), date_time, uuid, color, footage: as the site spells them.
    Text(String),
    /// entity.
    Entity(EntityRef),
    /// multi_entity.
    Entities(Vec<EntityRef>),
    /// Anything else, whole.
    Other(Value),
}

impl FieldValue {
    /// Whether the field is unset.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, where it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, where it is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    /// The link, where it is one.
    #[must_use]
    pub fn as_entity(&self) -> Option<&EntityRef> {
        match self {
            Self::Entity(entity) => Some(entity),
            _ => None,
        }
    }

    /// The same value as JSON, in the form in which the site takes it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(boolean) => Value::from(*boolean),
            Self::Integer(integer) => Value::from(*integer),
            Self::Number(number) => Value::from(*number),
            Self::Text(text) => Value::from(text.as_str()),
            Self::Entity(entity) => link(entity),
            Self::Entities(entities) => entities.iter().map(link).collect(),
            Self::Other(json) => json.clone(),
        }
    }
}

fn link(entity: &EntityRef) -> Value {
    serde_json::json!({ "type": entity.entity_type, "id": entity.id })
}

impl Serialize for FieldValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

/// One readable line; links as `Shot 7 sh010`, an unset field as `nothing`.
impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("nothing"),
            Self::Text(text) => f.write_str(text),
            Self::Entity(entity) => entity.fmt(f),
            Self::Entities(entities) => {
                for (index, entity) in entities.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{entity}")?;
                }
                Ok(())
            }
            other => other.to_json().fmt(f),
        }
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for FieldValue {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<bool> for FieldValue {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

impl From<f64> for FieldValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<EntityRef> for FieldValue {
    fn from(entity: EntityRef) -> Self {
        Self::Entity(entity)
    }
}

impl<T: Into<FieldValue>> From<Option<T>> for FieldValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
