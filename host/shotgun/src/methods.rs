//! One function for each method of the API that takes and gives JSON.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::caller::Caller;
use crate::client::Client;
use crate::envelope::Asked;
use crate::error::CallError;
use crate::query::{Batch, Fields, Modes, QueryError, Summary};
use crate::retry::Kind;
use crate::rows::{Rows, unescape};

/// The number of a Project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectId(pub u64);

/// Which part of the schema is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaRead {
    /// The entity types, without their fields.
    Types,
    /// The fields of all entity types.
    Everything,
    /// The fields of one entity type, or one of them.
    Fields {
        /// The entity type.
        entity_type: String,
        /// The field; none for all of them.
        field: Option<String>,
    },
}

/// The parameters of any method, as the site takes them.
#[derive(Debug, Clone)]
pub struct Params(Option<Box<RawValue>>);

/// The methods that are known to change nothing, by their names on the wire.
const READ_METHODS: [&str; 15] = [
    "activity_stream",
    "followers",
    "following",
    "info",
    "nav_expand",
    "nav_search",
    "note_thread_contents",
    "preferences_read",
    "query_display_name_cache",
    "read",
    "schema_entity_read",
    "schema_field_read",
    "schema_read",
    "summarize",
    "work_schedule_read",
];

#[derive(Serialize)]
struct Create<'a, F> {
    #[serde(rename = "type")]
    entity_type: &'a str,
    fields: F,
    return_fields: Vec<&'a str>,
}

#[derive(Serialize)]
struct Update<'a, F> {
    #[serde(rename = "type")]
    entity_type: &'a str,
    id: u64,
    fields: F,
}

#[derive(Serialize)]
struct Entity<'a> {
    #[serde(rename = "type")]
    entity_type: &'a str,
    id: u64,
}

#[derive(Serialize)]
struct WireSchemaRead<'a> {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    entity_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<Entity<'a>>,
}

/// Whether a method is known to change nothing at the site. Of what is not listed, nothing is known.
#[must_use]
pub fn is_read_method(method: &str) -> bool {
    READ_METHODS.contains(&method)
}

/// Whether a method answers with something that signs its caller in. Such a method is not called by name: the answer
/// would leave the host.
#[must_use]
pub fn gives_credentials(method: &str) -> bool {
    method == "get_session_token"
}

impl Client {
    /// Counts and sums. Answers `{"summaries", "groups"}`.
    pub async fn summarize(
        &self,
        caller: &Caller,
        summary: &Summary,
    ) -> Result<Box<RawValue>, CallError> {
        self.rpc(Kind::Read, "summarize", Some(caller), Some(summary), object).await
    }

    /// Creates an entity. Answers it with the fields that were sent and `return_fields`.
    pub async fn create(
        &self,
        caller: &Caller,
        entity_type: &str,
        fields: &Fields,
        return_fields: &[String],
    ) -> Result<Box<RawValue>, CallError> {
        let return_fields = match return_fields {
            [] => vec!["id"],
            fields => fields.iter().map(String::as_str).collect(),
        };
        let params = Create { entity_type, fields: fields.for_create(), return_fields };
        self.rpc(Kind::Write, "create", Some(caller), Some(&params), record).await
    }

    /// Sets fields of an entity. Answers it with the fields that were set.
    pub async fn update(
        &self,
        caller: &Caller,
        entity_type: &str,
        id: u64,
        fields: &Fields,
        modes: &Modes,
    ) -> Result<Box<RawValue>, CallError> {
        let params = Update { entity_type, id, fields: fields.for_update(modes) };
        self.rpc(Kind::Write, "update", Some(caller), Some(&params), record).await
    }

    /// Moves an entity to the trash. False if it is there already.
    pub async fn delete(
        &self,
        caller: &Caller,
        entity_type: &str,
        id: u64,
    ) -> Result<bool, CallError> {
        self.rpc(Kind::Write, "delete", Some(caller), Some(&Entity { entity_type, id }), truth)
            .await
    }

    /// Takes an entity out of the trash. False if it was not there.
    pub async fn revive(
        &self,
        caller: &Caller,
        entity_type: &str,
        id: u64,
    ) -> Result<bool, CallError> {
        self.rpc(Kind::Write, "revive", Some(caller), Some(&Entity { entity_type, id }), truth)
            .await
    }

