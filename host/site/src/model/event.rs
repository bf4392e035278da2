//! The rows that writes leave in the event log, worded as the real site words them.

use serde_json::{Value as Json, json};

use super::event_log::EventRow;
use super::footage;
use super::random::Random;
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

    /// Tells of something that a person did to the site itself: `Shotgun_User_Login` and the like.
    pub fn record_of_user(&mut self, user: Option<Ref>, action: &str, meta: Json) {
        self.row(&format!("Shotgun_User_{action}"), user, None, None, meta);
    }

    /// Tells that whoever calls read something.
    pub fn record_reading(&mut self, record: Ref, attribute: &str, meta: Json) {
        let project = self.model.project_of(record);
        self.row("Shotgun_Reading_Change", Some(record), project, Some(attribute), meta);
    }

    /// Takes an id for a row and keeps the row until the end. None if this caller's writes are not logged.
    pub fn record(
        &mut self,
        action: &str,
        record: Ref,
        project: Option<Ref>,
        attribute: Option<&str>,
        meta: Json,
    ) -> Option<u64> {
        let event_type = format!("Shotgun_{}_{action}", self.model.type_name(record));
        self.row(&event_type, Some(record), project, attribute, meta)
    }

    fn row(
        &mut self,
        event_type: &str,
        entity: Option<Ref>,
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
        let log = &mut self.model.log;
        let id = log.reserve();
        let row = EventRow {
            id,
            event_type: log.intern(event_type),
            attribute_name: attribute.map(|name| log.intern(name)),
            meta: meta.to_string().into_boxed_str(),
            entity,
            project,
            user: self.actor.user,
            session_uuid: self.actor.session_uuid.as_deref().map(|uuid| log.intern(uuid)),
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
            Value::Int(frames) if data_type == DataType::Footage => footage::shown(*frames).into(),
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
        let status = self.schema.entity_type(link.entity_type).field_index("sg_status_list");
        let status = match (status, self.tables.row(link)) {
            (Some(index), Some(row)) => row.value(index).as_text(),
            _ => None,
        };
        json!({"type": self.type_name(link), "id": link.id, "name": self.display_name(link), "valid": valid,
            "status": status, "uuid": self.uuid_in_meta(link)})
    }

    /// The same for a record each time, on every run.
    pub(super) fn uuid_in_meta(&self, link: Ref) -> String {
        let name = self.type_name(link).bytes();
        let seed =
            name.fold(link.id, |seed, byte| seed.wrapping_mul(257).wrapping_add(byte.into()));
        Random::new(seed).uuid()
    }

    /// Appends the sentence that tells what a row of the event log says.
    pub(super) fn write_event_description(&self, row: &EventRow, out: &mut String) {
        write_string(&self.event_description(row), out);
    }

    /// The sentence itself.
    pub(super) fn event_description(&self, row: &EventRow) -> String {
        if let Some(description) = &row.description {
            return description.to_string();
        }
        let user = row.user.map_or_else(|| "The site".to_owned(), |user| self.display_name(user));
        let entity = row.entity.map_or_else(String::new, |entity| {
            format!(" on {} \"{}\"", self.type_name(entity), self.display_name(entity))
        });
        let what = match &row.attribute_name {
            Some(attribute) => format!("changed \"{attribute}\""),
            None => format!("did \"{}\"", row.event_type),
        };
        format!("{user} {what}{entity}")
    }
}
