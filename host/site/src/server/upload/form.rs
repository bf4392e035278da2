//! Reads a form: its fields into memory, its file to the disk as it comes.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};

use crate::server::shared::Shared;
use crate::server::storage::{Incoming, Piece};
use crate::server::wording::refused;

/// The most that the fields of a form may have together, and a form without a file as a whole. The etags of ten thousand
/// parts fit.
pub(in crate::server) const FIELD_BYTES_MAX: usize = 1_000_000;
/// How much of a file that is too large is read only to be thrown away, so that its sender hears why.
const EXCESS_BYTES_MAX: u64 = 10_000_000_000;
/// What a file is without a `Content-Type`.
pub(super) const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A form.
#[derive(Debug)]
pub(super) struct Form {
    pub fields: Vec<(String, String)>,
    pub file: Option<File>,
}

/// A file that a form brought.
#[derive(Debug)]
pub(super) struct File {
    pub piece: Arc<Piece>,
    /// Without folders.
    pub name: String,
    pub content_type: String,
}

/// Why a form was not taken.
#[derive(Debug, thiserror::Error)]
pub(in crate::server) enum FormError {
    #[error("the form cannot be read: {reason}")]
    Malformed { reason: String },
    #[error("the fields of the form have more than {FIELD_BYTES_MAX} bytes")]
    FieldsTooLarge,
    #[error("the form brings more than one file")]
    SeveralFiles,
    #[error(
        "the file is larger than {max} bytes, the most that this site takes (`upload_bytes_max` in its settings)"
    )]
    FileTooLarge { max: u64 },
    #[error("the file is much larger than {max} bytes, the most that this site takes")]
    Endless { max: u64 },
    #[error("the site cannot keep the file: {source}")]
    Storage { source: std::io::Error },
}

impl FormError {
    /// What the sender is told. The official client hears nothing but a response of status 200.
    pub(in crate::server) fn response(&self) -> Response<Body> {
        let status = match self {
            Self::Malformed { .. } | Self::SeveralFiles => StatusCode::BAD_REQUEST,
            Self::FieldsTooLarge | Self::Endless { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::FileTooLarge { .. } | Self::Storage { .. } => StatusCode::OK,
        };
        let mut response = refused(status, format!("0\n{self}\n"));
        if response.status() != StatusCode::OK {
            // The rest of the body may not have been read, so that nothing can follow it on this connection.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Reads a form of either kind.
pub(super) async fn read(shared: &Shared, request: Request) -> Result<Form, FormError> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|value| value.trim_start().starts_with("multipart/form-data")) {
        let multipart = Multipart::from_request(request, &())
            .await
            .map_err(|error| FormError::Malformed { reason: error.body_text() })?;
        return read_multipart(shared, multipart).await;
    }
    let body = to_bytes(request.into_body(), FIELD_BYTES_MAX)
        .await
        .map_err(|_| FormError::FieldsTooLarge)?;
    Ok(Form { fields: form_urlencoded::parse(&body).into_owned().collect(), file: None })
}

async fn read_multipart(shared: &Shared, mut multipart: Multipart) -> Result<Form, FormError> {
    let mut form = Form { fields: Vec::new(), file: None };
    let mut room = FIELD_BYTES_MAX;
    while let Some(mut field) = multipart.next_field().await.map_err(malformed)? {
        let name = field.name().unwrap_or_default().to_owned();
        if field.file_name().is_none() {
            let text = read_text(&mut field, &mut room).await?;
            form.fields.push((name, text));
        } else if form.file.is_some() {
            return Err(FormError::SeveralFiles);
        } else {
            form.file = Some(read_file(shared, &mut field).await?);
        }
    }
    Ok(form)
}

async fn read_text(field: &mut Field<'_>, room: &mut usize) -> Result<String, FormError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(malformed)? {
        *room = room.checked_sub(chunk.len()).ok_or(FormError::FieldsTooLarge)?;
        bytes.extend_from_slice(&chunk);
    }
    let not_text = |_| FormError::Malformed { reason: "a field is not UTF-8".to_owned() };
    String::from_utf8(bytes).map_err(not_text)
}

async fn read_file(shared: &Shared, field: &mut Field<'_>) -> Result<File, FormError> {
    let name = base_name(field.file_name().unwrap_or_default());
    let content_type = field.content_type().unwrap_or(UNKNOWN_TYPE).to_owned();
    let mut taker = Taker::begin(shared, 0).await?;
    while let Some(chunk) = field.chunk().await.map_err(malformed)? {
        taker.take(&chunk).await?;
    }
    Ok(File { piece: Arc::new(taker.finish().await?), name, content_type })
}

/// Takes the bytes of one file up to the site's limit, and passes over the rest.
pub(super) struct Taker {
    /// None once there are too many.
    incoming: Option<Incoming>,
    max: u64,
    beside: u64,
    excess: u64,
}

impl Taker {
    /// Begins where other parts of the file have `beside` bytes.
    pub(super) async fn begin(shared: &Shared, beside: u64) -> Result<Self, FormError> {
        let max = shared.viewed().model.settings().upload_bytes_max;
        let incoming = shared.folder().begin().await.map_err(storage)?;
        Ok(Self { incoming: Some(incoming), max, beside, excess: 0 })
    }

    pub(super) async fn take(&mut self, bytes: &[u8]) -> Result<(), FormError> {
        let count = bytes.len() as u64;
        match &mut self.incoming {
            Some(incoming) if self.beside + incoming.size() + count <= self.max => {
                incoming.write(bytes).await.map_err(storage)
            }
            _ => {
                self.incoming = None;
                self.excess += count;
                if self.excess > EXCESS_BYTES_MAX {
                    return Err(FormError::Endless { max: self.max });
                }
                Ok(())
            }
        }
    }

    pub(super) async fn finish(self) -> Result<Piece, FormError> {
        match self.incoming {
            Some(incoming) => incoming.finish().await.map_err(storage),
            None => Err(FormError::FileTooLarge { max: self.max }),
        }
    }
}

fn malformed(error: MultipartError) -> FormError {
    FormError::Malformed { reason: error.body_text() }
}

fn storage(source: std::io::Error) -> FormError {
    FormError::Storage { source }
}

/// A file's name without the folders that some clients send with it.
pub(super) fn base_name(name: &str) -> String {
    match name.rsplit(['/', '\\']).next() {
        None | Some("") => "file".to_owned(),
        Some(name) => name.to_owned(),
    }
}
