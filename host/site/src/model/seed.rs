//! Records that are there from the start.

use serde_json::{Map, Value as Json};

use super::{EntityLink, Model};
use crate::wire::ApiError;

/// Adds a record without event log entries.
pub fn seed_entity(
    _model: &mut Model,
    entity_type: &str,
    _fields: &Map<String, Json>,
) -> Result<EntityLink, ApiError> {
    Err(ApiError::invalid(format!(
        "API create() invalid/missing string entity 'type': {entity_type}"
    )))
}
