//! One live plugin version: its `Store`, its memory, and the calls into it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventlog::EventId;
use policy::Phase;
use wasmtime::component::ResourceTableError;
use wasmtime::{Store, Trap};

use crate::bindings::Plugin;
use crate::bindings::exports::cuebox::plugin::callbacks::{Guest, Outcome as GuestOutcome};
use crate::capability::log::shortened;
use crate::capability::{Call, Capabilities, Halted, KeyValueChange, Setup, TooManyHostCalls};
use crate::component::{Component, Digest};
use crate::effect::{Doubt, Effects, JournalError};
use crate::engine::Engine;
use crate::event::shown::shown;
use crate::outcome::Outcome;
use crate::recording::{Stop, Tape};
use crate::refusals::{RefusalCounts, RefusalTally};
use crate::registration::{self, Registration, RegistrationError};

pub use crate::bindings::cuebox::plugin::types::{Change as EventChange, Event};

/// A plugin version with its memory, kept between events. Not usable any more after an outcome that says so.
pub struct Instance {
    digest: Digest,
    plugin: Plugin,
    store: Store<Capabilities>,
}

/// Why an instance could not be made.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The guest did not get through its start, or through `register`.
    #[error("`register` {0}")]
    Failed(Outcome),
    /// What it registered makes no sense.
    #[error("what it registered cannot be used")]
    Registration(#[from] RegistrationError),
}

/// What a call did and what it took.
#[derive(Debug)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// From the call to its end, host functions included.
    pub duration: Duration,
    /// How much of it went by while the site was asked.
    pub site_time: Duration,
    /// Fuel used.
    pub fuel: u64,
    /// Linear memory of the instance after the call.
    pub memory_bytes: usize,
    /// Calls to the host.
    pub host_calls: u32,
    /// Calls that changed something outside the guest, or may have.
    pub effects: u32,
    /// What became of calls of which nobody knew whether an earlier attempt had made them.
    pub doubts: Vec<Doubt>,
    /// How often each limit was met, by its name; what was not granted counts as `grant`.
    pub refused: RefusalCounts,
    /// The last lines that the guest logged; empty if the event is finished.
    pub log: String,
    /// Keys to store with the position; empty unless the event is finished.
    pub key_values: Vec<KeyValueChange>,
}

impl Report {
    /// What is to say of a call that could not be made.
    #[must_use]
    pub fn without_call(outcome: Outcome) -> Self {
        Self {
            outcome,
            duration: Duration::ZERO,
            site_time: Duration::ZERO,
            fuel: 0,
            memory_bytes: 0,
            host_calls: 0,
            effects: 0,
            doubts: Vec::new(),
            refused: RefusalCounts::new(),
            log: String::new(),
            key_values: Vec::new(),
        }
    }
}

impl Instance {
    /// Makes an instance and lets it register. Reads from the site, if the guest does, and changes nothing anywhere.
    pub async fn start(
        engine: &Engine,
        component: &Component,
        setup: Arc<Setup>,
    ) -> Result<(Self, Registration), StartError> {
        Self::start_on(engine, component, setup, Tape::default()).await
    }

    /// The same, with a tape that records what passes between the guest and the host, or answers in the host's place. A
    /// transcript is of one call: the next one needs a new instance.
    pub async fn start_on(
        engine: &Engine,
        component: &Component,
        setup: Arc<Setup>,
        tape: Tape,
    ) -> Result<(Self, Registration), StartError> {
        let (limits, gate) = (setup.limits.clone(), setup.gate.clone());
        let _passage = gate.enter(None).map_err(|halted| StartError::Failed(halted.into()))?;
        let capabilities = Capabilities::new(setup, component.script.clone()).on_tape(tape);
        let mut store = Store::new(engine.wasmtime(), capabilities);
        store.limiter(|capabilities| capabilities);
        // A list in the guest can name the same bytes any number of times, and each is a copy here.
        store.set_hostcall_fuel(limits.memory_bytes);
        store.epoch_deadline_async_yield_and_update(1);
        store.set_fuel(limits.fuel).map_err(|error| host_failed(&error))?;
        let starting = async {
            // The phase is `Outside` until the component is there: what runs during instantiation reaches nothing.
            let plugin = component.pre.instantiate_async(&mut store).await?;
            store.data_mut().begin(Phase::Register, None, None, None);
            let registered = plugin.cuebox_plugin_callbacks().call_register(&mut store).await?;
            wasmtime::Result::Ok((plugin, registered))
        };
        let ended = until(limits.register_deadline, gate.closes(None), starting).await;
        let (mut call, _) = store.data_mut().end().await;
        let started = match ended {
            Ok(Ok((plugin, Ok(callbacks)))) => Ok((plugin, callbacks)),
            Ok(Ok((_, Err(why)))) => Err(failed(&call, &why, limits.log_line_bytes)),
            Ok(Err(error)) => Err(outcome_of_trap(&mut store, &error)),
            Err(cut) => Err(cut.outcome(&call)),
        };
        let limit = started.as_ref().err().and_then(|outcome| match outcome {
            Outcome::TimedOut { .. } => Some("register_deadline"),
            other => other.limit(),
        });
        count_refused(&store.data().setup.refusals, &mut call, limit);
        let (plugin, callbacks) = started.map_err(StartError::Failed)?;
        let registration = registration::check(callbacks)?;
        let fuel_left = store.get_fuel().unwrap_or(0);
        store.data().tape.registered(limits.fuel.saturating_sub(fuel_left));
        Ok((Self { digest: component.digest(), plugin, store }, registration))
    }

