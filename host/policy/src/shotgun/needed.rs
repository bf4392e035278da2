//! The smallest lines for what calls needed.

use std::collections::{BTreeMap, BTreeSet};

use super::grant::{Fields, Grant, Operation, Projects, Subject};
use super::grants::{Grants, Need};

#[cfg(test)]
mod tests;

/// One thing that a call needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Needed {
    /// What.
    pub need: Need,
    /// The project of the record. None where it is in none, or where nobody asked.
    pub project: Option<u64>,
}

/// The smallest lines that hold all of these. Where the project of one is not known, its line is for all projects.
#[must_use]
pub fn smallest<'a>(needed: impl IntoIterator<Item = &'a Needed>) -> Grants {
    let mut lines: BTreeMap<(Kind, &str, Atoms, Projects), BTreeSet<Operation>> = BTreeMap::new();
    for ((operation, subject), by_field) in by_field(needed) {
        for (projects, fields) in by_projects(operation, by_field) {
            let line = (Kind::of(operation), subject, fields, projects);
            lines.entry(line).or_default().insert(operation);
        }
    }
    lines.into_iter().filter_map(|(line, operations)| grant(line, operations)).collect()
}

/// Operations that can stand in one line.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    OnFields,
    OnRecords,
    Alone(Operation),
}

/// The fields of a line: none for all of them, or for a line that names none.
type Atoms = Option<BTreeSet<String>>;

/// For each field that is needed, or for none, the projects.
type ByField<'a> = BTreeMap<Option<&'a str>, BTreeSet<Option<u64>>>;

impl Kind {
    fn of(operation: Operation) -> Self {
        match operation {
            Operation::Read | Operation::Create | Operation::Update | Operation::Upload => {
                Self::OnFields
            }
            Operation::Delete | Operation::Revive => Self::OnRecords,
            Operation::Download | Operation::Schema | Operation::Call => Self::Alone(operation),
        }
    }
}

fn by_field<'a>(
    needed: impl IntoIterator<Item = &'a Needed>,
) -> BTreeMap<(Operation, &'a str), ByField<'a>> {
    let mut sorted: BTreeMap<(Operation, &str), ByField<'_>> = BTreeMap::new();
    for Needed { need, project } in needed {
        let by_field = sorted.entry((need.operation, &need.subject)).or_default();
        by_field.entry(need.field.as_deref()).or_default().insert(*project);
    }
    sorted
}

/// The fields that are needed in the same projects.
fn by_projects(operation: Operation, by_field: ByField<'_>) -> BTreeMap<Projects, Atoms> {
    let mut lines: BTreeMap<Projects, Atoms> = BTreeMap::new();
    // What any line for the type holds needs none of its own, if there is another in the same projects.
    let is_implied = |field: Option<&str>| {
        matches!(
            (operation, field),
            (Operation::Read, None | Some("id" | "type"))
                | (Operation::Create, None | Some("project"))
                | (Operation::Update, None)
        )
    };
    let (implied, named): (ByField<'_>, ByField<'_>) =
        by_field.into_iter().partition(|(field, _)| is_implied(*field));
    for (field, projects) in &named {
        let fields = lines.entry(projects_of(projects)).or_insert_with(|| Some(BTreeSet::new()));
        match (field, &mut *fields) {
            (Some(field), Some(fields)) => _ = fields.insert((*field).to_owned()),
            _ => *fields = None,
        }
    }
    for projects in implied.values() {
        let missing: BTreeSet<Option<u64>> = projects
            .iter()
            .filter(|project| !lines.keys().any(|held| held.holds(**project)))
            .copied()
            .collect();
        if !missing.is_empty() {
            lines.insert(projects_of(&missing), Some(BTreeSet::from(["id".to_owned()])));
        }
    }
    lines
}

fn projects_of(projects: &BTreeSet<Option<u64>>) -> Projects {
    projects.iter().copied().collect::<Option<_>>().map_or(Projects::Any, Projects::Only)
}

fn grant(
    (kind, subject, fields, projects): (Kind, &str, Atoms, Projects),
    operations: BTreeSet<Operation>,
) -> Option<Grant> {
    let fields = (kind == Kind::OnFields).then(|| fields.map_or(Fields::Any, Fields::Named));
    let projects = match kind {
        Kind::Alone(Operation::Schema | Operation::Call) => Projects::Any,
        _ => projects,
    };
    let subject = if subject == "*" { Subject::Any } else { Subject::Named(subject.to_owned()) };
    // A need that no line can be written for was refused, whatever is granted.
    Grant::line(operations, subject, fields, projects).ok()
}
