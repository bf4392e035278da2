//! A journal for those who hand nothing over twice.

use super::{Beginning, Created, Effect, EffectJournal, Ending, Evidence, Stored};

/// Keeps nothing: for tests of plugins, and wherever else each event is handed over once.
#[derive(Debug, Clone, Copy)]
pub struct Forgetful;

impl EffectJournal for Forgetful {
    fn begin<'a>(&'a self, _: &'a Effect, _: Beginning<'a>, _: &'a Evidence) -> Stored<'a> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn end<'a>(&'a self, _: &'a Effect, _: &'a [Created], _: &'a Ending) -> Stored<'a> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn below(&self, _: &str) -> Option<u64> {
        None
    }
}
