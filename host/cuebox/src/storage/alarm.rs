//! When the operator is told that the database cannot be written: once, and once more when it can. Pure.

use std::time::{Duration, Instant};

/// A disk that is all but full takes a small change between two large ones that it does not. That is told no more often.
const QUIET: Duration = Duration::from_secs(60);

/// What the operator is to know.
#[derive(Debug, PartialEq, Eq)]
pub enum Notice {
    /// The database takes no changes.
    Lost { why: String, remedy: &'static str },
    /// The database takes changes again.
    Back { after: Duration },
}

/// Whether changes are taken, and what was told of it.
#[derive(Debug, Default)]
pub struct Alarm {
    /// Since when none is taken.
    since: Option<Instant>,
    told: Option<Told>,
}

#[derive(Debug)]
struct Told {
    remedy: &'static str,
    at: Instant,
    /// Nobody was told that it is over.
    stands: bool,
}

impl Alarm {
    /// Takes in why the last change was not taken, and what helps; answers what is to be told. Failures of one kind have the
    /// same remedy.
    pub fn look(&mut self, failure: Option<(&str, &'static str)>, now: Instant) -> Option<Notice> {
        let Some((why, remedy)) = failure else { return self.end(now) };
        self.since.get_or_insert(now);
        let is_news = self.told.as_ref().is_none_or(|told| {
            told.remedy != remedy || (!told.stands && now.duration_since(told.at) >= QUIET)
        });
        is_news.then(|| {
            self.told = Some(Told { remedy, at: now, stands: true });
            Notice::Lost { why: why.to_owned(), remedy }
        })
    }

    fn end(&mut self, now: Instant) -> Option<Notice> {
        let since = self.since.take()?;
        let told = self.told.as_mut().filter(|told| told.stands)?;
        told.stands = false;
        Some(Notice::Back { after: now.duration_since(since) })
    }
}

#[cfg(test)]
mod tests;
