//! `summarize`: counts and sums over the records that pass a filter, by groups.

use serde_json::{Map, Value as Json};

use super::params::Params;
use super::path::{Column, Path, Record};
use super::schema::DataType;
use super::select::Selection;
use super::sort::{compare, is_sortable};
use super::value::{TypeId, Value};
use super::{Model, Now, render};
use crate::wire::{Answer, ApiError};

mod bucket;
mod grouping;
#[cfg(test)]
mod tests;

use bucket::Bucket;
use grouping::Grouping;

/// What is computed of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    RecordCount,
    Count,
    Sum,
    Maximum,
    Minimum,
    Average,
    Checked,
    Unchecked,
    Percentage,
    StatusPercentage,
    StatusPercentageAsFloat,
    StatusList,
}

struct Summary {
    field: String,
    path: Path,
    kind: Kind,
    /// The status that a percentage is of.
    value: Option<String>,
}

/// Answers `summarize`.
pub fn summarize(model: &Model, params: &Params<'_>, now: Now) -> Result<Answer, ApiError> {
    let entity_type = params.entity_type(model)?;
    let selection = Selection::parse(model, params, entity_type, now)?;
    let summaries = summaries(model, params, entity_type)?;
    let groupings = params
        .list("grouping")?
        .iter()
        .map(|grouping| Grouping::parse(model, params, entity_type, grouping, now))
        .collect::<Result<Vec<_>, _>>()?;
    let records: Vec<_> = selection.records(model, false).collect();
    let results = Json::Object(level(model, &summaries, &groupings, &records));
    Ok(Answer::from_results(&results.to_string()))
}

fn summaries(
    model: &Model,
    params: &Params<'_>,
    entity_type: TypeId,
) -> Result<Vec<Summary>, ApiError> {
    let parse = |summary: &Json| {
        let text = |key: &str| summary.get(key).and_then(Json::as_str);
        let field = text("field").ok_or_else(|| params.missing("string 'field' in 'summaries'"))?;
        let name = text("type").ok_or_else(|| params.missing("string 'type' in 'summaries'"))?;
        let kind = Kind::parse(name)
            .ok_or_else(|| params.missing(&format!("'type' in 'summaries' (got '{name}')")))?;
        let path = readable_path(model, params, entity_type, field)?;
        if !kind.fits(name, path.data_type(model)) {
            return Err(unsupported(model, params, &path, &format!("the summary '{name}'")));
        }
        Ok(Summary { field: field.to_owned(), path, kind, value: text("value").map(str::to_owned) })
    };
    params.list("summaries")?.iter().map(parse).collect()
}

/// The path to a field whose content may be told.
fn readable_path(
    model: &Model,
    params: &Params<'_>,
    root: TypeId,
    field: &str,
) -> Result<Path, ApiError> {
    let path = Path::parse(model, params.method, root, field)?;
    if path.data_type(model) == Some(DataType::Password) {
        let (method, field) = (params.method, path.end_name(model));
        return Err(ApiError::invalid(format!(
            "API {method}() {field}'s 'password' data type cannot be summarized."
        )));
    }
    Ok(path)
}

/// The error for a summary or a grouping that the data type of a field does not have.
fn unsupported(model: &Model, params: &Params<'_>, path: &Path, what: &str) -> ApiError {
    let (method, field) = (params.method, path.end_name(model));
    let data_type = path.data_type(model).map_or("number", DataType::name);
    ApiError::invalid(format!(
        "API {method}() {field}'s '{data_type}' data type doesn't support {what}."
    ))
}

/// Whether values of a data type are numbers; ids are.
fn is_number(data_type: Option<DataType>) -> bool {
    matches!(
        data_type,
        None | Some(
            DataType::Number
                | DataType::Float
                | DataType::Currency
                | DataType::Percent
                | DataType::Duration
                | DataType::Timecode
        )
    )
}

/// The summaries of some records, and those of their groups.
fn level(
    model: &Model,
    summaries: &[Summary],
    groupings: &[Grouping],
    records: &[Record<'_>],
) -> Map<String, Json> {
    let values =
        summaries.iter().map(|summary| (summary.field.clone(), summary.of(model, records)));
    let mut shown = Map::new();
    shown.insert("summaries".to_owned(), Json::Object(values.collect()));
    let groups = groupings.split_first().map_or_else(Vec::new, |(grouping, rest)| {
        let of_group = |bucket: Bucket<'_>| {
            let mut group = level(model, summaries, rest, &bucket.records);
            if rest.is_empty() {
                group.remove("groups");
            }
            group.insert("group_name".to_owned(), bucket.name.into());
            group.insert("group_value".to_owned(), bucket.value);
            Json::Object(group)
        };
        grouping.buckets(model, records).into_iter().map(of_group).collect()
    });
    shown.insert("groups".to_owned(), groups.into());
    shown
}

