//! A question for rows: what of which, in which order, how many.

use serde::Serialize;
use serde_json::{Value, json};

use super::filters::Filters;
use super::place::QueryError;

/// A question for rows of one type.
#[derive(Debug, Clone)]
pub struct Read {
    /// The type of the entities.
    pub entity_type: String,
    /// Which of them.
    pub filters: Filters,
    /// Names or paths; the site always adds `type` and `id`.
    pub fields: Vec<String>,
    /// Empty: by id, ascending.
    pub order: Vec<Sort>,
    /// How many rows at the most; none means all of them, page after page.
    pub limit: Option<u32>,
    /// With a limit, which page of that size, counted from 1.
    pub page: Option<u32>,
    /// Only what is in the trash.
    pub retired_only: bool,
    /// Whether rows of archived projects are among them.
    pub include_archived_projects: bool,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// A field's name or a path.
    pub field: String,
    /// The largest first.
    pub descending: bool,
}

/// How the rows of a question come: which page first, of which size, and whether there is another after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paging {
    pub rows: u32,
    pub page: u32,
    pub looping: bool,
}

#[derive(Serialize)]
struct WireRead<'a> {
    #[serde(rename = "type")]
    entity_type: &'a str,
    return_fields: Vec<&'a str>,
    filters: &'a Filters,
    return_only: &'static str,
    paging: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sorts: Vec<Value>,
    api_return_image_urls: bool,
    return_paging_info_without_counts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    include_archived_projects: Option<bool>,
}

impl Read {
    /// All rows of a type, with only their ids: a start to fill in.
    #[must_use]
    pub fn new(entity_type: impl Into<String>) -> Self {
        Self {
            entity_type: entity_type.into(),
            filters: Filters::all(),
            fields: Vec::new(),
            order: Vec::new(),
            limit: None,
            page: None,
            retired_only: false,
            include_archived_projects: true,
        }
    }

    /// Decides how to ask. None if the answer is empty without asking.
    pub(crate) fn paging(&self, page_rows_max: u32) -> Result<Option<Paging>, QueryError> {
        let paging = match (self.limit, self.page) {
            (_, Some(0)) => return Err(QueryError::at("page", "pages are counted from 1")),
            (None, Some(_)) => {
                return Err(QueryError::at("page", "a page needs a limit, which is its size"));
            }
            (Some(limit), Some(_)) if limit > page_rows_max => {
                let problem = format!("a page holds {page_rows_max} rows at the most, not {limit}");
                return Err(QueryError::at("limit", problem));
            }
            (Some(0), _) => return Ok(None),
            (Some(rows), Some(page)) => Paging { rows, page, looping: false },
            (Some(rows), None) if rows <= page_rows_max => Paging { rows, page: 1, looping: false },
            (_, None) => Paging { rows: page_rows_max, page: 1, looping: true },
        };
        Ok(Some(paging))
    }

    /// The parameters of one request.
    pub(crate) fn wire(&self, paging: Paging) -> impl Serialize {
        let fields: Vec<&str> = self.fields.iter().map(String::as_str).collect();
        WireRead {
            entity_type: &self.entity_type,
            return_fields: if fields.is_empty() { vec!["id"] } else { fields },
            filters: &self.filters,
            return_only: if self.retired_only { "retired" } else { "active" },
            paging: json!({"entities_per_page": paging.rows, "current_page": paging.page}),
            sorts: self.order.iter().map(Sort::wire).collect(),
            api_return_image_urls: true,
            return_paging_info_without_counts: paging.looping,
            // The absent key includes them; the site knows no other spelling.
            include_archived_projects: (!self.include_archived_projects).then_some(false),
        }
    }
}

impl Sort {
    fn wire(&self) -> Value {
        let direction = if self.descending { "desc" } else { "asc" };
        json!({"field_name": self.field, "direction": direction})
    }
}

#[cfg(test)]
mod tests;
