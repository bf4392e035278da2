//! One line of grants, and how it is written.

use std::collections::BTreeSet;
use std::fmt;

#[cfg(test)]
pub(super) mod tests;

/// One line: a word that holds everything of its kind, or exactly what it says.
///
/// Prints as it is written; what is printed reads as the same grant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grant {
    /// `read` or `write`.
    Word(Word),
    /// `read Task.content in project 70`.
    Line(Line),
}

/// A word that holds everything of its kind, as far as the script user may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// All that changes nothing: reading, downloading, the schema, the methods that only read.
    Read,
    /// Everything.
    Write,
}

/// Operations on fields of an entity type, or on the type as a whole, in some projects or in all.
///
/// Comes only from [`Grant::line`], which holds the rules between its parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    pub(super) operations: BTreeSet<Operation>,
    pub(super) subject: Subject,
    pub(super) fields: Fields,
    pub(super) projects: Projects,
}

/// What can be done on a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Seeing a field's value, by whatever way: in an answer, a filter, an order, a summary, an event.
    Read,
    /// Giving a field its value in a new record.
    Create,
    /// Setting a field of a record.
    Update,
    /// Putting a file into a field.
    Upload,
    /// Moving records to the trash.
    Delete,
    /// Taking records out of the trash.
    Revive,
    /// Fetching the file of an Attachment.
    Download,
    /// Reading the schema of an entity type.
    Schema,
    /// Calling a method that the contract has no function for.
    Call,
}

/// An entity type, or the name of a method.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// `*`
    Any,
    /// `Task`
    Named(String),
}

/// Fields of an entity type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fields {
    /// `.*`; also for operations on whole records.
    Any,
    /// `.content,sg_status_list`
    Named(BTreeSet<String>),
}

/// The projects that records must be in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Projects {
    /// Any, or none.
    Any,
    /// These.
    Only(BTreeSet<u64>),
}

/// The methods that are known to change nothing, by their names on the wire.
pub const READ_METHODS: [&str; 15] = [
    "activity_stream",
    "followers",
    "following",
    "info",
    "nav_expand",
    "nav_search",
    "note_thread_contents",
    "preferences_read",
    "query_display_name_cache",
    "read",
    "schema_entity_read",
    "schema_field_read",
    "schema_read",
    "summarize",
    "work_schedule_read",
];

/// Whether a method is known to change nothing at the site. Of what is not listed, nothing is known.
#[must_use]
pub fn is_read_method(method: &str) -> bool {
    READ_METHODS.contains(&method)
}

impl Operation {
    /// Every operation, in the order in which lines name them.
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::Create,
        Self::Update,
        Self::Upload,
        Self::Delete,
        Self::Revive,
        Self::Download,
        Self::Schema,
        Self::Call,
    ];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Upload => "upload",
            Self::Delete => "delete",
            Self::Revive => "revive",
            Self::Download => "download",
            Self::Schema => "schema",
            Self::Call => "call",
        }
    }

    /// Whether it is done to single fields, which its line names.
    #[must_use]
    pub fn is_on_fields(self) -> bool {
        matches!(self, Self::Read | Self::Create | Self::Update | Self::Upload)
    }

    /// Whether it is done to records, which are in projects.
    pub(super) fn is_on_records(self) -> bool {
        !matches!(self, Self::Schema | Self::Call)
    }
}

impl Word {
    /// The word itself.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl Projects {
    /// Whether a record is among them that is in this project, or in none.
    #[must_use]
    pub fn holds(&self, project: Option<u64>) -> bool {
        match self {
            Self::Any => true,
            Self::Only(ids) => project.is_some_and(|id| ids.contains(&id)),
        }
    }

    /// What is in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Any, both) | (both, Self::Any) => both.clone(),
            (Self::Only(a), Self::Only(b)) => Self::Only(a & b),
        }
    }

    /// What is in either.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (Self::Only(a), Self::Only(b)) => Self::Only(a | b),
        }
    }

    /// Whether no record is among them.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::Only(ids) if ids.is_empty())
    }
}

impl Subject {
    pub(super) fn holds(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Named(own) => own == name,
        }
    }
}

impl Fields {
    pub(super) fn holds(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Named(own) => own.contains(name),
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word.as_str()),
            Self::Line(line) => line.fmt(f),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        joined(f, "+", self.operations.iter().map(|operation| operation.as_str()))?;
        write!(f, " {}", self.subject)?;
        if self.operations.iter().all(|operation| operation.is_on_fields()) {
            f.write_str(".")?;
            match &self.fields {
                Fields::Any => f.write_str("*")?,
                Fields::Named(names) => joined(f, ",", names)?,
            }
        }
        if let Projects::Only(ids) = &self.projects {
            f.write_str(" in project ")?;
            joined(f, ",", ids)?;
        }
        Ok(())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "*",
            Self::Named(name) => name,
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn joined<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    separator: &str,
    items: impl IntoIterator<Item = T>,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        item.fmt(f)?;
    }
    Ok(())
}
