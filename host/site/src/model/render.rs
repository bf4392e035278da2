//! Records and events as JSON text.

use serde_json::Value as Json;

use super::Model;
use super::event_log::EventRow;
use super::footage;
use super::schema::{DataType, FieldIndex};
use super::table::Row;
use super::value::{Ref, TypeId, Value, write_integer, write_string};

/// Reads back what this module wrote.
pub fn parse(text: &str) -> Json {
    serde_json::from_str(text).expect("the model writes valid JSON")
}

impl Model {
    /// Appends the display name of a record, as plain text.
    pub(super) fn write_display_name(&self, record: Ref, out: &mut String) {
        let Some(row) = self.tables.row(record) else { return };
        let entity_type = self.schema.entity_type(record.entity_type);
        let name = row.value(entity_type.display_field);
        match entity_type.name.as_str() {
            "ApiUser" => {
                out.push_str(name.as_text().unwrap_or_default());
                let version = entity_type.field_index("lastname").map(|index| row.value(index));
                if let Some(version) = version.and_then(Value::as_text) {
                    out.push(' ');
                    out.push_str(version);
                }
            }
            "Delivery" => {
                out.push('#');
                write_integer(row.id, out);
                out.push_str(": ");
                out.push_str(name.as_text().unwrap_or_default());
            }
            _ => out.push_str(name.as_text().unwrap_or_default()),
        }
    }

    /// Appends `{"type":…,"id":…,"name":…}`, or null if the record is retired or gone.
    pub(super) fn write_link(&self, record: Ref, out: &mut String) {
        match self.tables.live(record) {
            Some(_) => self.write_link_of_any(record, out),
            None => out.push_str("null"),
        }
    }

    /// The same for retired records too.
    pub(super) fn write_link_of_any(&self, record: Ref, out: &mut String) {
        self.open_link(record, out);
        out.push('}');
    }

    /// Appends a link without its closing brace.
    pub(super) fn open_link(&self, record: Ref, out: &mut String) {
        out.push_str("{\"type\":\"");
        out.push_str(&self.schema.entity_type(record.entity_type).name);
        out.push_str("\",\"id\":");
        write_integer(record.id, out);
        out.push_str(",\"name\":");
        let mut name = String::new();
        self.write_display_name(record, &mut name);
        write_string(&name, out);
    }

    /// Appends a field of a record as a `read` shows it.
    pub(super) fn write_field(
        &self,
        entity_type: TypeId,
        row: &Row,
        index: FieldIndex,
        out: &mut String,
    ) {
        let field = &self.schema.entity_type(entity_type).fields[index];
        if field.name == "cached_display_name" {
            let mut name = String::new();
            self.write_display_name(Ref { entity_type, id: row.id }, &mut name);
            return write_string(&name, out);
        }
        if field.personal {
            let value = self.personal_value(Ref { entity_type, id: row.id }, &field.name);
            return self.write_value(field.data_type, &value, out);
        }
        self.write_value(field.data_type, row.value(index), out);
    }

    /// Appends a value of a field as a `read` shows it: links to retired records are left out.
    pub(super) fn write_value(&self, data_type: DataType, value: &Value, out: &mut String) {
        match value {
            Value::Link(link) => self.write_link(*link, out),
            Value::Null if data_type.is_links() => out.push_str("[]"),
            Value::Null if data_type == DataType::Checkbox => out.push_str("false"),
            Value::Null if data_type == DataType::TagList => out.push_str("[]"),
            Value::Links(links) => {
                out.push('[');
                let live = links.iter().filter(|link| self.tables.live(**link).is_some());
                for (place, link) in live.enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    self.write_link_of_any(*link, out);
                }
                out.push(']');
            }
            Value::Int(frames) if data_type == DataType::Footage => {
                write_string(&footage::shown(*frames), out);
            }
            Value::Int(attachment) if data_type == DataType::Image => {
                self.write_picture(*attachment, out);
            }
            Value::Json(file) if data_type == DataType::Url => self.write_file(file, out),
            Value::Text(_) if data_type == DataType::Password => out.push_str("\"*******\""),
            plain => plain.write_plain(out),
        }
    }

    /// Appends a row of the event log with the nine fields that event daemons ask for, and its type.
    pub(super) fn write_event(&self, row: &EventRow, out: &mut String) {
        out.push_str("{\"type\":\"EventLogEntry\",\"id\":");
        write_integer(row.id, out);
        out.push_str(",\"event_type\":");
        write_string(&row.event_type, out);
        out.push_str(",\"attribute_name\":");
        write_optional(row.attribute_name.as_deref(), out);
        out.push_str(",\"meta\":");
        out.push_str(&row.meta);
        for (name, link) in [("entity", row.entity), ("project", row.project), ("user", row.user)] {
            out.push_str(",\"");
            out.push_str(name);
            out.push_str("\":");
            match link {
                Some(link) => self.write_link(link, out),
                None => out.push_str("null"),
            }
        }
        out.push_str(",\"session_uuid\":");
        write_optional(row.session_uuid.as_deref(), out);
        out.push_str(",\"created_at\":");
        Value::Moment(row.created_at).write_plain(out);
        out.push('}');
    }
}

/// Appends a JSON string or null.
pub fn write_optional(text: Option<&str>, out: &mut String) {
    match text {
        Some(text) => write_string(text, out),
        None => out.push_str("null"),
    }
}
