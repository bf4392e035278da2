//! The shapes on the wire: a request, an answer, and an error, as API3 JSON-RPC spells them. Knows no HTTP.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

mod ordered;

/// The methods that come as forms of their own and not as JSON; see `server`.
pub(crate) const FORMS: [&str; 7] = [
    "api_complete_multipart_upload",
    "api_get_upload_link_for_part",
    "api_get_upload_link_info",
    "api_link_file",
    "publish_thumbnail",
    "share_thumbnail",
    "upload_file",
];
/// The most that an error says: a client that sends much by mistake, and prints what it is told, can still read it.
const MESSAGE_CHARS_MAX: usize = 2_000;

/// One call: `{"method_name": "read", "params": [AUTH, PARAMS]}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The method, such as `read`.
    pub method_name: String,
    /// The authentication dictionary and then the parameters of the call, if it has any.
    #[serde(default)]
    pub params: Vec<Value>,
}

/// The whole body of a successful answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    body: String,
    /// Whether the body is CSV and not JSON.
    is_csv: bool,
}

/// An answer of the API that says why a call was refused. Sent with HTTP status 200, as the real service does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// The kind of refusal.
    pub code: ErrorCode,
    /// The sentence for the caller, worded as the real service words it where that is known.
    pub message: String,
}

/// The error codes of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// 100: the request could not be understood at all, or the site is broken.
    Internal = 100,
    /// 102: a wrong key, password or token, or `sudo` refused.
    Authentication = 102,
    /// 103: an unknown field or relation, a wrong type, a missing parameter.
    Invalid = 103,
    /// 104: well formed, but against a rule: not found, not unique, not permitted.
    Refused = 104,
    /// 106: the user has two-factor authentication and no code was sent.
    TwoFactorMissing = 106,
    /// 107: a place in the navigation tree that is not there.
    NotInTree = 107,
    /// 108: people log in with the studio's single sign-on.
    SingleSignOn = 108,
    /// 110: people log in with Autodesk Identity.
    AutodeskIdentity = 110,
}

impl ErrorCode {
    /// Whether it says that the caller is not let in.
    #[must_use]
    pub fn is_about_the_caller(self) -> bool {
        matches!(
            self,
            Self::Authentication
                | Self::TwoFactorMissing
                | Self::SingleSignOn
                | Self::AutodeskIdentity
        )
    }
}

impl Request {
    /// A call of `method_name` with `params`.
    pub fn new(method_name: impl Into<String>, params: Vec<Value>) -> Self {
        Self { method_name: method_name.into(), params }
    }

    /// Reads a request from the body of a POST. Fails when it is not JSON or not of the right shape.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let mut request: Self = serde_json::from_slice(body).map_err(|error| {
            ApiError::new(ErrorCode::Internal, format!("API request is not valid: {error}"))
        })?;
        if FORMS.contains(&request.method_name.as_str()) {
            let name = &request.method_name;
            return Err(ApiError::invalid(format!(
                "API invalid/missing string 'method_name': '{name}'"
            )));
        }
        if request.method_name == "query_display_name_cache" {
            ordered::keep_order(&mut request, body);
        }
        Ok(request)
    }
}

impl Answer {
    /// An answer whose `results` is the JSON text `results`.
    #[must_use]
    pub fn from_results(results: &str) -> Self {
        let mut body = Self::open(results.len());
        body.push_str(results);
        Self::close(body)
    }

    /// An answer that is the bare JSON text `body`, as `info` is answered.
    #[must_use]
    pub fn bare(body: String) -> Self {
        Self { body, is_csv: false }
    }

    /// An answer that is the text of a CSV file.
    pub(crate) fn csv(body: String) -> Self {
        Self { body, is_csv: true }
    }

    /// What the body is.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        if self.is_csv { "text/csv; charset=utf-8" } else { "application/json; charset=utf-8" }
    }

    /// The start of a body to which the text of `results` is to be appended.
    pub(crate) fn open(capacity: usize) -> String {
        let mut body = String::with_capacity(capacity + 16);
        body.push_str("{\"results\":");
        body
    }

    /// The answer made of what [`Answer::open`] started.
    pub(crate) fn close(mut body: String) -> Self {
        body.push('}');
        Self { body, is_csv: false }
    }

    /// The text to send.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The text to send.
    #[must_use]
    pub fn into_body(self) -> String {
        self.body
    }

    /// What the official client would return: the value of `results`, or the whole body where there is none.
    #[must_use]
    pub fn results(&self) -> Value {
        if self.is_csv {
            return Value::from(self.body.as_str());
        }
        let mut body: Value =
            serde_json::from_str(&self.body).expect("the model writes valid JSON");
        match body.get_mut("results") {
            Some(results) => results.take(),
            None => body,
        }
    }
}

impl ApiError {
    /// An error of kind `code`. Of a message that is long because it repeats what was sent, the beginning is kept.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARS_MAX) {
            message.truncate(end);
            message.push('…');
        }
        Self { code, message }
    }

    /// Error 102.
    pub(crate) fn authentication(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Authentication, message)
    }

    /// Error 103.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Invalid, message)
    }

    /// Error 104.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Refused, message)
    }

    /// The JSON text to send.
    #[must_use]
    pub fn body(&self) -> String {
        json!({"exception": true, "message": self.message, "error_code": self.code as u16})
            .to_string()
    }
}
