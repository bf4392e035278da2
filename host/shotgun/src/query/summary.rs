//! A question for counts and sums.

use serde::Serialize;
use serde_json::{Map, Value};

use super::filters::Filters;
use super::place::{Place, QueryError, parse};

/// Counts and sums over rows of one type, in the wire's form.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    #[serde(rename = "type")]
    entity_type: String,
    summaries: Vec<Map<String, Value>>,
    filters: Filters,
    #[serde(skip_serializing_if = "Option::is_none")]
    grouping: Option<Vec<Map<String, Value>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    include_archived_projects: Option<bool>,
}

impl Summary {
    /// Reads `[{"field": "id", "type": "count"}]` and, where given, `[{"field", "type", "direction"}]`. Which types of
    /// summary there are is the site's to say.
    pub fn parse(
        entity_type: impl Into<String>,
        filters: Filters,
        summary_fields: &str,
        grouping: Option<&str>,
    ) -> Result<Self, QueryError> {
        let summaries = list(Place::Root("summary_fields"), summary_fields)?;
        let grouping =
            grouping.map(|grouping| list(Place::Root("grouping"), grouping)).transpose()?;
        let entity_type = entity_type.into();
        Ok(Self { entity_type, summaries, filters, grouping, include_archived_projects: None })
    }

    /// Leaves the rows of archived projects out.
    #[must_use]
    pub fn without_archived_projects(mut self) -> Self {
        self.include_archived_projects = Some(false);
        self
    }

    /// The same over other rows.
    #[must_use]
    pub fn with_filters(mut self, filters: Filters) -> Self {
        self.filters = filters;
        self
    }

    /// The type of the rows.
    #[must_use]
    pub fn entity_type(&self) -> &str {
        &self.entity_type
    }

    /// Which rows.
    #[must_use]
    pub fn filters(&self) -> &Filters {
        &self.filters
    }

    /// What is counted or summed up: objects with `field` and `type`.
    #[must_use]
    pub fn summaries(&self) -> &[Map<String, Value>] {
        &self.summaries
    }

    /// How rows are put into groups: objects with `field` and `type`.
    #[must_use]
    pub fn grouping(&self) -> &[Map<String, Value>] {
        self.grouping.as_deref().unwrap_or_default()
    }
}

/// A list of objects, each with a field and a type.
fn list(place: Place<'_>, json: &str) -> Result<Vec<Map<String, Value>>, QueryError> {
    let items: Vec<Value> = parse(place, json, "a list")?;
    let read = |(index, item): (usize, Value)| {
        let item_place = Place::Index(&place, index);
        let Value::Object(members) = item else {
            return Err(QueryError::expected(
                item_place,
                "an object with `field` and `type`",
                &item,
            ));
        };
        for key in ["field", "type"] {
            let place = Place::Key(&item_place, key);
            match members.get(key) {
                None => return Err(QueryError::new(item_place, format!("`{key}` is missing"))),
                Some(Value::String(text)) if text.is_empty() => {
                    return Err(QueryError::new(place, "expected a text, found an empty text"));
                }
                Some(Value::String(_)) => {}
                Some(other) => return Err(QueryError::expected(place, "a text", other)),
            }
        }
        Ok(members)
    };
    items.into_iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests;
