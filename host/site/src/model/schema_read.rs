//! `schema_read`, `schema_entity_read` and `schema_field_read`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::Model;
use super::params::{Params, parse_link};
use super::schema::{DataType, EntityType, Field, FieldIndex, Write};
use super::value::{TypeId, Value};
use crate::wire::{Answer, ApiError};

/// Answers `schema_entity_read`.
pub fn entities(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let project = project(model, params)?;
    let types = model.schema.types().map(|(_, entity_type)| {
        let visible = project.is_none_or(|id| !entity_type.hidden_in.contains(&id));
        let shown = json!({"name": fixed(&entity_type.display_name), "visible": fixed(visible)});
        (entity_type.name.clone(), shown)
    });
    Ok(Answer::from_results(&Json::Object(types.collect()).to_string()))
}

/// Answers `schema_read`.
pub fn all(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let reader = Reader::new(model, project(model, params)?);
    let types = model.schema.types().map(|(id, entity_type)| {
        (entity_type.name.clone(), Json::Object(reader.fields(id, entity_type)))
    });
    Ok(Answer::from_results(&Json::Object(types.collect()).to_string()))
}

/// Answers `schema_field_read`: one field, or all of a type.
pub fn fields(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let reader = Reader::new(model, project(model, params)?);
    let id = params.entity_type(model)?;
    let entity_type = model.schema.entity_type(id);
    let mut described = reader.fields(id, entity_type);
    if !matches!(params.fields.get("field_name"), None | Some(Json::Null)) {
        let name = params.text("field_name")?;
        if !described.contains_key(name) {
            return Err(ApiError::invalid(format!(
                "API schema_field_read() {}.{name} doesn't exist.",
                entity_type.name
            )));
        }
        described.retain(|known, _| known == name);
    }
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

fn fixed(value: impl serde::Serialize) -> Json {
    leaf(value, false)
}

fn leaf(value: impl serde::Serialize, editable: bool) -> Json {
    json!({"value": value, "editable": editable})
}

/// Describes fields to whoever calls.
struct Reader<'a> {
    model: &'a Model,
    /// In which visibility is asked for.
    project: Option<u64>,
    /// The names of statuses by their codes.
    statuses: BTreeMap<String, String>,
}

impl<'a> Reader<'a> {
    fn new(model: &'a Model, project: Option<u64>) -> Self {
        Self { model, project, statuses: statuses(model) }
    }

    /// The fields of a type that the caller may know of.
    fn fields(&self, id: TypeId, entity_type: &EntityType) -> Map<String, Json> {
        let fields = entity_type.fields.iter().enumerate();
        let seen = fields.filter(|(index, field)| !field.retired && self.model.sees(id, *index));
        let mut described: Map<_, _> =
            seen.map(|(index, _)| self.field(id, entity_type, index)).collect();
        described.insert("id".to_owned(), id_field(entity_type));
        described
    }

    fn field(&self, id: TypeId, entity_type: &EntityType, index: FieldIndex) -> (String, Json) {
        let field = &entity_type.fields[index];
        let visible = self.project.is_none_or(|id| !field.hidden_in.contains(&id));
        let editable = field.write == Write::Always && self.model.can_update(id, index);
        let described = json!({
            "name": leaf(&field.display_name, true),
            "description": leaf(&field.description, true),
            "entity_type": fixed(&entity_type.name),
            "data_type": fixed(field.data_type.name()),
            "editable": fixed(editable),
            // What the page demands; a create demands the project.
            "mandatory": fixed(index == entity_type.display_field && entity_type.names_itself),
            "unique": fixed(field.unique),
            "visible": leaf(visible, field.custom),
            "properties": self.properties(field),
        });
        (field.name.clone(), described)
    }

    fn properties(&self, field: &Field) -> Json {
        let mut properties = json!({
            // A list of links has none.
            "default_value": leaf(field.default.clone(), field.write == Write::Always && !field.data_type.is_links()),
            "summary_default": leaf(&field.summary_default, true),
        });
        if field.data_type.is_link() {
            properties["valid_types"] = leaf(&field.valid_types, true);
        }
        if field.data_type.is_choice() {
            let shown = field.valid_values.iter().map(|value| {
                let name = self.statuses.get(value);
                let name = name.filter(|_| field.data_type == DataType::StatusList);
                (value.clone(), Json::from(name.unwrap_or(value).as_str()))
            });
            properties["display_values"] = fixed(Json::Object(shown.collect()));
            properties["valid_values"] = leaf(&field.valid_values, true);
            properties["hidden_values"] = fixed(field.hidden_values(self.project));
        }
        if field.data_type == DataType::Summary {
            for name in ["query", "summary_field", "summary_type", "summary_value"] {
                properties[name] = fixed(Json::Null);
            }
        }
        properties
    }
}

impl Field {
    /// The valid values that people are not offered, in a project or anywhere.
    pub fn hidden_values(&self, project: Option<u64>) -> Vec<&str> {
        let here = project.and_then(|id| self.hidden_values_in.get(&id));
        let all = self.hidden_values.iter().chain(here.into_iter().flatten());
        let mut hidden: Vec<_> = all.map(String::as_str).collect();
        hidden.sort_unstable();
        hidden.dedup();
        hidden
    }
}

/// The names of statuses by their codes: what the Status records say, and for others what the schema says.
fn statuses(model: &Model) -> BTreeMap<String, String> {
    let schema = model.schema.statuses.iter();
    let mut names: BTreeMap<_, _> =
        schema.map(|(code, line)| (code.clone(), line.name.clone())).collect();
    let Some(id) = model.schema.type_id("Status") else { return names };
    let known = model.schema.entity_type(id);
    let (Some(code), Some(name)) = (known.field_index("code"), known.field_index("name")) else {
        return names;
    };
    for row in model.tables.rows(id).filter(|row| row.retired.is_none()) {
        if let (Value::Text(code), Value::Text(name)) = (row.value(code), row.value(name)) {
            names.insert(code.to_string(), name.to_string());
        }
    }
    names
}

fn id_field(entity_type: &EntityType) -> Json {
    json!({
        "name": fixed("Id"),
        "description": fixed(""),
        "entity_type": fixed(&entity_type.name),
        "data_type": fixed("number"),
        "editable": fixed(false),
        "mandatory": fixed(false),
        "unique": fixed(false),
        "visible": fixed(true),
        "properties": {"default_value": fixed(Json::Null), "summary_default": fixed("none")},
    })
}
