//! The connection to the site.

mod batch;
mod filter;
mod query;
mod schema;
mod summarize;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::host::{Current, Host};
use crate::{EntityRef, Error, Result};

pub use batch::{Batch, UpdateMode};
pub use filter::{Field, Filter, Unit, all, any, field};
pub use query::{Find, Query, Sort, ascending, descending};
pub use schema::FieldSchema;
pub use summarize::{Group, Summarize, Summary};

/// An entity as the site answers it, from field to value, where a struct of the plugin's own would be too much.
pub type Row = Map<String, Value>;

/// The connection to the site, signed in as the script user that the operator chose for this plugin.
///
/// It works while the host is inside `register`, where it only reads, and inside a callback. Writes carry the event's
/// `session_uuid`, so that the page of the user behind the event refreshes.
///
/// Values are in the site's own forms: entities as [`EntityRef`], date_time `2026-01-31T10:00:00Z`, date `2026-01-31`,
/// duration in minutes, timecode in milliseconds.
#[derive(Debug)]
pub struct Shotgun {
    _private: (),
}

impl Shotgun {
    pub(crate) fn new() -> Self {
        Self { _private: () }
    }

    /// Asks for entities of a type. Nothing is sent before [`Find::all`] or [`Find::one`].
    pub fn find(&self, entity_type: impl Into<String>) -> Find<'_> {
        Find::new(self, entity_type.into())
    }

    /// Reads these fields of one entity; none if it is in the trash or never was.
    pub fn read<Row: DeserializeOwned>(
        &self,
        entity: &EntityRef,
        fields: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Option<Row>> {
        self.find(&entity.entity_type).filter(field("id").is(entity.id)).fields(fields).one()
    }

    /// Counts and sums. Nothing is sent before [`Summarize::read`].
    pub fn summarize(&self, entity_type: impl Into<String>) -> Summarize<'_> {
        Summarize::new(self, entity_type.into())
    }

    /// Creates an entity from an object of field values.
    pub fn create(&self, entity_type: &str, data: impl Serialize) -> Result<EntityRef> {
        self.create_and_read(entity_type, data, ["id"])
    }

    /// Creates an entity, and reads it with the fields that were set and `return_fields`.
    pub fn create_and_read<Row: DeserializeOwned>(
        &self,
        entity_type: &str,
        data: impl Serialize,
        return_fields: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Row> {
        let return_fields: Vec<String> = return_fields.into_iter().map(Into::into).collect();
        let answer = Current::create(entity_type, &field_values(data)?, &return_fields)?;
        decode(&answer, || format!("create {entity_type}"))
    }

    /// Sets fields.
    pub fn update(&self, entity: &EntityRef, data: impl Serialize) -> Result<()> {
        Current::update(entity, &field_values(data)?, None).map(drop)
    }

    /// Sets fields, and adds to or removes from the multi-entity fields that `modes` names.
    pub fn update_with(
        &self,
        entity: &EntityRef,
        data: impl Serialize,
        modes: &[(&str, UpdateMode)],
    ) -> Result<()> {
        Current::update(entity, &field_values(data)?, Some(&batch::modes(modes))).map(drop)
    }

    /// Moves to the trash. False if it is there already.
    pub fn delete(&self, entity: &EntityRef) -> Result<bool> {
        Current::delete(entity)
    }

    /// Takes out of the trash. False if it was not there.
    pub fn revive(&self, entity: &EntityRef) -> Result<bool> {
        Current::revive(entity)
    }

    /// Makes several writes, all or none; their answers in the same order. An empty batch is not sent.
    pub fn batch(&self, batch: Batch) -> Result<Vec<Value>> {
        let requests = batch.into_requests()?;
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        decode(&Current::batch(&Value::Array(requests))?, || "batch".to_owned())
    }

    /// Reads the schema of one field. A field that is not there is the site's fault 103.
    pub fn schema_field(&self, entity_type: &str, field: &str) -> Result<FieldSchema> {
        let answer = self.schema(Some(entity_type), Some(field), None)?;
        FieldSchema::from_answer(&answer, field).ok_or_else(|| Error::Answer {
            call: format!("schema of {entity_type}.{field}"),
            reason: "it does not hold the field and its data type".to_owned(),
        })
    }

    /// Reads the schema in the site's form, in which each property is `{"value", "editable"}`: of all types (the names
    /// only), of one type, or of one field; as a project shows it, if one is given.
    pub fn schema(
        &self,
        entity_type: Option<&str>,
        field: Option<&str>,
        project: Option<&EntityRef>,
    ) -> Result<Map<String, Value>> {
        decode(&Current::schema_read(entity_type, field, project)?, || "schema".to_owned())
    }

    /// Uploads a file to a field (`image` for the thumbnail), or to the entity as a whole; the id of the Attachment.
    pub fn upload(
        &self,
        entity: &EntityRef,
        field: Option<&str>,
        file_name: &str,
        content: &[u8],
    ) -> Result<u64> {
        Current::upload(entity, field, file_name, content)
    }

    /// Downloads the file behind the value of a url field, as [`Find`] returned it.
    pub fn download(&self, attachment: &Value) -> Result<Vec<u8>> {
        Current::download(attachment)
    }

    /// Calls any other method of the site's API by its wire name: `followers`, `note_thread_contents`. Counts as a write,
    /// unless the host knows that it reads.
    pub fn call<Answer: DeserializeOwned>(
        &self,
        method: &str,
        params: impl Serialize,
    ) -> Result<Answer> {
        let params = to_json(params, "the parameters")?;
        decode(&Current::call(method, &params)?, || format!("call {method}"))
    }
}

/// Reads the host's JSON into the type that the plugin wants.
fn decode<T: DeserializeOwned>(answer: &str, call: impl FnOnce() -> String) -> Result<T> {
    serde_json::from_str(answer)
        .map_err(|error| Error::Answer { call: call(), reason: error.to_string() })
}

fn to_json(value: impl Serialize, what: &str) -> Result<Value> {
    serde_json::to_value(value)
        .map_err(|error| Error::Invalid(format!("{what} cannot be written as JSON: {error}")))
}

/// The fields of a write: an object, whatever it was made from.
fn field_values(data: impl Serialize) -> Result<Value> {
    match to_json(data, "the data")? {
        data @ Value::Object(_) => Ok(data),
        _ => Err(Error::Invalid("the data of a write is an object from field to value".to_owned())),
    }
}
