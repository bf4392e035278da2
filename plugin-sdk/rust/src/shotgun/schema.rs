//! What the site says of a field.

use serde_json::{Map, Value};

/// What the site says of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSchema {
    /// `text`, `number`, `status_list`, `entity`, ...
    pub data_type: String,
    /// Whether values of it can be written.
    pub editable: bool,
    /// The short codes of a list or status_list; empty for other types.
    pub valid_values: Vec<String>,
    /// The entity types that an entity or multi_entity field links to; empty for other types.
    pub valid_types: Vec<String>,
}

impl FieldSchema {
    /// Reads `{FIELD: {"data_type": {"value": "text"}, ...}}`. None if it does not hold the field and its data type.
    pub(super) fn from_answer(answer: &Map<String, Value>, field: &str) -> Option<Self> {
        let properties = answer.get(field)?;
        let texts = |name: &str| -> Vec<String> {
            let values = properties["properties"][name]["value"].as_array();
            values.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Some(Self {
            data_type: properties["data_type"]["value"].as_str()?.to_owned(),
            editable: properties["editable"]["value"].as_bool().unwrap_or(true),
            valid_values: texts("valid_values"),
            valid_types: texts("valid_types"),
        })
    }
}
