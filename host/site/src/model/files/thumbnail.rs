//! Thumbnails and filmstrips: uploaded, shared, and not ready until a while later.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{Files, StoredFile, stored_file};
use crate::model::auth::Actor;
use crate::model::params::{Params, not_found};
use crate::model::schema::FieldIndex;
use crate::model::transaction::{self, Transaction};
use crate::model::value::{Ref, Value};
use crate::model::{Ending, Hold, Model, Now};
use crate::wire::{Answer, ApiError};

/// A picture that is still being made: until then a placeholder stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// When it is ready.
    pub due: Now,
    /// The record that shows it.
    pub record: Ref,
    pub field: FieldIndex,
    /// The number of its Attachment.
    pub attachment: u64,
    /// The row that told of the placeholder: the picture is told of later.
    pub first_event: Option<u64>,
    /// Who uploaded it.
    pub user: Option<Ref>,
    pub sudo_actual_user: Option<Ref>,
    pub session_uuid: Option<Arc<str>>,
    pub logs: bool,
}

/// Answers `publish_thumbnail`, and `api_link_file` for a thumbnail.
pub fn publish(
    model: &mut Model,
    params: &Params<'_>,
    actor: &Actor,
    now: Now,
    ending: Ending,
) -> Result<(Answer, Option<Hold>), ApiError> {
    let file = stored_file(params)?;
    let (thumbnail, hold) = transaction::run(model, actor, now, ending, |transaction| {
        transaction.publish(params, &file)
    })?;
    let attachment = thumbnail.attachment;
    model.files.keep(attachment, file);
    model.files.thumbnails.push(thumbnail);
    Ok((Answer::from_results(&attachment.to_string()), hold))
}

/// Answers `share_thumbnail`: with the number of the Attachment, with null if there is no thumbnail to share, and with a
/// sentence if it is not ready.
pub fn share(
    model: &mut Model,
    params: &Params<'_>,
    actor: &Actor,
    now: Now,
    ending: Ending,
) -> Result<(Answer, Option<Hold>), ApiError> {
    let field = field_name(params, "filmstrip_thumbnail")?;
    let source = named(model, params, params.text("source_entity")?)?;
    let shown = value(model, source, picture_field(model, params, source, field)?);
    if let Value::Int(attachment) = &shown
        && model.files.is_pending(attachment.unsigned_abs())
    {
        let name = model.type_name(source);
        let sentence = format!("The thumbnail of {name} {} is still being made", source.id);
        return Ok((Answer::from_results(&Json::from(sentence).to_string()), None));
    }
    let mut targets = Vec::new();
    for name in params.text("entities")?.split(',') {
        let target = named(model, params, name.trim())?;
        let field = picture_field(model, params, target, field)?;
        model.may_update(params.method, target.entity_type, field)?;
        targets.push((target, field));
    }
    let attachment = match shown {
        Value::Int(attachment) => Some(attachment.unsigned_abs()),
        _ => None,
    };
    let ((), hold) = transaction::run(model, actor, now, ending, |transaction| {
        for (target, field) in targets {
            if value(transaction.model, target, field) != shown {
                transaction.show_picture(target, field, attachment, Some(false));
            }
        }
        Ok(())
    })?;
    Ok((Answer::from_results(&json!(attachment).to_string()), hold))
}

/// The record that is named as `Version_3`.
fn named(model: &Model, params: &Params<'_>, text: &str) -> Result<Ref, ApiError> {
    let (name, id) = text.rsplit_once('_').unwrap_or_default();
    let entity_type = model.schema.type_id(name);
    let (Some(entity_type), Ok(id)) = (entity_type, id.parse()) else {
        return Err(params.missing(&format!("entity '{text}'")));
    };
    let record = Ref { entity_type, id };
    match model.tables.live(record) {
        Some(_) => Ok(record),
        None => Err(not_found(model, params.method, record)),
    }
}

