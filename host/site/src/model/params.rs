//! Reads the parameters of a call, and words what is wrong with them.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::Model;
use super::value::{Ref, TypeId};
use crate::wire::ApiError;

/// The parameters of one call, with the name of its method for messages.
#[derive(Debug, Clone, Copy)]
pub struct Params<'a> {
    pub method: &'a str,
    pub fields: &'a Map<String, Json>,
}

impl<'a> Params<'a> {
    /// Takes the parameters out of `json`, which must be an object.
    pub fn new(method: &'a str, json: Option<&'a Json>) -> Result<Self, ApiError> {
        match json.and_then(Json::as_object) {
            Some(fields) => Ok(Self { method, fields }),
            None => Err(ApiError::invalid(format!(
                "API {method}() expected [Hash] data type(s) for its parameters but got {}",
                describe(json.unwrap_or(&Json::Null))
            ))),
        }
    }

    /// Says that a parameter is missing or of the wrong type, and shows what was sent.
    pub fn missing(&self, what: &str) -> ApiError {
        let sent = Json::Object(self.fields.clone());
        ApiError::invalid(format!("API {}() invalid/missing {what}:\n{sent}", self.method))
    }

    /// The entity type named by `type`.
    pub fn entity_type(&self, model: &Model) -> Result<TypeId, ApiError> {
        self.fields
            .get("type")
            .and_then(Json::as_str)
            .and_then(|name| model.schema.type_id(name))
            .ok_or_else(|| self.missing("string entity 'type'"))
    }

    /// The record named by `type` and `id`, whether it exists or not.
    pub fn record(&self, model: &Model) -> Result<Ref, ApiError> {
        let entity_type = self.entity_type(model)?;
        let id = self
            .fields
            .get("id")
            .and_then(Json::as_u64)
            .ok_or_else(|| self.missing("integer entity 'id'"))?;
        Ok(Ref { entity_type, id })
    }

    /// A boolean, or `default` if it is absent or null.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, ApiError> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(default),
            Some(Json::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.missing(&format!("boolean '{name}'"))),
        }
    }

    /// An array, or an empty one if it is absent or null.
    pub fn list(&self, name: &str) -> Result<&'a [Json], ApiError> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(&[]),
            Some(Json::Array(items)) => Ok(items),
            Some(_) => Err(self.missing(&format!("array '{name}'"))),
        }
    }

    /// A whole number that is not negative, if it is not absent or null.
    pub fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(json) => {
                json.as_u64().map(Some).ok_or_else(|| self.missing(&format!("integer '{name}'")))
            }
        }
    }

    /// A whole number that must be there.
    pub fn required_number(&self, name: &str) -> Result<u64, ApiError> {
        self.number(name)?.ok_or_else(|| self.missing(&format!("integer '{name}'")))
    }

    /// A text, if it is not absent or null.
    pub fn optional_text(&self, name: &str) -> Result<Option<&'a str>, ApiError> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(_) => self.text(name).map(Some),
        }
    }

    /// An object, if it is not absent or null.
    pub fn object(&self, name: &str) -> Result<Option<&'a Map<String, Json>>, ApiError> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(json) => {
                json.as_object().map(Some).ok_or_else(|| self.missing(&format!("hash '{name}'")))
            }
        }
    }

    /// The record that a parameter holds, as [`link`](Self::link), if it is not absent or null.
    pub fn optional_link(&self, model: &Model, name: &str) -> Result<Option<Ref>, ApiError> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(_) => self.link(model, name).map(Some),
        }
    }

    /// The live record of a type that a parameter names by number. Fails if it is not there or retired.
    pub fn numbered(&self, model: &Model, name: &str, type_name: &str) -> Result<Ref, ApiError> {
        let id = self.required_number(name)?;
        let entity_type = model.schema.type_id(type_name);
        let record = entity_type.map(|entity_type| Ref { entity_type, id });
        match record.filter(|record| model.tables.live(*record).is_some()) {
            Some(record) => Ok(record),
            None => Err(no_such(self.method, type_name, id)),
        }
    }

    /// A text that must be there.
    pub fn text(&self, name: &str) -> Result<&'a str, ApiError> {
        self.fields
            .get(name)
            .and_then(Json::as_str)
            .ok_or_else(|| self.missing(&format!("string '{name}'")))
    }

    /// The record that a parameter holds as `{"type":…,"id":…}`. Fails if it is not there or retired.
    pub fn link(&self, model: &Model, name: &str) -> Result<Ref, ApiError> {
        let hash =
            self.fields.get(name).ok_or_else(|| self.missing(&format!("entity hash '{name}'")))?;
        let link =
            parse_link(model, hash).map_err(|what| self.missing(&format!("{what} in '{name}'")))?;
        match model.tables.live(link) {
            Some(_) => Ok(link),
            None => Err(not_found(model, self.method, link)),
        }
    }
}

/// Reads `{"type":…,"id":…}`; other keys are ignored. Says what is missing.
pub fn parse_link(model: &Model, hash: &Json) -> Result<Ref, &'static str> {
    let entity_type = hash
        .get("type")
        .and_then(Json::as_str)
        .and_then(|name| model.schema.type_id(name))
        .ok_or("entity hash string 'type'")?;
    let id = hash.get("id").and_then(Json::as_u64).ok_or("entity hash integer 'id'")?;
    Ok(Ref { entity_type, id })
}

/// The error for a record that is not there, or retired.
pub fn not_found(model: &Model, method: &str, record: Ref) -> ApiError {
    no_such(method, &model.schema.entity_type(record.entity_type).name, record.id)
}

fn no_such(method: &str, name: &str, id: u64) -> ApiError {
    ApiError::refused(format!(
        "API {method}() CRUD ERROR #3: Entity of type [{name}] with id={id} does not exist."
    ))
}

/// A JSON value as the service's messages show it: its class and itself.
pub fn describe(json: &Json) -> String {
    format!(
        "{}: {}",
        class_of(json),
        if json.is_null() { Cow::from("nil") } else { Cow::from(json.to_string()) }
    )
}

fn class_of(json: &Json) -> &'static str {
    match json {
        Json::Null => "NilClass",
        Json::Bool(true) => "TrueClass",
        Json::Bool(false) => "FalseClass",
        Json::Number(number) if number.is_f64() => "Float",
        Json::Number(_) => "Integer",
        Json::String(_) => "String",
        Json::Array(_) => "Array",
        Json::Object(_) => "Hash",
    }
}
