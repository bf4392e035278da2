//! `cuebox site`: the stand-in site by itself.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use site::Site;
use site::crew::Crew;
use site::seed::{HOST_SCRIPT, PROJECT};
use site::server::Pace;

use crate::command::run::StopSignals;

/// What can be chosen.
pub struct Choice {
    /// Where it listens.
    pub address: SocketAddr,
    /// Decides names, numbers and keys.
    pub seed: u64,
    /// Writes of the crew per second; nobody works at 0.
    pub rate: f64,
    /// Where writes are recorded.
    pub file: Option<PathBuf>,
    /// Where uploaded files are kept.
    pub files: Option<PathBuf>,
}

/// Runs the site until it is told to stop.
pub async fn run(choice: Choice) -> anyhow::Result<()> {
    let mut signals = StopSignals::listen()?;
    let mut builder = Site::builder().address(choice.address).seed(choice.seed);
    if let Some(path) = choice.file {
        builder = builder.file(path);
    }
    if let Some(folder) = choice.files {
        builder = builder.files(folder);
    }
    let site = builder.start().await?;
    let production = site.production().clone();
    let key = production.key(HOST_SCRIPT).expect("the seed made the host's own script").to_owned();
    introduce(&site, &key, choice.rate)?;
    let pace = Pace { writes_per_second: choice.rate, writes_max: None };
    let _working =
        (choice.rate > 0.0).then(|| site.employ(Crew::new(choice.seed, production.roster), pace));
    signals.next().await;
    site.stop().await;
    Ok(())
}

fn introduce(site: &Site, key: &str, rate: f64) -> anyhow::Result<()> {
    let url = site.url();
    let crew = if rate > 0.0 {
        format!("A crew makes {rate} writes a second.")
    } else {
        "Nobody works on it; `--rate 2` lets a crew do so.".to_owned()
    };
    writeln!(
        std::io::stdout(),
        "A stand-in site with the production \"{PROJECT}\" runs at {url} until Ctrl-C.\n\
         {crew}\n\
         \n\
         Script user   {HOST_SCRIPT}\n\
         Its key       {key}   (it guards nothing but this stand-in)\n\
         \n\
         In Python     shotgun_api3.Shotgun(\"{url}\", \"{HOST_SCRIPT}\", \"{key}\")\n\
         Its page      {url}/"
    )
    .context("cannot print")
}
