//! What stands in the place of other hosts while a case runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::{Connector, HttpRequest};

use crate::authoring::case::{Case, Names};
use crate::authoring::requests::Requests;
use crate::authoring::writes::Compared;

/// What stands in the place of other hosts.
#[derive(Clone)]
pub struct Others(Arc<Mutex<(Requests, Names)>>);

impl Others {
    /// Answers as the case says, in which records have these names.
    pub fn new(case: &Case, names: &Names) -> Self {
        Self(Arc::new(Mutex::new((Requests::new(&case.http), names.clone()))))
    }

    /// The way to it, for the plugin.
    pub fn connector(&self) -> Connector {
        let others = self.clone();
        Connector::answered_by(Arc::new(move |request: HttpRequest| {
            let (requests, names) = &mut *others.held();
            requests.answer(&request, names)
        }))
    }

    /// Records have been made since.
    pub fn learn(&self, names: &Names) {
        self.held().1.clone_from(names);
    }

    /// What it was asked beside what it was to be asked.
    pub fn compared(&self) -> Vec<Compared> {
        let (requests, names) = &mut *self.held();
        std::mem::take(requests).compared(names)
    }

    fn held(&self) -> MutexGuard<'_, (Requests, Names)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
