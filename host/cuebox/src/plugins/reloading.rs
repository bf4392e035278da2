//! A configuration that was read again: what is granted changes at once, and where anything else differs, the version that runs
//! gets new instances, between two events.

use std::sync::Arc;
use std::time::{Duration, Instant};

use config::{Config, Reload};
use runtime::{Component, Digest, StartError};

use super::{Plugin, Plugins};
use crate::admission::{Admitted, Rules};
use crate::failure::chain;
use crate::host;
use crate::lane::version::Version;
use crate::lane::worker::Command;
use crate::notice::Notice;
use crate::recording::Shelf;
use crate::reload::{Reloads, Reread};

/// What the version that runs is made of.
pub(super) struct Made {
    component: Component,
    shelf: Option<Arc<Shelf>>,
    digest: Digest,
    manifest_text: Option<String>,
}

/// What the files of configurations say.
pub(super) struct Texts {
    /// The one that the host started with.
    start: String,
    /// The one that is in force.
    now: String,
}

/// New instances of the version that runs.
pub(super) struct Renewed {
    plugin: String,
    generation: u64,
    took: Duration,
    result: Result<Version, StartError>,
}

impl Made {
    pub(super) fn new(
        component: Component,
        shelf: Option<Arc<Shelf>>,
        admitted: &Admitted,
    ) -> Self {
        let manifest_text = admitted.manifest_text.clone();
        Self { component, shelf, digest: admitted.digest, manifest_text }
    }
}

impl Texts {
    pub(super) fn new(reloads: &Reloads) -> Self {
        Self { start: reloads.text.clone(), now: reloads.text.clone() }
    }
}

impl Plugins {
    /// Takes a configuration over as a whole, or refuses it.
    pub(super) async fn reconfigure(&mut self, reread: Reread, texts: &mut Texts) {
        let running = self.setups.config();
        let Reload { config, now, later } =
            Reload::new(&running, reread.config, [&texts.start, &texts.now, &reread.text]);
        let misfits = self.misfits(&config);
        if !misfits.is_empty() {
            let why = misfits.join("; ");
            return self.tools.notices.tell(Notice::ConfigRefused { why });
        }
        texts.now = reread.text;
        self.setups.exchange(config.clone());
        self.tools.storms.know(host::script_users(&config));
        self.tools.notices.tell(Notice::ConfigApplied { now, later });
        let names: Vec<String> = self.plugins.keys().cloned().collect();
        for name in names {
            let (before, now) = (running.plugin(&name), config.plugin(&name));
            if before.enabled != now.enabled {
                // A lane that has ended is started again, and begins with what is in force.
                let follow = Command::Follow { is_allowed: now.enabled };
                let _ = self.plugins[&name].commands.send(follow).await;
            }
            if differs(before, &now) {
                self.renew(&name);
            }
        }
    }

    /// The plugins whose settings are not those that they declare, and how.
    fn misfits(&self, config: &Config) -> Vec<String> {
        let misfit = |(name, plugin): (&String, &Plugin)| {
            let made = plugin.made.as_ref()?;
            let settings = config.plugin(name).settings;
            let rules = Rules { settings, ..self.setups.rules(name, Vec::new()) };
            let refused = rules.readmit(made.digest, made.manifest_text.clone()).err()?;
            Some(chain(&refused))
        };
        self.plugins.iter().filter_map(misfit).collect()
    }

    /// Makes new instances of the version that runs, by the settings that are in force. Where none runs, its file is tried again.
    pub(super) fn renew(&mut self, name: &str) {
        let plugin = self.plugins.get_mut(name).expect("only plugins that are there are renewed");
        plugin.generation += 1;
        let Some(made) = plugin.made.as_ref() else { return self.load(name) };
        plugin.waits_for_release |= self.tools.halts.gate(name).is_closed();
        if plugin.waits_for_release {
            // To make an instance is to run it.
            return;
        }
        let rules = self.setups.rules(name, Vec::new());
        let admitted = match rules.readmit(made.digest, made.manifest_text.clone()) {
            Ok(admitted) => admitted,
            Err(refused) => {
                let (plugin, why) = (name.to_owned(), chain(&refused));
                return self.tools.notices.tell(Notice::SettingsRefused { plugin, why });
            }
        };
        let draft = self.setups.draft(name, plugin.key_values.clone());
        let (loader, component) = (self.loader.clone(), made.component.clone());
        let (setup, options) = (draft.admitted(&admitted, &component), self.setups.options(name));
        let shelf = made.shelf.clone();
        let (plugin, generation) = (name.to_owned(), plugin.generation);
        self.renewals.spawn(async move {
            let started = Instant::now();
            let result = loader.version(component, shelf, setup, options).await;
            Renewed { plugin, generation, took: started.elapsed(), result }
        });
    }

    /// Lets the lane go on with them.
    pub(super) async fn renewed(&mut self, renewed: Renewed) {
        let Renewed { plugin: name, generation, took, result } = renewed;
        let Some(plugin) = self.plugins.get_mut(&name) else { return };
        if plugin.generation != generation {
            return;
        }
        let version = match result {
            Ok(version) => version,
            Err(error) => {
                let why = chain(&error);
                return self.tools.notices.tell(Notice::SettingsRefused { plugin: name, why });
            }
        };
        if plugin.live != Some(version.digest()) {
            // Another version has taken over, which was made by the same settings.
            return;
        }
        let (digest, callbacks) = (version.digest(), version.registration.callbacks.len());
        if plugin.commands.send(Command::Run(Box::new(version))).await.is_ok() {
            let notice =
                Notice::PluginLive { plugin: name, digest, callbacks, took, swapped: true };
            self.tools.notices.tell(notice);
        }
    }
}

/// Whether instances have to be made anew. Grants are looked up at each call, and `enabled` by the lane.
fn differs(before: config::Plugin, now: &config::Plugin) -> bool {
    config::Plugin { enabled: now.enabled, grants: now.grants.clone(), ..before } != *now
}
