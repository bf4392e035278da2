//! The command line: what can be written, and the codes that the program ends with. Does nothing.

mod audit;
mod authoring;
mod dead_letters;
mod grants;
mod halt;
mod import;
mod plugins;
mod replay;
mod selftest;
mod site;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use config::parse_duration;

pub use self::site::{CrewDays, Site};
pub use audit::{Audit, AuditAction, AuditList};
pub use authoring::{Build, Dev, Language, New, Test};
pub use dead_letters::{DeadLetters, DeadLettersAction, LetterList, Letters};
pub use grants::{Grants, GrantsAction};
pub use halt::{Halt, HaltChoice, Release};
pub use import::Import;
pub use plugins::{EntityChoice, MoveTo, PluginMove, PluginReplay, Plugins, PluginsAction};
pub use replay::Replay;
pub use selftest::{CompileWorker, Selftest};

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
    /// Take over a studio's Python event daemon: its settings, and how far each of its plugins is
    ///
    /// Writes a configuration, and a database with the positions. Reads the daemon's files, runs nothing of them and changes none.
    /// Refuses to write over a file. Stop the daemon first.
    Import(Import),
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
    /// Run a recorded delivery again, anywhere: without a site, a configuration or the network
    ///
    /// With the recorded version of the plugin, effects, log and outcome must be the same; with another (--plugin), it shows which
    /// effects are added, removed and changed. Ends with 1 if effects or outcomes differ, or if a recording cannot be run.
    /// See `[record]` in the configuration for how deliveries are recorded.
    Replay(Replay),
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
    /// Halt a plugin, every plugin, or a project at once, or list what is halted
    ///
    /// Returns when the host that runs has ended what was under way: nothing of it reaches the site or another host any more. That
    /// lasts, over restarts, too, until `cuebox release`; then the events that waited are handed over.
    Halt(Halt),
    /// Let go on what was halted
    Release(Release),
    /// List the ids that are missing from the site's event log, and what became of those that were
    ///
    /// An id is missing when higher ones were seen: its change may not be saved yet, or never will be. Nothing waits for it.
    Gaps(Gaps),
    /// Suggest grants for a plugin, from what its calls needed
    Grants(Grants),
    /// List what plugins changed on the site and elsewhere, by which grants; show one change, verify that none was altered
    Audit(Audit),
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
    /// Write a small plugin to start from, with a test: a folder that builds without cuebox's repository
    ///
    /// It holds a copy of the language's SDK. Refuses to write into a folder that has something in it.
    New(New),
    /// Build the component of a plugin's folder, with its plugin.toml in it, and hold it against what this host offers
    ///
    /// Uses the language's own tools, and says what to install where one is missing. The component is build/NAME.wasm.
    Build(Build),
    /// Build a plugin and run its tests, tests/*.toml, against a stand-in site in this process
    ///
    /// Compares what the plugin writes with what each test expects, exactly, and shows what each call costs. Reaches no network.
    Test(Test),
    /// Run a plugin while it is written: at every change it is built again, swapped, and handed the last event once more
    ///
    /// A stand-in site runs in this process, and a crew works there. Ctrl-C stops.
    Dev(Dev),
    /// Show all of it at work: a stand-in site, a crew that works there, and the example plugins
    Demo(Demo),
    /// Run a stand-in site by itself
    ///
    /// It speaks the site's API and keeps an event log, for trying plugins and for tests. It knows nothing of who may do
    /// what: keep it on this machine.
    Site(Site),
    /// Let hostile plugins attack a host on this machine, and see that every attack is held
    ///
    /// Needs nothing but this program, reads no configuration, and reaches nothing beyond this machine.
    Selftest(Selftest),
    /// Compile what comes on stdin: what a host starts for each plugin's file
    #[command(hide = true)]
    CompileWorker(CompileWorker),
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

/// A number of writes per second. The largest is far beyond what a crew of people makes.
fn rate(text: &str, min: f64) -> Result<f64, String> {
    let rate: Option<f64> = text.parse().ok();
    rate.filter(|rate| (min..=1000.0).contains(rate))
        .ok_or_else(|| format!("it must be a number from {min} to 1000"))
}

#[cfg(test)]
mod tests;
