//! What the configuration says about each plugin, in the words of the runtime.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use runtime::{
    Connection, Connector, CurrentGrants, KeyValues, KnownFields, Limits, Quotas, Setup,
};
use shotgun::{Client, Credentials};

use crate::config::{self, Config};
use crate::lane::version::VersionOptions;

/// Makes the setups of plugins.
#[derive(Clone)]
pub struct Setups {
    config: Arc<Config>,
    client: Client,
    connector: Connector,
    /// By plugin; all its versions and instances have the same.
    grants: Arc<Mutex<BTreeMap<String, CurrentGrants>>>,
}

impl Setups {
    /// Setups by this configuration, with these ways to the site and to other hosts.
    pub fn new(config: Arc<Config>, client: Client, connector: Connector) -> Self {
        Self { config, client, connector, grants: Arc::default() }
    }

    /// Whether the configuration lets the plugin run.
    pub fn is_enabled(&self, name: &str) -> bool {
        self.config.plugin(name).enabled
    }

    /// The plugins that others come after.
    pub fn followed(config: &Config) -> BTreeSet<String> {
        config.by_plugin.values().flat_map(|plugin| plugin.after.iter().cloned()).collect()
    }

    /// The largest file that is loaded for the plugin.
    pub fn component_bytes_max(&self, name: &str) -> u64 {
        self.config.plugin(name).limits.component_bytes as u64
    }

    /// What the plugin is granted: by the configuration, until it is exchanged.
    pub fn grants(&self, name: &str) -> CurrentGrants {
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        let of_plugin = grants.entry(name.to_owned());
        of_plugin.or_insert_with(|| CurrentGrants::new(self.config.plugin(name).grants)).clone()
    }

    /// What an instance of the plugin is made with.
    pub fn setup(&self, name: &str, key_values: KeyValues) -> Setup {
        let plugin = self.config.plugin(name);
        let script = plugin.script.as_ref().unwrap_or(&self.config.site.script);
        let limits = limits(&plugin.limits);
        Setup {
            name: name.into(),
            quotas: Quotas::new(&limits),
            limits,
            settings: plugin.settings.clone(),
            grants: self.grants(name),
            requests: None,
            fields: KnownFields::default(),
            connection: Connection {
                client: self.client.clone(),
                credentials: Credentials::Script {
                    name: script.name.clone(),
                    key: script.key.clone(),
                },
            },
            key_values,
            connector: self.connector.clone(),
            secrets: plugin.secrets.clone(),
        }
    }

    /// How the plugin is run.
    pub fn options(&self, name: &str) -> VersionOptions {
        let plugin = self.config.plugin(name);
        VersionOptions {
            on_error: plugin.on_error,
            retry: plugin.retry,
            breaker: plugin.breaker,
            callbacks: plugin.callbacks,
            parallel: plugin.parallel,
            after: plugin.after,
            keeps_instance: plugin.instance == config::InstanceLife::Kept,
            uses_session_uuid: self.config.site.use_session_uuid,
        }
    }
}

fn limits(limits: &config::Limits) -> Limits {
    Limits {
        fuel: limits.fuel,
        deadline: limits.deadline,
        register_deadline: limits.register_deadline,
        memory_bytes: limits.memory_bytes,
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
