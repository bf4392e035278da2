//! What of an answer a plugin is shown: pure, from the site's JSON.

use std::collections::BTreeMap;

use policy::shotgun::{Effective, Narrowed};
use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// The answer to a write, as far as it is to be judged.
pub(super) struct Written {
    pub entity_type: String,
    /// The project that the record is in now, where that is known.
    pub project: Option<u64>,
    /// Paths that were asked for, and may be answered.
    pub return_fields: Vec<String>,
}

/// Rows, each with the values that may be seen. None if the site answered with something else.
pub(super) fn rows<'a>(
    rows: impl Iterator<Item = &'a str>,
    narrowed: &Narrowed<Value>,
    effective: &Effective,
) -> Option<String> {
    let shown = rows.map(|row| {
        let mut row: Map<String, Value> = serde_json::from_str(row).ok()?;
        let hides = |path: &str| !narrowed.shows(path, |at| project_at(&row, at));
        let hidden: Vec<_> = narrowed.checks.keys().filter(|path| hides(path)).collect();
        for path in hidden {
            if let Some(value) = row.get_mut(path.as_str()) {
                *value = Value::Null;
            }
        }
        for path in &narrowed.hidden {
            row.remove(path);
        }
        row.values_mut().for_each(|value| without_names(value, effective));
        Some(Value::Object(row))
    });
    shown.collect::<Option<Vec<_>>>().map(|rows| Value::Array(rows).to_string())
}

/// Sums, whose groups can be named by links.
pub(super) fn sums(answer: &str, effective: &Effective) -> Option<String> {
    let mut answer: Value = serde_json::from_str(answer).ok()?;
    groups_without_names(answer.get_mut("groups"), effective);
    Some(answer.to_string())
}

/// What a write answered: the record with what may be read of it, or true or false; for a batch a list of these.
pub(super) fn written(
    answer: &str,
    is_batch: bool,
    parts: &[Written],
    effective: &Effective,
) -> Option<String> {
    let mut answer: Value = serde_json::from_str(answer).ok()?;
    match (&mut answer, parts) {
        (Value::Array(items), parts) if is_batch && items.len() == parts.len() => {
            items.iter_mut().zip(parts).for_each(|(item, part)| record(item, part, effective));
        }
        (item, [part]) if !is_batch => record(item, part, effective),
        _ => return None,
    }
    Some(answer.to_string())
}

fn record(answer: &mut Value, written: &Written, effective: &Effective) {
    let Value::Object(fields) = answer else { return };
    fields.retain(|field, _| {
        matches!(field.as_str(), "type" | "id")
            || written.return_fields.contains(field)
            || effective.reads(&written.entity_type, field, written.project)
    });
    fields.values_mut().for_each(|value| without_names(value, effective));
}

/// The project at a path of a row, or the number of one.
fn project_at(row: &Map<String, Value>, path: &str) -> Option<u64> {
    match row.get(path)? {
        Value::Object(link) if link.get("type")? == "Project" => link.get("id")?.as_u64(),
        Value::Number(id) if path == "id" || path.ends_with(".id") => id.as_u64(),
        _ => None,
    }
}

/// Links without names that may not be read: only with what identifies them.
fn without_names(value: &mut Value, effective: &Effective) {
    match value {
        Value::Array(links) => links.iter_mut().for_each(|link| without_names(link, effective)),
        Value::Object(link) => {
            // What a file's field holds is its own value, name and all.
            let is_file = link.contains_key("url") || link.contains_key("link_type");
            let id =
                (link.get("type").and_then(Value::as_str), link.get("id").and_then(Value::as_u64));
            if let (Some(entity_type), Some(id), true, false) =
                (id.0, id.1, link.contains_key("name"), is_file)
                && !effective.reads_name(entity_type, id, None)
            {
                link.retain(|key, _| matches!(key.as_str(), "type" | "id" | "name"));
                link.insert("name".to_owned(), Value::Null);
            }
        }
        _ => {}
    }
}

fn groups_without_names(groups: Option<&mut Value>, effective: &Effective) {
    for group in groups.and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(value) = group.get_mut("group_value") {
            without_names(value, effective);
        }
        groups_without_names(group.get_mut("groups"), effective);
    }
}

/// Which project each row is in.
pub(super) fn projects<'a>(rows: impl Iterator<Item = &'a str>) -> BTreeMap<u64, Option<u64>> {
    let of_row = |row: &str| {
        let row: Map<String, Value> = serde_json::from_str(row).ok()?;
        Some((row.get("id")?.as_u64()?, project_at(&row, "project")))
    };
    rows.filter_map(of_row).collect()
}
