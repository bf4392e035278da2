//! What a guest can reach: one file for each interface of the contract, each a few lines for each function. They ask the
//! policy, then perform, then translate the answer.

mod change;
mod config;
pub(crate) mod keyvalue;
pub(crate) mod log;
mod script;
mod shotgun;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventlog::EventId;
use policy::Phase;
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::bindings::Plugin;
use crate::bindings::script::Offered;
use crate::effect::{Doubt, Effects};
use crate::limits::{Limits, Meter};

pub use keyvalue::{KeyValueChange, KeyValues};
pub use shotgun::Connection;

use keyvalue::Overlay;
use log::GuestLog;

/// How many resources of WASI a guest can hold at a time: streams, pollables. Each is memory of the host that the limit
/// `memory_bytes` does not see; one more breaks the guest.
const RESOURCES_MAX: usize = 10_000;

/// What the operator decided for one plugin, and what belongs to it.
#[derive(Clone)]
pub struct Setup {
    /// The plugin's name, as in logs and in the configuration.
    pub name: Arc<str>,
    /// What it may use up.
    pub limits: Limits,
    /// What it reads as its configuration.
    pub settings: BTreeMap<String, String>,
    /// What it may do.
    pub grants: policy::Grants,
    /// The way to the site, as this plugin's script user.
    pub connection: Connection,
    /// Its keys, shared by all instances of it.
    pub key_values: KeyValues,
}

/// The host's side of one instance: the data of its `Store`.
pub struct Capabilities {
    pub(crate) setup: Arc<Setup>,
    pub(crate) meter: Meter,
    pub(crate) log: GuestLog,
    pub(crate) call: Call,
    pub(crate) overlay: Overlay,
    /// The text that an interpreter runs.
    script: Option<Arc<str>>,
    table: ResourceTable,
    wasi: WasiCtx,
}

/// What belongs to one call into the guest. `Instance` alone puts it in place and takes it out.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) phase: Phase,
    pub(crate) session_uuid: Option<String>,
    /// Calls of the guest to the host so far.
    pub(crate) host_calls: u32,
    /// Calls that change something outside the guest, whether or not they were answered.
    pub(crate) effects: u32,
    /// The site did not answer at least one call, or refused the script user's key.
    pub(crate) site_unavailable: bool,
    /// The function of the connection that is running, and since when.
    pub(crate) inside: Option<(&'static str, Instant)>,
    /// What the delivery has changed so far, in this attempt and those before; none outside a delivery.
    pub(crate) effects_of: Option<Effects>,
    /// What became of calls in doubt.
    pub(crate) doubts: Vec<Doubt>,
}

impl Call {
    fn new(phase: Phase, session_uuid: Option<String>) -> Self {
        Self {
            phase,
            session_uuid,
            effects_of: None,
            doubts: Vec::new(),
            host_calls: 0,
            effects: 0,
            site_unavailable: false,
            inside: None,
        }
    }
}

impl Call {
    /// The function of the connection that the call spent at least half of `limit` in, at its end. A guest that asks the site
    /// quickly and without end is in one of them, too, when its time is up; that is not the site's doing.
    pub(crate) fn waited_in(&self, limit: Duration) -> Option<&'static str> {
        let (function, since) = self.inside?;
        (since.elapsed() >= limit / 2).then_some(function)
    }
}

/// Ends a call: the guest called the host more often than it may.
#[derive(Debug, thiserror::Error)]
#[error("more calls to the host than the limit `host_calls` allows")]
pub(crate) struct TooManyHostCalls;

impl Capabilities {
    pub(crate) fn new(setup: Arc<Setup>, script: Option<Arc<str>>) -> Self {
        let log = GuestLog::new(&setup.name, &setup.limits);
        // All of WASI is there, and nothing is in it: no files, no environment, no arguments, no sockets, no names.
        let wasi =
            WasiCtxBuilder::new().stdout(log.stream("stdout")).stderr(log.stream("stderr")).build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES_MAX);
        Self {
            meter: Meter::new(&setup.limits),
            log,
            call: Call::new(Phase::Outside, None),
            overlay: Overlay::default(),
            script,
            table,
            wasi,
            setup,
        }
    }

    /// Starts a call: clean counters, and the host answers from here on.
    pub(crate) fn begin(
        &mut self,
        phase: Phase,
        event: Option<EventId>,
        session_uuid: Option<String>,
        effects: Option<Effects>,
    ) {
        self.call = Call { effects_of: effects, ..Call::new(phase, session_uuid) };
        self.overlay = Overlay::default();
        self.log.begin(event);
        // What was refused in an earlier call, and borne, explains no trap in this one.
        self.meter.take_refused();
    }

    /// Ends a call: the host answers nothing from here on.
    pub(crate) fn end(&mut self) -> Call {
        self.log.end();
        std::mem::replace(&mut self.call, Call::new(Phase::Outside, None))
    }

    /// Counts one call to the host. An error ends the call of the guest.
    fn count_call(&mut self) -> wasmtime::Result<()> {
        self.call.host_calls += 1;
        if self.call.host_calls > self.setup.limits.host_calls {
            return Err(TooManyHostCalls.into());
        }
        Ok(())
    }
}

impl WasiView for Capabilities {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Everything that a guest can import.
pub(crate) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<Capabilities>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    Plugin::add_to_linker::<_, HasSelf<_>>(&mut linker, |capabilities| capabilities)?;
    Ok(linker)
}

/// Everything that an interpreter can import.
pub(crate) fn script_linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<Capabilities>> {
    let mut linker = linker(engine)?;
    Offered::add_to_linker::<_, HasSelf<_>>(&mut linker, |capabilities| capabilities)?;
    Ok(linker)
}

#[cfg(test)]
pub(crate) mod tests;
