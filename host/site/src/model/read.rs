//! `read`: the page of records that pass a filter, in an order, with the fields that were asked for.

use serde_json::Value as Json;

use super::params::Params;
use super::path::{Column, Path, Record};
use super::preset;
use super::select::Selection;
use super::sort::Order;
use super::value::{Ref, TypeId, Value, write_integer, write_string};
use super::{Model, Now};
use crate::wire::{Answer, ApiError};

/// What a row of the event log is usually read with; such rows are written in one go.
const EVENT_FIELDS: [&str; 9] = [
    "id",
    "event_type",
    "attribute_name",
    "meta",
    "entity",
    "user",
    "project",
    "session_uuid",
    "created_at",
];

/// The fields of each row of an answer.
pub enum Shape {
    Fields(Vec<Output>),
    /// The nine usual fields of a row of the event log.
    UsualEvent,
}

/// One field of each row, under the text it was asked for by.
pub struct Output {
    key: String,
    path: Path,
}

/// Which page was asked for.
struct Paging {
    size: usize,
    page: usize,
    info: PagingInfo,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PagingInfo {
    Nothing,
    HasNext,
    Counts,
}

/// Answers `read`.
pub fn read(model: &Model, params: &Params<'_>, now: Now) -> Result<Answer, ApiError> {
    let entity_type = params.entity_type(model)?;
    let shape = Shape::parse(model, params, entity_type)?;
    let selection = Selection::parse(model, params, entity_type, now)?;
    let order = Order::parse(model, params, entity_type)?;
    let paging = Paging::parse(params)?;
    let presets = preset::parse(model, params, entity_type)?;
    let mut body = Answer::open(256 * paging.size.min(512));
    body.push_str("{\"entities\":[");
    let total = match (order.by_id(), presets) {
        (Some(reverse), None) => {
            let records = selection.records(model, reverse);
            paging.write(
                records,
                |record, body| shape.write(model, entity_type, record, body),
                &mut body,
            )
        }
        (_, presets) => {
            let records = selection.records(model, false);
            let records = match presets {
                Some(presets) => presets.keep(model, records),
                None => records.collect(),
            };
            let records = order.sort(model, records).into_iter();
            paging.write(
                records,
                |record, body| shape.write(model, entity_type, record, body),
                &mut body,
            )
        }
    };
    body.push(']');
    paging.write_info(total, &mut body);
    body.push('}');
    Ok(Answer::close(body))
}

impl Paging {
    fn parse(params: &Params<'_>) -> Result<Self, ApiError> {
        let number = |name: &str| {
            let paging = params.fields.get("paging");
            let number = paging
                .and_then(|paging| paging.get(name))
                .and_then(Json::as_u64)
                .filter(|number| *number > 0);
            number
                .and_then(|number| usize::try_from(number).ok())
                .ok_or_else(|| params.missing(&format!("integer 'paging' '{name}'")))
        };
        let info = match (
            params.flag("return_paging_info", false)?,
            params.flag("return_paging_info_without_counts", false)?,
        ) {
            (true, _) => PagingInfo::Counts,
            (false, true) => PagingInfo::HasNext,
            (false, false) => PagingInfo::Nothing,
        };
        Ok(Self { size: number("entities_per_page")?, page: number("current_page")?, info })
    }

    /// Writes the page and returns how many records there are; of those after the page, only as many are counted as the
    /// answer has to tell about.
    fn write<'a>(
        &self,
        records: impl Iterator<Item = Record<'a>>,
        mut write: impl FnMut(Record<'a>, &mut String),
        body: &mut String,
    ) -> usize {
        let start = self.size.saturating_mul(self.page - 1);
        let end = start.saturating_add(self.size);
        let mut count = 0;
        for record in records {
            if count >= end && self.info != PagingInfo::Counts {
                return count + 1;
            }
            if (start..end).contains(&count) {
                if count > start {
                    body.push(',');
                }
                write(record, body);
            }
            count += 1;
            if count == end && self.info == PagingInfo::Nothing {
                break;
            }
        }
        count
    }