    /// Makes several writes, all or none. Answers one item for each: the entity, or `true` for one that was deleted. An
    /// empty batch is not sent.
    pub async fn batch(&self, caller: &Caller, batch: &Batch) -> Result<Rows, CallError> {
        let requests = batch.requests().len();
        if requests == 0 {
            return Ok(Rows::default());
        }
        let parse = |asked: &Asked<'_>, body: &str| {
            let items: Vec<&RawValue> = asked.results_as(body, "a list")?;
            if items.len() != requests {
                return Err(asked.wrong_shape("a list with one item for each request"));
            }
            let mut rows = Rows::default();
            items.into_iter().for_each(|item| rows.push(item));
            Ok(rows)
        };
        self.rpc(Kind::Write, "batch", Some(caller), Some(batch), parse).await
    }

    /// Reads the schema, as a project shows it if one is given. Answers the site's form, in which each property is
    /// `{"value", "editable"}`.
    pub async fn schema_read(
        &self,
        caller: &Caller,
        read: &SchemaRead,
        project: Option<ProjectId>,
    ) -> Result<Box<RawValue>, CallError> {
        let (method, entity_type, field_name) = match read {
            SchemaRead::Types => ("schema_entity_read", None, None),
            SchemaRead::Everything => ("schema_read", None, None),
            SchemaRead::Fields { entity_type, field } => {
                ("schema_field_read", Some(entity_type.as_str()), field.as_deref())
            }
        };
        let project = project.map(|ProjectId(id)| Entity { entity_type: "Project", id });
        let params = WireSchemaRead { entity_type, field_name, project };
        let params = (params.entity_type.is_some() || params.project.is_some()).then_some(params);
        self.rpc(Kind::Read, method, Some(caller), params.as_ref(), object).await
    }

    /// Calls any method by its name on the wire. Counts as a write, unless [`is_read_method`] knows it. The answer is not
    /// touched. Methods that give credentials away are refused.
    pub async fn call(
        &self,
        caller: &Caller,
        method: &str,
        params: &Params,
    ) -> Result<Box<RawValue>, CallError> {
        if method.is_empty() || !method.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            let problem = "expected the name of a method: letters, digits and underscores";
            return Err(CallError::Invalid(QueryError::at("method", problem)));
        }
        if gives_credentials(method) {
            let problem =
                format!("`{method}` hands out a credential, which must not leave the host");
            return Err(CallError::Invalid(QueryError::at("method", problem)));
        }
        let kind = if is_read_method(method) { Kind::Read } else { Kind::Write };
        // The one method that is called by nobody.
        let caller = (method != "info").then_some(caller);
        self.rpc(kind, method, caller, params.0.as_ref(), any).await
    }
}

impl Params {
    /// Reads an object or a list. `null`, and what is empty, is no parameter at all, as in the official client.
    pub fn parse(json: &str) -> Result<Self, QueryError> {
        let raw: Box<RawValue> = crate::query::parse_root("params", json, "an object or a list")?;
        let is_empty = |text: &str| text.chars().filter(|c| !c.is_ascii_whitespace()).count() == 2;
        match raw.get().as_bytes()[0] {
            b'{' | b'[' => Ok(Self(Some(raw).filter(|raw| !is_empty(raw.get())))),
            b'n' => Ok(Self(None)),
            _ => Err(QueryError::at("params", "expected an object or a list")),
        }
    }

    /// The JSON text of them; none where there are none.
    #[must_use]
    pub fn as_json(&self) -> Option<&str> {
        self.0.as_deref().map(RawValue::get)
    }
}

fn any(asked: &Asked<'_>, body: &str) -> Result<Box<RawValue>, CallError> {
    asked.results(body).map(RawValue::to_owned)
}

fn object(asked: &Asked<'_>, body: &str) -> Result<Box<RawValue>, CallError> {
    let results = asked.results(body)?;
    if results.get().starts_with('{') {
        Ok(results.to_owned())
    } else {
        Err(asked.wrong_shape("an object"))
    }
}

/// An entity, or a list of one.
fn record(asked: &Asked<'_>, body: &str) -> Result<Box<RawValue>, CallError> {
    let results = asked.results(body)?;
    let one: Result<[&RawValue; 1], _> = serde_json::from_str(results.get());
    let record = one.map_or(results, |[record]| record);
    if record.get().starts_with('{') {
        Ok(unescape(record))
    } else {
        Err(asked.wrong_shape("an entity"))
    }
}

fn truth(asked: &Asked<'_>, body: &str) -> Result<bool, CallError> {
    asked.results_as(body, "true or false")
}

#[cfg(test)]
mod tests;
