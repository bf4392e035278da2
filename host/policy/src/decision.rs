//! The decision about one call, and the refusal that says what is missing.

use std::fmt;

use crate::grant::{Grants, Operation, SiteAccess};

#[cfg(test)]
mod tests;

/// What the host has the plugin do at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Nothing: the component is being instantiated, or runs on after its call was over.
    Outside,
    /// `register`: it may look at the site, and must not change it.
    Register,
    /// `handle`: it works on one event.
    Handle,
}

/// Why a call was not made, in words for the plugin's author and its operator.
///
/// The text holds what is missing and the line to write, and nothing that was in the call but its subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only a plugin that the host has called may call back.
    #[error(
        "cannot {operation} {subject}: the connection works only inside `register` and `handle`"
    )]
    Outside {
        /// What was tried.
        operation: Operation,
        /// The entity type, or the method's name.
        subject: String,
    },
    /// `register` only reads, whatever is granted.
    #[error(
        "cannot write {subject}: inside `register` the connection only reads; write in `handle`"
    )]
    WriteInRegister {
        /// The entity type, or the method's name.
        subject: String,
    },
    /// The operator's configuration does not hold it.
    #[error(
        "cannot {operation} {subject}: granted is shotgun = \"{held}\"; \
         write `shotgun = \"{}\"` under [plugin.{plugin}.grant]",
        .operation.access_needed()
    )]
    NotGranted {
        /// Whose grants these are.
        plugin: PluginKey,
        /// What was tried.
        operation: Operation,
        /// The entity type, or the method's name.
        subject: String,
        /// What the plugin has.
        held: SiteAccess,
    },
}

/// A plugin's name as it stands in the header of a table; `NAME` while it is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PluginKey(Option<String>);

/// Longest part of a subject that is repeated in a refusal. Subjects come from guests, and an entity type or a method's
/// name is far below this.
const SUBJECT_CHARS_MAX: usize = 80;

/// Decides about one call: whether the plugin may call at all now, then whether its grants hold the call.
pub fn decide(
    phase: Phase,
    grants: &Grants,
    operation: Operation,
    subject: &str,
) -> Result<(), Refusal> {
    match (phase, operation) {
        (Phase::Outside, _) => {
            Err(Refusal::Outside { operation, subject: shortened(subject, SUBJECT_CHARS_MAX) })
        }
        (Phase::Register, Operation::Write) => {
            Err(Refusal::WriteInRegister { subject: shortened(subject, SUBJECT_CHARS_MAX) })
        }
        (Phase::Register, Operation::Read) | (Phase::Handle, _) => grants.allow(operation, subject),
    }
}

impl Refusal {
    pub(crate) fn not_granted(operation: Operation, subject: &str, held: SiteAccess) -> Self {
        let subject = shortened(subject, SUBJECT_CHARS_MAX);
        Self::NotGranted { plugin: PluginKey::default(), operation, subject, held }
    }

    /// The same refusal, with the plugin's own name in the line to write.
    #[must_use]
    pub fn for_plugin(mut self, name: &str) -> Self {
        if let Self::NotGranted { plugin, .. } = &mut self {
            *plugin = PluginKey(Some(name.to_owned()));
        }
        self
    }
}

impl PluginKey {
    pub(crate) fn of(name: &str) -> Self {
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

/// A text as a message may hold it: short, and with nothing that a terminal would obey.
pub(crate) fn shortened(text: &str, chars_max: usize) -> String {
    let visible = |c: char| if c.is_control() { '?' } else { c };
    let mut short: String = text.chars().take(chars_max).map(visible).collect();
    if text.chars().nth(chars_max).is_some() {
        short.push('…');
    }
    short
}
