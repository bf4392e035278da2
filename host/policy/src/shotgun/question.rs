//! What a plugin asks the site, as far as grants decide about it.

use std::collections::{BTreeMap, BTreeSet};

/// A question for rows, or for sums over rows. `V` are the values of conditions, which decide nothing here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question<V> {
    /// The type of the rows.
    pub entity_type: String,
    /// Which rows.
    pub filter: Filter<V>,
    /// Paths that are answered.
    pub fields: Vec<String>,
    /// Paths that rows are put in order by.
    pub order: Vec<String>,
    /// Paths that are counted or summed up.
    pub summaries: Vec<String>,
    /// Paths that rows are put into groups by, which are answered with their names.
    pub grouping: Vec<String>,
}

/// Which rows are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter<V> {
    /// All of these hold.
    All(Vec<Filter<V>>),
    /// One of these holds; without any, every row is meant.
    Any(Vec<Filter<V>>),
    /// One condition.
    Condition(Condition<V>),
    /// What is at `path` is one of these projects, or the number of one where the path ends in `id`.
    InProjects {
        /// A path to a project, or to the number of one.
        path: String,
        /// The projects.
        projects: BTreeSet<u64>,
    },
}

/// A condition on what is at the end of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition<V> {
    /// To a field.
    pub path: String,
    /// `is`, `in`, `name_contains` ...
    pub relation: String,
    /// What is compared with.
    pub values: V,
    /// Whether there is a text among the values. A text is compared with the names of linked records.
    pub has_text: bool,
}

/// What a field holds, as far as grants depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A value of its own.
    Plain,
    /// A link to one record at the most.
    Link,
    /// Links to any number of records, or what can hold them.
    Links,
}

/// What is known of a site's fields, by type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema(pub BTreeMap<String, BTreeMap<String, FieldKind>>);

impl FieldKind {
    /// By the name that the site has for a data type.
    #[must_use]
    pub fn of(data_type: &str) -> Self {
        match data_type {
            "entity" => Self::Link,
            "multi_entity" | "addressing" => Self::Links,
            _ => Self::Plain,
        }
    }
}

impl Schema {
    /// What a field holds. `Err` if nothing is known of its type; a field that the type does not have can be anything.
    pub(super) fn kind(&self, entity_type: &str, field: &str) -> Result<FieldKind, String> {
        match field {
            "id" | "type" | super::effective::DISPLAY_NAME => return Ok(FieldKind::Plain),
            "project" => return Ok(FieldKind::Link),
            _ => {}
        }
        let known = self.0.get(entity_type).ok_or_else(|| entity_type.to_owned())?;
        Ok(known.get(field).copied().unwrap_or(FieldKind::Links))
    }
}
