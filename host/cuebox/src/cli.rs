//! The command line: what can be written, and the codes that the program ends with. Does nothing.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use eventlog::SiteTime;
use site::model::Now;

use crate::config::parse_duration;

#[cfg(test)]
mod tests;

/// Run sandboxed plugins on the events of a Flow Production Tracking site
#[derive(Debug, Parser)]
#[command(name = "cuebox", version, arg_required_else_help = true, after_long_help = exit_codes())]
pub struct Cli {
    /// Read the configuration from this file
    #[arg(long, global = true, value_name = "FILE", default_value = "cuebox.toml")]
    pub config: PathBuf,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a configuration to be edited, with every setting and its manual
    ///
    /// Refuses to write over a file. Settings that are left commented out follow the defaults of the version that runs.
    Init,
    /// Check configuration, database, site and plugins, and say what to write where something is wrong
    ///
    /// Changes nothing.
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Follow the site's event log and hand every event to the plugins, until stopped
    ///
    /// SIGTERM or Ctrl-C stops: what runs is finished and saved first.
    Run,
    /// List plugins, or turn one on or off
    Plugins(Plugins),
    /// Show what a plugin's file says about itself, without running it
    ///
    /// What it imports and asks for, its settings, who made and who signed it. Signatures and limits are judged by the
    /// configuration, where there is one.
    Inspect {
        /// The file, such as plugins/NAME.wasm
        file: PathBuf,

        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what a plugin's new file asks for that the one that runs does not, and let it run
    ///
    /// A file that asks for more is held until then, and the one before it runs on. On a terminal it asks; elsewhere it does
    /// nothing without --yes.
    Approve {
        /// The plugin's name, as `plugins list` shows it
        name: String,

        /// Let it run
        #[arg(long)]
        yes: bool,
    },
    /// Write the lock file: which files of plugins may run, by their digests
    ///
    /// With `locked = true` under `[plugins]` nothing else runs.
    Lock {
        /// Write nothing; show old -> new, and fail if anything differs
        #[arg(long)]
        check: bool,
    },
    /// Build a plugin.toml into a component, in place of one that it had
    Embed {
        /// The component
        component: PathBuf,

        /// What its author says about it
        #[arg(default_value = "plugin.toml")]
        manifest: PathBuf,

        /// Write it here instead of over the component
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// List the events that were put aside because a plugin failed with them, and say what becomes of them
    DeadLetters(DeadLetters),
    /// List the ids that are missing from the site's event log, and what became of those that were
    ///
    /// An id is missing when higher ones were seen: its change may not be saved yet, or never will be. Nothing waits for it.
    Gaps(Gaps),
    /// Copy the database, beside a running host or without one, and check the copy
    Backup {
        /// Where to; nothing is written over
        file: PathBuf,
    },
    /// Put a backup in the database's place, while no host runs; what is there is set aside
    ///
    /// Says what that means, and does nothing without --yes. Plugins go on from where they were at the backup: what they have handled
    /// since, they are handed again, and what they wrote for it, they write again.
    Restore {
        /// The backup
        file: PathBuf,

        /// Do it
        #[arg(long)]
        yes: bool,
    },
    /// Show all of it at work: a stand-in site, a crew that works there, and the example plugins
    Demo(Demo),
    /// Run a stand-in site by itself
    ///
    /// It speaks the site's API and keeps an event log, for trying plugins and for tests. It knows nothing of who may do
    /// what: keep it on this machine.
    Site(Site),
}

/// `cuebox plugins`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Plugins {
    #[command(subcommand)]
    action: Option<PluginsAction>,

    #[command(flatten)]
    list: List,
}

/// What to do with plugins.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum PluginsAction {
    /// List plugins with their state, position, lag and last error (the default)
    List(List),
    /// Turn a plugin on, or let one that was stopped by a failure go on
    Enable {
        /// The name, as `plugins list` shows it
        name: String,
    },
    /// Move a plugin's position: let it skip events, or hand it events again
    ///
    /// Says how many events that is, and does nothing without --reason and --yes. An event that is handed over again is a new
    /// delivery: what the plugin wrote for it before, it writes again.
    Move(PluginMove),
    /// List how positions were moved, and why
    Moves {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Hand a plugin events again beside those that come in, without moving its position
    ///
    /// Says how many events that is, and does nothing without --reason and --yes. They are taken from the journal, or from the site with
    /// --from-site. Each is handed over between two new events, and is a dead letter until it is handled. What the plugin
    /// wrote for it before, it writes again.
    Replay(PluginReplay),
    /// List what was handed over again, and why
    Replays {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Turn a plugin off; its position is kept
    Disable {
        /// The name, as `plugins list` shows it
        name: String,
    },
}

/// `cuebox plugins move`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct PluginMove {
    /// The name, as `plugins list` shows it
    pub name: String,

    #[command(flatten)]
    pub to: MoveTo,

    /// Why; it is kept
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,

    /// Do it
    #[arg(long, requires = "reason")]
    pub yes: bool,
}

/// Where to.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[group(required = true, multiple = false)]
pub struct MoveTo {
    /// So that this event of the site is the next
    #[arg(long, value_name = "ID")]
    pub event: Option<u64>,

