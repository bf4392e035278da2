//! One record with all its fields.

use serde::Serialize;
use serde_json::Value as Json;

use super::events::{Link, link};
use crate::model::{DataType, EntityView, Model};

/// A record as a page shows it.
#[derive(Debug, Serialize)]
pub(super) struct Record<'a> {
    #[serde(rename = "type")]
    entity_type: &'a str,
    type_name: &'a str,
    id: u64,
    name: String,
    retired: bool,
    project: Option<Link<'a>>,
    fields: Vec<Field<'a>>,
}

#[derive(Debug, Serialize)]
struct Field<'a> {
    field: &'a str,
    name: &'a str,
    data_type: &'static str,
    custom: bool,
    value: Json,
}

pub(super) fn show<'a>(model: &'a Model, view: EntityView<'a>) -> Record<'a> {
    let id = model.schema().type_id(view.type_name()).expect("a record has a type");
    let known = model.schema().entity_type(id);
    let fields = known.fields.iter().filter(|field| !field.retired).map(|field| Field {
        field: &field.name,
        name: &field.display_name,
        data_type: field.data_type.name(),
        custom: field.custom,
        value: shown(field.data_type, view.field(&field.name)),
    });
    Record {
        entity_type: view.type_name(),
        type_name: &known.display_name,
        id: view.id(),
        name: view.name(),
        retired: view.is_retired(),
        project: view.project().map(link),
        fields: fields.collect(),
    }
}

/// Keys and passwords are never shown, whatever a read would say.
fn shown(data_type: DataType, value: Json) -> Json {
    match (data_type, value) {
        (DataType::Password, value) if !value.is_null() => "*******".into(),
        (_, value) => value,
    }
}
