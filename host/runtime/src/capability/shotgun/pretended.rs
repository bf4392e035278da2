//! What a plugin in shadow believes that it changed, within one call: pure. Nothing of it is on the site.

use std::collections::{BTreeMap, BTreeSet};

use ::shotgun::query::{BatchRequest, Fields, Filters, Modes, Read};
use eventlog::EventId;
use serde_json::{Map, Value, json};

use super::evidence::Before;
use crate::capability::change::Wanted;

#[cfg(test)]
mod tests;

/// The first number of a record that was not made. Real ones are far below, and all are exact in JSON's numbers, which
/// end at 2^53.
pub(super) const FIRST_ID: u64 = 9_000_000_000_000_000;

/// How many events, calls of a delivery and records of a batch have numbers of their own, below 2^53.
const EVENTS: u64 = 7_000_000;
const CALLS: u64 = 1_000;
const RECORDS: u64 = 1_000;

/// The records that were changed or made, by type and number.
#[derive(Debug, Default)]
pub(crate) struct Pretended(BTreeMap<(String, u64), Record>);

#[derive(Debug, Default)]
struct Record {
    /// What was set.
    fields: Map<String, Value>,
    is_in_trash: bool,
}

/// Gives the records of one call their numbers.
pub(super) struct Numbers {
    next: u64,
    end: u64,
}

impl Numbers {
    /// Those of a call, which is known by its number in the delivery of an event.
    pub(super) fn of(event: Option<EventId>, call: u32) -> Self {
        let event = event.map_or(0, |event| event.0 % EVENTS);
        let next = FIRST_ID + (event * CALLS + u64::from(call) % CALLS) * RECORDS;
        Self { next, end: next + RECORDS }
    }

    fn next(&mut self) -> u64 {
        let id = self.next;
        // A batch of more than that many creations repeats its last number.
        self.next = (self.next + 1).min(self.end - 1);
        id
    }
}

impl Pretended {
    /// Whether nothing was changed.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the site would have answered, as far as that can be told. `before` is what is in the fields that are set.
    pub(super) fn answer(
        &self,
        wanted: &Wanted<'_>,
        mut numbers: Numbers,
        before: &Before,
    ) -> String {
        let answer = match *wanted {
            Wanted::Create { entity_type, fields, return_fields } => {
                created(entity_type, fields, return_fields, &mut numbers)
            }
            Wanted::Update { entity_type, id, fields, modes } => {
                updated(entity_type, id, fields, modes, before)
            }
            Wanted::Delete { entity_type, id } => json!(!self.is_in_trash(entity_type, id)),
            Wanted::Revive { .. } => json!(true),
            Wanted::Batch(batch) => {
                let answers = batch.requests().iter().map(|request| match request {
                    BatchRequest::Create { entity_type, fields, return_fields } => {
                        created(entity_type, fields, return_fields, &mut numbers)
                    }
                    BatchRequest::Update { entity_type, id, fields, modes } => {
                        updated(entity_type, *id, fields, modes, before)
                    }
                    BatchRequest::Delete { entity_type, id } => {
                        json!(!self.is_in_trash(entity_type, *id))
                    }
                });
                answers.collect()
            }
            Wanted::Upload(_) => json!(numbers.next()),
            Wanted::Call { .. } => Value::Null,
        };
        answer.to_string()
    }

    /// Takes a change over that was answered so.
    pub(super) fn take_over(&mut self, wanted: &Wanted<'_>, answer: &str) {
        let answer: Value = serde_json::from_str(answer).unwrap_or_default();
        match wanted {
            Wanted::Create { .. } | Wanted::Update { .. } => self.set(&answer),
            Wanted::Delete { entity_type, id } => self.record(entity_type, *id).is_in_trash = true,
            Wanted::Revive { entity_type, id } => self.record(entity_type, *id).is_in_trash = false,
            Wanted::Batch(batch) => {
                let answers = answer.as_array().map_or(&[][..], Vec::as_slice);
                for (request, answer) in batch.requests().iter().zip(answers) {
                    match request {
                        BatchRequest::Delete { entity_type, id } => {
                            self.record(entity_type, *id).is_in_trash = true;
                        }
                        BatchRequest::Create { .. } | BatchRequest::Update { .. } => {
                            self.set(answer)
                        }
                    }
                }
            }
            Wanted::Upload(_) | Wanted::Call { .. } => {}
        }
    }

    /// Rows of the site as the plugin would find them.
    pub(super) fn patched(&self, read: &Read, rows: impl Iterator<Item = String>) -> Vec<String> {
        rows.filter_map(|row| self.patch(read, row)).collect()
    }

    /// The rows of records that are asked for by their numbers, and were not made.
    pub(super) fn found(&self, read: &Read, ids: &BTreeSet<u64>) -> Vec<String> {
        let row = |id: &u64| {
            let record = self.0.get(&(read.entity_type.clone(), *id))?;
            if record.is_in_trash != read.retired_only {
                return None;
            }
            let mut row = Map::new();
            for path in &read.fields {
                let value = record.fields.get(path).cloned().unwrap_or_default();
                row.insert(path.clone(), value);
            }
            row.insert("type".to_owned(), read.entity_type.as_str().into());
            row.insert("id".to_owned(), (*id).into());
            Some(Value::Object(row).to_string())
        };
        ids.iter().filter_map(row).collect()
    }

