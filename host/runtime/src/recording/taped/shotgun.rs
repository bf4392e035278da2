//! `cuebox:plugin/shotgun` on tape.

use serde_json::{Value as Json, json};
use shotgun::query::{Batch, Fields, Modes, QueryError};

use super::{Asked, Taped, entity, not_recorded, written};
use crate::bindings::cuebox::plugin::shotgun::{Error, Host, Query};
use crate::bindings::cuebox::plugin::types::EntityRef;
use crate::capability::change::Wanted;
use crate::capability::json_bytes;
use crate::capability::supposed::{Before, Supposed};
use crate::recording::tape::Place;
use crate::recording::transcript::{Content, value_of};

type Answer<T> = wasmtime::Result<Result<T, Error>>;

/// Asks the tape about a call; makes it, if it is to be made; and says what is answered if it was not recorded. The arguments are
/// looked into only where there is a tape: what they come to in memory is bounded by those who make the call.
macro_rules! taped {
    ($self:ident, $function:literal, $arguments:expr, $perform:expr, $unknown:expr) => {
        match $self.asked($function, || $arguments)? {
            Asked::Perform(place) => {
                let answer = $perform.await;
                $self.answered(place, &answer);
                answer
            }
            Asked::Answered(_, answer) => Ok(answer),
            Asked::Unknown(place) => $unknown(place),
        }
    };
}

impl Taped<'_> {
    /// Reads what a guest hands over in JSON. What comes to more than it may make this host keep stays a text: it is refused anyway.
    fn reader(&self) -> impl Fn(&str) -> Json + use<> {
        let max = self.0.setup.limits.memory_bytes;
        move |text| match json_bytes(&[text]) > max {
            true => Json::String(text.to_owned()),
            false => value_of(text),
        }
    }

    /// The answer to a question that was not recorded.
    fn unanswered<T: serde::Serialize>(&self, place: Place, function: &str, of: &str) -> Answer<T> {
        self.made_up(place, Err(Error::Unavailable(not_recorded(function, of))))
    }

    /// The answer to a write that was not recorded.
    fn made_up<T: serde::Serialize>(&self, place: Place, answer: Result<T, Error>) -> Answer<T> {
        self.0.tape.write(Some(place), |call| call.answer = Some(written(&answer)));
        Ok(answer)
    }

    /// The answer to a write that was not recorded: what follows from it.
    fn supposed(&self, place: Place, wanted: &Wanted<'_>) -> Answer<String> {
        let (before, is_in_trash) = (&Before::new(), &|_: &str, _| false);
        let number = &mut |entity_type: &str| self.next_id(entity_type);
        let answer = Supposed { before, is_in_trash, number }.answer(wanted);
        self.made_up(place, Ok(answer.to_string()))
    }

    /// The number of a record that a write makes which was not recorded: that of the next recorded one of its type, so that
    /// what is done with it is the same; or else one that no record has.
    fn next_id(&self, entity_type: &str) -> u64 {
        let Some(mut reel) = self.0.tape.reel() else { return 0 };
        let Some(played) = &mut reel.played else { return 0 };
        let recorded = played.take("create", |asked| asked["entity_type"] == entity_type);
        let id = recorded.flatten().and_then(|answer| {
            let entity: Json = serde_json::from_str(answer["Ok"].as_str()?).ok()?;
            entity["id"].as_u64()
        });
        id.unwrap_or_else(|| played.made_up_id())
    }
}

/// What is no write is answered as the host answers it.
fn parsed<T>(read: Result<T, QueryError>) -> Result<T, Error> {
    read.map_err(|error| Error::Invalid(error.to_string()))
}

fn optional(read: &impl Fn(&str) -> Json, text: Option<&String>) -> Json {
    text.map_or(Json::Null, |text| read(text))
}

fn asked(query: &Query, read: &impl Fn(&str) -> Json) -> Json {
    let order: Vec<Json> =
        query.order.iter().map(|sort| json!([sort.field, sort.descending])).collect();
    json!({
        "entity_type": query.entity_type,
        "filters": read(&query.filters),
        "fields": query.fields,
        "order": order,
        "limit": query.limit,
        "page": query.page,
        "retired_only": query.retired_only,
        "include_archived_projects": query.include_archived_projects,
    })
}

