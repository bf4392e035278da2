//! Which method is which function.

use serde_json::{Value as Json, json};

use super::auth::{Actor, authenticate, recognize};
use super::params::Params;
use super::path::Record;
use super::read::{Shape, read};
use super::transaction::{self, Transaction};
use super::value::Ref;
use super::{
    Ending, Hold, Model, Now, Who, batch, export, files, follow, personal, preferences, review,
    schema_read, schema_write, subscriptions, summarize, work_schedule,
};
use crate::wire::{Answer, ApiError, FORMS, Request};

/// Answers a request: of `who`, or else of whom it proves to be from.
pub fn answer(
    model: &mut Model,
    who: Option<&Who>,
    request: &Request,
    now: Now,
    ending: Ending,
) -> Result<(Answer, Option<Hold>), ApiError> {
    let answer = answer_caller(model, who, request, now, ending);
    model.personal.reader = None;
    model.viewer = None;
    answer
}

fn answer_caller(
    model: &mut Model,
    who: Option<&Who>,
    request: &Request,
    now: Now,
    ending: Ending,
) -> Result<(Answer, Option<Hold>), ApiError> {
    let method = request.method_name.as_str();
    if method == "info" {
        return Ok((info(model), None));
    }
    let actor = match who {
        Some(who) => who.actor(model)?,
        None => authenticate(model, request.params.first(), now)?,
    };
    model.personal.reader = actor.user;
    let sent = request.params.get(1);
    model.viewer = model.rules_of(&actor);
    model.may_call(method)?;
    match method {
        "create" | "update" | "delete" | "revive" | "batch" | "work_schedule_update" => {
            write(model, method, sent, &actor, now, ending)
        }
        form if FORMS.contains(&form) => {
            files::answer(model, &Params::new(method, sent)?, &actor, now, ending)
        }
        _ => query(model, method, sent, &actor, now).map(|answer| (answer, None)),
    }
}

/// Answers a request that changes nothing at all, not even when a session was last used, of somebody who may see
/// everything. None for others.
pub fn look(model: &Model, request: &Request, now: Now) -> Option<Result<Answer, ApiError>> {
    let method = request.method_name.as_str();
    if method == "info" {
        return Some(Ok(info(model)));
    }
    // What a field holds for whoever looks is known only while the model is theirs alone.
    if request.params.get(1).is_some_and(personal::is_asked_for) {
        return None;
    }
    let actor = recognize(model, request.params.first())?;
    if model.rules_of(&actor).is_some() {
        return None;
    }
    looked_up(model, method, request.params.get(1), now)
}

/// The methods that only look. None for others.
fn looked_up(
    model: &Model,
    method: &str,
    sent: Option<&Json>,
    now: Now,
) -> Option<Result<Answer, ApiError>> {
    let nothing = Json::Object(serde_json::Map::new());
    // Where all parameters may be left out, the client leaves out the parameters as a whole.
    let optional = || Params::new(method, Some(sent.unwrap_or(&nothing)));
    let params = || Params::new(method, sent);
    Some(match method {
        "read" => params().and_then(|params| read(model, &params, now)),
        "summarize" => params().and_then(|params| summarize::summarize(model, &params, now)),
        "schema_read" => optional().and_then(|params| schema_read::all(model, &params)),
        "schema_entity_read" => optional().and_then(|params| schema_read::entities(model, &params)),
        "schema_field_read" => params().and_then(|params| schema_read::fields(model, &params)),
        "followers" => params().and_then(|params| follow::followers(model, &params)),
        "following" => params().and_then(|params| follow::following(model, &params)),
        "note_thread_contents" => {
            params().and_then(|params| review::thread::contents(model, &params))
        }
        "query_display_name_cache" => {
            params().and_then(|params| review::search::by_text(model, &params, now))
        }
        "export_page" => params().and_then(|params| export::page(model, &params, now)),
        "preferences_read" => optional().and_then(|params| preferences::read(model, &params)),
        "user_subscriptions_read" => Ok(subscriptions::read(model)),
        "work_schedule_read" => params().and_then(|params| work_schedule::read(model, &params)),
        "nav_expand" => params().and_then(|params| review::navigate::expand(model, &params)),
        "nav_search" => params().and_then(|params| review::navigate::search(model, &params)),
        _ => return None,
    })
}

/// The methods that change no record.
fn query(
    model: &mut Model,
    method: &str,
    sent: Option<&Json>,
    actor: &Actor,
    now: Now,
) -> Result<Answer, ApiError> {
    if let Some(answer) = looked_up(model, method, sent, now) {
        return answer;
    }
    let params = || Params::new(method, sent);
    match method {
        "schema_field_create" => schema_write::create(model, &params()?),
        "schema_field_update" => schema_write::update(model, &params()?),
        "schema_field_delete" => schema_write::delete(model, &params()?),
        "follow" => follow::follow(model, &params()?),
        "unfollow" => follow::unfollow(model, &params()?),
        "activity_stream" => review::activity::stream(model, &params()?),
        "user_subscriptions_create" => subscriptions::create(model, &params()?),
        "update_project_last_accessed_by_current_user" => personal::visit(model, &params()?, now),
        "get_session_token" => {
            let token = model.session_token(actor, now);
            Ok(Answer::from_results(&json!({"session_id": token}).to_string()))
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
        if method == "work_schedule_update" {
            return work_schedule::update(transaction, &Params::new(method, sent)?);
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
    let written = model.live_record(record).unwrap_or_else(|| {
        let row = transaction.rows.iter().rfind(|row| row.id == record.id);
        Record::Event(record.entity_type, row.expect("a record that was written is there"))
    });
    let mut results = String::new();
    shape.write(model, record.entity_type, written, &mut results);
    Ok(results)
}

fn info(model: &Model) -> Answer {
    let body = json!({
        "full_version": [8, 50, 0, 0],
        "version": [8, 50, 0],
        "user_authentication_method": model.settings.user_authentication_method,
        "s3_uploads_enabled": model.settings.s3_direct_uploads_enabled,
        "s3_direct_uploads_enabled": model.settings.s3_direct_uploads_enabled,
        "s3_enabled_upload_types": model.settings.s3_enabled_upload_types,
        "api_max_entities_per_page": 500,
    });
    Answer::bare(body.to_string())
}
