//! The data types of fields, by the names that the wire uses.

use serde::{Deserialize, Serialize};

/// What kind of value a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the wire's own")]
pub enum DataType {
    Addressing,
    Calculated,
    Checkbox,
    Color,
    Currency,
    Date,
    DateTime,
    Duration,
    Entity,
    EntityType,
    Float,
    Footage,
    Image,
    Jsonb,
    List,
    MultiEntity,
    Number,
    Password,
    Percent,
    Serializable,
    StatusList,
    Summary,
    TagList,
    Text,
    Timecode,
    Url,
    Uuid,
}

impl DataType {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Addressing => "addressing",
            Self::Calculated => "calculated",
            Self::Checkbox => "checkbox",
            Self::Color => "color",
            Self::Currency => "currency",
            Self::Date => "date",
            Self::DateTime => "date_time",
            Self::Duration => "duration",
            Self::Entity => "entity",
            Self::EntityType => "entity_type",
            Self::Float => "float",
            Self::Footage => "footage",
            Self::Image => "image",
            Self::Jsonb => "jsonb",
            Self::List => "list",
            Self::MultiEntity => "multi_entity",
            Self::Number => "number",
            Self::Password => "password",
            Self::Percent => "percent",
            Self::Serializable => "serializable",
            Self::StatusList => "status_list",
            Self::Summary => "summary",
            Self::TagList => "tag_list",
            Self::Text => "text",
            Self::Timecode => "timecode",
            Self::Url => "url",
            Self::Uuid => "uuid",
        }
    }

    /// Whether clients can create fields of this type: those that the client's documentation lists, without the ones that
    /// the site computes.
    #[must_use]
    pub fn is_creatable(self) -> bool {
        !matches!(
            self,
            Self::Calculated | Self::EntityType | Self::Jsonb | Self::Summary | Self::Uuid
        )
    }

    /// Whether a field of this type holds one of a list of values.
    #[must_use]
    pub fn is_choice(self) -> bool {
        matches!(self, Self::List | Self::StatusList)
    }

    /// Whether a field of this type links to records.
    #[must_use]
    pub fn is_link(self) -> bool {
        matches!(self, Self::Entity | Self::MultiEntity | Self::Addressing)
    }

    /// Whether a field of this type holds a list of links.
    #[must_use]
    pub fn is_links(self) -> bool {
        matches!(self, Self::MultiEntity | Self::Addressing)
    }
}
