//! What a guest can reach: one file for each interface of the contract, each a few lines for each function. They ask the
//! policy, then perform, then translate the answer.

pub(crate) mod change;
mod config;
pub(crate) mod gate;
mod grants;
mod http;
mod io_error;
pub(crate) mod keyvalue;
pub(crate) mod log;
mod script;
mod shotgun;
pub(crate) mod supposed;
mod usage;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::shotgun::Secret;
use eventlog::EventId;
use policy::Phase;
use wasmtime::ResourceLimiter;
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::bindings::script::Offered;
use crate::effect::{Doubt, Effects};
use crate::limits::{Exceeded, Limits, Meter, Quotas};
use crate::recording::{Tape, taped};
use crate::refusals::{RefusalCounts, RefusalTally, Refusals};

pub use gate::{Gate, Halted, Halts};
pub use grants::CurrentGrants;
pub use http::{Connector, HttpAnswer, HttpAnswering, HttpRequest, Resolver, Resolving};
pub use keyvalue::{KeyValueChange, KeyValues};
pub use shotgun::{Connection, KnownFields, Logins, Sudo};
pub use usage::{Usage, Use};

pub(crate) use shotgun::{SIGN_IN_FAULT, json_bytes};

use http::{FIELDS_BYTES_MAX, Http, HttpOutcome};
use keyvalue::Overlay;
use log::GuestLog;
use shotgun::Pretended;

/// How many resources of WASI a guest can hold at a time: streams, pollables, headers. One more breaks the guest.
const RESOURCES_MAX: usize = 10_000;

/// How many of them are not counted: as many as a guest needs that has used up its memory and wants to say so.
const RESOURCES_FREE: usize = 64;

/// What each of the others is counted as, in the total that `memory_bytes` limits: the most that one can make the host keep,
/// which is a set of header fields, or what waits to be taken over of a body.
const RESOURCE_BYTES: usize = FIELDS_BYTES_MAX;

/// How many random bytes a guest is given at once.
pub(crate) const RANDOM_BYTES_MAX: u64 = 1 << 20;

/// What the operator decided for one plugin, and what belongs to it.
#[derive(Clone)]
pub struct Setup {
    /// The plugin's name, as in logs and in the configuration.
    pub name: Arc<str>,
    /// What it may use up.
    pub limits: Limits,
    /// What it reads as its configuration.
    pub settings: BTreeMap<String, String>,
    /// What its operator grants it, as it is now.
    pub grants: CurrentGrants,
    /// Whether its operator halts it, as it is now.
    pub gate: Gate,
    /// What its author asks for on the site. It can do no more than that, whatever is granted; none where the author made no
    /// statement.
    pub requests: Option<Arc<policy::Requests>>,
    /// What is known of the site's fields.
    pub fields: KnownFields,
    /// The way to the site, as this plugin's script user.
    pub connection: Connection,
    /// In whose name it writes there.
    pub sudo: Sudo,
    /// Its keys, shared by all instances of it.
    pub key_values: KeyValues,
    /// The way to the hosts of HTTP requests. Shared by all plugins.
    pub connector: Connector,
    /// What the host puts into headers of HTTP requests, by name. The guest sees none of it.
    pub secrets: BTreeMap<String, Secret>,
    /// What it may use up in a time, shared by all instances of it.
    pub quotas: Quotas,
    /// Whether the site is asked, for evidence, what is in the fields that an update sets.
    pub reads_before: bool,
    /// What its calls needed, shared by all instances of it.
    pub usage: Usage,
    /// What its calls were refused, shared by all instances of it.
    pub refusals: RefusalTally,
    /// Whether it is in shadow: what it changes is decided and kept as evidence, and not made.
    pub shadow: bool,
}

impl Setup {
    /// A plugin that is set nothing, granted nothing and halted by nobody, with no keys yet.
    #[must_use]
    pub fn bare(name: &str, limits: Limits, connection: Connection) -> Self {
        Self {
            name: name.into(),
            quotas: Quotas::new(&limits),
            limits,
            settings: BTreeMap::new(),
            gate: Gate::default(),
            sudo: Sudo::Never,
            grants: CurrentGrants::default(),
            requests: None,
            fields: KnownFields::default(),
            connection,
            key_values: KeyValues::default(),
            connector: Connector::new(Connector::system_resolver(), &[]),
            secrets: BTreeMap::new(),
            reads_before: false,
            shadow: false,
            usage: Usage::default(),
            refusals: RefusalTally::default(),
        }
    }
}

