//! Filter presets: the latest record of each entity, and the Versions of the Shots of a Cut.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use serde_json::Value as Json;

use super::Model;
use super::params::{Params, not_found};
use super::path::{Path, Record};
use super::sort::compare;
use super::value::{Ref, TypeId, Value};
use crate::wire::ApiError;

/// The presets of one call. They apply to what its filters let pass.
pub struct Presets {
    latest: Option<Latest>,
    /// The field, and which links in it are kept.
    among: Option<(Path, BTreeSet<Ref>)>,
}

/// Keeps the latest records.
struct Latest {
    /// One for each link in this field; if not given, all that are as late as the latest.
    of_each: Option<Path>,
    /// What is highest on the latest, the weightiest first.
    by: Vec<Path>,
}

/// A way to find the latest: for a type, its name, the field that makes the groups, and what is highest on the latest.
type By = (&'static str, &'static str, Option<&'static str>, &'static [&'static str]);

const LATEST: [By; 5] = [
    ("Version", "ENTITIES_CREATED_AT", Some("entity"), &["created_at"]),
    (
        "Version",
        "BY_PIPELINE_STEP_NUMBER_AND_ENTITIES_CREATED_AT",
        Some("entity"),
        &["sg_task.Task.step.Step.list_order", "created_at"],
    ),
    ("PublishedFile", "ENTITIES_CREATED_AT", Some("entity"), &["created_at"]),
    ("PublishedFile", "VERSION_NUMBER", Some("entity"), &["version_number"]),
    ("Cut", "REVISION_NUMBER", None, &["revision_number"]),
];

/// Reads the parameter `additional_filter_presets`. Fails for what is not a list of known presets, and for one of them
/// twice.
pub fn parse(
    model: &Model,
    params: &Params<'_>,
    entity_type: TypeId,
) -> Result<Option<Presets>, ApiError> {
    let mut presets = Presets { latest: None, among: None };
    for preset in params.list("additional_filter_presets")? {
        let name = preset.get("preset_name").and_then(Json::as_str);
        let name = name.ok_or_else(|| params.missing("string 'preset_name'"))?;
        let known = &model.schema.entity_type(entity_type).name;
        let twice = match (name, known.as_str()) {
            ("LATEST", _) => {
                presets.latest.replace(latest(model, params, entity_type, preset)?).is_some()
            }
            ("CUT_SHOT_VERSIONS", "Version") => {
                presets.among.replace(of_cut(model, params, entity_type, preset)?).is_some()
            }
            _ => return Err(params.missing(&format!("'preset_name' ('{name}' for {known})"))),
        };
        if twice {
            return Err(params.missing(&format!("'additional_filter_presets' ('{name}' twice)")));
        }
    }
    Ok(Some(presets).filter(|presets| presets.latest.is_some() || presets.among.is_some()))
}

fn latest(
    model: &Model,
    params: &Params<'_>,
    entity_type: TypeId,
    preset: &Json,
) -> Result<Latest, ApiError> {
    let known = &model.schema.entity_type(entity_type).name;
    let wanted = preset.get("latest_by").and_then(Json::as_str).unwrap_or_default();
    let found = LATEST.iter().find(|(on, latest_by, ..)| on == known && *latest_by == wanted);
    let (_, _, of_each, by) =
        found.ok_or_else(|| params.missing(&format!("'latest_by' ('{wanted}' for {known})")))?;
    let path = |text: &str| Path::parse(model, params.method, entity_type, text);
    Ok(Latest {
        of_each: of_each.map(path).transpose()?,
        by: by.iter().map(|text| path(text)).collect::<Result<_, _>>()?,
    })
}

/// The Shots of the items of a Cut, as what a Version can link to.
fn of_cut(
    model: &Model,
    params: &Params<'_>,
    entity_type: TypeId,
    preset: &Json,
) -> Result<(Path, BTreeSet<Ref>), ApiError> {
    let id = preset.get("cut_id").and_then(Json::as_u64);
    let id = id.ok_or_else(|| params.missing("integer 'cut_id'"))?;
    let type_id = |name| model.schema.type_id(name).ok_or_else(|| params.missing("'preset_name'"));
    let (cuts, items) = (type_id("Cut")?, type_id("CutItem")?);
    let cut = Ref { entity_type: cuts, id };
    if model.tables.live(cut).is_none() {
        return Err(not_found(model, params.method, cut));
    }
    let path = |root, text| Path::parse(model, params.method, root, text);
    let (of, shot) = (path(items, "cut")?, path(items, "shot")?);
    let rows = model.tables.rows(items).filter(|row| row.retired.is_none());
    let records = rows.map(|row| Record::Row(items, row));
    let in_cut =
        records.filter(|record| record.value(model, of.column).links().first() == Some(&cut));
    let shots = in_cut.flat_map(|record| record.value(model, shot.column).links().to_vec());
    Ok((path(entity_type, "entity")?, shots.collect()))
}

impl Presets {
    /// Those of the records that the presets keep, in no order that means anything.
    pub fn keep<'a>(
        &self,
        model: &'a Model,
        records: impl Iterator<Item = Record<'a>>,
    ) -> Vec<Record<'a>> {
        let among = |record: &Record<'a>| {
            self.among.as_ref().is_none_or(|(field, links)| {
                record.value(model, field.column).links().iter().any(|link| links.contains(link))
            })
        };
        let records = records.filter(among);
        match &self.latest {
            Some(latest) => latest.keep(model, records),
            None => records.collect(),
        }
    }
}

impl Latest {
    fn keep<'a>(
        &self,
        model: &'a Model,
        records: impl Iterator<Item = Record<'a>>,
    ) -> Vec<Record<'a>> {
        let mut latest: HashMap<Option<Ref>, (Vec<Value>, Vec<Record<'a>>)> = HashMap::new();
        for record in records {
            let group = self
                .of_each
                .as_ref()
                .and_then(|field| record.value(model, field.column).links().first().copied());
            let rank: Vec<_> = self.by.iter().map(|path| value(model, path, record)).collect();
            let (highest, found) =
                latest.entry(group).or_insert_with(|| (rank.clone(), Vec::new()));
            match compare_all(&rank, highest) {
                Ordering::Less => continue,
                Ordering::Greater => (*highest, *found) = (rank, vec![record]),
                // Records come by id: of two that are equally high in a group the later one counts.
                Ordering::Equal if self.of_each.is_some() => *found = vec![record],
                Ordering::Equal => found.push(record),
            }
        }
        latest.into_values().flat_map(|(_, found)| found).collect()
    }
}

fn value(model: &Model, path: &Path, record: Record<'_>) -> Value {
    let end = path.follow(model, record);
    end.map_or(Value::Null, |end| end.value(model, path.column).into_owned())
}

fn compare_all(left: &[Value], right: &[Value]) -> Ordering {
    left.iter()
        .zip(right)
        .map(|(left, right)| compare(left, right))
        .fold(Ordering::Equal, Ordering::then)
}