/// Which of the two fields for pictures a form is about.
fn field_name(params: &Params<'_>, flag: &str) -> Result<&'static str, ApiError> {
    Ok(if params.flag(flag, false)? { "filmstrip_image" } else { "image" })
}

fn picture_field(
    model: &Model,
    params: &Params<'_>,
    record: Ref,
    name: &str,
) -> Result<FieldIndex, ApiError> {
    model.visible_field(record.entity_type, name).ok_or_else(|| {
        let (method, type_name) = (params.method, model.type_name(record));
        ApiError::invalid(format!("API {method}() {type_name}.{name} doesn't exist."))
    })
}

fn value(model: &Model, record: Ref, field: FieldIndex) -> Value {
    model.tables.row(record).map(|row| row.value(field).clone()).unwrap_or_default()
}

impl Transaction<'_> {
    fn publish(&mut self, params: &Params<'_>, file: &StoredFile) -> Result<Thumbnail, ApiError> {
        let owner = self.owner(params)?;
        let field = picture_field(self.model, params, owner, field_name(params, "filmstrip")?)?;
        self.model.may_update(params.method, owner.entity_type, field)?;
        let attachment = self.hidden_attachment(owner, file);
        let first_event = self.show_picture(owner, field, Some(attachment.id), Some(true));
        let delay = Duration::from_secs(self.model.settings.thumbnail_seconds);
        Ok(Thumbnail {
            due: self.now.plus(delay),
            record: owner,
            field,
            attachment: attachment.id,
            first_event,
            user: self.actor.user,
            sudo_actual_user: self.actor.sudo_actual_user,
            session_uuid: self.actor.session_uuid.clone(),
            logs: self.actor.logs,
        })
    }

    /// The Attachment of a picture. The event log tells of the field only.
    fn hidden_attachment(&mut self, owner: Ref, file: &StoredFile) -> Ref {
        let attachment = self.next_attachment();
        self.model.tables.insert(attachment);
        let known = self.model.schema.entity_type(attachment.entity_type);
        let name = Value::text(&file.name);
        let project = self.model.project_of(owner).map_or(Value::Null, Value::Link);
        // What the field can hold.
        let size = Value::Int(i64::try_from(file.size).unwrap_or(i64::MAX).min(i32::MAX.into()));
        let fields = [
            ("this_file_name", name.clone()),
            ("display_name", name.clone()),
            ("filename", name),
            ("file_size", size),
            ("project", project),
        ];
        let fields = fields.map(|(name, value)| (known.field_index(name), value));
        for (field, value) in fields {
            if let Some(field) = field {
                self.model.tables.set(attachment, field, value);
            }
        }
        let (times, users) = (["created_at", "updated_at"], ["created_by", "updated_by"]);
        self.stamp(attachment, &times, &users, &[]);
        attachment
    }

    /// Lets a field show a picture, and tells of it. Returns the row that does.
    fn show_picture(
        &mut self,
        record: Ref,
        field: FieldIndex,
        attachment: Option<u64>,
        is_transient: Option<bool>,
    ) -> Option<u64> {
        let before = value(self.model, record, field);
        let after = attachment.map_or(Value::Null, |id| Value::Int(id.cast_signed()));
        self.model.tables.set(record, field, after);
        self.stamp(record, &["updated_at"], &["updated_by"], &[]);
        let before = match before {
            Value::Int(id) => Json::from(id),
            _ => Json::Null,
        };
        self.record_picture(record, field, before, attachment, is_transient)
    }

    fn record_picture(
        &mut self,
        record: Ref,
        field: FieldIndex,
        before: Json,
        attachment: Option<u64>,
        is_transient: Option<bool>,
    ) -> Option<u64> {
        let known = self.model.schema.entity_type(record.entity_type);
        let name = known.fields[field].name.clone();
        let mut meta = json!({
            "type": "attribute_change",
            "attribute_name": name,
            "entity_type": known.name,
            "entity_id": record.id,
            "field_data_type": "image",
            "old_value": before,
            "new_value": attachment,
        });
        if let Some(is_transient) = is_transient {
            meta["is_transient"] = is_transient.into();
        }
        let project = self.model.project_of(record);
        self.record("Change", record, project, Some(&name), meta)
    }

    /// Takes away the filmstrip of a record whose thumbnail was taken away.
    pub(in crate::model) fn clear_filmstrip(&mut self, record: Ref, thumbnail: FieldIndex) {
        let known = self.model.schema.entity_type(record.entity_type);
        let filmstrip = known.field_index("filmstrip_image");
        if let Some(field) = filmstrip.filter(|_| known.fields[thumbnail].name == "image") {
            self.change(record, field, Value::Null, false);
        }
    }
}

impl Files {
    /// Whether the picture of an Attachment is still being made.
    pub fn is_pending(&self, attachment: u64) -> bool {
        self.thumbnails.iter().any(|thumbnail| thumbnail.attachment == attachment)
    }
}

impl Model {
    /// When the next picture is ready. One whose placeholder was not told of yet waits for that.
    pub(in crate::model) fn next_thumbnail(&self) -> Option<Now> {
        self.next_thumbnail_place().map(|place| self.files.thumbnails[place].due)
    }

    fn next_thumbnail_place(&self) -> Option<usize> {
        let told = |thumbnail: &Thumbnail| match thumbnail.first_event {
            Some(first) => !self.commits.waiting().any(|row| row.id == first),
            None => true,
        };
        let thumbnails = self.files.thumbnails.iter().enumerate();
        let told = thumbnails.filter(|(_, thumbnail)| told(thumbnail));
        told.min_by_key(|(_, thumbnail)| thumbnail.due).map(|(place, _)| place)
    }

    /// Puts the pictures that are ready in the place of their placeholders, and tells of them.
    pub(in crate::model) fn finish_thumbnails(&mut self, now: Now) {
        while let Some(place) = self.next_thumbnail_place() {
            if self.files.thumbnails[place].due > now {
                return;
            }
            let thumbnail = self.files.thumbnails.remove(place);
            self.finish_thumbnail(&thumbnail);
        }
    }

    fn finish_thumbnail(&mut self, thumbnail: &Thumbnail) {
        let Thumbnail { due, record, field, attachment, .. } = *thumbnail;
        // Another one, or none, may be shown by now.
        if value(self, record, field) != Value::Int(attachment.cast_signed()) {
            return;
        }
        let actor = Actor {
            user: thumbnail.user,
            sudo_actual_user: thumbnail.sudo_actual_user,
            session_uuid: thumbnail.session_uuid.clone(),
            session_token: None,
            logs: thumbnail.logs,
        };
        transaction::run(self, &actor, due, Ending::Policy, |transaction| {
            transaction.record_picture(record, field, Json::Null, Some(attachment), Some(false));
            Ok(())
        })
        .expect("telling of a picture cannot fail");
    }
}
