//! Requests to other hosts in a case, and what they are answered. Pure.

use std::collections::{BTreeMap, BTreeSet};

use policy::network::Target;
use serde::Deserialize;
use toml::Value;

use super::refers;

/// A request to another host that the plugin must make.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Method and address, such as `POST https://hooks.example.com/services/T1`.
    pub request: String,
    /// Headers that must be among its own.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Its body, which can be any if nothing is said.
    pub body: Option<String>,
    /// The same, as JSON.
    pub json: Option<Value>,
    /// What it is answered.
    #[serde(default = "Reply::ok")]
    pub answer: Reply,
}

/// What another host answers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    #[serde(default = "ok")]
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub body: Option<String>,
    /// A body in JSON.
    pub json: Option<Value>,
    /// Nothing: the connection breaks off.
    #[serde(default)]
    pub lost: bool,
}

impl Http {
    /// Whether it can be asked for, and answered. An `Err` goes on with the place.
    pub fn check(&self, known: &BTreeSet<&str>) -> Result<(), String> {
        let is_method = |method: &str| method.bytes().all(|byte| byte.is_ascii_uppercase());
        match self.request.split_once(' ') {
            Some((method, url)) if !method.is_empty() && is_method(method) => {
                Target::parse(url).map_err(|why| format!("asks for `{url}`: {why}"))?;
            }
            _ => {
                return Err(format!(
                    "has the request `{}`; it must be such as POST https://hooks.example.com/path",
                    self.request
                ));
            }
        }
        one_body(self.body.as_ref(), self.json.as_ref(), known)?;
        let Reply { status, headers, body, json, lost } = &self.answer;
        let in_answer = |why| format!("has an answer that {why}");
        one_body(body.as_ref(), json.as_ref(), known).map_err(in_answer)?;
        if !(200..=599).contains(status) {
            return Err(in_answer(format!("has the status {status}; it must be from 200 to 599")));
        }
        if *lost && (body.is_some() || json.is_some() || !headers.is_empty()) {
            return Err(in_answer("is `lost`, and says something".to_owned()));
        }
        headers.iter().try_for_each(header).map_err(in_answer)
    }
}

impl Reply {
    fn ok() -> Self {
        let (headers, body, json, lost) = Default::default();
        Self { status: ok(), headers, body, json, lost }
    }
}

fn ok() -> u16 {
    200
}

fn one_body(
    body: Option<&String>,
    json: Option<&Value>,
    known: &BTreeSet<&str>,
) -> Result<(), String> {
    match (body, json) {
        (Some(_), Some(_)) => Err("has a `body` and `json`; write one of them".to_owned()),
        (_, Some(json)) => refers(json, known),
        (_, None) => Ok(()),
    }
}

fn header((name, value): (&String, &String)) -> Result<(), String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if name.is_empty() || !name.bytes().all(is_plain) {
        return Err(format!("has the header `{name}`, which is no name of one"));
    }
    match value.chars().any(char::is_control) {
        true => Err(format!("has the header `{name}` with more than one line")),
        false => Ok(()),
    }
}
