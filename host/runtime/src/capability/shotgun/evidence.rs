//! What is kept as evidence of a change on the site: pure, from what the guest sent and what the site answered.

use std::collections::{BTreeMap, BTreeSet};

use ::shotgun::query::{BatchRequest, Fields, Modes};
use policy::Place;
use policy::shotgun::{Effective, Grant, Grants, Operation, Write};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::capability::change::Wanted;
use crate::capability::supposed::Before;
use crate::effect::{AllowingLine, LineList, entity};

#[cfg(test)]
mod tests;

/// Which records of a type are updated, and which fields of any of them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Set {
    pub ids: BTreeSet<u64>,
    pub fields: BTreeSet<String>,
}

/// What is updated, by type.
pub(super) fn set_by<'a>(writes: impl Iterator<Item = &'a Write>) -> BTreeMap<String, Set> {
    let mut by_type: BTreeMap<String, Set> = BTreeMap::new();
    for write in writes {
        // What is in the field of a file is an address that is good for a while.
        let is_update = write.operation == Operation::Update;
        if let (true, Some(id), false) = (is_update, write.id, write.fields.is_empty()) {
            let set = by_type.entry(write.entity_type.clone()).or_default();
            set.ids.insert(id);
            set.fields.extend(write.fields.iter().cloned());
        }
    }
    by_type
}

/// What is in these fields, by rows of the site.
pub(super) fn before_of(entity_type: &str, rows: &[String], fields: &BTreeSet<String>) -> Before {
    let of_row = |row: &String| {
        let mut row: Map<String, Value> = serde_json::from_str(row).ok()?;
        let id = row.get("id")?.as_u64()?;
        row.retain(|field, _| fields.contains(field));
        Some(((entity_type.to_owned(), id), row))
    };
    rows.iter().filter_map(of_row).collect()
}

/// What was there before, record by record: for each one the fields that are set of it. None where nothing is known.
pub(super) fn before(writes: &[Write], known: &Before) -> Option<String> {
    let mut shown = Map::new();
    for write in writes {
        let Some(id) = write.id else { continue };
        let Some(fields) = known.get(&(write.entity_type.clone(), id)) else { continue };
        let own = fields.iter().filter(|(field, _)| write.fields.contains(field));
        let own = own.map(|(field, value)| (field.clone(), value.clone()));
        let record = shown.entry(entity(&write.entity_type, Some(id))).or_insert_with(|| json!({}));
        if let Value::Object(record) = record {
            record.extend(own);
        }
    }
    (!shown.is_empty()).then(|| Value::Object(shown).to_string())
}

/// Lines that allow a change, the operator's and the author's, as they are chosen among both.
pub(super) fn lines_of(
    effective: &Effective,
    choose: impl Fn(&Grants) -> BTreeSet<(Place, &Grant)>,
) -> BTreeSet<AllowingLine> {
    let granted = [(LineList::GrantShotgun, &effective.granted)];
    let requested = effective.requested.iter().map(|lines| (LineList::NeedsShotgun, lines));
    let mut all = BTreeSet::new();
    for (list, lines) in granted.into_iter().chain(requested) {
        let chosen = choose(lines).into_iter();
        all.extend(chosen.map(|(place, grant)| AllowingLine::new(list, place, grant)));
    }
    all
}

/// The records that a change is about; types, for those it makes.
pub(super) fn entities(wanted: &Wanted<'_>) -> Vec<String> {
    match wanted {
        Wanted::Create { entity_type, .. } => vec![entity(entity_type, None)],
        Wanted::Update { entity_type, id, .. }
        | Wanted::Delete { entity_type, id }
        | Wanted::Revive { entity_type, id } => vec![entity(entity_type, Some(*id))],
        Wanted::Upload(upload) => vec![entity(&upload.entity_type, Some(upload.id))],
        Wanted::Batch(batch) => {
            batch.requests().iter().flat_map(|request| entities(&request.into())).collect()
        }
        Wanted::Call { .. } => Vec::new(),
    }
}

/// What a change asks for. Of a file no more than how large it is, and its digest.
pub(super) fn asked(wanted: &Wanted<'_>) -> Option<String> {
    let asked = match wanted {
        Wanted::Create { fields, .. } => object(fields),
        Wanted::Update { fields, modes, .. } => updated(fields, modes),
        Wanted::Delete { .. } | Wanted::Revive { .. } => return None,
        Wanted::Upload(upload) => json!({
            "field": upload.field,
            "file_name": upload.file_name,
            "bytes": upload.content.len(),
            "sha256": hex::encode(Sha256::digest(&upload.content)),
        }),
        Wanted::Batch(batch) => batch.requests().iter().map(request).collect(),
        Wanted::Call { params, .. } => return params.as_json().map(str::to_owned),
    };
    Some(asked.to_string())
}

fn request(request: &BatchRequest) -> Value {
    let (operation, asked) = match request {
        BatchRequest::Create { fields, .. } => ("create", object(fields)),
        BatchRequest::Update { fields, modes, .. } => ("update", updated(fields, modes)),
        BatchRequest::Delete { .. } => ("delete", Value::Null),
    };
    json!({"request": operation, "entity": entities(&request.into()).pop(), "fields": asked})
}

/// A field that is given twice is sent twice: both values are shown.
fn object(fields: &Fields) -> Value {
    let mut object = Map::new();
    for (name, value) in fields.iter() {
        let name = match object.contains_key(name) {
            true => format!("{name} (again)"),
            false => name.to_owned(),
        };
        object.insert(name, value.clone());
    }
    Value::Object(object)
}

/// Lists of links that are added to, or taken from, say so.
fn updated(fields: &Fields, modes: &Modes) -> Value {
    let mut object = object(fields);
    for (field, mode) in modes.iter().filter(|(_, mode)| *mode != "set") {
        if let Some(value) = object.get_mut(field) {
            *value = json!({ mode: value.take() });
        }
    }
    object
}
