//! Each limit that a guest meets in a call: the guest is told, it is counted, and one line of the log says it, however often it was
//! met. Those of HTTP are in the tests of `capability/http.rs`, those that end a call in `instance/tests.rs`.

use std::fmt::Debug;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span, subscriber};
use wasmtime::ResourceLimiter as _;
use wasmtime::component::Resource;

use super::*;
use crate::bindings::cuebox::plugin::shotgun::{Error, Host as _};
use crate::bindings::wasi::keyvalue::store::{Error as KeyError, HostBucket as _};
use crate::bindings::wasi::logging::logging::{Host as _, Level};
use crate::capability::tests::{capabilities, setup};
use crate::capability::{Capabilities, KeyValues};
use crate::limits::Limits;
use policy::Phase;

/// The warnings that this thread writes, until this is dropped.
pub(crate) struct Warnings {
    lines: Arc<Mutex<Vec<String>>>,
    _guard: subscriber::DefaultGuard,
}

struct Listener(Arc<Mutex<Vec<String>>>);

struct Message<'a>(&'a mut String);

impl Warnings {
    pub(crate) fn listen() -> Self {
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let guard = subscriber::set_default(Listener(lines.clone()));
        Self { lines, _guard: guard }
    }

    /// Those that have this in them.
    pub(crate) fn about(&self, text: &str) -> Vec<String> {
        let lines = self.lines.lock().expect("no test panics in it");
        lines.iter().filter(|line| line.contains(text)).cloned().collect()
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = String::new();
        event.record(&mut Message(&mut line));
        self.0.lock().expect("no test panics in it").push(line);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            *self.0 = format!("{value:?}");
        }
    }
}

/// How a guest meets a limit.
#[derive(Debug, PartialEq)]
enum Met {
    /// In a call to the host, after which it goes on.
    Here,
    /// In an HTTP request.
    InHttp,
    /// It ends the call, or the start.
    AsTheEnd,
    /// It is not loaded.
    BeforeItRuns,
}

/// Every limit. Does not compile if one is missing.
fn every(limits: &Limits) -> Vec<(&'static str, Met)> {
    macro_rules! named {
        ($($limit:ident: $met:ident),* $(,)?) => {{
            let Limits { $($limit: _),* } = limits;
            vec![$((stringify!($limit), Met::$met)),*]
        }};
    }
    named! {
        fuel: AsTheEnd,
        deadline: AsTheEnd,
        register_deadline: AsTheEnd,
        memory_bytes: Here,
        table_elements: Here,
        instances: BeforeItRuns,
        host_calls: AsTheEnd,
        answer_bytes: Here,
        log_line_bytes: Here,
        log_bytes: Here,
        log_bytes_per_second: Here,
        key_value_bytes: Here,
        site_calls_per_minute: Here,
        http_requests: InHttp,
        http_connections: InHttp,
        http_request_bytes: InHttp,
        http_answer_bytes: InHttp,
    }
}

/// Meets a limit three times; whether the guest was told each time. A line that is cut or dropped has nobody who is told but the reader.
async fn meet(limit: &str, guest: &mut Capabilities) -> bool {
    let mut told = true;
    for _ in 0..3 {
        told &= match limit {
            "memory_bytes" => !guest.memory_growing(0, usize::MAX, None).unwrap(),
            "table_elements" => !guest.table_growing(0, 1000, None).unwrap(),
            "answer_bytes" => matches!(guest.measure("long"), Err(Error::Limit(_))),
            "site_calls_per_minute" => {
                matches!(guest.take_site_call(), Err(Error::Limit(why)) if why.contains(limit))
            }
            "key_value_bytes" => {
                let set = guest.set(Resource::new_own(0), "k".to_owned(), vec![0; 1000]).await;
                matches!(set.unwrap(), Err(KeyError::Other(why)) if why.contains(limit))
            }
            "log_line_bytes" => log(guest, 11),
            "log_bytes" | "log_bytes_per_second" => log(guest, 1),
            "grant" => {
                let answer = guest.schema_read(None, None, None).await.unwrap();
                matches!(answer, Err(Error::Denied(_)))
            }
            other => panic!("{other} is not met by any call"),
        };
    }
    told
}

