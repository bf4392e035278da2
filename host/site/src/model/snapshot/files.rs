//! Files and thumbnails in a snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{SnapshotError, unfit};
use crate::model::files::{StoredFile, Thumbnail};
use crate::model::value::Ref;
use crate::model::{Model, Now};

/// A thumbnail that is not ready.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredThumbnail {
    due_ms: i64,
    record: Json,
    field: String,
    attachment: u64,
    first_event: Option<u64>,
    user: Json,
    sudo_actual_user: Json,
    session_uuid: Option<String>,
    logs: bool,
}

impl Model {
    pub(super) fn stored_thumbnails(&self) -> Vec<StoredThumbnail> {
        self.files.thumbnails().iter().map(|thumbnail| self.stored_thumbnail(thumbnail)).collect()
    }

    fn stored_thumbnail(&self, thumbnail: &Thumbnail) -> StoredThumbnail {
        let link = |link: Option<Ref>| link.map_or(Json::Null, |link| self.stored_link(link));
        let known = self.schema.entity_type(thumbnail.record.entity_type);
        StoredThumbnail {
            due_ms: thumbnail.due.0,
            record: self.stored_link(thumbnail.record),
            field: known.fields[thumbnail.field].name.clone(),
            attachment: thumbnail.attachment,
            first_event: thumbnail.first_event,
            user: link(thumbnail.user),
            sudo_actual_user: link(thumbnail.sudo_actual_user),
            session_uuid: thumbnail.session_uuid.as_deref().map(str::to_owned),
            logs: thumbnail.logs,
        }
    }

    pub(super) fn restore_files(
        &mut self,
        files: BTreeMap<u64, StoredFile>,
        thumbnails: &[StoredThumbnail],
    ) -> Result<(), SnapshotError> {
        for (attachment, file) in files {
            self.files.keep(attachment, file);
        }
        for thumbnail in thumbnails {
            let thumbnail = self.restored_thumbnail(thumbnail)?;
            self.files.restore_thumbnail(thumbnail);
        }
        Ok(())
    }

    fn restored_thumbnail(&self, stored: &StoredThumbnail) -> Result<Thumbnail, SnapshotError> {
        let what = || unfit(format!("the thumbnail {}", stored.attachment));
        let link = |link: &Json| {
            if link.is_null() { Ok(None) } else { self.restored_link(link).map(Some) }
        };
        let record = self.restored_link(&stored.record)?;
        let known = self.schema.entity_type(record.entity_type);
        let there = self.tables.row(record).and_then(|_| known.any_field_index(&stored.field));
        Ok(Thumbnail {
            due: Now(stored.due_ms),
            record,
            field: there.ok_or_else(what)?,
            attachment: stored.attachment,
            first_event: stored.first_event,
            user: link(&stored.user)?,
            sudo_actual_user: link(&stored.sudo_actual_user)?,
            session_uuid: stored.session_uuid.as_deref().map(Arc::from),
            logs: stored.logs,
        })
    }
}
