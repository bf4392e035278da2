//! Files and pictures, for whoever asks: the official client sends no credentials to a site at a port of its own.
//!
//! | path | |
//! |---|---|
//! | `GET /file_serve/attachment/ID` | the file of an Attachment: 400 if it has none here, 403 if its bytes are gone |
//! | `GET /file_serve/thumbnail/ID`  | the same, to be looked at |
//! | `GET /images/status/transient/thumbnail_pending.png` | what stands for a thumbnail that is not ready |

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use axum::routing::get;
use axum::{Extension, Router};
use bytes::BytesMut;
use futures_util::stream::try_unfold;
use serde_json::json;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::connection::Fate;
use super::shared::Shared;
use super::strike::{self, Struck};
use super::wording::{Wording, refused};
use crate::model::{PENDING_PICTURE_PATH, StoredFile};
use crate::wire::Request;

/// What downloads are counted and struck as.
const METHOD: &str = "file_serve";
/// What is read from the disk at once.
const CHUNK_BYTES: usize = 256 * 1024;
/// What stands for a thumbnail that is not ready.
const PENDING_PICTURE: &[u8] = include_bytes!("thumbnail_pending.png");

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/file_serve/attachment/{id}", get(attachment))
        .route("/file_serve/thumbnail/{id}", get(thumbnail))
        .route(PENDING_PICTURE_PATH, get(pending_picture))
}

/// What is to be done with a file.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Keep,
    Show,
}

async fn attachment(
    State(shared): State<Arc<Shared>>,
    Extension(fate): Extension<Fate>,
    Path(id): Path<u64>,
) -> Response<Body> {
    serve(&shared, &fate, id, Purpose::Keep).await
}

async fn thumbnail(
    State(shared): State<Arc<Shared>>,
    Extension(fate): Extension<Fate>,
    Path(id): Path<u64>,
) -> Response<Body> {
    serve(&shared, &fate, id, Purpose::Show).await
}

async fn pending_picture() -> Response<Body> {
    let mut response = Response::new(Body::from(PENDING_PICTURE));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
    response
}

async fn serve(shared: &Shared, fate: &Fate, id: u64, purpose: Purpose) -> Response<Body> {
    let begin = Instant::now();
    shared.counters().begin(METHOD);
    let request = Request::new(METHOD, vec![json!({}), json!({"type": "Attachment", "id": id})]);
    let struck = Struck { fate, request: &request, wording: Wording::Lines };
    let execute = |_late| found(shared, id, purpose);
    let (response, ending) = strike::attempt(shared, struck, execute).await;
    shared.counters().end(METHOD, ending, begin.elapsed());
    response
}

async fn found(shared: &Shared, id: u64, purpose: Purpose) -> Response<Body> {
    let file = shared.viewed().model.file(id).cloned();
    let Some(file) = file else {
        let why =
            format!("Attachment {id} does not exist, or its file was not uploaded to this site");
        return refused(StatusCode::BAD_REQUEST, why);
    };
    let opened = match shared.folder().path_of(&file.key) {
        Some(path) => open(&path).await,
        None => Err(std::io::ErrorKind::InvalidInput.into()),
    };
    match opened {
        Ok((opened, size)) => {
            let mut response = Response::new(streamed(opened, size));
            set_headers(response.headers_mut(), &file, size, purpose);
            response
        }
        Err(error) => {
            let why =
                format!("The bytes of Attachment {id} are not in this site's folder: {error}");
            refused(StatusCode::FORBIDDEN, why)
        }
    }
}

async fn open(path: &std::path::Path) -> std::io::Result<(File, u64)> {
    let file = File::open(path).await?;
    let size = file.metadata().await?.len();
    Ok((file, size))
}

/// A body that is read from the disk as it is sent.
fn streamed(file: File, size: u64) -> Body {
    let chunks = try_unfold((file, size), |(mut file, left)| async move {
        let mut chunk = BytesMut::with_capacity(CHUNK_BYTES);
        if left == 0 || file.read_buf(&mut chunk).await? == 0 {
            return Ok::<_, std::io::Error>(None);
        }
        // A file that grows meanwhile ends where it was said to.
        chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        let left = left - chunk.len() as u64;
        Ok(Some((chunk.freeze(), (file, left))))
    });
    Body::from_stream(chunks)
}

fn set_headers(headers: &mut HeaderMap, file: &StoredFile, size: u64, purpose: Purpose) {
    let content_type = HeaderValue::from_str(&file.content_type);
    let unknown = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, content_type.unwrap_or(unknown));
    headers.insert(CONTENT_LENGTH, size.into());
    if let (Purpose::Keep, Ok(value)) = (purpose, HeaderValue::from_str(&disposition(&file.name))) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    // Whoever uploads a page of HTML does not get the site's own page to do things.
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
}

/// The header that names a file, as RFC 6266 spells names that are not plain.
fn disposition(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut header = "attachment; filename*=UTF-8''".to_owned();
    for byte in name.bytes() {
        if plain(byte) {
            header.push(char::from(byte));
        } else {
            write!(header, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    header
}
