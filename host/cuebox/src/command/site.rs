//! `cuebox site`: the stand-in site by itself.

use std::error::Error as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use site::Site;
use site::clock::Clock;
use site::crew::{Crew, Studio};
use site::faults::FaultOrder;
use site::model::Now;
use site::seed::HOST_SCRIPT;
use site::server::{Builder, Pace, Worker};

use crate::cli::{self, CrewDays};
use crate::clock;
use crate::command::run::StopSignals;

/// Runs the site until it is told to stop.
pub async fn run(choice: &cli::Site) -> anyhow::Result<()> {
    let mut signals = StopSignals::listen()?;
    let site = builder(choice)?.start().await?;
    if let Some(recovered) = site.recovered() {
        writeln!(std::io::stderr(), "warning: {recovered}").context("cannot print")?;
    }
    if let Some(path) = &choice.script {
        play(&site, path)?;
    }
    introduce(&site, choice)?;
    let _working = employ(&site, choice);
    signals.next().await;
    site.stop().await;
    Ok(())
}

fn builder(choice: &cli::Site) -> anyhow::Result<Builder> {
    let mut builder = Site::builder()
        .address(choice.address)
        .seed(choice.seed)
        .scene(choice.scene)
        .clock(clock_of(choice));
    for path in &choice.schema {
        builder = builder.schema(path.display().to_string(), read(path)?);
    }
    if let Some(path) = &choice.faults {
        let order: FaultOrder = serde_json::from_str(&read(path)?)
            .with_context(|| format!("the faults of {} cannot be read", path.display()))?;
        builder = builder.faults(order);
    }
    if let Some(path) = &choice.file {
        builder = builder.file(path);
    }
    if let Some(folder) = &choice.files {
        builder = builder.files(folder);
    }
    Ok(builder)
}

/// How the site's time goes: like the time of day, unless something else was asked for.
fn clock_of(choice: &cli::Site) -> Clock {
    let from = choice.at.unwrap_or_else(|| Now(clock::now().0));
    match (choice.freeze, choice.speed, choice.at) {
        (true, ..) => Clock::Still(from),
        (false, None, None) => Clock::Wall,
        (false, speed, _) => Clock::Running { from, speed: speed.unwrap_or(1.0) },
    }
}

fn play(site: &Site, path: &Path) -> anyhow::Result<()> {
    let Err(error) = site.start_script(&read(path)?) else { return Ok(()) };
    let rule = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    bail!("{}: {error}{rule}", path.display())
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn employ(site: &Site, choice: &cli::Site) -> Option<Worker> {
    let roster = site.production().roster.clone();
    let rate = choice.rate;
    match choice.crew {
        CrewDays::Steady if rate > 0.0 => {
            let pace = Pace { writes_per_second: rate, writes_max: None };
            Some(site.employ(Crew::new(choice.seed, roster), pace))
        }
        CrewDays::Steady => None,
        CrewDays::Studio => {
            let studio = Studio::new(choice.seed, roster);
            let studio = if rate > 0.0 { studio.at_rate(rate) } else { studio };
            Some(site.employ_studio(studio))
        }
    }
}

fn introduce(site: &Site, choice: &cli::Site) -> anyhow::Result<()> {
    let (url, production, rate) = (site.url(), site.production(), choice.rate);
    let key = production.key(HOST_SCRIPT).expect("the seed made the host's own script");
    let crew = match choice.crew {
        CrewDays::Studio => {
            let now = site::clock::show_moment(site.now());
            format!("A studio works on it, by the site's clock, which says {now}.")
        }
        CrewDays::Steady if rate > 0.0 => format!("A crew makes {rate} writes a second."),
        CrewDays::Steady => "Nobody works on it; `--rate 2` lets a crew do so.".to_owned(),
    };
    writeln!(
        std::io::stdout(),
        "A stand-in site with the production \"{}\" runs at {url} until Ctrl-C.\n\
         {crew}\n\
         \n\
         Script user   {HOST_SCRIPT}\n\
         Its key       {key}   (it guards nothing but this stand-in)\n\
         \n\
         In Python     shotgun_api3.Shotgun(\"{url}\", \"{HOST_SCRIPT}\", \"{key}\")\n\
         Its page      {url}/",
        production.project_name
    )
    .context("cannot print")
}
