//! What a plugin in shadow wanted to change, for its author to see. Nothing gets past here: a change that was not pretended is not
//! let go out.

use std::sync::{Arc, Mutex, PoisonError};

use runtime::{Created, Effect, EffectJournal, Ending, Evidence, JournalError, Stored};

use super::writes::Line;

/// The changes that were pretended since this was last looked at. A clone is the same one.
#[derive(Clone, Default)]
pub struct Pretended(Arc<Mutex<Vec<Line>>>);

impl Pretended {
    /// What was pretended since this was last asked, in order.
    pub fn take(&self) -> Vec<Line> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Keeps a change that would be made from being made.
fn kept_in<'a>() -> Stored<'a> {
    let why = "the plugin is in shadow, and changes nothing";
    Box::pin(std::future::ready(Err(JournalError(why.to_owned()))))
}

impl EffectJournal for Pretended {
    fn intend<'a>(&'a self, _: &'a Effect, _: &'a [Created], _: &'a Evidence) -> Stored<'a> {
        kept_in()
    }

    fn repeat<'a>(&'a self, _: &'a Effect, _: &'a Evidence) -> Stored<'a> {
        kept_in()
    }

    fn answer<'a>(&'a self, _: &'a Effect, _: &'a [Created], _: &'a Ending) -> Stored<'a> {
        kept_in()
    }

    fn forget<'a>(&'a self, _: &'a Effect, _: &'a Ending) -> Stored<'a> {
        kept_in()
    }

    fn doubt<'a>(&'a self, _: &'a Effect, _: &'a Ending) -> Stored<'a> {
        kept_in()
    }

    fn pretend<'a>(&'a self, effect: &'a Effect, evidence: &'a Evidence) -> Stored<'a> {
        let lines = Line::pretended(&effect.function, &effect.subject, evidence);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(lines);
        Box::pin(std::future::ready(Ok(())))
    }

    fn below(&self, _: &str) -> Option<u64> {
        None
    }
}

#[cfg(test)]
mod tests;
