//! Fields that hold something else for everybody who looks: whether a note was read, when a project was last visited.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::params::Params;
use super::schema::FieldIndex;
use super::transaction::Transaction;
use super::value::{Ref, Value};
use super::{Model, Now};
use crate::wire::{Answer, ApiError};

/// Whether a note was read by whoever looks.
pub const READ: &str = "read_by_current_user";
/// When whoever looks was last at a project.
pub const VISITED: &str = "last_accessed_by_current_user";

/// Whether parameters name a field that is everybody's own, anywhere.
pub fn is_asked_for(params: &Json) -> bool {
    match params {
        Json::String(text) => text.ends_with(READ) || text.ends_with(VISITED),
        Json::Array(items) => items.iter().any(is_asked_for),
        Json::Object(fields) => fields.values().any(is_asked_for),
        _ => false,
    }
}

/// What is kept for each person and record.
#[derive(Debug, Default)]
pub struct Personal {
    values: BTreeMap<(Ref, Ref), Value>,
    /// What to put back, last first, to take the running transaction back.
    undo: Vec<((Ref, Ref), Option<Value>)>,
    /// Who looks.
    pub reader: Option<Ref>,
}

impl Personal {
    /// What a person has to do with a record; null if nothing.
    pub fn value(&self, user: Ref, record: Ref) -> Value {
        self.values.get(&(user, record)).cloned().unwrap_or_default()
    }

    pub fn set(&mut self, user: Ref, record: Ref, value: Value) {
        let before = self.values.insert((user, record), value);
        self.undo.push(((user, record), before));
    }

    /// All that is kept, by person and record.
    pub fn all(&self) -> impl Iterator<Item = (Ref, Ref, &Value)> {
        self.values.iter().map(|((user, record), value)| (*user, *record, value))
    }

    /// Ends a transaction and keeps what it did.
    pub fn commit(&mut self) {
        self.undo.clear();
    }

    /// Ends a transaction as if it had not been.
    pub fn roll_back(&mut self) {
        for (key, before) in self.undo.drain(..).rev() {
            match before {
                Some(value) => self.values.insert(key, value),
                None => self.values.remove(&key),
            };
        }
    }
}

impl Model {
    /// What a field that is everybody's own holds for whoever looks.
    pub(super) fn personal_value(&self, record: Ref, field: &str) -> Value {
        let Some(reader) = self.personal.reader else { return Value::Null };
        match (self.personal.value(reader, record), field) {
            // Who wrote a note has read it.
            (Value::Null, READ) if self.wrote(reader, record) => Value::text("read"),
            (Value::Null, READ) => Value::text("unread"),
            (value, _) => value,
        }
    }

    fn wrote(&self, user: Ref, record: Ref) -> bool {
        let field = self.schema.entity_type(record.entity_type).field_index("created_by");
        match (self.tables.row(record), field) {
            (Some(row), Some(field)) => row.value(field) == &Value::Link(user),
            _ => false,
        }
    }
}

impl Transaction<'_> {
    /// Sets the caller's own value of a field, and tells of it. The record itself is as before.
    pub fn set_personal(&mut self, record: Ref, field: FieldIndex, value: Value) {
        let Some(user) = self.actor.user else { return };
        let before = self.model.personal.value(user, record);
        if before == value {
            return;
        }
        self.model.personal.set(user, record, value.clone());
        let name = &self.model.schema.entity_type(record.entity_type).fields[field].name;
        if name == READ {
            let (before, after) = (before.as_text(), value.as_text());
            let meta = json!({"type": "attribute_change", "attribute_name": READ, "old_value": before, "new_value": after});
            self.record_reading(record, READ, meta);
        }
    }
}

/// Answers `update_project_last_accessed_by_current_user`: a person was at a project just now.
pub fn visit(model: &mut Model, params: &Params<'_>, now: Now) -> Result<Answer, ApiError> {
    let project = params.numbered(model, "project_id", "Project")?;
    let user = match params.number("user_id")? {
        Some(_) => params.numbered(model, "user_id", "HumanUser")?,
        None => model.personal.reader.expect("a caller that was authenticated is somebody"),
    };
    let moment = Value::Moment(now.seconds());
    let mut visited = String::new();
    moment.write_plain(&mut visited);
    model.personal.set(user, project, moment);
    model.personal.commit();
    let results = json!({"type": "Project", "id": project.id, "name": model.display_name(project),
        VISITED: super::render::parse(&visited)});
    Ok(Answer::from_results(&results.to_string()))
}
