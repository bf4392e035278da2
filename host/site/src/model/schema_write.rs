//! `schema_field_create`, `schema_field_update` and `schema_field_delete`: fields that come, change and go while the site
//! runs. A change is checked whole before any of it is made.

use serde_json::Value as Json;

use super::Model;
use super::coerce::{Place, coerce};
use super::params::{Params, describe};
use super::schema::{DataType, Field, FieldLine, Write};
use super::value::TypeId;
use crate::wire::{Answer, ApiError};

/// A name may come again this often.
const SUFFIX_MAX: usize = 1000;

/// The properties of every field. Choices and links have more.
const PROPERTIES: [&str; 5] =
    ["name", "visible", "description", "summary_default", "default_value"];

/// Answers `schema_field_create` with the name of the new field.
pub fn create(model: &mut Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let entity_type = params.entity_type(model)?;
    model.may_alter(params, entity_type)?;
    let data_type = creatable(params)?;
    let sent = properties(params, data_type)?;
    let display_name =
        sent.iter().find(|sent| sent.name == "name").and_then(|sent| sent.value.as_str());
    let display_name = display_name.map(str::trim).filter(|name| !name.is_empty());
    let display_name = display_name.ok_or_else(|| params.missing("string property 'name'"))?;
    let name = free_name(model, entity_type, display_name)?;
    require(params, data_type, &sent)?;
    let change = Change { model, params, entity_type };
    let field = change.applied(new_field(&name, display_name, data_type), &sent)?;
    model.schema.put_field(entity_type, field);
    Ok(Answer::from_results(&Json::from(name).to_string()))
}

/// Answers `schema_field_update`.
pub fn update(model: &mut Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let (entity_type, field) = alterable(model, params)?;
    let sent = properties(params, field.data_type)?;
    let change = Change { model, params, entity_type };
    let field = change.applied(field, &sent)?;
    model.schema.put_field(entity_type, field);
    Ok(Answer::from_results("true"))
}

/// Answers `schema_field_delete`. The column stays, and so does what records hold in it; nobody sees it again.
pub fn delete(model: &mut Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let (entity_type, field) = alterable(model, params)?;
    let known = model.schema.entity_type(entity_type);
    if !field.custom || known.fields[known.display_field].name == field.name {
        let (method, type_name, name) = (params.method, &known.name, &field.name);
        return Err(ApiError::invalid(format!(
            "API {method}() {type_name}.{name} is a system field and can not be deleted."
        )));
    }
    model.schema.put_field(entity_type, Field { retired: true, ..field });
    Ok(Answer::from_results("true"))
}

/// A property of a field, as sent.
struct Sent<'a> {
    name: &'a str,
    value: &'a Json,
}

/// The field that a call is about.
fn alterable(model: &Model, params: &Params<'_>) -> Result<(TypeId, Field), ApiError> {
    let entity_type = params.entity_type(model)?;
    let name = params.text("field_name")?;
    let known = model.schema.entity_type(entity_type);
    let index = model.visible_field(entity_type, name).ok_or_else(|| {
        ApiError::invalid(format!("API {}() {}.{name} doesn't exist.", params.method, known.name))
    })?;
    model.may_alter(params, entity_type)?;
    Ok((entity_type, known.fields[index].clone()))
}

fn creatable(params: &Params<'_>) -> Result<DataType, ApiError> {
    let sent = params.fields.get("data_type");
    let known = sent.and_then(|sent| serde_json::from_value::<DataType>(sent.clone()).ok());
    known.filter(|known| known.is_creatable()).ok_or_else(|| params.missing("string 'data_type'"))
}

/// The properties that were sent. Fails for one that a field of this type does not have.
fn properties<'a>(params: &Params<'a>, data_type: DataType) -> Result<Vec<Sent<'a>>, ApiError> {
    let mut valid = PROPERTIES.to_vec();
    if data_type.is_choice() {
        valid.extend(["valid_values", "hidden_values"]);
    }
    if data_type.is_link() {
        valid.push("valid_types");
    }
    let parse = |sent: &'a Json| {
        let name = sent.get("property_name").and_then(Json::as_str);
        let name = name.ok_or_else(|| params.missing("string 'property_name' in 'properties'"))?;
        if !valid.contains(&name) {
            let (method, valid) = (params.method, Json::from(valid.clone()));
            return Err(ApiError::invalid(format!(
                "API {method}() invalid property '{name}': {sent}\nValid property names: {valid}"
            )));
        }
        Ok(Sent { name, value: sent.get("value").unwrap_or(&Json::Null) })
    };
    params.list("properties")?.iter().map(parse).collect()
}

