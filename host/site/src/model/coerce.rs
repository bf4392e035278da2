//! From the JSON that a client writes to the value that a field holds.

use serde_json::Value as Json;

use super::Model;
use super::params::{describe, parse_link};
use super::schema::{DataType, Field};
use super::time;
use super::value::{Ref, TypeId, Value};
use crate::wire::ApiError;

mod color;

/// Which field a value is for, and in which call.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub method: &'a str,
    /// The record that is updated; none while it is being created.
    pub updating: bool,
    pub entity_type: TypeId,
    pub field: &'a Field,
}

impl Place<'_> {
    /// `Version.frame_count`.
    pub fn name(&self, model: &Model) -> String {
        format!("{}.{}", model.schema.entity_type(self.entity_type).name, self.field.name)
    }

    /// Error 103 for a value of the wrong class.
    fn expected(&self, model: &Model, classes: &str, got: &Json) -> ApiError {
        let (method, name) = (self.method, self.name(model));
        ApiError::invalid(format!(
            "API {method}() {name} expected [{classes}] data type(s) but got {}",
            describe(got)
        ))
    }

    /// Error 103 for a value that cannot be read.
    fn unreadable(&self, model: &Model) -> ApiError {
        let (method, name, data_type) =
            (self.method, self.name(model), self.field.data_type.name());
        ApiError::invalid(format!("API {method}() {name} Invalid data for '{data_type}' data type"))
    }

    /// Error 104 for a value that is against a rule.
    pub fn refused(&self, model: &Model, why: &str) -> ApiError {
        let method = self.method;
        let what = if self.updating {
            format!("CRUD ERROR #51: Update failed for [{}]", self.name(model))
        } else {
            format!(
                "CRUD ERROR #6: Create failed for [{}]",
                model.schema.entity_type(self.entity_type).name
            )
        };
        ApiError::refused(format!("API {method}() {what}: {why}"))
    }
}

/// The value that `json` means in this place. Files are not for here: they have records of their own.
pub fn coerce(model: &Model, place: Place<'_>, json: &Json) -> Result<Value, ApiError> {
    match place.field.data_type {
        DataType::Footage => footage(model, place, json),
        DataType::Text | DataType::Uuid | DataType::EntityType | DataType::Password => {
            text(model, place, json)
        }
        DataType::Number | DataType::Percent | DataType::Timecode | DataType::Duration => {
            integer(model, place, json)
        }
        DataType::Float | DataType::Currency => float(model, place, json),
        DataType::Checkbox => checkbox(model, place, json),
        DataType::Date | DataType::DateTime => date(model, place, json),
        DataType::List | DataType::StatusList => list(model, place, json),
        DataType::Color => color::coerce(model, place, json),
        DataType::Entity => entity(model, place, json),
        DataType::MultiEntity | DataType::Addressing => {
            entities(model, place, json).map(Value::Links)
        }
        DataType::Image => match json {
            Json::Null => Ok(Value::Null),
            other => Err(place.expected(model, "NilClass", other)),
        },
        DataType::Serializable | DataType::Jsonb | DataType::Url => match json {
            Json::Null => Ok(Value::Null),
            Json::Array(_) | Json::Object(_) => Ok(Value::Json(json.clone().into())),
            other => Err(place.expected(model, "Hash, Array, NilClass", other)),
        },
        DataType::TagList => tag_list(model, place, json),
        DataType::Calculated | DataType::Summary => Err(read_only(model, place)),
    }
}

/// Error 103 for a field that only the site writes.
pub fn read_only(model: &Model, place: Place<'_>) -> ApiError {
    ApiError::invalid(format!("API {}() {} is read only.", place.method, place.name(model)))
}

fn text(model: &Model, place: Place<'_>, json: &Json) -> Result<Value, ApiError> {
    match json {
        Json::Null => Ok(Value::Null),
        Json::String(text) if text.trim().is_empty() => Ok(Value::Null),
        Json::String(text) => Ok(Value::text(text.trim())),
        other => Err(place.expected(model, "String, NilClass", other)),
    }
}

fn integer(model: &Model, place: Place<'_>, json: &Json) -> Result<Value, ApiError> {
    let data_type = place.field.data_type;
    let number = match json {
        Json::Null => return Ok(Value::Null),
        Json::Number(number) if !number.is_f64() => number.as_i64(),
        Json::Number(number) if data_type == DataType::Duration => {
            number.as_f64().map(|number| number.trunc() as i64)
        }
        Json::String(text) if data_type != DataType::Timecode => {
            Some(text.trim().parse().map_err(|_| place.unreadable(model))?)
        }
        other => {
            let classes = if data_type == DataType::Timecode {
                "Integer, NilClass"
            } else {
                "String, Integer, NilClass"
            };
            return Err(place.expected(model, classes, other));
        }
    };
    match number.filter(|number| i32::try_from(*number).is_ok()) {
        Some(number) => Ok(Value::Int(number)),
        None if place.updating => Err(place.refused(model, "Invalid statement.")),
        None => {
            Err(place.refused(model, "PG::NumericValueOutOfRange: ERROR:  integer out of range"))
        }
    }
}

fn footage(model: &Model, place: Place<'_>, json: &Json) -> Result<Value, ApiError> {
    let frames = match json {
        Json::Null => return Ok(Value::Null),
        Json::Number(number) if !number.is_f64() => number.as_i64().filter(|frames| *frames >= 0),
        Json::String(text) => super::footage::parse(text),
        other => return Err(place.expected(model, "String, Integer, NilClass", other)),
    };
    frames.map(Value::Int).ok_or_else(|| place.unreadable(model))
}

