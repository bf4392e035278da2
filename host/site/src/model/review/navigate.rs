//! `nav_expand` and `nav_search`: the tree of projects, what they make, and the groups that is sorted into.

use serde_json::{Value as Json, json};

use super::{Extras, fields_of};
use crate::model::Model;
use crate::model::params::{Params, parse_link};
use crate::model::value::{Ref, Value};
use crate::wire::{Answer, ApiError};

mod path;

use path::{Branch, Group, Place, TREE, grouped};

/// Matches of one answer.
const MATCHES_MAX: usize = 50;
/// Whose records are found through the tree if the caller does not say.
const SEED: &str = "Version.entity";

/// The parameter `seed_entity_field`: `Version.entity`.
struct Seed<'a> {
    entity_type: &'a str,
    field: &'a str,
}

/// Answers `nav_expand`: a place of the tree with what is directly below it.
pub fn expand(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let place = Place::parse(model, params.text("path")?)?;
    let seed = Seed::parse(model, params)?;
    let extras = Extras::parse(model, params)?;
    let shown = |place: &Place| node(model, params.method, &extras, &seed, place);
    let mut tree = shown(&place)?;
    let mut children = place.children(model).iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    if children.is_empty()
        && let Some(branch) = place.branch()
        && place.has_children()
    {
        children.push(json!({"label": format!("No {}", branch.label),
            "ref": {"kind": "empty", "value": null}, "has_children": false}));
    }
    tree["children"] = children.into();
    Ok(Answer::from_results(&tree.to_string()))
}

/// Answers `nav_search`: the places of the tree below a root with a text in their label, or those of a record.
pub fn search(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let root = Place::parse(model, params.text("root_path")?)?;
    Seed::parse(model, params)?;
    let criteria = params.object("search_criteria")?;
    let criterion = |key: &str| criteria.and_then(|criteria| criteria.get(key));
    let wanted: Box<dyn Fn(&Place) -> bool> =
        match (criterion("search_string"), criterion("entity")) {
            (Some(Json::String(text)), None) if !text.trim().is_empty() => {
                let text = text.trim().to_lowercase();
                Box::new(move |place| place.label(model).to_lowercase().contains(&text))
            }
            (None, Some(hash)) => {
                let record = parse_link(model, hash)
                    .map_err(|what| params.missing(&format!("{what} in 'search_criteria'")))?;
                Box::new(move |place| place.record() == Some(record))
            }
            _ => {
                return Err(
                    params.missing("hash 'search_criteria' with 'search_string' or 'entity'")
                );
            }
        };
    let mut found = Vec::new();
    below(model, &root, &*wanted, &mut found);
    let found: Json = found.iter().map(|place| found_place(model, place)).collect();
    Ok(Answer::from_results(&found.to_string()))
}

/// Adds the places at and below `place` that are wanted, from above, up to the limit.
fn below(model: &Model, place: &Place, wanted: &dyn Fn(&Place) -> bool, found: &mut Vec<Place>) {
    if found.len() >= MATCHES_MAX {
        return;
    }
    let is_bare =
        matches!(place, Place::Root | Place::Branch(..) | Place::Group(_, _, Group::None));
    if !is_bare && wanted(place) {
        found.push(place.clone());
    }
    let Place::Branch(project, branch) = place else {
        return place.children(model).iter().for_each(|child| below(model, child, wanted, found));
    };
    // A branch is sorted into its groups once, not once for each.
    for (group, records) in grouped(model, *project, branch) {
        let place = Place::Group(*project, branch, group.clone());
        if group != Group::None && wanted(&place) {
            found.push(place);
        }
        let places = records
            .into_iter()
            .map(|record| Place::Record(*project, branch, group.clone(), record));
        let room = MATCHES_MAX.saturating_sub(found.len());
        found.extend(places.filter(|place| wanted(place)).take(room));
    }
}

