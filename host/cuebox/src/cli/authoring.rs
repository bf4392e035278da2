//! `cuebox new`, `build` and `test`: what can be written.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `cuebox new`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct New {
    /// The folder to make; its last part is the plugin's name
    pub folder: PathBuf,

    /// The language to write it in
    #[arg(long, value_enum)]
    pub lang: Language,

    /// Use the SDK of this folder, which is laid out as cuebox's own repository, instead of handing a copy of it out
    #[arg(long, value_name = "PATH")]
    pub sdk: Option<PathBuf>,
}

/// What a plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Rust
    Rust,
    /// Python
    Python,
    /// JavaScript
    Js,
    /// TypeScript
    Ts,
    /// Go
    Go,
}

/// `cuebox build`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Build {
    /// The plugin's folder: the one with its plugin.toml
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

/// `cuebox test`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Test {
    /// The plugin's folder: the one with its plugin.toml
    #[arg(default_value = ".")]
    pub folder: PathBuf,

    /// Run only the cases whose file's name has this text in it
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,

    /// Test this component instead of building one
    #[arg(long, value_name = "FILE")]
    pub component: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
