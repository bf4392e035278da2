//! An instance whose delivery is recorded.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use runtime::{Effects, Event, Instance, Registration, Report, Setup, StartError, Tape};

use super::shelf::Shelf;
use crate::lane::guest::{Guest, Sandboxed};

/// An instance with a tape, made for one delivery.
pub struct Recorded {
    instance: Instance,
    tape: Tape,
    shelf: Arc<Shelf>,
    setup: Arc<Setup>,
}

impl Recorded {
    /// Makes an instance, and records how it registers.
    pub async fn start(
        plugin: &Sandboxed,
        shelf: Arc<Shelf>,
    ) -> Result<(Self, Registration), StartError> {
        let Sandboxed { engine, component, setup, .. } = plugin;
        let tape = Tape::recording(shelf.bytes_max());
        let started = Instance::start_on(engine, component, setup.clone(), tape.clone());
        let (instance, registration) = started.await?;
        Ok((Self { instance, tape, shelf, setup: setup.clone() }, registration))
    }
}

impl Guest for Recorded {
    fn call<'a>(
        &'a mut self,
        callback: &'a str,
        event: &'a Event,
        session_uuid: Option<String>,
        effects: Effects,
    ) -> BoxFuture<'a, Report> {
        Box::pin(async move {
            let report = self.instance.call(callback, event, session_uuid, effects).await;
            if self.shelf.wants(&report.outcome) {
                self.shelf.keep(self.tape.transcript(), &self.setup).await;
            }
            report
        })
    }
}
