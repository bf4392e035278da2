//! Holding a call to the grants, with what has to be asked of the site for that: the kinds of fields, and the projects of
//! records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::shotgun::query::{Filters, Read};
use ::shotgun::{CallError, SchemaRead};
use policy::shotgun::{
    Effective, FieldKind, Filter, Narrowed, Need, Operation, ProjectValue, Projects, Question,
    Refusal, Schema, Undecided, Write,
};
use serde_json::{Value, json};

use super::evidence;
use super::touched::{self, Part};
use super::{Answer, shown};
use crate::bindings::cuebox::plugin::shotgun::Error;
use crate::capability::Capabilities;
use crate::capability::change::Wanted;
use crate::capability::supposed::{Before, FIRST_ID};
use crate::effect::AllowingLine;

/// What is known of the site's fields, for a while.
#[derive(Clone, Default)]
pub struct KnownFields(Arc<Mutex<BTreeMap<String, (Instant, Kinds)>>>);

/// What each field of a type holds.
type Kinds = BTreeMap<String, FieldKind>;

/// How long the fields of a type are believed: a field that is new on the site can be used after that.
const BELIEVED: Duration = Duration::from_secs(600);

/// That a change may be made, by which lines, and what may be shown of its answer.
#[derive(Default)]
pub(super) struct Held {
    effective: Effective,
    parts: Vec<shown::Written>,
    is_batch: bool,
    /// The lines that allow it.
    pub(super) lines: BTreeSet<AllowingLine>,
    /// What was there before, as far as it was asked already.
    pub(super) before: Before,
}

impl Held {
    /// What of the answer the plugin is shown.
    pub(super) fn shown(&self, answer: String) -> Result<String, Error> {
        // A method's answer is what its own grant is for.
        if self.effective.reads_everything() || self.parts.is_empty() {
            return Ok(answer);
        }
        shown::written(&answer, self.is_batch, &self.parts, &self.effective).ok_or_else(unreadable)
    }
}

impl Capabilities {
    /// What the plugin may do now.
    pub(crate) fn effective(&self) -> Effective {
        Effective {
            granted: self.setup.grants.now().shotgun.clone(),
            requested: self.setup.requests.as_ref().map(|requests| requests.shotgun.clone()),
        }
    }

    /// Counts a call, and holds it to what the plugin may do at this moment, whatever is granted.
    pub(super) fn admit(&mut self, kind: &Need) -> Answer<Effective> {
        self.count_call()?;
        if let Err(refusal) = Effective::allow_in_phase(self.call.phase, kind) {
            return Ok(Err(self.denied(refusal)));
        }
        Ok(Ok(self.effective()))
    }

    /// Counts a call that is allowed against what the plugin may ask of the site in a minute.
    pub(crate) fn take_site_call(&mut self) -> Result<(), Error> {
        let max = self.setup.limits.site_calls_per_minute;
        if self.setup.quotas.site_calls.take(1, Instant::now()) {
            return Ok(());
        }
        self.refusals.over("site_calls_per_minute", max);
        let why = format!("more calls to the site than the limit `site_calls_per_minute` of {max}");
        Err(Error::Limit(why))
    }

    /// Holds a call to the grants that is on no record.
    pub(in crate::capability) fn admit_need(&mut self, need: Need) -> Answer<Projects> {
        let effective = match self.admit(&need)? {
            Ok(effective) => effective,
            Err(refused) => return Ok(Err(refused)),
        };
        let needs = BTreeSet::from([need]);
        let allowed = effective.allow(&needs);
        self.setup.usage.note_needs(&needs, None, allowed.is_ok());
        Ok(allowed.map_err(|refusal| self.denied(refusal)))
    }

    pub(super) fn denied(&mut self, refusal: Refusal) -> Error {
        let why = refusal.for_plugin(&self.setup.name).to_string();
        self.refusals.denied(&why);
        Error::Denied(why)
    }

    /// Narrows a question to what may be read.
    pub(super) async fn narrow(
        &mut self,
        question: Question<Value>,
        effective: &Effective,
    ) -> Result<Narrowed<Value>, Error> {
        let mut schema = self.setup.fields.schema();
        let needs = question.needs().unwrap_or_default();
        loop {
            match question.clone().narrow(effective, &schema) {
                Ok(narrowed) => {
                    self.setup.usage.note_needs(&needs, None, true);
                    return Ok(narrowed);
                }
                Err(Undecided::Refused(refusal)) => {
                    self.setup.usage.note_needs(&needs, None, false);
                    return Err(self.denied(refusal));
                }
                Err(Undecided::NeedsSchema(entity_type)) => {
                    let kinds = self.field_kinds(&entity_type).await?;
                    self.setup.fields.learn(&entity_type, kinds.clone());
                    schema.0.insert(entity_type, kinds);
                }
            }
        }
    }

