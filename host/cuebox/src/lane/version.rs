//! One version of a plugin as a lane runs it: its component, what it registered, and what the operator wants of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use eventlog::matching::Matcher;
use runtime::{
    Callback, Component, Digest, Engine, Instance, OnError, Outcome, Registration, Setup,
    StartError,
};

use super::failing::{Breaker, Policy, Retry};
use crate::config;
use crate::failure::chain;

/// A plugin version, ready to be called.
pub struct Version {
    pub component: Component,
    pub setup: Arc<Setup>,
    pub registration: Registration,
    pub matcher: Matcher,
    /// None after a call that left it unusable, or between events if none is kept.
    pub instance: Option<Instance>,
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
    /// Whether the instance, with its memory, is kept from one event to the next.
    pub keeps_instance: bool,
    /// Whether writes carry the `session_uuid` of the event.
    pub uses_session_uuid: bool,
}

impl Version {
    /// What this version is known by.
    pub fn digest(&self) -> Digest {
        self.component.digest()
    }

    /// A callback by its name, if this version has it.
    pub fn callback(&self, name: &str) -> Option<&Callback> {
        self.registration.callbacks.iter().find(|callback| callback.name == name)
    }

    /// The name of a callback, and what follows when it fails.
    pub fn named_policy(&self, index: usize) -> (String, Policy) {
        let callback = &self.registration.callbacks[index];
        (callback.name.clone(), self.options.policy(callback))
    }

    /// The callbacks that the operator has settings for, and that this version does not have.
    pub fn unknown_callbacks(&self) -> Vec<String> {
        let names = self.options.callbacks.keys();
        names.filter(|name| self.callback(name).is_none()).cloned().collect()
    }

    /// The instance, or a new one in the place of one that broke.
    pub async fn take_instance(&mut self, engine: &Engine) -> Result<Instance, Outcome> {
        if let Some(instance) = self.instance.take() {
            return Ok(instance);
        }
        match Instance::start(engine, &self.component, self.setup.clone()).await {
            Ok((instance, registration)) if registration == self.registration => Ok(instance),
            Ok(_) => Err(Outcome::Failed(
                "a new instance registered other callbacks than the first".to_owned(),
            )),
            Err(StartError::Failed(outcome)) => Err(outcome),
            Err(error) => Err(Outcome::Failed(chain(&error))),
        }
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
}