/// What cannot be left out when a field of some types is created.
fn require(params: &Params<'_>, data_type: DataType, sent: &[Sent<'_>]) -> Result<(), ApiError> {
    let is_sent = |name: &str| sent.iter().any(|sent| sent.name == name);
    let method = params.method;
    if data_type.is_link() && !is_sent("valid_types") {
        return Err(ApiError::invalid(format!(
            "API {method}() 'valid_types' value expected Array with one element"
        )));
    }
    if data_type == DataType::Checkbox && !is_sent("default_value") {
        return Err(ApiError::invalid(format!(
            "API {method}() Only true or false allowed in checkbox"
        )));
    }
    Ok(())
}

/// `sg_` and the display name in lower case, with a number if that is taken. A deleted field keeps its name for itself.
fn free_name(model: &Model, entity_type: TypeId, display_name: &str) -> Result<String, ApiError> {
    let known = model.schema.entity_type(entity_type);
    let lower = display_name.to_lowercase();
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    let base: String = "sg_".chars().chain(lower.chars().map(plain)).collect();
    if known.any_field_index(&base).is_some_and(|index| known.fields[index].retired) {
        return Err(ApiError::invalid(format!(
            "API schema_field_create() failed, there is a retired field with the same field_name: {base}. Delete the \
             retired field forever from the Trash Page in Shotgun and try again."
        )));
    }
    let numbered = (1..SUFFIX_MAX).map(|number| format!("{base}_{number}"));
    let mut names = std::iter::once(base.clone()).chain(numbered);
    names.find(|name| known.any_field_index(name).is_none()).ok_or_else(|| {
        ApiError::invalid(format!(
            "API schema_field_create() failed, there are {SUFFIX_MAX} fields named {base} already."
        ))
    })
}

fn new_field(name: &str, display_name: &str, data_type: DataType) -> Field {
    Field::new(&FieldLine {
        field: name.to_owned(),
        name: display_name.to_owned(),
        data_type,
        description: String::new(),
        valid_types: Vec::new(),
        valid_values: Vec::new(),
        hidden_values: Vec::new(),
        default: Json::Null,
        summary_default: None,
        unique: false,
        write: Write::Always,
        custom: Some(true),
        reverse: Vec::new(),
        cascade: false,
        cascade_from: Vec::new(),
    })
}

/// A change of a field that is being understood.
struct Change<'a> {
    model: &'a Model,
    params: &'a Params<'a>,
    entity_type: TypeId,
}