fn float(model: &Model, place: Place<'_>, json: &Json) -> Result<Value, ApiError> {
    let currency = place.field.data_type == DataType::Currency;
    let number: f64 = match json {
        Json::Null => return Ok(Value::Null),
        Json::Number(number) if number.is_f64() || currency => {
            number.as_f64().ok_or_else(|| place.unreadable(model))?
        }
        Json::String(text) => text.trim().parse().map_err(|_| place.unreadable(model))?,
        other => return Err(place.expected(model, "String, BigDecimal, Float, NilClass", other)),
    };
    if !number.is_finite() {
        return Err(place.unreadable(model));
    }
    Ok(Value::Float(round_to_millionths(number)))
}

/// Floats are kept and compared to six decimals.
pub fn round_to_millionths(number: f64) -> f64 {
    let scaled = number * 1e6;
    if scaled.is_finite() { scaled.round() / 1e6 } else { number }
}

fn checkbox(model: &Model, place: Place<'_>, json: &Json) -> Result<Value, ApiError> {
    match json {
        Json::Bool(value) => Ok(Value::Bool(*value)),
        Json::String(text) if text == "true" => Ok(Value::Bool(true)),
        Json::String(text) if text == "false" => Ok(Value::Bool(false)),
        other => Err(place.expected(model, "TrueClass, FalseClass, String", other)),
    }
}

fn date(model: &Model, place: Place<'_>, json: &Json) -> Result<Value, ApiError> {
    let value = match json {
        Json::Null => return Ok(Value::Null),
        Json::String(text) if place.field.data_type == DataType::Date => {
            time::parse_date(text).map(Value::Date)
        }
        Json::String(text) => time::parse_moment(text).map(Value::Moment),
        other => return Err(place.expected(model, "String, NilClass", other)),
    };
    value.ok_or_else(|| place.unreadable(model))
}

fn list(model: &Model, place: Place<'_>, json: &Json) -> Result<Value, ApiError> {
    let Value::Text(chosen) = text(model, place, json)? else { return Ok(Value::Null) };
    let valid = &place.field.valid_values;
    if valid.is_empty() || valid.iter().any(|value| **value == *chosen) {
        return Ok(Value::Text(chosen));
    }
    let legal: Vec<_> = valid.iter().map(|value| format!("'{value}'")).collect();
    let (one, many) = if place.field.data_type == DataType::StatusList {
        ("status", "statuses")
    } else {
        ("value", "values")
    };
    Err(place.refused(
        model,
        &format!("'{chosen}' is not a valid {one}. Valid {many}: {}", legal.join(", ")),
    ))
}

fn tag_list(model: &Model, place: Place<'_>, json: &Json) -> Result<Value, ApiError> {
    match json {
        Json::Null => Ok(Value::Null),
        Json::Array(tags) if tags.iter().all(Json::is_string) => {
            Ok(Value::Json(json.clone().into()))
        }
        other => Err(place.expected(model, "Array, NilClass", other)),
    }
}

fn entity(model: &Model, place: Place<'_>, json: &Json) -> Result<Value, ApiError> {
    match json {
        Json::Null => Ok(Value::Null),
        Json::Object(_) => {
            let link = link(model, place, json)?;
            legal(model, place, link)?;
            Ok(Value::Link(link))
        }
        other => Err(place.expected(model, "Hash, NilClass", other)),
    }
}

/// The links of a list, without duplicates. One link is taken for a list of one.
fn entities(model: &Model, place: Place<'_>, json: &Json) -> Result<Vec<Ref>, ApiError> {
    let links = links(model, place, json)?;
    links.iter().try_for_each(|link| legal(model, place, *link))?;
    Ok(links)
}

/// The same for links that are to be removed: they need not exist.
pub fn links(model: &Model, place: Place<'_>, json: &Json) -> Result<Vec<Ref>, ApiError> {
    let hashes = match json {
        Json::Array(hashes) => &hashes[..],
        Json::Object(_) => std::slice::from_ref(json),
        other => return Err(place.expected(model, "Array, Hash", other)),
    };
    let mut links = Vec::with_capacity(hashes.len());
    let mut seen = std::collections::BTreeSet::new();
    for hash in hashes {
        let link = link(model, place, hash)?;
        if seen.insert(link) {
            links.push(link);
        }
    }
    Ok(links)
}

fn link(model: &Model, place: Place<'_>, hash: &Json) -> Result<Ref, ApiError> {
    if !hash.is_object() {
        return Err(place.expected(model, "Hash", hash));
    }
    parse_link(model, hash).map_err(|what| {
        let (method, name) = (place.method, place.name(model));
        ApiError::invalid(format!("API {method}() {name} invalid/missing {what}: {hash}"))
    })
}

/// A link must be to a record that is there, and of the one type a field is bound to.
fn legal(model: &Model, place: Place<'_>, link: Ref) -> Result<(), ApiError> {
    let target = &model.schema.entity_type(link.entity_type).name;
    if let [bound] = &place.field.valid_types[..]
        && bound != target
    {
        return Err(place.refused(model, &format!("{bound} expected, got {target}")));
    }
    match model.tables.live(link) {
        Some(_) => Ok(()),
        None => Err(place.refused(model, "Value is not legal.")),
    }
}
