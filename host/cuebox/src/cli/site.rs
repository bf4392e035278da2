//! `cuebox site`: what can be written.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use site::model::Now;

/// `cuebox site`
#[derive(Debug, Args)]
pub struct Site {
    /// Listen at this address; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8321")]
    pub address: SocketAddr,

    /// Make names, numbers and keys out of this number; the same number makes the same site
    #[arg(long, value_name = "N", default_value = "7")]
    pub seed: u64,

    /// Begin with this production
    #[arg(long, value_name = "NAME", default_value = "short", long_help = scenes())]
    pub scene: site::Scene,

    /// Let a crew make this many writes per second, up to 1000; nobody works at 0
    #[arg(long, value_name = "N", default_value = "0", value_parser = site_rate)]
    pub rate: f64,

    /// Let the crew work evenly, or keep a studio's days: bursts before dailies, imports, nightly scripts, quiet weekends
    ///
    /// A studio works by the site's clock, in UTC. Without `--rate` each of its people makes some eighty writes a day.
    #[arg(long, value_enum, default_value = "steady")]
    pub crew: CrewDays,

    /// Let it be this moment on the site, such as 2026-03-02T08:30:00Z
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub at: Option<Now>,

    /// Let time go this many times as fast
    #[arg(long, value_name = "N", value_parser = speed, conflicts_with = "freeze")]
    pub speed: Option<f64>,

    /// Let time stand still until it is moved
    #[arg(long)]
    pub freeze: bool,

    /// Play a script: requests, faults and changes of the clock, each at its time, a line of JSON to each
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,

    /// Misbehave as the fault rules of this file say
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,

    /// Add the types, fields and permission rules of this file to the schema; may come again
    #[arg(long, value_name = "FILE")]
    pub schema: Vec<PathBuf>,

    /// Record writes in this file, and begin with those in it, instead of forgetting them
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Keep uploaded files in this folder, instead of beside the file of --file, or until the site ends
    #[arg(long, value_name = "FOLDER")]
    pub files: Option<PathBuf>,
}

/// When a crew works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CrewDays {
    /// Always, at the rate
    Steady,
    /// As people in a studio do
    Studio,
}

fn site_rate(text: &str) -> Result<f64, String> {
    super::rate(text, 0.0)
}

fn moment(text: &str) -> Result<Now, String> {
    site::clock::parse_moment(text)
        .map_err(|_| "it must be such as 2026-03-02T08:30:00Z".to_owned())
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "it must be a number".to_owned())?;
    site::clock::checked_speed(speed)
        .map_err(|_| format!("it must be above 0 and at most {}", site::clock::SPEED_MAX))
}

fn scenes() -> String {
    let lines = site::Scene::ALL.map(|scene| format!("  {:<12}{}", scene.name(), scene.about()));
    format!("Begin with this production\n\n{}\n\n", lines.join("\n"))
}
