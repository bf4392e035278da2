//! The control endpoints: faults, commits, settings, sessions, the clock and the counters, from outside the process.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::api::json as json_response;
use super::shared::Shared;
use crate::clock::{Clock, ClockOrder, show_moment};
use crate::faults::FaultOrder;
use crate::stage::{CommitOrder, SessionOrder};

/// The body of `POST /cuebox/counters`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct CounterOrder {
    /// Counts from nothing again.
    clear: bool,
}

pub(super) async fn faults(State(shared): State<Arc<Shared>>) -> Response<Body> {
    show_faults(&shared)
}

pub(super) async fn set_faults(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let order: FaultOrder = match parse(&body) {
        Ok(order) => order,
        Err(refusal) => return *refusal,
    };
    match shared.order_faults(order) {
        Ok(()) => show_faults(&shared),
        Err(error) => refuse(&error),
    }
}

pub(super) async fn order_commits(
    State(shared): State<Arc<Shared>>,
    body: Bytes,
) -> Response<Body> {
    let order: CommitOrder = match parse(&body) {
        Ok(order) => order,
        Err(refusal) => return *refusal,
    };
    shared.order(&order);
    let waiting: Vec<u64> = shared.stage().model.waiting_event_ids().collect();
    json_response(json!({"waiting_event_ids": waiting}).to_string())
}

pub(super) async fn settings(State(shared): State<Arc<Shared>>) -> Response<Body> {
    show_settings(&shared)
}

pub(super) async fn set_settings(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let changes: Map<String, Value> = match parse(&body) {
        Ok(changes) => changes,
        Err(refusal) => return *refusal,
    };
    match shared.choose(&changes) {
        Ok(()) => show_settings(&shared),
        Err(error) => refuse(&error),
    }
}

pub(super) async fn order_sessions(
    State(shared): State<Arc<Shared>>,
    body: Bytes,
) -> Response<Body> {
    let order: SessionOrder = match parse(&body) {
        Ok(order) => order,
        Err(refusal) => return *refusal,
    };
    json_response(json!({"expired": shared.order_sessions(&order)}).to_string())
}

pub(super) async fn clock(State(shared): State<Arc<Shared>>) -> Response<Body> {
    show_clock(&shared)
}

pub(super) async fn set_clock(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let order: ClockOrder = match parse(&body) {
        Ok(order) => order,
        Err(refusal) => return *refusal,
    };
    match shared.order_clock(&order) {
        Ok(()) => show_clock(&shared),
        Err(error) => refuse(&error),
    }
}

pub(super) async fn counters(State(shared): State<Arc<Shared>>) -> Response<Body> {
    show_counters(&shared)
}

pub(super) async fn set_counters(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let order: CounterOrder = match parse(&body) {
        Ok(order) => order,
        Err(refusal) => return *refusal,
    };
    if order.clear {
        shared.counters().clear();
    }
    show_counters(&shared)
}

fn show_settings(shared: &Shared) -> Response<Body> {
    json_response(shared.stage().model.settings().to_json().to_string())
}

fn show_faults(shared: &Shared) -> Response<Body> {
    json_response(json!({"rules": shared.faults().active()}).to_string())
}

fn show_clock(shared: &Shared) -> Response<Body> {
    let (clock, now) = shared.clock();
    let (mode, speed) = match clock {
        Clock::Wall => ("wall", 1.0),
        Clock::Still(_) => ("frozen", 0.0),
        Clock::Running { speed, .. } => ("running", speed),
    };
    let shown = json!({"now": show_moment(now), "now_ms": now.0, "mode": mode, "speed": speed});
    json_response(shown.to_string())
}

fn show_counters(shared: &Shared) -> Response<Body> {
    json_response(json!({"methods": shared.counters().figures()}).to_string())
}

/// Reads a body. What is wrong with it is told with the place where it stands.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Box<Response<Body>>> {
    let value: Value = serde_json::from_slice(body).map_err(|error| Box::new(refuse(&error)))?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        let place = error.path().to_string();
        let reason = error.into_inner();
        Box::new(match place.as_str() {
            "." => refuse(&reason),
            place => refuse(&format!("{place}: {reason}")),
        })
    })
}

pub(super) fn refuse(error: &impl std::fmt::Display) -> Response<Body> {
    let mut response = json_response(json!({"error": error.to_string()}).to_string());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
