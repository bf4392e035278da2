//! A test of a plugin as its author writes it: what is on the site, what happens there, and what the plugin must write. Pure.
//!
//! ```toml
//! about = "The first Task that starts, starts its Shot"
//!
//! [[record]]
//! name = "shot"
//! type = "Shot"
//! fields = { project = "@project", code = "sh010", sg_status_list = "wtg" }
//!
//! [[event]]
//! update = "@shot"
//! fields = { sg_status_list = "ip" }
//! outcome = "done"
//!
//! [[write]]
//! create = "Note"
//! fields = { project = "@project", subject = "sh010 has started", note_links = ["@shot"] }
//!
//! [[http]]
//! request = "POST https://hooks.example.com/services/T1"
//! json = { text = "sh010 has started" }
//! answer = { status = 200 }
//! ```
//!
//! A text that is `@` and a name stands for the record of that name.

mod http;

use std::collections::{BTreeMap, BTreeSet};

use runtime::Outcome;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use toml::Value;

#[cfg(test)]
mod tests;

pub use http::Http;

/// The records that are there without being named: the project, and the person who works in it.
pub const GIVEN: [&str; 2] = ["project", "artist"];

/// What stands for any value in what is expected.
pub const ANY: &str = "@any";

/// The site's time in a test, unless it says another.
const AT: &str = "2026-03-02T09:00:00Z";

/// One test.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows, in a sentence.
    pub about: String,
    /// What time it is on the site; each event is a second later.
    #[serde(default = "at")]
    pub at: String,
    /// What the plugin is granted on the site; what its `plugin.toml` asks for, if nothing is said.
    pub grants: Option<Vec<String>>,
    /// What it is granted of other hosts; what its `plugin.toml` asks for, if nothing is said.
    pub http_grants: Option<Vec<String>>,
    /// What its operator set.
    #[serde(default)]
    pub settings: toml::Table,
    /// The plugin's keys from before.
    #[serde(default)]
    pub keys: BTreeMap<String, String>,
    /// Texts that must be in lines of its log, or of what it was refused.
    #[serde(default)]
    pub log: Vec<String>,
    /// What is on the site before.
    #[serde(default, rename = "record")]
    pub records: Vec<Record>,
    /// What happens then.
    #[serde(default, rename = "event")]
    pub events: Vec<Event>,
    /// What the plugin must write, and nothing else.
    #[serde(default, rename = "write")]
    pub writes: Vec<Write>,
    /// What the plugin must ask other hosts, and nothing else.
    #[serde(default)]
    pub http: Vec<Http>,
    /// How the site misbehaves while the plugin runs: rules of its fault injection.
    #[serde(default, rename = "fault")]
    pub faults: Vec<toml::Table>,
    /// What no call may exceed.
    #[serde(default)]
    pub cost: Cost,
}

/// A record that is on the site before.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub name: String,
    #[serde(rename = "type")]
    pub entity_type: String,
    #[serde(default)]
    pub fields: toml::Table,
}

/// What the artist does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// An entity type.
    pub create: Option<String>,
    /// A record, `@NAME`.
    pub update: Option<String>,
    /// A record, `@NAME`.
    pub delete: Option<String>,
    /// A record, `@NAME`.
    pub revive: Option<String>,
    /// What a record that is created is called from then on.
    pub name: Option<String>,
    #[serde(default)]
    pub fields: toml::Table,
    /// How each call of the plugin ends that comes of it.
    #[serde(default = "done")]
    pub outcome: String,
    /// A text that must be in how they end.
    pub says: Option<String>,
}

/// What the plugin must write.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// An entity type.
    pub create: Option<String>,
    /// A record, `@NAME`.
    pub update: Option<String>,
    /// A record, `@NAME`.
    pub delete: Option<String>,
    /// A record, `@NAME`.
    pub revive: Option<String>,
    /// A method of the API that has none of these forms, such as `upload_file`.
    pub call: Option<String>,
    #[serde(default)]
    pub fields: toml::Table,
    /// What is done with the links of multi-entity fields: `set`, `add` or `remove`.
    #[serde(default)]
    pub modes: BTreeMap<String, String>,
}

/// Bounds of what a call may cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    pub fuel: Option<u64>,
    pub memory_bytes: Option<u64>,
    pub host_calls: Option<u64>,
    /// How long the site may be asked.
    pub site_ms: Option<u64>,
}

