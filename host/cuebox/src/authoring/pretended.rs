//! What a plugin in shadow wanted to change, for its author to see. Nothing gets past here: a change that was not pretended is not
//! let go out.

use std::sync::{Arc, Mutex, PoisonError};

use runtime::{Beginning, Created, Effect, EffectJournal, Ending, Evidence, JournalError, Stored};

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

impl EffectJournal for Pretended {
    fn begin<'a>(
        &'a self,
        effect: &'a Effect,
        beginning: Beginning<'a>,
        evidence: &'a Evidence,
    ) -> Stored<'a> {
        let kept = match beginning {
            Beginning::Pretended => {
                let lines = Line::pretended(&effect.function, &effect.subject, evidence);
                self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(lines);
                Ok(())
            }
            Beginning::New { .. } | Beginning::Repeated => Err(in_shadow()),
        };
        Box::pin(std::future::ready(kept))
    }

    fn end<'a>(&'a self, _: &'a Effect, _: &'a [Created], _: &'a Ending) -> Stored<'a> {
        Box::pin(std::future::ready(Err(in_shadow())))
    }

    fn below(&self, _: &str) -> Option<u64> {
        None
    }
}

/// What keeps a change from being made.
fn in_shadow() -> JournalError {
    JournalError("the plugin is in shadow, and changes nothing".to_owned())
}

#[cfg(test)]
mod tests;
