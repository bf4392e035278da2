//! `export_page`: what a page shows, as CSV. A page is exported by its layouts, which are records of `PageSetting`.

use serde_json::{Map, Value as Json, json};

use super::params::Params;
use super::path::{Column, Path, Record};
use super::schema::DataType;
use super::select::Selection;
use super::sort::Order;
use super::time;
use super::value::{Ref, TypeId, Value};
use super::{Model, Now};
use crate::wire::{Answer, ApiError};

/// What a page shows, and how.
struct Layout {
    entity_type: TypeId,
    project: Option<Ref>,
    /// Paths, as filters and fields name them.
    columns: Vec<String>,
    filters: Json,
    sorts: Json,
}

/// Answers `export_page`.
pub fn page(model: &Model, params: &Params<'_>, now: Now) -> Result<Answer, ApiError> {
    let missing = |name: &str| {
        let sent = Json::Object(params.fields.clone());
        ApiError::invalid(format!("API {}() '{name}' missing: {sent}", params.method))
    };
    let format = params.optional_text("format")?.ok_or_else(|| missing("format"))?;
    if format != "csv" {
        return Err(params.missing("'format' ('csv')"));
    }
    let id = params.number("page_id")?.ok_or_else(|| missing("page_id"))?;
    let layout = Layout::find(model, id, params.optional_text("layout_name")?);
    let layout = layout
        .ok_or_else(|| ApiError::refused(format!("Export for Page id={id} not available")))?;
    layout.export(model, params.method, now).map(Answer::csv)
}

impl Layout {
    /// The layout of a page by its name, or the one that is its default, if it may be exported.
    fn find(model: &Model, page: u64, name: Option<&str>) -> Option<Self> {
        let page = Ref { entity_type: model.schema.type_id("Page")?, id: page };
        let settings = model.schema.type_id("PageSetting")?;
        let field = model.schema.entity_type(settings).field_index("page")?;
        let of_page = model.tables.linking(settings, field, page).iter();
        let mut of_page = of_page.map(|id| Ref { entity_type: settings, id: u64::from(*id) });
        let found = of_page.find(|setting| {
            let chosen = match name {
                Some(name) => model.named(*setting, "name").as_text() == Some(name),
                None => model.named(*setting, "is_default") == &Value::Bool(true),
            };
            chosen && model.named(*setting, "api_exportable") == &Value::Bool(true)
        })?;
        model.tables.live(page)?;
        let entity_type = model.schema.type_id(model.named(page, "entity_type").as_text()?)?;
        let json = |name: &str| match model.named(found, name) {
            Value::Json(json) => json.as_ref().clone(),
            _ => Json::Null,
        };
        let columns = match json("columns") {
            Json::Array(columns) => {
                columns.iter().filter_map(Json::as_str).map(str::to_owned).collect()
            }
            _ => model.usual_columns(entity_type),
        };
        let project = model.named(page, "project").links().first().copied();
        Some(Self { entity_type, project, columns, filters: json("filters"), sorts: json("sorts") })
    }

    fn export(&self, model: &Model, method: &str, now: Now) -> Result<String, ApiError> {
        let request = self.request(model);
        let params = Params { method, fields: &request };
        let selection = Selection::parse(model, &params, self.entity_type, now)?;
        let order = Order::parse(model, &params, self.entity_type)?;
        let columns = self.columns.iter();
        let columns: Vec<Path> = columns
            .map(|column| Path::parse(model, method, self.entity_type, column))
            .collect::<Result<_, _>>()?;
        let mut csv = String::new();
        write_line(columns.iter().map(|path| heading(model, path)), &mut csv);
        for record in order.sort(model, selection.records(model, false).collect()) {
            write_line(columns.iter().map(|path| cell(model, record, path)), &mut csv);
        }
        Ok(csv)
    }

    /// The layout as a `read` would ask for it.
    fn request(&self, model: &Model) -> Map<String, Json> {
        let mut conditions = Vec::new();
        if !self.filters.is_null() {
            conditions.push(self.filters.clone());
        }
        let known = model.schema.entity_type(self.entity_type);
        if let Some(project) = self.project.filter(|_| known.project.is_some()) {
            let link = json!({"type": "Project", "id": project.id});
            conditions.push(json!({"path": "project", "relation": "is", "values": [link]}));
        }
        let filters = json!({"logical_operator": "and", "conditions": conditions});
        Map::from_iter([("filters".to_owned(), filters), ("sorts".to_owned(), self.sorts.clone())])
    }
}

impl Model {
    /// A field of a live record by name; null if there is none.
    fn named(&self, record: Ref, name: &str) -> &Value {
        let field = self.schema.entity_type(record.entity_type).field_index(name);
        match (self.tables.live(record), field) {
            (Some(row), Some(field)) => row.value(field),
            _ => &Value::Null,
        }
    }

    /// Number, name and status: what a layout shows that names no columns.
    fn usual_columns(&self, entity_type: TypeId) -> Vec<String> {
        let known = self.schema.entity_type(entity_type);
        let mut columns = vec!["id".to_owned(), known.fields[known.display_field].name.clone()];
        columns.extend(known.field_index("sg_status_list").map(|_| "sg_status_list".to_owned()));
        columns
    }
}

/// What a column is called: by its last field.
fn heading(model: &Model, path: &Path) -> String {
    match path.column {
        Column::Id => "ID".to_owned(),
        Column::DisplayName => "Name".to_owned(),
        Column::Field(index) => {
            model.schema.entity_type(path.end).fields[index].display_name.clone()
        }
    }
}

/// A value as people read it: links by name, moments in UTC.
fn cell(model: &Model, record: Record<'_>, path: &Path) -> String {
    let Some(end) = path.follow(model, record) else { return String::new() };
    let value = end.value(model, path.column);
    match &*value {
        Value::Null => String::new(),
        Value::Bool(ticked) => if *ticked { "Yes" } else { "No" }.to_owned(),
        Value::Text(_) if path.data_type(model) == Some(DataType::Password) => "*******".to_owned(),
        Value::Text(text) => text.to_string(),
        Value::Moment(seconds) => time::moment_in_meta(*seconds),
        Value::Date(day) => {
            let mut text = String::new();
            time::write_date(*day, &mut text);
            text
        }
        Value::Int(frames) if path.data_type(model) == Some(DataType::Footage) => {
            super::footage::shown(*frames)
        }
        links @ (Value::Link(_) | Value::Links(_)) => {
            let live = links.links().iter().filter(|link| model.tables.live(**link).is_some());
            live.map(|link| model.display_name(*link)).collect::<Vec<_>>().join(", ")
        }
        // A file is known by its name.
        Value::Json(json) => match json.get("name").and_then(Json::as_str) {
            Some(name) => name.to_owned(),
            None => json.to_string(),
        },
        plain @ (Value::Int(_) | Value::Float(_)) => {
            let mut text = String::new();
            plain.write_plain(&mut text);
            text
        }
    }
}

/// Appends one line; what would break it is put in quotes.
fn write_line(cells: impl Iterator<Item = String>, csv: &mut String) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            csv.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            csv.push('"');
            csv.push_str(&cell.replace('"', "\"\""));
            csv.push('"');
        } else {
            csv.push_str(&cell);
        }
    }
    csv.push('\n');
}
