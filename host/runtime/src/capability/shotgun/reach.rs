//! Holding calls out of projects that are halted. A call of the site that reaches into one, or of which nobody can say that it
//! does not, ends the call of the guest; nothing of an answer is shown, and nothing is changed.
//!
//! A project counts by its rows: what a path over a link leads to is not looked at.

use std::collections::{BTreeMap, BTreeSet};

use ::shotgun::query::{Filters, Read};
use policy::shotgun::ProjectValue;
use serde_json::{Value, json};

use super::touched;
use super::{Answer, hold};
use crate::capability::Capabilities;
use crate::capability::change::Wanted;
use crate::capability::gate::{Halted, Passage};

/// The type whose records are projects themselves.
const PROJECT: &str = "Project";

impl Capabilities {
    /// Lets a request to the site begin. To be kept until it is over.
    pub(super) fn pass(&self) -> wasmtime::Result<Passage> {
        Ok(self.setup.gate.request(self.call.project)?)
    }

    /// Holds a change out of halted projects.
    pub(super) async fn keep_change_out(
        &mut self,
        passage: &Passage,
        wanted: &Wanted<'_>,
    ) -> Answer<()> {
        if passage.projects.is_empty() {
            return Ok(Ok(()));
        }
        let Some(parts) = touched::by_change(wanted) else {
            return Err(passage.unknown().into());
        };
        let mut to_find: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        for part in parts {
            let write = part.write;
            if let ProjectValue::Project(id) = write.project {
                passage.holds_out(id)?;
            }
            match (write.entity_type.as_str(), write.id) {
                (PROJECT, Some(id)) => passage.holds_out(id)?,
                (_, Some(id)) => _ = to_find.entry(write.entity_type).or_default().insert(id),
                (_, None) => {}
            }
        }
        for (entity_type, ids) in to_find {
            let found = match self.projects_of(&entity_type, &ids).await {
                Ok(found) => found,
                Err(error) => return Ok(Err(error)),
            };
            found.into_values().flatten().try_for_each(|id| passage.holds_out(id))?;
        }
        Ok(Ok(()))
    }

    /// Holds a question for rows, or for sums over rows, out of halted projects: asks first whether a row of one is among them.
    pub(super) async fn keep_read_out(
        &mut self,
        passage: &Passage,
        entity_type: &str,
        filters: &Filters,
        retired_only: bool,
    ) -> Answer<()> {
        if passage.projects.is_empty() {
            return Ok(Ok(()));
        }
        let field = if entity_type == PROJECT { "id" } else { "project" };
        let value = |id: &u64| match entity_type {
            PROJECT => json!(id),
            _ => json!({"type": PROJECT, "id": id}),
        };
        let values: Vec<Value> = passage.projects.keys().map(value).collect();
        let inside = json!({"path": field, "relation": "in", "values": values});
        let both = json!({"logical_operator": "and", "conditions": [inside, filters.as_wire()]});
        let read = Read {
            filters: Filters::from_wire(both),
            fields: vec![field.to_owned()],
            limit: Some(1),
            retired_only,
            ..Read::new(entity_type)
        };
        let asked = self.perform("find", async |client, caller| client.read(caller, &read).await);
        match asked.await {
            Ok(rows) => match rows.iter().next().map(serde_json::from_str::<Value>) {
                None => Ok(Ok(())),
                Some(Ok(row)) => {
                    let id =
                        if entity_type == PROJECT { &row["id"] } else { &row["project"]["id"] };
                    match id.as_u64() {
                        Some(id) => Ok(Ok(passage.holds_out(id)?)),
                        None => Err(passage.unknown().into()),
                    }
                }
                Some(Err(_)) => Ok(Err(hold::unreadable())),
            },
            // A type whose records are in no project, or a question that the site refuses anyhow.
            Err(error) if error.fault().is_some() && !error.is_transient() => Ok(Ok(())),
            Err(error) => Ok(Err(self.translate(&error))),
        }
    }

    /// Holds a download out of halted projects.
    pub(super) async fn keep_download_out(
        &mut self,
        passage: &Passage,
        attachment: Option<u64>,
    ) -> Answer<()> {
        if passage.projects.is_empty() {
            return Ok(Ok(()));
        }
        let Some(id) = attachment else { return Err(passage.unknown().into()) };
        match self.projects_of("Attachment", &BTreeSet::from([id])).await {
            Ok(found) => {
                Ok(Ok(found.into_values().flatten().try_for_each(|id| passage.holds_out(id))?))
            }
            Err(error) => Ok(Err(error)),
        }
    }
}

impl Passage {
    /// Whether nothing is halted in this project.
    fn holds_out(&self, project: u64) -> Result<(), Halted> {
        match self.projects.get(&project) {
            None => Ok(()),
            Some(why) => Err(Halted { project: Some(project), why: why.clone() }),
        }
    }

    /// Of a call of which nobody can say where it reaches.
    pub(super) fn unknown(&self) -> Halted {
        let first = self.projects.first_key_value();
        let (project, why) = first.expect("asked for only while a project is halted");
        Halted { project: Some(*project), why: why.clone() }
    }
}
