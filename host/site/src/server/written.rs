//! What callers had the site change, kept for those who want to see it: tests of plugins expect exact writes.

use serde_json::Value;

use crate::wire::Request;

/// The most that is kept. More writes than this in one test is a loop.
const WRITES_MAX: usize = 10_000;

/// A request that changed the site.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The script or login that it came from.
    pub by: String,
    /// What was asked for, without what proved who asked.
    pub request: Request,
    /// What the site answered, as its `results`.
    pub results: Value,
}

/// The writes since somebody began to watch; none are kept before.
#[derive(Debug, Default)]
pub(super) struct Writes(Option<Vec<Written>>);

impl Writes {
    /// Keeps writes from now on.
    pub(super) fn watch(&mut self) {
        self.0.get_or_insert_default();
    }

    /// Whether they are kept.
    pub(super) fn are_watched(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn add(&mut self, by: &str, request: &Request, results: Value) {
        let Some(writes) = self.0.as_mut().filter(|writes| writes.len() < WRITES_MAX) else {
            return;
        };
        let mut request = request.clone();
        if let Some(credentials) = request.params.first_mut() {
            *credentials = Value::Null;
        }
        writes.push(Written { by: by.to_owned(), request, results });
    }

    /// Those since this was last asked.
    pub(super) fn take(&mut self) -> Vec<Written> {
        self.0.as_mut().map(std::mem::take).unwrap_or_default()
    }
}
