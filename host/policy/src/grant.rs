//! Grants: what the operator's configuration allows to one plugin. Knows no file format; `cuebox` reads the text.

use std::fmt;

use crate::decision::Refusal;
use crate::manifest::Needs;
use crate::shotgun;

#[cfg(test)]
mod tests;

/// How far a plugin may go on the site. Each level holds the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SiteAccess {
    /// The plugin is given events, and can ask the site nothing.
    #[default]
    None,
    /// It can read whatever its script user can read.
    Read,
    /// It can read and write whatever its script user can.
    Write,
}

/// What a call does to the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Changes nothing: find, summarize, schema, download.
    Read,
    /// May change something: create, update, delete, revive, batch, upload, and any method not known to read.
    Write,
}

/// All that one plugin is allowed. The default is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// On the site, through the Shotgun connection.
    pub shotgun: SiteAccess,
}

impl Grants {
    /// Whether these grants hold `operation`. `subject` is what it is done to, an entity type or a method's name; it is
    /// named in the refusal and decides nothing yet.
    pub fn allow(&self, operation: Operation, subject: &str) -> Result<(), Refusal> {
        if self.shotgun >= operation.access_needed() {
            return Ok(());
        }
        Err(Refusal::not_granted(operation, subject, self.shotgun))
    }
}

impl Grants {
    /// What of these grants a plugin's author asks for. Never more than the grants.
    #[must_use]
    pub fn within(&self, needs: &Needs) -> Self {
        let lines = needs.shotgun_lines();
        let reading: shotgun::Grants =
            [shotgun::Grant::Word(shotgun::Word::Read)].into_iter().collect();
        let asked = match lines {
            lines if lines.is_empty() => SiteAccess::None,
            lines if lines.is_within(&reading) => SiteAccess::Read,
            _ => SiteAccess::Write,
        };
        Self { shotgun: self.shotgun.min(asked) }
    }
}

impl Operation {
    /// The least access that holds this operation.
    #[must_use]
    pub fn access_needed(self) -> SiteAccess {
        match self {
            Self::Read => SiteAccess::Read,
            Self::Write => SiteAccess::Write,
        }
    }
}

impl SiteAccess {
    /// Every level, from the least on.
    pub const ALL: [Self; 3] = [Self::None, Self::Read, Self::Write];

    /// The word for it in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl fmt::Display for SiteAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}