    /// The project of a record that was not made.
    pub(super) fn project(&self, entity_type: &str, id: u64) -> Option<u64> {
        let record = self.0.get(&(entity_type.to_owned(), id))?;
        let project = record.fields.get("project")?;
        (project["type"] == "Project").then(|| project["id"].as_u64())?
    }

    fn patch(&self, read: &Read, row: String) -> Option<String> {
        let Ok(mut object) = serde_json::from_str::<Map<String, Value>>(&row) else {
            return Some(row);
        };
        let id = object.get("id").and_then(Value::as_u64);
        let record = id.and_then(|id| self.0.get(&(read.entity_type.clone(), id)));
        let Some(record) = record else { return Some(row) };
        if record.is_in_trash && !read.retired_only {
            return None;
        }
        for (field, value) in &record.fields {
            if let Some(shown) = object.get_mut(field) {
                shown.clone_from(value);
            }
        }
        Some(Value::Object(object).to_string())
    }

    fn set(&mut self, answer: &Value) {
        let Value::Object(fields) = answer else { return };
        let (entity_type, id) = (fields.get("type"), fields.get("id"));
        if let (Some(entity_type), Some(id)) =
            (entity_type.and_then(Value::as_str), id.and_then(Value::as_u64))
        {
            let values =
                fields.iter().filter(|(field, _)| !matches!(field.as_str(), "type" | "id"));
            let values = values.map(|(field, value)| (field.clone(), value.clone()));
            self.record(entity_type, id).fields.extend(values);
        }
    }

    fn record(&mut self, entity_type: &str, id: u64) -> &mut Record {
        self.0.entry((entity_type.to_owned(), id)).or_default()
    }

    fn is_in_trash(&self, entity_type: &str, id: u64) -> bool {
        self.0.get(&(entity_type.to_owned(), id)).is_some_and(|record| record.is_in_trash)
    }
}

/// The numbers of records that were not made and that a filter asks for, where it asks for nothing but numbers; and the filter
/// without them, none if nothing is left of it.
pub(super) fn pretended_ids(filters: &Filters) -> Option<(BTreeSet<u64>, Option<Filters>)> {
    let [condition] = filters.as_wire().get("conditions")?.as_array()?.as_slice() else {
        return None;
    };
    let relation = condition.get("relation")?.as_str()?;
    if condition.get("path")? != "id" || !matches!(relation, "is" | "in") {
        return None;
    }
    let values = condition.get("values")?.as_array()?;
    let is_pretended = |value: &&Value| value.as_u64().is_some_and(|id| id >= FIRST_ID);
    let ids: BTreeSet<u64> = values.iter().filter(is_pretended).filter_map(Value::as_u64).collect();
    if ids.is_empty() {
        return None;
    }
    let rest: Vec<&Value> = values.iter().filter(|value| !is_pretended(value)).collect();
    let condition = json!({"path": "id", "relation": relation, "values": rest});
    let group = json!({"logical_operator": "and", "conditions": [condition]});
    Some((ids, (!rest.is_empty()).then(|| Filters::from_wire(group))))
}

fn created(
    entity_type: &str,
    fields: &Fields,
    return_fields: &[String],
    numbers: &mut Numbers,
) -> Value {
    let mut row: Map<String, Value> =
        return_fields.iter().map(|field| (field.clone(), Value::Null)).collect();
    row.extend(fields.iter().map(|(field, value)| (field.to_owned(), named(value.clone()))));
    row.insert("type".to_owned(), entity_type.into());
    row.insert("id".to_owned(), numbers.next().into());
    Value::Object(row)
}

fn updated(entity_type: &str, id: u64, fields: &Fields, modes: &Modes, before: &Before) -> Value {
    let modes: BTreeMap<&str, &str> = modes.iter().collect();
    let before = before.get(&(entity_type.to_owned(), id));
    let mut row = Map::new();
    for (field, value) in fields.iter() {
        let links = before.and_then(|before| before.get(field)).and_then(Value::as_array);
        let value = match (modes.get(field), value) {
            (Some(&mode @ ("add" | "remove")), Value::Array(named)) => {
                changed(links.map_or(&[][..], Vec::as_slice), mode == "add", named)
            }
            (_, value) => named(value.clone()),
        };
        row.insert(field.to_owned(), value);
    }
    row.insert("type".to_owned(), entity_type.into());
    row.insert("id".to_owned(), id.into());
    Value::Object(row)
}

/// A list of links with some more, or some less.
fn changed(links: &[Value], is_added: bool, by: &[Value]) -> Value {
    let is_same = |a: &Value, b: &Value| a["type"] == b["type"] && a["id"] == b["id"];
    let left = links.iter().filter(|link| !by.iter().any(|by| is_same(by, link)));
    let added = by.iter().filter(|_| is_added);
    let added = added.map(|link| {
        let known = links.iter().find(|known| is_same(known, link));
        known.cloned().unwrap_or_else(|| named(link.clone()))
    });
    left.cloned().chain(added).collect()
}

/// A link as the site answers it, with a name, which nobody knows here.
fn named(mut value: Value) -> Value {
    match &mut value {
        Value::Array(items) => items.iter_mut().for_each(|item| *item = named(item.take())),
        Value::Object(link) if link.contains_key("type") && link.contains_key("id") => {
            link.entry("name").or_insert(Value::Null);
        }
        _ => {}
    }
    value
}
