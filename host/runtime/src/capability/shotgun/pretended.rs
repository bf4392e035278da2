//! What a plugin in shadow believes that it changed, within one call: pure. Nothing of it is on the site.

use std::collections::{BTreeMap, BTreeSet};

use ::shotgun::query::{Filters, Read};
use eventlog::EventId;
use serde_json::{Map, Value, json};

use crate::capability::change::Wanted;
use crate::capability::supposed::{Before, FIRST_ID, Supposed};

#[cfg(test)]
mod tests;

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
        let is_in_trash = &|entity_type: &str, id| {
            let record = self.0.get(&(entity_type.to_owned(), id));
            record.is_some_and(|record| record.is_in_trash)
        };
        let number = &mut |_: &str| numbers.next();
        Supposed { before, is_in_trash, number }.answer(wanted).to_string()
    }

    /// Takes a change over that was answered so.
    pub(super) fn take_over(&mut self, wanted: &Wanted<'_>, answer: &str) {
        self.take(wanted, &serde_json::from_str(answer).unwrap_or_default());
    }

    fn take(&mut self, wanted: &Wanted<'_>, answer: &Value) {
        match wanted {
            Wanted::Create { .. } | Wanted::Update { .. } => self.set(answer),
            Wanted::Delete { entity_type, id } => self.record(entity_type, *id).is_in_trash = true,
            Wanted::Revive { entity_type, id } => self.record(entity_type, *id).is_in_trash = false,
            Wanted::Batch(batch) => {
                let answers = answer.as_array().map_or(&[][..], Vec::as_slice);
                for (request, answer) in batch.requests().iter().zip(answers) {
                    self.take(&request.into(), answer);
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
