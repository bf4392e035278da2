//! `cuebox dead-letters`: what can be written.

use clap::{Args, Subcommand};

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

impl DeadLetters {
    /// What to do: the list is the default.
    #[must_use]
    pub fn action(self) -> DeadLettersAction {
        self.action.unwrap_or(DeadLettersAction::List(self.list))
    }
}