    /// Holds a change to the grants, and what it changes to its projects.
    pub(super) async fn hold(&mut self, wanted: &Wanted<'_>) -> Answer<Held> {
        let effective = match self.admit(&touched::kind_of(wanted))? {
            Ok(effective) => effective,
            Err(refused) => return Ok(Err(refused)),
        };
        Ok(match touched::by_change(wanted) {
            Some(parts) => {
                let is_batch = matches!(wanted, Wanted::Batch(_));
                let held = self.hold_parts(parts, &effective).await;
                held.map(|held| Held { effective, is_batch, ..held })
            }
            None => {
                let needs = BTreeSet::from([touched::kind_of(wanted)]);
                let allowed = effective.allow(&needs);
                self.setup.usage.note_needs(&needs, None, allowed.is_ok());
                let lines = evidence::lines_of(&effective, |grants| {
                    let covering = needs.iter().flat_map(|need| grants.covering(need));
                    covering.map(|line| (line.place, line.grant)).collect()
                });
                allowed
                    .map(|_| Held { effective, lines, ..Held::default() })
                    .map_err(|refusal| self.denied(refusal))
            }
        })
    }

    async fn hold_parts(&mut self, parts: Vec<Part>, effective: &Effective) -> Result<Held, Error> {
        let mut decided = Vec::new();
        let mut to_find: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        for part in parts {
            let written = part.write.decide(effective).map_err(|refusal| {
                self.setup.usage.note_needs(&part.write.needs(), known_project(&part.write), false);
                self.denied(refusal)
            })?;
            self.hold_answer(&part, effective).await?;
            if let (true, Some(id)) = (written.needs_project, part.write.id) {
                to_find.entry(part.write.entity_type.clone()).or_default().insert(id);
            }
            decided.push((part, written));
        }
        let mut set = evidence::set_by(decided.iter().map(|(part, _)| &part.write));
        let (mut found, mut before) = (BTreeMap::new(), Before::new());
        for (entity_type, ids) in to_find {
            let fields = set.remove(&entity_type).unwrap_or_default().fields;
            let (projects, values) = self.found_before(&entity_type, &ids, fields).await?;
            found.insert(entity_type, projects);
            before.extend(values);
        }
        let (mut answers, mut lines) = (Vec::new(), BTreeSet::new());
        for (part, written) in decided {
            let write = part.write;
            let of_record =
                write.id.and_then(|id| found.get(&write.entity_type)?.get(&id).copied().flatten());
            if written.needs_project {
                let held = write.held(&written.projects, of_record);
                held.map_err(|refusal| self.denied(refusal))?;
            }
            let project = match (write.project, write.entity_type.as_str()) {
                (_, "Project") => write.id,
                (ProjectValue::Project(id), _) => Some(id),
                (ProjectValue::Unmentioned, _) => of_record,
                (ProjectValue::Other, _) => None,
            };
            let at = if write.id.is_some() { of_record.or(project) } else { project };
            lines.extend(evidence::lines_of(effective, |grants| {
                write.allowed_by(grants, of_record)
            }));
            self.setup.usage.note_needs(&write.needs(), at, true);
            let return_fields = part.return_fields;
            answers.push(shown::Written { entity_type: write.entity_type, project, return_fields });
        }
        Ok(Held { parts: answers, lines, before, ..Held::default() })
    }

    /// Holds what a creation answers to what may be read.
    async fn hold_answer(&mut self, part: &Part, effective: &Effective) -> Result<(), Error> {
        if part.return_fields.is_empty() {
            return Ok(());
        }
        let question = Question {
            entity_type: part.write.entity_type.clone(),
            filter: Filter::All(Vec::new()),
            fields: part.return_fields.clone(),
            order: Vec::new(),
            summaries: Vec::new(),
            grouping: Vec::new(),
        };
        let narrowed = self.narrow(question, effective).await?;
        let project = known_project(&part.write);
        if let Some(path) = narrowed.checks.keys().next() {
            return Err(self.denied(Refusal::CannotBeHeld {
                what: "answer a creation with",
                path: path.clone(),
                why: "what it leads to is granted in some projects only; read it with `find`"
                    .to_owned(),
            }));
        }
        if !narrowed.projects.holds(project) {
            return Err(self.denied(Refusal::OutsideProjects {
                operation: Operation::Read,
                entity_type: part.write.entity_type.clone(),
                id: None,
                projects: narrowed.projects,
            }));
        }
        Ok(())
    }

