//! How many events per second a host takes that has to catch up.

use crate::figures::{Samples, row, say_table, thousands};
use crate::guests;
use crate::studio::{Studio, has_caught_up, wait_until};

/// Events that are caught up on.
pub const EVENTS: usize = 100_000;

/// Runs of each.
const RUNS: usize = 3;

/// Which of the events are handed to plugins.
#[derive(Clone, Copy)]
enum Filter {
    Every,
    OneInAHundred,
}

pub fn print() -> anyhow::Result<()> {
    let mut rows = vec![row(["events/s", "no plugin", "1 plugin", "10 plugins", "30 plugins"])];
    let alone = measure(0, Filter::Every)?;
    for (name, filter) in
        [("called for each", Filter::Every), ("called for 1 in 100", Filter::OneInAHundred)]
    {
        let mut cells = vec![name.to_owned(), alone.spread(thousands)];
        for plugins in [1, 10, 30] {
            cells.push(measure(plugins, filter)?.spread(thousands));
        }
        rows.push(cells);
    }
    say_table(
        "Catching up",
        &format!(
            "{EVENTS} events that happened while the host was away, from \"the stream goes on\" in its log until the database \
             says that each plugin is at the end; plugins do nothing; default settings; database on disk; median of {RUNS} runs \
             (min–max)"
        ),
        &rows,
    );
    Ok(())
}

fn measure(plugins: usize, filter: Filter) -> anyhow::Result<Samples> {
    let noop = guests::built("noop");
    let mut studio = Studio::new()?;
    let settings = match filter {
        Filter::Every => "",
        Filter::OneInAHundred => "settings.event_type = \"Shotgun_Version_New\"",
    };
    for number in 0..plugins {
        studio.install(&format!("noop-{number}"), &noop, settings)?;
    }
    studio.begin(plugins)?;
    let mut speeds = Samples::default();
    for _ in 0..RUNS {
        speeds.add(EVENTS as f64 / catch_up(&studio, filter)?);
    }
    Ok(speeds)
}

/// Seconds that one run takes.
fn catch_up(studio: &Studio, filter: Filter) -> anyhow::Result<f64> {
    let newest = match filter {
        Filter::Every => studio.append_of("Shotgun_Task_Change", EVENTS),
        Filter::OneInAHundred => {
            for _ in 1..EVENTS / 100 {
                studio.append_of("Shotgun_Version_New", 1);
                studio.append_of("Shotgun_Task_Change", 99);
            }
            studio.append_of("Shotgun_Version_New", 100)
        }
    };
    let database = studio.open_database()?;
    let mut host = studio.start()?;
    let (begun, _) = host.wait_for("The stream goes on")?;
    let ended = wait_until("the host to catch up", || has_caught_up(&database, newest, |_| true))?;
    host.stop()?;
    Ok(ended.duration_since(begun).as_secs_f64())
}
