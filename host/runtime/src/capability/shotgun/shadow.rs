//! A plugin in shadow: its changes are decided as always, kept as evidence, and not made; what it reads afterwards, in the same
//! call, shows them.

use std::collections::BTreeSet;

use policy::shotgun::Narrowed;
use serde_json::Value;
use shotgun::query::Read;

use super::hold::Held;
use super::pretended::{self, Numbers};
use super::{Answer, Sending, no_delivery};
use crate::capability::Capabilities;
use crate::capability::change::Wanted;
use crate::effect::{Beginning, Effect, Recall, RequestDigest};

impl Capabilities {
    /// Answers a change as the site would, as far as that can be told, and keeps that it was asked for.
    pub(super) async fn pretend(
        &mut self,
        wanted: Wanted<'_>,
        held: &Held,
        arguments: &[&[u8]],
    ) -> Answer<String> {
        let Some(effects) = self.call.effects_of.clone() else { return Ok(Err(no_delivery())) };
        let (function, subject) = (wanted.function(), wanted.subject().to_owned());
        let request = RequestDigest::of(function, &subject, arguments).in_shadow();
        let mut sending = Sending { capabilities: self, wanted, request, held, login: None };
        let answer = match effects.recall(function, &subject, request) {
            Recall::Answered(answer) => answer,
            Recall::New(effect) | Recall::InDoubt(effect) => {
                let (evidence, before) = match sending.evidence_and_before(true).await {
                    Ok(known) => known,
                    Err(error) => return Ok(Err(error)),
                };
                let call = &sending.capabilities.call;
                let numbers = Numbers::of(call.event, effect.number);
                let answer = call.pretended.answer(&sending.wanted, numbers, &before);
                let effect = Effect { answer: Some(answer.clone()), ..effect };
                effects.journal().begin(&effect, Beginning::Pretended, &evidence).await?;
                answer
            }
        };
        let Sending { capabilities, wanted, .. } = sending;
        capabilities.call.pretended.take_over(&wanted, &answer);
        Ok(held.shown(answer))
    }

    /// Takes out of a question the records that were not made, which the site does not know. Whether there is something left to
    /// ask, and which they were.
    pub(super) fn set_aside(&self, read: &mut Read) -> (bool, BTreeSet<u64>) {
        if !self.setup.shadow {
            return (true, BTreeSet::new());
        }
        match pretended::pretended_ids(&read.filters) {
            None => (true, BTreeSet::new()),
            Some((ids, rest)) => {
                let is_left = rest.is_some();
                if let Some(rest) = rest {
                    read.filters = rest;
                }
                (is_left, ids)
            }
        }
    }

    /// The site's rows as the plugin would find them, and those of records that were not made; of these no more than it may see.
    pub(super) fn as_pretended(
        &self,
        read: &Read,
        rows: Vec<String>,
        ids: &BTreeSet<u64>,
        narrowed: &Narrowed<Value>,
    ) -> Vec<String> {
        let pretended = &self.call.pretended;
        if pretended.is_empty() {
            return rows;
        }
        let mut rows = pretended.patched(read, rows.into_iter());
        let may_see = |id: &u64| {
            let project = pretended.project(&read.entity_type, *id);
            narrowed.projects.holds(project)
        };
        rows.extend(pretended.found(read, &ids.iter().copied().filter(may_see).collect()));
        rows
    }
}
