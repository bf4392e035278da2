//! What a guest wants changed on the site, and how it is found out whether that was done already.

use serde_json::value::RawValue;
use shotgun::query::{Batch, BatchRequest, Fields, Filters, Modes, Read};
use shotgun::{CallError, Caller, Client, Params, Upload};

use crate::effect::{Created, DoubtEnding};

/// One call that changes something on the site.
pub(crate) enum Wanted<'a> {
    Create { entity_type: &'a str, fields: &'a Fields, return_fields: &'a [String] },
    Update { entity_type: &'a str, id: u64, fields: &'a Fields, modes: &'a Modes },
    Delete { entity_type: &'a str, id: u64 },
    Revive { entity_type: &'a str, id: u64 },
    Batch(&'a Batch),
    Upload(&'a Upload),
    Call { method: &'a str, params: &'a Params },
}

/// What a request of a batch would be by itself.
impl<'a> From<&'a BatchRequest> for Wanted<'a> {
    fn from(request: &'a BatchRequest) -> Self {
        match request {
            BatchRequest::Create { entity_type, fields, return_fields } => {
                Self::Create { entity_type, fields, return_fields }
            }
            BatchRequest::Update { entity_type, id, fields, modes } => {
                Self::Update { entity_type, id: *id, fields, modes }
            }
            BatchRequest::Delete { entity_type, id } => Self::Delete { entity_type, id: *id },
        }
    }
}

/// Why it cannot be found out whether a call was made.
pub(super) enum Unclear {
    /// The site did not answer.
    Site(CallError),
    /// Some of what it makes is there, and some is not.
    InPart,
}

impl Wanted<'_> {
    /// The function of the contract.
    pub(super) fn function(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Update { .. } => "update",
            Self::Delete { .. } => "delete",
            Self::Revive { .. } => "revive",
            Self::Batch(_) => "batch",
            Self::Upload(_) => "upload",
            Self::Call { .. } => "call",
        }
    }

    /// The entity type, or the name of a method.
    pub(super) fn subject(&self) -> &str {
        match self {
            Self::Create { entity_type, .. }
            | Self::Update { entity_type, .. }
            | Self::Delete { entity_type, .. }
            | Self::Revive { entity_type, .. } => entity_type,
            Self::Batch(_) => "batch",
            Self::Upload(upload) => &upload.entity_type,
            Self::Call { method, .. } => method,
        }
    }

    /// Makes the call; its answer as JSON text.
    pub(super) async fn make(&self, client: &Client, caller: &Caller) -> Result<String, CallError> {
        match *self {
            Self::Create { entity_type, fields, return_fields } => {
                client.create(caller, entity_type, fields, return_fields).await.map(text)
            }
            Self::Update { entity_type, id, fields, modes } => {
                client.update(caller, entity_type, id, fields, modes).await.map(text)
            }
            Self::Delete { entity_type, id } => {
                client.delete(caller, entity_type, id).await.map(|done| done.to_string())
            }
            Self::Revive { entity_type, id } => {
                client.revive(caller, entity_type, id).await.map(|done| done.to_string())
            }
            Self::Batch(batch) => client.batch(caller, batch).await.map(|rows| rows.to_json()),
            Self::Upload(upload) => client.upload(caller, upload).await.map(|id| id.to_string()),
            Self::Call { method, params } => client.call(caller, method, params).await.map(text),
        }
    }

    /// The creations in it.
    pub(super) fn creations(&self) -> Vec<(&str, &Fields, &[String])> {
        match self {
            Self::Create { entity_type, fields, return_fields } => {
                vec![(entity_type, fields, return_fields)]
            }
            Self::Batch(batch) => batch.requests().iter().filter_map(creation).collect(),
            _ => Vec::new(),
        }
    }

    /// What an answer says was created.
    pub(super) fn created(&self, answer: &str) -> Vec<Created> {
        let rows: Vec<serde_json::Value> = match self {
            Self::Create { .. } => serde_json::from_str(answer).into_iter().collect(),
            Self::Batch(_) => serde_json::from_str(answer).unwrap_or_default(),
            _ => Vec::new(),
        };
        let creations = match self {
            Self::Batch(batch) => {
                batch.requests().iter().map(|one| creation(one).is_some()).collect()
            }
            _ => vec![true; rows.len()],
        };
        let created = rows.iter().zip(creations).filter(|(_, is_creation)| *is_creation);
        created
            .filter_map(|(row, _)| Some((row["type"].as_str()?.to_owned(), row["id"].as_u64()?)))
            .collect()
    }

    /// How a doubt about this call ends when it is made again.
    pub(super) fn ending_of_repetition(&self) -> DoubtEnding {
        match self {
            _ if !self.creations().is_empty() => DoubtEnding::NotMade,
            Self::Call { .. } => DoubtEnding::RepeatedBlindly,
            // The second file of the same name would be there twice; in a field it takes the first one's place.
            Self::Upload(upload) if upload.field.is_none() => DoubtEnding::RepeatedBlindly,
            _ => DoubtEnding::RepeatedSafely,
        }
    }

    /// Looks for what the call makes: its answer, if it was made. `below` tells for each entity type the newest record
    /// that is older than the call.
    pub(super) async fn find_made(
        &self,
        client: &Client,
        caller: &Caller,
        login: Option<&str>,
        below: &(dyn Fn(&str) -> u64 + Sync),
    ) -> Result<Option<String>, Unclear> {
        let mut taken: Vec<u64> = Vec::new();
        let mut found = Vec::new();
        for (entity_type, fields, return_fields) in self.creations() {
            let after = below(entity_type);
            let wanted = shotgun::Wanted { entity_type, fields, return_fields, after, login };
            let record =
                client.find_created(caller, wanted, &taken).await.map_err(Unclear::Site)?;
            taken.extend(record.as_ref().map(|(id, _)| *id));
            found.push(record.map(|(_, row)| row));
        }
        if found.iter().all(Option::is_none) {
            return Ok(None);
        }
        let found = found.into_iter().collect::<Option<Vec<_>>>().ok_or(Unclear::InPart)?;
        let mut found = found.into_iter().map(text);
        let Self::Batch(batch) = self else { return Ok(found.next()) };
        let mut answers = Vec::new();
        for request in batch.requests() {
            answers.push(match request {
                BatchRequest::Create { .. } => found.next().ok_or(Unclear::InPart)?,
                BatchRequest::Update { entity_type, id, fields, .. } => {
                    read_back(client, caller, entity_type, *id, fields).await?
                }
                BatchRequest::Delete { .. } => "true".to_owned(),
            });
        }
        Ok(Some(format!("[{}]", answers.join(","))))
    }
}

fn creation(request: &BatchRequest) -> Option<(&str, &Fields, &[String])> {
    match request {
        BatchRequest::Create { entity_type, fields, return_fields } => {
            Some((entity_type, fields, return_fields))
        }
        _ => None,
    }
}

/// A record as the update that set these fields answered it.
async fn read_back(
    client: &Client,
    caller: &Caller,
    entity_type: &str,
    id: u64,
    fields: &Fields,
) -> Result<String, Unclear> {
    let read = Read {
        filters: Filters::is_record(id),
        fields: fields.names().map(str::to_owned).collect(),
        ..Read::new(entity_type)
    };
    let rows = client.read(caller, &read).await.map_err(Unclear::Site)?;
    // It can be in the trash by now.
    let row = rows.iter().next().map(str::to_owned);
    Ok(row.unwrap_or_else(|| serde_json::json!({"type": entity_type, "id": id}).to_string()))
}

pub(super) fn text(json: Box<RawValue>) -> String {
    Box::<str>::from(json).into_string()
}
