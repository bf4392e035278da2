//! Direct uploads: a client asks where the bytes go, puts them there, whole or in parts, and then links them to a record.
//!
//! | path | |
//! |---|---|
//! | `POST /upload/api_get_upload_link_info`      | where the bytes go |
//! | `POST /upload/api_get_upload_link_for_part`  | where a part goes |
//! | `PUT /upload/storage/ID/PART`                | the bytes; part 0 is the whole. Who knows the address may put them there |
//! | `POST /upload/api_complete_multipart_upload` | makes one file of the parts |
//! | `POST /upload/api_link_file`                 | as `upload_file` or `publish_thumbnail`, with what was put there |

use std::collections::{BTreeMap, VecDeque};
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Request as HttpRequest, State};
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderValue, Response, StatusCode};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::File;
use super::form::{FormError, Taker, UNKNOWN_TYPE, base_name};
use crate::server::connection::Fate;
use crate::server::shared::Shared;
use crate::server::storage::{Folder, Piece};
use crate::server::strike::{self, Struck};
use crate::server::wording::{Wording, lines, refused};
use crate::wire::Request;

/// What putting bytes is counted and struck as.
const METHOD: &str = "storage";
/// Uploads that are not over, or not long over; of more, the oldest are forgotten with their bytes.
const UPLOADS_MAX: usize = 1_000;
/// The most parts of an upload, as on the service's own storage.
const PARTS_MAX: u32 = 10_000;

/// All direct uploads.
#[derive(Debug, Default)]
pub(in crate::server) struct Direct(Mutex<Uploads>);

#[derive(Debug, Default)]
struct Uploads {
    by_id: BTreeMap<String, Upload>,
    /// By age.
    ids: VecDeque<String>,
}

/// One of them.
#[derive(Debug)]
struct Upload {
    /// `Attachment` or `Thumbnail`.
    kind: String,
    name: String,
    in_parts: bool,
    content_type: String,
    parts: BTreeMap<u32, Arc<Piece>>,
    whole: Option<Arc<Piece>>,
}

/// A file that is there, and what it was announced as.
pub(super) struct Linked {
    pub file: File,
    pub kind: String,
}

impl Direct {
    fn uploads(&self) -> MutexGuard<'_, Uploads> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an upload: the lines that tell where the bytes go.
    pub(super) fn begin(
        &self,
        parameters: &Value,
        site_url: &str,
        now: i64,
    ) -> Result<String, String> {
        let kind = match parameters["upload_type"].as_str() {
            Some(kind @ ("Attachment" | "Thumbnail")) => kind.to_owned(),
            _ => return Err(missing(parameters, "string 'upload_type'")),
        };
        let name = parameters["filename"].as_str().filter(|name| !name.is_empty());
        let name = base_name(name.ok_or_else(|| missing(parameters, "string 'filename'"))?);
        let in_parts = parameters["multipart_upload"] == true;
        let id = Uuid::new_v4().simple().to_string();
        let link = link(site_url, &id, u32::from(in_parts));
        let text = format!("1\n{link}\n{now}\n{kind}\n{id}\n");
        let content_type = UNKNOWN_TYPE.to_owned();
        let parts = BTreeMap::new();
        let upload = Upload { kind, name, in_parts, content_type, parts, whole: None };
        let mut uploads = self.uploads();
        uploads.by_id.insert(id.clone(), upload);
        uploads.ids.push_back(id);
        if uploads.ids.len() > UPLOADS_MAX
            && let Some(oldest) = uploads.ids.pop_front()
        {
            uploads.by_id.remove(&oldest);
        }
        Ok(text)
    }

    /// The lines that tell where a part goes.
    pub(super) fn part(&self, parameters: &Value, site_url: &str) -> Result<String, String> {
        let part = parameters["part_number"].as_str().and_then(|text| text.parse().ok());
        let Some(part) = part.filter(|part| (1..=PARTS_MAX).contains(part)) else {
            return Err(missing(parameters, "integer 'part_number'"));
        };
        let id = parameters["upload_id"].as_str().unwrap_or_default();
        match self.uploads().by_id.get(id) {
            Some(upload) if upload.takes(part) => Ok(format!("1\n{}\n", link(site_url, id, part))),
            _ => Err(missing(parameters, "'upload_id' of an upload in parts that is not complete")),
        }
    }

    /// Takes bytes that were put, and answers their etag. None if nothing is expected there.
    fn put(&self, id: &str, part: u32, piece: Arc<Piece>, content_type: &str) -> Option<String> {
        let mut uploads = self.uploads();
        let upload = uploads.by_id.get_mut(id).filter(|upload| upload.takes(part))?;
        content_type.clone_into(&mut upload.content_type);
        let etag = etag(&piece);
        if part == 0 {
            upload.whole = Some(piece);
        } else {
            upload.parts.insert(part, piece);
        }
        Some(etag)
    }

    /// How many bytes an upload has besides a part. None if the part is not expected.
    fn bytes_beside(&self, id: &str, part: u32) -> Option<u64> {
        let uploads = self.uploads();
        let upload = uploads.by_id.get(id).filter(|upload| upload.takes(part))?;
        let others = upload.parts.iter().filter(|(number, _)| **number != part);
        Some(others.map(|(_, piece)| piece.size()).sum())
    }

