//! Filter presets: the latest record of each group.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Model;
use super::params::Params;
use super::path::{Column, Record};
use super::schema::FieldIndex;
use super::sort::compare;
use super::value::{TypeId, Value};
use crate::wire::ApiError;

/// Keeps the latest record of each group.
pub struct Latest {
    /// Records that agree in these are one group.
    group: Vec<FieldIndex>,
    /// What is highest on the latest.
    by: FieldIndex,
}

/// The presets there are: for a type, its name, what makes a group, and what is highest on the latest.
const PRESETS: [(&str, &str, &[&str], &str); 4] = [
    ("Version", "ENTITIES_CREATED_AT", &["entity"], "created_at"),
    (
        "PublishedFile",
        "VERSION_NUMBER",
        &["entity", "name", "task", "published_file_type"],
        "version_number",
    ),
    (
        "PublishedFile",
        "ENTITIES_CREATED_AT",
        &["entity", "name", "task", "published_file_type"],
        "created_at",
    ),
    ("Cut", "REVISION_NUMBER", &["entity", "code"], "revision_number"),
];

/// Reads the parameter `additional_filter_presets`. Fails for what is not a list of known presets, and for two of them.
pub fn parse(
    model: &Model,
    params: &Params<'_>,
    entity_type: TypeId,
) -> Result<Option<Latest>, ApiError> {
    let presets = params.list("additional_filter_presets")?;
    let [preset] = presets else {
        return match presets {
            [] => Ok(None),
            _ => Err(params.missing("'additional_filter_presets': there can be one")),
        };
    };
    let text = |key: &str| preset.get(key).and_then(Json::as_str);
    let name = text("preset_name").ok_or_else(|| params.missing("string 'preset_name'"))?;
    let known = model.schema.entity_type(entity_type);
    let found = PRESETS.iter().find(|(on, latest_by, ..)| {
        name == "LATEST" && *on == known.name && Some(*latest_by) == text("latest_by")
    });
    let (_, _, group, by) = found
        .ok_or_else(|| params.missing(&format!("'preset_name' '{name}' for {}", known.name)))?;
    let field = |name: &&str| {
        known.field_index(name).ok_or_else(|| params.missing(&format!("field '{name}'")))
    };
    Ok(Some(Latest { group: group.iter().map(field).collect::<Result<_, _>>()?, by: field(by)? }))
}

impl Latest {
    /// The latest of each group, in no order that means anything.
    pub fn latest<'a>(
        &self,
        model: &'a Model,
        records: impl Iterator<Item = Record<'a>>,
    ) -> Vec<Record<'a>> {
        let mut latest: BTreeMap<String, (Value, Record<'a>)> = BTreeMap::new();
        for record in records {
            let group = self.group.iter().fold(String::new(), |mut group, field| {
                group.push_str(&format!("{:?};", record.value(model, Column::Field(*field))));
                group
            });
            let by = record.value(model, Column::Field(self.by)).into_owned();
            match latest.get(&group) {
                // Records come by id: of two that are equally high the later one counts.
                Some((highest, _)) if compare(&by, highest).is_lt() => {}
                _ => _ = latest.insert(group, (by, record)),
            }
        }
        latest.into_values().map(|(_, record)| record).collect()
    }
}
