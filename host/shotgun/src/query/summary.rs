//! A question for counts and sums.

use serde::Serialize;
use serde_json::value::RawValue;

use super::filters::Filters;
use super::place::{Place, QueryError, parse, text};
use crate::object::Object;

/// Counts and sums over rows of one type, in the wire's form.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    #[serde(rename = "type")]
    entity_type: String,
    summaries: Box<RawValue>,
    filters: Filters,
    #[serde(skip_serializing_if = "Option::is_none")]
    grouping: Option<Box<RawValue>>,
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
}

/// A list of objects, each with a field and a type.
fn list(place: Place<'_>, json: &str) -> Result<Box<RawValue>, QueryError> {
    let items: Vec<&RawValue> = parse(place, json, "a list")?;
    for (index, item) in items.iter().enumerate() {
        let place = Place::Index(&place, index);
        let Object(members) =
            parse::<Object<&RawValue>>(place, item.get(), "an object with `field` and `type`")?;
        for key in ["field", "type"] {
            let member = members.iter().find(|(name, _)| name == key);
            let (_, raw) =
                member.ok_or_else(|| QueryError::new(place, format!("`{key}` is missing")))?;
            text(Place::Key(&place, key), raw, "a text")?;
        }
    }
    parse(place, json, "a list")
}

#[cfg(test)]
mod tests;
