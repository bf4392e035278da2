//! Where an author's events come from, and what becomes of what the plugin changes: a stand-in site with a crew at work, or a real site,
//! on which the plugin is in shadow.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use config::Config;
use eventlog::EventLogEntry;
use policy::{Manifest, network};
use runtime::{Connector, Forgetful, HttpAnswer, HttpRequest, KeyValues};
use shotgun::SiteUrl;
use site::crew::Crew;
use site::seed::HOST_SCRIPT;
use site::server::{Pace, Worker};
use site::{Scene, Site};

use crate::authoring::case::Names;
use crate::authoring::pretended::Pretended;
use crate::authoring::requests;
use crate::authoring::tool::KEY_VARIABLE;
use crate::authoring::trial::{self, EventLog, PLUGIN_SCRIPT, Surroundings};
use crate::authoring::writes::Line;
use crate::cli::ExitCode;
use crate::command;
use crate::failure::{Failure, chain};
use crate::host;

/// The crew and its names are the same every time.
const SEED: u64 = 7;

/// How often a stand-in is asked for events, and how often a site where others work.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const LOOK_EVERY_ON_SITE: Duration = Duration::from_secs(1);

/// Who signs in on a real site. The key is in [`KEY_VARIABLE`].
const NAME_VARIABLE: &str = "CUEBOX_SCRIPT_NAME";

/// A site to try a plugin on.
pub struct Ground {
    pub log: EventLog,
    kind: Kind,
}

enum Kind {
    StandIn {
        site: Box<Site>,
        /// What the plugin asked other hosts.
        asked: Arc<Mutex<Vec<String>>>,
    },
    Real {
        site: Box<config::Site>,
        pretended: Pretended,
    },
}

impl Ground {
    /// A site in this process.
    pub async fn stand_in() -> anyhow::Result<Self> {
        let builder = Site::builder().seed(SEED).scene(Scene::Short);
        let site = Box::new(builder.script(PLUGIN_SCRIPT, None).start().await?);
        site.watch_writes();
        let key = site.production().key(HOST_SCRIPT).unwrap_or_default();
        let log = EventLog::of(&trial::bare(&site.url(), HOST_SCRIPT, key)?)?;
        Ok(Self { log, kind: Kind::StandIn { site, asked: Arc::default() } })
    }

    /// The site of a configuration. Fails if it does not answer, or not to this script user.
    pub async fn real(config: Config) -> anyhow::Result<Self> {
        let log = EventLog::of(&config)?;
        let (url, script) = (&config.site.url, &config.site.script.name);
        let refused = |what: String, remedy: &str| {
            Failure::new(ExitCode::Site, what).with_remedy(format!("Check {remedy}."))
        };
        log.is_there().await.map_err(|error| {
            let remedy = "the address, and that this machine reaches the site";
            refused(format!("{url} cannot be used: {}", chain(&error)), remedy)
        })?;
        log.newest().await.map_err(|error| {
            let remedy = "the script's name and key, and its permissions on the site";
            let what = format!("script `{script}` cannot read the event log of {url}");
            refused(format!("{what}: {}", chain(&error)), remedy)
        })?;
        let (site, pretended) = (Box::new(config.site), Pretended::default());
        Ok(Self { log, kind: Kind::Real { site, pretended } })
    }

    /// What there is to say of it.
    pub fn told(&self) -> String {
        match &self.kind {
            Kind::StandIn { site, .. } => {
                format!("a stand-in runs at {}/, and a crew works there; Ctrl-C stops", site.url())
            }
            Kind::Real { site, .. } => format!(
                "{} as script `{}`, in shadow: the plugin changes nothing, and what it would change is shown; Ctrl-C stops",
                site.url, site.script.name
            ),
        }
    }

    /// The newest event, and the newest of those that there were before anybody looked, if the plugin is to be handed one of them.
    pub async fn begin(&self) -> anyhow::Result<(u64, Vec<EventLogEntry>)> {
        match &self.kind {
            Kind::StandIn { site, .. } => {
                Ok((site.with_model(|model| model.newest_event_id()), Vec::new()))
            }
            Kind::Real { .. } => {
                let entries = self.log.newest().await.context("cannot read the event log")?;
                Ok((entries.last().map_or(0, |entry| entry.id.0), entries))
            }
        }
    }

