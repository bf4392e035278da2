//! Who calls: scripts by key, people by password, both by session token, and who they act as.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::value::{Ref, Value};
use super::{AuthenticationMethod, Model, Now};
use crate::wire::{ApiError, ErrorCode};

/// In whose name a call is made.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Who is credited; nobody for what the site itself does.
    pub user: Option<Ref>,
    /// The script behind a person it acts as.
    pub sudo_actual_user: Option<Ref>,
    pub session_uuid: Option<Arc<str>>,
    /// The session that the caller came with.
    pub session_token: Option<String>,
    /// Whether what is written shows in the event log.
    pub logs: bool,
}

impl Actor {
    /// The site itself: writes nothing into the event log.
    pub fn site() -> Self {
        Self {
            user: None,
            sudo_actual_user: None,
            session_uuid: None,
            session_token: None,
            logs: false,
        }
    }
}

/// Finds out who calls. Fails with 102 and its like where the real service does.
pub fn authenticate(model: &mut Model, auth: Option<&Json>, now: Now) -> Result<Actor, ApiError> {
    let Some(auth) = auth.and_then(Json::as_object) else {
        return Err(ApiError::authentication("Can't authenticate: no credentials were sent"));
    };
    let caller = caller(model, auth, now)?;
    actor(model, auth, caller)
}

/// Finds out who calls where that changes nothing: the key or the password is right, and no session is used.
pub fn recognize(model: &Model, auth: Option<&Json>) -> Option<Actor> {
    let auth = auth.and_then(Json::as_object)?;
    let caller = match text(auth, "user_login") {
        Some(login) => person_with_password(model, auth, login),
        None => script(model, auth, text(auth, "script_name")?),
    };
    actor(model, auth, caller.ok()?).ok()
}

fn actor(model: &Model, auth: &Map<String, Json>, caller: Ref) -> Result<Actor, ApiError> {
    let (user, sudo_actual_user) = match text(auth, "sudo_as_login") {
        Some(login) => (impersonated(model, caller, login)?, Some(caller)),
        None => (caller, None),
    };
    let session_uuid = text(auth, "session_uuid").map(Arc::from);
    let session_token = session_token(auth).map(str::to_owned);
    let acting_as = sudo_actual_user.is_some().then_some(user);
    Ok(Actor { session_uuid, session_token, ..acting(model, caller, acting_as) })
}

/// What `caller` does, or somebody it acts as.
pub fn acting(model: &Model, caller: Ref, acting_as: Option<Ref>) -> Actor {
    let user = acting_as.unwrap_or(caller);
    Actor {
        user: Some(user),
        sudo_actual_user: acting_as.map(|_| caller),
        session_uuid: None,
        session_token: None,
        logs: acting_as.is_some() || generates_events(model, user),
    }
}

/// Finds out who calls as [`authenticate`] does, and takes a session for good without looking how old it is.
pub fn identify(model: &Model, auth: Option<&Json>) -> Option<Actor> {
    let recognized = recognize(model, auth);
    if recognized.is_some() {
        return recognized;
    }
    let auth = auth.and_then(Json::as_object)?;
    let session = model.sessions.open.get(session_token(auth)?)?;
    actor(model, auth, session.user).ok()
}

/// The token that a caller proves itself with, if nothing that comes before it was sent.
fn session_token(auth: &Map<String, Json>) -> Option<&str> {
    let other = text(auth, "user_login").or_else(|| text(auth, "script_name"));
    text(auth, "session_token").filter(|_| other.is_none())
}

fn text<'a>(auth: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    auth.get(key).and_then(Json::as_str).filter(|text| !text.is_empty())
}

/// Who the credentials belong to: a person's come first, then a script's, then a session's.
fn caller(model: &mut Model, auth: &Map<String, Json>, now: Now) -> Result<Ref, ApiError> {
    if let Some(login) = text(auth, "user_login") {
        return person_with_password(model, auth, login).inspect_err(|error| {
            // Whoever is only asked for a code has not failed yet, and where people log in elsewhere nobody tried to.
            let wrong_code =
                error.code == ErrorCode::TwoFactorMissing && text(auth, "auth_token").is_some();
            if error.code == ErrorCode::Authentication || wrong_code {
                let user = person(model, login);
                model.record_login(user, "FailedLogin", Some(login), now);
            }
        });
    }
    if let Some(name) = text(auth, "script_name") {
        return script(model, auth, name);
    }
    let token = text(auth, "session_token").unwrap_or_default();
    let reject_if_expired = auth.get("reject_if_expired") == Some(&Json::Bool(true));
    model.session_user(token, reject_if_expired, now)
}

/// The script with this name, if the key is right.
fn script(model: &Model, auth: &Map<String, Json>, name: &str) -> Result<Ref, ApiError> {
    let key = text(auth, "script_key").unwrap_or_default();
    find(model, "ApiUser", "firstname", name)
        .filter(|script| field(model, *script, "salted_password").as_text() == Some(key))
        .ok_or_else(|| ApiError::authentication(format!("Can't authenticate script '{name}'")))
}

/// The person with this login, if the password is right, and the one-time code where one is needed.
fn person_with_password(
    model: &Model,
    auth: &Map<String, Json>,
    login: &str,
) -> Result<Ref, ApiError> {
    let settings = &model.settings;
    match settings.user_authentication_method {
        AuthenticationMethod::Default | AuthenticationMethod::Ldap => {}
        AuthenticationMethod::Saml2 => return Err(elsewhere(ErrorCode::SingleSignOn, "SSO")),
        AuthenticationMethod::Oxygen => {
            return Err(elsewhere(ErrorCode::AutodeskIdentity, "Autodesk Identity"));
        }
    }
    let password = text(auth, "user_password");
    let known = person(model, login).filter(|user| {
        is_active(model, *user)
            && password.is_some()
            && field(model, *user, "password_proxy").as_text() == password
    });
    let user = known
        .ok_or_else(|| ApiError::authentication(format!("Can't authenticate user '{login}'.")))?;
    let wants_code =
        settings.two_factor_required || settings.two_factor_logins.iter().any(|one| one == login);
    let code = text(auth, "auth_token");
    if wants_code && code != Some(settings.two_factor_code.as_str()) {
        let what = if code.is_some() { "is not valid" } else { "is missing" };
        return Err(ApiError::new(
            ErrorCode::TwoFactorMissing,
            format!(
                "Can't authenticate user '{login}': two-factor authentication is on, and the 'auth_token' {what}."
            ),
        ));
    }
    Ok(user)
}

/// The error where people prove who they are somewhere else.
fn elsewhere(code: ErrorCode, place: &str) -> ApiError {
    ApiError::new(
        code,
        format!(
            "Can't authenticate with a login and password: this site uses {place}. Log in on its page and use a session token."
        ),
    )
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

pub fn is_active(model: &Model, user: Ref) -> bool {
    field(model, user, "sg_status_list").as_text().is_none_or(|status| status == "act")
}

fn generates_events(model: &Model, user: Ref) -> bool {
    field(model, user, "generate_event_log_entries") != &Value::Bool(false)
}

/// The live record of a type whose text field is `wanted`.
pub fn find(model: &Model, entity_type: &str, field: &str, wanted: &str) -> Option<Ref> {
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
