//! How refusals are put into words: as JSON for the API, as lines of text for forms and files.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};

use super::api::json as json_response;
use crate::wire::ApiError;

/// Which words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wording {
    /// `{"exception": true, ..}`
    Json,
    /// `0` and what is wrong.
    Lines,
}

/// Marks a response that refuses, whatever its status.
#[derive(Debug, Clone, Copy)]
struct Refusal;

impl Wording {
    /// The response that says an error, with status 200.
    pub(super) fn refusal(self, error: &ApiError) -> Response<Body> {
        match self {
            Self::Json => marked(json_response(error.body())),
            Self::Lines => refused(StatusCode::OK, format!("0\n{}\n", error.message)),
        }
    }
}

/// Whether a response refuses.
pub(super) fn is_refusal(response: &Response<Body>) -> bool {
    response.extensions().get::<Refusal>().is_some()
}

/// A refusal of plain text.
pub(super) fn refused(status: StatusCode, text: String) -> Response<Body> {
    let mut response = marked(lines(text));
    *response.status_mut() = status;
    response
}

/// A response of plain text.
pub(super) fn lines(text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn marked(mut response: Response<Body>) -> Response<Body> {
    response.extensions_mut().insert(Refusal);
    response
}
