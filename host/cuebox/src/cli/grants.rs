//! `cuebox grants`: what can be written.

use clap::{Args, Subcommand};

/// `cuebox grants`
#[derive(Debug, Args)]
pub struct Grants {
    #[command(subcommand)]
    pub action: GrantsAction,
}

/// What to do about grants.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum GrantsAction {
    /// Print the smallest grants that the calls of a plugin needed, to paste into the configuration
    ///
    /// From what its calls asked for since it was first run, or since --forget: what was granted, and what was refused. Says what of
    /// it is not granted today, and what is granted and was never used. Lines for what the plugin has not done yet are not among them.
    Suggest {
        /// The plugin's name
        name: String,

        /// Print JSON
        #[arg(long, conflicts_with = "forget")]
        json: bool,

        /// Print nothing, and begin to watch anew
        #[arg(long)]
        forget: bool,
    },
}
