//! What a plugin is made of, as far as its author writes it: whether any of it changed since.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

#[cfg(test)]
mod tests;

/// Folders of what is made, or fetched.
const MADE: [&str; 8] =
    [".cuebox", ".git", ".venv", "__pycache__", "build", "node_modules", "target", "third_party"];

/// Files that package managers write.
const LOCKS: [&str; 3] = ["Cargo.lock", "go.sum", "package-lock.json"];

/// Files, each with its time of change and its length.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sources(BTreeMap<PathBuf, (SystemTime, u64)>);

impl Sources {
    /// The files below a folder. What cannot be read is not there.
    pub fn of(folder: &Path) -> Self {
        let mut sources = Self::default();
        sources.walk(folder);
        sources
    }

    /// The folders that they are in, which is where changes happen.
    pub fn folders(&self) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> =
            self.0.keys().filter_map(|path| path.parent().map(Path::to_owned)).collect();
        folders.dedup();
        folders.sort();
        folders.dedup();
        folders
    }

    fn walk(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() && !MADE.iter().any(|made| name == *made) {
                self.walk(&path);
            } else if metadata.is_file() && !LOCKS.iter().any(|lock| name == *lock) {
                let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                self.0.insert(path, (modified, metadata.len()));
            }
        }
    }
}
