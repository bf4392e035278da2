//! What a lane calls: a plugin version, of which instances can be made. The sandbox, and in tests what stands in for it.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use runtime::{
    Component, Digest, Effects, Engine, Event, Instance, Registration, Report, Setup, StartError,
};

use super::background::Pace;
use crate::recording::{Recorded, Shelf};

/// A new instance, and what it registered.
pub type Started = Result<(Box<dyn Guest>, Registration), StartError>;

/// One version of a plugin.
pub trait Plugin: Send + Sync {
    /// What it is known by.
    fn digest(&self) -> Digest;

    /// Makes an instance and lets it register.
    fn start(&self) -> BoxFuture<'_, Started>;

    /// How what it does is kept from holding up others; none if it cannot.
    fn pace(&self) -> Option<&Pace> {
        None
    }
}

/// Does something with a plugin, which holds up no other by it.
pub async fn paced<T: Send + 'static>(
    plugin: &dyn Plugin,
    doing: impl Future<Output = T> + Send + 'static,
) -> T {
    match plugin.pace() {
        Some(pace) => pace.run(doing).await,
        None => doing.await,
    }
}

/// One instance of it. Takes one call at a time.
pub trait Guest: Send {
    /// Hands one event to one callback; see [`Instance::call`].
    fn call<'a>(
        &'a mut self,
        callback: &'a str,
        event: &'a Event,
        session_uuid: Option<String>,
        effects: Effects,
    ) -> BoxFuture<'a, Report>;
}

/// A version whose instances run in the sandbox.
pub struct Sandboxed {
    pub engine: Engine,
    pub component: Component,
    pub setup: Arc<Setup>,
    /// Where its deliveries are recorded, if they are.
    pub shelf: Option<Arc<Shelf>>,
    pub pace: Pace,
}

impl Plugin for Sandboxed {
    fn digest(&self) -> Digest {
        self.component.digest()
    }

    fn start(&self) -> BoxFuture<'_, Started> {
        Box::pin(async {
            if let Some(shelf) = &self.shelf {
                let (guest, registration) = Recorded::start(self, shelf.clone()).await?;
                return Ok((Box::new(guest) as Box<dyn Guest>, registration));
            }
            let started = Instance::start(&self.engine, &self.component, self.setup.clone());
            let (instance, registration) = started.await?;
            Ok((Box::new(instance) as Box<dyn Guest>, registration))
        })
    }

    fn pace(&self) -> Option<&Pace> {
        Some(&self.pace)
    }
}

impl Guest for Instance {
    fn call<'a>(
        &'a mut self,
        callback: &'a str,
        event: &'a Event,
        session_uuid: Option<String>,
        effects: Effects,
    ) -> BoxFuture<'a, Report> {
        Box::pin(Instance::call(self, callback, event, session_uuid, effects))
    }
}