/// The host's side of one instance: the data of its `Store`.
pub struct Capabilities {
    pub(crate) setup: Arc<Setup>,
    pub(crate) meter: Meter,
    pub(crate) log: GuestLog,
    pub(crate) call: Call,
    pub(crate) overlay: Overlay,
    pub(crate) http: Http,
    pub(crate) refusals: Refusals,
    /// Where what passes between the guest and the host is written down.
    pub(crate) tape: Tape,
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
    /// The project of the event.
    pub(crate) project: Option<u64>,
    /// The person who caused it.
    pub(crate) person: Option<u64>,
    /// The login of the person in whose name a change is being made.
    pub(crate) sudo_as_login: Option<String>,
    /// Calls of the guest to the host so far.
    pub(crate) host_calls: u32,
    /// Calls that change something outside the guest, whether or not they were answered.
    pub(crate) effects: u32,
    /// How long the site was asked.
    pub(crate) site_time: Duration,
    /// The site did not answer at least one call, or refused the script user's key.
    pub(crate) site_unavailable: bool,
    /// The function of the connection that is running, and since when.
    pub(crate) inside: Option<(&'static str, Instant)>,
    /// What the delivery has changed so far, in this attempt and those before; none outside a delivery.
    pub(crate) effects_of: Option<Effects>,
    /// What became of calls in doubt.
    pub(crate) doubts: Vec<Doubt>,
    /// What a plugin in shadow believes that it changed.
    pub(crate) pretended: Pretended,
    /// The event, for the log.
    event: Option<EventId>,
    /// What was refused; known at the end.
    pub(crate) refused: RefusalCounts,
}

impl Call {
    fn new(phase: Phase, session_uuid: Option<String>) -> Self {
        Self {
            phase,
            session_uuid,
            project: None,
            person: None,
            sudo_as_login: None,
            effects_of: None,
            doubts: Vec::new(),
            pretended: Pretended::default(),
            host_calls: 0,
            effects: 0,
            site_time: Duration::ZERO,
            site_unavailable: false,
            inside: None,
            event: None,
            refused: RefusalCounts::new(),
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
        let (meter, refusals) = (Meter::new(&setup.limits), Refusals::default());
        let (limits, quota) = (&setup.limits, setup.quotas.log_bytes.clone());
        let log = GuestLog::new(&setup.name, limits, quota, refusals.clone());
        // All of WASI is there, and nothing is in it: no files, no environment, no arguments, no sockets, no names.
        let wasi = WasiCtxBuilder::new()
            .stdout(log.stream("stdout"))
            .stderr(log.stream("stderr"))
            .max_random_size(RANDOM_BYTES_MAX)
            .build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES_MAX);
        Self {
            http: Http::new(setup.clone(), meter.ledger().clone(), refusals.clone()),
            meter,
            refusals,
            log,
            call: Call::new(Phase::Outside, None),
            overlay: Overlay::default(),
            tape: Tape::default(),
            script,
            table,
            wasi,
            setup,
        }
    }

    /// Puts a tape in, before the guest is there.
    pub(crate) fn on_tape(mut self, tape: Tape) -> Self {
        self.log.on_tape(tape.clone());
        self.http.on_tape(tape.clone());
        self.tape = tape;
        self
    }

    /// Starts a call: clean counters, and the host answers from here on.
    pub(crate) fn begin(
        &mut self,
        phase: Phase,
        event: Option<EventId>,
        session_uuid: Option<String>,
        effects: Option<Effects>,
    ) {
        self.http.begin(phase, effects.clone());
        self.call = Call { effects_of: effects, event, ..Call::new(phase, session_uuid) };
        self.overlay = Overlay::default();
        self.log.begin(event);
        // What was refused in an earlier call, and borne, explains no trap in this one.
        self.meter.take_refused();
    }

    /// Says which project the event of the call is about, and which person caused it.
    pub(crate) fn concern(&mut self, project: Option<u64>, person: Option<u64>) {
        self.call.project = project;
        self.call.person = person;
        self.http.concern(project);
    }

    /// Ends a call: the host answers nothing from here on.
    pub(crate) async fn end(&mut self) -> (Call, HttpOutcome) {
        let mut http = self.http.end().await;
        let mut call = std::mem::replace(&mut self.call, Call::new(Phase::Outside, None));
        call.effects += http.effects;
        call.doubts.append(&mut http.doubts);
        call.refused = self.refusals.end(&self.setup.name, call.event, &self.setup.refusals);
        (call, http)
    }

    /// Bounds what the guest can hold of WASI by what its memories and buffers leave of the total.
    fn bound_table(&mut self) {
        let counted = self.meter.ledger().left() / RESOURCE_BYTES;
        self.table.set_max_capacity((RESOURCES_FREE + counted).min(RESOURCES_MAX));
    }

    /// Whether something may grow; a limit that it met is told.
    fn told(&self, grown: Result<(), Exceeded>) -> bool {
        if let Err(Exceeded { limit, value }) = grown {
            self.refusals.over(limit, value);
        }
        grown.is_ok()
    }

    /// What the guest's resources of WASI are counted as.
    fn resource_bytes(&mut self) -> usize {
        let counted = self.table.iter_mut().count().saturating_sub(RESOURCES_FREE);
        counted * RESOURCE_BYTES
    }

    /// Counts one call to the host. An error ends the call of the guest.
    pub(crate) fn count_call(&mut self) -> wasmtime::Result<()> {
        if let Some(halted) = self.setup.gate.halted(self.call.project) {
            return Err(halted.into());
        }
        self.call.host_calls += 1;
        if self.call.host_calls > self.setup.limits.host_calls {
            self.refusals.count("host_calls");
            return Err(TooManyHostCalls.into());
        }
        Ok(())
    }
}

/// Memories, tables and what the host keeps for the guest share one total.
impl ResourceLimiter for Capabilities {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let elsewhere = self.resource_bytes();
        let grown = self.meter.grow_memory(current, desired, elsewhere);
        Ok(self.told(grown))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let elsewhere = self.resource_bytes();
        let grown = self.meter.grow_table(current, desired, elsewhere);
        Ok(self.told(grown))
    }

    fn instances(&self) -> usize {
        self.meter.instances_max()
    }
}

impl WasiView for Capabilities {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.bound_table();
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Everything that a guest can import.
pub(crate) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<Capabilities>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    io_error::link(&mut linker)?;
    http::link(&mut linker)?;
    taped::link(&mut linker)?;
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
