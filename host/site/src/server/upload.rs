//! The forms that bring files, and what belongs to them. Each is a request to the model, as one of the API is; the bytes go to
//! the storage meanwhile.
//!
//! | path | |
//! |---|---|
//! | `POST /upload/upload_file`         | a file for a record, with or without a field |
//! | `POST /upload/publish_thumbnail`   | a thumbnail or a filmstrip |
//! | `POST /upload/share_thumbnail`     | the thumbnail of a record for others |
//! | for direct uploads                 | see `direct` |
//! | `GET /upload/get_thumbnail_url`    | where a thumbnail is, for old clients |

mod direct;
mod form;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Query, Request as HttpRequest, State};
use axum::http::{Response, StatusCode, Uri};
use axum::routing::{get, post, put};
use axum::{Extension, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::connection::Fate;
use super::counters::Ending;
use super::shared::Shared;
use super::storage::Piece;
use super::strike::{self, Struck};
use super::wording::{Wording, lines, refused};
use crate::wire::Request;

pub(super) use direct::Direct;
use direct::Linked;
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
        .route("/upload/api_get_upload_link_info", post(handle))
        .route("/upload/api_get_upload_link_for_part", post(handle))
        .route("/upload/api_complete_multipart_upload", post(handle))
        .route("/upload/api_link_file", post(handle))
        .route("/upload/storage/{id}/{part}", put(direct::put))
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
    let mut file = form.file;
    if method == "api_link_file" {
        file = linked(shared, &mut parameters);
    }
    let brought = file.map(|file| {
        parameters["file"] = described(&file);
        Brought { shared, piece: file.piece }
    });
    let request = Request::new(method, vec![auth, parameters]);
    let struck = Struck { fate, request: &request, wording: Wording::Lines };
    let execute = |late| execute(shared, &request, late);
    let answered = strike::attempt(shared, struck, execute).await;
    drop(brought);
    answered
}

/// The file that was put into the storage before, if it was.
fn linked(shared: &Shared, parameters: &mut Value) -> Option<File> {
    let info = parameters.as_object_mut()?.remove("upload_link_info")?;
    let Linked { file, kind } = shared.direct().linked(info.as_str()?)?;
    parameters["upload_type"] = kind.into();
    Some(file)
}

/// Lets the model answer, which knows who may ask; and does what is not the model's.
async fn execute(shared: &Shared, request: &Request, late: Option<Duration>) -> Response<Body> {
    let answer = match late {
        None => shared.answer(request),
        Some(by) => shared.answer_late(request, by),
    };
    let answer = match answer {
        Ok(answer) => answer.results(),
        Err(error) => return Wording::Lines.refusal(&error),
    };
    let (direct, method) = (shared.direct(), request.method_name.as_str());
    let sent = request.params.get(1).unwrap_or(&Value::Null);
    let site_url = shared.viewed().model.site_url().to_owned();
    let done = match method {
        "api_get_upload_link_info" => direct.begin(sent, &site_url, shared.now().seconds()),
        "api_get_upload_link_for_part" => direct.part(sent, &site_url),
        "api_complete_multipart_upload" => direct.complete(sent, shared.folder()).await,
        _ => Ok(said(&answer)),
    };
    match done {
        Ok(text) => lines(text),
        Err(why) => refused(StatusCode::OK, format!("0\nAPI {method}() {why}\n")),
    }
}

/// The lines for what the model answered: a number, null, or why it is too early.
fn said(answer: &Value) -> String {
    match answer {
        Value::Number(id) => format!("1:{id}\n"),
        Value::String(reason) => format!("2\n{reason}\n"),
        _ => "1:\n".to_owned(),
    }
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
