//! The order of rows: by paths, nulls first, ids last.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::Model;
use super::params::Params;
use super::path::{Column, Path, Record};
use super::schema::DataType;
use super::value::{TypeId, Value};
use crate::wire::ApiError;

/// How rows are ordered. Without keys it is by id.
#[derive(Debug, Clone, Default)]
pub struct Order {
    keys: Vec<Key>,
}

#[derive(Debug, Clone)]
struct Key {
    path: Path,
    descending: bool,
}

impl Order {
    /// Reads the parameter `sorts`. What cannot be sorted by is left out, as on the real site.
    pub fn parse(
        model: &Model,
        params: &Params<'_>,
        entity_type: TypeId,
    ) -> Result<Self, ApiError> {
        let mut keys = Vec::new();
        for sort in params.list("sorts")? {
            let name = sort.get("field_name").or_else(|| sort.get("column")).and_then(Json::as_str);
            let name = name.ok_or_else(|| params.missing("string 'field_name' in 'sorts'"))?;
            let descending = match sort.get("direction").and_then(Json::as_str) {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(_) => return Err(params.missing("'direction' ('asc' or 'desc') in 'sorts'")),
            };
            if let Ok(path) = Path::parse(model, params.method, entity_type, name)
                && is_sortable(path.data_type(model))
            {
                keys.push(Key { path, descending });
            }
        }
        Ok(Self { keys })
    }

    /// Whether this is the order of ids, and if so whether it is the reverse one.
    pub fn by_id(&self) -> Option<bool> {
        match self.keys.first() {
            None => Some(false),
            Some(key) if key.path.is_direct() && key.path.column == Column::Id => {
                Some(key.descending)
            }
            Some(_) => None,
        }
    }

    /// Puts records in order.
    pub fn sort<'a>(&self, model: &'a Model, records: Vec<Record<'a>>) -> Vec<Record<'a>> {
        let mut keyed: Vec<_> =
            records.into_iter().map(|record| (self.values(model, record), record)).collect();
        keyed.sort_by(|(left, one), (right, other)| {
            let by_keys =
                self.keys.iter().zip(left.iter().zip(right)).map(|(key, (left, right))| {
                    let order = compare(left, right);
                    if key.descending { order.reverse() } else { order }
                });
            by_keys.fold(Ordering::Equal, Ordering::then).then_with(|| one.id().cmp(&other.id()))
        });
        keyed.into_iter().map(|(_, record)| record).collect()
    }

    fn values(&self, model: &Model, record: Record<'_>) -> Vec<Value> {
        let value = |key: &Key| {
            let Some(end) = key.path.follow(model, record) else { return Value::Null };
            match &*end.value(model, key.path.column) {
                // Links are in the order of the names that people see.
                value @ (Value::Link(_) | Value::Links(_)) => {
                    let live =
                        value.links().iter().find(|link| model.tables.live(**link).is_some());
                    live.map_or(Value::Null, |link| Value::text(&model.display_name(*link)))
                }
                value => value.clone(),
            }
        };
        self.keys.iter().map(value).collect()
    }
}

pub fn is_sortable(data_type: Option<DataType>) -> bool {
    !matches!(
        data_type,
        Some(
            DataType::Url
                | DataType::Summary
                | DataType::Password
                | DataType::Serializable
                | DataType::Calculated
                | DataType::Jsonb
        )
    )
}

/// Null comes before everything. A field holds values of one kind.
pub fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Float(left), Value::Float(right)) => left.total_cmp(right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Moment(left), Value::Moment(right)) => left.cmp(right),
        (left, right) => right.is_null().cmp(&left.is_null()),
    }
}
