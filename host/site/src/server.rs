//! The site as a server: API3 JSON-RPC over HTTP in front of the model, with faults, a control endpoint, and a page for
//! people. Decides nothing about answers or faults; it performs what `model` and `faults` decide.
//!
//! | path | |
//! |---|---|
//! | `POST /api3/json` | the API |
//! | `GET /`           | a page: records, newest events, faults, counters |
//! | `GET /cuebox/faults`   | the fault rules and how often each struck |
//! | `POST /cuebox/faults`  | `{"clear": true, "seed": 7, "rules": [..]}`, each key optional |
//! | `POST /cuebox/commits` | an order about transactions, such as `"hold"` or `{"skip": 3}` |

mod api;
mod clock;
mod connection;
mod control;
mod door;
mod page;
mod shared;
mod strike;
#[cfg(test)]
mod tests;
mod worker;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use tokio::sync::Mutex;

use crate::faults::{Active, Faults, Rule, RuleError};
use crate::model::{Model, Now};
use crate::recording::{Recording, RecordingError};
use crate::script::{Act, Script};
use crate::seed::{self, Production};
use crate::stage::{CommitOrder, Stage};
use crate::wire::{Answer, ApiError, Request};

pub use clock::Clock;
pub use worker::{Pace, Worker};

use door::Door;
use shared::Shared;

/// The most that a request may carry. Batches of whole productions fit, and a client cannot fill the memory at once.
pub const BODY_BYTES_MAX: usize = 100_000_000;

/// A running site. Its connections end when it is dropped.
#[derive(Debug)]
pub struct Site {
    shared: Arc<Shared>,
    router: Router,
    door: Mutex<Door>,
    address: SocketAddr,
}

/// What a site is started with.
#[derive(Debug)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// What it holds.
    pub model: Model,
    /// How it misbehaves from the start.
    pub faults: Faults,
    /// What time it is there.
    pub clock: Clock,
    /// Where writes are recorded, and from where they are taken up again on the same model; in memory if not given.
    pub file: Option<PathBuf>,
    /// When the model was made, for a new file.
    pub began: Now,
}

/// Why a site did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nothing can listen there.
    #[error("the site cannot listen on {address}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Its file cannot be used.
    #[error("the site's recorded writes cannot be taken up")]
    Recording(#[source] RecordingError),
    /// The production could not be made.
    #[error("the production cannot be made on this schema")]
    Seed(#[source] ApiError),
}

impl Site {
    /// Starts a site. Belongs in a tokio runtime.
    ///
    /// # Errors
    /// If the address is taken or the file cannot be used.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { address, model, faults, clock, file, began } = options;
        let mut stage = Stage::new(model);
        let recording = file
            .map(|path| Recording::open(&path, &mut stage, began))
            .transpose()
            .map_err(StartError::Recording)?;
        let shared = Arc::new(Shared::new(stage, faults, clock, recording));
        let router = routes(Arc::clone(&shared));
        let door = Door::open(address, &router)
            .map_err(|source| StartError::Listen { address, source })?;
        Ok(Self { shared, router, address: door.address(), door: Mutex::new(door) })
    }

    /// Starts a site with the seed's production on a free port of the loopback interface, in memory, with the time of
    /// day: what a test wants.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn with_production(
        options: &seed::Options,
    ) -> Result<(Self, Production), StartError> {
        let mut model = Model::new(crate::model::Schema::production());
        let production = seed::plant(&mut model, options).map_err(StartError::Seed)?;
        let site = Self::start(Options {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            model,
            faults: Faults::new(options.seed),
            clock: Clock::Wall,
            file: None,
            began: options.now,
        })
        .await?;
        Ok((site, production))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a client is given, such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Looks at or changes the model, with nothing happening meanwhile. What is changed so is not recorded in a file.
    pub fn with_model<T>(&self, f: impl FnOnce(&mut Model) -> T) -> T {
        f(&mut self.shared.stage().model)
    }

    /// Answers a request as if it had come over the network, without faults and without being counted.
    ///
    /// # Errors
    /// If the API refuses it.
    pub fn rpc(&self, request: &Request) -> Result<Answer, ApiError> {
        self.shared.answer(request)
    }

    /// Puts a fault rule in force, beginning now.
    ///
    /// # Errors
    /// If the rule cannot be followed.
    pub fn add_fault(&self, rule: Rule) -> Result<(), RuleError> {
        self.shared.add_fault(rule)
    }

    /// Ends all faults that the rules cause from the next request on.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// The fault rules and how often each struck.
    #[must_use]
    pub fn faults(&self) -> Vec<Active> {
        self.shared.faults().active().to_vec()
    }

    /// Decides what becomes of transactions.
    pub fn order_commits(&self, order: &CommitOrder) {
        self.shared.order(order);
    }

    /// How many requests came, by method.
    #[must_use]
    pub fn counters(&self) -> BTreeMap<String, u64> {
        self.shared.counters().clone()
    }

    /// What time it is on the site.
    #[must_use]
    pub fn now(&self) -> Now {
        self.shared.now()
    }

    /// Moves a clock that stands still. Does nothing to one that goes by itself.
    pub fn advance(&self, duration: Duration) {
        self.shared.advance(duration);
    }

    /// Performs what a script has due once `elapsed` has passed since its beginning, in order; a request that the API
    /// refuses is passed over. A clock that stands still is at each act's time, counted from `beginning`.
    pub fn play(&self, script: &mut Script, beginning: Now, elapsed: Duration) {
        for line in script.due(elapsed) {
            self.shared.set_time(Now(beginning.0.saturating_add(line.at_ms)));
            match &line.act {
                Act::Request(request) => drop(self.shared.answer(request)),
                Act::Commits(order) => self.shared.order(order),
                Act::Fault(rule) => drop(self.shared.add_fault(rule.clone())),
            }
        }
    }

    /// Sets a crew to work, until the worker is stopped or dropped.
    #[must_use]
    pub fn employ(&self, crew: crate::crew::Crew, pace: Pace) -> Worker {
        Worker::start(Arc::clone(&self.shared), crew, pace)
    }

    /// Ends every connection and refuses new ones, as when a site is down. What it holds stays.
    ///
    /// # Errors
    /// If the port cannot be held for the return.
    pub async fn go_down(&self) -> std::io::Result<()> {
        self.door.lock().await.close().await
    }

    /// Listens again on the same port.
    ///
    /// # Errors
    /// If the system does not allow it.
    pub async fn come_back(&self) -> std::io::Result<()> {
        self.door.lock().await.reopen(&self.router)
    }

    /// Ends every connection and gives the port back. Returns when that is done.
    pub async fn stop(self) {
        // The port that is held for a return is given back with the door.
        self.door.into_inner().close().await.ok();
    }
}

fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api3/json", post(api::handle))
        .route("/cuebox/faults", get(control::faults).post(control::set_faults))
        .route("/cuebox/commits", post(control::order_commits))
        .route("/", get(page::show))
        .with_state(shared)
}
