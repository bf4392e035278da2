//! Records that are there from the start.

use serde_json::{Map, Value as Json};

use super::auth::Actor;
use super::params::Params;
use super::transaction;
use super::value::Ref;
use super::{Ending, EntityLink, Model, Now};
use crate::wire::ApiError;

/// When seeded records say they were created: before anything that a clock will say.
const SEEDED_AT: Now = Now(1_735_689_600_000);

/// Adds a record without event log entries. `fields` may hold the `id`.
pub fn seed_entity(
    model: &mut Model,
    entity_type: &str,
    fields: &Map<String, Json>,
) -> Result<EntityLink, ApiError> {
    let mut fields = fields.clone();
    let chosen = fields.remove("id");
    let request = Map::from_iter([
        ("type".to_owned(), Json::from(entity_type)),
        ("id".to_owned(), chosen.into()),
    ]);
    let params = Params { method: "create", fields: &request };
    let entity_type_id = params.entity_type(model)?;
    let id = match &request["id"] {
        Json::Null => model.tables.next_id(entity_type_id),
        _ => params.record(model)?.id,
    };
    let record = Ref { entity_type: entity_type_id, id };
    if !model.tables.is_free(record) {
        return Err(params.missing("'id' that is free and near the others"));
    }
    transaction::run(model, &Actor::site(), SEEDED_AT, Ending::Policy, |transaction| {
        transaction.create_from_map(record, &fields)
    })?;
    Ok(EntityLink::new(entity_type, id))
}
