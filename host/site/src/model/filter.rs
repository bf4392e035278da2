//! Filters: groups of conditions over paths.

use serde_json::Value as Json;

use super::params::Params;
use super::path::{Path, Record};
use super::relation::{Test, test};
use super::value::TypeId;
use super::{Model, Now};
use crate::wire::ApiError;

mod candidates;
mod reverse;

pub use candidates::Candidates;

use reverse::Reverse;

/// Groups may be nested this deep: evaluation recurses.
const DEPTH_MAX: usize = 32;

/// A filter that fits the schema.
#[derive(Debug, Clone)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Condition(Path, Test),
    Reverse(Reverse),
}

impl Filter {
    /// Reads the parameter `filters`; without it everything passes.
    pub fn parse(
        model: &Model,
        params: &Params<'_>,
        entity_type: TypeId,
        now: Now,
    ) -> Result<Self, ApiError> {
        match params.fields.get("filters") {
            None | Some(Json::Null) => Ok(Self::All(Vec::new())),
            Some(Json::Array(none)) if none.is_empty() => Ok(Self::All(Vec::new())),
            Some(group) => Parser { model, params, entity_type, now }.group(group, 0),
        }
    }

    /// Whether a record passes.
    pub fn passes(&self, model: &Model, record: Record<'_>) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.passes(model, record)),
            Self::Any(filters) => {
                filters.is_empty() || filters.iter().any(|filter| filter.passes(model, record))
            }
            Self::Condition(path, test) => {
                path.any(model, record, |value| test.passes(model, value))
            }
            Self::Reverse(reverse) => reverse.passes(record.id()),
        }
    }

    /// How much there is to look at, roughly.
    fn cost(&self) -> usize {
        match self {
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().map(|filter| filter.cost() + 1).sum()
            }
            Self::Condition(path, _) => path.steps.len(),
            Self::Reverse(_) => 1,
        }
    }
}

struct Parser<'a> {
    model: &'a Model,
    params: &'a Params<'a>,
    entity_type: TypeId,
    now: Now,
}

impl Parser<'_> {
    fn group(&self, group: &Json, depth: usize) -> Result<Filter, ApiError> {
        let conditions = group.get("conditions").and_then(Json::as_array);
        let conditions =
            conditions.ok_or_else(|| self.params.missing("array 'conditions' in 'filters'"))?;
        if depth > DEPTH_MAX {
            return Err(self
                .params
                .missing(&format!("'filters', nested more than {DEPTH_MAX} deep,")));
        }
        let filters = conditions.iter().map(|condition| {
            if condition.get("conditions").is_some() {
                self.group(condition, depth + 1)
            } else {
                self.condition(condition)
            }
        });
        let mut filters = filters.collect::<Result<Vec<_>, _>>()?;
        // What a record says itself is cheaper to find out than what its links say.
        filters.sort_by_key(Filter::cost);
        match group.get("logical_operator").and_then(Json::as_str) {
            Some("and") => Ok(Filter::All(filters)),
            Some("or") => Ok(Filter::Any(filters)),
            _ => Err(self.params.missing("string 'logical_operator' ('and' or 'or') in 'filters'")),
        }
    }

    fn condition(&self, condition: &Json) -> Result<Filter, ApiError> {
        let text = |key: &str| condition.get(key).and_then(Json::as_str);
        let path = text("path").ok_or_else(|| self.params.missing("string 'path' in 'filters'"))?;
        let relation = text("relation")
            .ok_or_else(|| self.params.missing("string 'relation' in 'filters'"))?;
        let values = condition
            .get("values")
            .ok_or_else(|| self.params.missing("array 'values' in 'filters'"))?;
        let condition = (path, relation, values);
        if let Some(reverse) =
            Reverse::parse(self.model, self.params, self.entity_type, condition, self.now)
        {
            return reverse.map(Filter::Reverse);
        }
        let path = Path::parse(self.model, self.params.method, self.entity_type, path)?;
        let test = test(self.model, self.params.method, &path, relation, values, self.now)?;
        Ok(Filter::Condition(path, test))
    }
}
