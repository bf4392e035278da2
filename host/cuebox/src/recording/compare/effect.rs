//! What of a delivery's calls changes something: on the site, in the plugin's keys, on other hosts.

use std::collections::BTreeMap;
use std::fmt;

use policy::shotgun::is_read_method;
use runtime::Exchange;
use serde::Serialize;
use serde_json::{Value as Json, json};

/// One effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effect {
    /// What is done: `update`, `create`, `POST`, `key-values.set`.
    pub function: String,
    /// What it is done to: `Shot 7`, `Note`, an address, a key.
    pub target: String,
    /// What is written, by field.
    pub values: BTreeMap<String, Json>,
}

impl Effect {
    /// The effects among calls, in order.
    pub fn all(calls: &[Exchange]) -> Vec<Self> {
        calls.iter().flat_map(Self::of).collect()
    }

    /// Whether it does the same to the same thing, whatever it writes.
    pub fn is_like(&self, other: &Self) -> bool {
        self.function == other.function && self.target == other.target
    }

    fn of(call: &Exchange) -> Vec<Self> {
        let asked = &call.arguments;
        let function = call.function.as_str();
        let one = |target: String, values: BTreeMap<String, Json>| {
            vec![Self { function: function.to_owned(), target, values }]
        };
        match function {
            "create" => one(text(&asked["entity_type"]), fields(&asked["data"])),
            "update" => {
                let mut values = fields(&asked["data"]);
                add_modes(&mut values, &asked["multi_entity_update_modes"]);
                one(entity(&asked["entity_type"], &asked["id"]), values)
            }
            "delete" | "revive" => {
                one(entity(&asked["entity_type"], &asked["id"]), BTreeMap::new())
            }
            "batch" => batch(&asked["requests"]),
            "upload" => {
                let values = only(asked, &["field", "file_name", "content"]);
                one(entity(&asked["entity_type"], &asked["id"]), values)
            }
            "call" if !is_read_method(&text(&asked["method"])) => {
                one(text(&asked["method"]), fields(&asked["params"]))
            }
            "key-values.set" | "key-values.delete" | "key-values.increment" => {
                one(text(&asked["key"]), only(asked, &["value", "delta"]))
            }
            "http" if !matches!(asked["method"].as_str(), Some("GET" | "HEAD")) => {
                vec![Self {
                    function: text(&asked["method"]),
                    target: text(&asked["url"]),
                    values: body(asked),
                }]
            }
            _ => Vec::new(),
        }
    }
}

/// Each request of a batch is an effect of its own.
fn batch(requests: &Json) -> Vec<Effect> {
    let Some(requests) = requests.as_array() else {
        let values = BTreeMap::from([("requests".to_owned(), requests.clone())]);
        return vec![Effect { function: "batch".to_owned(), target: String::new(), values }];
    };
    let effect = |request: &Json| {
        let function = text(&request["request_type"]);
        let target = match function.as_str() {
            "create" => text(&request["entity_type"]),
            _ => entity(&request["entity_type"], &request["entity_id"]),
        };
        let mut values = fields(&request["data"]);
        add_modes(&mut values, &request["multi_entity_update_modes"]);
        Effect { function: format!("batch {function}"), target, values }
    };
    requests.iter().map(effect).collect()
}

fn body(asked: &Json) -> BTreeMap<String, Json> {
    let text = asked["body"].as_str();
    let parsed = text.and_then(|text| serde_json::from_str::<Json>(text).ok());
    let mut values = match parsed {
        Some(Json::Object(object)) => object.into_iter().collect(),
        _ => BTreeMap::from([("body".to_owned(), asked["body"].clone())]),
    };
    for header in asked["headers"].as_array().into_iter().flatten() {
        values.insert(format!("header {}", super::effect::text(&header[0])), header[1].clone());
    }
    values
}

fn add_modes(values: &mut BTreeMap<String, Json>, modes: &Json) {
    for (field, mode) in modes.as_object().into_iter().flatten() {
        values.insert(format!("mode of {field}"), mode.clone());
    }
}

fn text(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

fn entity(entity_type: &Json, id: &Json) -> String {
    format!("{} {id}", text(entity_type))
}

fn fields(data: &Json) -> BTreeMap<String, Json> {
    match data {
        Json::Object(object) => object.clone().into_iter().collect(),
        Json::Null => BTreeMap::new(),
        other => BTreeMap::from([("data".to_owned(), other.clone())]),
    }
}

fn only(asked: &Json, names: &[&str]) -> BTreeMap<String, Json> {
    let value = |name: &&str| Some(((*name).to_owned(), asked.get(*name)?.clone()));
    names.iter().filter_map(value).collect()
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.function, self.target)?;
        if !self.values.is_empty() {
            write!(f, " {}", json!(self.values))?;
        }
        Ok(())
    }
}
