//! The control endpoint: faults and commits, from outside the process.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::api::json as json_response;
use super::shared::Shared;
use crate::faults::Rule;
use crate::stage::CommitOrder;

/// The body of `POST /cuebox/faults`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct FaultOrder {
    /// Takes all rules out of force first.
    clear: bool,
    /// Starts the sequence of probabilities anew.
    seed: Option<u64>,
    /// Puts these in force, beginning now.
    rules: Vec<Rule>,
}

pub(super) async fn faults(State(shared): State<Arc<Shared>>) -> Response<Body> {
    show_faults(&shared)
}

pub(super) async fn set_faults(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let order: FaultOrder = match parse(&body) {
        Ok(order) => order,
        Err(refusal) => return *refusal,
    };
    if order.clear {
        shared.faults().clear();
    }
    if let Some(seed) = order.seed {
        shared.faults().reseed(seed);
    }
    for rule in order.rules {
        if let Err(error) = shared.add_fault(rule) {
            return refuse(&error);
        }
    }
    show_faults(&shared)
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

fn show_faults(shared: &Shared) -> Response<Body> {
    json_response(json!({"rules": shared.faults().active()}).to_string())
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Box<Response<Body>>> {
    serde_json::from_slice(body).map_err(|error| Box::new(refuse(&error)))
}

fn refuse(error: &impl std::fmt::Display) -> Response<Body> {
    let mut response = json_response(json!({"error": error.to_string()}).to_string());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
