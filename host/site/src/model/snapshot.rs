//! A whole site as text, so that a server can keep it in a file, and back.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};

use super::event_log::EventRow;
use super::files::StoredFile;
use super::params::parse_link;
use super::review::activity::{Kind, Update};
use super::schema::{DataType, FieldState, Schema, SchemaError, SchemaFile};
use super::session::Session;
use super::settings::Settings;
use super::table::Retirement;
use super::time;
use super::value::{Ref, Value};
use super::{Model, Now};

mod files;

use files::StoredThumbnail;

/// The only version there is so far. A file of another one is refused.
const VERSION: u32 = 1;

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It is not JSON of the right shape.
    #[error("the snapshot is not valid JSON of the expected shape")]
    Malformed {
        /// What the JSON reader said.
        #[source]
        source: serde_json::Error,
    },
    /// It was written by another version.
    #[error("the snapshot is of version {found}, and this can read version {VERSION} only")]
    OtherVersion {
        /// The version it says it is of.
        found: u32,
    },
    /// Its schema does not fit together.
    #[error("the snapshot's schema cannot be used")]
    Schema {
        /// What is wrong with it.
        #[source]
        source: SchemaError,
    },
    /// Something in it does not fit its schema, or is there twice.
    #[error("the snapshot holds {what}, which does not fit the rest of it")]
    Unfit {
        /// Where.
        what: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Snapshot<'a> {
    version: u32,
    schema: Vec<SchemaFile>,
    /// What was changed over the API since.
    #[serde(default)]
    schema_changes: Vec<FieldState>,
    records: BTreeMap<String, Vec<StoredRecord>>,
    #[serde(borrow)]
    events: Vec<StoredEvent<'a>>,
    /// Rows that were committed late, with the moment in which they become visible.
    late_events: Vec<(i64, Vec<StoredEvent<'a>>)>,
    next_event_id: u64,
    sessions: BTreeMap<String, StoredSession>,
    follows: Vec<(Json, Json)>,
    #[serde(default)]
    settings: Settings,
    /// Person, record, and what that person has to do with it.
    #[serde(default)]
    personal: Vec<(Json, Json, Json)>,
    /// By the id of the person.
    #[serde(default)]
    subscriptions: BTreeMap<u64, Json>,
    #[serde(default)]
    activity: Vec<StoredUpdate>,
    #[serde(default)]
    newest_update_id: u64,
    /// When the site was first asked anything, in milliseconds.
    #[serde(default)]
    began: Option<i64>,
    /// What names the bytes of each Attachment that was uploaded. The bytes themselves are elsewhere.
    #[serde(default)]
    files: BTreeMap<u64, StoredFile>,
    #[serde(default)]
    thumbnails: Vec<StoredThumbnail>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRecord {
    id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retired_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Json::is_null")]
    retired_with: Json,
    fields: Map<String, Json>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredUpdate {
    kind: Kind,
    primary: Json,
    about: Vec<Json>,
    meta: Box<str>,
    at: i64,
    by: Json,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredSession {
    user: Json,
    expired: bool,
    /// Without it the session has expired.
    #[serde(default)]
    used_at_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredEvent<'a> {
    id: u64,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    #[serde(borrow, default)]
    attribute_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    meta: Cow<'a, RawValue>,
    #[serde(default)]
    entity: Json,
    #[serde(default)]
    project: Json,
    #[serde(default)]
    user: Json,
    #[serde(borrow, default)]
    session_uuid: Option<Cow<'a, str>>,
    created_at: i64,
    #[serde(borrow, default)]
    description: Option<Cow<'a, str>>,
}

impl Model {
    /// The site as JSON text: schema, records, event log, users and sessions. Not the commit policy, and not the rows of
    /// holds: a transaction that is open when a site stops is rolled back.
    #[must_use]
    pub fn to_snapshot(&self) -> String {
        self.snapshot(true)
    }

    /// The same without keys, passwords and sessions.
    pub(crate) fn to_snapshot_without_secrets(&self) -> String {
        self.snapshot(false)
    }

    fn snapshot(&self, secrets: bool) -> String {
        let link = |record: &Ref| self.stored_link(*record);
        let records = self.schema.types().filter(|(id, _)| self.tables.count(*id) > 0);
        let snapshot = Snapshot {
            version: VERSION,
            schema: self.schema.sources().to_vec(),
            schema_changes: self.schema.changes(),
            records: records
                .map(|(id, entity_type)| {
                    let stored = self.tables.rows(id).map(|row| {
                        self.stored_record(Ref { entity_type: id, id: row.id }, secrets)
                    });
                    (entity_type.name.clone(), stored.flatten().collect())
                })
                .collect(),
            events: self.log.range(0, u64::MAX).map(|row| self.stored_event(row)).collect(),
            late_events: self
                .commits
                .late()
                .map(|(until, rows)| {
                    (until.0, rows.iter().map(|row| self.stored_event(row)).collect())
                })
                .collect(),
            next_event_id: self.log.next_id(),
            sessions: self
                .sessions
                .open
                .iter()
                .filter(|_| secrets)
                .map(|(token, session)| {
                    (
                        token.clone(),
                        StoredSession {
                            user: link(&session.user),
                            expired: session.expired,
                            used_at_ms: session.used_at.0,
                        },
                    )
                })
                .collect(),
            follows: self.follows.iter().map(|(user, entity)| (link(user), link(entity))).collect(),
            settings: self.settings.clone(),
            personal: self
                .personal
                .all()
                .map(|(user, record, value)| (link(&user), link(&record), self.stored_value(value)))
                .collect(),
            subscriptions: self.subscriptions.clone(),
            activity: self
                .activity
                .updates()
                .map(|(_, update)| self.stored_update(update))
                .collect(),
            newest_update_id: self.activity.newest(),
            began: self.retention.began.map(|began| began.0),
            files: self.files.stored().map(|(id, file)| (id, file.clone())).collect(),
            thumbnails: self.stored_thumbnails(),
        };
        serde_json::to_string(&snapshot).expect("all keys are text")
    }

    /// The site that [`Model::to_snapshot`] wrote. Fails if the text is damaged or of another version.
    pub fn from_snapshot(text: &str) -> Result<Self, SnapshotError> {
        let snapshot: Snapshot<'_> =
            serde_json::from_str(text).map_err(|source| SnapshotError::Malformed { source })?;
        if snapshot.version != VERSION {
            return Err(SnapshotError::OtherVersion { found: snapshot.version });
        }
        let mut schema = Schema::from_files(snapshot.schema)
            .map_err(|source| SnapshotError::Schema { source })?;
        for state in snapshot.schema_changes {
            let what = state.place();
            if !schema.restore(state) {
                return Err(unfit(what));
            }
        }
        let mut model = Self::new(schema);
        // Records first: links are to records that are there.
        for (entity_type, records) in &snapshot.records {
            for record in records {
                model.restore_record(entity_type, record)?;
            }
        }
        let mut ids = BTreeSet::new();
        for event in &snapshot.events {
            let row = model.restored_event(event, &mut ids)?;
            model.log.show(row);
        }
        for (until, events) in &snapshot.late_events {
            let rows = events.iter().map(|event| model.restored_event(event, &mut ids));
            let rows = rows.collect::<Result<_, _>>()?;
            model.commits.restore_late(Now(*until), rows);
        }
        let taken = ids.last().map_or(0, |id| id.saturating_add(1));
        model.log.skip_to(taken);
        model.log.skip_to(snapshot.next_event_id);
        for (token, session) in &snapshot.sessions {
            let user = model.restored_link(&session.user)?;
            let StoredSession { expired, used_at_ms, .. } = *session;
            let session = Session { user, expired, used_at: Now(used_at_ms) };
            model.sessions.open.insert(token.clone(), session);
        }
        for (user, entity) in &snapshot.follows {
            let pair = (model.restored_link(user)?, model.restored_link(entity)?);
            model.follows.insert(pair);
        }
        model.settings = snapshot.settings;
        for (user, record, value) in &snapshot.personal {
            let (user, record) = (model.restored_link(user)?, model.restored_link(record)?);
            let data_type = match value {
                Json::String(text) if time::parse_moment(text).is_some() => DataType::DateTime,
                _ => DataType::List,
            };
            let value = model.restored_value(data_type, value);
            let value = value.ok_or_else(|| unfit("what is personal to somebody".to_owned()))?;
            model.personal.set(user, record, value);
        }
        model.personal.commit();
        model.subscriptions = snapshot.subscriptions;
        let updates = snapshot.activity.iter().map(|update| model.restored_update(update));
        let updates = updates.collect::<Result<_, _>>()?;
        model.activity.restore(updates, snapshot.newest_update_id);
        model.retention.began = snapshot.began.map(Now);
        model.restore_files(snapshot.files, &snapshot.thumbnails)?;
        Ok(model)
    }

    fn stored_link(&self, record: Ref) -> Json {
        json!({"type": self.type_name(record), "id": record.id})
    }

    fn stored_record(&self, record: Ref, secrets: bool) -> Option<StoredRecord> {
        let row = self.tables.row(record)?;
        let fields = &self.schema.entity_type(record.entity_type).fields;
        let set = fields.iter().enumerate().filter(|(index, field)| {
            !row.value(*index).is_null() && (secrets || field.data_type != DataType::Password)
        });
        let with = row.retired.and_then(|retired| retired.with);
        Some(StoredRecord {
            id: record.id,
            retired_at: row.retired.map(|retired| retired.at),
            retired_with: with.map_or(Json::Null, |with| self.stored_link(with)),
            fields: set
                .map(|(index, field)| (field.name.clone(), self.stored_value(row.value(index))))
                .collect(),
        })
    }

    fn stored_value(&self, value: &Value) -> Json {
        match value {
            Value::Link(link) => self.stored_link(*link),
            Value::Links(links) => links.iter().map(|link| self.stored_link(*link)).collect(),
            plain => {
                let mut text = String::new();
                plain.write_plain(&mut text);
                super::render::parse(&text)
            }
        }
    }

    fn stored_event<'a>(&self, row: &'a EventRow) -> StoredEvent<'a> {
        let link = |link: Option<Ref>| link.map_or(Json::Null, |link| self.stored_link(link));
        StoredEvent {
            id: row.id,
            event_type: Cow::Borrowed(&row.event_type),
            attribute_name: row.attribute_name.as_deref().map(Cow::Borrowed),
            meta: Cow::Borrowed(serde_json::from_str(&row.meta).expect("metadata is valid JSON")),
            entity: link(row.entity),
            project: link(row.project),
            user: link(row.user),
            session_uuid: row.session_uuid.as_deref().map(Cow::Borrowed),
            created_at: row.created_at,
            description: row.description.as_deref().map(Cow::Borrowed),
        }
    }

    fn stored_update(&self, update: &Update) -> StoredUpdate {
        StoredUpdate {
            kind: update.kind,
            primary: self.stored_link(update.primary),
            about: update.about.iter().map(|record| self.stored_link(*record)).collect(),
            meta: update.meta.clone(),
            at: update.at,
            by: update.by.map_or(Json::Null, |by| self.stored_link(by)),
        }
    }

    fn restored_update(&self, stored: &StoredUpdate) -> Result<Update, SnapshotError> {
        let mut about = stored
            .about
            .iter()
            .map(|link| self.restored_link(link))
            .collect::<Result<Vec<_>, _>>()?;
        about.sort_unstable();
        if serde_json::from_str::<Json>(&stored.meta).is_err() {
            return Err(unfit("an update without valid metadata".to_owned()));
        }
        Ok(Update {
            kind: stored.kind,
            primary: self.restored_link(&stored.primary)?,
            about: about.into_boxed_slice(),
            meta: stored.meta.clone(),
            at: stored.at,
            by: if stored.by.is_null() { None } else { Some(self.restored_link(&stored.by)?) },
        })
    }

    fn restore_record(
        &mut self,
        type_name: &str,
        stored: &StoredRecord,
    ) -> Result<(), SnapshotError> {
        let what = || unfit(format!("{type_name} {}", stored.id));
        let entity_type = self.schema.type_id(type_name).ok_or_else(what)?;
        let record = Ref { entity_type, id: stored.id };
        if !self.tables.is_free(record) {
            return Err(what());
        }
        self.tables.insert(record);
        for (name, value) in &stored.fields {
            let known = self.schema.entity_type(entity_type);
            let index = known.any_field_index(name).ok_or_else(what)?;
            let value =
                self.restored_value(known.fields[index].data_type, value).ok_or_else(what)?;
            self.tables.set(record, index, value);
        }
        if let Some(at) = stored.retired_at {
            let with = match &stored.retired_with {
                Json::Null => None,
                link => Some(self.restored_link(link)?),
            };
            self.tables.set_retired(record, Some(Retirement { at, with }));
        }
        Ok(())
    }

    fn restored_link(&self, link: &Json) -> Result<Ref, SnapshotError> {
        parse_link(self, link).map_err(|_| unfit(format!("the link {link}")))
    }

    /// The value that was stored as `json`; none if it is not of this type.
    fn restored_value(&self, data_type: DataType, json: &Json) -> Option<Value> {
        let is_float = matches!(data_type, DataType::Float | DataType::Currency);
        Some(match json {
            Json::Null => Value::Null,
            Json::Bool(value) if data_type == DataType::Checkbox => Value::Bool(*value),
            Json::Number(number) if is_float => Value::Float(number.as_f64()?),
            Json::String(text) if data_type == DataType::Date => {
                Value::Date(time::parse_date(text)?)
            }
            Json::String(text) if data_type == DataType::DateTime => {
                Value::Moment(time::parse_moment(text)?)
            }
            Json::Object(_) if data_type == DataType::Entity => {
                Value::Link(parse_link(self, json).ok()?)
            }
            Json::Array(links) if data_type.is_links() => Value::Links(
                links.iter().map(|link| parse_link(self, link).ok()).collect::<Option<_>>()?,
            ),
            Json::Object(_) | Json::Array(_) => Value::Json(Arc::new(json.clone())),
            Json::Number(number) => Value::Int(number.as_i64()?),
            Json::String(text) => Value::text(text),
            Json::Bool(_) => return None,
        })
    }

    /// The row that was stored. Its id must not be among `ids`, and is then.
    fn restored_event(
        &mut self,
        stored: &StoredEvent<'_>,
        ids: &mut BTreeSet<u64>,
    ) -> Result<EventRow, SnapshotError> {
        if stored.id == 0 || !ids.insert(stored.id) {
            return Err(unfit(format!("event {}", stored.id)));
        }
        let link = |link: &Json| {
            if link.is_null() { Ok(None) } else { self.restored_link(link).map(Some) }
        };
        let (entity, project, user) =
            (link(&stored.entity)?, link(&stored.project)?, link(&stored.user)?);
        Ok(EventRow {
            id: stored.id,
            event_type: self.log.intern(&stored.event_type),
            attribute_name: stored.attribute_name.as_deref().map(|name| self.log.intern(name)),
            meta: stored.meta.get().into(),
            entity,
            project,
            user,
            session_uuid: stored.session_uuid.as_deref().map(|uuid| self.log.intern(uuid)),
            created_at: stored.created_at,
            description: stored.description.as_deref().map(Box::from),
        })
    }
}

fn unfit(what: String) -> SnapshotError {
    SnapshotError::Unfit { what }
}
