//! A site in its plainest form: records as maps, and a list of what happened. It shares no code with the site; what it knows
//! of the schema is written down here once more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Text,
    Status(&'static [&'static str]),
    Number,
    Float,
    Date,
    Checkbox,
    /// One record of this type.
    Link(&'static str),
    /// Records of this type.
    Links(&'static str),
}

use Kind::{Checkbox, Date, Float, Link, Links, Number, Status, Text};

type Fields = &'static [(&'static str, Kind)];

/// The types and fields that are written, with the status that a new record has. The first field is the name.
pub const TYPES: &[(&str, &str, Fields)] = &[
    (
        "Shot",
        "wtg",
        &[
            ("code", Text),
            ("description", Text),
            ("sg_status_list", Status(&["wtg", "ip", "fin", "omt"])),
            ("sg_cut_in", Number),
            ("sg_speed", Float),
            ("sg_turnover_date", Date),
            ("sg_is_hero", Checkbox),
            ("sg_sequence", Link("Sequence")),
            ("assets", Links("Asset")),
            ("tasks", Links("Task")),
            ("versions", Links("Version")),
        ],
    ),
    (
        "Asset",
        "wtg",
        &[
            ("code", Text),
            ("description", Text),
            ("sg_status_list", Status(&["wtg", "ip", "apr"])),
            ("shots", Links("Shot")),
        ],
    ),
    (
        "Sequence",
        "ip",
        &[
            ("code", Text),
            ("sg_status_list", Status(&["wtg", "ip", "fin"])),
            ("shots", Links("Shot")),
        ],
    ),
    (
        "Task",
        "wtg",
        &[
            ("content", Text),
            ("sg_description", Text),
            ("sg_status_list", Status(&["wtg", "rdy", "ip", "fin"])),
            ("due_date", Date),
            ("entity", Link("Shot")),
            ("sg_versions", Links("Version")),
        ],
    ),
    (
        "Version",
        "rev",
        &[
            ("code", Text),
            ("description", Text),
            ("sg_status_list", Status(&["rev", "vwd", "apr"])),
            ("frame_count", Number),
            ("entity", Link("Shot")),
            ("sg_task", Link("Task")),
        ],
    ),
];

/// Two fields that show the same links, each from its side.
const RELATIONS: &[[(&str, &str); 2]] = &[
    [("Shot", "sg_sequence"), ("Sequence", "shots")],
    [("Shot", "assets"), ("Asset", "shots")],
    [("Task", "entity"), ("Shot", "tasks")],
    [("Version", "entity"), ("Shot", "versions")],
    [("Version", "sg_task"), ("Task", "sg_versions")],
];

/// The field of which the log tells when a record is retired or revived, and its value if there is one.
pub const RETIREMENT_DATE: &str = "retirement_date";
pub const SET: &str = "(a moment)";

/// A record is known by its type and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub kind: &'static str,
    pub id: u64,
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Set,
    Add,
    Remove,
}

