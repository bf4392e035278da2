//! `$FROM$Task.entity.sg_status_list`: conditions on the records that link to a record.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::model::params::Params;
use crate::model::path::{Path, Record, unknown};
use crate::model::relation::test;
use crate::model::value::{TypeId, Value};
use crate::model::{Model, Now};
use crate::wire::ApiError;

/// What such a path begins with.
const PREFIX: &str = "$FROM$";

/// The records that pass, found from those that link to them.
#[derive(Debug, Clone)]
pub struct Reverse {
    passing: BTreeSet<u64>,
    linked: BTreeSet<u64>,
    /// Whether records pass that nothing links to.
    others_pass: bool,
}

impl Reverse {
    /// Reads a condition on records of type `root`. None if its path is an ordinary one.
    pub fn parse(
        model: &Model,
        params: &Params<'_>,
        root: TypeId,
        (path, relation, values): (&str, &str, &Json),
        now: Now,
    ) -> Option<Result<Self, ApiError>> {
        let inner = path.strip_prefix(PREFIX)?;
        let mut parts = inner.splitn(3, '.');
        let from = parts.next().and_then(|name| model.schema.type_id(name));
        let (Some(from), Some(field), Some(rest)) = (from, parts.next(), parts.next()) else {
            return Some(Err(unknown(model, params.method, root, path)));
        };
        Some((|| {
            let link = Path::parse(model, params.method, from, field)?;
            if !link.data_type(model).is_some_and(|data_type| data_type.is_link()) {
                return Err(unknown(model, params.method, root, path));
            }
            let rest = Path::parse(model, params.method, from, rest)?;
            let test = test(model, params.method, &rest, relation, values, now)?;
            let mut found = Self {
                passing: BTreeSet::new(),
                linked: BTreeSet::new(),
                others_pass: test.passes(model, &Value::Null),
            };
            for record in records(model, from) {
                let links = record.value(model, link.column);
                let here = links.links().iter().filter(|link| link.entity_type == root);
                let ids: Vec<_> = here.map(|link| link.id).collect();
                if !ids.is_empty() && rest.any(model, record, |value| test.passes(model, value)) {
                    found.passing.extend(&ids);
                }
                found.linked.extend(ids);
            }
            Ok(found)
        })())
    }

    pub fn passes(&self, id: u64) -> bool {
        self.passing.contains(&id) || (self.others_pass && !self.linked.contains(&id))
    }
}

/// The records of a type that are not retired, or the rows of the event log.
fn records(model: &Model, entity_type: TypeId) -> Box<dyn Iterator<Item = Record<'_>> + '_> {
    if model.schema.entity_type(entity_type).name == "EventLogEntry" {
        return Box::new(
            model.log.range(0, u64::MAX).map(move |row| Record::Event(entity_type, row)),
        );
    }
    let rows = model.tables.rows(entity_type).filter(|row| row.retired.is_none());
    Box::new(rows.map(move |row| Record::Row(entity_type, row)))
}
