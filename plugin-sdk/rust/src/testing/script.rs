//! What a harness knows: the answers still to be given, and what was asked and written so far.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Delivery, Write};
use crate::http::{Request, Response};
use crate::log::Level;
use crate::shotgun::Query;
use crate::{Error, Outcome, Result};

/// Where the host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Phase {
    /// In neither function of the plugin: nothing works.
    #[default]
    Outside,
    /// In `register`: reading works.
    Register,
    /// In a callback.
    Handle,
}

/// The first id that is given to something created.
const FIRST_NEW_ID: u64 = 100_001;

/// Settings, key-values, answers and records of one harness.
#[derive(Default)]
pub(super) struct Script {
    pub(super) phase: Phase,
    pub(super) settings: BTreeMap<String, String>,
    pub(super) key_values: BTreeMap<String, Vec<u8>>,
    /// From (entity type, field) to the field's properties, in the site's form.
    pub(super) schema: BTreeMap<(String, String), Value>,
    /// From call (`find Task`) to the answers it gets, first to last.
    pub(super) answers: HashMap<String, VecDeque<Value>>,
    pub(super) downloads: VecDeque<Vec<u8>>,
    /// What other hosts answer, first to last.
    pub(super) responses: VecDeque<Result<Response>>,
    pub(super) requests: Vec<Request>,
    /// How many calls of the connection there were.
    pub(super) calls: u64,
    /// From the number of a call to how it fails.
    pub(super) failures: BTreeMap<u64, Error>,
    pub(super) reads: Vec<Query>,
    pub(super) writes: Vec<Write>,
    pub(super) logs: Vec<(Level, String)>,
    created: u64,
}

impl Script {
    /// Allows a read, or says why not.
    pub(super) fn reading(&mut self) -> Result<()> {
        if self.phase == Phase::Outside {
            return Err(Error::Denied(
                "the connection works only inside `register` and the callbacks".to_owned(),
            ));
        }
        self.calls += 1;
        self.failures.remove(&self.calls).map_or(Ok(()), Err)
    }

    /// Allows a write, or says why not.
    pub(super) fn writing(&mut self) -> Result<()> {
        if self.phase == Phase::Register {
            return Err(Error::Denied("nothing can be written inside `register`".to_owned()));
        }
        self.reading()
    }

    /// The next answer to a call. A question that nobody scripted an answer for is a mistake of the test.
    pub(super) fn answer(&mut self, call: &str) -> Value {
        match self.answers.get_mut(call).and_then(VecDeque::pop_front) {
            Some(answer) => answer,
            None => {
                panic!("the test has no answer, or none left, for `{call}`: add it to the harness")
            }
        }
    }

    /// The created entity as the site answers it: what was sent, with its type and a new id.
    pub(super) fn created(&mut self, entity_type: &str, data: &Value) -> Value {
        let id = FIRST_NEW_ID + self.created;
        self.created += 1;
        written(entity_type, id, data)
    }

    /// The answer to one request of a batch.
    pub(super) fn batch_answer(&mut self, request: &Value) -> Result<Value> {
        let entity_type = request["entity_type"].as_str().unwrap_or_default();
        let id = request["entity_id"].as_u64();
        match (request["request_type"].as_str(), id) {
            (Some("create"), None) => Ok(self.created(entity_type, &request["data"])),
            (Some("update"), Some(id)) => Ok(written(entity_type, id, &request["data"])),
            (Some("delete"), Some(_)) => Ok(Value::Bool(true)),
            _ => Err(Error::Invalid(
                "a request of the batch is none of create, update and delete".to_owned(),
            )),
        }
    }

    /// The schema in the site's form, of one type or of one field of it.
    pub(super) fn schema_of(
        &self,
        entity_type: Option<&str>,
        field: Option<&str>,
    ) -> Result<Value> {
        let Some(entity_type) = entity_type else {
            let types = self.schema.keys().map(|(entity_type, _)| entity_type);
            let types = types.map(|name| (name.clone(), json!({ "name": property(name) })));
            return Ok(Value::Object(types.collect()));
        };
        let fields = self.schema.iter().filter(|((of_type, name), _)| {
            of_type == entity_type && field.is_none_or(|field| field == name)
        });
        let fields: Map<String, Value> =
            fields.map(|((_, name), properties)| (name.clone(), properties.clone())).collect();
        match field {
            Some(field) if fields.is_empty() => Err(Error::Fault {
                code: 103,
                message: format!("API schema_field_read() {entity_type}.{field} doesn't exist."),
            }),
            _ => Ok(Value::Object(fields)),
        }
    }

    /// Empties the records into a delivery.
    pub(super) fn take_delivery(&mut self, outcomes: Vec<(String, Result<Outcome>)>) -> Delivery {
        Delivery {
            outcomes,
            reads: std::mem::take(&mut self.reads),
            writes: std::mem::take(&mut self.writes),
            requests: std::mem::take(&mut self.requests),
            logs: std::mem::take(&mut self.logs),
        }
    }
}

/// An entity as the site answers a write: what was sent, with its type and id.
pub(super) fn written(entity_type: &str, id: u64, data: &Value) -> Value {
    let mut entity = data.as_object().cloned().unwrap_or_default();
    entity.insert("type".to_owned(), Value::from(entity_type));
    entity.insert("id".to_owned(), Value::from(id));
    Value::Object(entity)
}

/// A field's properties in the site's form.
pub(super) fn field_schema(data_type: &str, valid_values: &[&str]) -> Value {
    let properties = match valid_values {
        [] => json!({}),
        values => json!({ "valid_values": property(values) }),
    };
    json!({ "data_type": property(data_type), "editable": property(true), "properties": properties })
}

fn property(value: impl Serialize) -> Value {
    json!({ "value": value, "editable": false })
}
