//! A small site in memory, which answers narrowed questions the way a site does. Written apart from what it tests.

use std::collections::{BTreeMap, BTreeSet};

use crate::shotgun::{Condition, Effective, FieldKind, Filter, Narrowed, Question, Schema};

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Null,
    Text(String),
    Link(Key),
    Links(Vec<Key>),
}

/// A record's type and number.
pub type Key = (&'static str, u64);

/// Records by key, each from field to value.
#[derive(Debug, Clone, Default)]
pub struct Site(pub BTreeMap<Key, BTreeMap<&'static str, Value>>);

/// Every field of the site: its type, its name, what it holds, and what it links to.
pub const FIELDS: [(&str, &str, FieldKind, &str); 13] = [
    ("Task", "content", FieldKind::Plain, ""),
    ("Task", "status", FieldKind::Plain, ""),
    ("Task", "entity", FieldKind::Link, "Shot"),
    ("Task", "shots", FieldKind::Links, "Shot"),
    ("Task", "project", FieldKind::Link, "Project"),
    ("Shot", "code", FieldKind::Plain, ""),
    ("Shot", "note", FieldKind::Plain, ""),
    ("Shot", "boss", FieldKind::Link, "HumanUser"),
    ("Shot", "tasks", FieldKind::Links, "Task"),
    ("Shot", "project", FieldKind::Link, "Project"),
    ("HumanUser", "name", FieldKind::Plain, ""),
    ("HumanUser", "login", FieldKind::Plain, ""),
    ("Project", "name", FieldKind::Plain, ""),
];

pub fn schema() -> Schema {
    let mut schema = Schema::default();
    for (entity_type, field, kind, _) in FIELDS {
        schema.0.entry(entity_type.to_owned()).or_default().insert(field.to_owned(), kind);
    }
    schema
}

/// The field that a record's name is the value of.
pub fn name_field(entity_type: &str) -> &'static str {
    match entity_type {
        "Task" => "content",
        "Shot" => "code",
        _ => "name",
    }
}

impl Site {
    fn value(&self, key: Key, field: &str) -> Value {
        match field {
            "id" => Value::Text(key.1.to_string()),
            "cached_display_name" => self.value(key, name_field(key.0)),
            field => {
                self.0.get(&key).and_then(|row| row.get(field)).cloned().unwrap_or(Value::Null)
            }
        }
    }

    pub fn project(&self, key: Key) -> Option<u64> {
        match (key.0, self.value(key, "project")) {
            ("Project", _) => Some(key.1),
            (_, Value::Link((_, id))) => Some(id),
            _ => None,
        }
    }

    fn name(&self, key: Key) -> Value {
        self.value(key, name_field(key.0))
    }

    /// All values at the end of a path; null where a link leads nowhere.
    fn values(&self, key: Key, path: &str) -> Vec<Value> {
        if let Some(reverse) = path.strip_prefix("$FROM$") {
            let parts: Vec<_> = reverse.splitn(3, '.').collect();
            let linking = self
                .0
                .keys()
                .filter(|from| from.0 == parts[0] && self.links(**from, parts[1]).contains(&key));
            let values: Vec<_> = linking.flat_map(|from| self.values(*from, parts[2])).collect();
            return if values.is_empty() { vec![Value::Null] } else { values };
        }
        let mut parts = path.splitn(3, '.');
        let field = parts.next().unwrap();
        let (Some(target), Some(rest)) = (parts.next(), parts.next()) else {
            return vec![self.value(key, field)];
        };
        let links = self.links(key, field).into_iter().filter(|link| link.0 == target);
        let values: Vec<_> = links.flat_map(|link| self.values(link, rest)).collect();
        if values.is_empty() { vec![Value::Null] } else { values }
    }

    fn links(&self, key: Key, field: &str) -> Vec<Key> {
        match self.value(key, field) {
            Value::Link(link) => vec![link],
            Value::Links(links) => links,
            _ => Vec::new(),
        }
    }

    fn passes(&self, key: Key, filter: &Filter<Value>) -> bool {
        match filter {
            Filter::All(filters) => filters.iter().all(|filter| self.passes(key, filter)),
            Filter::Any(filters) => {
                filters.is_empty() || filters.iter().any(|filter| self.passes(key, filter))
            }
            Filter::InProjects { path, projects } => {
                self.values(key, path).iter().any(|value| match value {
                    Value::Link((_, id)) => projects.contains(id),
                    Value::Text(id) => id.parse().is_ok_and(|id| projects.contains(&id)),
                    _ => false,
                })
            }
            Filter::Condition(condition) => {
                self.values(key, &condition.path).iter().any(|value| self.holds(value, condition))
            }
        }
    }

    fn holds(&self, value: &Value, Condition { relation, values, .. }: &Condition<Value>) -> bool {
        let names = || match value {
            Value::Link(link) => vec![self.name(*link)],
            Value::Links(links) => links.iter().map(|link| self.name(*link)).collect(),
            _ => Vec::new(),
        };
        match relation.as_str() {
            "is" if matches!(
                (value, values),
                (Value::Link(_) | Value::Links(_), Value::Text(_))
            ) =>
            {
                names().contains(values)
            }
            "is" => value == values,
            "is_not" => value != values,
            "less_than" => value < values,
            "name_is" => names().contains(values),
            "name_is_not" => !names().contains(values),
            other => panic!("no such relation: {other}"),
        }
    }

    /// What rows are put in order by: of links, their names.
    fn rank(&self, value: &Value) -> Value {
        match value {
            Value::Link(link) => self.name(*link),
            Value::Links(links) => links.first().map_or(Value::Null, |link| self.name(*link)),
            value => value.clone(),
        }
    }

    /// The answer as the plugin is given it, in words.
    pub fn answer(
        &self,
        question: &Question<Value>,
        narrowed: &Narrowed<Value>,
        effective: &Effective,
    ) -> Vec<String> {
        let is_meant =
            |key: &Key| key.0 == question.entity_type && self.passes(*key, &narrowed.filter);
        let mut rows: Vec<Key> = self.0.keys().copied().filter(is_meant).collect();
        let ranks = |key: &Key| {
            let first = |path: &String| self.rank(&self.values(*key, path)[0]);
            question.order.iter().map(first).collect::<Vec<_>>()
        };
        rows.sort_by_key(ranks);
        let mut answer: Vec<String> =
            rows.iter().map(|key| self.row(*key, question, narrowed, effective)).collect();
        for path in &question.summaries {
            let values: Vec<_> = rows.iter().flat_map(|key| self.values(*key, path)).collect();
            let filled: Vec<_> = values.iter().filter(|value| **value != Value::Null).collect();
            answer.push(format!(
                "{path}: {} of {}, at most {:?}",
                filled.len(),
                rows.len(),
                filled.iter().max()
            ));
        }
        for path in &question.grouping {
            let groups: BTreeSet<_> =
                rows.iter().map(|key| self.rank(&self.values(*key, path)[0])).collect();
            answer.push(format!("{path}: {groups:?}"));
        }
        answer
    }

    fn row(
        &self,
        key: Key,
        question: &Question<Value>,
        narrowed: &Narrowed<Value>,
        effective: &Effective,
    ) -> String {
        // What a site gives for a path over a list is not known: here, all of it.
        let given = |path: &str| self.values(key, path);
        let project_at = |path: &str| match &given(path)[..] {
            [Value::Link((_, id))] => Some(*id),
            [Value::Text(id)] => id.parse().ok(),
            _ => None,
        };
        let mut row = format!("{key:?}");
        for path in &question.fields {
            let values =
                if narrowed.shows(path, project_at) { given(path) } else { vec![Value::Null] };
            let values: Vec<_> = values.iter().map(|value| self.shown(value, effective)).collect();
            row.push_str(&format!(", {path}: {values:?}"));
        }
        row
    }

    /// A value with the names of links that may be read.
    fn shown(&self, value: &Value, effective: &Effective) -> String {
        let link = |link: &Key| {
            let name = effective.reads_name(link.0, link.1, None).then(|| self.name(*link));
            format!("{link:?} {name:?}")
        };
        match value {
            Value::Link(one) => link(one),
            Value::Links(links) => links.iter().map(link).collect::<Vec<_>>().join("; "),
            value => format!("{value:?}"),
        }
    }
}
