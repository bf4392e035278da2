//! The rows that writes leave in the event log, worded as the real site words them.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::event_log::EventRow;
use super::schema::{DataType, FieldIndex};
use super::time;
use super::transaction::Transaction;
use super::value::{Ref, Value, write_string};
use super::{Model, render};

/// What happened to a field: it held one value and holds another, or links came and went.
pub enum Change<'a> {
    Value { before: &'a Value, after: &'a Value },
    Links { added: &'a [Ref], removed: &'a [Ref] },
}

/// A change of a field as the event log tells it.
pub struct FieldChange<'a> {
    /// The record whose field shows it.
    pub record: Ref,
    pub field: FieldIndex,
    pub change: Change<'a>,
    pub in_create: bool,
    /// For the other side of a link: what was written.
    pub original: Option<Original>,
}

/// The write that a mirror row comes from.
#[derive(Clone, Copy)]
pub struct Original {
    pub record: Ref,
    pub field: FieldIndex,
    pub event_id: Option<u64>,
}

impl Transaction<'_> {
    /// Tells that a record was created, in `project`.
    pub fn record_created(&mut self, record: Ref, project: Option<Ref>) {
        let name = self.model.type_name(record);
        let meta = json!({"type": "new_entity", "entity_type": name, "entity_id": record.id});
        let project = project.or_else(|| self.model.project_of(record));
        self.record("New", record, project, None, meta);
    }

    /// Tells that a field changed. Returns the id of the row.
    pub fn record_change(&mut self, change: &FieldChange<'_>) -> Option<u64> {
        if !self.actor.logs {
            return None;
        }
        let model = &*self.model;
        let shown_in = model.schema.entity_type(change.record.entity_type);
        let name = shown_in.fields[change.field].name.clone();
        let written = change.original.unwrap_or(Original {
            record: change.record,
            field: change.field,
            event_id: None,
        });
        let writer = model.schema.entity_type(written.record.entity_type);
        let data_type = writer.fields[written.field].data_type;
        let mut meta = json!({
            "type": "attribute_change",
            "attribute_name": name,
            "entity_type": writer.name,
            "entity_id": written.record.id,
            "field_data_type": data_type.name(),
        });
        if change.original.is_some() {
            meta["actual_attribute_changed"] =
                format!("{}.{}", writer.name, writer.fields[written.field].name).into();
            meta["original_event_log_entry_id"] = written.event_id.into();
        }
        if change.in_create {
            meta["in_create"] = true.into();
        }
        match change.change {
            Change::Value { before, after } => {
                let shown_as = shown_in.fields[change.field].data_type;
                meta["old_value"] = model.value_in_meta(shown_as, before);
                meta["new_value"] = model.value_in_meta(shown_as, after);
            }
            Change::Links { added, removed } => {
                meta["added"] = model.links_in_meta(added);
                meta["removed"] = model.links_in_meta(removed);
            }
        }
        let project = self.model.project_of(change.record);
        self.record("Change", change.record, project, Some(&name), meta)
    }

    /// Tells that a record was retired, at `at`.
    pub fn record_retired(&mut self, record: Ref, at: i64) {
        let mut meta = self.life_in_meta(record, "entity_retirement");
        let date = time::moment_in_meta(at);
        meta["retirement_date"] = date.as_str().into();
        self.record("Retirement", record, self.model.project_of(record), None, meta);
        self.record_retirement_date(record, Json::Null, date.into());
    }

    /// Tells that a record was revived that had been retired at `at`.
    pub fn record_revived(&mut self, record: Ref, at: i64) {
        let meta = self.life_in_meta(record, "entity_revival");
        self.record("Revival", record, self.model.project_of(record), None, meta);
        self.record_retirement_date(record, time::moment_in_meta(at).into(), Json::Null);
    }

    fn life_in_meta(&self, record: Ref, kind: &str) -> Json {
        let name = self.model.type_name(record);
        json!({
            "type": kind,
            "id": record.id,
            "entity_id": record.id,
            "entity_type": name,
            "class_name": name,
            "display_name": self.model.display_name(record),
        })
    }

    fn record_retirement_date(&mut self, record: Ref, before: Json, after: Json) {
        let meta = json!({
            "type": "attribute_change",
            "attribute_name": "retirement_date",
            "entity_type": self.model.type_name(record),
            "entity_id": record.id,
            "old_value": before,
            "new_value": after,
        });
        self.record("Change", record, self.model.project_of(record), Some("retirement_date"), meta);
    }

    /// Takes an id for a row and keeps the row until the end. None if this caller's writes are not logged.
    fn record(
        &mut self,
        action: &str,
        record: Ref,
        project: Option<Ref>,
        attribute: Option<&str>,
        mut meta: Json,
    ) -> Option<u64> {
        if !self.actor.logs {
            return None;
        }
        if let Some(script) = self.actor.sudo_actual_user {
            meta["sudo_actual_user"] =
                json!({"type": self.model.type_name(script), "id": script.id});
        }
        let event_type = format!("Shotgun_{}_{action}", self.model.type_name(record));
        let log = &mut self.model.log;
        let id = log.reserve();
        let row = EventRow {
            id,
            event_type: log.intern(&event_type),
            attribute_name: attribute.map(|name| log.intern(name)),
            meta: meta.to_string().into_boxed_str(),
            entity: Some(record),
            project,
            user: self.actor.user,
            session_uuid: self.actor.session_uuid.as_ref().map(Arc::clone),
            created_at: self.now.seconds(),
            description: None,
        };
        self.rows.push(row);
        Some(id)
    }
}

