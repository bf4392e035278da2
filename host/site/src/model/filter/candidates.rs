//! Which records can pass a filter at all, found without looking at each: by their ids, and by who links to whom.

use super::Filter;
use crate::model::Model;
use crate::model::path::{Column, Path, Record, Step, any};
use crate::model::relation::Test;
use crate::model::value::{Ref, TypeId, Value};

/// Looking through a table at the end of a path must cost no more than this part of looking through the first.
const DETOUR: usize = 4;

/// The ids that a filter can let pass. All others it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidates {
    pub from: u64,
    pub to: u64,
    /// If given, only these, in order.
    pub ids: Option<Vec<u64>>,
}

impl Candidates {
    /// The records of a type that can pass.
    pub fn of(filter: &Filter, model: &Model, entity_type: TypeId) -> Self {
        let mut candidates = Self { from: 0, to: u64::MAX - 1, ids: None };
        candidates.narrow_by_id(filter);
        let fewest = match &candidates.ids {
            Some(ids) => ids.len(),
            None => model.tables.count(entity_type),
        };
        // Links of the event log's rows are not kept by their other end.
        let is_log = model.schema.entity_type(entity_type).name == "EventLogEntry";
        let search = Search { model };
        if let Some(ids) = search.filter(filter, entity_type, fewest).filter(|_| !is_log) {
            candidates.keep(ids);
        }
        let Self { from, to, ids } = &mut candidates;
        if let Some(ids) = ids {
            ids.retain(|id| (*from..=*to).contains(id));
        }
        candidates
    }

    fn keep(&mut self, mut ids: Vec<u64>) {
        if let Some(before) = &self.ids {
            ids.retain(|id| before.binary_search(id).is_ok());
        }
        self.ids = Some(ids);
    }

    fn narrow_by_id(&mut self, filter: &Filter) {
        match filter {
            Filter::All(filters) => filters.iter().for_each(|filter| self.narrow_by_id(filter)),
            Filter::Any(filters) if filters.len() == 1 => self.narrow_by_id(&filters[0]),
            Filter::Condition(path, test) if path.is_direct() && path.column == Column::Id => {
                self.narrow(test);
            }
            Filter::Any(_) | Filter::Condition(..) | Filter::Reverse(_) => {}
        }
    }

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
                self.keep(in_order(values.iter().map(id).filter(|id| *id > 0).collect()));
            }
            _ => {}
        }
    }
}

/// Finds records from the other end of their links.
struct Search<'a> {
    model: &'a Model,
}

impl Search<'_> {
    /// The records that can pass, in order, if that is known and they are fewer than `fewest`.
    fn filter(&self, filter: &Filter, entity_type: TypeId, fewest: usize) -> Option<Vec<u64>> {
        match filter {
            Filter::All(filters) => {
                let mut best: Option<Vec<u64>> = None;
                for filter in filters {
                    let fewest = best.as_ref().map_or(fewest, Vec::len);
                    best = self.filter(filter, entity_type, fewest).or(best);
                }
                best
            }
            Filter::Any(filters) if filters.is_empty() => None,
            Filter::Any(filters) => {
                let mut all = Vec::new();
                for filter in filters {
                    all.extend(self.filter(filter, entity_type, fewest - all.len())?);
                }
                Some(in_order(all))
            }
            Filter::Condition(path, test) => self.condition(path, test, entity_type, fewest),
            Filter::Reverse(_) => None,
        }
    }

    fn condition(
        &self,
        path: &Path,
        test: &Test,
        entity_type: TypeId,
        fewest: usize,
    ) -> Option<Vec<u64>> {
        // A record whose path leads nowhere passes such a test, and nothing links to nowhere.
        if test.passes(self.model, &Value::Null) {
            return None;
        }
        self.steps(&path.steps, path.column, test, entity_type, fewest)
    }

    fn steps(
        &self,
        steps: &[Step],
        column: Column,
        test: &Test,
        entity_type: TypeId,
        fewest: usize,
    ) -> Option<Vec<u64>> {
        let Some((step, rest)) = steps.split_first() else {
            let (Column::Field(field), Test::LinkOneOf { links, negated: false }) = (column, test)
            else {
                return None;
            };
            let targets = links.iter().flatten().copied();
            return self.linking(entity_type, field, targets, fewest);
        };
        let count = self.model.tables.count(step.target);
        let target = |id| Ref { entity_type: step.target, id };
        if let Some(found) = self.steps(rest, column, test, step.target, count) {
            return self.linking(entity_type, step.field, found.into_iter().map(target), fewest);
        }
        if count.saturating_mul(DETOUR) > fewest {
            return None;
        }
        let passing = self.model.tables.rows(step.target).filter(|row| {
            let record = Record::Row(step.target, row);
            row.retired.is_none()
                && any(rest, column, self.model, record, &|value| test.passes(self.model, value))
        });
        self.linking(entity_type, step.field, passing.map(|row| target(row.id)), fewest)
    }

    /// The records of a type whose field links to any of the targets, if they are fewer than `fewest`.
    fn linking(
        &self,
        entity_type: TypeId,
        field: usize,
        targets: impl Iterator<Item = Ref>,
        fewest: usize,
    ) -> Option<Vec<u64>> {
        let mut found = Vec::new();
        for target in targets {
            let linking = self.model.tables.linking(entity_type, field, target);
            if found.len() + linking.len() >= fewest {
                return None;
            }
            found.extend(linking.iter().copied().map(u64::from));
        }
        Some(in_order(found))
    }
}

fn in_order(mut ids: Vec<u64>) -> Vec<u64> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
