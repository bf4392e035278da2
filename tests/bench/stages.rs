//! Where the time goes in catching up: each stage by itself, on one thread, over the same events.

use std::time::Instant;

use anyhow::Context as _;
use eventlog::matching::{Filter, Matcher, Pattern};
use eventlog::{EventId, EventLogEntry, Timestamp};
use serde_json::json;
use shotgun::{Caller, Fetched, Secret};
use site::wire::Request;
use tokio::runtime::Handle;

use crate::call;
use crate::figures::{micros, row, say_table, thousands};
use crate::studio::Studio;

const EVENTS: usize = 100_000;

/// As the host asks by default.
const PAGE: usize = 500;

/// A stage and its seconds for all events.
type Stage = (&'static str, f64);

pub fn print() -> anyhow::Result<()> {
    let studio = Studio::new()?;
    let after = studio.site.with_model(|model| model.newest_event_id());
    studio.append(EVENTS);
    let serving = serve(&studio, after)?;
    let (fetching, fetched) = fetch(&studio, after)?;
    let parsing = parse(&fetched)?;
    let (appending, reading) = store(&fetched)?;
    let entries: Vec<EventLogEntry> = fetched.into_iter().map(|fetched| fetched.entry).collect();
    let matching = match_all(&entries);
    let making = make_events(&entries);
    let calling = call_all(&entries)?;
    let stages: [Stage; 8] = [
        ("the site makes pages of 500 (no network)", serving),
        ("the site makes them, HTTP, and the client reads them", fetching),
        ("of that: rows are read", parsing),
        ("entries are appended to the database, 500 in a commit", appending),
        ("entries are read from the database, 500 at once (only when far behind)", reading),
        ("30 plugins are asked whether they want an entry, and do not", matching),
        ("an entry is made into what guests are handed", making),
        ("a guest is called that does nothing", calling),
    ];
    let mut rows = vec![row(["stage", "one event", "events/s"])];
    for (name, seconds) in stages {
        let one = seconds / EVENTS as f64;
        rows.push(vec![name.to_owned(), micros(one), thousands(1.0 / one)]);
    }
    say_table(
        "Stages",
        &format!(
            "each alone, over {EVENTS} events; in the program they overlap as far as there are cores"
        ),
        &rows,
    );
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(f64, T)> {
    let begun = Instant::now();
    let done = work()?;
    Ok((begun.elapsed().as_secs_f64(), done))
}

fn serve(studio: &Studio, after: u64) -> anyhow::Result<f64> {
    let script = &studio.production.scripts[0];
    let auth = json!({"script_name": script.name, "script_key": script.key});
    let (seconds, bytes) = timed(|| {
        let mut bytes = 0;
        for page in 0..EVENTS / PAGE {
            let params = json!({"type": "EventLogEntry", "return_only": "active",
                "return_fields": shotgun::wire::ENTRY_FIELDS,
                "filters": {"logical_operator": "and", "conditions": [
                    {"path": "id", "relation": "greater_than", "values": [after + (page * PAGE) as u64]}]},
                "paging": {"entities_per_page": PAGE, "current_page": 1},
                "sorts": [{"field_name": "id", "direction": "asc"}]});
            let request = Request::new("read", vec![auth.clone(), params]);
            let answer =
                studio.site.rpc(&request).map_err(|error| anyhow::anyhow!(error.message))?;
            bytes += answer.body().len();
        }
        Ok(bytes)
    })?;
    anyhow::ensure!(bytes > EVENTS * 100, "the site answered {bytes} bytes");
    Ok(seconds)
}

fn fetch(studio: &Studio, after: u64) -> anyhow::Result<(f64, Vec<Fetched>)> {
    let client = call::client(&studio.site.url())?;
    let script = &studio.production.scripts[0];
    let caller = Caller::script(&script.name, Secret::new(&script.key));
    timed(|| {
        let mut all: Vec<Fetched> = Vec::with_capacity(EVENTS);
        let mut newest = EventId(after);
        while all.len() < EVENTS {
            let asking = client.events_newer(&caller, newest, PAGE);
            let page = Handle::current().block_on(asking)?;
            newest = page.entries.last().context("a page without entries")?.entry.id;
            all.extend(page.entries);
        }
        Ok(all)
    })
}

fn parse(fetched: &[Fetched]) -> anyhow::Result<f64> {
    let (seconds, ()) = timed(|| {
        for row in fetched {
            std::hint::black_box(shotgun::wire::parse_entry(&row.json)?);
        }
        Ok(())
    })?;
    Ok(seconds)
}

fn store(fetched: &[Fetched]) -> anyhow::Result<(f64, f64)> {
    let folder = tempfile::tempdir()?;
    let options = database::Options {
        synchronous: database::Synchronous::Normal,
        site: "http://127.0.0.1:9",
    };
    let mut database =
        database::Database::open_for_host(&folder.path().join("cuebox.db"), options)?;
    database.start_stream(&database::Stream { high_water: EventId(0), gaps: Vec::new() })?;
    let (appending, ()) = timed(|| {
        for page in fetched.chunks(PAGE) {
            append(&mut database, page)?;
        }
        Ok(())
    })?;
    let (reading, ()) = timed(|| {
        let mut after = eventlog::Seq(0);
        while let Some(last) = database.entries_after(after, PAGE)?.last() {
            after = last.seq;
        }
        Ok(())
    })?;
    Ok((appending, reading))
}

fn append(database: &mut database::Database, page: &[Fetched]) -> anyhow::Result<()> {
    let entries: Vec<database::NewEntry<'_>> = page
        .iter()
        .map(|row| database::NewEntry {
            id: row.entry.id,
            created_at: row.entry.created_at,
            late: false,
            json: &row.json,
        })
        .collect();
    let high_water = entries.last().map_or(EventId(0), |entry| entry.id);
    database.append(&database::Append {
        entries: &entries,
        received_at: Timestamp(1_775_000_000_000),
        high_water,
        opened: &[],
        given_up: &[],
        closed: &[],
        forgotten: &[],
        dropped: None,
    })?;
    Ok(())
}

fn match_all(entries: &[EventLogEntry]) -> f64 {
    let filter = |number: usize| Filter {
        event_type: Pattern::from(format!("Shotgun_Type{number}_Change").as_str()),
        attributes: vec!["sg_status_list".to_owned()],
    };
    let matchers: Vec<Matcher> =
        (0..30).map(|number| Matcher::new(vec![vec![filter(number)]])).collect();
    let begun = Instant::now();
    let wanted = entries
        .iter()
        .flat_map(|entry| matchers.iter().flat_map(move |matcher| matcher.callbacks(entry)));
    std::hint::black_box(wanted.count());
    begun.elapsed().as_secs_f64()
}

fn make_events(entries: &[EventLogEntry]) -> f64 {
    let begun = Instant::now();
    for entry in entries {
        std::hint::black_box(runtime::event_of(entry, false));
    }
    begun.elapsed().as_secs_f64()
}

fn call_all(entries: &[EventLogEntry]) -> anyhow::Result<f64> {
    let events: Vec<runtime::Event> =
        entries.iter().map(|entry| runtime::event_of(entry, false)).collect();
    Handle::current().block_on(async {
        let mut guest = call::Guest::start(false).await?;
        let begun = Instant::now();
        for event in &events {
            guest.call(event).await?;
        }
        Ok(begun.elapsed().as_secs_f64())
    })
}
