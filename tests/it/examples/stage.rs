//! A studio in which one example after the other runs, and what each makes of what people do there.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::made::NAMES;
use crate::support::languages::workspace;
use crate::support::{Host, Studio, Web, eventually, message};

/// A studio, and what the example in it has written so far.
pub struct Stage {
    pub web: Web,
    /// The ActionMenuItem of the button.
    pub button: u64,
    studio: Studio,
    host: Host,
    plugin: String,
    text: String,
}

impl Stage {
    pub async fn new() -> Self {
        let (studio, web) = (Studio::new().await, Web::start());
        let item = json!({"title": "Approve", "url": "", "entity_type": "Version"});
        let button = studio.create("ActionMenuItem", item);
        studio.configure_log("format = \"json\"\nlevel = \"info,cuebox=debug\"");
        studio.share_compiled_code();
        for name in NAMES {
            studio.configure(&section(name, &web, button));
        }
        let host = studio.start();
        Self { web, button, studio, host, plugin: String::new(), text: String::new() }
    }

    /// Puts an example in.
    pub fn enter(&mut self, name: &str, component: &Path) {
        name.clone_into(&mut self.plugin);
        self.text.clear();
        self.studio.put(name, component);
        self.host.wait_until_live(name);
    }

    /// Takes it out.
    pub fn leave(&self) {
        fs::remove_file(self.studio.plugin_path(&self.plugin)).unwrap();
        let removed = format!("Plugin `{}` was removed", self.plugin);
        self.host.wait_for(&removed, |line| message(line).starts_with(&removed));
    }

    pub fn close(self) {
        assert!(self.host.stop().success());
    }

    /// Creates something; what the example then writes is noted.
    pub fn create(&mut self, entity_type: &str, fields: Value) -> Value {
        self.note(&format!("new {entity_type}"));
        let id = self.studio.create(entity_type, fields);
        self.settle();
        json!({"type": entity_type, "id": id})
    }

    /// Changes fields; what the example then writes is noted.
    pub fn update(&mut self, entity: &Value, fields: Value) {
        let (kind, id) = (entity["type"].as_str().unwrap(), entity["id"].as_u64().unwrap());
        self.note(&format!("{kind} {}", shown(&fields)));
        self.studio.update(kind, id, fields);
        self.settle();
    }

    /// What was done, and under it what the example wrote then.
    pub fn written(&self) -> &str {
        &self.text
    }

    /// Waits for a line that the example logged.
    pub fn says(&self, ends: &str) {
        self.host.wait_for(ends, |line| {
            line["plugin.name"] == *self.plugin && message(line).trim_end().ends_with(ends)
        });
    }

    fn note(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Waits until the example has seen everything, and notes what it wrote meanwhile.
    fn settle(&mut self) {
        let before = self.studio.newest_event();
        let database = self.studio.open_database();
        eventually(&format!("{} is done:\n{}", self.plugin, self.host.log()), || {
            let newest = self.studio.newest_event();
            database.entry_by_id(eventlog::EventId(newest)).unwrap()?;
            let row = database.plugin(&self.plugin).unwrap()?;
            assert_eq!(row.failed, 0, "{} failed:\n{}", self.plugin, self.host.log());
            let is_done = row.position == database.last_seq().unwrap();
            (is_done && self.studio.newest_event() == newest).then_some(())
        });
        let fields = ["event_type", "attribute_name", "entity", "meta"];
        let events =
            self.studio.find("EventLogEntry", ("id", "greater_than", json!(before)), &fields);
        let mut lines: Vec<String> = events.iter().filter_map(line).collect();
        // In which order the fields of one write change is the site's to say.
        lines.sort();
        for line in lines {
            self.note(&format!("  {line}"));
        }
    }
}

/// What the operator says of an example: it may do what it asks for.
fn section(name: &str, web: &Web, button: u64) -> String {
    let manifest = workspace().join("example-plugins").join(name).join("plugin.toml");
    let manifest: toml::Table = fs::read_to_string(manifest).unwrap().parse().unwrap();
    let needs = |service: &str| -> Vec<String> {
        let lines = manifest["needs"].get(service).and_then(toml::Value::as_array);
        let lines = lines.into_iter().flatten();
        lines.map(|need| need["grant"].as_str().unwrap().to_owned()).collect()
    };
    let http: Vec<String> = needs("http")
        .iter()
        .map(|line| line.replace("https://hooks.example.com/services/", &web.url("/status/200")))
        .collect();
    let settings = match name {
        "announce" => format!("url = {:?}", web.url("/status/200")),
        "button" => format!("button = {button}"),
        "copy-field" => {
            "entity_type = \"Shot\"\nsource_field = \"sg_cut_in\"\ntarget_field = \"sg_head_in\"".to_owned()
        }
        "date-stamp" => "zone = \"America/Los_Angeles\"\nmoment_field = \"sg_client_approved_at\"\nday_field = \"sg_turnover_date\"".to_owned(),
        _ => String::new(),
    };
    format!(
        "[plugin.{name}]\ngrant.shotgun = {:?}\ngrant.http = {http:?}\n[plugin.{name}.settings]\nexample = \"{name}\"\n{settings}",
        needs("shotgun")
    )
}

/// An event as a line; none for the other side of a link, and for what the site sets by itself.
fn line(event: &Value) -> Option<String> {
    let meta = &event["meta"];
    if !meta["original_event_log_entry_id"].is_null() {
        return None;
    }
    let entity = shown(&event["entity"]);
    let Some(field) = event["attribute_name"].as_str() else {
        return Some(format!("{} {entity}", event["event_type"].as_str()?));
    };
    let (new, added) = (&meta["new_value"], &meta["added"]);
    Some(format!("{entity} {field} = {}", shown(if added.is_null() { new } else { added })))
}

/// A value without numbers that differ from one studio to the next.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Object(entity) if entity.contains_key("id") => {
            let part = |key: &str| entity.get(key).and_then(Value::as_str).unwrap_or_default();
            format!("{} {}", part("type"), part("name"))
        }
        Value::Object(fields) => fields
            .iter()
            .map(|(field, value)| format!("{field} = {}", shown(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
