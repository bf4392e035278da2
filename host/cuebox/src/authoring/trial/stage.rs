//! The stand-in site of one case, and the configuration that a host would have for it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use config::{Config, Loaded, Lookup};
use policy::Manifest;
use serde_json::{Map, Value, json};
use site::faults::Rule;
use site::seed::HOST_SCRIPT;
use site::wire::Request;
use site::{Scene, Site};

use crate::authoring::case::{self, Act, Case, Event, Names};

/// The script user that the plugin is.
pub const PLUGIN_SCRIPT: &str = "plugin";

/// Everything that is made by chance on the site is the same each time.
const SEED: u64 = 7;

/// A site, and what is known of it.
pub struct Stage {
    pub site: Site,
    pub names: Names,
    /// What proves who makes the records, and who makes the events.
    host: Value,
    artist: Value,
}

impl Stage {
    /// Starts a site with the records of a case.
    pub async fn set(case: &Case) -> anyhow::Result<Self> {
        let at = site::clock::parse_moment(&case.at).map_err(|_| {
            anyhow!("`at` is `{}`; it must be such as 2026-03-02T09:00:00Z", case.at)
        })?;
        let builder = Site::builder().seed(SEED).scene(Scene::Tiny).frozen(at);
        let site = builder.script(PLUGIN_SCRIPT, None).start().await?;
        let production = site.production();
        let key = production.key(HOST_SCRIPT).context("the site has no script for the host")?;
        let member = production.roster.members.first().context("nobody works on the site")?;
        let host = json!({"script_name": HOST_SCRIPT, "script_key": key});
        let artist = json!({"user_login": member.login, "user_password": member.password});
        let person = ("HumanUser".to_owned(), member.id);
        let names = Names::from([("artist".to_owned(), person)]);
        let mut stage = Self { site, names, host, artist };
        let artist = case::json(&"@artist".into(), &stage.names);
        let fields = json!({"name": "Project of the test", "code": "test", "users": [artist]});
        let fields = fields.as_object().cloned().unwrap_or_default();
        stage.create("project", "Project", &fields, &stage.host.clone())?;
        for record in &case.records {
            let fields = case::fields(&record.fields, &stage.names);
            stage
                .create(&record.name, &record.entity_type, &fields, &stage.host.clone())
                .with_context(|| format!("[[record]] `{}`", record.name))?;
        }
        Ok(stage)
    }

    /// The newest event of the log.
    pub fn newest(&self) -> u64 {
        self.site.with_model(|model| model.newest_event_id())
    }

    /// Does, a second later, what happens in an event.
    pub fn perform(&mut self, event: &Event) -> anyhow::Result<()> {
        self.site.advance(Duration::from_secs(1));
        let fields = case::fields(&event.fields, &self.names);
        let who = self.artist.clone();
        let (method, record) = match event.act().map_err(|why| anyhow!(why))? {
            Act::Create(entity_type) => {
                let name = event.name.clone().unwrap_or_default();
                return self.create(&name, entity_type, &fields, &who);
            }
            Act::Update(record) => ("update", record),
            Act::Delete(record) => ("delete", record),
            Act::Revive(record) => ("revive", record),
            Act::Call(method) => (method, ""),
        };
        let (entity_type, id) = self
            .names
            .get(record.trim_start_matches('@'))
            .with_context(|| format!("there is no record `{record}` yet"))?;
        let mut parameters = json!({"type": entity_type, "id": id});
        if method == "update" {
            parameters["fields"] = listed(&fields);
        }
        self.site.rpc(&Request::new(method, vec![who, parameters]))?;
        Ok(())
    }

    /// Creates a record, and remembers it by its name.
    fn create(
        &mut self,
        name: &str,
        entity_type: &str,
        fields: &Map<String, Value>,
        who: &Value,
    ) -> anyhow::Result<()> {
        let parameters =
            json!({"type": entity_type, "fields": listed(fields), "return_fields": ["id"]});
        let answer = self.site.rpc(&Request::new("create", vec![who.clone(), parameters]))?;
        let id = answer.results()["id"].as_u64().context("the site made a record without an id")?;
        if !name.is_empty() {
            self.names.insert(name.to_owned(), (entity_type.to_owned(), id));
        }
        Ok(())
    }

    /// Lets the site misbehave towards the plugin from now on.
    pub fn misbehave(&self, case: &Case) -> anyhow::Result<()> {
        for (index, fault) in case.faults.iter().enumerate() {
            let place = || format!("[[fault]] number {}", index + 1);
            let json = Value::Object(case::fields(fault, &self.names));
            let mut rule: Rule = serde_json::from_value(json).with_context(place)?;
            rule.caller.get_or_insert_with(|| PLUGIN_SCRIPT.to_owned());
            self.site.add_fault(rule).with_context(place)?;
        }
        Ok(())
    }
}

