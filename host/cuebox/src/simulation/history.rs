//! What can be seen of a run from outside.

use std::collections::BTreeSet;
use std::fmt;

/// Something that was seen, and when, in milliseconds of true time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub at: i64,
    pub seen: Seen,
}

/// What was seen. Plugins are numbers, events the site's ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A host began.
    Began,
    /// It died, or stopped as it was told to.
    Ended { died: bool },
    /// A plugin was called with events: one, or those that it was handed together.
    Called { plugin: usize, events: Vec<u64>, attempt: u32 },
    /// It said that it is done with them, or that it is not.
    Returned { plugin: usize, events: Vec<u64>, done: bool },
    /// A record came into being on the site, which says whose and what it is.
    Created { plugin: usize, mark: String },
}

/// What is left when all is over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Left {
    /// For each plugin, the dead letters.
    pub letters: Vec<usize>,
    /// For each plugin, how many events it has counted in its key-values.
    pub counts: Vec<u64>,
    /// For each plugin, the records that the audit says it was about to create.
    pub audited: Vec<BTreeSet<String>>,
    /// Whether no record of the audit was lost or changed.
    pub audit_is_whole: bool,
}

/// A whole run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub history: Vec<Moment>,
    pub left: Left,
    /// When the site was asked for its newest entries, which the stream begins after; none if it never began.
    pub begun_at: Option<i64>,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, seen } = self;
        match seen {
            Seen::Began => write!(f, "{at:>8}  the host began"),
            Seen::Ended { died: true } => write!(f, "{at:>8}  it died"),
            Seen::Ended { died: false } => write!(f, "{at:>8}  it stopped"),
            Seen::Called { plugin, events, attempt } => {
                write!(f, "{at:>8}  plugin {plugin} is called with {events:?}, attempt {attempt}")
            }
            Seen::Returned { plugin, events, done } => {
                let how = if *done { "is done with" } else { "fails with" };
                write!(f, "{at:>8}  plugin {plugin} {how} {events:?}")
            }
            Seen::Created { plugin, mark } => {
                write!(f, "{at:>8}  the site has record {mark} of plugin {plugin}")
            }
        }
    }
}
