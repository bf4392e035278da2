//! The configuration: TOML text → tables that know their place → [`Config`], valid and typed.
//!
//! Pure: the caller passes the text, and answers for environment variables and files. `default.toml` is the defaults and
//! the manual; a user's file is laid over it. Everything that is wrong is said at once.

mod document;
mod network;
mod order;
mod read;
mod reload;
mod sections;
mod settings;
mod substitute;
mod unknown;
mod value;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;

use document::{Document, Layer, Reader, Section};

pub use policy::{Problem, Problems};
pub use reload::Reload;
pub use settings::{
    Audit, Breaker, ByClass, Callback, Class, Config, Database, InstanceLife, Limits, Log,
    LogFormat, LogMode, Plugin, Plugins, Record, RecordedDeliveries, Retry, Script, SignatureRule,
    Signatures, Site, Stream, Synchronous, TrustedKey,
};
pub use value::{duration as parse_duration, show_duration};

/// Every setting with its default and its manual.
pub const DEFAULT_TEXT: &str = include_str!("../default.toml");

/// What a configuration may ask about the world, and what the caller calls it.
pub struct Lookup<'a> {
    /// The configuration's file, for messages.
    pub file_name: &'a str,
    /// The folder that relative paths start from: the one of the file.
    pub directory: &'a Path,
    /// An environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// A file with a secret.
    pub file: &'a dyn Fn(&Path) -> std::io::Result<SecretFile>,
}

/// A file that holds a secret.
pub struct SecretFile {
    /// What is in it.
    pub text: String,
    /// Its Unix permissions, where there are any.
    pub mode: Option<u32>,
}

/// A configuration that can be used, and what is doubtful about it.
#[derive(Debug)]
pub struct Loaded {
    /// All settings.
    pub config: Config,
    /// What to tell the operator, once.
    pub warnings: Vec<Problem>,
}

impl Config {
    /// Reads a user's text, laid over the defaults. Fails with everything that is wrong in it.
    pub fn read(text: &str, lookup: &Lookup<'_>) -> Result<Loaded, Problems> {
        read_with_keys(text, lookup).map(|(loaded, _)| loaded)
    }
}

/// `default.toml` with every setting commented out, to be edited: what is not changed goes on following the defaults of
/// the version that runs.
#[must_use]
pub fn text_to_edit() -> String {
    let is_setting = |line: &str| line.starts_with(|c: char| c.is_ascii_lowercase());
    let lines = DEFAULT_TEXT
        .lines()
        .map(|line| if is_setting(line) { format!("#{line}\n") } else { format!("{line}\n") });
    lines.collect()
}

/// Also answers every key that there is, with `NAME` for the name of a plugin.
fn read_with_keys(text: &str, lookup: &Lookup<'_>) -> Result<(Loaded, BTreeSet<String>), Problems> {
    let defaults = Document::parse("default.toml", DEFAULT_TEXT)
        .expect("the default configuration is TOML, which a test proves");
    let user = Document::parse(lookup.file_name, text).map_err(Problems::new)?;
    let reader = Reader::new(lookup);
    let layers = vec![
        Layer { document: &user, table: &user.table, own: true },
        Layer { document: &defaults, table: &defaults.table, own: false },
    ];
    let config = sections::config(Section::new(&reader, "", "", layers));
    let (problems, warnings, keys) = reader.finish();
    let problems = Problems::new(problems);
    match config {
        Some(config) if problems.is_empty() => Ok((Loaded { config, warnings }, keys)),
        _ => Err(problems),
    }
}
