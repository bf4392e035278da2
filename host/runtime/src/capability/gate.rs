//! The operator's halt, as one plugin meets it: at each of its calls to the host, and, where it makes none, at its next yield.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// Whether a plugin may go on, and in which projects it may not. Looked at in each call to the host; what is halted ends the call
/// of the guest. A clone is the same gate.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Whether anything is halted: most calls need to know no more.
    is_any: AtomicBool,
    state: Mutex<State>,
    /// Tells when something else is halted than before.
    set: watch::Sender<()>,
    /// Tells when something ended that was under way before that.
    ended: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    halts: Halts,
    /// How often it was set.
    generation: u64,
    under_way: BTreeMap<u64, UnderWay>,
    last_number: u64,
}

/// What is halted for one plugin, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Halts {
    /// The plugin itself, or all.
    pub plugin: Option<Arc<str>>,
    /// Projects, in which it reads and changes nothing.
    pub projects: Arc<BTreeMap<u64, Arc<str>>>,
}

/// That a call of a guest may not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("halted: {why}")]
pub struct Halted {
    /// The project that it is about, or reaches into; none if the plugin itself is halted.
    pub project: Option<u64>,
    /// Why, in the operator's words.
    pub why: Arc<str>,
}

#[derive(Debug, Clone, Copy)]
struct UnderWay {
    generation: u64,
    what: What,
}

/// What passes the gate.
#[derive(Debug, Clone, Copy)]
enum What {
    /// A call of the guest, for an event of this project.
    Call(Option<u64>),
    /// A request of the guest to the site.
    Request,
}

/// Something that was let through, until this is dropped.
#[derive(Debug)]
pub(crate) struct Passage {
    gate: Gate,
    number: u64,
    /// The projects that it may not reach into.
    pub(crate) projects: Arc<BTreeMap<u64, Arc<str>>>,
}

impl Halts {
    /// Why nothing that is about this project may go on; none if it may.
    #[must_use]
    pub fn halted(&self, project: Option<u64>) -> Option<Halted> {
        if let Some(why) = &self.plugin {
            return Some(Halted { project: None, why: why.clone() });
        }
        let why = self.projects.get(&project?)?;
        Some(Halted { project, why: why.clone() })
    }
}

impl Gate {
    /// Halts these, and nothing else, from the next call to the host on.
    pub fn set(&self, halts: Halts) {
        let mut state = self.state();
        if state.halts == halts {
            return;
        }
        self.0.is_any.store(halts != Halts::default(), Ordering::Release);
        state.halts = halts;
        state.generation += 1;
        drop(state);
        self.0.set.send_replace(());
    }

    /// Whether the plugin itself is halted.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.is_any.load(Ordering::Acquire) && self.state().halts.plugin.is_some()
    }

    /// Why nothing that is about this project may go on; none if it may.
    #[must_use]
    pub fn halted(&self, project: Option<u64>) -> Option<Halted> {
        if !self.0.is_any.load(Ordering::Acquire) {
            return None;
        }
        self.state().halts.halted(project)
    }

    /// Returns when everything has ended that is halted now, and every request that went out before it was.
    pub async fn settled(&self) {
        let mut ended = self.0.ended.subscribe();
        while self.state().is_unsettled() {
            // The sender is in `self`.
            let _ = ended.changed().await;
        }
    }

    /// Returns when nothing that is about this project may go on any more.
    pub(crate) async fn closes(&self, project: Option<u64>) -> Halted {
        let mut set = self.0.set.subscribe();
        loop {
            if let Some(halted) = self.halted(project) {
                return halted;
            }
            let _ = set.changed().await;
        }
    }

    /// Lets a call of the guest begin that is about this project.
    pub(crate) fn enter(&self, project: Option<u64>) -> Result<Passage, Halted> {
        self.pass(project, What::Call(project))
    }

    /// Lets a request go out, of a call that is about this project.
    pub(crate) fn request(&self, project: Option<u64>) -> Result<Passage, Halted> {
        self.pass(project, What::Request)
    }

    fn pass(&self, project: Option<u64>, what: What) -> Result<Passage, Halted> {
        let mut state = self.state();
        if let Some(halted) = state.halts.halted(project) {
            return Err(halted);
        }
        state.last_number += 1;
        let (number, generation) = (state.last_number, state.generation);
        state.under_way.insert(number, UnderWay { generation, what });
        Ok(Passage { gate: self.clone(), number, projects: state.halts.projects.clone() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic between two statements of this file leaves a whole state behind.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_unsettled(&self) -> bool {
        self.under_way.values().any(|one| {
            let is_older = one.generation < self.generation;
            is_older
                && match one.what {
                    What::Call(project) => self.halts.halted(project).is_some(),
                    What::Request => true,
                }
        })
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.gate.state().under_way.remove(&self.number);
        self.gate.0.ended.send_replace(());
    }
}

#[cfg(test)]
mod tests;
