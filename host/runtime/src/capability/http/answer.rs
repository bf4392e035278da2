//! Answers that are held whole: those that are kept for the next attempt, and those that may repeat a secret.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};
use shotgun::Secret;
use wasmtime_wasi_http::WasiBody;

use super::whole;

/// An answer, whole.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The largest body that is kept for the next attempt. A request with a larger answer stays in doubt.
const BODY_KEPT_BYTES_MAX: usize = 256 << 10;

/// What takes the place of each byte of a secret.
const BLANK: u8 = b'*';

impl Answer {
    /// The answer as JSON text; none if it is too large to be kept.
    pub(super) fn to_kept(&self) -> Option<String> {
        if self.body.len() > BODY_KEPT_BYTES_MAX {
            return None;
        }
        let header = |(name, value): (&HeaderName, &HeaderValue)| {
            json!([name.as_str(), hex::encode(value.as_bytes())])
        };
        let headers: Vec<Value> = self.headers.iter().map(header).collect();
        let body = hex::encode(&self.body);
        Some(json!({"status": self.status.as_u16(), "headers": headers, "body": body}).to_string())
    }

    /// Reads what was kept; none if it is of no answer.
    pub(super) fn from_kept(text: &str) -> Option<Self> {
        let kept: Value = serde_json::from_str(text).ok()?;
        let status = StatusCode::from_u16(kept["status"].as_u64()?.try_into().ok()?).ok()?;
        let mut headers = HeaderMap::new();
        for header in kept["headers"].as_array()? {
            let name = header[0].as_str()?.parse::<HeaderName>().ok()?;
            let value = hex::decode(header[1].as_str()?).ok()?;
            headers.append(name, HeaderValue::from_bytes(&value).ok()?);
        }
        let body = hex::decode(kept["body"].as_str()?).ok()?.into();
        Some(Self { status, headers, body })
    }

    /// Blanks the secrets wherever the server repeats them.
    pub(super) fn without(mut self, secrets: &[Secret]) -> Self {
        for secret in secrets.iter().map(|secret| secret.expose().as_bytes()) {
            for value in self.headers.values_mut() {
                if let Some(blanked) = blanked(value.as_bytes(), secret) {
                    *value = HeaderValue::from_bytes(&blanked)
                        .expect("a header with stars in it is a header");
                }
            }
            if let Some(blanked) = blanked(&self.body, secret) {
                self.body = blanked.into();
            }
        }
        self
    }

    pub(super) fn into_response(self) -> Response<WasiBody> {
        let mut response = Response::new(whole(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// The text with every secret in it blanked; none if there is none in it.
fn blanked(text: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    if secret.is_empty() || secret.len() > text.len() {
        return None;
    }
    let mut blanked: Option<Vec<u8>> = None;
    let mut at = 0;
    while at + secret.len() <= text.len() {
        if text[at..].starts_with(secret) {
            let out = blanked.get_or_insert_with(|| text.to_vec());
            out[at..at + secret.len()].fill(BLANK);
            at += secret.len();
        } else {
            at += 1;
        }
    }
    blanked
}

#[cfg(test)]
mod tests;
