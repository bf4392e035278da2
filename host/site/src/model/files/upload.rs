//! A file that was uploaded to a record, into one of its fields or beside them.

use serde_json::{Map, Value as Json, json};

use super::{FILE_PATH, StoredFile, stored_file};
use crate::model::auth::Actor;
use crate::model::params::{Params, not_found};
use crate::model::schema::{DataType, FieldIndex};
use crate::model::time;
use crate::model::transaction::{self, Transaction};
use crate::model::value::{Ref, Value};
use crate::model::{Ending, Hold, Model, Now};
use crate::wire::{Answer, ApiError};

/// Answers `upload_file`, and `api_link_file` for a file that is no thumbnail.
pub fn upload(
    model: &mut Model,
    params: &Params<'_>,
    actor: &Actor,
    now: Now,
    ending: Ending,
) -> Result<(Answer, Option<Hold>), ApiError> {
    let file = stored_file(params)?;
    let (attachment, hold) = transaction::run(model, actor, now, ending, |transaction| {
        transaction.upload(params, &file)
    })?;
    model.files.keep(attachment.id, file);
    Ok((Answer::from_results(&attachment.id.to_string()), hold))
}

impl Transaction<'_> {
    /// The record that a form is about, which must be there.
    pub(super) fn owner(&self, params: &Params<'_>) -> Result<Ref, ApiError> {
        let owner = params.record(self.model)?;
        self.refuse_events(params.method, owner)?;
        match self.model.tables.live(owner) {
            Some(_) => Ok(owner),
            None => Err(not_found(self.model, params.method, owner)),
        }
    }

    fn upload(&mut self, params: &Params<'_>, file: &StoredFile) -> Result<Ref, ApiError> {
        let owner = self.owner(params)?;
        let field = self.file_field(params, owner)?;
        let attachment = self.next_attachment();
        let name = params.optional_text("display_name")?.filter(|name| !name.is_empty());
        let name = name.unwrap_or(&file.name);
        let fields = self.attachment_fields(params, owner, file, name)?;
        self.create_from_map(attachment, &fields)?;
        let shown = Value::Json(
            json!({
                "url": format!("{FILE_PATH}{}", attachment.id),
                "name": name,
                "content_type": file.content_type,
                "link_type": "upload",
                "type": "Attachment",
                "id": attachment.id,
            })
            .into(),
        );
        self.set_file(attachment, shown.clone());
        if let Some(field) = field {
            let known = &self.model.schema.entity_type(owner.entity_type).fields[field];
            if known.data_type == DataType::Url {
                self.change(owner, field, shown, false);
            } else if !self.model.tables.row(owner).is_some_and(|row| {
                // The other side of the Attachment's links is there already.
                row.value(field).links().contains(&attachment)
            }) {
                self.change_links(owner, field, &[attachment], &[], false);
            }
            self.stamp(owner, &["updated_at"], &["updated_by"], &[]);
        }
        Ok(attachment)
    }

    /// The field that a file is to be put in: one for files, or a list of Attachments.
    fn file_field(&self, params: &Params<'_>, owner: Ref) -> Result<Option<FieldIndex>, ApiError> {
        let name = params.optional_text("field_name")?.filter(|name| !name.is_empty());
        let Some(name) = name else {
            let attachments = self.next_attachment().entity_type;
            self.model.may_create(params.method, attachments)?;
            return Ok(None);
        };
        let method = params.method;
        let known = self.model.schema.entity_type(owner.entity_type);
        let Some(field) = self.model.visible_field(owner.entity_type, name) else {
            return Err(ApiError::invalid(format!(
                "API {method}() {}.{name} doesn't exist.",
                known.name
            )));
        };
        let data_type = known.fields[field].data_type;
        let takes_files = data_type == DataType::Url
            || (data_type == DataType::MultiEntity
                && known.fields[field].valid_types.iter().any(|name| name == "Attachment"));
        if !takes_files {
            return Err(ApiError::invalid(format!(
                "API {method}() {}.{name} is of the data type '{}', and files are put in fields of the type 'url'",
                known.name,
                data_type.name()
            )));
        }
        self.model.may_update(method, owner.entity_type, field)?;
        Ok(Some(field))
    }

    fn attachment_fields(
        &self,
        params: &Params<'_>,
        owner: Ref,
        file: &StoredFile,
        name: &str,
    ) -> Result<Map<String, Json>, ApiError> {
        let extension = file.name.rsplit_once('.').map(|(_, extension)| extension);
        let mut fields = json!({
            "this_file_name": file.name,
            "display_name": name,
            "filename": file.name,
            "file_extension": extension,
            // What the field can hold.
            "file_size": file.size.min(i32::MAX as u64),
            "attachment_links": [{"type": self.model.type_name(owner), "id": owner.id}],
        });
        if let Some(project) = self.model.project_of(owner) {
            fields["project"] = json!({"type": "Project", "id": project.id});
        }
        let tags = params.optional_text("tag_list")?.unwrap_or_default().split(',');
        let tags: Vec<_> = tags.map(str::trim).filter(|tag| !tag.is_empty()).collect();
        if !tags.is_empty() {
            fields["tag_list"] = json!(tags);
        }
        if let Some(text) = params.optional_text("created_at")?.filter(|text| !text.is_empty()) {
            let moment = time::parse_moment(&text.replacen(' ', "T", 1));
            if moment.is_none() {
                return Err(params.missing("date_time 'created_at'"));
            }
            fields["created_at"] = text.replacen(' ', "T", 1).into();
        }
        let Json::Object(fields) = fields else { unreachable!("it was made an object") };
        Ok(fields)
    }

    /// The Attachment that is made next.
    pub(in crate::model) fn next_attachment(&self) -> Ref {
        let entity_type =
            self.model.schema.type_id("Attachment").expect("the schema has Attachments");
        Ref { entity_type, id: self.model.tables.next_id(entity_type) }
    }

    /// Puts a file into the Attachment that was just made for it.
    pub(in crate::model) fn set_file(&mut self, attachment: Ref, shown: Value) {
        let known = self.model.schema.entity_type(attachment.entity_type);
        if let Some(field) = known.field_index("this_file") {
            self.change(attachment, field, shown, true);
        }
    }
}
