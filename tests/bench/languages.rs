//! What each language costs: the plugin of the conformance suite, called with an event that it reads, and logs a line of.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use policy::Grants;
use runtime::{
    Component, Connection, CurrentGrants, Effects, Engine, Event, Forgetful, Instance, Outcome,
    Report, Setup,
};
use shotgun::{Credentials, Secret};
use site::seed::HOST_SCRIPT;
use tokio::runtime::Handle;

use crate::call;
use crate::figures::{Samples, micros, millis, row, say, say_table, thousands};
use crate::guests;
use crate::studio::Studio;

const CALLS: usize = 20_000;

/// Calls before the first that counts, the very first included.
const WARM_UP: usize = 1_000;

/// Starts of which the median counts.
const STARTS: usize = 20;

/// The languages beside Rust, and what the tests' components in them are called.
const OTHERS: [(&str, &str); 4] = [
    ("Python", "python"),
    ("JavaScript (QuickJS)", "javascript"),
    ("JavaScript (StarlingMonkey)", "starlingmonkey"),
    ("Go", "go"),
];

pub fn print() -> anyhow::Result<()> {
    let studio = Studio::new()?;
    let mut rows = vec![row([
        "language",
        "file",
        "compiled",
        "from the cache",
        "start",
        "first call",
        "p50",
        "p99",
        "fuel",
        "memory",
    ])];
    for (language, guest) in guests() {
        if !guest.exists() {
            say(&format!("{language}: not made yet; `cargo test --test it conformance` makes it"));
            continue;
        }
        // What a guest logs is put into a line, as in the program, and thrown away.
        let subscriber = tracing_subscriber::fmt().with_writer(std::io::sink).finish();
        let measured = tracing::subscriber::with_default(subscriber, || {
            Handle::current().block_on(measure(language, &guest, &studio))
        });
        rows.push(measured.with_context(|| language.to_owned())?);
    }
    say_table(
        "Languages",
        &format!(
            "the plugin of the conformance suite, fuel on: compiled once, loaded from the cache, started (median of {STARTS}; \
             `register` asks the site once), its first call, then {CALLS} calls that read an event and log a line"
        ),
        &rows,
    );
    Ok(())
}

/// A plugin: a component, or a file and what runs it.
struct Guest {
    component: PathBuf,
    script: Option<PathBuf>,
}

impl Guest {
    fn exists(&self) -> bool {
        self.component.exists() && self.script.as_ref().is_none_or(|script| script.exists())
    }
}

fn guests() -> Vec<(&'static str, Guest)> {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let made = tmp.join("languages");
    let component = |component| Guest { component, script: None };
    let others = OTHERS.map(|(language, name)| {
        (language, component(made.join(format!("{name}-conformance.wasm"))))
    });
    let file = Guest {
        component: tmp.join("../javascript-runtime/cuebox-javascript.wasm"),
        script: Some(made.join("conformance.js")),
    };
    let rust = ("Rust", component(guests::built("conformance")));
    [rust].into_iter().chain(others).chain([("JavaScript, a plain file", file)]).collect()
}

async fn measure(language: &str, guest: &Guest, studio: &Studio) -> anyhow::Result<Vec<String>> {
    let bytes = fs::read(&guest.component)?;
    let script = guest.script.as_ref().map(fs::read_to_string).transpose()?;
    let cache = tempfile::tempdir()?;
    let load = || -> anyhow::Result<(Engine, Component, f64)> {
        let engine = Engine::new(Some(cache.path()), [0; 32])?;
        let begun = Instant::now();
        let component = match &script {
            Some(script) => engine.compile_interpreter(&bytes)?.component(script),
            None => engine.compile(&bytes)?,
        };
        Ok((engine, component, begun.elapsed().as_secs_f64()))
    };
    let (_, _, compiled) = load()?;
    let (engine, component, loaded) = load()?;
    let setup = Arc::new(setup(studio)?);
    let mut starts = Samples::default();
    let mut instance = None;
    for _ in 0..STARTS {
        let begun = Instant::now();
        instance = Some(Instance::start(&engine, &component, setup.clone()).await?.0);
        starts.add(begun.elapsed().as_secs_f64());
    }
    let mut instance = instance.context("it was started")?;
    // The scenario that tells what the event says.
    let event = call::event(("old", "event"), ("sg_description", "text"));
    // The plugin in Go holds its clock against it.
    let event = Event { created_at: jiff::Timestamp::now().as_millisecond(), ..event };
    let (mut first, mut times) = (0.0, Samples::default());
    let (mut fuel, mut memory_bytes) = (0, 0);
    for number in 0..WARM_UP + CALLS {
        let begun = Instant::now();
        let report = call(&mut instance, &event).await?;
        let took = begun.elapsed().as_secs_f64();
        match number {
            0 => first = took,
            1..WARM_UP => {}
            _ => times.add(took),
        }
        (fuel, memory_bytes) = (report.fuel, report.memory_bytes);
    }
    Ok(row([
        language.to_owned(),
        size(script.map_or(bytes.len(), |script| script.len())),
        millis(compiled),
        millis(loaded),
        millis(starts.quantile(0.5)),
        micros(first),
        micros(times.quantile(0.5)),
        micros(times.quantile(0.99)),
        thousands(fuel as f64),
        size(memory_bytes),
    ]))
}

async fn call(instance: &mut Instance, event: &Event) -> anyhow::Result<Report> {
    let effects = Effects::new(Vec::new(), Arc::new(Forgetful));
    let report = instance.call("scenario", event, None, effects).await;
    anyhow::ensure!(report.outcome == Outcome::Done, "the call {}", report.outcome);
    Ok(report)
}

/// The plugin may read everything.
fn setup(studio: &Studio) -> anyhow::Result<Setup> {
    let settings = [("marker", "m1"), ("list", "a, b")];
    let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let key = studio.production.key(HOST_SCRIPT).context("the seed made the script")?;
    let credentials = Credentials::Script { name: HOST_SCRIPT.to_owned(), key: Secret::new(key) };
    let client = call::client(&studio.site.url())?;
    let line: policy::shotgun::Grant = "read".parse()?;
    let shotgun = Arc::new([line].into_iter().collect());
    Ok(Setup {
        connection: Connection { client, credentials },
        grants: CurrentGrants::new(Grants { shotgun, ..Grants::default() }),
        ..call::setup(BTreeMap::from(settings))?
    })
}

fn size(bytes: usize) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}
