//! How answers are put into words: as JSON for the API, as lines of text for forms.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response};
use serde_json::Value;

use super::api::json as json_response;
use crate::wire::{Answer, ApiError};

/// Which words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wording {
    /// `{"results": ..}`
    Json,
    /// `1:77`, `1`, `2` and a reason, or `0` and what is wrong.
    Lines,
}

impl Wording {
    /// The response that says an answer. Refusals have status 200 too.
    pub(super) fn response(self, answer: Result<Answer, ApiError>) -> Response<Body> {
        match (self, answer) {
            (Self::Json, Ok(answer)) => json_response(answer.into_body()),
            (Self::Lines, Ok(answer)) => lines(said(&answer.results())),
            (_, Err(error)) => self.refusal(&error),
        }
    }

    /// The response that says an error.
    pub(super) fn refusal(self, error: &ApiError) -> Response<Body> {
        match self {
            Self::Json => json_response(error.body()),
            Self::Lines => lines(format!("0\n{}\n", error.message)),
        }
    }
}

/// The lines for what the model answered to a form: a number, null, true, or why it is too early.
fn said(results: &Value) -> String {
    match results {
        Value::Number(id) => format!("1:{id}\n"),
        Value::Null => "1:\n".to_owned(),
        Value::String(reason) => format!("2\n{reason}\n"),
        _ => "1\n".to_owned(),
    }
}

/// A response of plain text.
pub(super) fn lines(text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
