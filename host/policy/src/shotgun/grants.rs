//! All lines of one plugin: what they cover, and how two of them compare.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::grant::{Fields, Grant, Line, Operation, Projects, Subject, Word, is_read_method};
use super::parse::NONE;
use crate::Place;

#[cfg(test)]
mod tests;

/// Lines of grants, or of requests, each with its place. The default is none. Those are equal that hold the same lines, wherever
/// these stand.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    lines: BTreeMap<Grant, Place>,
}

/// One thing that a call needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Need {
    /// What is done.
    pub operation: Operation,
    /// The entity type, or the method; `*` for all of them.
    pub subject: String,
    /// The field. None for operations on whole records; and for reading no more than which records there are, or for writing
    /// no field at all, for which any field's line is enough.
    pub field: Option<String>,
}

/// A line that covers a need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covering<'g> {
    /// The line.
    pub grant: &'g Grant,
    /// Where it stands.
    pub place: Place,
    /// Where it covers it.
    pub projects: Projects,
}

impl Grants {
    /// The lines, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.lines.keys()
    }

    /// The same lines, each in the place that this says for its number in the list.
    #[must_use]
    pub fn at(mut self, place: impl Fn(usize) -> Place) -> Self {
        for own in self.lines.values_mut() {
            *own = own.index.map_or(*own, &place);
        }
        self
    }

    /// Whether there is no line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// In which projects lines cover a need, together. None if no line does.
    #[must_use]
    pub fn cover(&self, need: &Need) -> Option<Projects> {
        let covering = self.lines.keys().filter_map(|grant| grant.cover(need));
        covering.reduce(|a, b| a.or(&b))
    }

    /// The lines that cover a need.
    pub fn covering<'g, 'n>(
        &'g self,
        need: &'n Need,
    ) -> impl Iterator<Item = Covering<'g>> + use<'g, 'n> {
        let lines = self.lines.iter();
        lines.filter_map(|(grant, place)| {
            Some(Covering { grant, place: *place, projects: grant.cover(need)? })
        })
    }

    /// Whether everything here is held by `other`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.without(other).is_empty()
    }

    /// What of these lines `other` does not hold, down to the field and the project, as lines again.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.lines.keys().flat_map(|grant| missing(grant, other)).collect()
    }
}

/// A list of lines, each in its place. Of a line that stands there twice, the first place counts.
impl FromIterator<Grant> for Grants {
    fn from_iter<I: IntoIterator<Item = Grant>>(lines: I) -> Self {
        let mut placed = BTreeMap::new();
        for (index, grant) in lines.into_iter().enumerate() {
            placed.entry(grant).or_insert(Place::in_list(index));
        }
        Self { lines: placed }
    }
}

impl PartialEq for Grants {
    fn eq(&self, other: &Self) -> bool {
        self.lines.keys().eq(other.lines.keys())
    }
}

impl Eq for Grants {}

impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str(NONE);
        }
        for (index, grant) in self.lines.keys().enumerate() {
            write!(f, "{}{grant}", if index > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

impl Grant {
    /// Where this line covers a need. None if it does not.
    fn cover(&self, need: &Need) -> Option<Projects> {
        match self {
            Self::Word(Word::Write) => Some(Projects::Any),
            Self::Word(Word::Read) => word_read_holds(need).then_some(Projects::Any),
            Self::Line(line) => line.holds(need).then(|| line.projects.clone()),
        }
    }
}

fn word_read_holds(need: &Need) -> bool {
    match need.operation {
        Operation::Read | Operation::Download | Operation::Schema => true,
        Operation::Call => is_read_method(&need.subject),
        _ => false,
    }
}

impl Line {
    fn holds(&self, need: &Need) -> bool {
        let is_of_field = match (need.operation, need.field.as_deref()) {
            // A file of the record as a whole.
            (Operation::Upload, None) => self.fields == Fields::Any,
            (_, None) => true,
            (operation, Some(field)) => self.holds_field(operation, field),
        };
        is_of_field
            && self.operations.contains(&need.operation)
            && self.subject.holds(&need.subject)
    }

    fn holds_field(&self, operation: Operation, field: &str) -> bool {
        match (operation, field) {
            // Whoever sees a field of a record sees which record it is.
            (Operation::Read, "id" | "type") => true,
            // Whoever may create records may say in which of the line's projects.
            (Operation::Create, "project") => true,
            _ => self.fields.holds(field),
        }
    }
}

/// What of a line `others` do not hold.
fn missing(grant: &Grant, others: &Grants) -> Vec<Grant> {
    let line = match grant {
        Grant::Word(word) => {
            let held =
                others.lines.keys().any(|other| matches!(other, Grant::Word(own) if own >= word));
            return if held { Vec::new() } else { vec![grant.clone()] };
        }
        Grant::Line(line) => line,
    };
    // By what is missing, the operations and then the fields for which just that is.
    let mut by_rest: BTreeMap<(Operation, Projects), BTreeSet<&str>> = BTreeMap::new();
    for operation in &line.operations {
        for field in line.atoms() {
            let rest = match held(line, *operation, field, others) {
                Some(held) => less(&line.projects, &held),
                None => line.projects.clone(),
            };
            if !rest.is_none() {
                by_rest.entry((*operation, rest)).or_default().insert(field);
            }
        }
    }
    let mut by_fields: BTreeMap<(BTreeSet<&str>, Projects), BTreeSet<Operation>> = BTreeMap::new();
    for ((operation, rest), fields) in by_rest {
        by_fields.entry((fields, rest)).or_default().insert(operation);
    }
    let line_of = |((fields, projects), operations): ((BTreeSet<&str>, Projects), _)| {
        let fields = if fields.contains(ALL) {
            Fields::Any
        } else {
            Fields::Named(fields.into_iter().map(str::to_owned).collect())
        };
        Grant::Line(Line { operations, subject: line.subject.clone(), fields, projects })
    };
    by_fields.into_iter().map(line_of).collect()
}

/// How all fields are written.
const ALL: &str = "*";

impl Line {
    /// The fields one by one.
    fn atoms(&self) -> Vec<&str> {
        match &self.fields {
            Fields::Any => vec![ALL],
            Fields::Named(names) => names.iter().map(String::as_str).collect(),
        }
    }
}

/// In which projects `others` hold an operation of a line on one of its fields. A line for all types, or all fields, is held
/// only by one for all of them.
fn held(line: &Line, operation: Operation, field: &str, others: &Grants) -> Option<Projects> {
    let holding = others.lines.keys().filter_map(|other| {
        let Grant::Line(other) = other else {
            let subject = line.subject.to_string();
            return other.cover(&Need { operation, subject, field: None });
        };
        let of_subject = other.subject == Subject::Any || other.subject == line.subject;
        let of_field = other.holds_field(operation, field);
        (of_subject && of_field && other.operations.contains(&operation))
            .then(|| other.projects.clone())
    });
    holding.reduce(|a, b| a.or(&b))
}

/// The projects of `all` that are not in `held`.
fn less(all: &Projects, held: &Projects) -> Projects {
    match (all, held) {
        (_, Projects::Any) => Projects::Only(BTreeSet::new()),
        (Projects::Any, Projects::Only(_)) => Projects::Any,
        (Projects::Only(all), Projects::Only(held)) => Projects::Only(all - held),
    }
}
