//! Several writes in one transaction: from the requests of the Python client to those of the wire.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::fields::{Fields, Modes, WireField};
use super::place::{Place, QueryError, parse, text, word};
use crate::object::Object;

/// Writes that are made all or not at all, in this order.
#[derive(Debug, Clone)]
pub struct Batch(Vec<BatchRequest>);

/// One write of a batch.
#[derive(Debug, Clone)]
pub enum BatchRequest {
    /// Makes a new entity.
    Create {
        /// The type of the entity.
        entity_type: String,
        /// Its values.
        fields: Fields,
        /// What to answer besides these.
        return_fields: Vec<String>,
    },
    /// Sets fields of an entity.
    Update {
        /// The type of the entity.
        entity_type: String,
        /// The entity.
        id: u64,
        /// The values.
        fields: Fields,
        /// How lists of links are changed.
        modes: Modes,
    },
    /// Moves an entity to the trash.
    Delete {
        /// The type of the entity.
        entity_type: String,
        /// The entity.
        id: u64,
    },
}

/// The members of one request, taken out one by one; what is left over is unknown.
struct Members<'a> {
    place: Place<'a>,
    members: Vec<(String, &'a RawValue)>,
}

#[derive(Serialize)]
struct WireRequest<'a> {
    request_type: &'static str,
    #[serde(rename = "type")]
    entity_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<WireField<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_fields: Option<&'a [String]>,
}

impl Batch {
    /// Reads `[{"request_type": "create", "entity_type", "data", "return_fields"}, {"request_type": "update",
    /// "entity_type", "entity_id", "data", "multi_entity_update_modes"}, {"request_type": "delete", "entity_type",
    /// "entity_id"}]`. A key that is not one of these is an error: a misspelt mode would replace a list.
    pub fn parse(json: &str) -> Result<Self, QueryError> {
        let place = Place::Root("requests");
        let requests: Vec<&RawValue> = parse(place, json, "a list of requests")?;
        let read = |(index, raw): (usize, &&RawValue)| {
            BatchRequest::parse(Place::Index(&place, index), raw)
        };
        requests.iter().enumerate().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The requests, for whoever decides whether they are allowed.
    #[must_use]
    pub fn requests(&self) -> &[BatchRequest] {
        &self.0
    }
}

impl BatchRequest {
    fn parse(place: Place<'_>, raw: &RawValue) -> Result<Self, QueryError> {
        let Object(members) = parse(place, raw.get(), "a request (an object)")?;
        let mut members = Members { place, members };
        let request_type = members.text("request_type")?;
        let entity_type = members.text("entity_type")?;
        let request = match request_type.as_str() {
            "create" => Self::Create {
                entity_type,
                fields: members.fields()?,
                return_fields: members.return_fields()?,
            },
            "update" => Self::Update {
                entity_type,
                id: members.id()?,
                fields: members.fields()?,
                modes: members.modes()?,
            },
            "delete" => Self::Delete { entity_type, id: members.id()? },
            other => {
                let problem = format!("`{}` is not one of create, update, delete", word(other));
                return Err(QueryError::new(Place::Key(&place, "request_type"), problem));
            }
        };
        members.finish(&request_type)?;
        Ok(request)
    }

    /// The type of the entity that is written.
    #[must_use]
    pub fn entity_type(&self) -> &str {
        match self {
            Self::Create { entity_type, .. }
            | Self::Update { entity_type, .. }
            | Self::Delete { entity_type, .. } => entity_type,
        }
    }

    fn wire(&self) -> WireRequest<'_> {
        let entity_type = self.entity_type();
        let request = |request_type, id| WireRequest {
            request_type,
            entity_type,
            id,
            fields: None,
            return_fields: None,
        };
        match self {
            Self::Create { fields, return_fields, .. } => WireRequest {
                fields: Some(fields.for_create()),
                return_fields: Some(return_fields),
                ..request("create", None)
            },
            Self::Update { id, fields, modes, .. } => WireRequest {
                fields: Some(fields.for_batch_update(modes)),
                ..request("update", Some(*id))
            },
            Self::Delete { id, .. } => request("delete", Some(*id)),
        }
    }
}

impl Members<'_> {
    fn take(&mut self, key: &str) -> Option<&RawValue> {
        let index = self.members.iter().position(|(name, _)| name == key)?;
        let (_, raw) = self.members.remove(index);
        Some(raw).filter(|raw| raw.get() != "null")
    }

    fn required(&mut self, key: &str) -> Result<&RawValue, QueryError> {
        let place = self.place;
        self.take(key).ok_or_else(|| QueryError::new(place, format!("`{key}` is missing")))
    }

    fn text(&mut self, key: &str) -> Result<String, QueryError> {
        let place = self.place;
        text(Place::Key(&place, key), self.required(key)?, "a text")
    }

    fn id(&mut self) -> Result<u64, QueryError> {
        let place = self.place;
        parse(
            Place::Key(&place, "entity_id"),
            self.required("entity_id")?.get(),
            "the number of an entity",
        )
    }

    fn fields(&mut self) -> Result<Fields, QueryError> {
        let place = self.place;
        Fields::parse_at(Place::Key(&place, "data"), self.required("data")?.get())
    }

    fn modes(&mut self) -> Result<Modes, QueryError> {
        let place = self.place;
        let Some(raw) = self.take("multi_entity_update_modes") else { return Ok(Modes::default()) };
        Modes::parse_at(Place::Key(&place, "multi_entity_update_modes"), raw.get())
    }

    fn return_fields(&mut self) -> Result<Vec<String>, QueryError> {
        let place = self.place;
        let Some(raw) = self.take("return_fields") else { return Ok(vec!["id".to_owned()]) };
        let fields: Vec<String> =
            parse(Place::Key(&place, "return_fields"), raw.get(), "a list of field names")?;
        Ok(if fields.is_empty() { vec!["id".to_owned()] } else { fields })
    }

    fn finish(self, request_type: &str) -> Result<(), QueryError> {
        match self.members.first() {
            None => Ok(()),
            Some((key, _)) => Err(QueryError::new(
                Place::Key(&self.place, key),
                format!("not a key of a request to {request_type}"),
            )),
        }
    }
}

impl Serialize for Batch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(BatchRequest::wire))
    }
}

#[cfg(test)]
mod tests;
