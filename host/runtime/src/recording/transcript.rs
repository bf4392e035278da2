//! What is written down of one delivery: the form of a recording. A change here is a new version of that form.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::bindings::cuebox::plugin::types::Event;
use crate::outcome::Outcome;

/// One delivery, from the making of its instance to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// The callback.
    pub callback: String,
    /// The event as the guest was handed it: without what it may not read.
    pub event: Event,
    /// From the making of the instance to the end of `register`.
    pub register: Section,
    /// The call of `handle`.
    pub handle: Section,
}

/// What happened between the guest and the host in one call of the guest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Calls of the guest to the host whose answers come from outside, in the order in which they were made.
    pub calls: Vec<Exchange>,
    /// Readings of the wall clock: seconds since the Unix epoch, and nanoseconds.
    pub wall_clock: Vec<(u64, u32)>,
    /// Readings of the clock that only goes on, in nanoseconds.
    pub monotonic_clock: Vec<u64>,
    /// Random bytes, call by call.
    pub random: Vec<Content>,
    /// What each wait for something to be ready found; none if the call ended in it.
    pub waits: Vec<Option<Vec<u32>>>,
    /// What the guest logged, stdout and stderr included.
    pub log: Vec<LogLine>,
    /// How it ended.
    pub ending: CallEnding,
    /// The fuel it used.
    pub fuel: u64,
}

/// One call of the guest to the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The function: `find`, `create`, `key-values.get`, `http`.
    pub function: String,
    /// What was asked. Texts that are JSON are values here, so that the order of keys makes no difference.
    pub arguments: Json,
    /// What was answered, as `{"Ok": …}` or `{"Err": …}`; none if the guest's call ended in this one.
    pub answer: Option<Json>,
}

/// One line of a guest's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// `info`, ...
    pub level: String,
    /// What the guest gave as its context; `stdout` or `stderr` for those.
    pub context: String,
    /// The line.
    pub text: String,
}

/// How a call ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallEnding {
    /// One word.
    pub outcome: String,
    /// A sentence without its subject.
    pub text: String,
}

/// Bytes: a text where they are one, and hexadecimal digits where not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Json", try_from = "Json")]
pub struct Content(pub Vec<u8>);

impl From<Content> for Json {
    fn from(content: Content) -> Self {
        String::from_utf8(content.0)
            .map_or_else(|error| json!({"hex": hex::encode(error.as_bytes())}), Json::String)
    }
}

impl TryFrom<Json> for Content {
    type Error = String;

    fn try_from(json: Json) -> Result<Self, String> {
        match &json {
            Json::String(text) => Ok(Self(text.clone().into_bytes())),
            Json::Object(object) if object.len() == 1 => {
                let digits = object.get("hex").and_then(Json::as_str);
                let bytes = digits.and_then(|digits| hex::decode(digits).ok());
                bytes.map(Self).ok_or_else(|| "not bytes: {\"hex\": \"…\"} is expected".to_owned())
            }
            _ => Err("not bytes: a text or {\"hex\": \"…\"} is expected".to_owned()),
        }
    }
}

impl From<&Outcome> for CallEnding {
    fn from(outcome: &Outcome) -> Self {
        Self { outcome: outcome.name().to_owned(), text: outcome.to_string() }
    }
}

/// JSON text as what it says; a text that is none as it stands.
pub(super) fn value_of(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_owned()))
}
