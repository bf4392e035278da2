//! A journal for those who hand nothing over twice.

use super::{Created, Effect, EffectJournal, Ending, Evidence, Stored};

/// Keeps nothing: for tests of plugins, and wherever else each event is handed over once.
#[derive(Debug, Clone, Copy)]
pub struct Forgetful;

fn done<'a>() -> Stored<'a> {
    Box::pin(std::future::ready(Ok(())))
}

impl EffectJournal for Forgetful {
    fn intend<'a>(&'a self, _: &'a Effect, _: &'a [Created], _: &'a Evidence) -> Stored<'a> {
        done()
    }

    fn repeat<'a>(&'a self, _: &'a Effect, _: &'a Evidence) -> Stored<'a> {
        done()
    }

    fn answer<'a>(&'a self, _: &'a Effect, _: &'a [Created], _: &'a Ending) -> Stored<'a> {
        done()
    }

    fn forget<'a>(&'a self, _: &'a Effect, _: &'a Ending) -> Stored<'a> {
        done()
    }

    fn doubt<'a>(&'a self, _: &'a Effect, _: &'a Ending) -> Stored<'a> {
        done()
    }

    fn pretend<'a>(&'a self, _: &'a Effect, _: &'a Evidence) -> Stored<'a> {
        done()
    }

    fn below(&self, _: &str) -> Option<u64> {
        None
    }
}
