//! What the site adds to a write, and what it demands of one.

use serde_json::Value as Json;

use super::{Assigned, Assignment, Sent, sent_map};
use crate::model::schema::{DataType, Write};
use crate::model::time;
use crate::model::transaction::Transaction;
use crate::model::value::{Ref, TypeId, Value};
use crate::wire::ApiError;

impl Transaction<'_> {
    /// A record that lives in a project must be given one.
    pub(super) fn require_project(
        &self,
        method: &str,
        entity_type: TypeId,
        sent: &[Sent<'_>],
    ) -> Result<(), ApiError> {
        let known = self.model.schema.entity_type(entity_type);
        // The tasks of a template live in no project.
        let of_template = known.name == "Task"
            && sent.iter().any(|sent| sent.name == "task_template" && !sent.value.is_null());
        let mandatory = known.fields.iter().filter(|field| field.mandatory && !of_template);
        for field in mandatory {
            if !sent.iter().any(|sent| sent.name == field.name && !sent.value.is_null()) {
                let fields = Json::Object(sent_map(sent));
                return Err(ApiError::invalid(format!(
                    "API {method}() missing '{}' attribute: {fields}",
                    field.name
                )));
            }
        }
        Ok(())
    }

    /// Adds what the site fills in where nothing was sent: defaults, and a name.
    pub(super) fn add_defaults(&self, record: Ref, assigned: &mut Vec<Assigned>) {
        let known = self.model.schema.entity_type(record.entity_type);
        let mut added = Vec::new();
        for (index, field) in known.fields.iter().enumerate() {
            if field.retired || assigned.iter().any(|sent| sent.field == index) {
                continue;
            }
            let value = match &field.default {
                Json::String(text) => default_text(field.data_type, text),
                // A box that is not ticked is a box that was never touched.
                Json::Bool(ticked) => {
                    if *ticked {
                        Value::Bool(true)
                    } else {
                        Value::Null
                    }
                }
                Json::Number(number) => match field.data_type {
                    DataType::Float | DataType::Currency => {
                        number.as_f64().map_or(Value::Null, Value::Float)
                    }
                    _ => number.as_i64().map_or(Value::Null, Value::Int),
                },
                Json::Object(_) | Json::Array(_) => Value::Json(field.default.clone().into()),
                _ if field.name == "uuid" && known.name == "LocalStorage" => {
                    Value::text(&self.model.uuid_in_meta(record))
                }
                _ if index == known.display_field && known.names_itself => {
                    self.invented_name(record, assigned)
                }
                _ => continue,
            };
            if !value.is_null() && field.data_type != DataType::Calculated {
                added.push(Assigned { field: index, assignment: Assignment::Value(value) });
            }
        }
        assigned.extend(added);
    }

    /// A name for a record that was sent none: a person's from its parts, others' from their type and number.
    fn invented_name(&self, record: Ref, assigned: &[Assigned]) -> Value {
        let known = self.model.schema.entity_type(record.entity_type);
        let display = &known.fields[known.display_field];
        if display.data_type != DataType::Text || display.write != Write::Always {
            return Value::Null;
        }
        let sent = |name: &str| {
            let index = known.field_index(name)?;
            assigned.iter().find(|sent| sent.field == index).and_then(|sent| {
                match &sent.assignment {
                    Assignment::Value(value) => value.as_text(),
                    _ => None,
                }
            })
        };
        let parts: Vec<_> = [sent("firstname"), sent("lastname")].into_iter().flatten().collect();
        if known.name == "HumanUser" && !parts.is_empty() {
            return Value::text(&parts.join(" "));
        }
        Value::text(&format!("New {} {}", known.display_name, record.id))
    }

    /// Sets who and when, unless that was sent. The event log does not tell of it.
    pub(in crate::model) fn stamp(
        &mut self,
        record: Ref,
        times: &[&str],
        users: &[&str],
        assigned: &[Assigned],
    ) {
        let known = self.model.schema.entity_type(record.entity_type);
        let stamps = times.iter().map(|name| (*name, Value::Moment(self.now.seconds())));
        let stamps = stamps.chain(
            users.iter().map(|name| (*name, self.actor.user.map_or(Value::Null, Value::Link))),
        );
        let stamps: Vec<_> = stamps
            .filter_map(|(name, value)| known.field_index(name).map(|index| (index, value)))
            .collect();
        for (index, value) in stamps {
            if !assigned.iter().any(|sent| sent.field == index) {
                self.model.tables.set(record, index, value);
            }
        }
    }

    /// Tells that a record was created, in its project: the rows of its fields come after.
    pub(super) fn announce(&mut self, record: Ref, assigned: &[Assigned]) {
        let project = self.model.schema.entity_type(record.entity_type).project;
        let sent =
            assigned.iter().find(|sent| Some(sent.field) == project).map(|sent| &sent.assignment);
        let project = match sent {
            Some(Assignment::Value(Value::Link(project))) => Some(*project),
            _ => None,
        };
        self.record_created(record, project);
    }

    /// A value of a unique field must not be on another record that is not retired.
    pub(super) fn require_unique(
        &self,
        method: &str,
        record: Ref,
        assigned: &[Assigned],
        updating: bool,
    ) -> Result<(), ApiError> {
        let known = self.model.schema.entity_type(record.entity_type);
        for Assigned { field, assignment } in assigned {
            let (true, Assignment::Value(value @ Value::Text(text))) =
                (known.fields[*field].unique, assignment)
            else {
                continue;
            };
            let wanted = text.to_lowercase();
            let mut others = self
                .model
                .tables
                .rows(record.entity_type)
                .filter(|row| row.retired.is_none() && row.id != record.id);
            let taken = others.any(|row| {
                row.value(*field) == value
                    || row
                        .value(*field)
                        .as_text()
                        .is_some_and(|other| other.to_lowercase() == wanted)
            });
            if taken {
                let (name, shown) = (&known.name, &known.fields[*field].display_name);
                let what = if updating {
                    format!(
                        "CRUD ERROR #51: Update failed for [{name}.{}]",
                        known.fields[*field].name
                    )
                } else {
                    format!("CRUD ERROR #61: Create failed for [{name}]")
                };
                return Err(ApiError::refused(format!(
                    "API {method}() {what}. The value for the {shown} field is required to be unique. <br>"
                )));
            }
        }
        Ok(())
    }
}

/// A default that a schema writes as text.
fn default_text(data_type: DataType, text: &str) -> Value {
    match data_type {
        DataType::Date => time::parse_date(text).map_or(Value::Null, Value::Date),
        DataType::DateTime => time::parse_moment(text).map_or(Value::Null, Value::Moment),
        _ => Value::text(text),
    }
}
