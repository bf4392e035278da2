//! A plugin that can be handed events by hand: what a test and an author at work do in place of a host's lane.

use std::path::Path;
use std::sync::Arc;

use config::Config;
use eventlog::EventLogEntry;
use runtime::{Connector, Effects, Engine, Forgetful, KeyValues, Report};
use shotgun::Caller;

use super::report::Call;
use crate::halts::Halts;
use crate::host;
use crate::lane::version::{self, Version};
use crate::loader::Loader;
use crate::setup::Setups;

/// Entries that are read at a time: more than a person brings about at once.
const ENTRIES_MAX: usize = 500;

/// A plugin, loaded as a host loads it.
pub struct Subject {
    client: shotgun::Client,
    /// Who follows the event log.
    caller: Caller,
    version: Version,
}

impl Subject {
    /// Loads a component for the plugin `name` of this configuration. `connector` is its way to other hosts.
    pub async fn load(
        engine: &Engine,
        config: Config,
        name: &str,
        component: &Path,
        keys: KeyValues,
        connector: Connector,
    ) -> anyhow::Result<Self> {
        let client = host::client(&config)?;
        let script = &config.site.script;
        let caller = Caller::script(&script.name, script.key.clone());
        let setups = Setups::new(Arc::new(config), client.clone(), connector, Halts::default());
        let setup = setups.setup(name, keys);
        let request = setups.request(name, component.to_owned(), Vec::new());
        let loader = Loader::new(engine.clone(), None);
        let loaded = loader.load(request, setup, setups.options(name)).await?;
        Ok(Self { client, caller, version: loaded.version })
    }

    /// What is in the event log after an event, as a host reads it.
    pub async fn entries_after(&self, after: u64) -> anyhow::Result<Vec<EventLogEntry>> {
        let after = eventlog::EventId(after);
        let page = self.client.events_newer(&self.caller, after, ENTRIES_MAX).await?;
        Ok(page.entries.into_iter().map(|fetched| fetched.entry).collect())
    }

    /// Hands an entry to each callback that wants it.
    pub async fn hand_over(&mut self, entry: &EventLogEntry) -> Vec<Call> {
        let version = &mut self.version;
        let wanting: Vec<usize> = version.matcher.callbacks(entry).collect();
        let event = runtime::event_of(entry, false);
        let mut calls = Vec::new();
        for index in wanting {
            let callback = version.registration.callbacks[index].name.clone();
            let guest = match version.instances.pop() {
                Some(guest) => Ok(guest),
                None => version::start(&*version.plugin, &version.registration).await,
            };
            let report = match guest {
                Err(outcome) => Report::without_call(outcome),
                Ok(mut guest) => {
                    let session = entry.session_uuid.clone();
                    let effects = Effects::new(Vec::new(), Arc::new(Forgetful));
                    let report = guest.call(&callback, &event, session, effects).await;
                    if report.outcome.leaves_instance_usable() {
                        version.instances.push(guest);
                    }
                    report
                }
            };
            calls.push(Call::new(entry, callback, &report));
        }
        calls
    }
}