    /// How often to look for events.
    pub fn look_every(&self) -> Duration {
        match &self.kind {
            Kind::StandIn { .. } => LOOK_EVERY,
            Kind::Real { .. } => LOOK_EVERY_ON_SITE,
        }
    }

    /// Sets a crew to work, where it is a stand-in, until the worker is dropped.
    pub fn employ(&self, writes_per_second: f64) -> Option<Worker> {
        let Kind::StandIn { site, .. } = &self.kind else { return None };
        let crew = Crew::new(SEED, site.production().roster.clone());
        Some(site.employ(crew, Pace { writes_per_second, writes_max: None }))
    }

    /// How a plugin runs here.
    pub fn config(&self, manifest: &Manifest, settings: &toml::Table) -> anyhow::Result<Config> {
        match &self.kind {
            Kind::StandIn { site, .. } => {
                let granted = trial::Granted::requested(manifest);
                trial::config(site, &manifest.name, granted, settings)
            }
            Kind::Real { site, .. } => {
                trial::config_in_shadow((**site).clone(), manifest, settings)
            }
        }
    }

    /// What a plugin has here that keeps `keys`. On a real site it can ask other hosts for what changes nothing there.
    pub fn surroundings(&self, config: &Config, keys: KeyValues) -> anyhow::Result<Surroundings> {
        Ok(match &self.kind {
            Kind::StandIn { asked, .. } => {
                let connector = nobody(asked.clone());
                Surroundings { keys, connector, journal: Arc::new(Forgetful) }
            }
            Kind::Real { pretended, .. } => {
                let connector = host::connector(config)?;
                Surroundings { keys, connector, journal: Arc::new(pretended.clone()) }
            }
        })
    }

    /// What the plugin changed since this was last asked, or would have.
    pub fn take_writes(&self) -> Vec<String> {
        let show = |line: &Line| line.show(&Names::new());
        match &self.kind {
            Kind::StandIn { site, asked } => {
                let written = site.take_writes();
                let own = written.iter().filter(|written| written.by == PLUGIN_SCRIPT);
                let lines: Vec<Line> = own.flat_map(Line::written).collect();
                let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
                lines.iter().map(show).chain(asked.drain(..)).collect()
            }
            Kind::Real { pretended, .. } => pretended.take().iter().map(show).collect(),
        }
    }

    pub async fn stop(self) {
        if let Kind::StandIn { site, .. } = self.kind {
            site.stop().await;
        }
    }
}

/// Stands in the place of other hosts: what would change something there is shown, and answered as done; the rest is not answered.
fn nobody(asked: Arc<Mutex<Vec<String>>>) -> Connector {
    Connector::answered_by(Arc::new(move |request: HttpRequest| {
        let line = requests::shown(&request, |_| false);
        asked.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        let done = HttpAnswer { status: 204, headers: Vec::new(), body: Vec::new() };
        (!network::reads(&request.method)).then_some(done)
    }))
}

/// The configuration with the site that `--site` names: by its address, or by a configuration file. Asks the site nothing.
pub fn with_site(choice: &str) -> anyhow::Result<Config> {
    match choice.contains("://") {
        true => at_address(choice),
        false => in_file(choice),
    }
}

/// The site at an address, as the script user of the environment.
fn at_address(url: &str) -> anyhow::Result<Config> {
    let wrong = |what: String| Failure::new(ExitCode::CommandLine, what);
    SiteUrl::parse(url).map_err(|why| {
        wrong(format!("--site takes the address of a site, and cannot take this one: {why}"))
    })?;
    let variable = |name: &str| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty());
        value.ok_or_else(|| {
            let what = format!("--site {url} needs the environment variable {name}, which is not set");
            wrong(what).with_remedy(format!(
                "{NAME_VARIABLE} is the name of a script user of the site, and {KEY_VARIABLE} its key; or let --site name a configuration \
                 file that has both."
            ))
        })
    };
    let (script, key) = (variable(NAME_VARIABLE)?, variable(KEY_VARIABLE)?);
    trial::bare(url, &script, &key)
}

fn in_file(path: &str) -> anyhow::Result<Config> {
    if !Path::new(path).exists() {
        let what = format!(
            "--site takes an address, such as https://studio.shotgrid.autodesk.com, or a configuration file, and there is no file {path}"
        );
        return Err(Failure::new(ExitCode::CommandLine, what).into());
    }
    command::read_config(Path::new(path))
}
