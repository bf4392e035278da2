//! What the configuration says about each plugin, in the words of the runtime.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use config::{Class, Config, Record, RecordedDeliveries};
use database::ArtifactRow;
use policy::Requests;
use policy::setting::{SettingValue, Values};
use runtime::{
    Component, Connection, Connector, CurrentGrants, KeyValues, KnownFields, Limits, Logins,
    Quotas, RefusalCounts, RefusalTally, Setup, Sudo, Usage, Use,
};
use shotgun::{Client, Credentials};

use crate::admission::{Admitted, Rules};
use crate::halts::Halts;
use crate::lane::version::VersionOptions;
use crate::loader::Request;

/// Makes the setups of plugins.
#[derive(Clone)]
pub struct Setups {
    /// Exchanged when it is read again.
    config: Arc<RwLock<Arc<Config>>>,
    client: Client,
    connector: Connector,
    halts: Halts,
    logins: Logins,
    /// By plugin; all its versions and instances have the same.
    grants: Arc<Mutex<BTreeMap<String, CurrentGrants>>>,
    usages: Arc<Mutex<BTreeMap<String, Usage>>>,
    refusals: Arc<Mutex<BTreeMap<String, RefusalTally>>>,
}

/// What an instance is made with, before its file was let in.
pub struct Draft {
    setup: Setup,
    limits: config::Limits,
}

impl Setups {
    /// Setups by this configuration, with these ways to the site and to other hosts.
    pub fn new(config: Arc<Config>, client: Client, connector: Connector, halts: Halts) -> Self {
        let config = Arc::new(RwLock::new(config));
        Self {
            config,
            client,
            connector,
            halts,
            logins: Logins::default(),
            grants: Arc::default(),
            usages: Arc::default(),
            refusals: Arc::default(),
        }
    }

    /// The configuration that is in force.
    pub fn config(&self) -> Arc<Config> {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another configuration in force. What is granted changes with the next call of each plugin; what else differs, with the
    /// next setup that is made.
    pub fn exchange(&self, config: Config) {
        let config = Arc::new(config);
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config.clone();
        let grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, granted) in grants.iter() {
            granted.exchange(config.plugin(name).grants);
        }
    }

    /// Whether the configuration lets the plugin run.
    pub fn is_enabled(&self, name: &str) -> bool {
        self.config().plugin(name).enabled
    }

    /// The plugins that others come after.
    pub fn followed(config: &Config) -> BTreeSet<String> {
        config.by_plugin.values().flat_map(|plugin| plugin.after.iter().cloned()).collect()
    }

    /// The largest file that is loaded for the plugin.
    pub fn component_bytes_max(&self, name: &str) -> u64 {
        self.config().plugin(name).limits.component_bytes as u64
    }

    /// What the plugin is granted: by the configuration, until it is exchanged.
    pub fn grants(&self, name: &str) -> CurrentGrants {
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        let of_plugin = grants.entry(name.to_owned());
        of_plugin.or_insert_with(|| CurrentGrants::new(self.config().plugin(name).grants)).clone()
    }

    /// What calls of the plugin needed.
    fn usage(&self, name: &str) -> Usage {
        let mut usages = self.usages.lock().unwrap_or_else(PoisonError::into_inner);
        usages.entry(name.to_owned()).or_default().clone()
    }

    /// What calls of plugins needed that was not taken before.
    pub fn take_usage(&self) -> Vec<(String, Vec<Use>)> {
        let usages = self.usages.lock().unwrap_or_else(PoisonError::into_inner);
        let news = usages.iter().map(|(name, usage)| (name.clone(), usage.take_news()));
        news.filter(|(_, news)| !news.is_empty()).collect()
    }

    /// What calls of the plugin were refused.
    fn refusals(&self, name: &str) -> RefusalTally {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.entry(name.to_owned()).or_default().clone()
    }

    /// How often calls of plugins were refused something that was not taken before.
    pub fn take_refusals(&self) -> Vec<(String, RefusalCounts)> {
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let news = refusals.iter().map(|(name, tally)| (name.clone(), tally.take_news()));
        news.filter(|(_, news)| !news.is_empty()).collect()
    }

