//! `cuebox halt` and `cuebox release`: what can be written.

use clap::Args;

/// `cuebox halt`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Halt {
    #[command(flatten)]
    pub what: HaltChoice,

    /// Why; it is kept and shown
    #[arg(long, value_name = "TEXT", requires = "HaltChoice")]
    pub reason: Option<String>,

    /// Print what is halted as JSON
    #[arg(long, conflicts_with = "HaltChoice")]
    pub json: bool,
}

/// `cuebox release`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(arg_required_else_help = true)]
pub struct Release {
    #[command(flatten)]
    pub what: HaltChoice,
}

/// What to halt, or to release.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[group(multiple = false)]
pub struct HaltChoice {
    /// The plugin's name, as `plugins list` shows it
    pub name: Option<String>,

    /// Every plugin
    #[arg(long)]
    pub all: bool,

    /// Everything that plugins do in this project
    #[arg(long, value_name = "ID")]
    pub project: Option<u64>,
}