    /// Makes one file of the parts.
    pub(super) async fn complete(
        &self,
        parameters: &Value,
        folder: &Folder,
    ) -> Result<String, String> {
        let id = parameters["upload_id"].as_str().unwrap_or_default();
        let etags = parameters["etags"].as_str().unwrap_or_default();
        let parts: Vec<_> = match self.uploads().by_id.get(id) {
            // Somebody did not hear that it was done.
            Some(upload) if upload.in_parts && upload.whole.is_some() => {
                return Ok("1\n".to_owned());
            }
            Some(upload) if upload.in_parts => upload.parts.values().map(Arc::clone).collect(),
            _ => return Err(missing(parameters, "'upload_id' of an upload in parts")),
        };
        let wanted: Vec<_> = parts.iter().map(|part| etag(part)).collect();
        let sent: Vec<_> = etags.split(',').map(|etag| etag.trim().to_owned()).collect();
        if wanted.is_empty() || wanted != sent {
            return Err(missing(parameters, "'etags', one for each part in their order"));
        }
        let whole = joined(&parts, folder).await;
        let whole = whole.map_err(|source| format!("the site cannot keep the file: {source}"))?;
        if let Some(upload) = self.uploads().by_id.get_mut(id) {
            upload.parts.clear();
            upload.whole = Some(Arc::new(whole));
        }
        Ok("1\n".to_owned())
    }

    /// The file that `upload_link_info` names: all the lines that the upload began with.
    pub(super) fn linked(&self, info: &str) -> Option<Linked> {
        let id = info.lines().nth(4)?.trim();
        let uploads = self.uploads();
        let upload = uploads.by_id.get(id)?;
        let piece = Arc::clone(upload.whole.as_ref()?);
        let (name, content_type) = (upload.name.clone(), upload.content_type.clone());
        Some(Linked { file: File { piece, name, content_type }, kind: upload.kind.clone() })
    }
}

impl Upload {
    /// Whether bytes are expected as this part.
    fn takes(&self, part: u32) -> bool {
        if self.in_parts {
            self.whole.is_none() && (1..=PARTS_MAX).contains(&part)
        } else {
            part == 0
        }
    }
}

async fn joined(parts: &[Arc<Piece>], folder: &Folder) -> std::io::Result<Piece> {
    let mut whole = folder.begin().await?;
    for part in parts {
        whole.append(part).await?;
    }
    whole.finish().await
}

fn link(site_url: &str, id: &str, part: u32) -> String {
    format!("{site_url}/upload/storage/{id}/{part}")
}

/// Different for all bytes that ever came, the same ones twice too.
fn etag(piece: &Piece) -> String {
    format!("\"{}\"", piece.key())
}

fn missing(parameters: &Value, what: &str) -> String {
    format!("invalid/missing {what}: {parameters}")
}

/// `PUT /upload/storage/ID/PART`
pub(super) async fn put(
    State(shared): State<Arc<Shared>>,
    Extension(fate): Extension<Fate>,
    Path((id, part)): Path<(String, u32)>,
    request: HttpRequest,
) -> Response<Body> {
    let begin = Instant::now();
    shared.counters().begin(METHOD);
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or(UNKNOWN_TYPE).to_owned();
    let taken = take(&shared, &id, part, request).await;
    let request = Request::new(METHOD, vec![json!({}), json!({})]);
    let struck = Struck { fate: &fate, request: &request, wording: Wording::Lines };
    let execute = |_late| ready(keep(&shared, &id, part, &taken, &content_type));
    let (response, ending) = strike::attempt(&shared, struck, execute).await;
    shared.counters().end(METHOD, ending, begin.elapsed());
    response
}

/// Keeps the bytes of a part, and answers with their etag.
fn keep(
    shared: &Shared,
    id: &str,
    part: u32,
    taken: &Result<Arc<Piece>, FormError>,
    content_type: &str,
) -> Response<Body> {
    let piece = match taken {
        Ok(piece) => Arc::clone(piece),
        Err(error @ FormError::FileTooLarge { .. }) => {
            return refused(StatusCode::PAYLOAD_TOO_LARGE, error.to_string());
        }
        Err(error) => return error.response(),
    };
    let etag = shared.direct().put(id, part, piece, content_type);
    match etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
        Some(etag) => {
            let mut response = lines(String::new());
            response.headers_mut().insert(ETAG, etag);
            response
        }
        None => refused(StatusCode::FORBIDDEN, "nothing is expected at this address".to_owned()),
    }
}

/// Takes the bytes of a part. The parts of an upload have together as many as a file may.
async fn take(
    shared: &Shared,
    id: &str,
    part: u32,
    request: HttpRequest,
) -> Result<Arc<Piece>, FormError> {
    let beside = shared.direct().bytes_beside(id, part);
    let mut taker = Taker::begin(shared, beside.unwrap_or_default()).await?;
    let mut chunks = request.into_body().into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| FormError::Malformed { reason: error.to_string() })?;
        taker.take(&chunk).await?;
    }
    taker.finish().await.map(Arc::new)
}

#[cfg(test)]
mod tests;
