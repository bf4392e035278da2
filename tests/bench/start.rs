//! What a start, a new version and the memory come to.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use runtime::Engine;

use crate::figures::{Samples, line_of, millis, row, say_table};
use crate::guests;
use crate::studio::{Studio, has_caught_up, wait_until};

const STARTS: usize = 5;
const SWAPS: usize = 10;

/// Guests whose compilation is measured.
const COMPILED: [&str; 3] = ["noop", "log-events", "task-status-to-shot"];

pub fn print() -> anyhow::Result<()> {
    starts()?;
    memory()?;
    swaps()?;
    compilation()
}

fn starts() -> anyhow::Result<()> {
    let mut studio = Studio::new()?;
    let logs = studio.path("logs");
    studio.install("noop", &guests::built("noop"), "")?;
    studio
        .configure(&format!("[log]\ntiming = true\ndirectory = {:?}", logs.display().to_string()));
    studio.begin(1)?;
    let mut rows = vec![row(["compiled code", "start to first callback"])];
    for (name, is_warm) in [("in the cache", true), ("made anew", false)] {
        let mut times = Samples::default();
        for _ in 0..STARTS {
            if !is_warm {
                fs::remove_dir_all(studio.path("cache"))?;
            }
            times.add(first_callback(&studio)?);
        }
        rows.push(vec![name.to_owned(), times.spread(millis)]);
    }
    say_table(
        "Start",
        &format!(
            "from the start of the process to the start of the first callback, by the timing log, one event waiting, `noop` as \
             the plugin; median of {STARTS} (min–max)"
        ),
        &rows,
    );
    Ok(())
}

fn first_callback(studio: &Studio) -> anyhow::Result<f64> {
    let newest = studio.append_of("Shotgun_Task_Change", 1);
    let database = studio.open_database()?;
    let begun = jiff::Timestamp::now();
    let host = studio.start()?;
    wait_until("the first callback", || has_caught_up(&database, newest, |_| true))?;
    host.stop()?;
    let log = fs::read_to_string(studio.path("logs/timing.log"))?;
    let line = log.lines().last().context("the timing log has a line")?;
    let columns: Vec<&str> = line.split('\t').collect();
    anyhow::ensure!(columns[0] == newest.to_string(), "the timing log lacks event {newest}");
    let start: jiff::Timestamp = columns[4].parse()?;
    Ok(start.duration_since(begun).as_secs_f64())
}

fn memory() -> anyhow::Result<()> {
    let mut rows = vec![row(["plugins", "resident", "private and dirty"])];
    for plugins in [0, 1, 30] {
        let mut studio = Studio::new()?;
        for number in 0..plugins {
            studio.install(&format!("noop-{number}"), &guests::built("noop"), "")?;
        }
        studio.begin(plugins)?;
        let newest = studio.append_of("Shotgun_Task_Change", 1000);
        let database = studio.open_database()?;
        let host = studio.start()?;
        wait_until("the events", || has_caught_up(&database, newest, |_| true))?;
        let process = host.process();
        let rollup = format!("/proc/{process}/smaps_rollup");
        let size =
            |path: &str, key: &str| line_of(path, key).unwrap_or_else(|| "unknown".to_owned());
        rows.push(vec![
            plugins.to_string(),
            mebibytes(&size(&format!("/proc/{process}/status"), "VmRSS")),
            mebibytes(&size(&rollup, "Private_Dirty")),
        ]);
        host.stop()?;
    }
    say_table("Memory", "of the host's process after 1000 events, all plugins `noop`", &rows);
    Ok(())
}

/// `12345 kB` in a larger unit.
fn mebibytes(kilobytes: &str) -> String {
    let number = kilobytes.trim_end_matches(" kB").parse::<f64>();
    number.map_or_else(|_| kilobytes.to_owned(), |number| format!("{:.1} MiB", number / 1024.0))
}

fn swaps() -> anyhow::Result<()> {
    let mut studio = Studio::new()?;
    let noop = guests::built("noop");
    studio.install("noop", &noop, "")?;
    let mut host = studio.start()?;
    host.wait_until_ready(1)?;
    let (mut times, mut loads) = (Samples::default(), Samples::default());
    for number in 0..SWAPS {
        let component = guests::marked(&noop, &format!("swap {number}"))?;
        let begun = Instant::now();
        studio.put("noop", &component)?;
        let (live, line) = host.wait_for("goes on with version")?;
        times.add(live.duration_since(begun).as_secs_f64());
        let took = line.split("duration_ms=").nth(1).and_then(|rest| rest.split(' ').next());
        loads.add(took.context("the line says how long it took")?.parse::<f64>()? / 1e3);
        std::thread::sleep(Duration::from_millis(100));
    }
    host.stop()?;
    say_table(
        "Swap",
        &format!(
            "from a plugin's file being replaced to \"goes on with version\" in the log, each time a file that was never compiled \
             before; default settings (`settle` is 200 ms); median of {SWAPS} (min–max)"
        ),
        &[
            row(["in effect after", "of which reading, compiling and starting"]),
            vec![times.spread(millis), loads.spread(millis)],
        ],
    );
    Ok(())
}

fn compilation() -> anyhow::Result<()> {
    let engine = Engine::new(None, [0; 32])?;
    let mut rows = vec![row(["guest", "size", "compiled in"])];
    for name in COMPILED {
        let component = guests::built(name);
        let mut times = Samples::default();
        for number in 0..STARTS {
            let bytes = guests::marked(&component, &format!("compilation {number}"))?;
            let begun = Instant::now();
            engine.compile(&bytes)?;
            times.add(begun.elapsed().as_secs_f64());
        }
        let size = fs::metadata(&component)?.len();
        rows.push(vec![name.to_owned(), format!("{} KiB", size / 1024), times.spread(millis)]);
    }
    say_table(
        "Compilation",
        &format!(
            "`runtime::Engine::compile` without a cache, on all cores; median of {STARTS} (min–max)"
        ),
        &rows,
    );
    Ok(())
}
