//! Filters: groups of conditions over paths, and which ids can pass at all.

use serde_json::Value as Json;

use super::params::Params;
use super::path::{Column, Path, Record};
use super::relation::{Test, test};
use super::value::{TypeId, Value};
use super::{Model, Now};
use crate::wire::ApiError;

/// Groups may be nested this deep: evaluation recurses.
const DEPTH_MAX: usize = 32;

/// A filter that fits the schema.
#[derive(Debug, Clone)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Condition(Path, Test),
}

/// The ids that a filter can let pass. All others it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidates {
    pub from: u64,
    pub to: u64,
    /// If given, only these, in order.
    pub ids: Option<Vec<u64>>,
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
                path.any(model, record, &mut |value| test.passes(model, value))
            }
        }
    }

    /// How much there is to look at, roughly.
    fn cost(&self) -> usize {
        match self {
            Self::All(filters) | Self::Any(filters) => {
                filters.iter().map(|filter| filter.cost() + 1).sum()
            }
            Self::Condition(path, _) => path.steps(),
        }
    }

    /// The ids that can pass, as far as the filter says it by id.
    pub fn candidates(&self) -> Candidates {
        let mut candidates = Candidates { from: 0, to: u64::MAX - 1, ids: None };
        self.narrow(&mut candidates);
        let Candidates { from, to, ids } = &mut candidates;
        if let Some(ids) = ids {
            ids.retain(|id| (*from..=*to).contains(id));
        }
        candidates
    }

    fn narrow(&self, candidates: &mut Candidates) {
        match self {
            Self::All(filters) => filters.iter().for_each(|filter| filter.narrow(candidates)),
            Self::Any(filters) if filters.len() == 1 => filters[0].narrow(candidates),
            Self::Any(_) => {}
            Self::Condition(path, test) if path.is_direct() && path.column == Column::Id => {
                candidates.narrow(test);
            }
            Self::Condition(..) => {}
        }
    }
}

impl Candidates {
    fn narrow(&mut self, test: &Test) {
        let id = |value: &Value| match value {
            Value::Int(id) => u64::try_from(*id).unwrap_or(0),
            _ => 0,
        };
        match test {
            Test::Greater(bound) => self.from = self.from.max(id(bound).saturating_add(1)),
            Test::Less(bound) => self.to = self.to.min(id(bound).saturating_sub(1)),
            Test::Between { from, to, negated: false } => {
                self.from = self.from.max(id(from));
                self.to = self.to.min(id(to));
            }
            Test::OneOf { values, negated: false } => {
                let mut ids: Vec<_> = values.iter().map(id).filter(|id| *id > 0).collect();
                ids.sort_unstable();
                ids.dedup();
                if let Some(before) = &self.ids {
                    ids.retain(|id| before.binary_search(id).is_ok());
                }
                self.ids = Some(ids);
            }
            _ => {}
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
        let path = Path::parse(self.model, self.params.method, self.entity_type, path)?;
        let test = test(self.model, self.params.method, &path, relation, values, self.now)?;
        Ok(Filter::Condition(path, test))
    }
}
