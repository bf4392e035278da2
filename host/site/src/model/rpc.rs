//! Which method is which function.

use serde_json::{Value as Json, json};

use super::auth::{Actor, authenticate};
use super::params::Params;
use super::path::Record;
use super::read::{Shape, read};
use super::transaction::{self, Transaction};
use super::value::Ref;
use super::{Ending, Hold, Model, Now, batch, follow, schema_read, summarize};
use crate::wire::{Answer, ApiError, Request};

/// Answers a request.
pub fn answer(
    model: &mut Model,
    request: &Request,
    now: Now,
    ending: Ending,
) -> Result<(Answer, Option<Hold>), ApiError> {
    let method = request.method_name.as_str();
    if method == "info" {
        return Ok((info(), None));
    }
    let actor = authenticate(model, request.params.first())?;
    let sent = request.params.get(1);
    match method {
        "create" | "update" | "delete" | "revive" | "batch" => {
            write(model, method, sent, &actor, now, ending)
        }
        _ => query(model, method, sent, &actor, now).map(|answer| (answer, None)),
    }
}

/// The methods that change no record.
fn query(
    model: &mut Model,
    method: &str,
    sent: Option<&Json>,
    actor: &Actor,
    now: Now,
) -> Result<Answer, ApiError> {
    let nothing = Json::Object(serde_json::Map::new());
    // Where all parameters may be left out, the client leaves out the parameters as a whole.
    let optional = || Params::new(method, Some(sent.unwrap_or(&nothing)));
    let params = || Params::new(method, sent);
    match method {
        "read" => read(model, &params()?, now),
        "summarize" => summarize::summarize(model, &params()?, now),
        "schema_read" => schema_read::all(model, &optional()?),
        "schema_entity_read" => schema_read::entities(model, &optional()?),
        "schema_field_read" => schema_read::fields(model, &params()?),
        "follow" => follow::follow(model, &params()?),
        "unfollow" => follow::unfollow(model, &params()?),
        "followers" => follow::followers(model, &params()?),
        "following" => follow::following(model, &params()?),
        "get_session_token" => {
            let user = actor.user.expect("a caller that was authenticated is somebody");
            Ok(Answer::from_results(&json!({"session_id": model.open_session(user)}).to_string()))
        }
        unknown => {
            Err(ApiError::invalid(format!("API invalid/missing string 'method_name': '{unknown}'")))
        }
    }
}

fn write(
    model: &mut Model,
    method: &str,
    sent: Option<&Json>,
    actor: &Actor,
    now: Now,
    ending: Ending,
) -> Result<(Answer, Option<Hold>), ApiError> {
    let (results, hold) = transaction::run(model, actor, now, ending, |transaction| {
        if method == "batch" {
            return batch::run(transaction, sent);
        }
        one(transaction, method, &Params::new(method, sent)?)
    })?;
    Ok((Answer::from_results(&results), hold))
}

/// Performs one write and returns its results as JSON text.
pub fn one(
    transaction: &mut Transaction<'_>,
    method: &str,
    params: &Params<'_>,
) -> Result<String, ApiError> {
    match method {
        "create" => {
            let (record, sent) = transaction.create(params)?;
            let mut names: Vec<_> = sent.iter().map(String::as_str).collect();
            names.extend(params.list("return_fields")?.iter().filter_map(Json::as_str));
            echo(transaction, params, record, &names)
        }
        "update" => {
            let (record, sent) = transaction.update(params)?;
            let names: Vec<_> = sent.iter().map(String::as_str).collect();
            echo(transaction, params, record, &names)
        }
        "delete" => {
            let record = params.record(transaction.model)?;
            transaction.delete(method, record).map(|done| done.to_string())
        }
        "revive" => {
            let record = params.record(transaction.model)?;
            transaction.revive(method, record).map(|done| done.to_string())
        }
        unknown => Err(params.missing(&format!("string 'request_type' (got '{unknown}')"))),
    }
}

/// A record that was written, with the fields that were sent or asked for.
fn echo(
    transaction: &Transaction<'_>,
    params: &Params<'_>,
    record: Ref,
    names: &[&str],
) -> Result<String, ApiError> {
    let model = &*transaction.model;
    let shape = Shape::of_names(model, params.method, record.entity_type, names.iter().copied())?;
    let written = transaction.rows.iter().find(|row| row.id == record.id);
    let written = match (model.live_record(record), written) {
        (Some(written), _) => written,
        (None, Some(row)) => Record::Event(record.entity_type, row),
        (None, None) => unreachable!("a record that was written is there"),
    };
    let mut results = String::new();
    shape.write(model, record.entity_type, written, &mut results);
    Ok(results)
}

fn info() -> Answer {
    let body = json!({
        "full_version": [8, 50, 0, 0],
        "version": [8, 50, 0],
        "user_authentication_method": "default",
        "s3_uploads_enabled": false,
        "s3_direct_uploads_enabled": false,
        "s3_enabled_upload_types": {},
        "api_max_entities_per_page": 500,
    });
    Answer::bare(body.to_string())
}