    fn write_info(&self, total: usize, body: &mut String) {
        match self.info {
            PagingInfo::Nothing => {}
            PagingInfo::HasNext => {
                let has_next = total > self.size.saturating_mul(self.page);
                body.push_str(",\"paging_info\":{\"has_next_page\":");
                body.push_str(if has_next { "true}" } else { "false}" });
            }
            PagingInfo::Counts => {
                let pages = total.div_ceil(self.size);
                let (page, size) = (self.page, self.size);
                body.push_str(&format!(
                    ",\"paging_info\":{{\"current_page\":{page},\"page_count\":{pages},\"entity_count\":{total},\"entities_per_page\":{size}}}"
                ));
            }
        }
    }
}

impl Shape {
    /// Reads the parameter `return_fields`; without it only type and id are returned.
    fn parse(model: &Model, params: &Params<'_>, entity_type: TypeId) -> Result<Self, ApiError> {
        let mut names = Vec::new();
        for name in params.list("return_fields")? {
            names.push(
                name.as_str().ok_or_else(|| params.missing("array of strings 'return_fields'"))?,
            );
        }
        let is_log = model.schema.entity_type(entity_type).name == "EventLogEntry";
        if is_log
            && model.sees_all(entity_type)
            && names.iter().all(|name| *name == "type" || EVENT_FIELDS.contains(name))
            && EVENT_FIELDS.iter().all(|name| *name == "id" || names.contains(name))
        {
            return Ok(Self::UsualEvent);
        }
        Self::of_names(model, params.method, entity_type, names.into_iter())
    }

    /// The shape of rows with the fields `names`, besides type and id.
    pub fn of_names<'a>(
        model: &Model,
        method: &str,
        entity_type: TypeId,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Self, ApiError> {
        let mut fields: Vec<Output> = Vec::new();
        for name in names.filter(|name| !matches!(*name, "type" | "id")) {
            let mut key = String::new();
            write_string(name, &mut key);
            if fields.iter().any(|field| field.key == key) {
                continue;
            }
            fields.push(Output { key, path: Path::parse(model, method, entity_type, name)? });
        }
        Ok(Self::Fields(fields))
    }

    /// Appends a record.
    pub fn write(&self, model: &Model, entity_type: TypeId, record: Record<'_>, body: &mut String) {
        let fields = match (self, record) {
            (Self::UsualEvent, Record::Event(_, row)) => return model.write_event(row, body),
            (Self::UsualEvent, Record::Row(..)) => &[][..],
            (Self::Fields(fields), _) => fields,
        };
        body.push_str("{\"type\":\"");
        body.push_str(&model.schema.entity_type(entity_type).name);
        body.push_str("\",\"id\":");
        write_integer(record.id(), body);
        for Output { key, path } in fields {
            body.push(',');
            body.push_str(key);
            body.push(':');
            match path.follow(model, record) {
                Some(end) => model.write_column(end, path.column, body),
                None => body.push_str("null"),
            }
        }
        body.push('}');
    }
}

impl Model {
    /// Appends what a column of a record holds.
    fn write_column(&self, record: Record<'_>, column: Column, body: &mut String) {
        match (record, column) {
            (_, Column::Id) => write_integer(record.id(), body),
            (Record::Row(entity_type, row), Column::DisplayName) => {
                write_string(&self.display_name(Ref { entity_type, id: row.id }), body);
            }
            (Record::Row(entity_type, row), Column::Field(index)) => {
                self.write_field(entity_type, row, index, body)
            }
            (Record::Event(_, row), Column::DisplayName) => self.write_event_description(row, body),
            (Record::Event(entity_type, row), Column::Field(index)) => {
                let field = &self.schema.entity_type(entity_type).fields[index];
                match field.name.as_str() {
                    "meta" => body.push_str(&row.meta),
                    "description" => self.write_event_description(row, body),
                    name => match row.value(name) {
                        Value::Null => body.push_str("null"),
                        value => self.write_value(field.data_type, &value, body),
                    },
                }
            }
        }
    }
}
