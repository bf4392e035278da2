//! How far the plugins are that others come after: a lane of one that says `after = ["other"]` delivers nothing that the other has
//! not finished, and committed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use eventlog::Seq;

use crate::news::{Follower, News};

/// How far plugins are, for each other. Cheap to clone.
#[derive(Clone)]
pub struct Standings {
    /// The plugins that others come after. The others say nothing here.
    followed: Arc<BTreeSet<String>>,
    all: News<All>,
}

/// How far one plugin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Everything up to here is finished, and stays so.
    pub position: Seq,
    /// Whether it goes on by itself: a failure has not stopped it, and it could be loaded.
    pub is_running: bool,
}

/// Who is how far.
pub type All = BTreeMap<Arc<str>, Standing>;

/// What a plugin waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// The place up to which it can go.
    pub seq: Seq,
    /// The plugin that is there.
    pub plugin: Arc<str>,
    /// Whether that one goes on by itself.
    pub is_running: bool,
}

impl Standings {
    /// Of these plugins others want to know.
    pub fn new(followed: BTreeSet<String>) -> Self {
        Self { followed: Arc::new(followed), all: News::new(All::new()) }
    }

    /// Whether others come after this plugin.
    pub fn is_followed(&self, plugin: &str) -> bool {
        self.followed.contains(plugin)
    }

    /// Says how far a plugin is; none if nobody is to wait for it, because it is turned off or gone.
    pub fn publish(&self, plugin: &Arc<str>, standing: Option<Standing>) {
        self.all.change(|all| match standing {
            Some(standing) => all.insert(plugin.clone(), standing) != Some(standing),
            None => all.remove(plugin).is_some(),
        });
    }

    /// What the plugin waits for that comes after these; none if none of them holds it.
    pub fn ceiling(&self, after: &[String]) -> Option<Ceiling> {
        self.all.read(|all| {
            let standings = after.iter().filter_map(|name| all.get_key_value(name.as_str()));
            let (plugin, standing) = standings.min_by_key(|(_, standing)| standing.position)?;
            let Standing { position, is_running } = *standing;
            Some(Ceiling { seq: position, plugin: plugin.clone(), is_running })
        })
    }

    /// Tells when any of them has gone on.
    pub fn changes(&self) -> Follower<All> {
        self.all.follow()
    }
}

#[cfg(test)]
mod tests;
