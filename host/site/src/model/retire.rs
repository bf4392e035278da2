//! Into the trash and out of it, with what belongs to a record.

use super::params::not_found;
use super::schema::FieldIndex;
use super::table::Retirement;
use super::transaction::Transaction;
use super::value::{Ref, TypeId};
use crate::wire::ApiError;

impl Transaction<'_> {
    /// Retires a record. False if it was retired already; fails if it never existed.
    pub fn delete(&mut self, method: &str, record: Ref) -> Result<bool, ApiError> {
        self.refuse_events(method, record)?;
        let row =
            self.model.tables.row(record).ok_or_else(|| not_found(self.model, method, record))?;
        let is_retired = row.retired.is_some();
        self.model.may_delete(method, record)?;
        if is_retired {
            return Ok(false);
        }
        let tied = self.tied_by(record);
        self.retire(record, None);
        self.follow_dependency(method, record, tied)?;
        self.fit_around(record)?;
        Ok(true)
    }

    /// Revives a record. False if it was not retired; fails if it never existed.
    pub fn revive(&mut self, method: &str, record: Ref) -> Result<bool, ApiError> {
        self.refuse_events(method, record)?;
        let row =
            self.model.tables.row(record).ok_or_else(|| not_found(self.model, method, record))?;
        let retired = row.retired;
        self.model.may_delete(method, record)?;
        let Some(retirement) = retired else { return Ok(false) };
        self.bring_back(record, retirement);
        self.follow_dependency(method, record, None)?;
        self.retie(method, record)?;
        self.fit_around(record)?;
        Ok(true)
    }

    pub(super) fn retire(&mut self, record: Ref, with: Option<Ref>) {
        let at = self.now.seconds();
        self.model.tables.set_retired(record, Some(Retirement { at, with }));
        self.record_retired(record, at);
        for dependent in self.dependents(record) {
            if self.model.tables.live(dependent).is_some() {
                self.retire(dependent, Some(record));
            }
        }
    }

    fn bring_back(&mut self, record: Ref, retirement: Retirement) {
        self.model.tables.set_retired(record, None);
        self.record_revived(record, retirement.at);
        for dependent in self.dependents(record) {
            let retired = self.model.tables.row(dependent).and_then(|row| row.retired);
            if let Some(retirement) = retired.filter(|retirement| retirement.with == Some(record)) {
                self.bring_back(dependent, retirement);
            }
        }
    }

    /// The records that go and come with a record.
    fn dependents(&self, record: Ref) -> Vec<Ref> {
        let cascades = &self.model.schema.entity_type(record.entity_type).cascades;
        let is_kept = |(entity_type, field): &&(TypeId, FieldIndex)| {
            !self.model.schema.entity_type(*entity_type).fields[*field].retired
        };
        cascades
            .iter()
            .filter(is_kept)
            .flat_map(|(entity_type, field)| self.linking(*entity_type, *field, record))
            .collect()
    }

    /// The records of a type whose field links to `record`. Read off the other side of the relation where it has one.
    fn linking(&self, entity_type: TypeId, field: FieldIndex, record: Ref) -> Vec<Ref> {
        let mirrors = &self.model.schema.entity_type(entity_type).fields[field].mirrors;
        let shown_in = &self.model.schema.entity_type(record.entity_type).fields;
        let mirror = mirrors.get(&record.entity_type).filter(|mirror| !shown_in[**mirror].retired);
        if let (Some(mirror), Some(row)) = (mirror, self.model.tables.row(record)) {
            return row.value(*mirror).links().to_vec();
        }
        let rows = self.model.tables.rows(entity_type);
        rows.filter(|row| row.value(field).links().contains(&record))
            .map(|row| Ref { entity_type, id: row.id })
            .collect()
    }

    /// The rows of the event log stay as they are.
    pub fn refuse_events(&self, method: &str, record: Ref) -> Result<(), ApiError> {
        if self.model.type_name(record) != "EventLogEntry" {
            return Ok(());
        }
        let id = record.id;
        Err(ApiError::refused(format!(
            "API {method}() CRUD ERROR #4.1: Entity EventLogEntry {id} can not be changed by this user. Rule: API Admin"
        )))
    }
}