/// One thing that is done to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act<'a> {
    /// A record of this type is made.
    Create(&'a str),
    /// The record of this name is changed.
    Update(&'a str),
    /// The record of this name is moved to the trash.
    Delete(&'a str),
    /// The record of this name is taken out of the trash.
    Revive(&'a str),
    /// Something else.
    Call(&'a str),
}

/// The ids of named records, each with its type.
pub type Names = BTreeMap<String, (String, u64)>;

/// What is expected of an event that no callback wants.
pub const UNWANTED: &str = "unwanted";

impl Case {
    /// Reads a test. An `Err` says what is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let case: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        case.check()?;
        Ok(case)
    }

    /// Whether each thing that is done is one thing, and about a record that is known by then.
    fn check(&self) -> Result<(), String> {
        if self.events.is_empty() {
            return Err("there is no [[event]]: nothing would happen".to_owned());
        }
        let mut known: BTreeSet<&str> = GIVEN.into();
        for record in &self.records {
            let place = format!("[[record]] `{}`", record.name);
            references(&record.fields, &known).map_err(|why| format!("{place} {why}"))?;
            name(&record.name, &mut known).map_err(|why| format!("{place} {why}"))?;
        }
        for (index, event) in self.events.iter().enumerate() {
            let place = format!("[[event]] number {}", index + 1);
            let in_event = |why| format!("{place} {why}");
            let act = event.act().map_err(in_event)?;
            act.check(&known).map_err(in_event)?;
            references(&event.fields, &known).map_err(in_event)?;
            if event.outcome != UNWANTED && !Outcome::NAMES.contains(&event.outcome.as_str()) {
                return Err(format!(
                    "{place} has the outcome `{}`; it must be one of {}, {UNWANTED}",
                    event.outcome,
                    Outcome::NAMES.join(", ")
                ));
            }
            match (&event.name, act) {
                (None, _) => {}
                (Some(given), Act::Create(_)) => name(given, &mut known).map_err(in_event)?,
                (Some(_), _) => {
                    return Err(format!(
                        "{place} has a `name`, and only a `create` makes a record"
                    ));
                }
            }
        }
        for (index, write) in self.writes.iter().enumerate() {
            let in_write = |why| format!("[[write]] number {} {why}", index + 1);
            write.act().and_then(|act| act.check(&known)).map_err(in_write)?;
            references(&write.fields, &known).map_err(in_write)?;
        }
        for (index, http) in self.http.iter().enumerate() {
            http.check(&known).map_err(|why| format!("[[http]] number {} {why}", index + 1))?;
        }
        Ok(())
    }
}

impl Event {
    /// What is done.
    pub fn act(&self) -> Result<Act<'_>, String> {
        one_act([
            self.create.as_deref().map(Act::Create),
            self.update.as_deref().map(Act::Update),
            self.delete.as_deref().map(Act::Delete),
            self.revive.as_deref().map(Act::Revive),
        ])
    }
}

impl Write {
    /// What is done.
    pub fn act(&self) -> Result<Act<'_>, String> {
        one_act([
            self.create.as_deref().map(Act::Create),
            self.update.as_deref().map(Act::Update),
            self.delete.as_deref().map(Act::Delete),
            self.revive.as_deref().map(Act::Revive),
            self.call.as_deref().map(Act::Call),
        ])
    }
}

impl Act<'_> {
    fn check(self, known: &BTreeSet<&str>) -> Result<(), String> {
        match self {
            Self::Update(record) | Self::Delete(record) | Self::Revive(record) => {
                match record.strip_prefix('@') {
                    Some(name) => is_known(name, known),
                    None => Err(format!("names the record `{record}`; write \"@NAME\"")),
                }
            }
            Self::Create(_) | Self::Call(_) => Ok(()),
        }
    }
}

fn one_act<'a, const N: usize>(acts: [Option<Act<'a>>; N]) -> Result<Act<'a>, String> {
    let mut acts = acts.into_iter().flatten();
    match (acts.next(), acts.next()) {
        (Some(act), None) => Ok(act),
        (None, _) => Err("says nothing of what is done; write `update`, `create`, ..".to_owned()),
        (Some(_), Some(_)) => Err("does two things; write one for each".to_owned()),
    }
}

fn name<'a>(name: &'a str, known: &mut BTreeSet<&'a str>) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err("has a name that is not of the characters a-z A-Z 0-9 - _".to_owned());
    }
    if name == &ANY[1..] || !known.insert(name) {
        return Err(format!("is called `{name}`, and that name is taken"));
    }
    Ok(())
}

fn is_known(name: &str, known: &BTreeSet<&str>) -> Result<(), String> {
    match known.contains(name) {
        true => Ok(()),
        false => {
            let names: Vec<String> = known.iter().map(|name| format!("@{name}")).collect();
            Err(format!("names `@{name}`, and up to there are {}", names.join(", ")))
        }
    }
}

fn references(fields: &toml::Table, known: &BTreeSet<&str>) -> Result<(), String> {
    fields.values().try_for_each(|value| refers(value, known))
}

fn refers(value: &Value, known: &BTreeSet<&str>) -> Result<(), String> {
    match value {
        Value::String(text) if text == ANY => Ok(()),
        Value::String(text) => match reference(text) {
            Some(name) => is_known(name, known),
            None => Ok(()),
        },
        Value::Array(items) => items.iter().try_for_each(|item| refers(item, known)),
        Value::Table(table) => references(table, known),
        _ => Ok(()),
    }
}

/// The name of a text that stands for a record. `@@` is a plain `@`.
fn reference(text: &str) -> Option<&str> {
    text.strip_prefix('@').filter(|name| !name.starts_with('@') && !name.is_empty())
}

/// Fields as the site takes them, with links in place of names.
pub fn fields(table: &toml::Table, names: &Names) -> Map<String, Json> {
    table.iter().map(|(key, value)| (key.clone(), json(value, names))).collect()
}

/// A value as JSON, with links in place of the names that are known.
pub fn json(value: &Value, names: &Names) -> Json {
    match value {
        Value::String(text) => match reference(text).and_then(|name| names.get(name)) {
            Some((entity_type, id)) => serde_json::json!({"type": entity_type, "id": id}),
            None => {
                text.strip_prefix('@').filter(|rest| rest.starts_with('@')).unwrap_or(text).into()
            }
        },
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Boolean(flag) => (*flag).into(),
        Value::Datetime(moment) => moment.to_string().into(),
        Value::Array(items) => items.iter().map(|item| json(item, names)).collect(),
        Value::Table(table) => Json::Object(fields(table, names)),
    }
}

fn at() -> String {
    AT.to_owned()
}

fn done() -> String {
    "done".to_owned()
}
