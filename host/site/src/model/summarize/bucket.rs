//! The groups of `summarize`: which record is in which.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use serde_json::{Value as Json, json};

use super::grouping::{CLUSTERS, Grouping, Kind};
use crate::model::Model;
use crate::model::path::Record;
use crate::model::render;
use crate::model::schema::DataType;
use crate::model::sort::compare;
use crate::model::time::{self, Unit};
use crate::model::value::{Ref, TypeId, Value};

/// One group.
pub struct Bucket<'a> {
    pub name: String,
    pub value: Json,
    pub records: Vec<Record<'a>>,
    sort: Value,
}

/// What the records of a group have in common. Null for those that have nothing.
#[derive(PartialEq)]
struct Common(Value);

// No field holds a float that is not a number.
impl Eq for Common {}

impl Hash for Common {
    fn hash<H: Hasher>(&self, state: &mut H) {
        discriminant(&self.0).hash(state);
        match &self.0 {
            Value::Null => {}
            Value::Bool(value) => value.hash(state),
            Value::Int(value) | Value::Moment(value) => value.hash(state),
            Value::Float(value) => (*value + 0.0).to_bits().hash(state),
            Value::Text(text) => text.hash(state),
            Value::Date(days) => days.hash(state),
            Value::Link(link) => link.hash(state),
            Value::Links(links) => links.hash(state),
            Value::Json(json) => json.to_string().hash(state),
        }
    }
}