    /// Hands one event to one callback. `session_uuid` is what the writes of this call carry; `effects` tells what earlier
    /// attempts have changed.
    pub async fn call(
        &mut self,
        callback: &str,
        event: &Event,
        session_uuid: Option<String>,
        effects: Effects,
    ) -> Report {
        self.hand(callback, event, session_uuid, Some(effects)).await
    }

    /// Hands a recorded event to a callback of an instance whose tape answers in the host's place.
    pub async fn replay(&mut self, callback: &str, event: &Event) -> Report {
        self.hand(callback, event, None, None).await
    }

    async fn hand(
        &mut self,
        callback: &str,
        event: &Event,
        session_uuid: Option<String>,
        effects: Option<Effects>,
    ) -> Report {
        let started = Instant::now();
        let capabilities = self.store.data();
        let limits = capabilities.setup.limits.clone();
        let (gate, project) = (capabilities.setup.gate.clone(), project_of(event));
        let person = event.user.as_ref().filter(|user| user.entity_type == "HumanUser");
        let person = person.map(|user| user.id);
        let event = &match capabilities.tape.is_replaying() {
            true => event.clone(),
            false => shown(event, &capabilities.effective()),
        };
        let id = EventId(event.id);
        let _passage = match gate.enter(project) {
            Ok(passage) => passage,
            Err(halted) => return Report::without_call(halted.into()),
        };
        self.store.data().tape.handed(callback, event);
        self.store.data_mut().begin(Phase::Handle, Some(id), session_uuid, effects);
        self.store.data_mut().concern(project, person);
        let ended = match self.store.set_fuel(limits.fuel) {
            Err(error) => Ok(Err(error)),
            Ok(()) => {
                let callbacks = self.plugin.cuebox_plugin_callbacks();
                let calling = handle(callbacks, &mut self.store, callback, event);
                until(limits.deadline, gate.closes(project), calling).await
            }
        };
        let (mut call, http) = self.store.data_mut().end().await;
        let outcome = match (ended, &http.failure, &http.halted) {
            (_, Some(unstored), _) => Outcome::HostFailed(unstored.to_string()),
            (_, _, Some(halted)) => halted.clone().into(),
            (Ok(Ok(answer)), ..) => outcome_of_answer(&call, answer, limits.log_line_bytes),
            (Ok(Err(error)), ..) => outcome_of_trap(&mut self.store, &error),
            (Err(cut), ..) => cut.outcome(&call),
        };
        count_refused(&self.store.data().setup.refusals, &mut call, outcome.limit());
        if outcome.is_finished()
            && let Some(effects) = &call.effects_of
        {
            call.doubts.extend(effects.left_open());
            call.doubts.extend(http.cut_off());
        }
        self.report(outcome, call, started)
    }

    /// Which version this is an instance of.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    fn report(&mut self, outcome: Outcome, call: Call, started: Instant) -> Report {
        let fuel_left = self.store.get_fuel().unwrap_or(0);
        let capabilities = self.store.data_mut();
        let fuel = capabilities.setup.limits.fuel.saturating_sub(fuel_left);
        capabilities.tape.ended(&outcome, fuel);
        let overlay = std::mem::take(&mut capabilities.overlay);
        let key_values = if outcome.is_finished() {
            capabilities.setup.key_values.apply(overlay)
        } else {
            Vec::new()
        };
        let log = if outcome.is_finished() { String::new() } else { capabilities.log.tail() };
        Report {
            log,
            duration: started.elapsed(),
            site_time: call.site_time,
            fuel,
            memory_bytes: capabilities.meter.memory_bytes(),
            host_calls: call.host_calls,
            effects: call.effects,
            doubts: call.doubts,
            refused: call.refused,
            key_values,
            outcome,
        }
    }
}

