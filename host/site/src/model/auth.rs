//! Who calls: scripts by key, people by password, both by session token, and who they act as.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::Model;
use super::value::{Ref, Value};
use crate::wire::ApiError;

/// In whose name a call is made.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Who is credited; nobody for what the site itself does.
    pub user: Option<Ref>,
    /// The script behind a person it acts as.
    pub sudo_actual_user: Option<Ref>,
    pub session_uuid: Option<Arc<str>>,
    /// Whether what is written shows in the event log.
    pub logs: bool,
}

/// The open sessions, by token.
#[derive(Debug, Default)]
pub struct Sessions(pub(super) BTreeMap<String, Session>);

/// One session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    pub user: Ref,
    pub expired: bool,
}

impl Actor {
    /// The site itself: writes nothing into the event log.
    pub fn site() -> Self {
        Self { user: None, sudo_actual_user: None, session_uuid: None, logs: false }
    }
}

/// Finds out who calls. Fails with 102 where the real service does.
pub fn authenticate(model: &mut Model, auth: Option<&Json>) -> Result<Actor, ApiError> {
    let Some(auth) = auth.and_then(Json::as_object) else {
        return Err(ApiError::authentication("Can't authenticate: no credentials were sent"));
    };
    let caller = caller(model, auth)?;
    let (user, sudo_actual_user) = match text(auth, "sudo_as_login") {
        Some(login) => (impersonated(model, caller, login)?, Some(caller)),
        None => (caller, None),
    };
    let session_uuid = text(auth, "session_uuid").map(|uuid| model.log.intern(uuid));
    let logs = sudo_actual_user.is_some() || generates_events(model, user);
    Ok(Actor { user: Some(user), sudo_actual_user, session_uuid, logs })
}

fn text<'a>(auth: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    auth.get(key).and_then(Json::as_str).filter(|text| !text.is_empty())
}

/// Who the credentials belong to: a person's come first, then a script's, then a session's.
fn caller(model: &Model, auth: &Map<String, Json>) -> Result<Ref, ApiError> {
    if let Some(login) = text(auth, "user_login") {
        let password = text(auth, "user_password").unwrap_or_default();
        return person(model, login)
            .filter(|user| {
                is_active(model, *user)
                    && field(model, *user, "password_proxy").as_text() == Some(password)
            })
            .ok_or_else(|| {
                ApiError::authentication(format!("Can't authenticate user '{login}'."))
            });
    }
    if let Some(name) = text(auth, "script_name") {
        let key = text(auth, "script_key").unwrap_or_default();
        return find(model, "ApiUser", "firstname", name)
            .filter(|script| field(model, *script, "salted_password").as_text() == Some(key))
            .ok_or_else(|| {
                ApiError::authentication(format!("Can't authenticate script '{name}'"))
            });
    }
    let token = text(auth, "session_token").unwrap_or_default();
    match model.sessions.0.get(token) {
        Some(session) if !session.expired && model.tables.live(session.user).is_some() => {
            Ok(session.user)
        }
        _ => {
            let tail: String =
                token.chars().skip(token.chars().count().saturating_sub(4)).collect();
            Err(ApiError::authentication(format!(
                "Can't authenticate session token ending with '{tail}'"
            )))
        }
    }
}

/// The person that `caller` wants to act as.
fn impersonated(model: &Model, caller: Ref, login: &str) -> Result<Ref, ApiError> {
    let refused = |why: &str| ApiError::authentication(format!("Cannot 'sudo' - {why}: '{login}'"));
    if model.schema.entity_type(caller.entity_type).name != "ApiUser" {
        return Err(ApiError::authentication(format!(
            "The user does not have permission to 'sudo': '{login}'"
        )));
    }
    let user = person(model, login).ok_or_else(|| refused("unknown or retired user"))?;
    if !is_active(model, user) {
        return Err(refused("inactive user account"));
    }
    if field(model, user, "can_impersonate_this_user") == &Value::Bool(false) {
        return Err(refused("user account has 'can_impersonate_this_user' turned off"));
    }
    Ok(user)
}

fn person(model: &Model, login: &str) -> Option<Ref> {
    find(model, "HumanUser", "login", login)
}

fn is_active(model: &Model, user: Ref) -> bool {
    field(model, user, "sg_status_list").as_text().is_none_or(|status| status == "act")
}

fn generates_events(model: &Model, user: Ref) -> bool {
    field(model, user, "generate_event_log_entries") != &Value::Bool(false)
}

/// The live record of a type whose text field is `wanted`.
fn find(model: &Model, entity_type: &str, field: &str, wanted: &str) -> Option<Ref> {
    let entity_type = model.schema.type_id(entity_type)?;
    let index = model.schema.entity_type(entity_type).field_index(field)?;
    let mut live = model.tables.rows(entity_type).filter(|row| row.retired.is_none());
    let found = live.find(|row| row.value(index).as_text() == Some(wanted))?;
    Some(Ref { entity_type, id: found.id })
}

/// A field of a record by name; null if there is none.
fn field<'a>(model: &'a Model, record: Ref, name: &str) -> &'a Value {
    let index = model.schema.entity_type(record.entity_type).field_index(name);
    match (model.tables.row(record), index) {
        (Some(row), Some(index)) => row.value(index),
        _ => &Value::Null,
    }
}

impl Model {
    /// Opens a session for a user and returns its token.
    pub(super) fn open_session(&mut self, user: Ref) -> String {
        let token = self.random.uuid().replace('-', "");
        self.sessions.0.insert(token.clone(), Session { user, expired: false });
        token
    }

    /// Lets a session expire, as after a day without use. False if there is no such session.
    pub fn expire_session(&mut self, token: &str) -> bool {
        match self.sessions.0.get_mut(token) {
            Some(session) => !std::mem::replace(&mut session.expired, true),
            None => false,
        }
    }

    /// Makes the model's own tokens unpredictable from `seed`; without it they are the same on every run.
    pub fn set_seed(&mut self, seed: u64) {
        self.random = super::random::Random::new(seed);
    }

    /// Changes the key of a script, as an administrator does. False if there is no such script.
    pub fn set_script_key(&mut self, name: &str, key: &str) -> bool {
        let Some(script) = find(self, "ApiUser", "firstname", name) else { return false };
        let entity_type = self.schema.entity_type(script.entity_type);
        let Some(index) = entity_type.field_index("salted_password") else { return false };
        self.tables.set(script, index, Value::text(key));
        true
    }
}
