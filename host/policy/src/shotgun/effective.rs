//! What a plugin may do: what its operator granted, and of that no more than its author asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::grant::{Operation, Projects};
use super::grants::{Grants, Need};
use super::refusal::Refusal;
use crate::Phase;

#[cfg(test)]
mod tests;

/// Requests and grants of one plugin. What counts is what both hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effective {
    /// The operator's lines.
    pub granted: Arc<Grants>,
    /// The author's lines. None where the plugin makes no statement; then the grants alone count.
    pub requested: Option<Arc<Grants>>,
}

/// Types whose display name is known to be the value of one field.
const DISPLAY_FIELDS: [(&str, &str); 13] = [
    ("Asset", "code"),
    ("Episode", "code"),
    ("Group", "code"),
    ("HumanUser", "name"),
    ("Note", "subject"),
    ("Playlist", "code"),
    ("Project", "name"),
    ("PublishedFile", "code"),
    ("Sequence", "code"),
    ("Shot", "code"),
    ("Step", "code"),
    ("Task", "content"),
    ("Version", "code"),
];

/// The field that every type has its display name in.
pub(super) const DISPLAY_NAME: &str = "cached_display_name";

impl Effective {
    /// Whether the plugin may make a call of this kind at all now.
    pub fn allow_in_phase(phase: Phase, need: &Need) -> Result<(), Refusal> {
        match phase {
            Phase::Outside => Err(Refusal::Outside(need.clone())),
            Phase::Register if need.changes() => Err(Refusal::WriteInRegister(need.clone())),
            Phase::Register | Phase::Handle => Ok(()),
        }
    }

    /// The projects in which all of these are allowed together, on one record.
    pub fn allow(&self, needs: &BTreeSet<Need>) -> Result<Projects, Refusal> {
        let mut allowed = Projects::Any;
        let (mut not_granted, mut not_requested) = (BTreeSet::new(), BTreeSet::new());
        for need in needs {
            match self.granted.cover(need) {
                None => _ = not_granted.insert(need.clone()),
                Some(projects) => allowed = allowed.and(&projects),
            }
            match self.requested.as_ref().map(|requested| requested.cover(need)) {
                None => {}
                Some(None) => _ = not_requested.insert(need.clone()),
                Some(Some(projects)) => allowed = allowed.and(&projects),
            }
        }
        if !not_granted.is_empty() {
            return Err(Refusal::not_granted(not_granted));
        }
        if !not_requested.is_empty() {
            return Err(Refusal::not_requested(not_requested));
        }
        if allowed.is_none() {
            return Err(Refusal::NoProjectInCommon { needs: needs.clone() });
        }
        Ok(allowed)
    }

    /// Where one thing is allowed. Empty where it is not.
    #[must_use]
    pub fn projects(&self, need: &Need) -> Projects {
        let both = self.granted.cover(need).and_then(|granted| match &self.requested {
            None => Some(granted),
            Some(requested) => Some(granted.and(&requested.cover(need)?)),
        });
        both.unwrap_or(Projects::Only(BTreeSet::new()))
    }

    /// Whether a field can be read of a record in this project, or of one whose project is not known.
    #[must_use]
    pub fn reads(&self, entity_type: &str, field: &str, project: Option<u64>) -> bool {
        self.projects(&Need::read(entity_type, field)).holds(project)
    }

    /// Whether the display name of a record can be read. `project` is the record's, where it is known.
    #[must_use]
    pub fn reads_name(&self, entity_type: &str, id: u64, project: Option<u64>) -> bool {
        let project = if entity_type == PROJECT { Some(id) } else { project };
        let display_field =
            DISPLAY_FIELDS.iter().find(|(known, _)| *known == entity_type).map(|(_, field)| *field);
        [Some(DISPLAY_NAME), display_field]
            .into_iter()
            .flatten()
            .any(|field| self.reads(entity_type, field, project))
    }

    /// Whether the display name of any record can be read, whatever its type.
    pub(super) fn reads_all_names(&self) -> bool {
        self.projects(&Need::read(ALL_TYPES, DISPLAY_NAME)) == Projects::Any
    }

    /// Whether every field of every record can be read, so that nothing has to be narrowed.
    #[must_use]
    pub fn reads_everything(&self) -> bool {
        self.projects(&Need::read(ALL_TYPES, ALL_FIELDS)) == Projects::Any
    }
}

/// The type whose records are projects themselves.
pub(super) const PROJECT: &str = "Project";

/// Stands for all types in a need: only lines for all types hold it. No type has such a name.
pub(super) const ALL_TYPES: &str = "*";

/// Stands for all fields in a need. No field has such a name.
const ALL_FIELDS: &str = "*";

impl Need {
    /// To read a field.
    #[must_use]
    pub fn read(entity_type: &str, field: &str) -> Self {
        Self::of(Operation::Read, entity_type, Some(field))
    }

    /// To do this.
    #[must_use]
    pub fn of(operation: Operation, subject: &str, field: Option<&str>) -> Self {
        Self { operation, subject: subject.to_owned(), field: field.map(str::to_owned) }
    }

    /// Whether it changes something, as far as it is known.
    #[must_use]
    pub fn changes(&self) -> bool {
        match self.operation {
            Operation::Read | Operation::Download | Operation::Schema => false,
            Operation::Call => !super::is_read_method(&self.subject),
            Operation::Create
            | Operation::Update
            | Operation::Upload
            | Operation::Delete
            | Operation::Revive => true,
        }
    }
}
