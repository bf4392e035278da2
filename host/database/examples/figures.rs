//! Prints how fast the database is on this disk: `cargo run --release -p database --example figures [DIRECTORY]`.
#![allow(clippy::print_stdout, reason = "printing is what this program is for")]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use database::{Append, Database, Finish, KeyValueChange, NewEntry, Options, Synchronous};
use eventlog::{EventId, Seq, SiteTime, Timestamp};

const SITE: &str = "https://figures.example";
const ENTRIES: u64 = 300_000;
const PAGE: u64 = 500;
const PLUGINS: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let parent = std::env::args().nth(1).map_or_else(std::env::temp_dir, Into::into);
    let directory = tempfile::tempdir_in(parent)?;
    for (name, synchronous) in [("NORMAL", Synchronous::Normal), ("FULL", Synchronous::Full)] {
        println!("synchronous = {name}");
        let path = directory.path().join(name);
        measure(Database::open_for_host(&path, options(synchronous))?, true)?;
        let (opened, elapsed) = timed(|| Database::open_for_host(&path, options(synchronous)))?;
        println!("  open and check {} MiB: {elapsed:.1?}", megabytes(&path)?);
        drop(opened);
        let (opened, elapsed) = timed(|| Database::open_for_tools(&path, options(synchronous)))?;
        println!("  open for tools: {elapsed:.1?}");
        measure_retention(opened)?;
    }
    println!("in memory");
    measure(Database::in_memory(SITE)?, false)
}

fn measure(mut database: Database, single: bool) -> Result<(), Box<dyn Error>> {
    database.start_stream(&database::Stream { high_water: EventId(0), gaps: Vec::new() })?;
    let ((), elapsed) = timed(|| append_all(&mut database))?;
    rate("append, pages of 500", ENTRIES, elapsed);
    let (read, elapsed) = timed(|| read_all(&database))?;
    rate("entries_after, 500 at a time", read, elapsed);

    let names: Vec<String> = (0..PLUGINS).map(|number| format!("plugin_{number}")).collect();
    for name in &names {
        database.ensure_plugin(name, Seq(0))?;
    }
    let rounds = if single { 3_000 } else { 20_000 };
    let ((), elapsed) = timed(|| finish_each(&mut database, &names[0], rounds, &[]))?;
    rate("finish, one commit each", rounds, elapsed);
    let count = KeyValueChange::Set { key: "count".to_owned(), value: vec![7; 8] };
    let ((), elapsed) = timed(|| finish_each(&mut database, &names[1], rounds, &[count]))?;
    rate("finish with one key-value, one commit each", rounds, elapsed);
    let ((), elapsed) = timed(|| finish_together(&mut database, &names, rounds / 10))?;
    rate("finish_many, 100 in a commit", rounds / 10 * PLUGINS as u64, elapsed);
    let ((), elapsed) = timed(|| (0..100_000).try_for_each(|_| database.data_version().map(drop)))?;
    rate("data_version", 100_000, elapsed);
    Ok(())
}

fn append_all(database: &mut Database) -> Result<(), database::AppendError> {
    let json = format!("{{\"meta\":\"{}\"}}", "x".repeat(589));
    for first in (1..=ENTRIES).step_by(usize::try_from(PAGE).expect("500 fits")) {
        let entry =
            |id| NewEntry { id: EventId(id), created_at: SiteTime(0), late: false, json: &json };
        let entries: Vec<NewEntry<'_>> = (first..first + PAGE).map(entry).collect();
        database.append(&Append {
            entries: &entries,
            received_at: Timestamp(0),
            high_water: EventId(first + PAGE - 1),
            opened: &[],
            given_up: &[],
            closed: &[],
            forgotten: &[],
            dropped: None,
        })?;
    }
    Ok(())
}

fn read_all(database: &Database) -> Result<u64, database::QueryError> {
    let (mut after, mut read) = (Seq(0), 0);
    loop {
        let entries = database.entries_after(after, 500)?;
        let Some(last) = entries.last() else { return Ok(read) };
        after = last.seq;
        read += entries.len() as u64;
    }
}

fn finish_each(
    database: &mut Database,
    plugin: &str,
    rounds: u64,
    key_values: &[KeyValueChange],
) -> Result<(), database::PluginError> {
    (1..=rounds).try_for_each(|seq| {
        database.finish(&Finish { handled: 1, key_values, ..Finish::at(plugin, Seq(seq)) })
    })
}

fn finish_together(
    database: &mut Database,
    names: &[String],
    rounds: u64,
) -> Result<(), database::PluginError> {
    for seq in 100_000..100_000 + rounds {
        let finish = |plugin| Finish { handled: 1, ..Finish::at(plugin, Seq(seq)) };
        let finishes: Vec<Finish<'_>> = names.iter().map(|name| finish(name.as_str())).collect();
        database.finish_many(&finishes)?;
    }
    Ok(())
}

fn measure_retention(mut database: Database) -> Result<(), Box<dyn Error>> {
    let (removed, elapsed) = timed(|| {
        let mut removed = 0;
        loop {
            match database.retain(Timestamp(1), 1_000)? {
                0 => return Ok::<u64, database::QueryError>(removed),
                some => removed += some,
            }
        }
    })?;
    rate("retain, 1,000 at a time", removed, elapsed);
    Ok(())
}

fn options(synchronous: Synchronous) -> Options<'static> {
    Options { synchronous, site: SITE }
}

fn timed<T, E>(perform: impl FnOnce() -> Result<T, E>) -> Result<(T, Duration), E> {
    let start = Instant::now();
    let value = perform()?;
    Ok((value, start.elapsed()))
}

fn rate(what: &str, count: u64, elapsed: Duration) {
    let seconds = elapsed.as_secs_f64().max(1e-9);
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    let count = count as f64;
    println!("  {what}: {:.0}/s, {:.2} µs each", count / seconds, seconds * 1e6 / count.max(1.0));
}

fn megabytes(path: &Path) -> std::io::Result<u64> {
    Ok(std::fs::metadata(path)?.len() >> 20)
}
