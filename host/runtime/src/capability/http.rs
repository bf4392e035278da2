//! `wasi:http/outgoing-handler`: requests of a guest. Each asks the policy first, then goes to an address that was checked,
//! with the headers that the operator's line puts in.
//!
//! A redirect is an answer like any other: the library inside the guest follows it with a request of its own, which is
//! decided anew. What is on its way when a call ends is cut off.

mod answer;
mod body;
mod connect;
mod exchange;
mod sending;
mod stand_in;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::Request;
use policy::Phase;
use policy::network::{HttpGrant, HttpRefusal, Target};
use tokio::sync::{Semaphore, mpsc, watch};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttp, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks,
    WasiHttpView,
};

use super::{Capabilities, Halted, Setup};
use crate::effect::{Doubt, DoubtEnding, Effects, JournalError};
use crate::limits::Ledger;
use crate::recording::{HttpExchange, Tape};
use crate::refusals::Refusals;

pub use connect::{Connector, Resolver, Resolving};
pub use stand_in::{HttpAnswer, HttpAnswering, HttpRequest};

use sending::Sending;

/// What a guest can keep in one set of header fields.
pub(super) const FIELDS_BYTES_MAX: usize = 16 << 10;

/// What a guest can write at once of a body; as much again waits to be taken over.
const CHUNK_BYTES_MAX: usize = 8 << 10;

/// The function, as effects name it.
const FUNCTION: &str = "http";

/// The way out of one instance.
pub(crate) struct Http {
    context: WasiHttpCtx,
    outgoing: Outgoing,
}

/// Decides about requests and sends them.
struct Outgoing {
    setup: Arc<Setup>,
    ledger: Ledger,
    refusals: Refusals,
    tape: Tape,
    /// None outside of calls.
    call: Option<OpenCall>,
}

/// The call that is in progress.
struct OpenCall {
    phase: Phase,
    /// The project of the event.
    project: Option<u64>,
    effects: Option<Effects>,
    requests: u32,
    connections: Arc<Semaphore>,
    shared: Arc<Shared>,
    /// Goes with the call, and ends what is on its way.
    over: watch::Sender<()>,
    /// Goes with every request, and tells when the last of them is gone.
    alive: mpsc::Sender<()>,
    all_gone: mpsc::Receiver<()>,
}

/// What the requests of a call tell it.
#[derive(Default)]
pub(crate) struct Shared {
    changes: AtomicU32,
    outcome: Mutex<HttpOutcome>,
}

/// What a call's requests have come to.
#[derive(Debug, Default)]
pub(crate) struct HttpOutcome {
    /// Requests that may have changed something.
    pub(crate) effects: u32,
    /// What became of those of which nobody knew whether they had been made.
    pub(crate) doubts: Vec<Doubt>,
    /// What could not be stored.
    pub(crate) failure: Option<JournalError>,
    /// That a request was not sent because of a halt.
    pub(crate) halted: Option<Halted>,
    /// Requests that were sent and are not answered, by their numbers.
    unanswered: BTreeMap<u32, String>,
}

impl HttpOutcome {
    /// The requests that the end of the call has cut off.
    pub(crate) fn cut_off(self) -> impl Iterator<Item = Doubt> {
        self.unanswered.into_values().map(|subject| Doubt {
            function: FUNCTION.to_owned(),
            subject,
            ending: DoubtEnding::CutOff,
        })
    }
}

impl Http {
    pub(super) fn new(setup: Arc<Setup>, ledger: Ledger, refusals: Refusals) -> Self {
        let mut context = WasiHttpCtx::new();
        context.set_field_size_limit(FIELDS_BYTES_MAX);
        let tape = Tape::default();
        Self { context, outgoing: Outgoing { setup, ledger, refusals, tape, call: None } }
    }

    pub(super) fn on_tape(&mut self, tape: Tape) {
        self.outgoing.tape = tape;
    }

    /// Starts a call: requests are answered from here on.
    pub(super) fn begin(&mut self, phase: Phase, effects: Option<Effects>) {
        let (alive, all_gone) = mpsc::channel(1);
        self.outgoing.call = Some(OpenCall {
            phase,
            project: None,
            effects,
            requests: 0,
            connections: Arc::new(Semaphore::new(
                self.outgoing.setup.limits.http_connections as usize,
            )),
            shared: Arc::default(),
            over: watch::Sender::new(()),
            alive,
            all_gone,
        });
    }

    /// Says which project the event of the call is about.
    pub(super) fn concern(&mut self, project: Option<u64>) {
        if let Some(call) = &mut self.outgoing.call {
            call.project = project;
        }
    }

