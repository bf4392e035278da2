//! `cuebox replay`: what can be written.

use std::path::PathBuf;

use clap::Args;

/// `cuebox replay`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Replay {
    /// A recording, or a folder with recordings
    pub path: PathBuf,

    /// Run this file in the place of the recorded ones, and show what it does differently
    #[arg(long, value_name = "FILE")]
    pub plugin: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
