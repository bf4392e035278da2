//! How many events per second a host takes that has to catch up.

use crate::figures::{Samples, micros, row, say_table, thousands};
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

/// What was measured of one case.
#[derive(Default)]
struct Case {
    /// Events per second.
    speed: Samples,
    /// Seconds of processor time of the host for one event.
    cost: Samples,
}

pub fn print() -> anyhow::Result<()> {
    let mut rows = vec![row(["", "no plugin", "1 plugin", "10 plugins", "30 plugins"])];
    let alone = measure(0, Filter::Every)?;
    for (name, filter) in
        [("called for each", Filter::Every), ("called for 1 in 100", Filter::OneInAHundred)]
    {
        let mut speeds = vec![format!("{name}: events/s"), alone.speed.spread(thousands)];
        let mut costs = vec!["    host's CPU for an event".to_owned(), median(&alone.cost)];
        for plugins in [1, 10, 30] {
            let case = measure(plugins, filter)?;
            speeds.push(case.speed.spread(thousands));
            costs.push(median(&case.cost));
        }
        rows.extend([speeds, costs]);
    }
    say_table(
        "Catching up",
        &format!(
            "{EVENTS} events that happened while the host was away, from \"the stream goes on\" in its log until the database \
             says that each plugin is at the end; plugins do nothing; default settings; database on disk; median of {RUNS} runs \
             (min–max). CPU time is from the start of the process, and hardly depends on how busy the machine is"
        ),
        &rows,
    );
    Ok(())
}

fn median(samples: &Samples) -> String {
    micros(samples.quantile(0.5))
}

fn measure(plugins: usize, filter: Filter) -> anyhow::Result<Case> {
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
    let mut case = Case::default();
    for _ in 0..RUNS {
        catch_up(&studio, filter, &mut case)?;
    }
    Ok(case)
}

/// One run.
fn catch_up(studio: &Studio, filter: Filter, case: &mut Case) -> anyhow::Result<()> {
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
    case.cost.add(host.cpu_seconds()? / EVENTS as f64);
    case.speed.add(EVENTS as f64 / ended.duration_since(begun).as_secs_f64());
    host.stop()
}
