//! Which plugin files there are, and what changed. Pure: compares two listings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::script::Language;

/// What a plugin is made as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A component, `.wasm`.
    Component,
    /// A script, `.py` or `.js`.
    Script(Language),
}

/// One plugin file as a directory shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub path: PathBuf,
    /// Its time of change and its length: a file with the same is taken for the same file.
    pub modified: SystemTime,
    pub length: u64,
    /// The same of the signature beside it, if there is one.
    pub signature: Option<(SystemTime, u64)>,
}

/// The plugin files by the plugins' names.
pub type Listing = BTreeMap<String, File>;

/// What a plugin's file did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is there, for the first time or with another content.
    Changed { plugin: String, file: File },
    /// It is gone.
    Removed { plugin: String },
}

/// Why a file in a plugin directory is no plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Names go into logs, tables and command lines.
    #[error(
        "the file {path} is not loaded: a plugin's name is its file's name without its ending, of the characters a-z A-Z 0-9 _ - ."
    )]
    BadName { path: String },
    /// A plugin's name says whose position and keys are meant.
    #[error("the file {path} is not loaded: there is a plugin of the same name at {other}")]
    Twice { path: String, other: String },
}

impl Form {
    /// By the file's ending; none for a file that is no plugin.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "wasm" => Some(Self::Component),
            _ => Language::of(path).map(Self::Script),
        }
    }
}

/// Names the plugins behind files, in the order of the directories; what comes first counts.
pub fn name(files: impl IntoIterator<Item = File>) -> (Listing, Vec<Unusable>) {
    let mut listing = Listing::new();
    let mut unusable = Vec::new();
    for file in files {
        let path = file.path.display().to_string();
        match plugin_name(&file) {
            None => unusable.push(Unusable::BadName { path }),
            Some(name) => match listing.get(&name) {
                Some(first) => {
                    unusable
                        .push(Unusable::Twice { path, other: first.path.display().to_string() });
                }
                None => {
                    listing.insert(name, file);
                }
            },
        }
    }
    (listing, unusable)
}

fn plugin_name(file: &File) -> Option<String> {
    let name = file.path.file_stem()?.to_str()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!name.is_empty() && name.chars().all(is_plain)).then(|| name.to_owned())
}

/// What happened between two listings.
pub fn changes(before: &Listing, now: &Listing) -> Vec<Change> {
    let removed = before
        .keys()
        .filter(|plugin| !now.contains_key(*plugin))
        .map(|plugin| Change::Removed { plugin: plugin.clone() });
    let changed = now
        .iter()
        .filter(|(plugin, file)| before.get(*plugin) != Some(file))
        .map(|(plugin, file)| Change::Changed { plugin: plugin.clone(), file: file.clone() });
    removed.chain(changed).collect()
}

#[cfg(test)]
mod tests;