    /// The projects of records, and, where that is wanted, what is in their fields.
    async fn found_before(
        &mut self,
        entity_type: &str,
        ids: &BTreeSet<u64>,
        fields: BTreeSet<String>,
    ) -> Result<(BTreeMap<u64, Option<u64>>, Before), Error> {
        if fields.is_empty() || !self.setup.reads_before {
            return Ok((self.projects_of(entity_type, ids).await?, Before::new()));
        }
        let asked = fields.iter().cloned().chain(["project".to_owned()]).collect();
        match self.records_of(entity_type, ids, asked).await {
            Ok(rows) => {
                let projects = shown::projects(rows.iter().map(String::as_str));
                Ok((projects, evidence::before_of(entity_type, &rows, &fields)))
            }
            // A field can be written and not be read: that is no reason to refuse the write.
            Err(error) if error.fault().is_some() => {
                Ok((self.projects_of(entity_type, ids).await?, Before::new()))
            }
            Err(error) => Err(self.translate(&error)),
        }
    }

    /// The projects of records.
    pub(super) async fn projects_of(
        &mut self,
        entity_type: &str,
        ids: &BTreeSet<u64>,
    ) -> Result<BTreeMap<u64, Option<u64>>, Error> {
        let rows = self.records_of(entity_type, ids, vec!["project".to_owned()]).await;
        let rows = rows.map_err(|error| self.translate(&error))?;
        Ok(shown::projects(rows.iter().map(String::as_str)))
    }

    /// Records by their numbers, those in the trash, too: a call that is repeated can have put them there.
    pub(super) async fn records_of(
        &mut self,
        entity_type: &str,
        ids: &BTreeSet<u64>,
        fields: Vec<String>,
    ) -> Result<Vec<String>, CallError> {
        let mut found = Vec::new();
        let mut missing = ids.clone();
        for retired_only in [false, true] {
            if missing.is_empty() {
                break;
            }
            let (pretended, on_site): (BTreeSet<u64>, BTreeSet<u64>) =
                missing.iter().partition(|id| **id >= FIRST_ID);
            let condition = json!({"path": "id", "relation": "in", "values": on_site});
            let read = Read {
                filters: Filters::from_wire(
                    json!({"logical_operator": "and", "conditions": [condition]}),
                ),
                fields: fields.clone(),
                retired_only,
                ..Read::new(entity_type)
            };
            if !on_site.is_empty() {
                let rows =
                    self.perform("find", async |client, caller| client.read(caller, &read).await);
                let rows = rows.await?;
                // What is in the trash for the plugin only is where it was.
                let with_trash = Read { retired_only: true, ..read.clone() };
                let rows = rows.iter().map(str::to_owned);
                found.extend(self.call.pretended.patched(&with_trash, rows));
            }
            found.extend(self.call.pretended.found(&read, &pretended));
            let is_found = shown::projects(found.iter().map(String::as_str));
            missing.retain(|id| !is_found.contains_key(id));
        }
        Ok(found)
    }

    async fn field_kinds(&mut self, entity_type: &str) -> Result<Kinds, Error> {
        let read = SchemaRead::Fields { entity_type: entity_type.to_owned(), field: None };
        let schema = self
            .perform("schema-read", async |client, caller| {
                client.schema_read(caller, &read, None).await
            })
            .await
            .map_err(|error| self.translate(&error))?;
        let schema: BTreeMap<String, Value> =
            serde_json::from_str(schema.get()).map_err(|_| unreadable())?;
        let kind = |(field, properties): (String, Value)| {
            let data_type = properties["data_type"]["value"].as_str()?;
            Some((field, FieldKind::of(data_type)))
        };
        Ok(schema.into_iter().filter_map(kind).collect())
    }
}

impl KnownFields {
    fn schema(&self) -> Schema {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = known.iter().filter(|(_, (since, _))| since.elapsed() < BELIEVED);
        Schema(fresh.map(|(name, (_, fields))| (name.clone(), fields.clone())).collect())
    }

    fn learn(&self, entity_type: &str, kinds: Kinds) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(entity_type.to_owned(), (Instant::now(), kinds));
    }
}

/// The project that a write says its record is in.
fn known_project(write: &Write) -> Option<u64> {
    match write.project {
        ProjectValue::Project(id) => Some(id),
        ProjectValue::Unmentioned | ProjectValue::Other => None,
    }
}

/// An answer that cannot be held to the grants is not shown.
pub(super) fn unreadable() -> Error {
    Error::Unavailable("the site's answer is not of the form that it should have".to_owned())
}
