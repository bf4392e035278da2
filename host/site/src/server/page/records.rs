//! Records of one type, a page at a time: searched, filtered and sorted here, so that a browser never holds them all.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::events::{Link, link};
use crate::model::{EntityView, Model};

/// Rows in one answer.
const ROWS_MAX: usize = 500;
/// Columns beside the number, the name and the project: as many as fit on a screen.
const COLUMNS_MAX: usize = 6;
/// Fields that people look for, the most telling first. Each type shows those that it has.
const TELLING: [&str; 26] = [
    "sg_status_list",
    "sg_status",
    "entity",
    "step",
    "sg_sequence",
    "sg_asset_type",
    "sg_task",
    "task_assignees",
    "published_file_type",
    "version_number",
    "user",
    "addressings_to",
    "note_links",
    "content",
    "login",
    "email",
    "generate_event_log_entries",
    "permission_rule_set",
    "short_name",
    "entity_type",
    "code",
    "due_date",
    "sg_cut_duration",
    "description",
    "created_by",
    "updated_at",
];

/// Which records are wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    /// From 1.
    page: Option<usize>,
    per_page: Option<usize>,
    /// A part of the name, in any case, or the number.
    search: Option<String>,
    /// Only those of this project.
    project: Option<u64>,
    /// `true` shows retired ones too.
    retired: bool,
    /// A field, or `id`, or `name`.
    sort: Option<String>,
    descending: bool,
}

/// One page of a table.
#[derive(Debug, Serialize)]
pub(super) struct List<'a> {
    #[serde(rename = "type")]
    entity_type: &'a str,
    name: &'a str,
    columns: Vec<Column<'a>>,
    rows: Vec<Row<'a>>,
    /// How many records pass.
    total: usize,
    /// The page that is shown: the last one where a later one was asked for.
    page: usize,
    per_page: usize,
    /// Whether the type lives in projects.
    has_project: bool,
}

#[derive(Debug, Serialize)]
struct Column<'a> {
    field: &'a str,
    name: &'a str,
    data_type: &'static str,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    id: u64,
    name: String,
    retired: bool,
    project: Option<Link<'a>>,
    image: Json,
    values: Vec<Json>,
}

/// The wanted page. None if there is no such type.
pub(super) fn list<'a>(model: &'a Model, entity_type: &str, query: &ListQuery) -> Option<List<'a>> {
    let known = model.schema().entity_type(model.schema().type_id(entity_type)?);
    let per_page = query.per_page.unwrap_or(100).clamp(1, ROWS_MAX);
    let mut found: Vec<_> = model.entities(entity_type).filter(|view| query.wants(view)).collect();
    let total = found.len();
    let page = query.page.unwrap_or(1).clamp(1, total.div_ceil(per_page).max(1));
    if let Some(field) = query.sort.as_deref().filter(|field| *field != "id") {
        EntityView::sort(&mut found, field);
    }
    if query.descending {
        found.reverse();
    }
    let columns = columns(known.fields.iter().filter(|field| !field.retired), |field| {
        (field.name.as_str(), field.display_name.as_str(), field.data_type.name())
    });
    let row = |view: &EntityView<'a>| Row {
        id: view.id(),
        name: view.name(),
        retired: view.is_retired(),
        project: view.project().map(link),
        image: view.field("image"),
        values: columns.iter().map(|column| view.field(column.field)).collect(),
    };
    let rows = found.iter().skip((page - 1) * per_page).take(per_page).map(row).collect();
    Some(List {
        entity_type: &known.name,
        name: &known.display_name,
        rows,
        columns,
        total,
        page,
        per_page,
        has_project: known.project.is_some(),
    })
}

/// The telling fields of a type, in their order.
fn columns<'a, F>(
    fields: impl Iterator<Item = F>,
    describe: impl Fn(F) -> (&'a str, &'a str, &'static str),
) -> Vec<Column<'a>> {
    let mut columns: Vec<(usize, Column<'a>)> = fields
        .map(describe)
        .filter_map(|(field, name, data_type)| {
            let rank = TELLING.iter().position(|known| *known == field)?;
            Some((rank, Column { field, name, data_type }))
        })
        .collect();
    columns.sort_by_key(|(rank, _)| *rank);
    // When a record changed is always worth a column.
    let last = columns.pop();
    columns.truncate(COLUMNS_MAX - 1);
    columns.extend(last);
    columns.into_iter().map(|(_, column)| column).collect()
}

impl ListQuery {
    fn wants(&self, view: &EntityView<'_>) -> bool {
        let needle = self.search.as_deref().unwrap_or_default();
        (self.retired || !view.is_retired())
            && self
                .project
                .is_none_or(|wanted| view.project().is_some_and(|project| project.id() == wanted))
            && (needle.is_empty() || needle.parse() == Ok(view.id()) || view.name_contains(needle))
    }
}
