//! Who follows what.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::Model;
use super::params::Params;
use super::value::Ref;
use crate::wire::{Answer, ApiError};

/// Pairs of who follows and what is followed.
pub type Follows = BTreeSet<(Ref, Ref)>;

/// Answers `follow`.
pub fn follow(model: &mut Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let (user, entity) = (params.link(model, "user")?, params.link(model, "entity")?);
    model.follows.insert((user, entity));
    Ok(echo(params, "followed"))
}

/// Answers `unfollow`.
pub fn unfollow(model: &mut Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let (user, entity) = (params.link(model, "user")?, params.link(model, "entity")?);
    model.follows.remove(&(user, entity));
    Ok(echo(params, "unfollowed"))
}

fn echo(params: &Params<'_>, what: &str) -> Answer {
    Answer::from_results(
        &json!({what: true, "user": params.fields["user"], "entity": params.fields["entity"]})
            .to_string(),
    )
}

/// Answers `followers`: the people who follow a record.
pub fn followers(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let entity = params.link(model, "entity")?;
    let people =
        model.follows.iter().filter(|(_, followed)| *followed == entity).map(|(user, _)| *user);
    let shown = people.filter_map(|user| {
        let row = model.tables.live(user)?;
        let status = model.schema.entity_type(user.entity_type).field_index("sg_status_list");
        let status = status.and_then(|index| row.value(index).as_text());
        Some(json!({
            "type": model.type_name(user),
            "id": user.id,
            "name": model.display_name(user),
            "status": status,
            "valid": "valid",
        }))
    });
    Ok(Answer::from_results(&shown.collect::<Json>().to_string()))
}

/// Answers `following`: the records that a person follows, of one project or one type if that is asked for.
pub fn following(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let user = params.link(model, "user")?;
    let project = params.optional_link(model, "project")?;
    let entity_type = params.fields.get("entity_type").and_then(Json::as_str);
    let followed =
        model.follows.iter().filter(|(follower, _)| *follower == user).map(|(_, entity)| *entity);
    let shown = followed.filter(|entity| {
        model.tables.live(*entity).is_some()
            && project.is_none_or(|project| model.project_of(*entity) == Some(project))
            && entity_type.is_none_or(|wanted| model.type_name(*entity) == wanted)
    });
    let shown: Json =
        shown.map(|entity| json!({"type": model.type_name(entity), "id": entity.id})).collect();
    Ok(Answer::from_results(&shown.to_string()))
}