impl Model {
    /// The name of a record's type.
    pub(super) fn type_name(&self, record: Ref) -> &str {
        &self.schema.entity_type(record.entity_type).name
    }

    /// The display name of a record; empty if it has none.
    pub(super) fn display_name(&self, record: Ref) -> String {
        let mut name = String::new();
        self.write_display_name(record, &mut name);
        name
    }

    /// The project a record lives in; a project lives in itself.
    pub(super) fn project_of(&self, record: Ref) -> Option<Ref> {
        let entity_type = self.schema.entity_type(record.entity_type);
        if entity_type.name == "Project" {
            return Some(record);
        }
        self.tables.row(record)?.value(entity_type.project?).links().first().copied()
    }

    fn value_in_meta(&self, data_type: DataType, value: &Value) -> Json {
        match value {
            Value::Link(link) => self.link_in_meta(*link),
            Value::Links(links) => self.links_in_meta(links),
            Value::Moment(seconds) => time::moment_in_meta(*seconds).into(),
            Value::Text(_) if data_type == DataType::Password => "*******".into(),
            plain => {
                let mut text = String::new();
                plain.write_plain(&mut text);
                render::parse(&text)
            }
        }
    }

    fn links_in_meta(&self, links: &[Ref]) -> Json {
        links.iter().map(|link| self.link_in_meta(*link)).collect()
    }

    fn link_in_meta(&self, link: Ref) -> Json {
        let valid = if self.tables.live(link).is_some() { "valid" } else { "retired" };
        let mut shown = json!({"type": self.type_name(link), "id": link.id, "name": self.display_name(link), "valid": valid});
        let status = self.schema.entity_type(link.entity_type).field_index("sg_status_list");
        if let (Some(index), Some(row)) = (status, self.tables.row(link)) {
            shown["status"] = row.value(index).as_text().into();
        }
        shown
    }

    /// Appends the sentence that tells what a row of the event log says.
    pub(super) fn write_event_description(&self, row: &EventRow, out: &mut String) {
        if let Some(description) = &row.description {
            return write_string(description, out);
        }
        let user = row.user.map_or_else(|| "The site".to_owned(), |user| self.display_name(user));
        let entity = row.entity.map_or_else(String::new, |entity| {
            format!(" on {} \"{}\"", self.type_name(entity), self.display_name(entity))
        });
        let what = match &row.attribute_name {
            Some(attribute) => format!("changed \"{attribute}\""),
            None => format!("did \"{}\"", row.event_type),
        };
        write_string(&format!("{user} {what}{entity}"), out);
    }
}
