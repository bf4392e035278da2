//! A configuration that takes the place of another in a host that runs: what of it takes effect, and what only after a restart.
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::Config;

/// What is to be done.
pub struct Reload {
    /// To go on with: the new one, with what cannot be changed as it was.
    pub config: Config,
    /// The keys that differ and take effect.
    pub now: Vec<String>,
    /// Those that differ, and take effect after a restart.
    pub later: Vec<String>,
}

/// The sections whose keys take effect at once.
const LIVE: [&str; 4] = ["limits", "retry", "breaker", "plugin"];

/// The keys of a plugin that do not: who comes after whom, and what is recorded, is settled when the host starts.
const LATER_OF_PLUGIN: [&str; 2] = ["after", "record"];

impl Reload {
    /// Compares a configuration with the one that is in force. The texts are those that stood in the file when the host started
    /// and when the one in force was read, and the one that stands there now.
    pub fn new(running: &Config, read: Config, [start, before, text]: [&str; 3]) -> Self {
        let mut now = changed(before, text);
        now.retain(|path| is_live(path));
        let mut later = changed(start, text);
        later.retain(|path| !is_live(path));
        let names = |paths: Vec<Vec<String>>| -> Vec<String> {
            let names: BTreeSet<String> = paths.iter().map(|path| name(path)).collect();
            names.into_iter().collect()
        };
        let mut by_plugin = read.by_plugin;
        for (plugin, settings) in &mut by_plugin {
            let before = running.by_plugin.get(plugin);
            settings.after = before.map_or_else(Vec::new, |before| before.after.clone());
            settings.record = before.map_or(&running.record, |before| &before.record).clone();
        }
        for (plugin, before) in &running.by_plugin {
            if !before.after.is_empty() && !by_plugin.contains_key(plugin) {
                let mut settings = super::settings::Plugin::unmentioned(
                    read.limits.clone(),
                    read.retry,
                    read.breaker,
                    running.record.clone(),
                );
                settings.after = before.after.clone();
                by_plugin.insert(plugin.clone(), settings);
            }
        }
        let config = Config {
            limits: read.limits,
            retry: read.retry,
            breaker: read.breaker,
            by_plugin,
            ..running.clone()
        };
        let mut later = names(later);
        let key = "site.script_key".to_owned();
        // What stands in the environment, or in a file, can be another one under the same text.
        if running.site.script.key != read.site.script.key && !later.contains(&key) {
            later.push(key);
        }
        Self { config, now: names(now), later }
    }
}

fn is_live(path: &[String]) -> bool {
    let is_later = |key: &String| LATER_OF_PLUGIN.contains(&key.as_str());
    path.first().is_some_and(|section| LIVE.contains(&section.as_str()))
        && !path.get(2).is_some_and(is_later)
}

/// The paths whose values differ, without their values.
fn changed(before: &str, now: &str) -> Vec<Vec<String>> {
    let (before, now) = (flat(before), flat(now));
    let paths: BTreeSet<&Vec<String>> = before.keys().chain(now.keys()).collect();
    paths.into_iter().filter(|path| before.get(*path) != now.get(*path)).cloned().collect()
}

fn flat(text: &str) -> BTreeMap<Vec<String>, String> {
    fn walk(table: &toml::Table, path: &mut Vec<String>, flat: &mut BTreeMap<Vec<String>, String>) {
        for (key, value) in table {
            path.push(key.clone());
            match value {
                toml::Value::Table(table) => walk(table, path, flat),
                value => _ = flat.insert(path.clone(), value.to_string()),
            }
            path.pop();
        }
    }
    let mut found = BTreeMap::new();
    // Both were read before: they are TOML.
    walk(&text.parse().unwrap_or_default(), &mut Vec::new(), &mut found);
    found
}

/// How a key is written, for messages.
fn name(path: &[String]) -> String {
    path.iter().fold(String::new(), |whole, key| super::document::join(&whole, key))
}

#[cfg(test)]
mod tests;
