//! `plugin.toml`: what a plugin's author says about it. What it needs is asked for here and granted elsewhere, so nothing in
//! here widens what a plugin may do.
//!
//! The text comes out of a file of a stranger: it is bounded, everything that is wrong with it is said at once, and no text
//! of it holds a character that a terminal would obey.

mod needs;
pub(crate) mod table;

use std::collections::BTreeMap;

use toml::de::DeTable;

use crate::problem::{Position, Problem, Problems};
use crate::setting::{self, Setting};
use table::{Reader, Table};

pub use needs::{Need, Needs, New, Service, new_needs};
pub use table::kind;

#[cfg(test)]
mod tests;

/// What the file is called, and its place in messages.
pub const FILE_NAME: &str = "plugin.toml";

/// The longest text. Long ones are a few hundred lines; this is more than a person reads before they approve it.
pub const BYTES_MAX: usize = 64 << 10;

/// Entries of any list or table.
const ENTRIES_MAX: usize = 200;

/// What a plugin's author says about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// What the author calls it. The name that counts is that of its file, which the operator chooses.
    pub name: String,
    /// The author's number for this version.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// Who made it.
    pub authors: Vec<String>,
    /// Under which licence.
    pub license: Option<String>,
    /// What it asks for.
    pub needs: Needs,
    /// The settings that it reads.
    pub settings: BTreeMap<String, Setting>,
}

impl Manifest {
    /// Reads a text. Fails with everything that is wrong in it.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        if text.len() > BYTES_MAX {
            return Err(Problems::new(vec![whole(format!(
                "is {} bytes long; at most {BYTES_MAX} are read",
                text.len()
            ))]));
        }
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            let problem = |error: toml::de::Error| Problem {
                position: error.span().map(|span| Position::of(text, span.start)),
                ..whole(format!("not TOML: {}", error.message().trim().replace('\n', ", ")))
            };
            let problems = errors.into_iter().take(table::PROBLEMS_MAX).map(problem);
            return Err(Problems::new(problems.collect()));
        }
        let reader = Reader::new(text);
        let manifest = manifest(Table::root(&reader, table.get_ref()));
        let problems = Problems::new(reader.finish());
        match manifest {
            Some(manifest) if problems.is_empty() => Ok(manifest),
            _ => Err(problems),
        }
    }
}

fn whole(text: String) -> Problem {
    Problem { file: FILE_NAME.to_owned(), position: None, key: String::new(), text }
}

fn manifest(mut root: Table<'_>) -> Option<Manifest> {
    let plugin = root.required_table("plugin");
    let needs = root.table("needs").map(needs::read).unwrap_or_default();
    let settings = root.table("settings").map(setting::declared).unwrap_or_default();
    root.finish();
    let mut plugin = plugin?;
    let name = plugin.required_text("name", |name| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        match name.len() <= 80 && name.chars().all(is_plain) {
            true => Ok(()),
            false => Err("must be of the characters a-z A-Z 0-9 _ - . and at most 80 of them"),
        }
    });
    let version = plugin.required_text("version", |version| match is_version(version) {
        true => Ok(()),
        false => Err("must be three numbers, such as \"1.0.2\" or \"1.1.0-beta.2\""),
    });
    let description = plugin.required_text("description", |_| Ok(()));
    let authors = plugin.texts("authors");
    if authors.as_ref().is_some_and(Vec::is_empty) || !plugin.has("authors") {
        plugin.missing("authors", "authors = [\"…\"]");
    }
    let license = plugin.text("license", |_| Ok(()));
    plugin.finish();
    Some(Manifest {
        name: name?,
        version: version?,
        description: description?,
        authors: authors?,
        license,
        needs,
        settings,
    })
}

/// Three numbers, and after a `-` or `+` what semantic versions allow there.
fn is_version(text: &str) -> bool {
    let (numbers, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let is_number = |part: &str| {
        !part.is_empty() && part.len() <= 9 && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
    numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && rest.len() != 1
        && rest.len() <= 60
        && rest.chars().all(is_rest)
}
