//! What a site would answer to a write that does not reach it, as far as that follows from the write itself: pure. A plugin in
//! shadow goes on by it, and in a replay one that writes something else than what was recorded.

use std::collections::BTreeMap;

use ::shotgun::query::{Fields, Modes};
use serde_json::{Map, Value, json};

use super::change::Wanted;

/// The first number of a record that was not made. Real ones are far below, and all are exact in JSON's numbers, which
/// end at 2^53.
pub(crate) const FIRST_ID: u64 = 9_000_000_000_000_000;

/// What was in the fields that are set, by type and number of the record. One that was not there is not in it.
pub(crate) type Before = BTreeMap<(String, u64), Map<String, Value>>;

/// What is known where an answer is supposed.
pub(crate) struct Supposed<'a> {
    /// What was in the fields that are set.
    pub(crate) before: &'a Before,
    /// Whether a record is in the trash already.
    pub(crate) is_in_trash: &'a dyn Fn(&str, u64) -> bool,
    /// Gives a new record of a type its number.
    pub(crate) number: &'a mut dyn FnMut(&str) -> u64,
}

impl Supposed<'_> {
    /// The answer to a write.
    pub(crate) fn answer(&mut self, wanted: &Wanted<'_>) -> Value {
        match *wanted {
            Wanted::Create { entity_type, fields, return_fields } => {
                self.created(entity_type, fields, return_fields)
            }
            Wanted::Update { entity_type, id, fields, modes } => {
                self.updated(entity_type, id, fields, modes)
            }
            Wanted::Delete { entity_type, id } => json!(!(self.is_in_trash)(entity_type, id)),
            Wanted::Revive { .. } => json!(true),
            Wanted::Batch(batch) => {
                batch.requests().iter().map(|request| self.answer(&request.into())).collect()
            }
            Wanted::Upload(_) => json!((self.number)("Attachment")),
            Wanted::Call { .. } => Value::Null,
        }
    }

    fn created(&mut self, entity_type: &str, fields: &Fields, return_fields: &[String]) -> Value {
        let mut row: Map<String, Value> =
            return_fields.iter().map(|field| (field.clone(), Value::Null)).collect();
        row.extend(fields.iter().map(|(field, value)| (field.to_owned(), named(value.clone()))));
        record(entity_type, (self.number)(entity_type), row)
    }

    fn updated(&self, entity_type: &str, id: u64, fields: &Fields, modes: &Modes) -> Value {
        let modes: BTreeMap<&str, &str> = modes.iter().collect();
        let before = self.before.get(&(entity_type.to_owned(), id));
        let set = fields.iter().map(|(field, value)| {
            let links = before.and_then(|before| before.get(field)).and_then(Value::as_array);
            let value = match (modes.get(field), value) {
                (Some(&mode @ ("add" | "remove")), Value::Array(named)) => {
                    changed(links.map_or(&[][..], Vec::as_slice), mode == "add", named)
                }
                (_, value) => named(value.clone()),
            };
            (field.to_owned(), value)
        });
        record(entity_type, id, set.collect())
    }
}

fn record(entity_type: &str, id: u64, mut fields: Map<String, Value>) -> Value {
    fields.insert("type".to_owned(), entity_type.into());
    fields.insert("id".to_owned(), id.into());
    Value::Object(fields)
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
