//! The site as a server: API3 JSON-RPC over HTTP in front of the model, with faults, a control endpoint, and a page for
//! people. Decides nothing about answers or faults; it performs what `model` and `faults` decide.
//!
//! | path | |
//! |---|---|
//! | `POST /api3/json` | the API |
//! | `/upload/..`, `/file_serve/..` | files: see `upload` and `download` |
//! | `GET /`           | a page for people; what it is made of is listed in `page` |
//! | `GET /cuebox/faults`   | the fault rules and how often each struck |
//! | `POST /cuebox/faults`  | `{"clear": true, "remove": [3], "seed": 7, "rules": [..]}`, each key optional |
//! | `GET /cuebox/settings`  | what the site's administrators chose |
//! | `POST /cuebox/settings` | chooses anew: an object of the keys that change |
//! | `POST /cuebox/sessions` | `"expire_all"` or `{"expire": TOKEN}` |
//! | `GET /cuebox/clock`    | what time it is, and how it goes |
//! | `POST /cuebox/clock`   | `{"time": "2026-03-01T08:00:00Z", "speed": 60}`: see [`ClockOrder`] |
//! | `GET /cuebox/script`   | how far a script has been played |
//! | `POST /cuebox/script`  | plays a script from now on: a line to each act, see [`Script`] |
//! | `GET /cuebox/counters`  | requests, errors, faults and times by method |
//! | `POST /cuebox/counters` | `{"clear": true}` |
//! | `POST /cuebox/commits` | an order about transactions, such as `"hold"` or `{"skip": 3}` |
//!
//! What begins with `/cuebox`, and the page, is not for other people's web pages: see `guard`.

mod api;
mod builder;
mod connection;
mod control;
mod counters;
mod door;
mod download;
mod guard;
mod limits;
mod page;
mod patience;
mod player;
mod shared;
mod storage;
mod strike;
#[cfg(test)]
mod tests;
mod trickle;
mod upload;
mod wording;
mod worker;
mod written;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use tokio::sync::Mutex;

use crate::clock::{Clock, ClockError, ClockOrder};
use crate::faults::{Active, FaultOrder, FaultOrderError, Rule, RuleError};
use crate::model::{Model, Now};
use crate::recording::Recovered;
use crate::script::{Script, ScriptError};
use crate::seed::{self, Production};
use crate::stage::CommitOrder;
use crate::wire::{Answer, ApiError, Request};

pub use builder::{Builder, StartError};
pub use counters::Figures;
pub use limits::Limits;
pub use player::{Progress, Refusal};
pub use worker::{Pace, Worker};
pub use written::Written;

use door::Door;
use shared::Shared;

/// The most that a request may carry. Batches of whole productions fit, and a client cannot fill the memory at once.
pub const BODY_BYTES_MAX: usize = 100_000_000;

/// A running site. Its connections end when it is dropped.
#[derive(Debug)]
pub struct Site {
    shared: Arc<Shared>,
    production: Production,
    recovered: Option<Recovered>,
    router: Router,
    door: Mutex<Door>,
    address: SocketAddr,
}

