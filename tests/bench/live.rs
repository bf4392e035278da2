//! How late events reach a callback while the site is in use, and how often the site is asked.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::figures::{Samples, millis, row, say_table};
use crate::guests;
use crate::studio::{Studio, has_caught_up, wait_until};

/// How long events are made at each rate.
const BUSY: Duration = Duration::from_secs(20);

/// How long the host is left alone until its polls are as far apart as they become, and then watched.
const UNTIL_QUIET: Duration = Duration::from_secs(20);
const QUIET: Duration = Duration::from_secs(20);

pub fn print() -> anyhow::Result<()> {
    let mut studio = Studio::new()?;
    let logs = studio.path("logs");
    studio.install("noop", &guests::built("noop"), "")?;
    studio
        .configure(&format!("[log]\ntiming = true\ndirectory = {:?}", logs.display().to_string()));
    let mut host = studio.start()?;
    host.wait_until_ready(1)?;
    let mut rows = vec![row(["the site", "events", "p50", "p99", "max", "requests/s"])];
    for rate in [10, 100] {
        let before = (studio.requests(), Instant::now());
        let created = make_events(&studio, rate);
        let requests = per_second(&studio, before);
        let late = lateness(&studio, &created)?;
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| millis(late.quantile(share)));
        let name = format!("{rate} events/s");
        rows.push(vec![name, created.len().to_string(), p50, p99, max, requests]);
    }
    std::thread::sleep(UNTIL_QUIET);
    let before = (studio.requests(), Instant::now());
    std::thread::sleep(QUIET);
    let requests = per_second(&studio, before);
    rows.push(row(["quiet", "0", "-", "-", "-", requests.as_str()]));
    host.stop()?;
    say_table(
        "Live",
        &format!(
            "from the event's creation on the site to the start of the callback, by the timing log; default settings, one plugin, \
             events at random moments for {BUSY:?}; requests of all kinds, quiet ones counted for {QUIET:?} after {UNTIL_QUIET:?}"
        ),
        &rows,
    );
    Ok(())
}

fn per_second(studio: &Studio, before: (u64, Instant)) -> String {
    let (requests, since) = before;
    let rate = (studio.requests() - requests) as f64 / since.elapsed().as_secs_f64();
    format!("{rate:.1}")
}

/// Makes events at random moments, `rate` in a second on average; when each was made, by its id.
fn make_events(studio: &Studio, rate: u32) -> BTreeMap<u64, jiff::Timestamp> {
    let mut created = BTreeMap::new();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let (begun, mut due) = (Instant::now(), Duration::ZERO);
    while due < BUSY {
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        let now = jiff::Timestamp::now();
        created.insert(studio.append_of("Shotgun_Task_Change", 1), now);
        // xorshift; the gaps between events that do not know of each other are distributed exponentially.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let share = (random >> 11) as f64 / (1_u64 << 53) as f64;
        due += Duration::from_secs_f64(-(1.0 - share).ln() / f64::from(rate));
    }
    created
}

/// Seconds from each event's creation to the start of its callback.
fn lateness(studio: &Studio, created: &BTreeMap<u64, jiff::Timestamp>) -> anyhow::Result<Samples> {
    let newest = created.last_key_value().map_or(0, |(id, _)| *id);
    let database = studio.open_database()?;
    wait_until("the last event", || has_caught_up(&database, newest, |_| true))?;
    let log = fs::read_to_string(studio.path("logs/timing.log"))?;
    let mut late = BTreeMap::new();
    for line in log.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let id: u64 = columns[0].parse().context("the timing log has ids")?;
        let start: jiff::Timestamp = columns[4].parse().context("the timing log has times")?;
        if let Some(made) = created.get(&id) {
            late.insert(id, start.duration_since(*made).as_secs_f64());
        }
    }
    anyhow::ensure!(late.len() == created.len(), "the timing log lacks events");
    Ok(late.into_values().collect())
}
