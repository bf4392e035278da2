//! Several connections write at once, by chance; then the site's records and its event log are compared with plain models of
//! what each connection did. Records belong to one connection each, so that what they must hold is known whatever the order;
//! a few are written by all, and are checked by the order that the log tells.

mod chance;
mod checks;
mod compose;
mod http;
mod plain;
mod watch;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use site::Site;
use site::model::Now;
use tokio::runtime::Runtime;

use chance::Chance;
use http::Client;
use plain::{Key, Plain};
use watch::Seen;
use writer::Writer;

/// Connections that write at once.
const WRITERS: usize = 6;
/// Requests of each.
const WRITES: usize = 120;
/// Records that all of them write.
const SHARED: usize = 3;
/// Seeds that are tried each time.
const SEEDS: RangeInclusive<u64> = 1..=6;
/// Names one seed, in place of those.
const SEED_VARIABLE: &str = "MODEL_CHECK_SEED";

#[test]
fn what_many_connections_write_is_what_a_plain_model_holds() {
    let wanted =
        std::env::var(SEED_VARIABLE).ok().map(|text| text.parse().expect("a seed is a number"));
    let mut late = 0;
    for seed in wanted.map_or(SEEDS, |seed| seed..=seed) {
        late += catch_unwind(AssertUnwindSafe(|| check(seed))).unwrap_or_else(|panic| {
            report(&format!(
                "seed {seed} failed; to try it again: {SEED_VARIABLE}={seed} cargo test -p site --test model_check"
            ));
            resume_unwind(panic)
        });
    }
    assert!(late > 0, "no event came late, and nothing is shown about those");
}

#[expect(clippy::print_stderr, reason = "shown with the failure of a test")]
fn report(text: &str) {
    eprintln!("{text}");
}

/// One site, and what is known of it.
struct Bench {
    runtime: Runtime,
    site: Site,
    project: Value,
    /// The newest event of before.
    base: u64,
    shared: Vec<Key>,
}

/// Tries one seed, and says how many events were seen late.
fn check(seed: u64) -> usize {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("site.jsonl");
    let bench = Bench::start(seed, &file);
    let made = AtomicUsize::new(0);
    let mut writers: Vec<_> =
        (0..WRITERS).map(|number| bench.writer(seed, number, &made)).collect();
    let mut seen = Seen::default();
    let reserved = bench.together(seed, &mut writers, &made, &mut seen);
    let mut client = bench.client("model check");
    watch::settle(&mut client);
    for writer in &writers {
        checks::records(&mut client, &writer.plain);
    }
    // Once nothing is retired, every row of the log shows what it is about.
    for writer in &mut writers {
        writer.revive_all(WRITES);
    }
    seen.look(&mut client, bench.base);
    let plains: Vec<Plain> = writers.iter().map(|writer| writer.plain.clone()).collect();
    let wrote: Vec<_> = writers.iter().map(|writer| writer.wrote.clone()).collect();
    drop(writers);
    let agree = |client: &mut Client| {
        let log = checks::log(client, bench.base);
        for (number, plain) in plains.iter().enumerate() {
            checks::records(client, plain);
            checks::told(&log, plain, &session(number));
            checks::replayed(&log, plain);
        }
        checks::shared(client, &log, &bench.shared, &wrote);
        checks::nothing_doomed(client, &log);
        log.iter().map(|row| (row.id, watch::shape(&row.json))).collect::<BTreeMap<_, _>>()
    };
    let rows = agree(&mut client);
    seen.agree(&rows);
    let lost: Vec<_> = reserved.iter().filter(|id| !rows.contains_key(id)).collect();
    assert!(
        lost.is_empty(),
        "of {} events that were held back, these never came: {lost:?}",
        reserved.len()
    );
    // What was recorded is the same site.
    drop(client);
    bench.runtime.block_on(bench.site.stop());
    let (site, _) = begin(&bench.runtime, seed, &file);
    let mut client = Client::connect(site.address(), auth(&site, "model check"));
    assert!(agree(&mut client) == rows, "the recording gives another log");
    seen.late
}

impl Bench {
    fn start(seed: u64, file: &Path) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (site, project) = begin(&runtime, seed, file);
        let mut client = Client::connect(site.address(), auth(&site, "everybody"));
        let shared = (0..SHARED).map(|number| {
            let fields = json!([{"field_name": "project", "value": project},
                {"field_name": "code", "value": format!("everybody's {number}")}]);
            let made = client.call("create", json!({"type": "Shot", "fields": fields}));
            Key {
                kind: "Shot",
                id: made.expect("a Shot is made")["id"].as_u64().expect("it has an id"),
            }
        });
        let shared = shared.collect();
        let base = site.with_model(|model| model.newest_event_id());
        Self { runtime, site, project, base, shared }
    }

    fn client(&self, session: &str) -> Client {
        Client::connect(self.site.address(), auth(&self.site, session))
    }

    fn writer<'a>(&'a self, seed: u64, number: usize, made: &'a AtomicUsize) -> Writer<'a> {
        Writer {
            client: self.client(&session(number)),
            chance: Chance::new(seed, number as u64),
            number,
            project: &self.project,
            shared: &self.shared,
            made,
            plain: Plain::default(),
            wrote: Vec::new(),
        }
    }

    /// All write, while one watches the log and one decides when it may be seen. The ids that were held back.
    fn together(
        &self,
        seed: u64,
        writers: &mut [Writer<'_>],
        made: &AtomicUsize,
        seen: &mut Seen,
    ) -> BTreeSet<u64> {
        let working = AtomicUsize::new(writers.len());
        thread::scope(|scope| {
            for writer in writers {
                let working = Working(&working);
                scope.spawn(move || {
                    // Ends with the thread, in whatever way.
                    let _working = working;
                    writer.work(WRITES);
                });
            }
            let (mut client, working) = (self.client("watcher"), &working);
            scope.spawn(move || {
                while working.load(Ordering::Acquire) > 0 {
                    seen.look(&mut client, self.base);
                }
            });
            let mut client = self.client("director");
            let mut chance = Chance::new(seed, WRITERS as u64);
            let director =
                scope.spawn(move || watch::direct(&mut client, &mut chance, made, working));
            director.join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    }
}

/// One of those who work.
struct Working<'a>(&'a AtomicUsize);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// A site whose clock stands still, with what its file holds, and a project in it.
fn begin(runtime: &Runtime, seed: u64, file: &Path) -> (Site, Value) {
    let builder = Site::builder().seed(seed).frozen(Now(1_775_000_000_000)).file(file);
    let site = runtime.block_on(builder.start()).expect("a site starts");
    let project = site.production().roster.project.clone();
    (site, project)
}

fn auth(site: &Site, session: &str) -> Value {
    json!({"script_name": "cuebox", "script_key": site.production().key("cuebox"), "session_uuid": session})
}

/// Who writes is seen from this.
fn session(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}
