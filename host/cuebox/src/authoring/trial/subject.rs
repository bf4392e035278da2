//! A plugin that can be handed events by hand: what a test and an author at work do in place of a host's lane.

use std::path::Path;
use std::sync::Arc;

use config::Config;
use eventlog::EventLogEntry;
use runtime::{Connector, EffectJournal, Effects, Engine, KeyValues, Report};

use super::report::Call;
use crate::halts::Halts;
use crate::host;
use crate::lane::version::{self, Version};
use crate::loader::Loader;
use crate::setup::Setups;

/// A plugin, loaded as a host loads it.
pub struct Subject {
    version: Version,
    journal: Arc<dyn EffectJournal>,
}

/// What a plugin has outside of its component, beside the site.
#[derive(Clone)]
pub struct Surroundings {
    /// What it keeps.
    pub keys: KeyValues,
    /// The way to other hosts.
    pub connector: Connector,
    /// Who is told of each change before it is made.
    pub journal: Arc<dyn EffectJournal>,
}

impl Subject {
    /// Loads a component for the plugin `name` of this configuration.
    pub async fn load(
        engine: &Engine,
        config: Config,
        name: &str,
        component: &Path,
        surroundings: Surroundings,
    ) -> anyhow::Result<Self> {
        let client = host::client(&config)?;
        let Surroundings { keys, connector, journal } = surroundings;
        let setups = Setups::new(Arc::new(config), client, connector, Halts::default());
        let draft = setups.draft(name, keys);
        let request = setups.request(name, component.to_owned(), Vec::new());
        let loader = Loader::new(engine.clone(), None);
        let loaded = loader.load(request, draft, setups.options(name)).await?;
        Ok(Self { version: loaded.version, journal })
    }

    /// Whether a callback wants the entry.
    pub fn wants(&self, entry: &EventLogEntry) -> bool {
        self.version.matcher.callbacks(entry).next().is_some()
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
                    let effects = Effects::new(Vec::new(), self.journal.clone());
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
