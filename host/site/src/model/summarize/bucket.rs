//! The groups of `summarize`: which record is in which.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::readable_path;
use crate::model::Model;
use crate::model::params::Params;
use crate::model::path::{Path, Record};
use crate::model::sort::compare;
use crate::model::time::{self, Unit};
use crate::model::value::{Ref, TypeId, Value};
use crate::wire::ApiError;

/// How records are put into groups.
pub struct Grouping {
    path: Path,
    kind: Kind,
    descending: bool,
}

/// What records of a group have in common.
#[derive(Clone, Copy)]
enum Kind {
    Exact,
    /// The same multiple of this.
    Multiple(i64),
    Calendar(Unit),
    Quarter,
    EntityType,
    FirstLetter,
}

/// One group.
pub struct Bucket<'a> {
    pub name: String,
    pub value: Json,
    pub records: Vec<Record<'a>>,
    sort: Value,
}

impl Grouping {
    /// Reads one item of the parameter `grouping`.
    pub fn parse(
        model: &Model,
        params: &Params<'_>,
        root: TypeId,
        grouping: &Json,
    ) -> Result<Self, ApiError> {
        let text = |key: &str| grouping.get(key).and_then(Json::as_str);
        let field = text("field").ok_or_else(|| params.missing("string 'field' in 'grouping'"))?;
        let path = readable_path(model, params, root, field)?;
        let kind = match text("type") {
            None | Some("exact") => Kind::Exact,
            Some("tens") => Kind::Multiple(10),
            Some("hundreds") => Kind::Multiple(100),
            Some("thousands") => Kind::Multiple(1000),
            Some("tensofthousands") => Kind::Multiple(10_000),
            Some("hundredsofthousands") => Kind::Multiple(100_000),
            Some("millions") => Kind::Multiple(1_000_000),
            Some("day" | "oneday") => Kind::Calendar(Unit::Day),
            Some("week") => Kind::Calendar(Unit::Week),
            Some("month") => Kind::Calendar(Unit::Month),
            Some("year") => Kind::Calendar(Unit::Year),
            Some("quarter") => Kind::Quarter,
            Some("entitytype") => Kind::EntityType,
            Some("firstletter") => Kind::FirstLetter,
            Some(other) => {
                return Err(params.missing(&format!("'type' in 'grouping' (got '{other}')")));
            }
        };
        Ok(Self { path, kind, descending: text("direction") == Some("desc") })
    }

    /// The groups of some records, in the order of what they have in common.
    pub fn buckets<'a>(&self, model: &'a Model, records: &[Record<'a>]) -> Vec<Bucket<'a>> {
        let mut buckets: BTreeMap<(String, String), Bucket<'a>> = BTreeMap::new();
        for record in records {
            let (name, value, sort) = self.common(model, *record);
            let key = (name.clone(), value.to_string());
            let bucket = buckets.entry(key).or_insert_with(|| Bucket {
                name,
                value,
                records: Vec::new(),
                sort,
            });
            bucket.records.push(*record);
        }
        let mut buckets: Vec<_> = buckets.into_values().collect();
        buckets.sort_by(|left, right| compare(&left.sort, &right.sort));
        if self.descending {
            buckets.reverse();
        }
        buckets
    }

    /// The name and value of the group of a record, and what to sort it by.
    fn common(&self, model: &Model, record: Record<'_>) -> (String, Json, Value) {
        let none = (String::new(), Json::Null, Value::Null);
        let Some(end) = self.path.follow(model, record) else { return none };
        let value = end.value(model, self.path.column).into_owned();
        match (&value, self.kind) {
            (Value::Null, _) => none,
            (Value::Link(_) | Value::Links(_), kind) => {
                of_links(model, &value, kind).unwrap_or(none)
            }
            (Value::Int(number), Kind::Multiple(size)) => {
                let from = number.div_euclid(size) * size;
                (format!("{from}-{}", from + size - 1), from.into(), Value::Int(from))
            }
            (Value::Text(text), Kind::FirstLetter) => {
                let letter = text
                    .chars()
                    .next()
                    .map(|letter| letter.to_uppercase().to_string())
                    .unwrap_or_default();
                (letter.clone(), letter.as_str().into(), Value::text(&letter))
            }
            (Value::Date(day), kind) => of_day(*day, kind),
            (Value::Moment(seconds), Kind::Exact) => plain(&Value::Moment(*seconds)),
            (Value::Moment(seconds), kind) => of_day(time::day_of(*seconds), kind),
            (value, _) => plain(value),
        }
    }
}

fn plain(value: &Value) -> (String, Json, Value) {
    let mut text = String::new();
    value.write_plain(&mut text);
    let json = crate::model::render::parse(&text);
    let name = json.as_str().map_or(text, str::to_owned);
    (name, json, value.clone())
}

fn of_day(day: i32, kind: Kind) -> (String, Json, Value) {
    let start = match kind {
        Kind::Calendar(unit) => time::start_of(day, 0, unit),
        Kind::Quarter => {
            let year = time::start_of(day, 0, Unit::Year);
            let mut quarters =
                (1..4).rev().map(|quarter| time::start_of(year, quarter * 3, Unit::Month));
            quarters.find(|start| *start <= day).unwrap_or(year)
        }
        _ => day,
    };
    plain(&Value::Date(start))
}

fn of_links(model: &Model, value: &Value, kind: Kind) -> Option<(String, Json, Value)> {
    let live: Vec<Ref> =
        value.links().iter().filter(|link| model.tables.live(**link).is_some()).copied().collect();
    let first = *live.first()?;
    if matches!(kind, Kind::EntityType) {
        let name = model.type_name(first).to_owned();
        return Some((name.clone(), name.as_str().into(), Value::text(&name)));
    }
    let shown = |link: &Ref| json!({"type": model.type_name(*link), "id": link.id, "name": model.display_name(*link), "valid": "valid"});
    let names: Vec<_> = live.iter().map(|link| model.display_name(*link)).collect();
    let name = names.join(", ");
    let value = if matches!(value, Value::Link(_)) {
        shown(&first)
    } else {
        live.iter().map(shown).collect()
    };
    Some((name.clone(), value, Value::text(&name)))
}