impl Host for Taped<'_> {
    async fn find(&mut self, query: Query) -> Answer<String> {
        let read = self.reader();
        taped!(self, "find", asked(&query, &read), Host::find(self.0, query), |place| {
            self.unanswered(place, "find", &query.entity_type)
        })
    }

    async fn summarize(
        &mut self,
        entity_type: String,
        filters: String,
        summary_fields: String,
        grouping: Option<String>,
    ) -> Answer<String> {
        let read = self.reader();
        taped!(
            self,
            "summarize",
            json!({
                "entity_type": entity_type,
                "filters": read(&filters),
                "summary_fields": read(&summary_fields),
                "grouping": optional(&read, grouping.as_ref()),
            }),
            Host::summarize(self.0, entity_type, filters, summary_fields, grouping),
            |place| self.unanswered(place, "summarize", &entity_type)
        )
    }

    async fn create(
        &mut self,
        entity_type: String,
        data: String,
        return_fields: Vec<String>,
    ) -> Answer<String> {
        let read = self.reader();
        taped!(
            self,
            "create",
            json!({
                "entity_type": entity_type,
                "data": read(&data),
                "return_fields": return_fields,
            }),
            Host::create(self.0, entity_type, data, return_fields),
            |place| match self.0.weigh(&[&data]).and_then(|()| parsed(Fields::parse(&data))) {
                Ok(fields) => {
                    let (entity_type, return_fields) = (&*entity_type, &*return_fields);
                    let fields = &fields;
                    self.supposed(place, &Wanted::Create { entity_type, fields, return_fields })
                }
                Err(error) => self.made_up(place, Err(error)),
            }
        )
    }

    async fn update(
        &mut self,
        entity_type: String,
        id: u64,
        data: String,
        multi_entity_update_modes: Option<String>,
    ) -> Answer<String> {
        let read = self.reader();
        taped!(
            self,
            "update",
            json!({
                "entity_type": entity_type,
                "id": id,
                "data": read(&data),
                "multi_entity_update_modes": optional(&read, multi_entity_update_modes.as_ref()),
            }),
            Host::update(self.0, entity_type, id, data, multi_entity_update_modes),
            |place| {
                let modes = multi_entity_update_modes.as_deref();
                let wanted = self.0.weigh(&[&data, modes.unwrap_or_default()]).and_then(|()| {
                    let modes = parsed(modes.map(Modes::parse).transpose())?;
                    Ok((parsed(Fields::parse(&data))?, modes.unwrap_or_default()))
                });
                match wanted {
                    Ok((fields, modes)) => {
                        let (entity_type, fields, modes) = (&*entity_type, &fields, &modes);
                        self.supposed(place, &Wanted::Update { entity_type, id, fields, modes })
                    }
                    Err(error) => self.made_up(place, Err(error)),
                }
            }
        )
    }

    async fn delete(&mut self, entity_type: String, id: u64) -> Answer<bool> {
        taped!(
            self,
            "delete",
            json!({"entity_type": entity_type, "id": id}),
            Host::delete(self.0, entity_type, id),
            |place| self.made_up(place, Ok(true))
        )
    }

    async fn revive(&mut self, entity_type: String, id: u64) -> Answer<bool> {
        taped!(
            self,
            "revive",
            json!({"entity_type": entity_type, "id": id}),
            Host::revive(self.0, entity_type, id),
            |place| self.made_up(place, Ok(true))
        )
    }

    async fn batch(&mut self, requests: String) -> Answer<String> {
        let read = self.reader();
        let asked = |requests: &str| json!({"requests": read(requests)});
        taped!(self, "batch", asked(&requests), Host::batch(self.0, requests), |place| {
            match self.0.weigh(&[&requests]).and_then(|()| parsed(Batch::parse(&requests))) {
                Ok(batch) => self.supposed(place, &Wanted::Batch(&batch)),
                Err(error) => self.made_up(place, Err(error)),
            }
        })
    }

    async fn schema_read(
        &mut self,
        entity_type: Option<String>,
        field: Option<String>,
        project: Option<EntityRef>,
    ) -> Answer<String> {
        taped!(
            self,
            "schema-read",
            json!({
                "entity_type": entity_type,
                "field": field,
                "project": project.as_ref().map(entity),
            }),
            Host::schema_read(self.0, entity_type, field, project),
            |place| {
                self.unanswered(place, "schema-read", entity_type.as_deref().unwrap_or_default())
            }
        )
    }

    async fn upload(
        &mut self,
        entity: EntityRef,
        field: Option<String>,
        file_name: String,
        content: Vec<u8>,
    ) -> Answer<u64> {
        taped!(
            self,
            "upload",
            json!({
                "entity_type": entity.entity_type,
                "id": entity.id,
                "field": field,
                "file_name": file_name,
                "content": Json::from(Content(content.clone())),
            }),
            Host::upload(self.0, entity, field, file_name, content),
            |place| {
                let id = self.next_id("Attachment");
                self.made_up(place, Ok(id))
            }
        )
    }

    async fn download(&mut self, attachment: String) -> Answer<Vec<u8>> {
        let read = self.reader();
        let asked = || json!({"attachment": read(&attachment)});
        match self.asked::<Result<Content, Error>>("download", asked)? {
            Asked::Perform(place) => {
                let answer = Host::download(self.0, attachment).await?;
                self.0.tape.write(place, |call| {
                    let answer = answer.as_ref().map(|bytes| Content(bytes.clone()));
                    call.answer = Some(written(&answer));
                });
                Ok(answer)
            }
            Asked::Answered(_, answer) => Ok(answer.map(|content| content.0)),
            Asked::Unknown(place) => {
                let asked = read(&attachment);
                self.unanswered(place, "download", asked["name"].as_str().unwrap_or("of a file"))
            }
        }
    }

    async fn call(&mut self, method: String, params: String) -> Answer<String> {
        let read = self.reader();
        taped!(
            self,
            "call",
            json!({"method": method, "params": read(&params)}),
            Host::call(self.0, method, params),
            |place| self.unanswered(place, "call", &method)
        )
    }
}

#[cfg(test)]
mod tests;
