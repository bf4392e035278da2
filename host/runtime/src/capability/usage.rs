//! What a plugin's calls needed: for suggesting the smallest grants. Names of types and fields, of methods and hosts, and no values.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use policy::network::Target;
use policy::shotgun::{Need, Needed};

/// How much is kept for one plugin. One that needs more has made names up.
const USES_MAX: usize = 2_000;

/// One thing that a call needed, and whether it was granted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Of the site.
    Shotgun {
        /// What, and where.
        needed: Needed,
        /// Whether it was granted.
        is_granted: bool,
    },
    /// Of another host.
    Http {
        /// The method.
        method: String,
        /// Scheme, host, port, and no more than the first part of the path: the rest can be a secret.
        url: String,
        /// Whether it was granted.
        is_granted: bool,
    },
}

/// What a plugin's calls needed since the host started, shared by all instances of it. A clone is the same one.
#[derive(Debug, Clone, Default)]
pub struct Usage(Arc<Mutex<Uses>>);

#[derive(Debug, Default)]
struct Uses {
    known: BTreeSet<Use>,
    news: Vec<Use>,
}

impl Usage {
    /// What was not there when this was asked last.
    pub fn take_news(&self) -> Vec<Use> {
        std::mem::take(&mut self.lock().news)
    }

    pub(super) fn note_needs<'a>(
        &self,
        needs: impl IntoIterator<Item = &'a Need>,
        project: Option<u64>,
        is_granted: bool,
    ) {
        let mut uses = self.lock();
        for need in needs {
            let needed = Needed { need: need.clone(), project };
            uses.note(Use::Shotgun { needed, is_granted });
        }
    }

    pub(super) fn note_request(&self, method: &str, target: &Target, is_granted: bool) {
        let mut parts = target.path.splitn(3, '/').skip(1);
        let first = parts.next().unwrap_or_default();
        let border = if parts.next().is_some() { "/" } else { "" };
        let url = format!("{}/{first}{border}", target.origin());
        self.lock().note(Use::Http { method: method.to_owned(), url, is_granted });
    }

    fn lock(&self) -> MutexGuard<'_, Uses> {
        // A panic between two statements of this file leaves a whole set behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Uses {
    fn note(&mut self, one: Use) {
        // Nearly all are known.
        if self.known.len() < USES_MAX && !self.known.contains(&one) {
            self.known.insert(one.clone());
            self.news.push(one);
        }
    }
}
