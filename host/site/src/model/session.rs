//! Sessions: what a token stands for, how long, and what the event log tells of it.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::auth::Actor;
use super::value::Ref;
use super::{Ending, Model, Now, auth, transaction};
use crate::wire::ApiError;

/// The open sessions, by token.
#[derive(Debug, Default)]
pub struct Sessions {
    pub(super) open: BTreeMap<String, Session>,
}

/// One session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    pub user: Ref,
    pub expired: bool,
    pub used_at: Now,
}

impl Model {
    /// The token of a session of whoever calls: the one that the caller came with, or a new one. A person who came with a
    /// password logs in by that.
    pub(super) fn session_token(&mut self, actor: &Actor, now: Now) -> String {
        let user = actor.user.expect("a caller that was authenticated is somebody");
        if let (Some(token), None) = (&actor.session_token, actor.sudo_actual_user) {
            return token.clone();
        }
        let token = self.random.uuid().replace('-', "");
        self.sessions.open.insert(token.clone(), Session { user, expired: false, used_at: now });
        if self.type_name(user) == "HumanUser" && actor.sudo_actual_user.is_none() {
            self.record_login(Some(user), "Login", None, now);
        }
        token
    }

    /// Who a token stands for, from which moment on it has been used again. A session that has expired is taken up again
    /// unless the caller wants it refused, as the official client does.
    pub(super) fn session_user(
        &mut self,
        token: &str,
        reject_if_expired: bool,
        now: Now,
    ) -> Result<Ref, ApiError> {
        let life = Duration::from_secs(self.settings.session_life_seconds);
        let Some(session) = self.sessions.open.get_mut(token) else { return Err(refused(token)) };
        session.expired |= session.used_at.plus(life) <= now;
        if session.expired && reject_if_expired {
            return Err(refused(token));
        }
        (session.expired, session.used_at) = (false, now);
        let user = session.user;
        if self.tables.live(user).is_none() || !auth::is_active(self, user) {
            return Err(refused(token));
        }
        Ok(user)
    }

    /// Ends the sessions of the person with this login, who logs out, and says how many had not expired.
    pub fn log_out(&mut self, login: &str, now: Now) -> usize {
        let Some(user) = auth::find(self, "HumanUser", "login", login) else { return 0 };
        self.settle(now);
        let before = self.sessions.open.values().filter(|session| !session.expired).count();
        self.sessions.open.retain(|_, session| session.user != user);
        let after = self.sessions.open.values().filter(|session| !session.expired).count();
        self.record_login(Some(user), "Logout", None, now);
        before - after
    }

    /// Tells that somebody logged in or out, or tried to with `login`.
    pub(super) fn record_login(
        &mut self,
        user: Option<Ref>,
        action: &str,
        login: Option<&str>,
        now: Now,
    ) {
        let actor = Actor { user, logs: true, ..Actor::site() };
        let meta = login.map_or(json!({}), |login| json!({"login": login}));
        transaction::run(self, &actor, now, Ending::Policy, |transaction| {
            transaction.record_of_user(user, action, meta);
            Ok(())
        })
        .expect("telling of a login cannot fail");
    }

    /// Lets a session expire, as after a day without use. False if there is no such session, or it has expired.
    pub fn expire_session(&mut self, token: &str) -> bool {
        match self.sessions.open.get_mut(token) {
            Some(session) => !std::mem::replace(&mut session.expired, true),
            None => false,
        }
    }

    /// Lets all sessions expire and says how many had not.
    pub fn expire_sessions(&mut self) -> usize {
        let mut expired = 0;
        for session in self.sessions.open.values_mut() {
            expired += usize::from(!std::mem::replace(&mut session.expired, true));
        }
        expired
    }
}

fn refused(token: &str) -> ApiError {
    let tail: String = token.chars().skip(token.chars().count().saturating_sub(4)).collect();
    ApiError::authentication(format!("Can't authenticate session token ending with '{tail}'"))
}
