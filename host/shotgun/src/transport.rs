//! One HTTP exchange: a permit, a request, an answer of bounded size, and every way in which that fails, in our words.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};
use tokio::sync::SemaphorePermit;

use crate::client::Client;
use crate::error::CallError;

/// A whole answer with a status of success.
pub(crate) struct Answer {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// An answer whose body is still to come. Holds the permit, so that a slow body counts as a call on its way.
pub(crate) struct Opened<'a> {
    pub response: Response,
    _permit: SemaphorePermit<'a>,
}

/// The most of a header that an error repeats.
const HEADER_CHARS_MAX: usize = 60;

impl Client {
    /// Sends `request` and reads the answer. `peer` is how errors name the other side.
    pub(crate) async fn exchange(
        &self,
        peer: &str,
        request: RequestBuilder,
    ) -> Result<Answer, CallError> {
        let opened = self.open(peer, request).await?;
        self.close(peer, opened).await
    }

    /// Sends `request` and waits for the head of the answer, whatever its status.
    pub(crate) async fn open(
        &self,
        peer: &str,
        request: RequestBuilder,
    ) -> Result<Opened<'_>, CallError> {
        let limit = self.shared.timeout;
        let permit = match tokio::time::timeout(limit, self.permits.acquire()).await {
            Ok(permit) => permit.expect("the semaphore is never closed"),
            Err(_) => {
                return Err(CallError::Busy {
                    peer: peer.to_owned(),
                    limit,
                    connections_max: self.connections_max,
                });
            }
        };
        let response =
            request.timeout(limit).send().await.map_err(|error| self.failed(peer, &error))?;
        Ok(Opened { response, _permit: permit })
    }

    /// Reads the rest of an answer with a status of success.
    pub(crate) async fn close(&self, peer: &str, opened: Opened<'_>) -> Result<Answer, CallError> {
        let mut response = opened.response;
        if !response.status().is_success() {
            let (status, retry_after) =
                (response.status().as_u16(), retry_after(response.headers()));
            return Err(CallError::Status { peer: peer.to_owned(), status, retry_after });
        }
        let bytes_max = self.shared.answer_bytes_max;
        let too_large = || CallError::TooLarge { peer: peer.to_owned(), bytes_max };
        let announced =
            usize::try_from(response.content_length().unwrap_or(0)).map_err(|_| too_large())?;
        if announced > bytes_max {
            return Err(too_large());
        }
        let mut body = Vec::with_capacity(announced);
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(peer, &error))? {
            // Counted after unpacking: a few kilobytes of gzip can be gigabytes.
            if body.len() + chunk.len() > bytes_max {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { headers: std::mem::take(response.headers_mut()), body })
    }

    fn failed(&self, peer: &str, error: &reqwest::Error) -> CallError {
        let (peer, reason) = (peer.to_owned(), innermost(error));
        if error.is_connect() {
            return match certificate_problem(error) {
                Some(reason) => CallError::Untrusted { peer, reason },
                None if error.is_timeout() => CallError::Unreachable {
                    peer,
                    reason: format!("none within {:?}", self.shared.connect_timeout),
                },
                None => CallError::Unreachable { peer, reason },
            };
        }
        match error {
            error if error.is_builder() => CallError::Unreachable { peer, reason },
            error if error.is_timeout() => CallError::TimedOut { peer, limit: self.shared.timeout },
            _ => CallError::Interrupted { peer, reason },
        }
    }
}

/// The body as text, if it claims to be JSON or claims nothing, and is not empty.
pub(crate) fn json_text<'a>(peer: &str, answer: &'a Answer) -> Result<&'a str, CallError> {
    let not_json = |content: String| CallError::NotJson { peer: peer.to_owned(), content };
    let content_type =
        header(&answer.headers, &CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    let claims_json =
        ["application/json", "text/javascript"].iter().any(|json| content_type.starts_with(json));
    if !content_type.is_empty() && !claims_json {
        return Err(not_json(content_type));
    }
    if answer.body.is_empty() {
        return Err(not_json("an empty body".to_owned()));
    }
    std::str::from_utf8(&answer.body).map_err(|_| not_json("a body that is not utf-8".to_owned()))
}

/// A header as text, cut short.
pub(crate) fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    Some(text.chars().take(HEADER_CHARS_MAX).collect())
}

/// What the innermost of the nested errors says. The outer ones quote addresses, which may hold a token.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    match innermost.downcast_ref::<reqwest::Error>() {
        Some(_) => "the request could not be built".to_owned(),
        None => innermost.to_string(),
    }
}

/// What is wrong with the certificate, if that is what it was.
fn certificate_problem(error: &reqwest::Error) -> Option<String> {
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(problem)) = error.downcast_ref() {
            return Some(problem.to_string());
        }
        // An `io::Error` passes over what it wraps when it is asked for its source.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

/// How long the other side asks to be left alone, in either of the two forms of the header.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    parse_retry_after(&header(headers, &RETRY_AFTER)?, jiff::Timestamp::now())
}

fn parse_retry_after(text: &str, now: jiff::Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests;
