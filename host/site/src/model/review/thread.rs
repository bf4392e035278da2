//! `note_thread_contents`: a note with its replies and files.

use serde_json::Value as Json;

use super::{Extras, fields_of, image_of, linked};
use crate::model::Model;
use crate::model::params::Params;
use crate::model::value::{Ref, Value};
use crate::wire::{Answer, ApiError};

/// What is always told of a note.
const NOTE: &[&str] = &["content", "created_at", "created_by"];
/// What is always told of a reply.
const REPLY: &[&str] = &["content", "created_at", "user"];
/// What is always told of a file.
const ATTACHMENT: &[&str] = &["created_at", "created_by"];

/// Answers `note_thread_contents`: the note, and then what was added to it, oldest first.
pub fn contents(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let note = params.numbered(model, "note_id", "Note")?;
    let extras = Extras::parse(model, params)?;
    let mut rest = Vec::new();
    for (order, list) in ["replies", "attachments"].into_iter().enumerate() {
        let Some(field) = model.schema.entity_type(note.entity_type).field_index(list) else {
            continue;
        };
        let row = model.tables.row(note).expect("the note was found");
        let live =
            row.value(field).links().iter().filter(|link| model.tables.live(**link).is_some());
        rest.extend(live.map(|link| (created_at(model, *link), order, *link)));
    }
    // Of the same second, replies come before files: which was first is not kept.
    rest.sort_unstable();
    let mut thread = vec![element(model, params.method, &extras, note, NOTE)?];
    for (_, order, link) in rest {
        let usual = if order == 0 { REPLY } else { ATTACHMENT };
        thread.push(element(model, params.method, &extras, link, usual)?);
    }
    Ok(Answer::from_results(&Json::Array(thread).to_string()))
}

fn element(
    model: &Model,
    method: &str,
    extras: &Extras<'_>,
    record: Ref,
    usual: &[&str],
) -> Result<Json, ApiError> {
    let names = usual.iter().copied().chain(extras.of(record.entity_type).iter().copied());
    let mut shown = fields_of(model, method, record, names)?;
    // Whoever replied is shown with a picture.
    if usual == REPLY
        && let Some(user) = linked(model, record, "user")
    {
        shown["user"]["image"] = image_of(model, user);
    }
    Ok(shown)
}

fn created_at(model: &Model, record: Ref) -> i64 {
    let field = model.schema.entity_type(record.entity_type).field_index("created_at");
    match (model.tables.row(record), field) {
        (Some(row), Some(field)) => match row.value(field) {
            Value::Moment(seconds) => *seconds,
            _ => i64::MIN,
        },
        _ => i64::MIN,
    }
}