/// A field of a write. Links are written as `{"type", "id"}`.
pub type Sent = (&'static str, Value, Mode);

#[derive(Debug, Clone)]
pub enum Write {
    Create(&'static str, Vec<Sent>),
    Update(Key, Vec<Sent>),
    Delete(Key),
    Revive(Key),
}

#[derive(Debug, Clone, Default)]
pub struct Record {
    pub fields: BTreeMap<&'static str, Value>,
    retired: bool,
    /// It was retired along with this one.
    with: Option<Key>,
}

/// What the log must tell of a record, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    New,
    Retired,
    Revived,
    Value { before: Value, after: Value },
    Links { added: BTreeSet<String>, removed: BTreeSet<String> },
}

/// What the log must tell: the record, its field, what, and by which write.
#[derive(Debug, Clone)]
pub struct Line {
    pub key: Key,
    /// Empty for what happens to a record as a whole.
    pub field: &'static str,
    pub told: Told,
    pub write: usize,
}

#[derive(Debug, Clone, Default)]
pub struct Plain {
    pub records: BTreeMap<Key, Record>,
    pub lines: Vec<Line>,
    /// The number of the write that is being made.
    pub write: usize,
}

impl Plain {
    /// Performs a write that is in order. `id` is that of a record that it creates. Says what `delete` and `revive` answer.
    pub fn perform(&mut self, write: &Write, id: u64) -> bool {
        match write {
            Write::Create(kind, sent) => self.create(Key { kind, id }, sent),
            Write::Update(key, sent) => sent.iter().for_each(|sent| self.set(*key, sent)),
            Write::Delete(key) => return !self.is_retired(*key) && self.retire(*key, None),
            Write::Revive(key) => return self.is_retired(*key) && self.revive(*key),
        }
        true
    }

    pub fn is_retired(&self, key: Key) -> bool {
        self.records[&key].retired
    }

    /// The records of a type that are not retired, or are.
    pub fn keys(&self, kind: &str, retired: bool) -> Vec<Key> {
        let of_kind = self
            .records
            .iter()
            .filter(|(key, record)| key.kind == kind && record.retired == retired);
        of_kind.map(|(key, _)| *key).collect()
    }

    /// What a reader sees of a field: nothing of links to what is retired.
    pub fn shown(&self, key: Key, field: &str) -> Value {
        let visible =
            |link: &&Value| !self.records.get(&parse(link)).is_some_and(|record| record.retired);
        match self.held(key, field) {
            Value::Array(links) => links.iter().filter(visible).cloned().collect(),
            link @ Value::Object(_) if !visible(&&link) => Value::Null,
            other => other,
        }
    }

    fn held(&self, key: Key, field: &str) -> Value {
        let empty =
            || if let Links(_) = kind_of(key.kind, field) { json!([]) } else { Value::Null };
        self.records[&key].fields.get(field).cloned().unwrap_or_else(empty)
    }

    fn create(&mut self, key: Key, sent: &[Sent]) {
        assert!(self.records.insert(key, Record::default()).is_none(), "{key:?} was created twice");
        self.tell(key, "", Told::New);
        let (_, status, _) =
            TYPES.iter().find(|(kind, ..)| *kind == key.kind).expect("a type of the table");
        if !sent.iter().any(|(field, ..)| *field == "sg_status_list") {
            self.set(key, &("sg_status_list", json!(status), Mode::Set));
        }
        sent.iter().for_each(|sent| self.set(key, sent));
    }

    fn set(&mut self, key: Key, (field, value, mode): &Sent) {
        let before = self.held(key, field);
        if let Links(_) = kind_of(key.kind, field) {
            let (before, sent) = (links(&before), links(value));
            let mut added: Vec<_> =
                sent.iter().filter(|link| !before.contains(link)).copied().collect();
            let mut removed = Vec::new();
            match mode {
                Mode::Add => {}
                Mode::Remove => {
                    removed = sent.into_iter().filter(|link| before.contains(link)).collect();
                    added.clear();
                }
                // What is retired cannot be seen, and stays.
                Mode::Set => {
                    let goes = |link: &&Key| !sent.contains(link) && !self.is_retired(**link);
                    removed = before.iter().filter(goes).copied().collect();
                }
            }
            return self.change_links(key, field, &added, &removed, true);
        }
        if before == *value {
            return;
        }
        self.put(key, field, value.clone());
        self.tell(key, field, Told::Value { before: before.clone(), after: value.clone() });
        links(&before).into_iter().for_each(|link| self.unmirror(link, key, field));
        links(value).into_iter().for_each(|link| self.mirror(link, key, field));
    }

    /// Changes a list, and the other side of the relation where that is not what was written.
    fn change_links(
        &mut self,
        key: Key,
        field: &'static str,
        added: &[Key],
        removed: &[Key],
        both: bool,
    ) {
        if added.is_empty() && removed.is_empty() {
            return;
        }
        let mut list = links(&self.held(key, field));
        list.retain(|link| !removed.contains(link));
        list.extend(added);
        self.put(key, field, list.iter().map(|link| shape(*link)).collect());
        let names =
            |links: &[Key]| links.iter().map(|link| format!("{} {}", link.kind, link.id)).collect();
        self.tell(key, field, Told::Links { added: names(added), removed: names(removed) });
        if both {
            removed.iter().for_each(|link| self.unmirror(*link, key, field));
            added.iter().for_each(|link| self.mirror(*link, key, field));
        }
    }

    /// Shows on `link` that `from` links to it.
    fn mirror(&mut self, link: Key, from: Key, field: &str) {
        let Some(field) = mirror_of(from.kind, field) else { return };
        let before = self.held(link, field);
        if let Links(_) = kind_of(link.kind, field) {
            if !links(&before).contains(&from) {
                self.change_links(link, field, &[from], &[], false);
            }
            return;
        }
        if links(&before).contains(&from) {
            return;
        }
        self.put(link, field, shape(from));
        self.tell(link, field, Told::Value { before: before.clone(), after: shape(from) });
        let list = mirror_of(link.kind, field).expect("a relation has two sides");
        for former in links(&before) {
            self.change_links(former, list, &[], &[link], false);
        }
    }

    /// Shows on `link` that `from` does not link to it any more.
    fn unmirror(&mut self, link: Key, from: Key, field: &str) {
        let Some(field) = mirror_of(from.kind, field) else { return };
        let before = self.held(link, field);
        if !links(&before).contains(&from) {
            return;
        }
        if let Links(_) = kind_of(link.kind, field) {
            return self.change_links(link, field, &[], &[from], false);
        }
        self.put(link, field, Value::Null);
        self.tell(link, field, Told::Value { before, after: Value::Null });
    }

    /// A Shot's Versions go with it.
    fn retire(&mut self, key: Key, with: Option<Key>) -> bool {
        let record = self.records.get_mut(&key).expect("the caller knows it");
        (record.retired, record.with) = (true, with);
        self.tell(key, "", Told::Retired);
        self.tell(key, RETIREMENT_DATE, Told::Value { before: Value::Null, after: json!(SET) });
        for version in self.versions(key) {
            if !self.is_retired(version) {
                self.retire(version, Some(key));
            }
        }
        true
    }

    /// The Versions that went with a Shot come back with it.
    fn revive(&mut self, key: Key) -> bool {
        let record = self.records.get_mut(&key).expect("the caller knows it");
        (record.retired, record.with) = (false, None);
        self.tell(key, "", Told::Revived);
        self.tell(key, RETIREMENT_DATE, Told::Value { before: json!(SET), after: Value::Null });
        for version in self.versions(key) {
            if self.is_retired(version) && self.records[&version].with == Some(key) {
                self.revive(version);
            }
        }
        true
    }

    fn versions(&self, key: Key) -> Vec<Key> {
        if key.kind == "Shot" { links(&self.held(key, "versions")) } else { Vec::new() }
    }

    fn put(&mut self, key: Key, field: &'static str, value: Value) {
        self.records.get_mut(&key).expect("the caller knows it").fields.insert(field, value);
    }

    fn tell(&mut self, key: Key, field: &'static str, told: Told) {
        self.lines.push(Line { key, field, told, write: self.write });
    }
}

/// The fields of a type.
pub fn fields_of(kind: &str) -> Fields {
    TYPES.iter().find(|(name, ..)| *name == kind).expect("a type of the table").2
}

pub fn kind_of(kind: &str, field: &str) -> Kind {
    let found = fields_of(kind).iter().find(|(name, _)| *name == field);
    found.unwrap_or_else(|| panic!("{kind}.{field} is not in the table")).1
}

fn mirror_of(kind: &str, field: &str) -> Option<&'static str> {
    RELATIONS.iter().find_map(|[one, other]| {
        if *one == (kind, field) {
            Some(other.1)
        } else {
            (*other == (kind, field)).then_some(one.1)
        }
    })
}

/// The records that a value links to.
fn links(value: &Value) -> Vec<Key> {
    match value {
        Value::Array(list) => list.iter().map(parse).collect(),
        Value::Object(_) => vec![parse(value)],
        _ => Vec::new(),
    }
}

/// A link as it is written.
pub fn shape(key: Key) -> Value {
    json!({"type": key.kind, "id": key.id})
}

fn parse(link: &Value) -> Key {
    key(&link["type"], &link["id"])
        .unwrap_or_else(|| panic!("{link} links to nothing that is written here"))
}

/// A record by its type and number; none of the types that are not written.
pub fn key(kind: &Value, id: &Value) -> Option<Key> {
    let (kind, ..) = TYPES.iter().find(|(name, ..)| Some(*name) == kind.as_str())?;
    Some(Key { kind, id: id.as_u64()? })
}