fn log(guest: &mut Capabilities, bytes: usize) -> bool {
    guest.log(Level::Info, String::new(), "x".repeat(bytes)).is_ok()
}

/// A guest that is at its limits.
fn at_its_limits(limit: &str, tally: &RefusalTally) -> Capabilities {
    let mut setup = setup();
    setup.refusals = tally.clone();
    match limit {
        "log_bytes" => setup.limits.log_bytes = 0,
        "log_bytes_per_second" => setup.limits.log_bytes_per_second = 0,
        "site_calls_per_minute" => setup.limits.site_calls_per_minute = 0,
        _ => {}
    }
    setup.quotas = crate::Quotas::new(&setup.limits);
    let mut capabilities = Capabilities::new(Arc::new(setup), None);
    capabilities.begin(Phase::Handle, None, None, None);
    capabilities
}

#[tokio::test]
async fn every_limit_is_told_counted_and_logged_once() {
    let every = every(&setup().limits).into_iter().filter(|(_, met)| *met == Met::Here);
    for limit in every.map(|(limit, _)| limit).chain(["grant"]) {
        let (warnings, tally) = (Warnings::listen(), RefusalTally::default());
        let mut guest = at_its_limits(limit, &tally);
        assert!(meet(limit, &mut guest).await, "{limit}: the guest is not told");
        let (call, _) = guest.end().await;
        assert_eq!(call.refused, RefusalCounts::from([(limit, 3)]));
        let words = if limit == "grant" { "not allowed that: cannot schema *" } else { limit };
        let lines = warnings.about(words);
        // A line that is cut says so itself.
        let expected = usize::from(limit != "log_line_bytes");
        assert_eq!(lines.len(), expected, "{limit}: {lines:?}");
    }
}

#[tokio::test]
async fn what_is_refused_in_call_after_call_makes_a_bounded_number_of_lines() {
    let (warnings, tally) = (Warnings::listen(), RefusalTally::default());
    let mut guest = at_its_limits("grant", &tally);
    for _ in 0..500 {
        guest.begin(Phase::Handle, None, None, None);
        assert!(guest.schema_read(None, None, None).await.unwrap().is_err());
        let (call, _) = guest.end().await;
        tally.add(&call.refused);
    }
    let lines = warnings.about("is not allowed that").len();
    // Sixty at once, and one for each second that this machine takes.
    assert!((60..200).contains(&lines), "{lines} lines");
    assert_eq!(tally.take_news(), RefusalCounts::from([("grant", 500)]), "and all are counted");
}

#[tokio::test]
async fn what_register_may_not_change_is_refused_like_anything_else() {
    let warnings = Warnings::listen();
    let mut guest = capabilities(&KeyValues::default(), 100);
    guest.begin(Phase::Register, None, None, None);
    let set = guest.set(Resource::new_own(0), "k".to_owned(), Vec::new()).await.unwrap();
    assert!(matches!(set, Err(KeyError::AccessDenied)), "{set:?}");
    let grants = policy::shotgun::Grants::parse(["write"]).unwrap().into();
    let grants = policy::Grants { shotgun: grants, ..policy::Grants::default() };
    guest.setup.grants.exchange(grants);
    let revived = guest.revive("Shot".to_owned(), 1).await.unwrap();
    assert!(matches!(revived, Err(Error::Denied(_))), "{revived:?}");
    let (call, _) = guest.end().await;
    assert_eq!(call.refused, RefusalCounts::from([("grant", 2)]));
    assert_eq!(warnings.about("is not allowed that").len(), 2, "for each its own");
}