    /// What an instance of the plugin is made with, as far as its file does not decide.
    pub fn draft(&self, name: &str, key_values: KeyValues) -> Draft {
        let config = self.config();
        let plugin = config.plugin(name);
        let script = plugin.script.as_ref().unwrap_or(&config.site.script);
        let limits = limits(&plugin.limits, Class::Large);
        let setup = Setup {
            name: name.into(),
            quotas: Quotas::new(&limits),
            limits,
            settings: texts(&plugin.settings),
            grants: self.grants(name),
            gate: self.halts.gate(name),
            requests: None,
            fields: KnownFields::default(),
            connection: Connection {
                client: self.client.clone(),
                credentials: Credentials::Script {
                    name: script.name.clone(),
                    key: script.key.clone(),
                },
            },
            sudo: match plugin.sudo {
                true => Sudo::EventUser(self.logins.clone()),
                false => Sudo::Never,
            },
            key_values,
            connector: self.connector.clone(),
            secrets: plugin.secrets.clone(),
            reads_before: config.audit.before,
            shadow: plugin.shadow,
            usage: self.usage(name),
            refusals: self.refusals(name),
        };
        Draft { setup, limits: plugin.limits }
    }

    /// What is asked of a version of the plugin.
    pub fn rules(&self, name: &str, known: Vec<ArtifactRow>) -> Rules {
        let config = self.config();
        Rules {
            plugin: name.to_owned(),
            signatures: config.plugins.signatures.clone(),
            // It is read when the file is: it may have changed since.
            lock: None,
            settings: config.plugin(name).settings,
            known,
        }
    }

    /// What is asked of the plugin's file. `known` are its files that are remembered.
    pub fn request(&self, name: &str, path: PathBuf, known: Vec<ArtifactRow>) -> Request {
        let rules = self.rules(name, known);
        let bytes_max = self.component_bytes_max(name);
        let lock = self.lock_path();
        Request { path, bytes_max, lock, rules, expected: None, record: None }
    }

    /// What is recorded of the plugin.
    pub fn record(&self, name: &str) -> Option<Record> {
        Some(self.config().plugin(name).record).filter(is_recorded)
    }

    /// The lock file, where nothing else may run.
    pub fn lock_path(&self) -> Option<PathBuf> {
        let config = self.config();
        config.plugins.locked.then(|| config.plugins.lock.clone())
    }

    /// The folder for copies of the files that run.
    pub fn versions(&self) -> PathBuf {
        self.config().plugins.versions.clone()
    }

    /// How the plugin is run.
    pub fn options(&self, name: &str) -> VersionOptions {
        let config = self.config();
        let plugin = config.plugin(name);
        VersionOptions {
            on_error: plugin.on_error,
            retry: plugin.retry,
            breaker: plugin.breaker,
            callbacks: plugin.callbacks,
            parallel: plugin.parallel,
            after: plugin.after,
            keeps_instance: plugin.instance == config::InstanceLife::Kept
                && !is_recorded(&plugin.record),
            uses_session_uuid: config.site.use_session_uuid,
        }
    }
}

fn is_recorded(record: &Record) -> bool {
    record.deliveries != RecordedDeliveries::None
}

impl Draft {
    /// What an instance is made with of a file that was let in: the settings with the author's defaults, what the author asks for,
    /// which holds it beside what is granted, and the limits for guests of its class.
    pub fn admitted(self, admitted: &Admitted, component: &Component) -> Setup {
        let requests = admitted.manifest.as_ref().map(|manifest| Requests::from(&manifest.needs));
        Setup {
            settings: texts(&admitted.settings),
            requests: requests.map(Arc::new),
            limits: limits(&self.limits, Class::of(component.initial_memory_bytes())),
            ..self.setup
        }
    }
}

fn texts(settings: &Values) -> BTreeMap<String, String> {
    settings.iter().map(|(key, value)| (key.clone(), text_of(value))).collect()
}

/// A setting as a plugin is given it, which takes texts: lists are JSON.
fn text_of(value: &SettingValue) -> String {
    match value {
        SettingValue::Text(text) => text.clone(),
        SettingValue::List(items) => serde_json::json!(items).to_string(),
        other => other.to_string(),
    }
}

fn limits(limits: &config::Limits, class: Class) -> Limits {
    Limits {
        fuel: limits.fuel.of(class),
        deadline: limits.deadline,
        register_deadline: limits.register_deadline,
        memory_bytes: limits.memory_bytes.of(class),
        table_elements: limits.table_elements,
        instances: limits.instances,
        host_calls: limits.host_calls,
        answer_bytes: limits.answer_bytes,
        log_line_bytes: limits.log_line_bytes,
        log_bytes: limits.log_bytes,
        log_bytes_per_second: limits.log_bytes_per_second,
        key_value_bytes: limits.key_value_bytes,
        site_calls_per_minute: limits.site_calls_per_minute,
        http_requests: limits.http_requests,
        http_connections: limits.http_connections,
        http_request_bytes: limits.http_request_bytes,
        http_answer_bytes: limits.http_answer_bytes,
    }
}

#[cfg(test)]
mod tests;
