//! Rows of the event log that clients write themselves.

use serde_json::{Map, Value as Json};

use super::coerce::{Place, coerce};
use super::event_log::EventRow;
use super::params::Params;
use super::transaction::Transaction;
use super::value::{Ref, TypeId, Value};
use crate::wire::ApiError;

impl Transaction<'_> {
    /// Adds a row with the caller's own event type. It shows even if the caller's other writes do not.
    pub fn create_event(
        &mut self,
        params: &Params<'_>,
        entity_type: TypeId,
        sent: &Map<String, Json>,
    ) -> Result<Ref, ApiError> {
        let values = self.event_values(params, entity_type, sent)?;
        let value = |name: &str| {
            values.iter().find(|(field, _)| *field == name).map_or(&Value::Null, |(_, value)| value)
        };
        let link = |name: &str| value(name).links().first().copied();
        let Some(event_type) = value("event_type").as_text() else {
            let fields = Json::Object(sent.clone());
            return Err(ApiError::invalid(format!(
                "API {}() missing 'event_type' attribute: {fields}",
                params.method
            )));
        };
        let created_at = match value("created_at") {
            Value::Moment(seconds) => *seconds,
            _ => self.now.seconds(),
        };
        let meta = match value("meta") {
            Value::Json(meta) => meta.to_string(),
            _ => "null".to_owned(),
        };
        let log = &mut self.model.log;
        let session_uuid = value("session_uuid").as_text().or(self.actor.session_uuid.as_deref());
        let row = EventRow {
            id: log.reserve(),
            event_type: log.intern(event_type),
            attribute_name: value("attribute_name").as_text().map(|name| log.intern(name)),
            meta: meta.into_boxed_str(),
            entity: link("entity"),
            project: link("project"),
            user: link("user").or(self.actor.user),
            session_uuid: session_uuid.map(|uuid| log.intern(uuid)),
            created_at,
            description: value("description").as_text().map(Box::from),
        };
        let record = Ref { entity_type, id: row.id };
        self.rows.push(row);
        Ok(record)
    }

    fn event_values<'a>(
        &self,
        params: &Params<'_>,
        entity_type: TypeId,
        sent: &'a Map<String, Json>,
    ) -> Result<Vec<(&'a str, Value)>, ApiError> {
        let known = self.model.schema.entity_type(entity_type);
        let mut values = Vec::new();
        for (name, value) in sent {
            let index = self.model.visible_field(entity_type, name).ok_or_else(|| {
                ApiError::invalid(format!(
                    "API {}() {}.{name} doesn't exist.",
                    params.method, known.name
                ))
            })?;
            let place = Place {
                method: params.method,
                updating: false,
                entity_type,
                field: &known.fields[index],
            };
            values.push((name.as_str(), coerce(self.model, place, value)?));
        }
        Ok(values)
    }
}
