//! A line that allowed a call, as the audit has it: `grant.shotgun[2] (line 14): update Shot.description`. Pure.
//!
//! Older records lack the place: `grant.shotgun: update Shot.description`. They are shown as they are.

use std::fmt;

use policy::shotgun::PluginKey;
use serde_json::{Value, json};

#[cfg(test)]
mod tests;

/// A line that allowed a call of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditedLine<'r> {
    plugin: &'r str,
    /// Its list and its number there, as far as they are known: `grant.shotgun[2]`.
    place: &'r str,
    /// The line of the file then.
    file_line: Option<usize>,
    /// What it said then.
    text: &'r str,
}

/// What the lists of an author's `plugin.toml` begin with.
const OF_AUTHOR: &str = "needs.";

impl<'r> AuditedLine<'r> {
    /// The lines of a record of this plugin.
    pub fn all(plugin: &'r str, lines: &'r str) -> impl Iterator<Item = Self> {
        lines.lines().map(move |line| Self::read(plugin, line))
    }

    fn read(plugin: &'r str, line: &'r str) -> Self {
        let (place, text) = line.split_once(": ").unwrap_or(("", line));
        let with_line = place.strip_suffix(')').and_then(|place| place.split_once(" (line "));
        let with_line = with_line.and_then(|(place, line)| Some((place, line.parse().ok()?)));
        let (place, file_line) =
            with_line.map_or((place, None), |(place, line)| (place, Some(line)));
        Self { plugin, place, file_line, text }
    }

    /// Whether the author asked by it for what was done; otherwise, the operator granted it.
    pub fn is_of_author(&self) -> bool {
        self.place.starts_with(OF_AUTHOR)
    }

    /// As `--json` prints it.
    pub fn to_json(&self) -> Value {
        json!({"place": self.whole_place(), "file_line": self.file_line, "text": self.text})
    }

    /// With the file or the section that its list is in.
    fn whole_place(&self) -> String {
        match self.is_of_author() {
            true => format!("plugin.toml {}", self.place),
            false => format!("[plugin.{}] {}", PluginKey::of(self.plugin), self.place),
        }
    }
}

impl fmt::Display for AuditedLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole_place())?;
        if let Some(line) = self.file_line {
            write!(f, " (line {line})")?;
        }
        write!(f, ": {}", self.text)
    }
}
