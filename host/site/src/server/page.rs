//! The page for people: files that are part of the program, and what they show as JSON under `/cuebox`. It only looks;
//! what a person changes goes through `control`.
//!
//! | path | |
//! |---|---|
//! | `GET /`                           | the page |
//! | `GET /cuebox/page/…`              | its styles and scripts |
//! | `GET /cuebox/events`              | the live stream: new events, and the site's state each second |
//! | `GET /cuebox/log`                 | older events |
//! | `GET /cuebox/log/ID`              | one event |
//! | `GET /cuebox/entities/TYPE`       | records of a type, a page at a time |
//! | `GET /cuebox/entities/TYPE/ID`    | one record |

mod events;
mod files;
mod live;
mod record;
mod records;
mod status;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::routing::get;
use serde::Serialize;
use serde_json::json;

use super::api::json as json_response;
use super::shared::Shared;
use events::LogQuery;
use records::ListQuery;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(files::index))
        .route("/cuebox/page/{name}", get(files::file))
        .route("/cuebox/events", get(live::stream))
        .route("/cuebox/log", get(log))
        .route("/cuebox/log/{id}", get(event))
        .route("/cuebox/entities/{entity_type}", get(entities))
        .route("/cuebox/entities/{entity_type}/{id}", get(entity))
}

async fn log(State(shared): State<Arc<Shared>>, Query(query): Query<LogQuery>) -> Response<Body> {
    let stage = shared.viewed();
    answer(&events::older(&stage.model, &query))
}

async fn event(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> Response<Body> {
    let stage = shared.viewed();
    match stage.model.event(id) {
        Some(event) => answer(&events::row(event, usize::MAX)),
        None => not_there(format!("event {id} cannot be seen: it is held, missing, or past")),
    }
}

async fn entities(
    State(shared): State<Arc<Shared>>,
    Path(entity_type): Path<String>,
    Query(query): Query<ListQuery>,
) -> Response<Body> {
    let stage = shared.viewed();
    match records::list(&stage.model, &entity_type, &query) {
        Some(list) => answer(&list),
        None => not_there(format!("the schema has no entity type `{entity_type}`")),
    }
}

async fn entity(
    State(shared): State<Arc<Shared>>,
    Path((entity_type, id)): Path<(String, u64)>,
) -> Response<Body> {
    let stage = shared.viewed();
    match stage.model.entity(&entity_type, id) {
        Some(view) => answer(&record::show(&stage.model, view)),
        None => not_there(format!("there is no {entity_type} {id}, and there was none")),
    }
}

fn answer(what: &impl Serialize) -> Response<Body> {
    let text = serde_json::to_string(what).expect("what is shown has only text keys");
    guarded(json_response(text))
}

fn not_there(reason: String) -> Response<Body> {
    let mut response = guarded(json_response(json!({"error": reason}).to_string()));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// What a browser shall not do with an answer: keep it, take it for something else, or let another site's page embed it.
fn guarded(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    response
}