fn node(
    model: &Model,
    method: &str,
    extras: &Extras<'_>,
    seed: &Seed<'_>,
    place: &Place,
) -> Result<Json, ApiError> {
    let path = place.path(model);
    let (kind, value) = match (place.record(), place) {
        (Some(record), _) => {
            let wanted = extras.of(record.entity_type).iter().copied();
            ("entity", fields_of(model, method, record, wanted)?)
        }
        (None, Place::Root) => ("root", Json::Null),
        (None, Place::Group(_, _, Group::Value(value))) => ("list", value.as_str().into()),
        (None, other) => ("entity_type", other.branch().map(|branch| branch.entity_type).into()),
    };
    let preset = json!({"preset_name": "NAV_ENTRIES", "path": path,
        "seed": {"type": seed.entity_type, "field": seed.field}});
    Ok(json!({
        "label": place.label(model),
        "ref": {"kind": kind, "value": value},
        "parent_path": place.parent().map(|parent| parent.path(model)),
        "path": path,
        "target_entities": {"type": seed.entity_type, "additional_filter_presets": [preset]},
        "has_children": place.has_children(),
    }))
}

fn found_place(model: &Model, place: &Place) -> Json {
    let mut above = Vec::new();
    let mut next = Some(place.clone());
    while let Some(here) = next.filter(|here| *here != Place::Root) {
        next = here.parent();
        above.insert(0, here);
    }
    let paths: Vec<_> = above.iter().map(|here| here.path(model)).collect();
    // Neither the project nor the place itself is said again.
    let between = above.get(1..above.len() - 1).unwrap_or_default();
    let labels: Vec<_> = between.iter().map(|here| here.label(model)).collect();
    let record = place.record();
    json!({
        "label": place.label(model),
        "incremental_path": paths,
        "path_label": labels.join(" > "),
        "ref": {"type": record.map(|record| model.type_name(record)), "id": record.map(|record| record.id)},
        "project_id": place.project().map(|project| project.id),
    })
}

impl<'a> Seed<'a> {
    fn parse(model: &Model, params: &Params<'a>) -> Result<Self, ApiError> {
        let text = params.optional_text("seed_entity_field")?.unwrap_or(SEED);
        let known = text.split_once('.').and_then(|(entity_type, field)| {
            let known = model.schema.entity_type(model.schema.type_id(entity_type)?);
            let index = known.field_index(field)?;
            known.fields[index].data_type.is_link().then_some(Self { entity_type, field })
        });
        known.ok_or_else(|| {
            params.missing(&format!(
                "string 'seed_entity_field' (got '{text}', expected a link field such as '{SEED}')"
            ))
        })
    }
}

/// The group that a record of a branch is in.
fn group_of(model: &Model, branch: &Branch, record: Ref) -> Group {
    let field = model.schema.entity_type(record.entity_type).field_index(branch.field);
    match (model.tables.row(record), field) {
        (Some(row), Some(field)) => match row.value(field) {
            Value::Link(link) if model.tables.live(*link).is_some() => Group::Of(*link),
            Value::Text(text) => Group::Value(text.to_string()),
            _ => Group::None,
        },
        _ => Group::None,
    }
}

/// The live records of a branch in a project, by name.
fn records(model: &Model, project: Ref, branch: &Branch) -> Vec<Ref> {
    let Some(entity_type) = model.schema.type_id(branch.entity_type) else { return Vec::new() };
    let live = model.tables.rows(entity_type).filter(|row| row.retired.is_none());
    let mut records: Vec<_> = live
        .map(|row| Ref { entity_type, id: row.id })
        .filter(|record| model.project_of(*record) == Some(project))
        .collect();
    records.sort_by_cached_key(|record| (model.display_name(*record).to_lowercase(), record.id));
    records
}

/// The projects that are worked on, by name.
fn projects(model: &Model) -> Vec<Ref> {
    let Some(entity_type) = model.schema.type_id("Project") else { return Vec::new() };
    let known = model.schema.entity_type(entity_type);
    let hidden: Vec<_> =
        ["archived", "is_template"].iter().filter_map(|name| known.field_index(name)).collect();
    let live = model.tables.rows(entity_type).filter(|row| {
        row.retired.is_none() && !hidden.iter().any(|field| row.value(*field) == &Value::Bool(true))
    });
    let mut projects: Vec<_> = live.map(|row| Ref { entity_type, id: row.id }).collect();
    projects
        .sort_by_cached_key(|project| (model.display_name(*project).to_lowercase(), project.id));
    projects
}

/// The branch of a type.
fn branch(entity_type: &str) -> Option<&'static Branch> {
    TREE.iter().find(|branch| branch.entity_type == entity_type)
}
