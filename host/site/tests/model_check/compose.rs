//! Makes writes up, by chance: those that are in order, and those that must be refused.

use serde_json::{Value, json};

use super::chance::Chance;
use super::plain::{Key, Kind, Mode, Plain, Sent, TYPES, Write, fields_of, shape};

/// A number that no record has.
const NOBODY: u64 = 900_000_000;

/// A write that is in order. Its texts begin with `mark`.
pub fn write(chance: &mut Chance, plain: &Plain, mark: &str) -> Write {
    let kind = chance.pick(TYPES).expect("there are types").0;
    let (live, retired) = (plain.keys(kind, false), plain.keys(kind, true));
    // Now and then somebody retires what is retired, or revives what is not.
    let (mut to_retire, mut to_revive) = (&live, &retired);
    if chance.percent(10) {
        std::mem::swap(&mut to_retire, &mut to_revive);
    }
    let made = match chance.below(100) {
        0..25 => None,
        25..40 => chance.pick(to_retire).map(Write::Delete),
        40..55 => chance.pick(to_revive).map(Write::Revive),
        _ => {
            chance.pick(&live).map(|key| Write::Update(key, some_fields(chance, plain, key, mark)))
        }
    };
    made.unwrap_or_else(|| Write::Create(kind, all_fields(chance, plain, kind, mark)))
}

/// A write that must be refused, as the API spells it, and a part of the reason.
pub fn refused(
    chance: &mut Chance,
    plain: &Plain,
    project: &Value,
    mark: &str,
) -> (&'static str, Value, &'static str) {
    let kind = chance.pick(TYPES).expect("there are types").0;
    let name = fields_of(kind)[0].0;
    let fields = json!([{"field_name": name, "value": mark}]);
    let spoilt = |more: Value| json!([{"field_name": name, "value": mark}, more]);
    let live = chance.pick(&plain.keys(kind, false));
    let retired = chance.pick(&plain.keys("Asset", true));
    match (chance.below(6), live) {
        (0, _) => ("delete", json!({"type": kind, "id": NOBODY}), "does not exist"),
        (1, _) => {
            ("create", json!({"type": kind, "fields": fields}), "missing 'project' attribute")
        }
        (2, Some(Key { id, .. })) => {
            let fields = spoilt(json!({"field_name": "sg_no_such_field", "value": 1}));
            (
                "update",
                json!({"type": kind, "id": id, "fields": fields}),
                "sg_no_such_field doesn't exist",
            )
        }
        (3, Some(Key { id, .. })) => {
            let fields = spoilt(json!({"field_name": "sg_status_list", "value": 5}));
            (
                "update",
                json!({"type": kind, "id": id, "fields": fields}),
                "expected [String, NilClass]",
            )
        }
        (4, _) if retired.is_some() => {
            let link = shape(retired.expect("it was just looked at"));
            let fields = json!([{"field_name": "project", "value": project}, {"field_name": "code", "value": mark},
                {"field_name": "assets", "value": [link]}]);
            ("create", json!({"type": "Shot", "fields": fields}), "Value is not legal")
        }
        _ => ("update", json!({"type": kind, "id": NOBODY, "fields": fields}), "does not exist"),
    }
}

/// A write as the API spells it: the method and its parameters.
pub fn spelled(write: &Write, project: &Value) -> (&'static str, Value) {
    match write {
        Write::Create(kind, sent) => {
            let mut fields = vec![json!({"field_name": "project", "value": project})];
            fields.extend(sent.iter().map(spelled_field));
            ("create", json!({"type": kind, "fields": fields, "return_fields": ["id"]}))
        }
        Write::Update(Key { kind, id }, sent) => {
            let fields: Vec<_> = sent.iter().map(spelled_field).collect();
            ("update", json!({"type": kind, "id": id, "fields": fields}))
        }
        Write::Delete(Key { kind, id }) => ("delete", json!({"type": kind, "id": id})),
        Write::Revive(Key { kind, id }) => ("revive", json!({"type": kind, "id": id})),
    }
}

fn spelled_field((field, value, mode): &Sent) -> Value {
    let mut spelled = json!({"field_name": field, "value": value});
    match mode {
        Mode::Set => {}
        Mode::Add => spelled["multi_entity_update_mode"] = json!("add"),
        Mode::Remove => spelled["multi_entity_update_mode"] = json!("remove"),
    }
    spelled
}

/// The name, and each other field with some luck.
fn all_fields(chance: &mut Chance, plain: &Plain, kind: &'static str, mark: &str) -> Vec<Sent> {
    let mut sent = Vec::new();
    for (index, (field, kind)) in fields_of(kind).iter().enumerate() {
        if index == 0 || chance.percent(35) {
            let value = value(chance, plain, *kind, mark);
            if !value.is_null() {
                sent.push((*field, value, Mode::Set));
            }
        }
    }
    sent
}

/// One field, or a few.
fn some_fields(chance: &mut Chance, plain: &Plain, key: Key, mark: &str) -> Vec<Sent> {
    let mut sent: Vec<Sent> = Vec::new();
    for _ in 0..=chance.below(3) {
        let (field, kind) = chance.pick(fields_of(key.kind)).expect("every type has fields");
        if sent.iter().any(|(other, ..)| *other == field) {
            continue;
        }
        let mode = match kind {
            Kind::Links(_) => chance
                .pick(&[Mode::Set, Mode::Add, Mode::Add, Mode::Remove])
                .expect("there are modes"),
            _ => Mode::Set,
        };
        // What is taken off a list is mostly on it.
        let listed = plain.shown(key, field);
        let value = match listed.as_array().and_then(|list| chance.pick(list)) {
            Some(link) if mode == Mode::Remove && chance.percent(80) => json!([link]),
            _ => value(chance, plain, kind, mark),
        };
        sent.push((field, value, mode));
    }
    sent
}

fn value(chance: &mut Chance, plain: &Plain, kind: Kind, mark: &str) -> Value {
    match kind {
        Kind::Text => json!(format!("{mark} {}", chance.below(1_000_000))),
        Kind::Status(codes) => json!(chance.pick(codes)),
        Kind::Number => json!(chance.below(10_000)),
        Kind::Float => json!(chance.below(1_000) as f64 / 8.0 + 0.0625),
        Kind::Date => json!(format!("2026-03-{:02}", 1 + chance.below(28))),
        Kind::Checkbox => json!(chance.percent(50)),
        Kind::Link(kind) => match chance.pick(&plain.keys(kind, false)) {
            Some(key) if chance.percent(80) => shape(key),
            _ => Value::Null,
        },
        Kind::Links(kind) => {
            let keys = plain.keys(kind, false);
            let mut picked: Vec<Key> =
                (0..chance.below(4)).filter_map(|_| chance.pick(&keys)).collect();
            picked.sort_unstable();
            picked.dedup();
            picked.into_iter().map(shape).collect()
        }
    }
}
