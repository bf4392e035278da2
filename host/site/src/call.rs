//! Requests as a client words them: what the site's own people and scripts ask of the model.

use serde_json::{Value, json};

use crate::wire::Request;

/// A call that is not signed yet.
#[derive(Debug)]
pub(crate) struct Call {
    method: &'static str,
    parameters: Value,
}

impl Call {
    /// Creates a record; `fields` is an object of names and values.
    pub(crate) fn create(entity_type: &str, fields: Value) -> Self {
        let parameters =
            json!({"type": entity_type, "fields": listed(fields), "return_fields": ["id"]});
        Self { method: "create", parameters }
    }

    /// Changes fields of a record; `fields` is an object of names and values.
    pub(crate) fn update(entity_type: &str, id: u64, fields: Value) -> Self {
        Self {
            method: "update",
            parameters: json!({"type": entity_type, "id": id, "fields": listed(fields)}),
        }
    }

    /// Retires a record.
    pub(crate) fn delete(entity_type: &str, id: u64) -> Self {
        Self { method: "delete", parameters: json!({"type": entity_type, "id": id}) }
    }

    /// Retires a record no longer.
    pub(crate) fn revive(entity_type: &str, id: u64) -> Self {
        Self { method: "revive", parameters: json!({"type": entity_type, "id": id}) }
    }

    /// The same as one of a batch.
    pub(crate) fn in_batch(mut self) -> Value {
        self.parameters["request_type"] = self.method.into();
        self.parameters
    }

    /// The request, in the name of whom `credentials` prove.
    pub(crate) fn signed(self, credentials: Value) -> Request {
        Request::new(self.method, vec![credentials, self.parameters])
    }
}

/// The wire's list of names and values.
fn listed(fields: Value) -> Value {
    let Value::Object(fields) = fields else {
        unreachable!("fields are an object where they are written")
    };
    fields.into_iter().map(|(name, value)| json!({"field_name": name, "value": value})).collect()
}
