//! What a plugin wrote beside what it had to write: both as lines, and what differs. Pure.

use std::fmt::Write as _;

use runtime::Evidence;
use serde::Serialize;
use serde_json::{Map, Value, json};
use site::server::Written;

use super::case::{ANY, Act, Names, Write, fields};

#[cfg(test)]
mod tests;

/// One write, as far as tests look at it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// `create`, `update`, ..
    what: String,
    /// The entity type, and the id where there is one.
    subject: (String, Option<u64>),
    fields: Map<String, Value>,
    modes: Map<String, Value>,
}

/// One line of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compared {
    /// It was expected, and written.
    Same(String),
    /// It was expected, and not written.
    Missing(String),
    /// It was written, and not expected.
    Extra(String),
}

impl Line {
    /// What a test expects.
    pub fn expected(write: &Write, names: &Names) -> Self {
        let act = write.act().unwrap_or(Act::Call(""));
        let named = |record: &str| match names.get(record.trim_start_matches('@')) {
            Some((entity_type, id)) => (entity_type.clone(), Some(*id)),
            None => (record.to_owned(), None),
        };
        let (what, subject) = match act {
            Act::Create(entity_type) => ("create", (entity_type.to_owned(), None)),
            Act::Update(record) => ("update", named(record)),
            Act::Delete(record) => ("delete", named(record)),
            Act::Revive(record) => ("revive", named(record)),
            Act::Call(method) => (method, (String::new(), None)),
        };
        let modes = write.modes.iter().map(|(field, mode)| (field.clone(), mode.as_str().into()));
        let fields = fields(&write.fields, names);
        Self { what: what.to_owned(), subject, fields, modes: modes.collect() }
    }

    /// What was asked of the site: one line, or one for each request of a batch.
    pub fn written(written: &Written) -> Vec<Self> {
        let parameters = written.request.params.get(1).unwrap_or(&Value::Null);
        match (written.request.method_name.as_str(), parameters) {
            ("batch", Value::Array(requests)) => requests
                .iter()
                .map(|one| Self::of(one["request_type"].as_str().unwrap_or_default(), one))
                .collect(),
            (method, parameters) => vec![Self::of(method, parameters)],
        }
    }

    /// What a plugin in shadow wanted, by the evidence of it: one line, or one for each request of a batch.
    pub fn pretended(function: &str, subject: &str, evidence: &Evidence) -> Vec<Self> {
        let asked = evidence.asked.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let asked = asked.unwrap_or(Value::Null);
        let entity = evidence.entities.first().map(String::as_str).unwrap_or_default();
        match (function, asked) {
            ("batch", Value::Array(requests)) => requests
                .iter()
                .map(|one| {
                    let text = |key: &str| one[key].as_str().unwrap_or_default();
                    Self::wanted(text("request"), text("entity"), &one["fields"])
                })
                .collect(),
            // Of a request to another host, no more is known than how large it is.
            ("http", asked) => {
                let fields = Map::from_iter([("bytes".to_owned(), asked["body_bytes"].clone())]);
                let (subject, modes) = ((String::new(), None), Map::new());
                let what = request_line(&asked);
                vec![Self { what, subject, fields, modes }]
            }
            ("call", asked) => vec![Self::of(subject, &asked)],
            (function, asked) => vec![Self::wanted(function, entity, &asked)],
        }
    }

    fn wanted(what: &str, entity: &str, asked: &Value) -> Self {
        let (entity_type, id) = entity.split_once(':').unwrap_or((entity, ""));
        let (mut fields, mut modes) = (Map::new(), Map::new());
        for (name, value) in asked.as_object().into_iter().flatten() {
            // Lists of links that are added to, or taken from, say so.
            let in_mode = value.as_object().filter(|object| object.len() == 1);
            let in_mode = in_mode.and_then(|object| object.iter().next());
            match in_mode.filter(|(mode, _)| ["add", "remove"].contains(&mode.as_str())) {
                Some((mode, value)) => {
                    modes.insert(name.clone(), mode.as_str().into());
                    fields.insert(name.clone(), plain(value));
                }
                None => drop(fields.insert(name.clone(), plain(value))),
            }
        }
        Self {
            what: what.to_owned(),
            subject: (entity_type.to_owned(), id.parse().ok()),
            fields,
            modes,
        }
    }

    fn of(method: &str, parameters: &Value) -> Self {
        let what = method.to_owned();
        if !["create", "update", "delete", "revive"].contains(&method) {
            // What else is asked has parameters of its own; they are what tests can look at.
            let fields = parameters.as_object().cloned().unwrap_or_default();
            return Self { what, subject: (String::new(), None), fields, modes: Map::new() };
        }
        let listed = parameters["fields"].as_array().into_iter().flatten();
        let (mut fields, mut modes) = (Map::new(), Map::new());
        for field in listed {
            let name = field["field_name"].as_str().unwrap_or_default().to_owned();
            if let Some(mode) = field.get("multi_entity_update_mode") {
                modes.insert(name.clone(), mode.clone());
            }
            fields.insert(name, plain(&field["value"]));
        }
        let entity_type = parameters["type"].as_str().unwrap_or_default().to_owned();
        Self { what, subject: (entity_type, parameters["id"].as_u64()), fields, modes }
    }