impl Kind {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "record_count" => Self::RecordCount,
            "count" => Self::Count,
            "sum" => Self::Sum,
            "maximum" | "latest" => Self::Maximum,
            "minimum" | "earliest" => Self::Minimum,
            "average" => Self::Average,
            "checked" => Self::Checked,
            "unchecked" => Self::Unchecked,
            "percentage" => Self::Percentage,
            "status_percentage" => Self::StatusPercentage,
            "status_percentage_as_float" => Self::StatusPercentageAsFloat,
            "status_list" => Self::StatusList,
            _ => return None,
        })
    }

    /// Whether this can be computed of values of a data type, or of ids.
    fn fits(self, name: &str, data_type: Option<DataType>) -> bool {
        match self {
            Self::RecordCount | Self::Count => true,
            Self::Sum | Self::Average => is_number(data_type),
            Self::Maximum | Self::Minimum if matches!(name, "latest" | "earliest") => {
                matches!(data_type, Some(DataType::Date | DataType::DateTime))
            }
            Self::Maximum | Self::Minimum => {
                is_sortable(data_type) && !data_type.is_some_and(DataType::is_link)
            }
            Self::Checked | Self::Unchecked | Self::Percentage => {
                data_type == Some(DataType::Checkbox)
            }
            Self::StatusPercentage | Self::StatusPercentageAsFloat | Self::StatusList => {
                matches!(data_type, Some(DataType::StatusList | DataType::List))
            }
        }
    }
}

impl Summary {
    fn of(&self, model: &Model, records: &[Record<'_>]) -> Json {
        let is_id = self.path.is_direct() && self.path.column == Column::Id;
        if self.kind == Kind::RecordCount || (self.kind == Kind::Count && is_id) {
            return records.len().into();
        }
        let values = records.iter().map(|record| self.value_of(model, *record));
        let set: Vec<_> = values.filter(|value| !value.is_null()).collect();
        let checked = || set.iter().filter(|value| **value == Value::Bool(true)).count();
        match self.kind {
            Kind::RecordCount | Kind::Count => set.len().into(),
            Kind::Sum => sum(&set),
            Kind::Maximum => {
                self.extreme(set.iter().max_by(|left, right| compare(left, right)), model)
            }
            Kind::Minimum => {
                self.extreme(set.iter().min_by(|left, right| compare(left, right)), model)
            }
            Kind::Average => {
                let total: f64 = set.iter().filter_map(number).sum();
                (if set.is_empty() { 0.0 } else { total / set.len() as f64 }).into()
            }
            Kind::Checked => checked().into(),
            Kind::Unchecked => (records.len() - checked()).into(),
            Kind::Percentage => (percent(checked(), records.len()).round() as i64).into(),
            Kind::StatusPercentage => {
                (self.status_percent(&set, records.len()).round() as i64).into()
            }
            Kind::StatusPercentageAsFloat => self.status_percent(&set, records.len()).into(),
            Kind::StatusList => status_of_all(&set),
        }
    }

    /// The value at the end of the path; null for a list without links, so that it does not count.
    fn value_of(&self, model: &Model, record: Record<'_>) -> Value {
        let Some(end) = self.path.follow(model, record) else { return Value::Null };
        match end.value(model, self.path.column).into_owned() {
            value @ (Value::Link(_) | Value::Links(_)) => {
                let live = value.links().iter().any(|link| model.tables.live(*link).is_some());
                if live { value } else { Value::Null }
            }
            value => value,
        }
    }

    fn extreme(&self, value: Option<&Value>, model: &Model) -> Json {
        match value {
            Some(value) => {
                let mut text = String::new();
                let data_type = self.path.data_type(model).unwrap_or(DataType::Number);
                model.write_value(data_type, value, &mut text);
                render::parse(&text)
            }
            None if is_number(self.path.data_type(model)) => 0.into(),
            None => Json::Null,
        }
    }

    /// How many of so many records have the wanted status.
    fn status_percent(&self, set: &[Value], of: usize) -> f64 {
        let wanted = self.value.as_deref().unwrap_or("fin");
        percent(set.iter().filter(|value| value.as_text() == Some(wanted)).count(), of)
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// A sum of whole numbers stays whole.
fn sum(values: &[Value]) -> Json {
    let whole = values.iter().try_fold(0i64, |sum, value| match value {
        Value::Int(number) => sum.checked_add(*number),
        _ => None,
    });
    whole.map_or_else(|| values.iter().filter_map(number).sum::<f64>().into(), Json::from)
}

/// The status that all share, or `ip` where they differ.
fn status_of_all(values: &[Value]) -> Json {
    match values.split_first() {
        None => Json::Null,
        Some((first, rest)) if rest.iter().all(|value| value == first) => first.as_text().into(),
        Some(_) => "ip".into(),
    }
}
