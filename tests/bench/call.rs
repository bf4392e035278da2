//! What one call into a guest costs, without anything around it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use eventlog::{EntityRef, EventId, EventLogEntry, SiteTime};
use runtime::{
    Connection, Effects, Engine, Event, Forgetful, Instance, Limits, Outcome, Report, Setup,
};
use shotgun::{Client, Credentials, Secret, SiteUrl, retry};
use tokio::runtime::Handle;

use crate::figures::{Samples, micros, row, say_table, thousands};
use crate::guests;

const CALLS: usize = 100_000;

/// Calls before the first that is measured.
const WARM_UP: usize = 2_000;

pub fn print() -> anyhow::Result<()> {
    // What a guest logs is put into a line, as in the program, and thrown away.
    let subscriber = tracing_subscriber::fmt().with_writer(io::sink).finish();
    let rows = tracing::subscriber::with_default(subscriber, || {
        Handle::current().block_on(async {
            anyhow::Ok(vec![
                row(["a call that", "p50", "p99", "calls/s", "fuel"]),
                measure("does nothing", false).await?,
                measure("logs a line and sets a key", true).await?,
            ])
        })
    })?;
    say_table(
        "One call",
        &format!(
            "`runtime::Instance::call` on one thread, the change of a Task's status as the event, {CALLS} calls after {WARM_UP} \
             to warm up"
        ),
        &rows,
    );
    Ok(())
}

async fn measure(what: &str, leaves_trace: bool) -> anyhow::Result<Vec<String>> {
    let mut guest = Guest::start(leaves_trace).await?;
    let event = event(("wtg", "ip"), ("sg_status_list", "status_list"));
    let mut times = Samples::default();
    let (mut total, mut fuel) = (Duration::ZERO, 0);
    for number in 0..WARM_UP + CALLS {
        let begun = Instant::now();
        let report = guest.call(&event).await?;
        let took = begun.elapsed();
        if number >= WARM_UP {
            times.add(took.as_secs_f64());
            total += took;
            fuel = report.fuel;
        }
    }
    Ok(vec![
        what.to_owned(),
        micros(times.quantile(0.5)),
        micros(times.quantile(0.99)),
        thousands(CALLS as f64 / total.as_secs_f64()),
        thousands(fuel as f64),
    ])
}

/// An instance of `noop` by itself.
pub struct Guest(Instance);

impl Guest {
    pub async fn start(leaves_trace: bool) -> anyhow::Result<Self> {
        let engine = Engine::new(None, [0; 32])?;
        let component = engine.compile(&std::fs::read(guests::built("noop"))?)?;
        let settings = [("leaves_trace".to_owned(), leaves_trace.to_string())];
        let setup = Arc::new(setup(BTreeMap::from(settings))?);
        Ok(Self(Instance::start(&engine, &component, setup).await?.0))
    }

    pub async fn call(&mut self, event: &Event) -> anyhow::Result<Report> {
        let effects = Effects::new(Vec::new(), Arc::new(Forgetful));
        let report = self.0.call("noop", event, None, effects).await;
        anyhow::ensure!(report.outcome == Outcome::Done, "the call {}", report.outcome);
        Ok(report)
    }
}

/// A plugin on default limits, with a way to a site that nobody is at.
pub fn setup(settings: BTreeMap<String, String>) -> anyhow::Result<Setup> {
    let key = Secret::new("none");
    let client = client("http://127.0.0.1:9")?;
    let limits = Limits {
        fuel: 100_000_000_000,
        deadline: Duration::from_secs(30),
        register_deadline: Duration::from_secs(30),
        memory_bytes: 256 << 20,
        table_elements: 200_000,
        instances: 100,
        host_calls: 10_000,
        answer_bytes: 32 << 20,
        log_line_bytes: 8 << 10,
        log_bytes: 256 << 10,
        log_bytes_per_second: 1 << 20,
        key_value_bytes: 16 << 20,
        site_calls_per_minute: 6000,
        http_requests: 100,
        http_connections: 8,
        http_request_bytes: 8 << 20,
        http_answer_bytes: 8 << 20,
    };
    let connection =
        Connection { client, credentials: Credentials::Script { name: "none".to_owned(), key } };
    Ok(Setup { settings, reads_before: true, ..Setup::bare("noop", limits, connection) })
}

/// A client with the default settings of the program.
pub fn client(url: &str) -> anyhow::Result<Client> {
    let once =
        retry::Options { attempts: 1, delay_first: Duration::ZERO, delay_max: Duration::ZERO };
    Client::new(shotgun::Options {
        site: SiteUrl::parse(url)?,
        proxy: None,
        ca_certificates: Vec::new(),
        connect_timeout: Duration::from_secs(10),
        timeout: Duration::from_secs(30),
        answer_bytes_max: 32 << 20,
        connections_max: 8,
        retry: once,
    })
    .context("no client")
}

/// A field of a Task changed: what it was, and is; its name and type.
pub fn event((old, new): (&str, &str), (field, data_type): (&str, &str)) -> Event {
    let link = |entity_type: &str, name: &str| {
        Some(EntityRef { entity_type: entity_type.to_owned(), id: 1, name: Some(name.to_owned()) })
    };
    let entry = EventLogEntry {
        id: EventId(1),
        event_type: "Shotgun_Task_Change".to_owned(),
        attribute_name: Some(field.to_owned()),
        entity: link("Task", "Animation"),
        project: link("Project", "Lantern Harbour"),
        user: link("HumanUser", "Ada Park"),
        session_uuid: Some("9d0bfbd2-6a3b-11f0-9d6f-0242ac110002".to_owned()),
        created_at: SiteTime(1_775_000_000_000),
        meta: format!(
            "{{\"type\":\"attribute_change\",\"attribute_name\":\"{field}\",\"entity_type\":\"Task\",\"entity_id\":1,\
             \"field_data_type\":\"{data_type}\",\"old_value\":\"{old}\",\"new_value\":\"{new}\"}}"
        ),
    };
    runtime::event_of(&entry, false)
}
