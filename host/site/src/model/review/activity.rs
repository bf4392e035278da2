//! `activity_stream`: what happened to a record and to what is linked to it. Updates have ids of their own, and are kept
//! apart from the event log, which forgets sooner.

use std::collections::VecDeque;

use serde_json::{Value as Json, json};

use super::{Extras, fields_of, image_of, in_short};
use crate::model::event_log::EventRow;
use crate::model::params::{Params, not_found};
use crate::model::personal::READ;
use crate::model::value::Ref;
use crate::model::{Model, render, time};
use crate::wire::{Answer, ApiError};

/// Updates that are kept, of the whole site. The oldest go first.
pub const UPDATES_MAX: usize = 1_000_000;
/// Updates of one answer if the caller does not say how many.
const LIMIT: usize = 50;
/// Fields whose changes are told. The others are in the event log only.
const TRACKED: &[&str] = &["sg_status_list", "sg_status", "task_assignees"];
/// Fields by which a record belongs to others, in whose streams it shows too.
const BELONGS: &[&str] = &[
    "attachment_links",
    "cut",
    "entity",
    "episode",
    "note_links",
    "playlist",
    "sg_sequence",
    "sg_task",
    "shot",
    "task",
    "version",
];

/// What happened, oldest first.
#[derive(Debug, Default)]
pub struct Activity {
    updates: VecDeque<Update>,
    /// The id of the newest update; 0 if there was none yet.
    newest: u64,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    pub kind: Kind,
    /// The record it happened to; for a reply its note.
    pub primary: Ref,
    /// The records in whose streams it shows.
    pub about: Box<[Ref]>,
    /// A JSON document, as the event log has it.
    pub meta: Box<str>,
    /// Seconds since the Unix epoch.
    pub at: i64,
    pub by: Option<Ref>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Create,
    CreateReply,
    Update,
    Delete,
}

impl Activity {
    pub fn push(&mut self, update: Update) {
        if self.updates.len() == UPDATES_MAX {
            self.updates.pop_front();
        }
        self.newest += 1;
        self.updates.push_back(update);
    }

    /// All updates with their ids, oldest first.
    pub fn updates(&self) -> impl DoubleEndedIterator<Item = (u64, &Update)> {
        let first = self.newest + 1 - self.updates.len() as u64;
        self.updates.iter().enumerate().map(move |(place, update)| (first + place as u64, update))
    }

    /// The id of the newest update.
    pub fn newest(&self) -> u64 {
        self.newest
    }

    /// Takes updates back, of which the last has the id `newest`.
    pub fn restore(&mut self, updates: VecDeque<Update>, newest: u64) {
        self.newest = newest.max(updates.len() as u64);
        self.updates = updates;
    }
}

impl Model {
    /// Keeps what the rows of a transaction tell, as far as streams show it.
    pub(in crate::model) fn remember_activity(&mut self, rows: &[EventRow]) {
        for row in rows {
            if let Some(update) = self.update_of(row) {
                self.activity.push(update);
            }
        }
    }

    fn update_of(&self, row: &EventRow) -> Option<Update> {
        let record = row.entity?;
        let action = row.event_type.strip_prefix("Shotgun_")?;
        let action = action.strip_prefix(self.type_name(record))?;
        let is_reply = self.type_name(record) == "Reply";
        let kind = match action {
            "_New" if is_reply => Kind::CreateReply,
            "_New" => Kind::Create,
            "_Retirement" => Kind::Delete,
            "_Change" if self.is_told(row) => Kind::Update,
            _ => return None,
        };
        let note = is_reply.then(|| self.belongs_to(record).first().copied()).flatten();
        let primary = note.filter(|_| kind == Kind::CreateReply).unwrap_or(record);
        let mut about = vec![record];
        about.extend(self.belongs_to(record));
        if let Some(note) = note {
            about.extend(self.belongs_to(note));
        }
        about.extend(row.project);
        about.sort_unstable();
        about.dedup();
        let (meta, at, by) = (row.meta.clone(), row.created_at, row.user);
        Some(Update { kind, primary, about: about.into_boxed_slice(), meta, at, by })
    }

    /// Whether a change is one that somebody made of a tracked field, not a part of a create or of another change.
    fn is_told(&self, row: &EventRow) -> bool {
        let tracked = row.attribute_name.as_deref().is_some_and(|name| TRACKED.contains(&name));
        tracked && {
            let meta = render::parse(&row.meta);
            meta["in_create"] != true && meta["actual_attribute_changed"].is_null()
        }
    }

    fn belongs_to(&self, record: Ref) -> Vec<Ref> {
        let known = self.schema.entity_type(record.entity_type);
        let Some(row) = self.tables.row(record) else { return Vec::new() };
        let fields = BELONGS.iter().filter_map(|name| known.field_index(name));
        fields.flat_map(|field| row.value(field).links()).copied().collect()
    }
}

/// Answers `activity_stream`: the updates of a record, newest first.
pub fn stream(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let record = params.record(model)?;
    if model.tables.live(record).is_none() {
        return Err(not_found(model, params.method, record));
    }
    let extras = Extras::parse(model, params)?;
    let from = params.number("min_id")?.unwrap_or(0);
    let to = params.number("max_id")?.unwrap_or(u64::MAX);
    let limit = match params.number("limit")? {
        Some(0) => return Err(params.missing("positive integer 'limit'")),
        limit => limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIMIT),
    };
    let of_record = || {
        model.activity.updates().filter(|(_, update)| update.about.binary_search(&record).is_ok())
    };
    let within = of_record().rev().filter(|(id, _)| (from..=to).contains(id)).take(limit);
    let updates = within.map(|(id, update)| shown(model, params.method, &extras, id, update));
    let updates = updates.collect::<Result<Vec<_>, _>>()?;
    let results = json!({
        "entity_type": model.type_name(record),
        "entity_id": record.id,
        "earliest_update_id": of_record().next().map(|(id, _)| id),
        "latest_update_id": of_record().next_back().map(|(id, _)| id),
        "updates": updates,
    });
    Ok(Answer::from_results(&results.to_string()))
}

fn shown(
    model: &Model,
    method: &str,
    extras: &Extras<'_>,
    id: u64,
    update: &Update,
) -> Result<Json, ApiError> {
    let mut primary = in_short(model, update.primary);
    let wanted = extras.of(update.primary.entity_type).iter().copied();
    if let Json::Object(fields) = fields_of(model, method, update.primary, wanted)? {
        for (name, value) in fields {
            primary[name] = value;
        }
    }
    let by = update.by.map(|by| {
        let mut shown = in_short(model, by);
        shown["image"] = image_of(model, by);
        shown
    });
    Ok(json!({
        "id": id,
        "update_type": update.kind,
        "meta": render::parse(&update.meta),
        "primary_entity": primary,
        "created_at": time::moment_in_meta(update.at),
        "created_by": by,
        "read": model.personal_value(update.primary, READ).as_text() == Some("read"),
    }))
}
