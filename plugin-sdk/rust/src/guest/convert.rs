//! The bindings' types, turned into the SDK's and back.

use super::bindings::cuebox::plugin::{shotgun as wire_shotgun, types as wire};
use super::bindings::wasi::config::store as wire_config;
use super::bindings::wasi::keyvalue::store as wire_keyvalue;
use super::bindings::wasi::logging::logging as wire_logging;
use super::callbacks;
use crate::log::Level;
use crate::shotgun::{Query, Sort};
use crate::{
    AttributeChange, Callback, Change, EntityRef, Error, Event, FieldValue, OnError, Outcome,
    SiteTime,
};

const MILLIS_PER_SECOND: u128 = 1_000;

impl From<wire::Event> for Event {
    fn from(event: wire::Event) -> Self {
        let earlier = event.earlier.clone();
        let earlier = earlier.into_iter().map(|earlier| earlier_event(&event, earlier)).collect();
        Self {
            id: event.id,
            event_type: event.event_type,
            attribute_name: event.attribute_name,
            entity: event.entity.map(Into::into),
            project: event.project.map(Into::into),
            user: event.user.map(Into::into),
            sudo_actual_user: event.sudo_actual_user.map(Into::into),
            session_uuid: event.session_uuid,
            created_at: SiteTime(event.created_at),
            change: event.change.into(),
            meta_json: event.meta,
            attempt: event.attempt,
            late: event.late,
            earlier,
        }
    }
}

/// What comes with a later event is of the same entity.
fn earlier_event(event: &wire::Event, earlier: wire::EarlierEvent) -> Event {
    Event {
        id: earlier.id,
        event_type: earlier.event_type,
        attribute_name: earlier.attribute_name,
        entity: event.entity.clone().map(Into::into),
        project: event.project.clone().map(Into::into),
        user: earlier.user.map(Into::into),
        sudo_actual_user: earlier.sudo_actual_user.map(Into::into),
        session_uuid: earlier.session_uuid,
        created_at: SiteTime(earlier.created_at),
        change: earlier.change.into(),
        meta_json: earlier.meta,
        attempt: event.attempt,
        late: earlier.late,
        earlier: Vec::new(),
    }
}

impl From<wire::Change> for Change {
    fn from(change: wire::Change) -> Self {
        match change {
            wire::Change::Attribute(change) => Self::Attribute(change.into()),
            wire::Change::Created => Self::Created,
            wire::Change::Retired => Self::Retired,
            wire::Change::Revived => Self::Revived,
            wire::Change::Other => Self::Other,
        }
    }
}

impl From<wire::AttributeChange> for AttributeChange {
    fn from(change: wire::AttributeChange) -> Self {
        Self {
            field: change.field,
            data_type: change.data_type,
            old: change.old.into(),
            new: change.new.into(),
            added: change.added.into_iter().map(Into::into).collect(),
            removed: change.removed.into_iter().map(Into::into).collect(),
            in_create: change.in_create,
            is_transient: change.is_transient,
            mirror_of: change.mirror_of,
        }
    }
}

impl From<wire::Value> for FieldValue {
    fn from(value: wire::Value) -> Self {
        match value {
            wire::Value::Null => Self::Null,
            wire::Value::Boolean(boolean) => Self::Boolean(boolean),
            wire::Value::Integer(integer) => Self::Integer(integer),
            wire::Value::Number(number) => Self::Number(number),
            wire::Value::Text(text) => Self::Text(text),
            wire::Value::Entity(entity) => Self::Entity(entity.into()),
            wire::Value::Entities(entities) => {
                Self::Entities(entities.into_iter().map(Into::into).collect())
            }
            // The contract promises JSON; a host that breaks the promise loses nothing of what it sent.
            wire::Value::Other(json) => {
                Self::Other(serde_json::from_str(&json).unwrap_or_else(|_| json.into()))
            }
        }
    }
}