/// Counts what a call was refused, and the limit that ended it. One that is met before the call ends is counted already.
fn count_refused(tally: &RefusalTally, call: &mut Call, ended_by: Option<&'static str>) {
    if let Some(limit) = ended_by {
        call.refused.entry(limit).or_insert(1);
    }
    tally.add(&call.refused);
}

/// Why a call was not let run to its end.
enum Cut {
    Halted(Halted),
    Late(Duration),
}

/// Lets a call run until it ends, is halted, or has taken this long. A guest that spins yields at every tick.
async fn until<T>(
    limit: Duration,
    halted: impl Future<Output = Halted>,
    calling: impl Future<Output = T>,
) -> Result<T, Cut> {
    tokio::select! {
        biased;
        halted = halted => Err(Cut::Halted(halted)),
        ended = tokio::time::timeout(limit, calling) => ended.map_err(|_| Cut::Late(limit)),
    }
}

impl Cut {
    fn outcome(self, call: &Call) -> Outcome {
        match self {
            Self::Halted(halted) => halted.into(),
            Self::Late(limit) => Outcome::TimedOut { limit, inside: call.waited_in(limit) },
        }
    }
}

impl From<Halted> for Outcome {
    fn from(halted: Halted) -> Self {
        Self::Halted { project: halted.project, why: halted.why.to_string() }
    }
}

/// The project that an event is about: its own, or the one that it happened to.
fn project_of(event: &Event) -> Option<u64> {
    let entity = event.entity.as_ref().filter(|entity| entity.entity_type == "Project");
    event.project.as_ref().or(entity).map(|project| project.id)
}

async fn handle(
    callbacks: &Guest,
    store: &mut Store<Capabilities>,
    callback: &str,
    event: &Event,
) -> wasmtime::Result<Result<GuestOutcome, String>> {
    callbacks.call_handle(store, callback, event).await
}

/// What the guest says of its call. Its words go into one line of the log and into the database, and are held to the length
/// of a line: `line_bytes`.
fn outcome_of_answer(
    call: &Call,
    answer: Result<GuestOutcome, String>,
    line_bytes: usize,
) -> Outcome {
    match answer {
        Ok(GuestOutcome::Done) => Outcome::Done,
        Ok(GuestOutcome::Skipped(why)) => Outcome::Skipped(shortened(&why, line_bytes).into()),
        Ok(GuestOutcome::RetryAfter(seconds)) => {
            Outcome::RetryAfter(Duration::from_secs(seconds.into()))
        }
        Ok(GuestOutcome::Rejected(why)) => Outcome::Rejected(shortened(&why, line_bytes).into()),
        Err(why) => failed(call, &why, line_bytes),
    }
}

/// A guest that failed after the site had failed it is not to blame.
fn failed(call: &Call, why: &str, line_bytes: usize) -> Outcome {
    let why = shortened(why, line_bytes).into();
    if call.site_unavailable { Outcome::SiteUnavailable(why) } else { Outcome::Failed(why) }
}

fn host_failed(error: &wasmtime::Error) -> StartError {
    StartError::Failed(Outcome::HostFailed(format!("{error:#}")))
}

/// Why a guest trapped. What it wrote to stderr says more than the trap: a panic's message and place, a traceback.
fn outcome_of_trap(store: &mut Store<Capabilities>, error: &wasmtime::Error) -> Outcome {
    let capabilities = store.data_mut();
    let limits = &capabilities.setup.limits;
    if error.is::<TooManyHostCalls>() {
        return Outcome::TooManyHostCalls { limit: limits.host_calls };
    }
    if let Some(halted) = error.downcast_ref::<Halted>() {
        return halted.clone().into();
    }
    if let Some(error) = error.downcast_ref::<JournalError>() {
        return Outcome::HostFailed(error.to_string());
    }
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return Outcome::HostFailed(stop.to_string());
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => return Outcome::OutOfFuel { limit: limits.fuel },
        Some(Trap::StackOverflow) => return Outcome::StackExhausted,
        _ => {}
    }
    let is_table_full = matches!(error.downcast_ref(), Some(ResourceTableError::Full));
    if capabilities.meter.take_refused() || is_table_full {
        return Outcome::OutOfMemory { limit: limits.memory_bytes };
    }
    let stderr = capabilities.log.stderr_tail();
    // The first of its causes is why; what is around it is where in the guest.
    let why = || error.root_cause().to_string();
    let trap = error.downcast_ref::<Trap>().map_or_else(why, Trap::to_string);
    Outcome::Trapped(if stderr.is_empty() { trap } else { format!("{stderr} ({trap})") })
}

#[cfg(test)]
mod tests;
