//! Files that were uploaded. Each is an Attachment; its bytes are kept elsewhere, under a key that the model knows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::auth::Actor;
use super::params::Params;
use super::value::{Ref, Value, write_string};
use super::{Ending, Hold, Model, Now};
use crate::wire::{Answer, ApiError};

mod link;
#[cfg(test)]
mod tests;
mod thumbnail;
mod upload;

pub use thumbnail::Thumbnail;

/// Where the file of an Attachment is, followed by its number.
const FILE_PATH: &str = "/file_serve/attachment/";
/// Where the picture of an Attachment is, followed by its number.
const PICTURE_PATH: &str = "/file_serve/thumbnail/";
/// The picture that stands for one that is still being made.
pub(crate) const PENDING_PICTURE_PATH: &str = "/images/status/transient/thumbnail_pending.png";

/// The bytes of a file that was uploaded, as whoever keeps them describes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredFile {
    /// What they are kept under.
    pub key: String,
    /// The file's name, without a folder.
    pub name: String,
    /// How many there are.
    pub size: u64,
    /// What they are, such as `video/quicktime`.
    pub content_type: String,
}

/// What the model knows about files beside the fields of records.
#[derive(Debug, Default)]
pub struct Files {
    /// By the number of the Attachment.
    stored: BTreeMap<u64, StoredFile>,
    /// Thumbnails whose pictures are still being made.
    thumbnails: Vec<Thumbnail>,
    /// Where the site listens.
    site_url: String,
}

impl Files {
    /// All files, by the number of the Attachment.
    pub fn stored(&self) -> impl Iterator<Item = (u64, &StoredFile)> {
        self.stored.iter().map(|(id, file)| (*id, file))
    }

    pub fn keep(&mut self, attachment: u64, file: StoredFile) {
        self.stored.insert(attachment, file);
    }

    /// The thumbnails whose pictures are still being made.
    pub fn thumbnails(&self) -> &[Thumbnail] {
        &self.thumbnails
    }

    pub fn restore_thumbnail(&mut self, thumbnail: Thumbnail) {
        self.thumbnails.push(thumbnail);
    }
}

/// Answers a method that comes as a form.
pub fn answer(
    model: &mut Model,
    params: &Params<'_>,
    actor: &Actor,
    now: Now,
    ending: Ending,
) -> Result<(Answer, Option<Hold>), ApiError> {
    let is_thumbnail = params.fields.get("upload_type") == Some(&Json::from("Thumbnail"));
    match params.method {
        "share_thumbnail" => thumbnail::share(model, params, actor, now, ending),
        "publish_thumbnail" => thumbnail::publish(model, params, actor, now, ending),
        "api_link_file" if is_thumbnail => thumbnail::publish(model, params, actor, now, ending),
        "upload_file" | "api_link_file" => upload::upload(model, params, actor, now, ending),
        // The bytes come and go without the model, for whoever may call at all.
        _ => Ok((Answer::from_results("true"), None)),
    }
}

impl Model {
    /// Tells where the site listens, such as `http://127.0.0.1:8321`.
    pub fn set_site_url(&mut self, url: impl Into<String>) {
        self.files.site_url = url.into();
    }

    /// What the addresses of files begin with.
    #[must_use]
    pub fn site_url(&self) -> &str {
        match self.settings.public_url.trim_end_matches('/') {
            "" => &self.files.site_url,
            chosen => chosen,
        }
    }

    /// The file of an Attachment. None if there is no such Attachment, if it is retired, or if its file was not uploaded.
    #[must_use]
    pub fn file(&self, attachment: u64) -> Option<&StoredFile> {
        self.live_attachment(attachment)?;
        self.files.stored.get(&attachment)
    }

    /// Whether an Attachment, retired or not, has its bytes under this key.
    #[must_use]
    pub fn needs_file(&self, key: &str) -> bool {
        // Who asks has just uploaded it.
        self.files.stored.values().rev().any(|file| file.key == key)
    }

    /// The path of the thumbnail of a record. None if the record is not there, or has none.
    #[must_use]
    pub fn thumbnail_path(&self, entity_type: &str, id: u64) -> Option<String> {
        let record = Ref { entity_type: self.schema.type_id(entity_type)?, id };
        let field = self.schema.entity_type(record.entity_type).field_index("image")?;
        match self.tables.live(record)?.value(field) {
            Value::Int(attachment) => self.picture_path(u64::try_from(*attachment).ok()?),
            _ => None,
        }
    }

    fn live_attachment(&self, id: u64) -> Option<Ref> {
        let entity_type = self.schema.type_id("Attachment")?;
        let attachment = Ref { entity_type, id };
        self.tables.live(attachment).map(|_| attachment)
    }

    fn picture_path(&self, attachment: u64) -> Option<String> {
        self.live_attachment(attachment)?;
        if self.files.is_pending(attachment) {
            return Some(PENDING_PICTURE_PATH.to_owned());
        }
        Some(format!("{PICTURE_PATH}{attachment}"))
    }

    /// Appends a picture as a `read` shows it: its address; null if its Attachment is retired.
    pub(super) fn write_picture(&self, attachment: i64, out: &mut String) {
        let path = u64::try_from(attachment).ok().and_then(|id| self.picture_path(id));
        match path {
            Some(path) => write_string(&format!("{}{path}", self.site_url()), out),
            None => out.push_str("null"),
        }
    }

    /// Appends a file as a `read` shows it; null if its Attachment is retired.
    pub(super) fn write_file(&self, file: &Json, out: &mut String) {
        let attachment = file["id"].as_u64().and_then(|id| self.live_attachment(id));
        let (Some(_), Json::Object(fields)) = (attachment, file) else {
            return out.push_str("null");
        };
        let mut fields = fields.clone();
        if file["link_type"] == "local" {
            self.follow_storage(&mut fields);
        } else if file["link_type"] == "upload"
            && let Some(Json::String(url)) = fields.get_mut("url")
        {
            url.insert_str(0, self.site_url());
        }
        out.push_str(&Json::Object(fields).to_string());
    }
}

/// The file that a form brought.
fn stored_file(params: &Params<'_>) -> Result<StoredFile, ApiError> {
    let file = params.fields.get("file").and_then(|file| StoredFile::deserialize(file).ok());
    file.ok_or_else(|| {
        let name = if params.method == "publish_thumbnail" { "thumb_image" } else { "file" };
        params.missing(&format!("file '{name}'"))
    })
}