/// What a plugin is granted, as lines of a configuration.
pub struct Granted {
    /// On the site.
    shotgun: Vec<String>,
    /// Of other hosts.
    http: Vec<String>,
}

impl Granted {
    /// What the plugin's author asks for.
    pub fn requested(manifest: &Manifest) -> Self {
        let needs = &manifest.needs;
        let shotgun = needs.shotgun.iter().map(|need| need.line.to_string()).collect();
        let http = needs.http.iter().map(|need| need.line.to_string()).collect();
        Self { shotgun, http }
    }

    /// What a case says, and what the plugin's author asks for where it says nothing.
    pub fn in_case(case: &Case, manifest: &Manifest) -> Self {
        let Self { shotgun, http } = Self::requested(manifest);
        Self {
            shotgun: case.grants.clone().unwrap_or(shotgun),
            http: case.http_grants.clone().unwrap_or(http),
        }
    }
}

/// The configuration of a host that has no plugin yet.
pub fn bare(url: &str, script: &str, key: &str) -> anyhow::Result<Config> {
    read(url, script, key, toml::Table::new())
}

/// The configuration of a host that runs a plugin on a stand-in site, as the script user [`PLUGIN_SCRIPT`]. Its limits are those that
/// any plugin has.
pub fn config(
    site: &Site,
    name: &str,
    granted: Granted,
    settings: &toml::Table,
) -> anyhow::Result<Config> {
    let key = |name| site.production().key(name).unwrap_or_default();
    let mut plugin = section(granted, settings);
    plugin.insert("script_name".to_owned(), PLUGIN_SCRIPT.into());
    plugin.insert("script_key".to_owned(), key(PLUGIN_SCRIPT).into());
    let plugins = toml::Table::from_iter([(name.to_owned(), plugin.into())]);
    read(&site.url(), HOST_SCRIPT, key(HOST_SCRIPT), plugins)
}

/// The same on a real site, as its script user, and in shadow: granted all that it asks for, and changing nothing.
pub fn config_in_shadow(
    site: config::Site,
    manifest: &Manifest,
    settings: &toml::Table,
) -> anyhow::Result<Config> {
    let mut plugin = section(Granted::requested(manifest), settings);
    plugin.insert("shadow".to_owned(), true.into());
    let plugins = toml::Table::from_iter([(manifest.name.clone(), plugin.into())]);
    // What is said of the site here makes room for what is known of it.
    let config = read(&site.url.to_string(), "none", "none", plugins)?;
    Ok(Config { site, ..config })
}

/// What is said of the plugin.
fn section(granted: Granted, settings: &toml::Table) -> toml::Table {
    let lines = [("shotgun", granted.shotgun), ("http", granted.http)];
    let lines = lines.into_iter().filter(|(_, lines)| !lines.is_empty());
    let grant: toml::Table =
        lines.map(|(service, lines)| (service.to_owned(), lines.into())).collect();
    let settings = settings.iter().map(|(key, value)| (key.clone(), literal(value)));
    let mut plugin = toml::Table::new();
    if !grant.is_empty() {
        plugin.insert("grant".to_owned(), grant.into());
    }
    plugin.insert("settings".to_owned(), toml::Table::from_iter(settings).into());
    plugin
}

fn read(url: &str, script: &str, key: &str, plugins: toml::Table) -> anyhow::Result<Config> {
    let site = [("url", url), ("script_name", script), ("script_key", key)];
    let site = site.map(|(key, value)| (key.to_owned(), literal(&value.into())));
    let tables = [("site", toml::Table::from_iter(site)), ("plugin", plugins)];
    let tables = tables.map(|(name, table)| (name.to_owned(), table.into()));
    let text = toml::to_string(&toml::Table::from_iter(tables))?;
    let lookup = Lookup {
        file_name: "the test",
        directory: Path::new("/"),
        variable: &|_| None,
        file: &|_| Err(std::io::ErrorKind::NotFound.into()),
    };
    let Loaded { config, .. } = Config::read(&text, &lookup)?;
    Ok(config)
}

/// A setting as the configuration has it, where `${` would begin a variable.
fn literal(value: &toml::Value) -> toml::Value {
    match value {
        toml::Value::String(text) => text.replace("${", "$${").into(),
        toml::Value::Array(items) => items.iter().map(literal).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

/// The wire's list of names and values.
fn listed(fields: &Map<String, Value>) -> Value {
    fields.iter().map(|(name, value)| json!({"field_name": name, "value": value})).collect()
}
