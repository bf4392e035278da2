//! What is not written into files: keys, passwords and session tokens.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Model;
use super::schema::DataType;
use super::value::{Ref, Value};
use crate::wire::Request;

/// What stands where a key or a password was. While requests are done again nobody logs in with it, and
/// [`Model::replace_secrets`] takes it out.
const NOT_KEPT: &str = "(not kept)";

/// Keys and passwords, by type, id and field.
#[derive(Debug, Clone, Default)]
pub struct Secrets(BTreeMap<(String, u64, String), Value>);

impl Model {
    /// The keys and passwords of all scripts and people.
    pub(crate) fn secrets(&self) -> Secrets {
        let all = self.secret_places().into_iter().filter_map(|(record, field)| {
            let value = self.tables.row(record)?.value(field).clone();
            (!value.is_null()).then(|| (self.secret_key(record, field), value))
        });
        Secrets(all.collect())
    }

    /// Ends all sessions, and gives everybody the key or password of `secrets`: whoever is not in them has none.
    pub(crate) fn replace_secrets(&mut self, secrets: &Secrets) {
        self.sessions.open.clear();
        for (record, field) in self.secret_places() {
            let value = secrets.0.get(&self.secret_key(record, field)).cloned();
            self.tables.set(record, field, value.unwrap_or(Value::Null));
        }
    }

    /// The schema files as text, so that two sites can be compared.
    pub(crate) fn schema_text(&self) -> String {
        serde_json::to_string(self.schema.sources()).expect("all keys are text")
    }

    /// A request as it may be kept: without what proves who it is from, and without the keys and passwords that it sets.
    pub(crate) fn without_secrets(&self, request: &Request) -> Request {
        let mut request = request.clone();
        if let Some(credentials) = request.params.first_mut() {
            *credentials = Json::Object(serde_json::Map::new());
        }
        match request.params.get_mut(1) {
            Some(Json::Array(requests)) => {
                requests.iter_mut().for_each(|request| self.strip(request));
            }
            Some(parameters) => self.strip(parameters),
            None => {}
        }
        request
    }

    fn strip(&self, parameters: &mut Json) {
        let entity_type = parameters.get("type").and_then(Json::as_str);
        let Some(entity_type) = entity_type.and_then(|name| self.schema.type_id(name)) else {
            return;
        };
        let known = self.schema.entity_type(entity_type);
        let fields = parameters.get_mut("fields").and_then(Json::as_array_mut);
        for field in fields.into_iter().flatten() {
            let name = field.get("field_name").and_then(Json::as_str).unwrap_or_default();
            let is_secret = known
                .any_field_index(name)
                .is_some_and(|index| known.fields[index].data_type == DataType::Password);
            if let (true, Some(value @ Json::String(_))) = (is_secret, field.get_mut("value")) {
                *value = NOT_KEPT.into();
            }
        }
    }

    fn secret_places(&self) -> Vec<(Ref, usize)> {
        let fields = self.schema.types().flat_map(|(id, known)| {
            let fields = known.fields.iter().enumerate();
            let secret = fields.filter(|(_, field)| field.data_type == DataType::Password);
            secret.map(move |(index, _)| (id, index))
        });
        fields
            .flat_map(|(entity_type, field)| {
                self.tables
                    .rows(entity_type)
                    .map(move |row| (Ref { entity_type, id: row.id }, field))
            })
            .collect()
    }

    fn secret_key(&self, record: Ref, field: usize) -> (String, u64, String) {
        let known = self.schema.entity_type(record.entity_type);
        (known.name.clone(), record.id, known.fields[field].name.clone())
    }
}
