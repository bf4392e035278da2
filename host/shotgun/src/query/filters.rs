//! Filters: from the lists of the Python client to the groups of the wire.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::fields::strip_entity;
use super::place::{Place, QueryError, parse, word};

/// Which rows are meant, in the wire's form.
#[derive(Debug, Clone, PartialEq)]
pub struct Filters(Value);

/// How deep groups may be nested in each other. People nest three or four; the limit keeps our own stack safe.
const DEPTH_MAX: usize = 32;

/// The relations that compare with whole entities, of which only some keys are sent.
const ENTITY_RELATIONS: [&str; 4] = ["is", "is_not", "in", "not_in"];

impl Filters {
    /// Every row.
    #[must_use]
    pub fn all() -> Self {
        Self(group("and", Vec::new()))
    }

    /// The record of this number.
    #[must_use]
    pub fn is_record(id: u64) -> Self {
        Self::condition("id", "is", vec![id].into())
    }

    /// Reads `[["code", "is", "sh010"], {"filter_operator": "any", "filters": [...]}]`, all of which must hold. An object
    /// in the wire's own form, `{"logical_operator": ..., "conditions": [...]}`, is taken as it is.
    pub fn parse(json: &str) -> Result<Self, QueryError> {
        let place = Place::Root("filters");
        let expected = "a list of conditions";
        match parse(place, json, expected)? {
            Value::Array(filters) => Ok(Self(group("and", conditions(place, &filters, 1)?))),
            Value::Object(object) if is_wire(&object) => Ok(Self(Value::Object(object))),
            Value::Object(object) => Ok(Self(nested(place, &object, 1)?)),
            other => Err(QueryError::expected(place, expected, &other)),
        }
    }

    /// What is already in the wire's form.
    #[must_use]
    pub fn from_wire(group: Value) -> Self {
        Self(group)
    }

    /// The wire's form, for whoever decides whether it is allowed.
    #[must_use]
    pub fn as_wire(&self) -> &Value {
        &self.0
    }

    /// One condition that this host makes itself.
    pub(crate) fn condition(path: &str, relation: &str, values: Value) -> Self {
        let condition = json!({"path": path, "relation": relation, "values": values});
        Self(group("and", vec![condition]))
    }
}

impl Serialize for Filters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

fn is_wire(object: &Map<String, Value>) -> bool {
    object.get("logical_operator").is_some_and(Value::is_string)
        && object.get("conditions").is_some_and(Value::is_array)
}

fn group(operator: &str, conditions: Vec<Value>) -> Value {
    json!({"logical_operator": operator, "conditions": conditions})
}

fn conditions(place: Place<'_>, filters: &[Value], depth: usize) -> Result<Vec<Value>, QueryError> {
    if depth > DEPTH_MAX {
        return Err(QueryError::at(
            "filters",
            format!("groups are nested more than {DEPTH_MAX} deep"),
        ));
    }
    let translate = |(index, filter): (usize, &Value)| {
        let place = Place::Index(&place, index);
        match filter {
            Value::Array(parts) => condition(place, parts),
            Value::Object(object) => nested(place, object, depth + 1),
            other => Err(QueryError::expected(
                place,
                "a condition (a list) or a group (an object)",
                other,
            )),
        }
    };
    filters.iter().enumerate().map(translate).collect()
}

fn nested(
    place: Place<'_>,
    object: &Map<String, Value>,
    depth: usize,
) -> Result<Value, QueryError> {
    let member = |key: &str| {
        object
            .get(key)
            .ok_or_else(|| QueryError::new(place, format!("`{key}` is missing in the group")))
    };
    let operator_place = Place::Key(&place, "filter_operator");
    let operator = match member("filter_operator")? {
        Value::String(operator) => match operator.as_str() {
            "all" | "and" => "and",
            "any" | "or" => "or",
            other => {
                let problem = format!("`{}` is not one of all, and, any, or", word(other));
                return Err(QueryError::new(operator_place, problem));
            }
        },
        other => return Err(QueryError::expected(operator_place, "a text", other)),
    };
    let filters_place = Place::Key(&place, "filters");
    match member("filters")? {
        Value::Array(filters) => Ok(group(operator, conditions(filters_place, filters, depth)?)),
        other => Err(QueryError::expected(filters_place, "a list of conditions", other)),
    }
}

/// `[path, relation, v]`, `[path, relation, a, b]` and `[path, relation, [a, b]]`.
fn condition(place: Place<'_>, parts: &[Value]) -> Result<Value, QueryError> {
    let [path, relation, values @ ..] = parts else {
        let problem =
            format!("expected [path, relation, value, ...], found a list of {}", parts.len());
        return Err(QueryError::new(place, problem));
    };
    let path = name(Place::Index(&place, 0), path, "the path of a field")?;
    let relation = name(Place::Index(&place, 1), relation, "a relation")?;
    let values = match values {
        [] => {
            return Err(QueryError::new(
                place,
                "expected [path, relation, value, ...], found no value",
            ));
        }
        [Value::Array(values)] => values.clone(),
        values => values.to_vec(),
    };
    let of_entities = path != "id"
        && ENTITY_RELATIONS.contains(&relation)
        && values.first().is_some_and(Value::is_object);
    let values = if of_entities { values.into_iter().map(strip_entity).collect() } else { values };
    Ok(json!({"path": path, "relation": relation, "values": values}))
}

fn name<'a>(place: Place<'_>, value: &'a Value, expected: &str) -> Result<&'a str, QueryError> {
    match value {
        Value::String(text) if text.is_empty() => {
            Err(QueryError::new(place, format!("expected {expected}, found an empty text")))
        }
        Value::String(text) => Ok(text),
        other => Err(QueryError::expected(place, expected, other)),
    }
}

#[cfg(test)]
mod tests;