    /// Past so many events
    #[arg(long, value_name = "N")]
    pub skip: Option<u64>,

    /// Back by so many events
    #[arg(long, value_name = "N")]
    pub back: Option<u64>,

    /// Past all events that there are
    #[arg(long)]
    pub newest: bool,
}

/// `cuebox plugins replay`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct PluginReplay {
    /// The name, as `plugins list` shows it
    pub name: String,

    #[command(flatten)]
    pub range: ReplayRange,

    /// Only events of this type, such as Shotgun_Task_Change; may come again
    #[arg(long = "type", value_name = "TYPE")]
    pub event_types: Vec<String>,

    /// Only events about this entity, such as Shot, or Shot:7; may come again
    #[arg(long = "entity", value_name = "TYPE[:ID]", value_parser = entity)]
    pub entities: Vec<EntityChoice>,

    /// Ask the site for the events, for those that the journal does not hold any more, or never did
    #[arg(long)]
    pub from_site: bool,

    /// Why; it is kept
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,

    /// Do it
    #[arg(long, requires = "reason")]
    pub yes: bool,
}

/// Which events, by their ids and by when they happened.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[group(required = true, multiple = true)]
pub struct ReplayRange {
    /// From this event on
    #[arg(long, value_name = "ID")]
    pub from: Option<u64>,

    /// Up to this event
    #[arg(long, value_name = "ID")]
    pub to: Option<u64>,

    /// Those that happened at or after this moment of the site's clock, such as 2026-03-02T08:30:00Z
    #[arg(long, value_name = "MOMENT", value_parser = instant)]
    pub since: Option<SiteTime>,

    /// Those that happened at or before this moment
    #[arg(long, value_name = "MOMENT", value_parser = instant)]
    pub until: Option<SiteTime>,
}

/// An entity type, or one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityChoice {
    /// The type.
    pub entity_type: String,
    /// The number; any if there is none.
    pub id: Option<u64>,
}

/// `cuebox gaps`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct Gaps {
    /// List each that ended, too: how long it was missing, and how that ended
    #[arg(long)]
    pub ended: bool,

    /// Print JSON, all of them
    #[arg(long)]
    pub json: bool,
}

/// `cuebox plugins list`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `cuebox dead-letters`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DeadLetters {
    #[command(subcommand)]
    action: Option<DeadLettersAction>,

    #[command(flatten)]
    list: LetterList,
}

/// What to do with dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum DeadLettersAction {
    /// List them, the oldest first (the default)
    List(LetterList),
    /// Show one: the event, the error, and the last lines that the plugin logged
    Show {
        /// The number, as the list shows it
        number: u64,

        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Hand them over again, in the order of the events; those that the plugin then handles are gone
    ///
    /// A running host does it within a second, between two events. A write that was made before is not made again.
    Redrive(Letters),
    /// Drop them for ever
    Discard(Letters),
    /// Write a note at one, or take it away with an empty one
    Note {
        /// The number, as the list shows it
        number: u64,

        /// What to write
        text: String,
    },
}

/// `cuebox dead-letters list`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct LetterList {
    /// Only those of this plugin
    #[arg(long, value_name = "NAME")]
    pub plugin: Option<String>,

    /// Print JSON, with the events whole: an export
    #[arg(long)]
    pub json: bool,
}

