//! What a site would answer to a write that was not recorded, as far as that follows from the write itself. So a plugin that
//! writes something else than the recorded one goes on, and all that it writes can be compared.

use serde_json::{Map, Value as Json, json};

/// The entity that a creation makes.
pub(super) fn created(
    entity_type: &str,
    id: u64,
    data: &Json,
    return_fields: &[String],
) -> Option<Json> {
    let mut entity = data.as_object()?.clone();
    for field in return_fields {
        entity.entry(field.as_str()).or_insert(Json::Null);
    }
    Some(named(entity_type, id, entity))
}

/// The entity that an update leaves, as far as it was set.
pub(super) fn updated(entity_type: &str, id: u64, data: &Json) -> Option<Json> {
    Some(named(entity_type, id, data.as_object()?.clone()))
}

fn named(entity_type: &str, id: u64, mut fields: Map<String, Json>) -> Json {
    fields.insert("type".to_owned(), json!(entity_type));
    fields.insert("id".to_owned(), json!(id));
    Json::Object(fields)
}

/// The answers to the requests of a batch, in their order.
pub(super) fn batch(requests: &Json, next_id: &mut dyn FnMut() -> u64) -> Option<Json> {
    let answers = requests.as_array()?.iter().map(|request| {
        let entity_type = request["entity_type"].as_str()?;
        match request["request_type"].as_str()? {
            "create" => {
                let fields = request["return_fields"].as_array();
                let fields: Vec<String> = fields
                    .into_iter()
                    .flatten()
                    .filter_map(|field| field.as_str().map(str::to_owned))
                    .collect();
                created(entity_type, next_id(), &request["data"], &fields)
            }
            "update" => updated(entity_type, request["entity_id"].as_u64()?, &request["data"]),
            "delete" => Some(Json::Bool(true)),
            _ => None,
        }
    });
    Some(Json::Array(answers.collect::<Option<_>>()?))
}
