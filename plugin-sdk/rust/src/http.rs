//! Requests to other hosts, as far as the operator granted them (`http` under `[plugin.NAME.grant]`): inside callbacks, and GET and
//! HEAD inside `register`.
//!
//! ```no_run
//! # use cuebox_plugin::{Result, http};
//! # fn tell() -> Result<()> {
//! let answer = http::post("https://hooks.example.com/services/x")
//!     .json(&serde_json::json!({ "text": "sh010 is approved" }))
//!     .send()?;
//! if !answer.is_success() {
//!     return Err(format!("the chat answered {}", answer.status).into());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A redirect is an answer like any other: who follows it makes a new request, which is decided anew. Headers that the operator's line
//! sets take the place of the plugin's. There is no timeout but the call's own deadline.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::host::{Current, Host};
use crate::{Error, Result};

/// A request in the making. Nothing is sent before [`Request::send`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "nothing is asked before `send`"]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: String,
    /// `https://hooks.example.com/services/x`.
    pub url: String,
    /// Names and values, in the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Vec<u8>,
    problem: Option<Error>,
}

/// What another host answered, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// 200, 404, ...
    pub status: u16,
    /// Names and values, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// What was answered.
    pub body: Vec<u8>,
}

/// A GET request.
pub fn get(url: impl Into<String>) -> Request {
    Request::new("GET", url)
}

/// A POST request.
pub fn post(url: impl Into<String>) -> Request {
    Request::new("POST", url)
}

/// A PUT request.
pub fn put(url: impl Into<String>) -> Request {
    Request::new("PUT", url)
}

/// A DELETE request.
pub fn delete(url: impl Into<String>) -> Request {
    Request::new("DELETE", url)
}

impl Request {
    /// A request of any method.
    pub fn new(method: &str, url: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            problem: None,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends these bytes.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends a value in JSON, and says so in `content-type`.
    pub fn json(self, value: impl Serialize) -> Self {
        match serde_json::to_vec(&value) {
            Ok(body) => self.header("content-type", "application/json").body(body),
            Err(error) => Self {
                problem: Some(Error::Invalid(format!(
                    "the body cannot be written as JSON: {error}"
                ))),
                ..self
            },
        }
    }

    /// Asks, and reads the whole answer, whatever its status.
    ///
    /// # Errors
    ///
    /// [`Error::Denied`] if it is not granted; the plugin's log has the line to write. [`Error::Unreachable`] if there is no answer,
    /// [`Error::Limit`] if a limit of the host was reached.
    pub fn send(mut self) -> Result<Response> {
        if let Some(problem) = self.problem.take() {
            return Err(problem);
        }
        Current::http(&self)
    }

    /// Scheme, authority, and path with query.
    #[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "only a component sends"))]
    pub(crate) fn parts(&self) -> Result<(&str, &str, &str)> {
        let refused = || {
            Error::Invalid(format!(
                "the address of a request begins with http:// or https://, not `{}`",
                self.origin()
            ))
        };
        let whole = self.url.split('#').next().unwrap_or_default();
        let (scheme, rest) = whole.split_once("://").ok_or_else(refused)?;
        if !["http", "https"].contains(&scheme) {
            return Err(refused());
        }
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        Ok((scheme, authority, path))
    }

    /// The address as far as errors say it: what comes after the host can hold a secret.
    pub(crate) fn origin(&self) -> &str {
        let start = self.url.find("://").map_or(0, |at| at + 3);
        let end = self.url[start..].find(['/', '?', '#']).map_or(self.url.len(), |at| start + at);
        &self.url[..end]
    }

    /// The request, and what is said about it.
    pub(crate) fn because(&self, reason: &str) -> String {
        format!("{} {}: {reason}", self.method, self.origin())
    }
}

impl Response {
    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of this name, in upper or lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.body).map_err(|error| self.unfit(error))
    }

    /// The body, read from JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| self.unfit(error))
    }

    fn unfit(&self, error: impl std::fmt::Display) -> Error {
        Error::Answer { call: format!("a request ({})", self.status), reason: error.to_string() }
    }
}

#[cfg(test)]
mod tests;