impl From<wire::EntityRef> for EntityRef {
    fn from(entity: wire::EntityRef) -> Self {
        Self { entity_type: entity.entity_type, id: entity.id, name: entity.name }
    }
}

impl From<&EntityRef> for wire::EntityRef {
    fn from(entity: &EntityRef) -> Self {
        Self { entity_type: entity.entity_type.clone(), id: entity.id, name: entity.name.clone() }
    }
}

impl From<&Query> for wire_shotgun::Query {
    fn from(query: &Query) -> Self {
        Self {
            entity_type: query.entity_type.clone(),
            filters: serde_json::Value::from(query.filters.clone()).to_string(),
            fields: query.fields.clone(),
            order: query.order.iter().map(Into::into).collect(),
            limit: query.limit,
            page: query.page,
            retired_only: query.retired_only,
            include_archived_projects: query.include_archived_projects,
        }
    }
}

impl From<&Sort> for wire_shotgun::Sort {
    fn from(sort: &Sort) -> Self {
        Self { field: sort.field.clone(), descending: sort.descending }
    }
}

impl From<wire_shotgun::Error> for Error {
    fn from(error: wire_shotgun::Error) -> Self {
        match error {
            wire_shotgun::Error::Denied(what) => Self::Denied(what),
            wire_shotgun::Error::Fault((code, message)) => Self::Fault { code, message },
            wire_shotgun::Error::Unavailable(what) => Self::Unavailable(what),
            wire_shotgun::Error::Limit(what) => Self::Limit(what),
            wire_shotgun::Error::Invalid(what) => Self::Invalid(what),
        }
    }
}

impl From<&Callback> for callbacks::Callback {
    fn from(callback: &Callback) -> Self {
        Self {
            name: callback.name().to_owned(),
            filters: callback.filters().iter().map(Into::into).collect(),
            on_error: callback.failure_choice().map(Into::into),
            coalesce: callback
                .window()
                .map(|window| u32::try_from(window.as_millis()).unwrap_or(u32::MAX)),
        }
    }
}

impl From<&crate::EventFilter> for callbacks::Filter {
    fn from(filter: &crate::EventFilter) -> Self {
        Self { event_type: filter.event_type.clone(), attributes: filter.attributes.clone() }
    }
}

impl From<OnError> for callbacks::OnError {
    fn from(on_error: OnError) -> Self {
        match on_error {
            OnError::Deactivate => Self::Deactivate,
            OnError::Continue => Self::Continue,
            OnError::DeadLetter => Self::DeadLetter,
        }
    }
}

impl From<Outcome> for callbacks::Outcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::Done,
            Outcome::Skipped(why) => Self::Skipped(why),
            Outcome::RetryAfter(delay) => {
                let seconds = delay.as_millis().div_ceil(MILLIS_PER_SECOND);
                Self::RetryAfter(u32::try_from(seconds).unwrap_or(u32::MAX))
            }
            Outcome::Rejected(why) => Self::Rejected(why),
        }
    }
}

impl From<Level> for wire_logging::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Trace => Self::Trace,
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
            Level::Critical => Self::Critical,
        }
    }
}

/// What the host said of a setting.
pub(super) fn setting_error(key: &str, error: wire_config::Error) -> Error {
    let (wire_config::Error::Upstream(reason) | wire_config::Error::Io(reason)) = error;
    Error::setting(key, format_args!("cannot be read: {reason}"))
}

/// What the host said of a key-value.
pub(super) fn keyvalue_error(key: &str, error: wire_keyvalue::Error) -> Error {
    let reason = match error {
        wire_keyvalue::Error::NoSuchStore => "the host has no bucket `default`".to_owned(),
        wire_keyvalue::Error::AccessDenied => return Error::Denied(format!("key-value `{key}`")),
        wire_keyvalue::Error::Other(reason) => reason,
    };
    Error::KeyValue { key: key.to_owned(), reason }
}
