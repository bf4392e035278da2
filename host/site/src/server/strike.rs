//! Performs a fault that was decided on.

use std::future::{Future, pending};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use bytes::Bytes;
use serde_json::{Value, json};

use super::BODY_BYTES_MAX;
use super::api::json as json_response;
use super::connection::Fate;
use super::counters::Ending;
use super::shared::Shared;
use super::trickle::Trickle;
use super::wording::{Wording, is_refusal};
use crate::faults::{Fault, Moment, Strike};
use crate::wire::{ApiError, Request};

/// What a client gets from a proxy in front of a site.
const HTML: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>";
/// What a site shows while it is being maintained.
const MAINTENANCE: &str = "<!DOCTYPE html><html><head><title>Site Maintenance</title></head><body><h1>Down for maintenance</h1>\
    <p>The site is currently down for maintenance or too busy to reply. Please try again later.</p></body></html>";
/// Looks like an answer at first.
const MALFORMED: &str = "{\"results\": [{\"type\": \"Shot\", \"id\": ";

/// What a fault gets in the way of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Struck<'a> {
    pub fate: &'a Fate,
    pub request: &'a Request,
    pub wording: Wording,
}

/// Executes a request unless a fault strikes: the response, and how the request ended. `execute` shows what it leaves in the
/// event log so much later; it may be done twice, or not at all.
pub(super) async fn attempt<F>(
    shared: &Shared,
    struck: Struck<'_>,
    execute: impl Fn(Option<Duration>) -> F,
) -> (Response<Body>, Ending)
where
    F: Future<Output = Response<Body>>,
{
    match shared.strike(struck.request) {
        None => {
            let response = execute(None).await;
            let ending = Ending { error: is_refusal(&response), fault: false };
            (response, ending)
        }
        Some(strike) => {
            let response = perform(strike, struck, execute).await;
            (response, Ending { error: false, fault: true })
        }
    }
}

/// Answers a request with a fault. A request that is struck after its execution is executed first.
async fn perform<F>(
    strike: Strike,
    struck: Struck<'_>,
    execute: impl Fn(Option<Duration>) -> F,
) -> Response<Body>
where
    F: Future<Output = Response<Body>>,
{
    let Struck { fate, request, wording } = struck;
    let answer = match strike.moment {
        Moment::Before => None,
        Moment::After => Some(execute(None).await),
    };
    // What is right but for how it comes is executed by now or here.
    let right = async |answer: Option<Response<Body>>| match answer {
        Some(answer) => answer,
        None => execute(None).await,
    };
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
            let answer = answer.unwrap_or_else(|| json_response("{\"results\": []}".to_owned()));
            fate.end_after(truncated(answer, bytes).await);
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
            right(answer).await
        }
        Fault::Trickle { bytes_per_second } => {
            let (head, body) = right(answer).await.into_parts();
            let body = Trickle::new(whole(body).await, bytes_per_second);
            Response::from_parts(head, Body::new(body))
        }
        Fault::ContentType { content_type } => {
            let mut response = right(answer).await;
            set_type(&mut response, &content_type);
            response
        }
        Fault::Duplicate => {
            if answer.is_none() {
                // Whatever the first comes to, the second is what is answered.
                drop(execute(None).await);
            }
            execute(None).await
        }
        Fault::LateEvents { millis } => match answer {
            Some(answer) => answer,
            None => execute(Some(Duration::from_millis(millis))).await,
        },
        // Ends with the connection, when the client or the site gives up.
        Fault::Hang => pending().await,
        Fault::RefuseKey => wording.refusal(&refused_key(request)),
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

/// A body in memory. Of a file that is too large for that, nothing.
async fn whole(body: Body) -> Bytes {
    to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default()
}

fn set_type(response: &mut Response<Body>, content_type: &str) {
    let value = HeaderValue::from_str(content_type).expect("a rule with another type is not taken");
    response.headers_mut().insert(CONTENT_TYPE, value);
}

/// The bytes of a response whose body ends too early.
async fn truncated(answer: Response<Body>, bytes: Option<usize>) -> Bytes {
    let (head, body) = answer.into_parts();
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or("application/octet-stream");
    let body = whole(body).await;
    let sent = bytes.unwrap_or(body.len() / 2).min(body.len().saturating_sub(1));
    let mut response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    response.extend_from_slice(&body[..sent]);
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
