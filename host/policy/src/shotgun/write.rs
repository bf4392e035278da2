//! Holding writes to what is granted.

use std::collections::BTreeSet;

use super::effective::{Allowed, Effective, PROJECT};
use super::grant::{Operation, Projects};
use super::grants::Need;
use super::refusal::Refusal;

#[cfg(test)]
mod tests;

/// One write, as far as grants decide about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Create, update, upload, delete or revive.
    pub operation: Operation,
    /// The record's type.
    pub entity_type: String,
    /// The record; none for a new one.
    pub id: Option<u64>,
    /// The fields that are set.
    pub fields: Vec<String>,
    /// What is set as the record's project.
    pub project: ProjectValue,
}

/// What a write says about the project of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectValue {
    /// Nothing.
    Unmentioned,
    /// This one.
    Project(u64),
    /// None, or what is no project.
    Other,
}

/// A write that may be made, if its record is where it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// By what, and in which projects.
    pub allowed: Allowed,
    /// Whether the record's project has to be found out, and held against the projects, before the write is made.
    pub needs_project: bool,
}

impl Write {
    /// Decides from what the write says itself.
    pub fn decide(&self, effective: &Effective) -> Result<Written, Refusal> {
        let allowed = effective.allow(&self.needs())?;
        let Projects::Only(_) = &allowed.projects else {
            return Ok(Written { allowed, needs_project: false });
        };
        let is_inside = match (self.operation, self.project) {
            (Operation::Create, ProjectValue::Project(id)) if self.entity_type != PROJECT => {
                allowed.projects.holds(Some(id))
            }
            (Operation::Create, _) => false,
            (_, ProjectValue::Unmentioned) => true,
            (_, ProjectValue::Project(id)) => allowed.projects.holds(Some(id)),
            (_, ProjectValue::Other) => false,
        };
        if !is_inside {
            return Err(self.outside(&allowed.projects));
        }
        // A project is in itself.
        if self.entity_type == PROJECT {
            self.held(&allowed.projects, self.id)?;
            return Ok(Written { allowed, needs_project: false });
        }
        Ok(Written { allowed, needs_project: self.operation != Operation::Create })
    }

    /// Holds the project that the record is in, as far as it is known, against those that the write is allowed in.
    pub fn held(&self, projects: &Projects, project: Option<u64>) -> Result<(), Refusal> {
        if projects.holds(project) { Ok(()) } else { Err(self.outside(projects)) }
    }

    /// One need for each field; one without a field where there is none.
    #[must_use]
    pub fn needs(&self) -> BTreeSet<Need> {
        let need = |field| Need::of(self.operation, &self.entity_type, field);
        if self.fields.is_empty() {
            return BTreeSet::from([need(None)]);
        }
        self.fields.iter().map(|field| need(Some(field))).collect()
    }

    fn outside(&self, projects: &Projects) -> Refusal {
        Refusal::OutsideProjects {
            operation: self.operation,
            entity_type: self.entity_type.clone(),
            id: self.id,
            projects: projects.clone(),
        }
    }
}
