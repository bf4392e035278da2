//! What the pages for people ask for, and panels in other programs: the thread of a note, search by text, what happened to
//! a record, and the tree of a production.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::params::Params;
use super::path::{Path, Record};
use super::read::Shape;
use super::value::{Ref, TypeId};
use super::{Model, render};
use crate::wire::ApiError;

pub mod activity;
pub mod navigate;
pub mod search;
#[cfg(test)]
mod tests;
pub mod thread;

/// The parameter `entity_fields`: which fields a caller wants besides the usual ones, by type.
struct Extras<'a>(BTreeMap<TypeId, Vec<&'a str>>);

impl<'a> Extras<'a> {
    fn parse(model: &Model, params: &Params<'a>) -> Result<Self, ApiError> {
        let mut extras = BTreeMap::new();
        for (name, fields) in params.object("entity_fields")?.into_iter().flatten() {
            let missing =
                || params.missing(&format!("array of strings '{name}' in 'entity_fields'"));
            let entity_type = model.schema.type_id(name);
            let entity_type = entity_type
                .ok_or_else(|| params.missing("string entity 'type' in 'entity_fields'"))?;
            let fields = fields.as_array().ok_or_else(missing)?.iter();
            let fields = fields.map(|field| field.as_str().ok_or_else(missing));
            let fields = fields.collect::<Result<Vec<_>, _>>()?;
            for field in fields.iter().filter(|field| !matches!(**field, "type" | "id")) {
                Path::parse(model, params.method, entity_type, field)?;
            }
            extras.insert(entity_type, fields);
        }
        Ok(Self(extras))
    }

    fn of(&self, entity_type: TypeId) -> &[&'a str] {
        self.0.get(&entity_type).map_or(&[], Vec::as_slice)
    }
}

/// Fields of a record as a `read` shows them, with its type and id; null if it never existed. A field that its type does
/// not have is an error.
fn fields_of<'a>(
    model: &Model,
    method: &str,
    record: Ref,
    names: impl Iterator<Item = &'a str>,
) -> Result<Json, ApiError> {
    let Some(row) = model.tables.row(record) else { return Ok(Json::Null) };
    let shape = Shape::of_names(model, method, record.entity_type, names)?;
    let mut text = String::new();
    shape.write(model, record.entity_type, Record::Row(record.entity_type, row), &mut text);
    Ok(render::parse(&text))
}

/// The status of a record; null if it has none.
fn status_of(model: &Model, record: Ref) -> Json {
    let known = model.schema.entity_type(record.entity_type);
    let field = known.field_index("sg_status_list").or_else(|| known.field_index("sg_status"));
    match (model.tables.row(record), field) {
        (Some(row), Some(field)) => row.value(field).as_text().into(),
        _ => Json::Null,
    }
}

/// The thumbnail of a record as a `read` shows it.
fn image_of(model: &Model, record: Ref) -> Json {
    let field = model.schema.entity_type(record.entity_type).field_index("image");
    let (Some(row), Some(field)) = (model.tables.row(record), field) else { return Json::Null };
    let mut text = String::new();
    model.write_field(record.entity_type, row, field, &mut text);
    render::parse(&text)
}

/// A record in short: type, id, name and status.
fn in_short(model: &Model, record: Ref) -> Json {
    json!({
        "type": model.type_name(record),
        "id": record.id,
        "name": model.display_name(record),
        "status": status_of(model, record),
    })
}

/// The record that a field of a record links to, if that is not retired.
fn linked(model: &Model, record: Ref, field: &str) -> Option<Ref> {
    let field = model.schema.entity_type(record.entity_type).field_index(field)?;
    let link = model.tables.row(record)?.value(field).links().first().copied()?;
    model.tables.live(link).map(|_| link)
}
