//! Colours: `r,g,b`, and the names of old that are stored as such.

use serde_json::Value as Json;

use super::Place;
use crate::model::Model;
use crate::model::value::Value;
use crate::wire::ApiError;

/// A Task may have the colour of its pipeline step.
const PIPELINE_STEP: &str = "pipeline_step";

const NAMED: [(&str, &str); 8] = [
    ("blue", "2,149,216"),
    ("orange", "253,141,3"),
    ("pink", "254,125,179"),
    ("red", "253,1,0"),
    ("green", "29,215,46"),
    ("purple", "183,0,188"),
    ("grey", "129,129,129"),
    ("black", "45,45,45"),
];

/// The colour that `json` means. A Task is never without one.
pub fn coerce(model: &Model, place: Place<'_>, json: &Json) -> Result<Value, ApiError> {
    let on_task = model.schema.entity_type(place.entity_type).name == "Task";
    match json {
        Json::Null if !on_task => Ok(Value::Null),
        Json::String(text) => match expanded(text, on_task) {
            Some(color) => Ok(Value::text(color)),
            None => Err(place.unreadable(model)),
        },
        other => {
            Err(place.expected(model, if on_task { "String" } else { "String, NilClass" }, other))
        }
    }
}

fn expanded(text: &str, on_task: bool) -> Option<&str> {
    if let Some((_, color)) = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Some(color);
    }
    let parts: Vec<_> = text.split(',').collect();
    let is_decimal = parts.len() == 3 && parts.iter().all(|part| part.parse::<u8>().is_ok());
    (is_decimal || on_task && text == PIPELINE_STEP).then_some(text)
}