impl Grouping {
    /// The groups of some records, in the order of what they have in common.
    pub fn buckets<'a>(&self, model: &'a Model, records: &[Record<'a>]) -> Vec<Bucket<'a>> {
        let mut places: HashMap<Common, usize> = HashMap::new();
        let mut members: Vec<Vec<Record<'a>>> = Vec::new();
        for record in records {
            let place = *places.entry(Common(self.common(model, *record))).or_insert_with(|| {
                members.push(Vec::new());
                members.len() - 1
            });
            members[place].push(*record);
        }
        let mut named: Vec<_> = places
            .into_iter()
            .map(|(Common(common), place)| {
                let (name, value, sort) = self.shown(model, common);
                (place, Bucket { name, value, records: std::mem::take(&mut members[place]), sort })
            })
            .collect();
        // Of groups with the same name the one whose first record comes first is first.
        named.sort_by(|(one, left), (other, right)| {
            let order = compare(&left.sort, &right.sort);
            let order = if self.descending { order.reverse() } else { order };
            order.then(one.cmp(other))
        });
        named.into_iter().map(|(_, bucket)| bucket).collect()
    }

    fn common(&self, model: &Model, record: Record<'_>) -> Value {
        let Some(end) = self.path.follow(model, record) else { return Value::Null };
        match (&*end.value(model, self.path.column), self.kind) {
            (value @ (Value::Link(_) | Value::Links(_)), kind) => of_links(model, value, kind),
            (Value::Int(number), Kind::Multiple(size)) => {
                Value::Int(number.div_euclid(size) * size)
            }
            (Value::Float(number), Kind::Multiple(size)) => {
                Value::Int((number.floor() as i64).div_euclid(size) * size)
            }
            (Value::Text(text), Kind::FirstLetter) => first_letter(text),
            (Value::Date(day), kind) => self.of_day(*day, kind),
            (Value::Moment(seconds), Kind::Exact) => Value::Moment(*seconds),
            (Value::Moment(seconds), kind) => self.of_day(time::day_of(*seconds), kind),
            (value, _) => value.clone(),
        }
    }

    fn of_day(&self, day: i32, kind: Kind) -> Value {
        match kind {
            Kind::Calendar(unit) => Value::Date(time::start_of(day, 0, unit)),
            Kind::Days(count) => Value::Date(day.div_euclid(count) * count),
            Kind::Quarter => Value::Date(time::quarter_of(day).1),
            Kind::ClusteredDate => Value::Int(cluster(day, self.today)),
            _ => Value::Date(day),
        }
    }

    /// The name and value of a group, and what to sort it by.
    fn shown(&self, model: &Model, common: Value) -> (String, Json, Value) {
        match (&common, self.kind) {
            (Value::Null, _) => (String::new(), Json::Null, Value::Null),
            (Value::Int(place), Kind::ClusteredDate) => {
                let name = CLUSTERS[*place as usize].to_owned();
                (name.clone(), name.into(), common)
            }
            (Value::Int(place), Kind::EntityType) => {
                let type_id = TypeId(u16::try_from(*place).expect("it was made of a type's place"));
                let name = model.schema.entity_type(type_id).name.clone();
                (name.clone(), name.as_str().into(), Value::text(&name))
            }
            (Value::Int(from), Kind::Multiple(size)) => {
                (format!("{from}-{}", from + size - 1), (*from).into(), common)
            }
            (Value::Date(start), kind) => {
                let (name, value, _) = self.plain(model, &common);
                (name_of_days(*start, kind).unwrap_or(name), value, common)
            }
            (Value::Link(_) | Value::Links(_), _) => shown_links(model, &common),
            _ => self.plain(model, &common),
        }
    }

    fn plain(&self, model: &Model, common: &Value) -> (String, Json, Value) {
        let mut text = String::new();
        let data_type = self.path.data_type(model).unwrap_or(DataType::Number);
        model.write_value(data_type, common, &mut text);
        let json = render::parse(&text);
        let name = json.as_str().map_or(text, str::to_owned);
        (name, json, common.clone())
    }
}

fn first_letter(text: &str) -> Value {
    match text.chars().next() {
        Some(letter) => Value::text(&letter.to_uppercase().to_string()),
        None => Value::Null,
    }
}

/// What the days of a group are called; none for what is called like its first day.
fn name_of_days(start: i32, kind: Kind) -> Option<String> {
    let mut first = String::new();
    time::write_date(start, &mut first);
    match kind {
        Kind::Calendar(Unit::Year) => Some(first[..first.len() - 6].to_owned()),
        Kind::Calendar(Unit::Month) => Some(first[..first.len() - 3].to_owned()),
        Kind::Quarter => {
            let (quarter, _) = time::quarter_of(start);
            Some(format!("{} Q{quarter}", &first[..first.len() - 6]))
        }
        _ => None,
    }
}

/// Where a day is from today: the place in [`CLUSTERS`].
fn cluster(day: i32, today: i32) -> i64 {
    let within = |offset: i64, unit: Unit| {
        let (from, to) =
            (time::start_of(today, offset, unit), time::start_of(today, offset + 1, unit));
        (from..to).contains(&day)
    };
    match day - today {
        -1 => 5,
        0 => 6,
        1 => 7,
        ahead if within(0, Unit::Week) => {
            if ahead < 0 {
                4
            } else {
                8
            }
        }
        _ if within(-1, Unit::Week) => 3,
        _ if within(1, Unit::Week) => 9,
        ahead if within(0, Unit::Month) => {
            if ahead < 0 {
                2
            } else {
                10
            }
        }
        _ if within(-1, Unit::Month) => 1,
        _ if within(1, Unit::Month) => 11,
        ahead => {
            if ahead < 0 {
                0
            } else {
                12
            }
        }
    }
}

/// What a link, or a list of them, has in common with others: the records that are not retired, or their type.
fn of_links(model: &Model, value: &Value, kind: Kind) -> Value {
    let mut live = value.links().iter().filter(|link| model.tables.live(**link).is_some());
    match (kind, value) {
        (Kind::EntityType, _) => {
            live.next().map_or(Value::Null, |link| Value::Int(link.entity_type.0.into()))
        }
        (Kind::FirstLetter, _) => {
            live.next().map_or(Value::Null, |link| first_letter(&model.display_name(*link)))
        }
        (_, Value::Link(_)) => live.next().map_or(Value::Null, |link| Value::Link(*link)),
        _ => {
            let links: Vec<_> = live.copied().collect();
            if links.is_empty() { Value::Null } else { Value::Links(links) }
        }
    }
}

fn shown_links(model: &Model, common: &Value) -> (String, Json, Value) {
    let shown = |link: &Ref| json!({"type": model.type_name(*link), "id": link.id, "name": model.display_name(*link), "valid": "valid"});
    let names: Vec<_> = common.links().iter().map(|link| model.display_name(*link)).collect();
    let name = names.join(", ");
    let value = match common {
        Value::Link(link) => shown(link),
        links => links.links().iter().map(shown).collect(),
    };
    (name.clone(), value, Value::text(&name))
}
