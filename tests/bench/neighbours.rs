//! What a plugin that misbehaves costs nine that do not.

use crate::catch_up::EVENTS;
use crate::figures::{Samples, row, say_table, thousands};
use crate::guests;
use crate::studio::{Studio, has_caught_up, wait_until};

const GOOD: usize = 9;
const RUNS: usize = 3;

/// What the tenth plugin does at each event.
const TENTH: [(&str, Option<&str>); 5] = [
    ("is not there", None),
    ("does nothing", Some("done")),
    ("spins", Some("spin")),
    ("sleeps in a host call", Some("sleep")),
    ("traps", Some("trap")),
];

pub fn print() -> anyhow::Result<()> {
    let mut rows = vec![row(["a tenth that", "events/s of the nine"])];
    for (name, behaviour) in TENTH {
        let mut speeds = Samples::default();
        for _ in 0..RUNS {
            speeds.add(measure(behaviour)?);
        }
        rows.push(vec![name.to_owned(), speeds.spread(thousands)]);
    }
    say_table(
        "Neighbours",
        &format!(
            "nine plugins that do nothing catch up on {EVENTS} events, beside a tenth that misbehaves at each event and goes on \
             (`on_error = \"continue\"`); default limits, so that it spins and sleeps for all of the run; median of {RUNS} (min–max)"
        ),
        &rows,
    );
    Ok(())
}

fn measure(tenth: Option<&str>) -> anyhow::Result<f64> {
    let mut studio = Studio::new()?;
    let noop = guests::built("noop");
    for number in 0..GOOD {
        studio.install(&format!("noop-{number}"), &noop, "")?;
    }
    if let Some(behaviour) = tenth {
        let section = format!("on_error = \"continue\"\nsettings.behaviour = \"{behaviour}\"");
        studio.install("tenth", &guests::built("misbehave"), &section)?;
    }
    studio.begin(GOOD + usize::from(tenth.is_some()))?;
    let newest = studio.append_of("Shotgun_Task_Change", EVENTS);
    let database = studio.open_database()?;
    let mut host = studio.start()?;
    let (begun, _) = host.wait_for("The stream goes on")?;
    let ended =
        wait_until("the nine", || has_caught_up(&database, newest, |name| name != "tenth"))?;
    // Not stopped: it would wait for the tenth.
    drop(host);
    Ok(EVENTS as f64 / ended.duration_since(begun).as_secs_f64())
}
