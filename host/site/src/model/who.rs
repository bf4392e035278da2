//! Who makes a request, where that is known and need not be proven: in a site's file, and in a timeline.

use std::sync::Arc;

use super::auth::{self, Actor};
use super::value::Ref;
use super::{Ending, EntityLink, Hold, Model, Now, rpc};
use crate::wire::{Answer, ApiError, Request};

/// Somebody who makes requests. Holds nothing that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The person or script.
    pub user: EntityLink,
    /// The person that a script acts as.
    pub acting_as: Option<EntityLink>,
    /// The browser session, as the events of the request name it.
    pub session_uuid: Option<String>,
}

impl Who {
    /// What the model knows the caller as.
    pub(super) fn actor(&self, model: &Model) -> Result<Actor, ApiError> {
        let find = |link: &EntityLink| {
            let entity_type = model.schema.type_id(&link.entity_type);
            let found = entity_type.map(|entity_type| Ref { entity_type, id: link.id });
            found.filter(|user| model.tables.live(*user).is_some()).ok_or_else(|| {
                ApiError::authentication(format!("There is no {} {}", link.entity_type, link.id))
            })
        };
        let acting_as = self.acting_as.as_ref().map(find).transpose()?;
        let session_uuid = self.session_uuid.as_deref().map(Arc::from);
        Ok(Actor { session_uuid, ..auth::acting(model, find(&self.user)?, acting_as) })
    }
}

impl Model {
    /// Whom a request is from, if it proves that. Nothing is counted as a use of a session.
    pub(crate) fn who(&self, request: &Request) -> Option<Who> {
        let actor = auth::identify(self, request.params.first())?;
        let link = |user: Ref| EntityLink::new(self.type_name(user), user.id);
        let (user, acting_as) = match actor.sudo_actual_user {
            Some(script) => (script, actor.user),
            None => (actor.user?, None),
        };
        Some(Who {
            user: link(user),
            acting_as: acting_as.map(link),
            session_uuid: actor.session_uuid.as_deref().map(str::to_owned),
        })
    }

    /// The person with this login, or else the script of this name.
    ///
    /// # Errors
    /// If there is neither.
    pub(crate) fn who_is_called(&self, name: &str) -> Result<Who, ApiError> {
        let found = auth::find(self, "HumanUser", "login", name)
            .or_else(|| auth::find(self, "ApiUser", "firstname", name))
            .ok_or_else(|| ApiError::authentication(format!("Nobody is called '{name}'")))?;
        let user = EntityLink::new(self.type_name(found), found.id);
        Ok(Who { user, acting_as: None, session_uuid: None })
    }

    /// As [`Model::rpc`], for somebody who need not prove who they are.
    pub(crate) fn rpc_as(
        &mut self,
        who: &Who,
        request: &Request,
        now: Now,
    ) -> Result<Answer, ApiError> {
        self.settle(now);
        rpc::answer(self, Some(who), request, now, Ending::Policy).map(|(answer, _)| answer)
    }

    /// As [`Model::rpc_held`], for somebody who need not prove who they are.
    pub(crate) fn rpc_held_as(
        &mut self,
        who: &Who,
        request: &Request,
        now: Now,
    ) -> Result<(Answer, Hold), ApiError> {
        self.settle(now);
        rpc::answer(self, Some(who), request, now, Ending::Hold)
            .map(|(answer, hold)| (answer, hold.unwrap_or_else(Hold::empty)))
    }

    /// Writes into the event log that somebody could not log in as `login`.
    pub(crate) fn fail_login(&mut self, login: &str, now: Now) {
        self.settle(now);
        let user = auth::find(self, "HumanUser", "login", login);
        self.record_login(user, "FailedLogin", Some(login), now);
    }
}