    /// Ends a call: cuts off what is on its way, and waits until it is gone. A change that was cut off stays in doubt.
    pub(crate) async fn end(&mut self) -> HttpOutcome {
        let Some(call) = self.outgoing.call.take() else { return HttpOutcome::default() };
        let OpenCall { over, alive, mut all_gone, shared, .. } = call;
        drop((over, alive));
        // Nothing is ever sent: this is none as soon as every sender is gone.
        let _ = all_gone.recv().await;
        let mut outcome = shared.take();
        outcome.effects = shared.changes.load(Ordering::Relaxed);
        outcome
    }
}

impl Shared {
    fn take(&self) -> HttpOutcome {
        std::mem::take(&mut *self.outcome.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, note: impl FnOnce(&mut HttpOutcome)) {
        note(&mut self.outcome.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Outgoing {
    /// Decides about a request; what is needed to send it.
    fn admit(&mut self, request: &Request<WasiBody>) -> Result<Sending, Error> {
        let (setup, refusals) = (self.setup.clone(), self.refusals.clone());
        let denied = |refusal: HttpRefusal| {
            refusals.denied(&refusal.to_string());
            Error::HttpRequestDenied
        };
        let uri = request.uri();
        let target = Target::new(
            uri.scheme_str().unwrap_or_default(),
            uri.authority().map_or("", |authority| authority.as_str()),
            uri.path_and_query().map_or("/", |path| path.as_str()),
        );
        let target = target.map_err(|error| denied(error.into()))?;
        let phase = self.call.as_ref().map_or(Phase::Outside, |call| call.phase);
        let method = request.method().as_str();
        let grants = setup.grants.now();
        let requests = setup.requests.as_ref().map(|requests| &*requests.http);
        let allowing =
            policy::network::decide(&setup.name, phase, &grants.http, requests, method, &target);
        if phase != Phase::Outside {
            setup.usage.note_request(method, &target, allowing.is_ok());
        }
        let allowing: Vec<HttpGrant> = allowing.map_err(denied)?.into_iter().cloned().collect();
        let Some(call) = &mut self.call else { return Err(Error::HttpRequestDenied) };
        if let Some(halted) = setup.gate.halted(call.project) {
            // A guest cannot be trapped here; its call is over all the same.
            call.shared.note(|outcome| outcome.halted = Some(halted));
            return Err(Error::HttpRequestDenied);
        }
        let max = setup.limits.http_requests;
        if call.requests >= max {
            refusals.over("http_requests", format_args!("{max} in one call"));
            return Err(Error::ConnectionLimitReached);
        }
        call.requests += 1;
        let Ok(permit) = call.connections.clone().try_acquire_owned() else {
            let max = setup.limits.http_connections;
            refusals.over("http_connections", format_args!("{max} at once"));
            return Err(Error::ConnectionLimitReached);
        };
        if !policy::network::reads(method) {
            call.shared.changes.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Sending {
            number: call.requests,
            effects: call.effects.clone(),
            shared: call.shared.clone(),
            over: call.over.subscribe(),
            alive: call.alive.clone(),
            ledger: self.ledger.clone(),
            setup,
            refusals,
            target,
            allowing,
            permit,
            method: request.method().clone(),
        })
    }
}

/// What becomes of a request: the answer, and what keeps its connection going.
type Sent =
    Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let (exchange, request) = HttpExchange::open(&self.tape, request);
        if self.tape.is_replaying() {
            return Box::new(exchange.replay(request, self.setup.limits.http_request_bytes));
        }
        let admitted = self.admit(&request);
        let request = exchange.heard(request);
        Box::new(async move {
            let sent = async { admitted?.send(request, options.unwrap_or_default()).await };
            exchange.answered(sent.await)
        })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK_BYTES_MAX
    }
}

impl WasiHttpView for Capabilities {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        self.bound_table();
        WasiHttpCtxView {
            hooks: &mut self.http.outgoing,
            table: &mut self.table,
            ctx: &mut self.http.context,
        }
    }
}

/// Links what a guest can import of `wasi:http`.
pub(super) fn link(linker: &mut wasmtime::component::Linker<Capabilities>) -> wasmtime::Result<()> {
    use wasmtime_wasi_http::p2::bindings::{LinkOptions, http};
    http::outgoing_handler::add_to_linker::<_, WasiHttp>(linker, Capabilities::http)?;
    http::types::add_to_linker::<_, WasiHttp>(
        linker,
        &LinkOptions::default().into(),
        Capabilities::http,
    )
}

/// A body that is whole.
fn whole(bytes: Bytes) -> WasiBody {
    use http_body_util::BodyExt as _;
    http_body_util::Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

#[cfg(test)]
mod tests;
