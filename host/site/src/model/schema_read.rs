//! `schema_read`, `schema_entity_read` and `schema_field_read`.

use serde_json::{Map, Value as Json, json};

use super::Model;
use super::params::{Params, parse_link};
use super::schema::{EntityType, Field, Write};
use crate::wire::{Answer, ApiError};

/// Answers `schema_entity_read`.
pub fn entities(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    project(model, params)?;
    let types = model.schema.types().map(|(_, entity_type)| {
        let shown = json!({"name": fixed(&entity_type.display_name), "visible": fixed(true)});
        (entity_type.name.clone(), shown)
    });
    Ok(Answer::from_results(&Json::Object(types.collect()).to_string()))
}

/// Answers `schema_read`.
pub fn all(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let project = project(model, params)?;
    let types = model.schema.types().map(|(_, entity_type)| {
        let names = shown(entity_type)
            .map(|field| (field.name.clone(), describe(model, entity_type, field, project)));
        (entity_type.name.clone(), Json::Object(names.collect()))
    });
    Ok(Answer::from_results(&Json::Object(types.collect()).to_string()))
}

/// Answers `schema_field_read`: one field, or all of a type.
pub fn fields(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let project = project(model, params)?;
    let entity_type = model.schema.entity_type(params.entity_type(model)?);
    let described: Map<_, _> = match params.fields.get("field_name") {
        None | Some(Json::Null) => shown(entity_type)
            .map(|field| (field.name.clone(), describe(model, entity_type, field, project)))
            .collect(),
        Some(_) => {
            let name = params.text("field_name")?;
            if name == "id" {
                return Ok(Answer::from_results(&json!({"id": id_field(entity_type)}).to_string()));
            }
            let index = entity_type.field_index(name).ok_or_else(|| {
                ApiError::invalid(format!(
                    "API schema_field_read() {}.{name} doesn't exist.",
                    entity_type.name
                ))
            })?;
            let field = &entity_type.fields[index];
            [(field.name.clone(), describe(model, entity_type, field, project))]
                .into_iter()
                .collect()
        }
    };
    Ok(Answer::from_results(&Json::Object(described).to_string()))
}

/// The id of the project that visibility is asked for. 0 stands for none in particular.
fn project(model: &Model, params: &Params<'_>) -> Result<Option<u64>, ApiError> {
    match params.fields.get("project") {
        None | Some(Json::Null) => Ok(None),
        Some(hash) => {
            let link = parse_link(model, hash)
                .map_err(|what| params.missing(&format!("{what} in 'project'")))?;
            Ok(Some(link.id).filter(|id| *id != 0))
        }
    }
}

fn shown(entity_type: &EntityType) -> impl Iterator<Item = &Field> {
    entity_type.fields.iter().filter(|field| !field.retired)
}

fn fixed(value: impl serde::Serialize) -> Json {
    json!({"value": value, "editable": false})
}

fn open(value: impl serde::Serialize) -> Json {
    json!({"value": value, "editable": true})
}

fn describe(model: &Model, entity_type: &EntityType, field: &Field, project: Option<u64>) -> Json {
    let visible = project.is_none_or(|id| !field.hidden_in.contains(&id));
    let mut properties =
        json!({"default_value": open(field.default.clone()), "summary_default": open("none")});
    if field.data_type.is_link() {
        properties["valid_types"] = open(field.valid_types.clone());
    }
    if !field.valid_values.is_empty() {
        let names = field.valid_values.iter().map(|value| {
            let name = model.schema.statuses.get(value).unwrap_or(value);
            (value.clone(), Json::from(name.as_str()))
        });
        properties["valid_values"] = open(field.valid_values.clone());
        properties["hidden_values"] = fixed(Json::Array(Vec::new()));
        properties["display_values"] = fixed(Json::Object(names.collect()));
    }
    json!({
        "name": open(&field.display_name),
        "description": open(&field.description),
        "entity_type": fixed(&entity_type.name),
        "data_type": fixed(field.data_type.name()),
        "editable": fixed(field.write == Write::Always),
        "mandatory": fixed(field.mandatory),
        "unique": fixed(field.unique),
        "visible": {"value": visible, "editable": field.custom},
        "properties": properties,
    })
}

fn id_field(entity_type: &EntityType) -> Json {
    json!({
        "name": fixed("Id"),
        "description": fixed(""),
        "entity_type": fixed(&entity_type.name),
        "data_type": fixed("number"),
        "editable": fixed(false),
        "mandatory": fixed(false),
        "unique": fixed(true),
        "visible": fixed(true),
        "properties": {"default_value": fixed(Json::Null), "summary_default": fixed("none")},
    })
}
