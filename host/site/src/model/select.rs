//! Which records a `read` or `summarize` is about.

use super::filter::{Candidates, Filter};
use super::params::Params;
use super::path::Record;
use super::schema::FieldIndex;
use super::value::{Ref, TypeId, Value};
use super::{Model, Now};
use crate::wire::ApiError;

/// What to look for among the records of a type.
pub struct Selection {
    entity_type: TypeId,
    filter: Filter,
    candidates: Candidates,
    retired: bool,
    archived: Archived,
}

/// What happens to the records of archived projects.
enum Archived {
    Included,
    /// Left out: this is the field that says a project is archived.
    LeftOut(Option<FieldIndex>),
}

impl Selection {
    /// Reads `filters`, `return_only` and `include_archived_projects`.
    pub fn parse(
        model: &Model,
        params: &Params<'_>,
        entity_type: TypeId,
        now: Now,
    ) -> Result<Self, ApiError> {
        model.may_read(params.method, entity_type)?;
        let filter = Filter::parse(model, params, entity_type, now)?;
        let retired = match params.fields.get("return_only").and_then(serde_json::Value::as_str) {
            None | Some("active") => false,
            Some("retired") => true,
            Some(_) => return Err(params.missing("'return_only' ('active' or 'retired')")),
        };
        let archived = if params.flag("include_archived_projects", true)? {
            Archived::Included
        } else {
            let project = model.schema.type_id("Project");
            Archived::LeftOut(
                project.and_then(|id| model.schema.entity_type(id).field_index("archived")),
            )
        };
        let candidates = Candidates::of(&filter, model, entity_type);
        Ok(Self { entity_type, filter, candidates, retired, archived })
    }

    /// The records that pass, by id; the other way round if `reverse`.
    pub fn records<'a>(
        &'a self,
        model: &'a Model,
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Record<'a>> + 'a> {
        let entity_type = self.entity_type;
        let Candidates { from, to, ids } = &self.candidates;
        let passes = |record: &Record<'a>| self.passes(model, *record);
        let is_log = model.schema.entity_type(entity_type).name == "EventLogEntry";
        if is_log && self.retired {
            return Box::new(std::iter::empty());
        }
        match (ids, is_log) {
            (Some(ids), true) => {
                let rows = ids.iter().filter_map(|id| model.log.row(*id));
                directed(rows.map(move |row| Record::Event(entity_type, row)), reverse, passes)
            }
            (None, true) => {
                let rows = model.log.range(*from, *to);
                directed(rows.map(move |row| Record::Event(entity_type, row)), reverse, passes)
            }
            (Some(ids), false) => {
                let rows =
                    ids.iter().filter_map(move |id| model.tables.row(Ref { entity_type, id: *id }));
                directed(rows.map(move |row| Record::Row(entity_type, row)), reverse, passes)
            }
            (None, false) => {
                let rows = model.tables.range(entity_type, *from, *to);
                directed(rows.map(move |row| Record::Row(entity_type, row)), reverse, passes)
            }
        }
    }

    fn passes(&self, model: &Model, record: Record<'_>) -> bool {
        let is_retired = match record {
            Record::Row(_, row) => row.retired.is_some(),
            Record::Event(_, row) if model.hides_event(row) => return false,
            Record::Event(..) => false,
        };
        is_retired == self.retired
            && self.filter.passes(model, record)
            && self.is_of_open_project(model, record)
    }

    fn is_of_open_project(&self, model: &Model, record: Record<'_>) -> bool {
        let Archived::LeftOut(Some(archived)) = self.archived else { return true };
        let project = match record {
            Record::Row(entity_type, row) => model.project_of(Ref { entity_type, id: row.id }),
            Record::Event(_, row) => row.project,
        };
        let project = project.and_then(|project| model.tables.row(project));
        project.is_none_or(|project| project.value(archived) != &Value::Bool(true))
    }
}

fn directed<'a>(
    records: impl DoubleEndedIterator<Item = Record<'a>> + 'a,
    reverse: bool,
    passes: impl Fn(&Record<'a>) -> bool + 'a,
) -> Box<dyn Iterator<Item = Record<'a>> + 'a> {
    if reverse { Box::new(records.rev().filter(passes)) } else { Box::new(records.filter(passes)) }
}
