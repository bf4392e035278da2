//! Looking for a record that may have been created: the answer of a `create` was lost, and to make it once more could make
//! it twice.
//!
//! The record is known by its number, which is above those that were there before; by the script user who created it;
//! and by the values that were sent. A value that the site stores in another form is not compared.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::caller::{Caller, Credentials};
use crate::client::Client;
use crate::error::CallError;
use crate::query::{Fields, Filters, Read, Sort};

/// What was to be created.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The type of the record.
    pub entity_type: &'a str,
    /// The values that were sent.
    pub fields: &'a Fields,
    /// What the answer would have held besides these.
    pub return_fields: &'a [String],
    /// The record's number is above this one.
    pub after: u64,
    /// The login of the person in whose name it was to be created; none for the caller's own.
    pub login: Option<&'a str>,
}

impl Client {
    /// The number of the newest record of a type that is not in the trash; 0 if there is none. What is created from now on
    /// has a higher one.
    pub async fn newest_id(&self, caller: &Caller, entity_type: &str) -> Result<u64, CallError> {
        let read = Read {
            order: vec![Sort { field: "id".to_owned(), descending: true }],
            limit: Some(1),
            ..Read::new(entity_type)
        };
        let rows = self.read(caller, &read).await?;
        Ok(rows.iter().next().and_then(number).unwrap_or(0))
    }

    /// The oldest record that is as wanted and not among `taken`, as `create` would have answered it, with its number.
    pub async fn find_created(
        &self,
        caller: &Caller,
        wanted: Wanted<'_>,
        taken: &[u64],
    ) -> Result<Option<(u64, Box<RawValue>)>, CallError> {
        let sent = wanted.fields.names().map(str::to_owned);
        let read = Read {
            filters: Filters::condition("id", "greater_than", vec![wanted.after].into()),
            fields: sent
                .chain(wanted.return_fields.iter().cloned())
                .chain([CREATOR.to_owned()])
                .chain(wanted.login.map(|_| CREATOR_LOGIN.to_owned()))
                .collect(),
            ..Read::new(wanted.entity_type)
        };
        let rows = self.read(caller, &read).await?;
        let found = rows.iter().find_map(|row| {
            let values: Value = serde_json::from_str(row).ok()?;
            let id = values.get("id")?.as_u64()?;
            let is_it = !taken.contains(&id)
                && is_by(&values, caller, wanted.login)
                && has(&values, wanted.fields);
            is_it.then(|| (id, answer(&values, wanted)))
        });
        Ok(found)
    }
}

/// What says who created a record.
const CREATOR: &str = "created_by";

/// The login of a person who did.
const CREATOR_LOGIN: &str = "created_by.HumanUser.login";

fn number(row: &str) -> Option<u64> {
    serde_json::from_str::<Value>(row).ok()?.get("id")?.as_u64()
}

/// Whether the caller's script user, or the person with this login, created the record. The site shows script users as
/// `name version`.
fn is_by(row: &Value, caller: &Caller, login: Option<&str>) -> bool {
    if let Some(login) = login {
        return row[CREATOR_LOGIN] == login;
    }
    let Credentials::Script { name, .. } = &caller.credentials;
    let creator = &row[CREATOR];
    let shown = creator["name"].as_str().and_then(|shown| shown.strip_prefix(name.as_str()));
    creator["type"] == "ApiUser"
        && shown.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn has(row: &Value, fields: &Fields) -> bool {
    fields.iter().all(|(name, sent)| row.get(name).is_none_or(|stored| is_same(sent, stored)))
}

/// Whether a value that was sent can have become the one that is stored. True where the two cannot be compared.
fn is_same(sent: &Value, stored: &Value) -> bool {
    match (sent, stored) {
        (sent, stored) if is_unset(sent) || is_unset(stored) => is_unset(sent) == is_unset(stored),
        (Value::String(sent), Value::String(stored)) => {
            sent.trim() == stored || is_moment(stored) || is_color(stored) || is_hidden(stored)
        }
        (Value::Number(sent), Value::Number(stored)) => {
            let (sent, stored) = (sent.as_f64().unwrap_or(0.0), stored.as_f64().unwrap_or(0.0));
            // Floats are stored with six decimals, durations without.
            (sent - stored).abs() <= 1e-6 || sent.trunc() == stored
        }
        (Value::Bool(sent), Value::Bool(stored)) => sent == stored,
        (Value::Object(_), Value::Object(_)) => match (link(sent), link(stored)) {
            (Some(sent), Some(stored)) => sent == stored,
            _ => true,
        },
        (Value::Array(sent), Value::Array(stored)) => {
            sent.iter().all(|one| stored.iter().any(|other| is_same(one, other)))
        }
        _ => true,
    }
}

/// The site has one way of saying that nothing is there, and writers have several.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// A moment can have been sent in many forms.
fn is_moment(stored: &str) -> bool {
    stored.len() == 20 && stored.ends_with('Z') && stored.as_bytes()[10] == b'T'
}

/// A color can have been sent by its name.
fn is_color(stored: &str) -> bool {
    let mut parts = stored.split(',');
    parts.by_ref().take(3).filter(|part| part.parse::<u8>().is_ok()).count() == 3
        && parts.next().is_none()
}

/// What the site shows in the place of a password.
fn is_hidden(stored: &str) -> bool {
    stored.starts_with('*') && stored.bytes().all(|byte| byte == b'*')
}

fn link(value: &Value) -> Option<(&str, u64)> {
    Some((value.get("type")?.as_str()?, value.get("id")?.as_u64()?))
}

/// The record as `create` would have answered it.
fn answer(row: &Value, wanted: Wanted<'_>) -> Box<RawValue> {
    let mut answer = row.clone();
    let is_asked = wanted.fields.names().chain(wanted.return_fields.iter().map(String::as_str));
    if !is_asked.into_iter().any(|name| name == CREATOR)
        && let Some(answer) = answer.as_object_mut()
    {
        answer.remove(CREATOR);
    }
    if let Some(answer) = answer.as_object_mut() {
        answer.remove(CREATOR_LOGIN);
    }
    serde_json::value::to_raw_value(&answer).expect("a value that was read can be written")
}

#[cfg(test)]
mod tests;
