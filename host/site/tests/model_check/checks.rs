//! What must hold when all is written: the site's records and its log are those of the plain models.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::http::Client;
use super::plain::{
    Key, Kind, Line, Plain, RETIREMENT_DATE, SET, TYPES, Told, fields_of, key, kind_of,
};
use super::watch::FIELDS;
use super::writer::{DOOMED, Shared};

/// A row of the log: its id, and what it tells of which record. None of what the plain model does not know.
pub struct Row {
    pub id: u64,
    pub json: Value,
    about: Option<(Key, String, Told)>,
}

/// Every record and field is as the plain model has it, of what is retired too.
pub fn records(client: &mut Client, plain: &Plain) {
    for (kind, _, fields) in TYPES {
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        for retired in [false, true] {
            let keys = plain.keys(kind, retired);
            let ids: Vec<u64> = keys.iter().map(|key| key.id).collect();
            let those = json!([{"path": "id", "relation": "in", "values": ids}]);
            let found = client.find(kind, those, &names, retired);
            let found: BTreeMap<_, _> = found.iter().map(|row| (row["id"].as_u64(), row)).collect();
            for key in keys {
                let Some(row) = found.get(&Some(key.id)) else {
                    panic!("{key:?} is not there (retired: {retired})")
                };
                for name in &names {
                    let expected = plain_value(&plain.shown(key, name));
                    assert_eq!(
                        plain_value(&row[*name]),
                        expected,
                        "{name} of {key:?} (retired: {retired})"
                    );
                }
            }
            assert_eq!(found.len(), ids.len(), "{kind} (retired: {retired})");
        }
    }
}

/// Nothing is there of what was refused.
pub fn nothing_doomed(client: &mut Client, log: &[Row]) {
    for (kind, _, fields) in TYPES {
        for (name, _) in fields.iter().filter(|(_, kind)| *kind == Kind::Text) {
            for retired in [false, true] {
                let those = json!([{"path": name, "relation": "contains", "values": [DOOMED]}]);
                let found = client.find(kind, those, &[name], retired);
                assert!(found.is_empty(), "a refused write left {found:?}");
            }
        }
    }
    let told = log.iter().find(|row| row.json.to_string().contains(DOOMED));
    assert!(
        told.is_none(),
        "a refused write left {}",
        told.map_or(Value::Null, |row| row.json.clone())
    );
}

/// The log above `base`.
pub fn log(client: &mut Client, base: u64) -> Vec<Row> {
    let newer = json!([{"path": "id", "relation": "greater_than", "values": [base]}]);
    let rows = client.find("EventLogEntry", newer, FIELDS, false);
    rows.into_iter().map(Row::new).collect()
}

/// The log tells of a plain model's records what the plain model tells, each thing once, in the order of its writes, and in
/// the session of its writer.
pub fn told(log: &[Row], plain: &Plain, session: &str) {
    let mut expected: BTreeMap<(Key, &str), Vec<&Line>> = BTreeMap::new();
    for line in &plain.lines {
        expected.entry((line.key, line.field)).or_default().push(line);
    }
    let mut seen: BTreeMap<(Key, &str), Vec<(&Told, &Row)>> = BTreeMap::new();
    for row in log {
        if let Some((key, field, told)) = &row.about
            && plain.records.contains_key(key)
        {
            seen.entry((*key, field)).or_default().push((told, row));
            assert_eq!(row.json["session_uuid"], session, "{}", row.json);
        }
    }
    let mut order = Vec::new();
    for (place, lines) in &expected {
        let rows = seen.remove(place).unwrap_or_default();
        let told: Vec<_> = rows.iter().map(|(told, _)| (*told).clone()).collect();
        let lines_told: Vec<_> = lines.iter().map(|line| plain_told(&line.told)).collect();
        assert_eq!(
            told, lines_told,
            "what the log tells (left) and what happened (right) of {place:?}"
        );
        order.extend(rows.iter().zip(lines).map(|((_, row), line)| (row.id, line.write)));
    }
    assert!(seen.is_empty(), "the log tells what did not happen, of {:?}", seen.keys().next());
    order.sort_unstable();
    assert!(order.is_sorted_by_key(|(_, write)| *write), "a later write has a lower id: {order:?}");
}

/// Replayed from nothing, the log gives every field of the plain model's records. What is added was not there, what is
/// removed was, and what a value was before is what it was.
pub fn replayed(log: &[Row], plain: &Plain) {
    let mut fields: BTreeMap<(Key, &str), BTreeSet<String>> = BTreeMap::new();
    for row in log {
        let Some((key, field, told)) = &row.about else { continue };
        let held = fields.entry((*key, field)).or_default();
        match told {
            Told::New => assert!(held.insert("alive".to_owned()), "{key:?} begins twice"),
            Told::Revived => {
                assert!(held.insert("alive".to_owned()), "{key:?} lives, and is revived")
            }
            Told::Retired => assert!(held.remove("alive"), "{key:?} is retired twice"),
            Told::Value { before, after } => {
                assert_eq!(*held, one(before), "event {}: {field} of {key:?}", row.id);
                *held = one(after);
            }
            Told::Links { added, removed } => {
                assert!(
                    added.is_disjoint(held),
                    "event {}: {field} of {key:?} has {held:?}",
                    row.id
                );
                assert!(
                    removed.is_subset(held),
                    "event {}: {field} of {key:?} has {held:?}",
                    row.id
                );
                *held = held.difference(removed).chain(added).cloned().collect();
            }
        }
    }
    for (key, record) in &plain.records {
        for (name, value) in &record.fields {
            let expected: BTreeSet<String> = match plain_value(value) {
                Value::Array(links) => {
                    links.iter().map(|link| link.as_str().unwrap_or_default().to_owned()).collect()
                }
                other => one(&other),
            };
            let told = fields.get(&(*key, *name)).cloned().unwrap_or_default();
            assert_eq!(told, expected, "{name} of {key:?}, by its events");
        }
    }
}

