//! What the operator halted, as this host obeys it: a gate for each plugin, and word for those who wait.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use database::{Halt, HaltScope, Halting};
use runtime::Gate;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::failure::chain;
use crate::news::{Follower, News};
use crate::notice::{Notice, Notices};
use crate::storage::Storage;

#[cfg(test)]
mod tests;

/// How often to look for a change: what is halted runs on for no longer than this.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How long what is under way is waited for, until it is looked again whether something else is halted.
const SETTLE_TIME: Duration = Duration::from_secs(1);

/// What is halted in one host. Cheap to clone.
#[derive(Clone, Default)]
pub struct Halts(Arc<Inner>);

#[derive(Default)]
struct Inner {
    now: News<Halting>,
    gates: Mutex<BTreeMap<String, Gate>>,
}

impl Halts {
    /// What is halted when the host starts.
    pub fn new(halting: Halting) -> Self {
        let halts = Self::default();
        halts.set(halting);
        halts
    }

    /// Halts these, and nothing else.
    pub fn set(&self, halting: Halting) {
        let gates = self.gates();
        for (plugin, gate) in gates.iter() {
            gate.set(halts_of(&halting, plugin));
        }
        self.0.now.change(|now| std::mem::replace(now, halting.clone()) != halting);
    }

    /// The gate of a plugin: the same for all its versions and instances.
    pub fn gate(&self, plugin: &str) -> Gate {
        let mut gates = self.gates();
        let gate = gates.entry(plugin.to_owned()).or_insert_with(|| {
            let gate = Gate::default();
            gate.set(self.0.now.read(|now| halts_of(now, plugin)));
            gate
        });
        gate.clone()
    }

    /// Tells when something else is halted.
    pub fn follow(&self) -> Follower<Halting> {
        self.0.now.follow()
    }

    /// Returns when nothing that is halted is under way any more.
    async fn settled(&self) {
        let gates: Vec<Gate> = self.gates().values().cloned().collect();
        for gate in gates {
            gate.settled().await;
        }
    }

    fn gates(&self) -> MutexGuard<'_, BTreeMap<String, Gate>> {
        self.0.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The halt of a plugin: its own, or that of all.
pub fn halt_of<'a>(halting: &'a Halting, plugin: &str) -> Option<&'a Halt> {
    let of_plugin = |halt: &&Halt| match &halt.scope {
        HaltScope::All => true,
        HaltScope::Plugin(name) => name == plugin,
        HaltScope::Project(_) => false,
    };
    halting.halts.iter().find(of_plugin)
}

/// What is halted, as a message begins with it.
pub fn name(scope: &HaltScope) -> String {
    match scope {
        HaltScope::All => "Every plugin".to_owned(),
        HaltScope::Plugin(name) => format!("Plugin `{name}`"),
        HaltScope::Project(id) => format!("Project {id}"),
    }
}

fn halts_of(halting: &Halting, plugin: &str) -> runtime::Halts {
    let project = |halt: &Halt| match halt.scope {
        HaltScope::Project(id) => Some((id, halt.reason.as_str().into())),
        HaltScope::All | HaltScope::Plugin(_) => None,
    };
    runtime::Halts {
        plugin: halt_of(halting, plugin).map(|halt| halt.reason.as_str().into()),
        projects: Arc::new(halting.halts.iter().filter_map(project).collect()),
    }
}

/// Follows what the command line writes, and says in the database how far the host obeys. `look` is a connection of its own, on
/// which a change of the shared one shows, too. Runs until it is dropped.
pub async fn watch(look: Storage, storage: Storage, halts: Halts, notices: Notices) {
    let mut known = halts.0.now.read(Clone::clone);
    for halt in &known.halts {
        notices.tell(Notice::Halted { what: name(&halt.scope), reason: halt.reason.clone() });
    }
    let (mut version, mut was_told) = (0, false);
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match changed(&look, version).await {
            Ok(None) => {}
            Ok(Some((new_version, halting))) => {
                version = new_version;
                if halting.changes != known.changes {
                    halts.set(halting.clone());
                    tell(&notices, &known, &halting);
                }
                known = halting;
                was_told = false;
            }
            Err(error) => {
                if !std::mem::replace(&mut was_told, true) {
                    let doing = "look for what is halted; trying again";
                    notices.tell(Notice::HostTrouble { doing, why: chain(&error) });
                }
            }
        }
        if known.obeyed < known.changes && timeout(SETTLE_TIME, halts.settled()).await.is_ok() {
            let changes = known.changes;
            if storage.ask(move |database| database.obey_halts(changes)).await.is_ok() {
                known.obeyed = changes;
            }
        }
    }
}

/// What is halted, if the database has changed since the version of it.
async fn changed(
    look: &Storage,
    seen: i64,
) -> Result<Option<(i64, Halting)>, database::QueryError> {
    look.ask(move |database| {
        let version = database.data_version()?;
        if version == seen {
            return Ok(None);
        }
        Ok(Some((version, database.halting()?)))
    })
    .await
}

fn tell(notices: &Notices, before: &Halting, now: &Halting) {
    for halt in &now.halts {
        if !before.halts.contains(halt) {
            notices.tell(Notice::Halted { what: name(&halt.scope), reason: halt.reason.clone() });
        }
    }
    for halt in &before.halts {
        if !now.halts.iter().any(|other| other.scope == halt.scope) {
            notices.tell(Notice::Released { what: name(&halt.scope) });
        }
    }
}
