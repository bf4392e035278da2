//! Finding entities.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Filter, Shotgun, decode};
use crate::Result;
use crate::host::{Current, Host};

/// A question to the site, built step by step. See [`Shotgun::find`].
#[must_use = "nothing is asked before `all` or `one`"]
pub struct Find<'a> {
    _shotgun: &'a Shotgun,
    query: Result<Query>,
}

/// A question to the site, as it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// `Shot`, `Task`, ...
    pub entity_type: String,
    /// Conditions in the form of the wire; all of them must hold.
    pub filters: Vec<Value>,
    /// Names or paths. `type` and `id` are always there.
    pub fields: Vec<String>,
    /// Empty: by id, ascending.
    pub order: Vec<Sort>,
    /// How many rows at the most; none means all of them.
    pub limit: Option<u32>,
    /// With `limit`, which page of that size, counted from 1.
    pub page: Option<u32>,
    /// Only what is in the trash.
    pub retired_only: bool,
    /// Whether entities of archived projects count.
    pub include_archived_projects: bool,
}

/// By which field rows are sorted, and which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// A field's name, or a path: `entity.Shot.code`.
    pub field: String,
    /// From the greatest to the least.
    pub descending: bool,
}

/// From the least to the greatest.
pub fn ascending(field: impl Into<String>) -> Sort {
    Sort { field: field.into(), descending: false }
}

/// From the greatest to the least.
pub fn descending(field: impl Into<String>) -> Sort {
    Sort { field: field.into(), descending: true }
}

impl<'a> Find<'a> {
    pub(super) fn new(shotgun: &'a Shotgun, entity_type: String) -> Self {
        let query = Query {
            entity_type,
            filters: Vec::new(),
            fields: Vec::new(),
            order: Vec::new(),
            limit: None,
            page: None,
            retired_only: false,
            include_archived_projects: true,
        };
        Self { _shotgun: shotgun, query: Ok(query) }
    }

    /// Only entities that meet this condition, and those given before.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.query = self.query.and_then(|mut query| {
            query.filters.push(filter.into_json()?);
            Ok(query)
        });
        self
    }

    /// Also read these fields. `type` and `id` are always there; a path comes back under its whole text as the key.
    pub fn fields(self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with(|query| query.fields.extend(fields.into_iter().map(Into::into)))
    }

    /// Sort by this; then, where it leaves rows equal, by what is given next.
    pub fn order(self, sort: Sort) -> Self {
        self.with(|query| query.order.push(sort))
    }

    /// At most so many rows.
    pub fn limit(self, rows: u32) -> Self {
        self.with(|query| query.limit = Some(rows))
    }

    /// Which page of the size of the limit, counted from 1.
    pub fn page(self, page: u32) -> Self {
        self.with(|query| query.page = Some(page))
    }

    /// Only what is in the trash.
    pub fn retired_only(self) -> Self {
        self.with(|query| query.retired_only = true)
    }

    /// Not the entities of archived projects; without this they count, as they do for the site.
    pub fn without_archived_projects(self) -> Self {
        self.with(|query| query.include_archived_projects = false)
    }

    /// Asks, and reads each row: into a struct of the plugin's own that derives `Deserialize`, or a `serde_json::Value`.
    pub fn all<Row: DeserializeOwned>(self) -> Result<Vec<Row>> {
        let query = self.query?;
        decode(&Current::find(&query)?, || format!("find {}", query.entity_type))
    }

    /// Asks for one row, the first; none if there is none.
    pub fn one<Row: DeserializeOwned>(self) -> Result<Option<Row>> {
        Ok(self.limit(1).all()?.into_iter().next())
    }

    fn with(mut self, change: impl FnOnce(&mut Query)) -> Self {
        if let Ok(query) = &mut self.query {
            change(query);
        }
        self
    }
}
