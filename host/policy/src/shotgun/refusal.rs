//! Why a call is not made, in words for the plugin's author and its operator: what is missing, and the line to write.
//!
//! A text holds names from the call, cut and cleaned, and no value of a field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::grant::{Operation, Projects};
use super::grants::Need;
use super::parse::own_function;

#[cfg(test)]
mod tests;

/// Why a call is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only a plugin that the host has called may call back.
    #[error("cannot {}: the connection works only inside `register` and `handle`", names(.0))]
    Outside(Need),
    /// `register` only reads, whatever is granted.
    #[error("cannot {}: inside `register` the connection only reads; write in `handle`", names(.0))]
    WriteInRegister(Need),
    /// The operator's configuration does not hold it.
    #[error("cannot {}: not granted; add {} to `shotgun` under [plugin.{plugin}.grant]", all_names(.missing), lines(.missing))]
    NotGranted {
        /// Whose grants these are.
        plugin: PluginKey,
        /// What no line holds.
        missing: BTreeSet<Need>,
    },
    /// The plugin's author did not ask for it; what the operator grants cannot make up for that.
    #[error("cannot {}: the plugin does not ask for it; add {} to `shotgun` in its plugin.toml", all_names(.missing), lines(.missing))]
    NotRequested {
        /// What no line holds.
        missing: BTreeSet<Need>,
    },
    /// Each thing is granted, in projects apart from the others.
    #[error("cannot {} together: each is granted in other projects than the rest", all_names(.needs))]
    NoProjectInCommon {
        /// What is granted apart.
        needs: BTreeSet<Need>,
    },
    /// The record is not where the plugin may do this. It may not be there at all.
    #[error("cannot {operation} {} {}: it is in no project that this is granted in ({projects})", shown(entity_type), number(*id))]
    OutsideProjects {
        /// What was tried.
        operation: Operation,
        /// The record's type.
        entity_type: String,
        /// The record; none for a new one.
        id: Option<u64>,
        /// Where it is granted.
        projects: Projects,
    },
    /// A method that the contract has a function for.
    #[error(
        "cannot call `{}` by its name: use the function of the connection, which is granted by {how}",
        shown(method)
    )]
    HasFunction {
        /// The method.
        method: String,
        /// How the function is granted.
        how: &'static str,
    },
    /// It cannot be held to what is granted.
    #[error("cannot {what} `{}`: {why}", shown(.path))]
    CannotBeHeld {
        /// What was to be done with it.
        what: &'static str,
        /// The path to a field.
        path: String,
        /// Why that is refused, and what can be done instead.
        why: String,
    },
}

/// A plugin's name as it stands in the header of a table; `NAME` while it is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PluginKey(Option<String>);

/// Longest name that is repeated in a refusal. Names come from guests, and those of the schema are far below this.
const NAME_CHARS_MAX: usize = 80;

/// How many missing things a refusal names.
const MISSING_MAX: usize = 8;

impl Refusal {
    /// The same refusal, with the plugin's own name in the line to write.
    #[must_use]
    pub fn for_plugin(mut self, name: &str) -> Self {
        if let Self::NotGranted { plugin, .. } = &mut self {
            *plugin = PluginKey::of(name);
        }
        self
    }

    /// What the operator's lines lack. A method with a function of its own is not granted by a line.
    pub(super) fn not_granted(missing: BTreeSet<Need>) -> Self {
        Self::by_function(&missing).unwrap_or_else(|| Self::NotGranted {
            plugin: PluginKey::default(),
            missing: Self::without_implied(missing),
        })
    }

    /// What the author's lines lack.
    pub(super) fn not_requested(missing: BTreeSet<Need>) -> Self {
        Self::by_function(&missing)
            .unwrap_or_else(|| Self::NotRequested { missing: Self::without_implied(missing) })
    }

    /// What a line for another missing thing would hold, too: whoever reads a field of a record sees which record it is.
    fn without_implied(missing: BTreeSet<Need>) -> BTreeSet<Need> {
        let is_implied = |need: &Need| {
            let with_field = |other: &Need| {
                (other.operation, &other.subject) == (need.operation, &need.subject)
                    && other.field.is_some()
            };
            need.operation == Operation::Read
                && need.field.is_none()
                && missing.iter().any(with_field)
        };
        missing.iter().filter(|need| !is_implied(need)).cloned().collect()
    }

    fn by_function(missing: &BTreeSet<Need>) -> Option<Self> {
        let mut calls = missing.iter().filter(|need| need.operation == Operation::Call);
        calls.find_map(|need| {
            let how = own_function(&need.subject)?;
            Some(Self::HasFunction { method: need.subject.clone(), how })
        })
    }

    pub(super) fn cannot_be_held(what: &'static str, path: &str, why: impl Into<String>) -> Self {
        Self::CannotBeHeld { what, path: path.to_owned(), why: why.into() }
    }
}

impl PluginKey {
    /// The key of this plugin.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self(Some(name.to_owned()))
    }
}

impl fmt::Display for PluginKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        match &self.0 {
            None => f.write_str("NAME"),
            Some(name) if !name.is_empty() && name.chars().all(is_bare) => f.write_str(name),
            Some(name) => write!(f, "\"{}\"", name.escape_debug()),
        }
    }
}

impl fmt::Display for Projects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any project"),
            Self::Only(ids) => {
                let ids: Vec<_> = ids.iter().map(u64::to_string).collect();
                write!(f, "project {}", ids.join(", "))
            }
        }
    }
}

/// `read Task.code`
fn names(need: &Need) -> String {
    let field = need.field.as_ref().map(|field| format!(".{}", shown(field)));
    format!("{} {}{}", need.operation, shown(&need.subject), field.unwrap_or_default())
}

fn all_names(needs: &BTreeSet<Need>) -> String {
    let mut names: Vec<_> = needs.iter().take(MISSING_MAX).map(names).collect();
    if needs.len() > MISSING_MAX {
        names.push(format!("{} more", needs.len() - MISSING_MAX));
    }
    names.join(", ")
}

/// The lines that would hold them: `"read Task.code,content", "update Shot.code"`.
fn lines(needs: &BTreeSet<Need>) -> String {
    let mut fields: BTreeMap<(Operation, &str), Vec<String>> = BTreeMap::new();
    for need in needs.iter().take(MISSING_MAX) {
        let field = match (need.operation, &need.field) {
            (_, Some(field)) => Some(shown(field)),
            (Operation::Upload, None) => Some("*".to_owned()),
            (operation, None) => operation.is_on_fields().then(|| "id".to_owned()),
        };
        fields.entry((need.operation, &need.subject)).or_default().extend(field);
    }
    let line = |((operation, subject), fields): ((Operation, &str), Vec<String>)| {
        let subject = shown(subject);
        match &fields[..] {
            [] => format!("\"{operation} {subject}\""),
            fields => format!("\"{operation} {subject}.{}\"", fields.join(",")),
        }
    };
    fields.into_iter().map(line).collect::<Vec<_>>().join(", ")
}

fn number(id: Option<u64>) -> String {
    id.map_or_else(|| "without a project".to_owned(), |id| id.to_string())
}

fn shown(name: &str) -> String {
    shortened(name, NAME_CHARS_MAX)
}

/// A text as a message may hold it: short, and with nothing that a terminal would obey.
pub(super) fn shortened(text: &str, chars_max: usize) -> String {
    let visible = |c: char| if c.is_control() { '?' } else { c };
    let mut short: String = text.chars().take(chars_max).map(visible).collect();
    if text.chars().nth(chars_max).is_some() {
        short.push('…');
    }
    short
}
