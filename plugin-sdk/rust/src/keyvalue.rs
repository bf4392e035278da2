//! Keys that are this plugin's alone and outlive the process.
//!
//! What a callback sets is kept if it ends in `Done` or `Skipped`, in the same step that marks the event as finished;
//! after a failure the keys are as they were before. In `register` they can be read only.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::host::{Current, Host};
use crate::{Error, Result};

/// The value of a key, if it is set.
pub fn get(key: &str) -> Result<Option<Vec<u8>>> {
    Current::key_value(key)
}

/// Sets a key.
pub fn set(key: &str, value: impl AsRef<[u8]>) -> Result<()> {
    Current::set_key_value(key, value.as_ref())
}

/// Unsets a key; does nothing if it is not set.
pub fn delete(key: &str) -> Result<()> {
    Current::delete_key_value(key)
}

/// All keys that are set, in no particular order.
pub fn keys() -> Result<Vec<String>> {
    Current::keys()
}

/// Adds to a counter, which starts at 0, and returns its new value.
pub fn increment(key: &str, delta: u64) -> Result<u64> {
    Current::increment(key, delta)
}

/// The value of a counter without changing it; 0 if it was never incremented.
pub fn counter(key: &str) -> Result<u64> {
    let Some(text) = get_text(key)? else { return Ok(0) };
    text.parse().map_err(|_| unreadable(key, "it is not a counter"))
}

/// The value of a key as text.
pub fn get_text(key: &str) -> Result<Option<String>> {
    let Some(value) = get(key)? else { return Ok(None) };
    String::from_utf8(value).map(Some).map_err(|_| unreadable(key, "it is not text in UTF-8"))
}

/// The value of a key that [`set_json`] wrote.
pub fn get_json<T: DeserializeOwned>(key: &str) -> Result<Option<T>> {
    let Some(value) = get(key)? else { return Ok(None) };
    serde_json::from_slice(&value).map(Some).map_err(|error| unreadable(key, &error.to_string()))
}

/// Sets a key to a value in JSON.
pub fn set_json<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<()> {
    let json = serde_json::to_vec(value).map_err(|error| unreadable(key, &error.to_string()))?;
    set(key, json)
}

fn unreadable(key: &str, reason: &str) -> Error {
    Error::KeyValue { key: key.to_owned(), reason: reason.to_owned() }
}
