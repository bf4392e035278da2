//! The envelope around every answer of the API: results, or an exception.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::caller::Caller;
use crate::error::{CallError, Fault};

/// A call as its errors name it.
pub(crate) struct Asked<'a> {
    pub peer: &'a str,
    pub method: &'a str,
    pub caller: Option<&'a Caller>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    exception: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error_code: Option<&'a RawValue>,
    /// Present even where it is null.
    #[serde(borrow, default, deserialize_with = "present")]
    results: Option<&'a RawValue>,
}

impl Asked<'_> {
    /// What is inside the envelope. A document without `results` is its own content, which is how `info` answers.
    pub(crate) fn results<'a>(&self, body: &'a str) -> Result<&'a RawValue, CallError> {
        let document: &RawValue =
            serde_json::from_str(body).map_err(|error| self.not_json(body, &error))?;
        // serde would take a list for the members of a struct, in order.
        if !document.get().starts_with('{') {
            return Ok(document);
        }
        let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(document.get()) else {
            return Ok(document);
        };
        if envelope.exception.is_some_and(is_truthy) {
            let message = envelope
                .message
                .and_then(|raw| serde_json::from_str::<Cow<'_, str>>(raw.get()).ok());
            let code = envelope.error_code.and_then(|raw| serde_json::from_str(raw.get()).ok());
            return Err(self.refused(code.unwrap_or(0), message.as_deref().unwrap_or("no message")));
        }
        Ok(envelope.results.unwrap_or(document))
    }

    /// Reads the content of the envelope as a `T`; `expected` says what that is.
    pub(crate) fn results_as<'a, T: Deserialize<'a>>(
        &self,
        body: &'a str,
        expected: &'static str,
    ) -> Result<T, CallError> {
        serde_json::from_str(self.results(body)?.get()).map_err(|_| self.wrong_shape(expected))
    }

    /// The same for content that is an object.
    pub(crate) fn object_as<'a, T: Deserialize<'a>>(
        &self,
        body: &'a str,
        expected: &'static str,
    ) -> Result<T, CallError> {
        let results = self.results(body)?;
        let object = Some(results).filter(|results| results.get().starts_with('{'));
        let object = object.and_then(|object| serde_json::from_str(object.get()).ok());
        object.ok_or_else(|| self.wrong_shape(expected))
    }

    pub(crate) fn wrong_shape(&self, expected: &'static str) -> CallError {
        CallError::WrongShape {
            peer: self.peer.to_owned(),
            method: self.method.to_owned(),
            expected,
        }
    }

    /// A refusal in the site's words, without the caller's key should the site repeat it.
    pub(crate) fn refused(&self, code: u32, message: &str) -> CallError {
        let message =
            self.caller.map_or_else(|| message.to_owned(), |caller| caller.redact(message));
        let fault = Fault::new(code, &message);
        CallError::Refused { peer: self.peer.to_owned(), method: self.method.to_owned(), fault }
    }

    fn not_json(&self, body: &str, error: &serde_json::Error) -> CallError {
        let content = if body.trim_start().starts_with('<') {
            "html".to_owned()
        } else if error.is_eof() {
            format!("a document that ends at line {} column {}", error.line(), error.column())
        } else {
            format!(
                "a document that breaks the rules at line {} column {}",
                error.line(),
                error.column()
            )
        };
        CallError::NotJson { peer: self.peer.to_owned(), content }
    }
}

/// As Python has it, which is what the site's own client goes by.
fn is_truthy(raw: &RawValue) -> bool {
    !matches!(raw.get(), "null" | "false" | "0" | "\"\"" | "[]" | "{}")
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests;
