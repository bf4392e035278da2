//! `query_display_name_cache`: records by words of their names.

use serde_json::{Map, Value as Json, json};

use super::{image_of, in_short, linked};
use crate::model::params::Params;
use crate::model::select::Selection;
use crate::model::value::{Ref, TypeId};
use crate::model::{Model, Now};
use crate::wire::{Answer, ApiError};

/// A shorter text would match nearly everything.
const CHARACTERS_MIN: usize = 3;
/// As many matches are told if the caller does not say how many.
const MATCHES_MAX: usize = 500;

/// Answers `query_display_name_cache`: the records whose display name has all words of the text, type by type in the order
/// in which the types were sent, by name.
pub fn by_text(model: &Model, params: &Params<'_>, now: Now) -> Result<Answer, ApiError> {
    let text = params.text("text")?;
    if text.trim().chars().count() < CHARACTERS_MIN {
        return Err(
            params.missing(&format!("string 'text' of {CHARACTERS_MIN} or more characters"))
        );
    }
    let terms: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let projects = project_ids(params)?;
    let limit = match params.number("max_results")? {
        Some(0) => return Err(params.missing("positive integer 'max_results'")),
        limit => limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(MATCHES_MAX),
    };
    let mut matches: Vec<Json> = Vec::new();
    for (entity_type, filters) in entity_types(model, params)? {
        let found = of_type(model, params.method, entity_type, filters, now, |record| {
            let project = model.project_of(record).map(|project| project.id);
            (projects.is_empty() || project.is_some_and(|id| projects.contains(&id)))
                .then(|| model.display_name(record).to_lowercase())
                .filter(|name| terms.iter().all(|term| name.contains(term.as_str())))
        })?;
        let room = limit.saturating_sub(matches.len());
        matches.extend(found.into_iter().take(room).map(|record| shown(model, record)));
    }
    Ok(Answer::from_results(&json!({"matches": matches, "terms": terms}).to_string()))
}

/// The records of a type that pass a filter and have a name that counts, by that name.
fn of_type(
    model: &Model,
    method: &str,
    entity_type: TypeId,
    filters: &Json,
    now: Now,
    name: impl Fn(Ref) -> Option<String>,
) -> Result<Vec<Ref>, ApiError> {
    let fields = Map::from_iter([("filters".to_owned(), filters.clone())]);
    let selection = Selection::parse(model, &Params { method, fields: &fields }, entity_type, now)?;
    let records =
        selection.records(model, false).map(|record| Ref { entity_type, id: record.id() });
    let mut found: Vec<_> =
        records.filter_map(|record| name(record).map(|name| (name, record))).collect();
    found.sort();
    Ok(found.into_iter().map(|(_, record)| record).collect())
}

/// The types to search with their filters. [`Request::parse`](crate::wire::Request::parse) made pairs of the object that
/// came, so that its order is kept; an object will do.
fn entity_types<'a>(
    model: &Model,
    params: &Params<'a>,
) -> Result<Vec<(TypeId, &'a Json)>, ApiError> {
    let missing = || params.missing("hash 'entity_types'");
    let pairs: Vec<(&str, &Json)> = match params.fields.get("entity_types") {
        Some(Json::Object(types)) => {
            types.iter().map(|(name, filters)| (name.as_str(), filters)).collect()
        }
        Some(Json::Array(pairs)) => pairs
            .iter()
            .map(|pair| Some((pair.get(0)?.as_str()?, pair.get(1)?)))
            .collect::<Option<_>>()
            .ok_or_else(missing)?,
        _ => return Err(missing()),
    };
    if pairs.is_empty() {
        return Err(missing());
    }
    let found = pairs.into_iter().map(|(name, filters)| {
        model.schema.type_id(name).map(|entity_type| (entity_type, filters)).ok_or_else(|| {
            params.missing(&format!("string entity 'type' in 'entity_types' (got '{name}')"))
        })
    });
    found.collect()
}

fn project_ids(params: &Params<'_>) -> Result<Vec<u64>, ApiError> {
    let ids = params.list("project_ids")?.iter();
    let ids =
        ids.map(|id| id.as_u64().ok_or_else(|| params.missing("array of integers 'project_ids'")));
    ids.collect()
}

fn shown(model: &Model, record: Ref) -> Json {
    let mut shown = in_short(model, record);
    shown["image"] = image_of(model, record);
    shown["project_id"] = model.project_of(record).map(|project| project.id).into();
    shown["links"] = match linked(model, record, "entity") {
        Some(link) => json!([model.type_name(link), model.display_name(link)]),
        None => json!(["", ""]),
    };
    shown
}