impl Site {
    /// A site that is to be started, by default in memory on a free port of the loopback interface, with the time of day
    /// and the scene `short`: `Site::builder().seed(1).start().await?`.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts a site with the scene `short` and what `options` say.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn with_production(
        options: &seed::Options,
    ) -> Result<(Self, Production), StartError> {
        let mut builder = Self::builder().seed(options.seed).began(options.now);
        for script in &options.scripts {
            builder = builder.script(&script.name, script.key.as_deref());
        }
        let site = builder.start().await?;
        let production = site.production.clone();
        Ok((site, production))
    }

    /// What the site began with: its people, scripts and keys.
    #[must_use]
    pub fn production(&self) -> &Production {
        &self.production
    }

    /// What a crash had cut off of the site's file, if anything.
    #[must_use]
    pub fn recovered(&self) -> Option<&Recovered> {
        self.recovered.as_ref()
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

    /// Follows an order about faults, as the control endpoint does.
    ///
    /// # Errors
    /// If a rule cannot be followed; nothing is changed then.
    pub fn order_faults(&self, order: FaultOrder) -> Result<(), FaultOrderError> {
        self.shared.order_faults(order)
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
        self.shared.counters().came()
    }

    /// What is counted of the requests, by method.
    #[must_use]
    pub fn figures(&self) -> BTreeMap<String, Figures> {
        self.shared.counters().figures()
    }

    /// Keeps what is written from now on, for [`Site::take_writes`].
    pub fn watch_writes(&self) {
        self.shared.writes().watch();
    }

    /// What was written over the API since this was last asked, in order; only what was done, and nothing while nobody watches.
    #[must_use]
    pub fn take_writes(&self) -> Vec<Written> {
        self.shared.writes().take()
    }

    /// What time it is on the site.
    #[must_use]
    pub fn now(&self) -> Now {
        self.shared.now()
    }

    /// How the site's time goes.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.shared.clock().0
    }

    /// Lets the site's time go in another way from now on.
    pub fn set_clock(&self, clock: Clock) {
        self.shared.set_clock(clock);
    }

    /// Follows an order about the clock, as the control endpoint does.
    ///
    /// # Errors
    /// If the order cannot be followed; nothing is changed then.
    pub fn order_clock(&self, order: &ClockOrder) -> Result<(), ClockError> {
        self.shared.order_clock(order)
    }

    /// Moves the clock on, unless it is the time of day.
    pub fn advance(&self, duration: Duration) {
        self.shared.advance(duration);
    }

    /// Performs what a script has due once `elapsed` has passed since its beginning, in order; a request that the API
    /// refuses is passed over. A clock that stands still is at each act's time, counted from `beginning`.
    pub fn play(&self, script: &mut Script, beginning: Now, elapsed: Duration) {
        for line in script.due(elapsed) {
            self.shared.move_time(Now(beginning.0.saturating_add(line.at_ms)));
            drop(self.shared.act(&line.act, None));
        }
    }

    /// Plays a script by the site's clock from now on, in place of the one before. What is due at once is done when this
    /// returns, and later what a change of the clock makes due. Belongs in a tokio runtime.
    ///
    /// # Errors
    /// If a line of it cannot be followed; nothing is played then.
    pub fn start_script(&self, text: &str) -> Result<Progress, ScriptError> {
        self.shared.play(text)
    }

    /// How far the script has been played; none if none was started.
    #[must_use]
    pub fn script_progress(&self) -> Option<Progress> {
        self.shared.progress()
    }

    /// Sets a crew to work, until the worker is stopped or dropped.
    #[must_use]
    pub fn employ(&self, crew: crate::crew::Crew, pace: Pace) -> Worker {
        Worker::start(Arc::clone(&self.shared), crew, pace)
    }

    /// Opens a studio, whose people work by the site's clock until the worker is stopped or dropped.
    #[must_use]
    pub fn employ_studio(&self, studio: crate::crew::Studio) -> Worker {
        Worker::open(Arc::clone(&self.shared), studio)
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
        self.door.lock().await.reopen(&self.router, &self.shared)
    }

    /// Ends every connection and gives the port back. Returns when that is done.
    pub async fn stop(self) {
        // The port that is held for a return is given back with the door.
        self.door.into_inner().close().await.ok();
        self.shared.release_recording();
    }
}

fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api3/json", post(api::handle))
        .route("/cuebox/faults", get(control::faults).post(control::set_faults))
        .route("/cuebox/settings", get(control::settings).post(control::set_settings))
        .route("/cuebox/sessions", post(control::order_sessions))
        .route("/cuebox/clock", get(control::clock).post(control::set_clock))
        .route("/cuebox/script", get(player::script).post(player::set_script))
        .route("/cuebox/counters", get(control::counters).post(control::set_counters))
        .route("/cuebox/commits", post(control::order_commits))
        .merge(page::routes())
        .merge(upload::routes())
        .merge(download::routes())
        .layer(from_fn(guard::check))
        .with_state(shared)
}
