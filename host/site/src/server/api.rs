//! `POST /api3/json`: a body in, an answer out, unless a fault strikes.

use std::future::ready;
use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::BODY_BYTES_MAX;
use super::connection::Fate;
use super::counters::Ending;
use super::shared::Shared;
use super::strike::{self, Struck};
use super::wording::Wording;
use crate::wire::Request;

/// What is counted where a body is no request.
const NO_METHOD: &str = "(not a request)";

pub(super) async fn handle(
    State(shared): State<Arc<Shared>>,
    Extension(fate): Extension<Fate>,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    // What is announced as too large is not waited for.
    if announced(&headers).is_some_and(|bytes| bytes > BODY_BYTES_MAX) {
        return too_large();
    }
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else { return too_large() };
    let begin = Instant::now();
    let request = match Request::parse(&body) {
        Ok(request) => request,
        Err(error) => {
            shared.counters().begin(NO_METHOD);
            let ending = Ending { error: true, fault: false };
            shared.counters().end(NO_METHOD, ending, begin.elapsed());
            return json(error.body());
        }
    };
    drop(body);
    let method = request.method_name.as_str();
    shared.counters().begin(method);
    let struck = Struck { fate: &fate, request: &request, wording: Wording::Json };
    let execute = |late| {
        let answer = match late {
            None => shared.answer(&request),
            Some(by) => shared.answer_late(&request, by),
        };
        // Refusals have status 200 too.
        ready(match answer {
            Ok(answer) => respond(answer.content_type(), answer.into_body()),
            Err(error) => Wording::Json.refusal(&error),
        })
    };
    let (response, ending) = strike::attempt(&shared, struck, execute).await;
    shared.counters().end(method, ending, begin.elapsed());
    response
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The rest of the body is not read, so that nothing can follow it on this connection.
fn too_large() -> Response<Body> {
    let mut response =
        Response::new(Body::from(format!("a request has at most {BODY_BYTES_MAX} bytes")));
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// A response of the API. The text is handed over as it is.
pub(super) fn json(text: String) -> Response<Body> {
    respond("application/json; charset=utf-8", text)
}

fn respond(content_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
