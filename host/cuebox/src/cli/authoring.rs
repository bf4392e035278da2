//! `cuebox new`, `build`, `test` and `dev`: what can be written.

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

/// `cuebox dev`
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Dev {
    /// The plugin's folder: the one with its plugin.toml
    #[arg(default_value = ".")]
    pub folder: PathBuf,

    /// Give the plugin a setting, such as status=fin; a list is given as its items between commas
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    pub settings: Vec<(String, String)>,

    /// Let the crew of the stand-in site make this many writes per second, from 0.1 to 1000
    #[arg(long, value_name = "N", default_value = "1", value_parser = super::demo_rate)]
    pub rate: f64,

    /// Take the events of this site instead of a stand-in, with the plugin in shadow: it changes nothing there
    ///
    /// An address, with the name and the key of a script user in the environment variables CUEBOX_SCRIPT_NAME and CUEBOX_SCRIPT_KEY; or a
    /// configuration file, of which [site] is taken. What the plugin would have changed is shown.
    #[arg(long, value_name = "URL|FILE", conflicts_with = "rate")]
    pub site: Option<String>,
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it must be a key, a = and a value".to_owned()),
    }
}
