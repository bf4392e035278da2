//! Which licences people have: the site keeps what it is told, and asks nobody.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Model;
use super::params::Params;
use crate::wire::{Answer, ApiError};

#[cfg(test)]
mod tests;

/// What people have been assigned, by the id of the person: a text or a list of texts.
pub type Subscriptions = BTreeMap<u64, Json>;

/// Answers `user_subscriptions_read`: every person who is not retired, with null where nothing was assigned.
pub fn read(model: &Model) -> Answer {
    let people = model.schema.type_id("HumanUser");
    let people = people.into_iter().flat_map(|id| model.tables.rows(id));
    let assigned = |id: u64| model.subscriptions.get(&id).cloned().unwrap_or_default();
    let listed: Json = people
        .filter(|row| row.retired.is_none())
        .map(|row| json!({"humanUserId": row.id, "subscription": assigned(row.id)}))
        .collect();
    Answer::from_results(&listed.to_string())
}

/// Answers `user_subscriptions_create`: all that are sent are assigned, or none if one is not right.
pub fn create(model: &mut Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    may_assign(model, params)?;
    let mut assigned = Vec::new();
    for user in params.list("users")? {
        let one = Params::new(params.method, Some(user))?;
        let person = one.numbered(model, "humanUserId", "HumanUser")?;
        let subscription = user.get("subscription").ok_or_else(|| one.missing("'subscription'"))?;
        let is_text = |json: &Json| json.as_str().is_some_and(|text| !text.is_empty());
        let is_list = subscription.as_array().is_some_and(|texts| texts.iter().all(is_text));
        if !subscription.is_null() && !is_text(subscription) && !is_list {
            return Err(one.missing("string, array of strings or null 'subscription'"));
        }
        assigned.push((person.id, subscription.clone()));
    }
    for (person, subscription) in assigned {
        match subscription {
            Json::Null => model.subscriptions.remove(&person),
            subscription => model.subscriptions.insert(person, subscription),
        };
    }
    Ok(Answer::from_results(&json!({"status": "success"}).to_string()))
}

/// Whoever may not write people may not give them licences.
fn may_assign(model: &Model, params: &Params<'_>) -> Result<(), ApiError> {
    match model.schema.type_id("HumanUser") {
        Some(people) => model.may_create(params.method, people),
        None => Ok(()),
    }
}