impl Change<'_> {
    /// The field with the properties that were sent.
    fn applied(&self, mut field: Field, sent: &[Sent<'_>]) -> Result<Field, ApiError> {
        for sent in sent {
            self.apply(&mut field, sent)?;
        }
        if field.data_type.is_choice() && !field.default.is_null() {
            self.require_valid(&field, "default_value", std::slice::from_ref(&field.default))?;
        }
        let hidden = field.hidden_values.iter().chain(field.hidden_values_in.values().flatten());
        let hidden: Vec<_> = hidden.map(|value| Json::from(value.as_str())).collect();
        self.require_valid(&field, "hidden_values", &hidden)?;
        Ok(field)
    }

    fn apply(&self, field: &mut Field, sent: &Sent<'_>) -> Result<(), ApiError> {
        match sent.name {
            "name" => field.display_name = self.text(sent)?,
            "description" => field.description = self.text(sent)?,
            "summary_default" => field.summary_default = self.text(sent)?,
            "valid_values" => field.valid_values = self.values(field.data_type, sent)?,
            "valid_types" => field.valid_types = self.types(sent)?,
            "default_value" => self.set_default(field, sent)?,
            "hidden_values" => match self.project()? {
                None => field.hidden_values = self.texts(sent)?,
                Some(project) => {
                    field.hidden_values_in.insert(project, self.texts(sent)?);
                }
            },
            _ => self.set_visible(field, sent)?,
        }
        Ok(())
    }

    fn expected(&self, sent: &Sent<'_>, classes: &str) -> ApiError {
        let (method, name, got) = (self.params.method, sent.name, describe(sent.value));
        ApiError::invalid(format!("API {method}() '{name}' value expected {classes} but got {got}"))
    }

    fn text(&self, sent: &Sent<'_>) -> Result<String, ApiError> {
        match sent.value {
            Json::String(text) if sent.name != "name" || !text.trim().is_empty() => {
                Ok(text.trim().to_owned())
            }
            Json::Null if sent.name == "description" => Ok(String::new()),
            _ => Err(self.expected(sent, "String")),
        }
    }

    fn texts(&self, sent: &Sent<'_>) -> Result<Vec<String>, ApiError> {
        let wrong = || self.expected(sent, "Array of String");
        let items = sent.value.as_array().ok_or_else(wrong)?;
        let mut texts: Vec<String> = Vec::new();
        for item in items {
            let text = item.as_str().filter(|text| !text.is_empty()).ok_or_else(wrong)?;
            if !texts.iter().any(|known| known == text) {
                texts.push(text.to_owned());
            }
        }
        Ok(texts)
    }

    /// The values of a list; statuses must be there.
    fn values(&self, data_type: DataType, sent: &Sent<'_>) -> Result<Vec<String>, ApiError> {
        let values = self.texts(sent)?;
        let unknown = values.iter().find(|code| !self.model.is_status(code));
        match unknown.filter(|_| data_type == DataType::StatusList) {
            Some(code) => Err(ApiError::invalid(format!(
                "API {}() 'valid_values' '{code}' is not a valid status.",
                self.params.method
            ))),
            None => Ok(values),
        }
    }

    /// The service takes one type, although fields of its own have several.
    fn types(&self, sent: &Sent<'_>) -> Result<Vec<String>, ApiError> {
        let types = self.texts(sent)?;
        if types.len() != 1 {
            return Err(self.expected(sent, "Array with one element"));
        }
        match types.iter().find(|name| self.model.schema.type_id(name).is_none()) {
            Some(name) => Err(ApiError::invalid(format!(
                "API {}() 'valid_types' '{name}' is not a valid entity type.",
                self.params.method
            ))),
            None => Ok(types),
        }
    }

    fn set_default(&self, field: &mut Field, sent: &Sent<'_>) -> Result<(), ApiError> {
        let unchecked = Field { valid_values: Vec::new(), ..field.clone() };
        let place = Place {
            method: self.params.method,
            updating: true,
            entity_type: self.entity_type,
            field: &unchecked,
        };
        if field.data_type.is_link() || field.data_type == DataType::Url {
            if !sent.value.is_null() {
                return Err(self.expected(sent, "NilClass"));
            }
        } else {
            coerce(self.model, place, sent.value)?;
        }
        field.default = sent.value.clone();
        Ok(())
    }

    fn set_visible(&self, field: &mut Field, sent: &Sent<'_>) -> Result<(), ApiError> {
        let visible =
            sent.value.as_bool().ok_or_else(|| self.expected(sent, "TrueClass, FalseClass"))?;
        let method = self.params.method;
        let project = self.project()?.ok_or_else(|| {
            ApiError::invalid(format!(
                "API {method}() invalid/missing entity hash 'project': 'visible' is a property per project"
            ))
        })?;
        if !field.custom {
            let type_name = &self.model.schema.entity_type(self.entity_type).name;
            return Err(ApiError::invalid(format!(
                "API {method}() 'visible' is not editable for {type_name}.{}",
                field.name
            )));
        }
        if visible {
            field.hidden_in.remove(&project);
        } else {
            field.hidden_in.insert(project);
        }
        Ok(())
    }

    /// The project that a property is for. Fails if it is not there.
    fn project(&self) -> Result<Option<u64>, ApiError> {
        match self.params.fields.get("project") {
            None | Some(Json::Null) => Ok(None),
            Some(_) => {
                let link = self.params.link(self.model, "project")?;
                if self.model.type_name(link) != "Project" {
                    return Err(self.params.missing("entity hash 'project'"));
                }
                Ok(Some(link.id))
            }
        }
    }

    fn require_valid(&self, field: &Field, what: &str, values: &[Json]) -> Result<(), ApiError> {
        let is_valid = |value: &&Json| {
            value
                .as_str()
                .is_some_and(|value| field.valid_values.iter().any(|known| known == value))
        };
        match values.iter().find(|value| !is_valid(value)) {
            None => Ok(()),
            Some(value) => Err(ApiError::invalid(format!(
                "API {}() '{what}' {value} is not among the valid values {}",
                self.params.method,
                Json::from(field.valid_values.clone())
            ))),
        }
    }
}

impl Model {
    /// Whether there is a status of this code: in the schema, or as a record that is not retired.
    fn is_status(&self, code: &str) -> bool {
        self.schema.statuses.contains_key(code)
            || super::auth::find(self, "Status", "code", code).is_some()
    }
}
