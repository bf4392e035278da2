//! The forms that bring files, and what belongs to them. Each is a request to the model, as one of the API is; the bytes go to
//! the storage meanwhile.
//!
//! | path | |
//! |---|---|
//! | `POST /upload/upload_file`         | a file for a record, with or without a field |
//! | `POST /upload/publish_thumbnail`   | a thumbnail or a filmstrip |
//! | `POST /upload/share_thumbnail`     | the thumbnail of a record for others |
//! | `GET /upload/get_thumbnail_url`    | where a thumbnail is, for old clients |

mod form;
#[cfg(test)]
mod tests;

use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Query, Request as HttpRequest, State};
use axum::http::{Response, Uri};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::connection::Fate;
use super::counters::Ending;
use super::shared::Shared;
use super::storage::Piece;
use super::strike::{self, Struck};
use super::wording::{Wording, lines};
use crate::wire::Request;

use form::{File, Form};

/// What a request must send to be let in, among the fields of a form.
const AUTH_KEYS: [&str; 9] = [
    "auth_token",
    "reject_if_expired",
    "script_key",
    "script_name",
    "session_token",
    "session_uuid",
    "sudo_as_login",
    "user_login",
    "user_password",
];
/// Fields that say yes or no.
const FLAGS: [&str; 4] =
    ["filmstrip", "filmstrip_thumbnail", "multipart_upload", "reject_if_expired"];

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/upload/upload_file", post(handle))
        .route("/upload/publish_thumbnail", post(handle))
        .route("/upload/share_thumbnail", post(handle))
        .route("/upload/get_thumbnail_url", get(thumbnail_url))
        // What is too large is read to its end and then refused, so that the client hears why.
        .layer(DefaultBodyLimit::disable())
}

/// Bytes that came with a form. They stay if the model needs them by the time that the form is answered, or given up on.
struct Brought<'a> {
    shared: &'a Shared,
    piece: Arc<Piece>,
}

impl Drop for Brought<'_> {
    fn drop(&mut self) {
        if self.shared.viewed().model.needs_file(self.piece.key()) {
            self.piece.keep();
        }
    }
}

/// Any of the forms.
async fn handle(
    State(shared): State<Arc<Shared>>,
    Extension(fate): Extension<Fate>,
    request: HttpRequest,
) -> Response<Body> {
    let method = method_of(request.uri());
    let begin = Instant::now();
    shared.counters().begin(&method);
    let (response, ending) = match form::read(&shared, request).await {
        Ok(form) => answer(&shared, &fate, &method, form).await,
        Err(error) => (error.response(), Ending { error: true, fault: false }),
    };
    shared.counters().end(&method, ending, begin.elapsed());
    response
}

/// The last part of the path, which is what a form is counted and struck as.
fn method_of(uri: &Uri) -> String {
    uri.path().rsplit('/').next().unwrap_or_default().to_owned()
}

async fn answer(
    shared: &Shared,
    fate: &Fate,
    method: &str,
    form: Form,
) -> (Response<Body>, Ending) {
    let (auth, mut parameters) = parameters(form.fields);
    let brought = form.file.map(|file| {
        parameters["file"] = described(&file);
        Brought { shared, piece: file.piece }
    });
    let request = Request::new(method, vec![auth, parameters]);
    let execute = |late: Option<Duration>| match late {
        None => shared.answer(&request),
        Some(by) => shared.answer_late(&request, by),
    };
    let answered = match shared.strike(&request) {
        None => {
            let answer = execute(None);
            let ending = Ending { error: answer.is_err(), fault: false };
            (Wording::Lines.response(answer), ending)
        }
        Some(strike) => {
            let struck = Struck { fate, request: &request, wording: Wording::Lines };
            let execute = |late| ready(Wording::Lines.response(execute(late)));
            let response = strike::perform(strike, struck, execute).await;
            (response, Ending { error: false, fault: true })
        }
    };
    drop(brought);
    answered
}

/// What the model is told about a file.
fn described(file: &File) -> Value {
    let (key, size) = (file.piece.key(), file.piece.size());
    json!({"key": key, "name": file.name, "size": size, "content_type": file.content_type})
}

/// The fields of a form as the API's two parameters: who asks, and for what.
fn parameters(fields: Vec<(String, String)>) -> (Value, Value) {
    let (mut auth, mut rest) = (json!({}), json!({}));
    for (name, text) in fields {
        let is_auth = AUTH_KEYS.contains(&name.as_str());
        let (name, value) = match name.as_str() {
            "entity_type" => ("type", text.into()),
            "entity_id" => ("id", text.parse::<u64>().map_or(text.into(), Value::from)),
            flag if FLAGS.contains(&flag) => {
                (flag, matches!(text.as_str(), "True" | "true" | "1").into())
            }
            name => (name, text.into()),
        };
        let parameters = if is_auth { &mut auth } else { &mut rest };
        parameters[name] = value;
    }
    (auth, rest)
}

#[derive(Debug, Deserialize)]
struct ThumbnailQuery {
    #[serde(default)]
    entity_type: String,
    #[serde(default)]
    entity_id: u64,
}

async fn thumbnail_url(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<ThumbnailQuery>,
) -> Response<Body> {
    let ThumbnailQuery { entity_type, entity_id } = query;
    let path = shared.viewed().model.thumbnail_path(&entity_type, entity_id);
    lines(match path {
        Some(path) => format!("1\n{path}\n"),
        None => format!("0\n{entity_type} {entity_id} has no thumbnail\n"),
    })
}