/// Which dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[group(required = true, multiple = false)]
pub struct Letters {
    /// Their numbers, as the list shows them
    #[arg(value_name = "NUMBER")]
    pub numbers: Vec<u64>,

    /// All of this plugin
    #[arg(long, value_name = "NAME")]
    pub plugin: Option<String>,

    /// All there are
    #[arg(long)]
    pub all: bool,
}

/// `cuebox demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Let the crew make this many writes per second, from 0.1 to 1000
    #[arg(long, value_name = "N", default_value = "2", value_parser = demo_rate)]
    pub rate: f64,

    /// Stop after this time, such as 30s or 5m, instead of going on until Ctrl-C
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub duration: Option<Duration>,
}

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

/// How the program ended. Other programs rely on the numbers: they do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// Everything went well.
    Ok = 0,
    /// Something went wrong that has no code of its own; `check` found problems.
    Failed = 1,
    /// The command line is not understood.
    CommandLine = 2,
    /// The configuration cannot be read, or is wrong.
    Configuration = 3,
    /// The database is damaged, in use, from a newer version, or cannot be written.
    Database = 4,
    /// The site refuses us, or is not one.
    Site = 5,
    /// A plugin is not there, or cannot be run.
    Plugin = 6,
}

impl Plugins {
    /// What to do: the list is the default.
    #[must_use]
    pub fn action(self) -> PluginsAction {
        self.action.unwrap_or(PluginsAction::List(self.list))
    }
}

impl DeadLetters {
    /// What to do: the list is the default.
    #[must_use]
    pub fn action(self) -> DeadLettersAction {
        self.action.unwrap_or(DeadLettersAction::List(self.list))
    }
}

impl ExitCode {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Ok,
        Self::Failed,
        Self::CommandLine,
        Self::Configuration,
        Self::Database,
        Self::Site,
        Self::Plugin,
    ];

    /// What it means, for the help.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "everything went well",
            Self::Failed => "something went wrong; for check: problems were found",
            Self::CommandLine => "the command line is not understood",
            Self::Configuration => "the configuration cannot be read, or is wrong",
            Self::Database => {
                "the database is damaged, in use, from a newer version, or cannot be written"
            }
            Self::Site => "the site refuses us, or is not one",
            Self::Plugin => "a plugin is not there, or cannot be run",
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

fn exit_codes() -> String {
    let lines = ExitCode::ALL.map(|code| format!("  {}  {}", code as u8, code.meaning()));
    format!("Exit codes:\n{}", lines.join("\n"))
}

fn time(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|rule| format!("it {rule}"))
}

fn demo_rate(text: &str) -> Result<f64, String> {
    rate(text, 0.1)
}

fn site_rate(text: &str) -> Result<f64, String> {
    rate(text, 0.0)
}

fn moment(text: &str) -> Result<Now, String> {
    site::clock::parse_moment(text)
        .map_err(|_| "it must be such as 2026-03-02T08:30:00Z".to_owned())
}

fn instant(text: &str) -> Result<SiteTime, String> {
    let moment: Result<jiff::Timestamp, _> = text.parse();
    moment
        .map(|moment| SiteTime(moment.as_millisecond()))
        .map_err(|_| "it must be such as 2026-03-02T08:30:00Z".to_owned())
}

fn entity(text: &str) -> Result<EntityChoice, String> {
    let (entity_type, id) = match text.split_once(':') {
        None => (text, None),
        Some((entity_type, id)) => {
            let rule = "the part after the colon must be the entity's number, such as Shot:7";
            (entity_type, Some(id.parse().map_err(|_| rule.to_owned())?))
        }
    };
    match entity_type.is_empty() {
        true => {
            Err("it must be an entity type, such as Shot, or one entity, such as Shot:7".to_owned())
        }
        false => Ok(EntityChoice { entity_type: entity_type.to_owned(), id }),
    }
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

/// A number of writes per second. The largest is far beyond what a crew of people makes.
fn rate(text: &str, min: f64) -> Result<f64, String> {
    let rate: Option<f64> = text.parse().ok();
    rate.filter(|rate| (min..=1000.0).contains(rate))
        .ok_or_else(|| format!("it must be a number from {min} to 1000"))
}
