//! Counting and summing on the site.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Filter, Shotgun, decode};
use crate::Result;
use crate::host::{Current, Host};

/// A question for counts and sums, built step by step. See [`Shotgun::summarize`].
#[must_use = "nothing is asked before `read`"]
pub struct Summarize<'a> {
    _shotgun: &'a Shotgun,
    entity_type: String,
    filters: Result<Vec<Value>>,
    fields: Vec<Value>,
    grouping: Vec<Value>,
}

/// The answer: a value for each field asked for, and the same for each group.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Summary {
    /// From field to its count, sum, ...
    pub summaries: Map<String, Value>,
    /// One for each value of the field that was grouped by.
    #[serde(default)]
    pub groups: Vec<Group>,
}

/// The entities that agree in the field that was grouped by.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Group {
    /// The field's value, for people.
    pub group_name: String,
    /// The field's value.
    pub group_value: Value,
    /// From field to its count, sum, ... in this group.
    pub summaries: Map<String, Value>,
    /// The groups within this one, where it was grouped by more than one field.
    #[serde(default)]
    pub groups: Vec<Group>,
}

impl<'a> Summarize<'a> {
    pub(super) fn new(shotgun: &'a Shotgun, entity_type: String) -> Self {
        Self {
            _shotgun: shotgun,
            entity_type,
            filters: Ok(Vec::new()),
            fields: Vec::new(),
            grouping: Vec::new(),
        }
    }

    /// Only entities that meet this condition, and those given before.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filters = self.filters.and_then(|mut filters| {
            filters.push(filter.into_json()?);
            Ok(filters)
        });
        self
    }

    /// Summarizes a field: `field("id", "count")`, `field("sg_cut_duration", "sum")`.
    pub fn field(mut self, field: &str, summary: &str) -> Self {
        self.fields.push(json!({ "field": field, "type": summary }));
        self
    }

    /// One group for each value of the field, in ascending order; within the groups given before.
    pub fn group_by(mut self, field: &str) -> Self {
        self.grouping.push(json!({ "field": field, "type": "exact", "direction": "asc" }));
        self
    }

    /// Asks.
    pub fn read(self) -> Result<Summary> {
        let filters = Value::Array(self.filters?);
        let grouping = Value::Array(self.grouping);
        let grouping =
            grouping.as_array().is_some_and(|groups| !groups.is_empty()).then_some(&grouping);
        let answer =
            Current::summarize(&self.entity_type, &filters, &Value::Array(self.fields), grouping)?;
        decode(&answer, || format!("summarize {}", self.entity_type))
    }
}
