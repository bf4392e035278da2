//! `create` and `update`: from the fields a client sends to fields that are set.

use serde_json::{Map, Value as Json, json};

use super::coerce::{Place, coerce, links, read_only};
use super::params::{Params, not_found};
use super::schema::{DataType, FieldIndex, Write};
use super::transaction::Transaction;
use super::value::{Ref, TypeId, Value};
use crate::wire::ApiError;

mod dependency;
mod fill;
mod schedule;
mod template;

use schedule::Plan;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListMode {
    Set,
    Add,
    Remove,
}

/// One field of a write, as sent.
struct Sent<'a> {
    name: &'a str,
    value: &'a Json,
    mode: ListMode,
}

/// What a field becomes.
pub(super) enum Assignment {
    Value(Value),
    Add(Vec<Ref>),
    Remove(Vec<Ref>),
    /// A file, which gets a record of its own.
    File(Json),
}

/// One field of a write, understood.
pub(super) struct Assigned {
    field: FieldIndex,
    assignment: Assignment,
}

impl Transaction<'_> {
    /// Creates a record and returns it, with the names of the fields that were sent.
    pub fn create(&mut self, params: &Params<'_>) -> Result<(Ref, Vec<String>), ApiError> {
        let entity_type = params.entity_type(self.model)?;
        self.model.may_create(params.method, entity_type)?;
        let sent = sent_fields(params)?;
        let names = sent.iter().map(|field| field.name.to_owned()).collect();
        if self.model.schema.entity_type(entity_type).name == "EventLogEntry" {
            return Ok((self.create_event(params, entity_type, &sent_map(&sent))?, names));
        }
        let id = self.model.tables.next_id(entity_type);
        let record = Ref { entity_type, id };
        self.create_as(params.method, record, &sent)?;
        Ok((record, names))
    }

    /// Creates a record with an id that is free and the fields of a map.
    pub fn create_from_map(
        &mut self,
        record: Ref,
        fields: &Map<String, Json>,
    ) -> Result<(), ApiError> {
        let sent: Vec<_> =
            fields.iter().map(|(name, value)| Sent { name, value, mode: ListMode::Set }).collect();
        self.create_as("create", record, &sent)
    }

    fn create_as(&mut self, method: &str, record: Ref, sent: &[Sent<'_>]) -> Result<(), ApiError> {
        self.require_project(method, record.entity_type, sent)?;
        let assigned = self.assigned(method, record.entity_type, sent, false)?;
        self.create_assigned(method, record, assigned, sent)
    }

    /// Creates a record whose fields are understood.
    fn create_assigned(
        &mut self,
        method: &str,
        record: Ref,
        mut assigned: Vec<Assigned>,
        sent: &[Sent<'_>],
    ) -> Result<(), ApiError> {
        self.model.tables.insert(record);
        self.add_defaults(record, &mut assigned);
        self.require_unique(method, record, &assigned, false)?;
        self.stamp(record, &["created_at", "updated_at"], &["created_by", "updated_by"], &assigned);
        // Every row names the project, so that is set before the rest.
        let project = self.model.schema.entity_type(record.entity_type).project;
        assigned.sort_by_key(|sent| Some(sent.field) != project);
        self.announce(record, &assigned);
        let plan = Plan::take(self.model, record.entity_type, &mut assigned, sent);
        for Assigned { field, assignment } in assigned {
            let silent = self.model.schema.entity_type(record.entity_type).fields[field].write
                == Write::CreateOnly;
            self.assign(method, record, field, assignment, true, silent)?;
        }
        if let Some(plan) = plan {
            self.carry_out(method, record, plan, true)?;
        }
        self.follow_dependency(method, record, None)?;
        self.apply_template(method, record)
    }

    /// Updates a record and returns it, with the names of the fields that were sent.
    pub fn update(&mut self, params: &Params<'_>) -> Result<(Ref, Vec<String>), ApiError> {
        let record = params.record(self.model)?;
        self.refuse_events(params.method, record)?;
        if self.model.tables.live(record).is_none() {
            return Err(not_found(self.model, params.method, record));
        }
        let sent = sent_fields(params)?;
        let mut assigned = self.assigned(params.method, record.entity_type, &sent, true)?;
        self.require_unique(params.method, record, &assigned, true)?;
        let plan = Plan::take(self.model, record.entity_type, &mut assigned, &sent);
        let tied = self.tied_by(record);
        let mut changed = false;
        for Assigned { field, assignment } in assigned {
            changed |= self.assign(params.method, record, field, assignment, false, false)?;
        }
        if let Some(plan) = plan {
            changed |= self.carry_out(params.method, record, plan, false)?;
        }
        if changed && sent.iter().any(|sent| sent.name == "password_proxy") {
            self.record_of_user(Some(record), "PasswordChange", json!({}));
        }
        if changed {
            self.stamp(record, &["updated_at"], &["updated_by"], &[]);
        }
        self.follow_dependency(params.method, record, tied)?;
        if sent.iter().any(|sent| sent.name == "task_template") {
            self.apply_template(params.method, record)?;
        }
        Ok((record, sent.iter().map(|field| field.name.to_owned()).collect()))
    }

    /// Understands all fields of a write before the first of them is set.
    fn assigned(
        &self,
        method: &str,
        entity_type: TypeId,
        sent: &[Sent<'_>],
        updating: bool,
    ) -> Result<Vec<Assigned>, ApiError> {
        let mut assigned = Vec::with_capacity(sent.len());
        for Sent { name, value, mode } in sent {
            if *name == "cached_display_name" {
                continue;
            }
            let known = self.model.schema.entity_type(entity_type);
            let Some(index) = self.model.visible_field(entity_type, name) else {
                let what =
                    if matches!(*name, "id" | "type") { "is read only" } else { "doesn't exist" };
                return Err(ApiError::invalid(format!(
                    "API {method}() {}.{name} {what}.",
                    known.name
                )));
            };
            if updating {
                self.model.may_update(method, entity_type, index)?;
            }
            let place = Place { method, updating, entity_type, field: &known.fields[index] };
            let assignment = self.assignment(place, value, *mode)?;
            assigned.push(Assigned { field: index, assignment });
        }
        Ok(assigned)
    }

    fn assignment(
        &self,
        place: Place<'_>,
        value: &Json,
        mode: ListMode,
    ) -> Result<Assignment, ApiError> {
        let model = &*self.model;
        match place.field.write {
            Write::Computed => return Err(read_only(model, place)),
            Write::CreateOnly if place.updating => {
                let (method, name) = (place.method, place.name(model));
                return Err(ApiError::invalid(format!(
                    "API {method}() {name} is editable on create only."
                )));
            }
            Write::CreateOnly | Write::Always => {}
        }
        match (place.field.data_type, mode) {
            (DataType::MultiEntity | DataType::Addressing, ListMode::Remove) => {
                links(model, place, value).map(Assignment::Remove)
            }
            (DataType::MultiEntity | DataType::Addressing, ListMode::Add) => {
                match coerce(model, place, value)? {
                    Value::Links(links) => Ok(Assignment::Add(links)),
                    other => Ok(Assignment::Value(other)),
                }
            }
            (DataType::Url, _) if !value.is_null() => Ok(Assignment::File(value.clone())),
            _ => coerce(model, place, value).map(Assignment::Value),
        }
    }

    /// Sets one field. Says whether that changed anything.
    fn assign(
        &mut self,
        method: &str,
        record: Ref,
        field: FieldIndex,
        assignment: Assignment,
        in_create: bool,
        silent: bool,
    ) -> Result<bool, ApiError> {
        let value = match assignment {
            Assignment::Value(value) if silent => {
                self.model.tables.set(record, field, value);
                return Ok(true);
            }
            Assignment::Value(value) => value,
            Assignment::Add(links) => {
                let before = self
                    .model
                    .tables
                    .row(record)
                    .map(|row| row.value(field).links())
                    .unwrap_or_default();
                let added: Vec<_> =
                    links.into_iter().filter(|link| !before.contains(link)).collect();
                return Ok(self.change_links(record, field, &added, &[], in_create));
            }
            Assignment::Remove(links) => {
                let before = self
                    .model
                    .tables
                    .row(record)
                    .map(|row| row.value(field).links())
                    .unwrap_or_default();
                let removed: Vec<_> =
                    links.into_iter().filter(|link| before.contains(link)).collect();
                return Ok(self.change_links(record, field, &[], &removed, in_create));
            }
            Assignment::File(file) => self.attach(method, record, field, &file)?,
        };
        if self.model.schema.entity_type(record.entity_type).fields[field].personal {
            self.set_personal(record, field, value);
            return Ok(false);
        }
        let known = &self.model.schema.entity_type(record.entity_type).fields[field];
        if known.data_type == DataType::Image && value.is_null() {
            self.clear_filmstrip(record, field);
        }
        Ok(self.change(record, field, value, in_create))
    }
}

fn sent_map(sent: &[Sent<'_>]) -> Map<String, Json> {
    sent.iter().map(|field| (field.name.to_owned(), field.value.clone())).collect()
}

/// The list `fields` of a create or update.
fn sent_fields<'a>(params: &Params<'a>) -> Result<Vec<Sent<'a>>, ApiError> {
    let request_mode = params.fields.get("multi_entity_update_mode");
    params
        .list("fields")?
        .iter()
        .map(|field| {
            let name = field.get("field_name").and_then(Json::as_str);
            let name = name.ok_or_else(|| params.missing("string 'field_name' in 'fields'"))?;
            let value = field.get("value").unwrap_or(&Json::Null);
            let mode =
                match field.get("multi_entity_update_mode").or(request_mode).and_then(Json::as_str)
                {
                    None | Some("set") => ListMode::Set,
                    Some("add") => ListMode::Add,
                    Some("remove") => ListMode::Remove,
                    Some(_) => return Err(params.missing("'multi_entity_update_mode'")),
                };
            Ok(Sent { name, value, mode })
        })
        .collect()
}
