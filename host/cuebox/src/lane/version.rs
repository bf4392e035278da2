//! One version of a plugin as a lane runs it: what it registered, its instances, and what the operator wants of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use config::{Breaker, Retry};
use eventlog::matching::Matcher;
use policy::OnError;
use runtime::{Callback, Digest, Outcome, Registration, StartError};

use super::failing::Policy;
use super::guest::{Guest, Plugin};
use super::{Plan, Planned};
use crate::failure::chain;

/// A plugin version, ready to be called.
pub struct Version {
    pub plugin: Arc<dyn Plugin>,
    pub registration: Arc<Registration>,
    pub matcher: Matcher,
    /// Those that are not in a call. None after calls that left them unusable, or between events if none is kept.
    pub instances: Vec<Box<dyn Guest>>,
    pub options: VersionOptions,
}

/// How the operator wants a plugin run.
#[derive(Debug, Clone)]
pub struct VersionOptions {
    /// What happens when a callback fails that does not say so itself.
    pub on_error: OnError,
    /// How often a failing callback is handed the same event.
    pub retry: Retry,
    /// When the plugin is let rest.
    pub breaker: Breaker,
    /// What differs for single callbacks, by their names.
    pub callbacks: BTreeMap<String, config::Callback>,
    /// Whether an instance, with its memory, is kept from one event to the next.
    pub keeps_instance: bool,
    /// How many events can be in calls at once.
    pub parallel: usize,
    /// The plugins that come first with every event.
    pub after: Vec<String>,
    /// Whether writes carry the `session_uuid` of the event.
    pub uses_session_uuid: bool,
}

impl Version {
    /// A version whose first instance has registered.
    pub fn new(
        plugin: Arc<dyn Plugin>,
        instance: Box<dyn Guest>,
        registration: Registration,
        options: VersionOptions,
    ) -> Self {
        let filters = registration.callbacks.iter().map(|callback| callback.filters.clone());
        Self {
            plugin,
            matcher: Matcher::new(filters.collect()),
            registration: Arc::new(registration),
            instances: vec![instance],
            options,
        }
    }

    /// What this version is known by.
    pub fn digest(&self) -> Digest {
        self.plugin.digest()
    }

    /// A callback by its name, if this version has it.
    pub fn callback(&self, name: &str) -> Option<&Callback> {
        self.registration.callbacks.iter().find(|callback| callback.name == name)
    }

    /// What follows when a callback fails.
    pub fn policy(&self, index: usize) -> Policy {
        self.options.policy(&self.registration.callbacks[index])
    }

    /// How a lane is to run it.
    pub fn plan(&self) -> Plan {
        let callbacks = self.registration.callbacks.iter().map(|callback| Planned {
            name: callback.name.as_str().into(),
            coalesce: self.options.coalesce(callback),
        });
        Plan { parallel: self.options.parallel, callbacks: callbacks.collect() }
    }

    /// The callbacks that the operator has settings for, and that this version does not have.
    pub fn unknown_callbacks(&self) -> Vec<String> {
        let names = self.options.callbacks.keys();
        names.filter(|name| self.callback(name).is_none()).cloned().collect()
    }

    /// Takes an instance back after a call that left it usable.
    pub fn keep(&mut self, guest: Option<Box<dyn Guest>>) {
        if self.options.keeps_instance && self.instances.len() < self.options.parallel {
            self.instances.extend(guest);
        }
    }
}

/// Makes another instance of a version, which has to register what the first one did.
pub async fn start(
    plugin: &dyn Plugin,
    registration: &Registration,
) -> Result<Box<dyn Guest>, Outcome> {
    match plugin.start().await {
        Ok((guest, registered)) if registered == *registration => Ok(guest),
        Ok(_) => Err(Outcome::Failed(
            "a new instance registered other callbacks than the first".to_owned(),
        )),
        Err(StartError::Failed(outcome)) => Err(outcome),
        Err(error) => Err(Outcome::Failed(chain(&error))),
    }
}

impl VersionOptions {
    /// What follows when a callback fails: the operator's word for it, then the plugin's own, then the operator's for all.
    pub fn policy(&self, callback: &Callback) -> Policy {
        let own = self.callbacks.get(&callback.name);
        let on_error = own.and_then(|own| own.on_error).or(callback.on_error);
        Policy {
            on_error: on_error.unwrap_or(self.on_error),
            retry: own.map_or(self.retry, |own| own.retry),
            breaker: self.breaker,
        }
    }

    /// For how long the events of an entity are gathered: the operator's word for it, then the plugin's own.
    pub fn coalesce(&self, callback: &Callback) -> Option<std::time::Duration> {
        let own = self.callbacks.get(&callback.name).and_then(|own| own.coalesce);
        own.or(callback.coalesce).filter(|window| !window.is_zero())
    }
}
