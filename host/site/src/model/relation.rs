//! The relations of filters: which data type has which, what values they take, and whether a value passes.

use std::cmp::Ordering;

use super::Model;
use super::coerce::round_to_millionths;
use super::schema::DataType;
use super::value::{Ref, TypeId, Value};

mod operands;
mod text;

pub use operands::test;
pub use text::TextMatch;

/// A relation with its values.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// One of these values; a null among them is the unset field.
    OneOf {
        values: Vec<Value>,
        negated: bool,
    },
    /// The same, where case matters.
    Exactly {
        values: Vec<Value>,
        negated: bool,
    },
    LinkOneOf {
        links: Vec<Option<Ref>>,
        negated: bool,
    },
    TypeOneOf {
        types: Vec<Option<TypeId>>,
        negated: bool,
    },
    /// The text of a field.
    Text {
        how: TextMatch,
        needle: String,
        negated: bool,
    },
    /// The display name of a linked record.
    Name {
        how: TextMatch,
        needle: String,
        negated: bool,
    },
    Greater(Value),
    Less(Value),
    /// Both ends included.
    Between {
        from: Value,
        to: Value,
        negated: bool,
    },
    /// Whether a list of tags is empty.
    Untagged {
        negated: bool,
    },
    /// A comparison with nothing.
    Never,
    /// A condition that the service takes and does not heed.
    Always,
}

const TEXT: &[&str] =
    &["is", "is_not", "contains", "not_contains", "starts_with", "ends_with", "in", "not_in"];
const NUMBER: &[&str] = &["is", "is_not", "greater_than", "less_than", "between", "in", "not_in"];
const CURRENCY: &[&str] =
    &["is", "is_not", "less_than", "greater_than", "between", "not_between", "in", "not_in"];
const CHOICE: &[&str] = &["is", "is_not", "in", "not_in"];
const EXACT: &[&str] = &["is", "is_not"];
const DATE: &[&str] = &[
    "is",
    "is_not",
    "greater_than",
    "less_than",
    "in_last",
    "not_in_last",
    "in_next",
    "not_in_next",
    "in_calendar_day",
    "in_calendar_week",
    "in_calendar_month",
    "in_calendar_year",
    "between",
    "in",
    "not_in",
];
const LINK: &[&str] = &[
    "is",
    "is_not",
    "type_is",
    "type_is_not",
    "name_contains",
    "name_not_contains",
    "name_is",
    "in",
    "not_in",
];
const ADDRESSING: &[&str] = &[
    "is",
    "is_not",
    "contains",
    "not_contains",
    "in",
    "not_in",
    "type_is",
    "type_is_not",
    "name_contains",
    "name_not_contains",
    "name_starts_with",
    "name_ends_with",
];
const TAGS: &[&str] = &["is", "is_not", "name_contains", "name_not_contains", "name_id"];
const JSONB: &[&str] = &["is", "is_not", "contains", "not_contains"];

/// The relations of a data type; none for the id. Empty where a type cannot be filtered by.
pub fn relations(data_type: Option<DataType>) -> &'static [&'static str] {
    match data_type {
        None
        | Some(
            DataType::Number
            | DataType::Float
            | DataType::Percent
            | DataType::Duration
            | DataType::Timecode
            | DataType::Footage,
        ) => NUMBER,
        Some(DataType::Text) => TEXT,
        Some(DataType::Currency) => CURRENCY,
        Some(DataType::Date | DataType::DateTime) => DATE,
        Some(DataType::Checkbox | DataType::Image) => EXACT,
        Some(
            DataType::List
            | DataType::StatusList
            | DataType::Uuid
            | DataType::EntityType
            | DataType::Color,
        ) => CHOICE,
        Some(DataType::Entity | DataType::MultiEntity) => LINK,
        Some(DataType::Addressing) => ADDRESSING,
        Some(DataType::TagList) => TAGS,
        Some(DataType::Jsonb) => JSONB,
        Some(
            DataType::Serializable
            | DataType::Url
            | DataType::Password
            | DataType::Summary
            | DataType::Calculated,
        ) => &[],
    }
}

impl Test {
    /// Whether a value passes. Links to retired records count as not there.
    pub fn passes(&self, model: &Model, value: &Value) -> bool {
        match self {
            Self::OneOf { values, negated } => {
                values.iter().any(|wanted| same(value, wanted)) != *negated
            }
            Self::Exactly { values, negated } => values.contains(value) != *negated,
            Self::LinkOneOf { links, negated } => {
                let mut live = value
                    .links()
                    .iter()
                    .filter(|link| model.tables.live(**link).is_some())
                    .peekable();
                let found = match live.peek() {
                    None => links.contains(&None),
                    Some(_) => live.any(|link| links.contains(&Some(*link))),
                };
                found != *negated
            }
            Self::TypeOneOf { types, negated } => {
                let mut live =
                    value.links().iter().filter(|link| model.tables.live(**link).is_some());
                let found = match live.next() {
                    None => types.contains(&None),
                    Some(first) => {
                        let wanted = |link: &Ref| types.contains(&Some(link.entity_type));
                        wanted(first) || live.any(wanted)
                    }
                };
                found != *negated
            }
            Self::Text { how, needle, negated } => {
                texts(value).any(|text| how.matches(text, needle)) != *negated
            }
            Self::Name { how, needle, negated } => {
                let mut live =
                    value.links().iter().filter(|link| model.tables.live(**link).is_some());
                live.any(|link| how.matches(&model.display_name(*link), needle)) != *negated
            }
            Self::Greater(bound) => compare(value, bound) == Some(Ordering::Greater),
            Self::Less(bound) => compare(value, bound) == Some(Ordering::Less),
            Self::Between { from, to, negated } => {
                let inside = compare(value, from).is_some_and(Ordering::is_ge)
                    && compare(value, to).is_some_and(Ordering::is_le);
                inside != *negated
            }
            Self::Untagged { negated } => texts(value).next().is_none() != *negated,
            Self::Never => false,
            Self::Always => true,
        }
    }
}

/// The texts of a field: its own, or the tags of a list.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let tags = match value {
        Value::Json(tags) => tags.as_array().map_or(&[][..], Vec::as_slice),
        _ => &[],
    };
    value.as_text().into_iter().chain(tags.iter().filter_map(serde_json::Value::as_str))
}

/// Whether a value is the wanted one. Wanted texts are lower case.
fn same(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Text(text), Value::Text(wanted)) => TextMatch::Is.matches(text, wanted),
        (Value::Float(number), Value::Float(wanted)) => {
            round_to_millionths(*number) == round_to_millionths(*wanted)
        }
        (value, wanted) => value == wanted,
    }
}

fn compare(value: &Value, bound: &Value) -> Option<Ordering> {
    match (value, bound) {
        (Value::Int(value), Value::Int(bound)) => Some(value.cmp(bound)),
        (Value::Float(value), Value::Float(bound)) => value.partial_cmp(bound),
        (Value::Date(value), Value::Date(bound)) => Some(value.cmp(bound)),
        (Value::Moment(value), Value::Moment(bound)) => Some(value.cmp(bound)),
        _ => None,
    }
}
