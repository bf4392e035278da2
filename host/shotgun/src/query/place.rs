//! Where in a JSON document something is wrong, and what.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Why a call makes no sense: the place in what was handed in, and the rule it breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct QueryError {
    place: String,
    problem: String,
}

/// A place in a JSON document, printed as `filters[2][1]`.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    Root(&'a str),
    Index(&'a Place<'a>, usize),
    Key(&'a Place<'a>, &'a str),
}

/// The longest word of a caller that an error repeats.
const WORD_CHARS_MAX: usize = 40;

impl QueryError {
    pub(crate) fn new(place: Place<'_>, problem: impl Into<String>) -> Self {
        Self { place: place.to_string(), problem: problem.into() }
    }

    pub(crate) fn at(place: &str, problem: impl Into<String>) -> Self {
        Self::new(Place::Root(place), problem)
    }

    /// What was found is named by its kind only: its text may be a field's value.
    pub(crate) fn expected(place: Place<'_>, expected: &str, found: &Value) -> Self {
        Self::new(place, format!("expected {expected}, found {}", kind(found)))
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(name) => f.write_str(name),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
            Self::Key(parent, key) => write!(f, "{parent}.{}", word(key)),
        }
    }
}

/// Reads JSON text; `expected` says what it should be.
pub(crate) fn parse<'a, T: Deserialize<'a>>(
    place: Place<'_>,
    json: &'a str,
    expected: &str,
) -> Result<T, QueryError> {
    serde_json::from_str(json).map_err(|error| {
        if error.is_data() {
            // It is JSON, or the document ended before the parser could tell: say what it is instead.
            return match serde_json::from_str::<Value>(json) {
                Ok(value) => QueryError::expected(place, expected, &value),
                Err(error) => not_json(place, &error),
            };
        }
        not_json(place, &error)
    })
}

/// Reads the JSON text of a whole argument.
pub(crate) fn parse_root<'a, T: Deserialize<'a>>(
    name: &str,
    json: &'a str,
    expected: &str,
) -> Result<T, QueryError> {
    parse(Place::Root(name), json, expected)
}

/// Reads a string that is not empty.
pub(crate) fn text(place: Place<'_>, raw: &RawValue, expected: &str) -> Result<String, QueryError> {
    let text: String = parse(place, raw.get(), expected)?;
    if text.is_empty() {
        return Err(QueryError::new(place, format!("expected {expected}, found an empty text")));
    }
    Ok(text)
}

/// A word of the caller's, short enough and without what could disturb a log line.
pub(crate) fn word(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(WORD_CHARS_MAX).collect()
}

fn not_json(place: Place<'_>, error: &serde_json::Error) -> QueryError {
    QueryError::new(place, format!("not json at line {} column {}", error.line(), error.column()))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
