//! A change on its way to the site: what is kept of it before it goes out, how it is made, and how it is found again.

use std::collections::BTreeSet;

use policy::shotgun::Write;
use serde_json::json;

use super::evidence;
use super::hold::Held;
use super::{sudo, touched};
use crate::bindings::cuebox::plugin::shotgun::Error;
use crate::capability::Capabilities;
use crate::capability::change::{Unclear, Wanted};
use crate::capability::supposed::Before;
use crate::effect::{Change, Created, DoubtEnding, Evidence, RequestDigest, Unmade, WriteKind};

/// A change on its way to the site.
pub(super) struct Sending<'a> {
    pub(super) capabilities: &'a mut Capabilities,
    pub(super) wanted: Wanted<'a>,
    pub(super) request: RequestDigest,
    pub(super) held: &'a Held,
    /// Of the person in whose name it is made.
    pub(super) login: Option<String>,
}

impl Sending<'_> {
    /// What is kept as evidence, and what is in the fields that are set.
    pub(super) async fn evidence_and_before(
        &mut self,
        reads_before: bool,
    ) -> Result<(Evidence, Before), Error> {
        let parts = touched::by_change(&self.wanted).unwrap_or_default();
        let writes: Vec<_> = parts.into_iter().map(|part| part.write).collect();
        let before = match reads_before {
            true => self.capabilities.before(&writes, self.held.before.clone()).await?,
            false => Before::new(),
        };
        let evidence = Evidence {
            entities: evidence::entities(&self.wanted),
            lines: self.held.lines.iter().cloned().collect(),
            before: evidence::before(&writes, &before),
            asked: evidence::asked(&self.wanted),
        };
        Ok((evidence, before))
    }
}

impl Change for Sending<'_> {
    type Error = Error;

    fn function(&self) -> &str {
        self.wanted.function()
    }

    fn subject(&self) -> &str {
        self.wanted.subject()
    }

    fn request(&self) -> RequestDigest {
        self.request
    }

    fn creates(&self) -> Vec<String> {
        let creations = self.wanted.creations().into_iter();
        creations.map(|(entity_type, ..)| entity_type.to_owned()).collect()
    }

    fn created(&self, answer: &str) -> Vec<Created> {
        self.wanted.created(answer)
    }

    fn ending_of_repetition(&self) -> DoubtEnding {
        self.wanted.ending_of_repetition()
    }

    async fn evidence(&mut self, is_first: bool) -> Result<Evidence, Error> {
        let reads_before = is_first && self.capabilities.setup.reads_before;
        self.evidence_and_before(reads_before).await.map(|(evidence, _)| evidence)
    }

    /// What was created is kept anyway; the rest of an answer says what was asked.
    fn detail(&self, _answer: &str) -> Option<String> {
        None
    }

    /// A script user that may not read is not told.
    async fn newest(&mut self, entity_type: &str) -> Result<Option<u64>, Error> {
        let asked = self
            .capabilities
            .perform("create", async |client, caller| client.newest_id(caller, entity_type).await);
        match asked.await {
            Ok(id) => Ok(Some(id)),
            Err(error) if error.is_transient() => Err(self.capabilities.translate(&error)),
            Err(_) => Ok(None),
        }
    }

    async fn make(&mut self) -> Result<String, Unmade<Error>> {
        let wanted = &self.wanted;
        let mut writes = touched::written_by(wanted);
        let effects = self.capabilities.call.effects_of.clone();
        // An event of it can arrive before its answer.
        effects.iter().for_each(|effects| effects.journal().writes(&writes));
        self.capabilities.call.sudo_as_login.clone_from(&self.login);
        let made = self
            .capabilities
            .perform(wanted.function(), async |client, caller| wanted.make(client, caller).await);
        let made = made.await;
        self.capabilities.call.sudo_as_login = None;
        if let Ok(answer) = &made {
            writes.retain(|write| write.kind == WriteKind::Create);
            let created = wanted.created(answer);
            writes.iter_mut().zip(created).for_each(|(write, (_, id))| write.id = Some(id));
            effects.iter().for_each(|effects| effects.journal().writes(&writes));
        }
        made.map_err(|error| Unmade {
            is_in_doubt: error.is_in_doubt(),
            detail: error
                .fault()
                .filter(|fault| !sudo::is_refusal(fault.message()))
                .map(|fault| json!({"code": fault.code, "message": fault.message()}).to_string()),
            error: self.capabilities.translate(&error),
        })
    }

    async fn find_made(
        &mut self,
        below: &(dyn Fn(&str) -> u64 + Sync),
    ) -> Result<Option<String>, Error> {
        let (wanted, login) = (&self.wanted, self.login.as_deref());
        let looked = self.capabilities.perform(wanted.function(), async |client, caller| {
            Ok(wanted.find_made(client, caller, login, below).await)
        });
        match looked.await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(Unclear::Site(error))) | Err(error) => Err(self.capabilities.translate(&error)),
            Ok(Err(Unclear::InPart)) => {
                self.capabilities.call.site_unavailable = true;
                let why =
                    "some of what an earlier attempt may have created is there, and some is not";
                Err(Error::Unavailable(why.to_owned()))
            }
        }
    }
}

impl Capabilities {
    /// What is in the fields that are set, for evidence: what `known` lacks is asked. What may not be read is not known.
    async fn before(&mut self, writes: &[Write], mut known: Before) -> Result<Before, Error> {
        for (entity_type, set) in evidence::set_by(writes.iter()) {
            let is_known = |id: &u64| known.contains_key(&(entity_type.clone(), *id));
            let unknown: BTreeSet<u64> =
                set.ids.iter().copied().filter(|id| !is_known(id)).collect();
            let fields = set.fields.iter().cloned().collect();
            match self.records_of(&entity_type, &unknown, fields).await {
                Ok(rows) => known.extend(evidence::before_of(&entity_type, &rows, &set.fields)),
                Err(error) if error.is_transient() => return Err(self.translate(&error)),
                Err(_) => {}
            }
        }
        Ok(known)
    }
}
