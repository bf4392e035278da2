//! Holding writes to what is granted.

use std::collections::BTreeSet;

use super::effective::{Effective, PROJECT};
use super::grant::{Grant, Operation, Projects};
use super::grants::{Covering, Grants, Need};
use super::refusal::Refusal;
use crate::Place;

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
    /// In which projects.
    pub projects: Projects,
    /// Whether the record's project has to be found out, and held against the projects, before the write is made.
    pub needs_project: bool,
}

impl Write {
    /// Decides from what the write says itself.
    pub fn decide(&self, effective: &Effective) -> Result<Written, Refusal> {
        let projects = effective.allow(&self.needs())?;
        if projects == Projects::Any {
            return Ok(Written { projects, needs_project: false });
        }
        let is_inside = match (self.operation, self.project) {
            (Operation::Create, ProjectValue::Project(id)) if self.entity_type != PROJECT => {
                projects.holds(Some(id))
            }
            (Operation::Create, _) => false,
            (_, ProjectValue::Unmentioned) => true,
            (_, ProjectValue::Project(id)) => projects.holds(Some(id)),
            (_, ProjectValue::Other) => false,
        };
        if !is_inside {
            return Err(self.outside(&projects));
        }
        // A project is in itself.
        if self.entity_type == PROJECT {
            self.held(&projects, self.id)?;
            return Ok(Written { projects, needs_project: false });
        }
        Ok(Written { projects, needs_project: self.operation != Operation::Create })
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

    /// The lines that allow it, of a record that is in this project: for each field those that do so by themselves, and where none does,
    /// as of a record that comes from one project into another, those that do together. None where the project is not known counts as
    /// every project.
    #[must_use]
    pub fn allowed_by<'g>(
        &self,
        grants: &'g Grants,
        project: Option<u64>,
    ) -> BTreeSet<(Place, &'g Grant)> {
        let places = self.places(project);
        let mut lines = BTreeSet::new();
        for need in self.needs() {
            let covering: Vec<_> = grants.covering(&need).collect();
            let all = |line: &&Covering<'_>| places.iter().all(|place| line.projects.holds(*place));
            let any = |line: &&Covering<'_>| places.iter().any(|place| line.projects.holds(*place));
            let is_enough = covering.iter().any(|line| all(&line));
            let named =
                covering.iter().filter(|line| if is_enough { all(line) } else { any(line) });
            lines.extend(named.map(|line| (line.place, line.grant)));
        }
        lines
    }

    /// The projects that lines have to hold for it: that which the record is in, and that which it comes into.
    fn places(&self, project: Option<u64>) -> Vec<Option<u64>> {
        let into = match self.project {
            ProjectValue::Unmentioned => None,
            ProjectValue::Project(id) => Some(Some(id)),
            ProjectValue::Other => Some(None),
        };
        match (self.operation, self.entity_type.as_str()) {
            // A new project is in none, not even in itself.
            (Operation::Create, PROJECT) => vec![None],
            (Operation::Create, _) => vec![into.flatten()],
            (_, PROJECT) => [Some(self.id), into].into_iter().flatten().collect(),
            _ => [Some(project), into].into_iter().flatten().collect(),
        }
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
