//! Performs a fault that was decided on.

use std::future::pending;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use bytes::Bytes;
use serde_json::{Value, json};

use super::api::{json as json_response, text};
use super::connection::Fate;
use super::shared::Shared;
use super::trickle::Trickle;
use crate::faults::{Fault, Moment, Strike};
use crate::wire::{ApiError, Request};

/// What a client gets from a proxy in front of a site.
const HTML: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>";
/// What a site shows while it is being maintained.
const MAINTENANCE: &str = "<!DOCTYPE html><html><head><title>Site Maintenance</title></head><body><h1>Down for maintenance</h1>\
    <p>The site is currently down for maintenance or too busy to reply. Please try again later.</p></body></html>";
/// Looks like an answer at first.
const MALFORMED: &str = "{\"results\": [{\"type\": \"Shot\", \"id\": ";

/// Answers a request with a fault. A request that is struck after its execution is executed first.
pub(super) async fn perform(
    strike: Strike,
    shared: &Shared,
    fate: &Fate,
    request: &Request,
) -> Response<Body> {
    let answer = match strike.moment {
        Moment::Before => None,
        Moment::After => Some(text(shared.answer(request))),
    };
    // What is right but for how it comes is executed by now or here.
    let right = |answer: Option<String>| answer.unwrap_or_else(|| text(shared.answer(request)));
    match strike.fault {
        Fault::Status { status, retry_after_seconds } => refusal(status, retry_after_seconds),
        Fault::Maintenance { retry_after_seconds } => {
            let mut response = refusal(503, retry_after_seconds);
            *response.body_mut() = Body::from(MAINTENANCE);
            set_type(&mut response, "text/html; charset=utf-8");
            response
        }
        Fault::RateLimit { .. } | Fault::RefuseConnection => {
            unreachable!("one is decided to be a status, the other where connections are made")
        }
        Fault::Reset => {
            fate.reset();
            Response::default()
        }
        Fault::Truncate { bytes } => {
            let body = answer.unwrap_or_else(|| "{\"results\": []}".to_owned());
            fate.end_after(truncated(&body, bytes));
            Response::default()
        }
        Fault::Html => {
            let mut response = Response::new(Body::from(HTML));
            set_type(&mut response, "text/html; charset=utf-8");
            response
        }
        Fault::Malformed => json_response(MALFORMED.to_owned()),
        Fault::Slow { millis } => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            json_response(right(answer))
        }
        Fault::Trickle { bytes_per_second } => {
            let mut response = json_response(String::new());
            let body = Trickle::new(Bytes::from(right(answer)), bytes_per_second);
            *response.body_mut() = Body::new(body);
            response
        }
        Fault::ContentType { content_type } => {
            let mut response = json_response(right(answer));
            set_type(&mut response, &content_type);
            response
        }
        Fault::Duplicate => {
            if answer.is_none() {
                // Whatever the first comes to, the second is what is answered.
                drop(shared.answer(request));
            }
            json_response(text(shared.answer(request)))
        }
        Fault::LateEvents { millis } => {
            let by = Duration::from_millis(millis);
            json_response(answer.unwrap_or_else(|| text(shared.answer_late(request, by))))
        }
        // Ends with the connection, when the client or the site gives up.
        Fault::Hang => pending().await,
        Fault::RefuseKey => json_response(refused_key(request).body()),
        Fault::WrongShape { results } => json_response(json!({"results": results}).to_string()),
    }
}

fn refusal(status: u16, retry_after_seconds: Option<u64>) -> Response<Body> {
    let status = StatusCode::from_u16(status).expect("a rule with another status is not taken");
    let mut response = Response::new(Body::from(status.canonical_reason().unwrap_or("Fault")));
    *response.status_mut() = status;
    if let Some(seconds) = retry_after_seconds {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn set_type(response: &mut Response<Body>, content_type: &str) {
    let value = HeaderValue::from_str(content_type).expect("a rule with another type is not taken");
    response.headers_mut().insert(CONTENT_TYPE, value);
}

/// The bytes of a response whose body ends too early.
fn truncated(body: &str, bytes: Option<usize>) -> Bytes {
    let sent = bytes.unwrap_or(body.len() / 2).min(body.len().saturating_sub(1));
    let mut response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    response.extend_from_slice(&body.as_bytes()[..sent]);
    Bytes::from(response)
}

/// What the model says to a wrong key, in the name of whoever asks.
fn refused_key(request: &Request) -> ApiError {
    let credentials = request.params.first().unwrap_or(&Value::Null);
    let message = match (credentials["script_name"].as_str(), credentials["user_login"].as_str()) {
        (Some(script), _) => format!("Can't authenticate script '{script}'"),
        (None, Some(login)) => format!("Can't authenticate user '{login}'."),
        (None, None) => "Can't authenticate session token".to_owned(),
    };
    ApiError::new(crate::wire::ErrorCode::Authentication, message)
}
