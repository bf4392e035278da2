//! `cuebox import`: what can be written.

use std::path::PathBuf;

use clap::Args;

/// `cuebox import`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Import {
    /// The daemon's configuration, such as shotgunEventDaemon.conf
    pub conf: PathBuf,

    /// Read how far its plugins are from this file, instead of the one that the configuration names
    #[arg(long, value_name = "FILE", conflicts_with = "all_newest")]
    pub id_file: Option<PathBuf>,

    /// Let this plugin begin with the newest event; may come again
    #[arg(long, value_name = "NAME")]
    pub newest: Vec<String>,

    /// Let every plugin begin with the newest event
    #[arg(long)]
    pub all_newest: bool,
}