/// The records that all wrote: each value that was taken is in the log once and no other, in each writer's order, and the
/// last of them is what the record holds.
pub fn shared(client: &mut Client, log: &[Row], keys: &[Key], wrote: &[Vec<Shared>]) {
    for key in keys {
        let those = json!([{"path": "id", "relation": "is", "values": [key.id]}]);
        let found = client.find(key.kind, those, &["description", "sg_cut_in"], false);
        for field in ["description", "sg_cut_in"] {
            let about = |row: &Row| match &row.about {
                Some((of, name, Told::Value { after, .. })) if of == key && name == field => {
                    Some(after.clone())
                }
                _ => None,
            };
            let told: Vec<Value> = log.iter().filter_map(about).collect();
            assert_eq!(
                told.last().cloned().unwrap_or_default(),
                found[0][field],
                "{field} of {key:?}"
            );
            let mut count = 0;
            for writer in wrote {
                let of = |shared: &&Shared| shared.key == *key && shared.field == field;
                let values: Vec<&Value> =
                    writer.iter().filter(of).map(|shared| &shared.value).collect();
                let told: Vec<&Value> =
                    told.iter().filter(|value| values.contains(value)).collect();
                assert_eq!(told, values, "one writer's values of {field} of {key:?}");
                count += values.len();
            }
            assert_eq!(told.len(), count, "{field} of {key:?} was {told:?}");
        }
    }
}

impl Row {
    fn new(json: Value) -> Self {
        let id = json["id"].as_u64().expect("a row has an id");
        let about = about(&json);
        Self { id, json, about }
    }
}

fn about(row: &Value) -> Option<(Key, String, Told)> {
    let (meta, event_type) = (&row["meta"], row["event_type"].as_str()?);
    let whole = key(&meta["entity_type"], &meta["entity_id"]);
    match event_type.rsplit('_').next()? {
        "New" => return Some((whole?, String::new(), Told::New)),
        "Retirement" => return Some((whole?, String::new(), Told::Retired)),
        "Revival" => return Some((whole?, String::new(), Told::Revived)),
        _ => {}
    }
    let key = key(&row["entity"]["type"], &row["entity"]["id"])?;
    let field = row["attribute_name"].as_str()?;
    let known = fields_of(key.kind).iter().any(|(name, _)| *name == field);
    if field == RETIREMENT_DATE {
        let set = |value: &Value| if value.is_null() { Value::Null } else { json!(SET) };
        let told = Told::Value { before: set(&meta["old_value"]), after: set(&meta["new_value"]) };
        return Some((key, field.to_owned(), told));
    }
    if !known {
        return None;
    }
    let told = match kind_of(key.kind, field) {
        Kind::Links(_) => {
            Told::Links { added: names(&meta["added"]), removed: names(&meta["removed"]) }
        }
        // The other side of a list tells of it as the list does.
        _ if meta["added"].is_array() => panic!("{row} tells of a list, and {field} is none"),
        _ => Told::Value {
            before: plain_value(&meta["old_value"]),
            after: plain_value(&meta["new_value"]),
        },
    };
    Some((key, field.to_owned(), told))
}

fn names(links: &Value) -> BTreeSet<String> {
    let list = links.as_array().unwrap_or_else(|| panic!("{links} is no list"));
    list.iter().map(|link| plain_value(link).as_str().unwrap_or_default().to_owned()).collect()
}

fn one(value: &Value) -> BTreeSet<String> {
    if value.is_null() {
        BTreeSet::new()
    } else {
        BTreeSet::from([value.as_str().map_or(value.to_string(), str::to_owned)])
    }
}

fn plain_told(told: &Told) -> Told {
    match told {
        Told::Value { before, after } => {
            Told::Value { before: plain_value(before), after: plain_value(after) }
        }
        other => other.clone(),
    }
}

/// A value without what may differ: the names of links, the order of a list, and whether a box was never ticked or is not.
fn plain_value(value: &Value) -> Value {
    match value {
        Value::Bool(false) => Value::Null,
        Value::Object(link) => {
            json!(format!("{} {}", link["type"].as_str().unwrap_or_default(), link["id"]))
        }
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(plain_value).collect();
            list.sort_by_key(Value::to_string);
            Value::Array(list)
        }
        other => other.clone(),
    }
}