    /// Whether what was written is what is expected.
    fn is_met_by(&self, written: &Self) -> bool {
        // A plugin that says the mode that holds anyway writes the same.
        let modes = |line: &Self| {
            let mut modes = line.modes.clone();
            modes.retain(|_, mode| mode != "set");
            modes
        };
        self.what == written.what
            && self.subject == written.subject
            && modes(self) == modes(written)
            && fits_fields(&self.fields, &written.fields)
    }

    /// As people read it, with the names of records.
    pub fn show(&self, names: &Names) -> String {
        let (entity_type, id) = &self.subject;
        let mut text = self.what.clone();
        match id {
            Some(id) => write!(text, " {}", shown_record(entity_type, *id, names)),
            None => write!(text, " {entity_type}"),
        }
        .expect("text takes text");
        for (field, value) in &self.fields {
            let mode = self.modes.get(field).and_then(Value::as_str);
            let mode = mode.filter(|mode| *mode != "set").map(|mode| format!(" ({mode})"));
            let (mode, value) = (mode.unwrap_or_default(), shown(value, names));
            write!(text, "  {field}{mode} = {value}").expect("text takes text");
        }
        text
    }
}

/// Method and host.
fn request_line(asked: &Value) -> String {
    let text = |key: &str| asked[key].as_str().unwrap_or_default();
    format!("{} {}", text("method"), text("origin"))
}

/// A value without the names of linked records, which change nothing.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(object) => match (object.get("type"), object.get("id")) {
            (Some(entity_type), Some(id)) => json!({"type": entity_type, "id": id}),
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

fn fits_fields(expected: &Map<String, Value>, written: &Map<String, Value>) -> bool {
    expected.len() == written.len()
        && expected
            .iter()
            .all(|(key, value)| written.get(key).is_some_and(|written| fits(value, written)))
}

/// Whether a value is what is expected, which can be any.
pub fn fits(expected: &Value, written: &Value) -> bool {
    match (expected, written) {
        (Value::String(any), _) if any == ANY => true,
        (Value::Array(expected), Value::Array(written)) => {
            expected.len() == written.len()
                && expected.iter().zip(written).all(|(expected, written)| fits(expected, written))
        }
        (Value::Object(expected), Value::Object(written)) => fits_fields(expected, written),
        // 2 and 2.0 are one number.
        (Value::Number(expected), Value::Number(written)) => expected.as_f64() == written.as_f64(),
        (expected, written) => expected == written,
    }
}

fn shown_record(entity_type: &str, id: u64, names: &Names) -> String {
    let named = names.iter().find(|(_, (named, number))| named == entity_type && *number == id);
    match named {
        Some((name, _)) => format!("@{name}"),
        None => format!("{entity_type} {id}"),
    }
}

fn shown(value: &Value, names: &Names) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| shown(item, names)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(object) => {
            match (
                object.get("type").and_then(Value::as_str),
                object.get("id").and_then(Value::as_u64),
            ) {
                (Some(entity_type), Some(id)) => shown_record(entity_type, id, names),
                _ => value.to_string(),
            }
        }
        other => other.to_string(),
    }
}

/// Compares what was expected with what was written, in order, and shows as little as can be as different.
pub fn compare(expected: &[Line], written: &[Line], names: &Names) -> Vec<Compared> {
    // The longest common part, by the usual table: tests have few writes.
    let mut longest = vec![vec![0; written.len() + 1]; expected.len() + 1];
    for (i, line) in expected.iter().enumerate().rev() {
        for (j, other) in written.iter().enumerate().rev() {
            longest[i][j] = match line.is_met_by(other) {
                true => longest[i + 1][j + 1] + 1,
                false => longest[i + 1][j].max(longest[i][j + 1]),
            };
        }
    }
    let (mut i, mut j, mut compared) = (0, 0, Vec::new());
    while i < expected.len() || j < written.len() {
        let is_same = i < expected.len() && j < written.len() && expected[i].is_met_by(&written[j]);
        if is_same {
            compared.push(Compared::Same(written[j].show(names)));
            (i, j) = (i + 1, j + 1);
        } else if j == written.len()
            || (i < expected.len() && longest[i + 1][j] >= longest[i][j + 1])
        {
            compared.push(Compared::Missing(expected[i].show(names)));
            i += 1;
        } else {
            compared.push(Compared::Extra(written[j].show(names)));
            j += 1;
        }
    }
    compared
}
