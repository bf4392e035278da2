//! `cuebox:plugin/shotgun`: the connection to the site. Each function: parse, ask the policy, perform, translate the answer.

use std::time::Instant;

use policy::Operation;
use shotgun::query::{Batch, Fields, Filters, Modes, QueryError, Read, Sort, Summary};
use shotgun::{
    Attachment, CallError, Caller, Client, Credentials, Params, ProjectId, SchemaRead, Upload,
};

use super::Capabilities;
use crate::bindings::cuebox::plugin::shotgun::{Error, Host, Query};
use crate::bindings::cuebox::plugin::types::{self, EntityRef};

/// The way to the site for one plugin.
#[derive(Clone)]
pub struct Connection {
    /// Shared by all plugins.
    pub client: Client,
    /// The script user that this plugin's calls are made as.
    pub credentials: Credentials,
}

/// The site's error code for a sign-in that it refuses.
const SIGN_IN_FAULT: u32 = 102;

/// An answer that the guest can deal with, inside one that ends the call.
type Answer<T> = wasmtime::Result<Result<T, Error>>;

/// What a guest wants to do, as the policy sees it.
struct Wish<'a> {
    /// The function of the contract.
    function: &'static str,
    operation: Operation,
    /// The entity type, or the name of a method.
    subject: &'a str,
}

impl Capabilities {
    /// The one way to the site: counts the call, asks the policy, keeps the books, performs.
    async fn ask_site<T>(
        &mut self,
        wish: Wish<'_>,
        perform: impl AsyncFnOnce(&Client, &Caller) -> Result<T, CallError>,
    ) -> Answer<T> {
        self.count_call()?;
        let setup = self.setup.clone();
        let decision = policy::decide(self.call.phase, &setup.grants, wish.operation, wish.subject);
        if let Err(refusal) = decision {
            return Ok(Err(Error::Denied(refusal.for_plugin(&setup.name).to_string())));
        }
        if wish.operation == Operation::Write {
            self.call.effects += 1;
        }
        let caller = Caller {
            credentials: setup.connection.credentials.clone(),
            session_uuid: self.call.session_uuid.clone(),
            sudo_as_login: None,
        };
        // Not reset if this future is dropped at the deadline: then it tells where the call was.
        self.call.inside = Some((wish.function, Instant::now()));
        let answer = perform(&setup.connection.client, &caller).await;
        self.call.inside = None;
        Ok(answer.map_err(|error| self.translate(&error)))
    }

    fn translate(&mut self, error: &CallError) -> Error {
        if let CallError::Invalid(problem) = error {
            return Error::Invalid(problem.to_string());
        }
        if let Some(fault) = error.fault()
            && !error.is_transient()
        {
            // A key that the site refuses is between the operator and the site.
            self.call.site_unavailable |= fault.code == SIGN_IN_FAULT;
            return Error::Fault((fault.code, fault.message().to_owned()));
        }
        if let CallError::TooLarge { .. } = error {
            return Error::Limit(error.to_string());
        }
        self.call.site_unavailable = true;
        Error::Unavailable(error.to_string())
    }

    /// Holds an answer against the plugin's own limit.
    fn measure<T: AsRef<[u8]>>(&self, answer: T) -> Result<T, Error> {
        let (len, max) = (answer.as_ref().len(), self.setup.limits.answer_bytes);
        if len > max {
            return Err(Error::Limit(format!(
                "the answer has {len} bytes, and the limit `answer_bytes` is {max}"
            )));
        }
        Ok(answer)
    }

    fn measured<T: AsRef<[u8]>>(&self, answer: Answer<T>) -> Answer<T> {
        Ok(answer?.and_then(|answer| self.measure(answer)))
    }
}

fn read<'a>(function: &'static str, subject: &'a str) -> Wish<'a> {
    Wish { function, operation: Operation::Read, subject }
}

fn write<'a>(function: &'static str, subject: &'a str) -> Wish<'a> {
    Wish { function, operation: Operation::Write, subject }
}

/// Parses what a guest sent, before anything is decided or done.
macro_rules! parsed {
    ($parse:expr) => {
        match $parse {
            Ok(value) => value,
            Err(error) => return Ok(Err(Error::Invalid(QueryError::to_string(&error)))),
        }
    };
}

impl types::Host for Capabilities {}

impl Host for Capabilities {
    async fn find(&mut self, query: Query) -> Answer<String> {
        let query = Read {
            filters: parsed!(Filters::parse(&query.filters)),
            entity_type: query.entity_type,
            fields: query.fields,
            order: query
                .order
                .into_iter()
                .map(|sort| Sort { field: sort.field, descending: sort.descending })
                .collect(),
            limit: query.limit,
            page: query.page,
            retired_only: query.retired_only,
            include_archived_projects: query.include_archived_projects,
        };
        let wish = read("find", &query.entity_type);
        let rows = self.ask_site(wish, async |client, caller| client.read(caller, &query).await);
        let rows = rows.await?.map(|rows| rows.to_json());
        self.measured(Ok(rows))
    }

    async fn summarize(
        &mut self,
        entity_type: String,
        filters: String,
        summary_fields: String,
        grouping: Option<String>,
    ) -> Answer<String> {
        let filters = parsed!(Filters::parse(&filters));
        let summary =
            parsed!(Summary::parse(&entity_type, filters, &summary_fields, grouping.as_deref()));
        let wish = read("summarize", &entity_type);
        let answer = self
            .ask_site(wish, async |client, caller| client.summarize(caller, &summary).await)
            .await?;
        self.measured(Ok(answer.map(text)))
    }

    async fn create(
        &mut self,
        entity_type: String,
        data: String,
        return_fields: Vec<String>,
    ) -> Answer<String> {
        let fields = parsed!(Fields::parse(&data));
        let create = async |client: &Client, caller: &Caller| {
            client.create(caller, &entity_type, &fields, &return_fields).await
        };
        let answer = self.ask_site(write("create", &entity_type), create).await?;
        self.measured(Ok(answer.map(text)))
    }

    async fn update(
        &mut self,
        entity_type: String,
        id: u64,
        data: String,
        multi_entity_update_modes: Option<String>,
    ) -> Answer<String> {
        let fields = parsed!(Fields::parse(&data));
        let modes = parsed!(
            multi_entity_update_modes.as_deref().map_or_else(|| Ok(Modes::default()), Modes::parse)
        );
        let update = async |client: &Client, caller: &Caller| {
            client.update(caller, &entity_type, id, &fields, &modes).await
        };
        let answer = self.ask_site(write("update", &entity_type), update).await?;
        self.measured(Ok(answer.map(text)))
    }

    async fn delete(&mut self, entity_type: String, id: u64) -> Answer<bool> {
        let wish = write("delete", &entity_type);
        self.ask_site(wish, async |client, caller| client.delete(caller, &entity_type, id).await)
            .await
    }

    async fn revive(&mut self, entity_type: String, id: u64) -> Answer<bool> {
        let wish = write("revive", &entity_type);
        self.ask_site(wish, async |client, caller| client.revive(caller, &entity_type, id).await)
            .await
    }

    async fn batch(&mut self, requests: String) -> Answer<String> {
        let batch = parsed!(Batch::parse(&requests));
        let wish = write("batch", "batch");
        let answer =
            self.ask_site(wish, async |client, caller| client.batch(caller, &batch).await).await?;
        self.measured(Ok(answer.map(|rows| rows.to_json())))
    }

    async fn schema_read(
        &mut self,
        entity_type: Option<String>,
        field: Option<String>,
        project: Option<EntityRef>,
    ) -> Answer<String> {
        let schema = match (entity_type, field) {
            (Some(entity_type), field) => SchemaRead::Fields { entity_type, field },
            (None, None) => SchemaRead::Types,
            (None, Some(_)) => {
                let why = "a field's schema is read with its entity type, and none is given";
                return Ok(Err(Error::Invalid(why.to_owned())));
            }
        };
        let project = match project {
            Some(project) if project.entity_type != "Project" => {
                let why = format!("project is a {}, and must be a Project", project.entity_type);
                return Ok(Err(Error::Invalid(why)));
            }
            project => project.map(|project| ProjectId(project.id)),
        };
        let read_schema = async |client: &Client, caller: &Caller| {
            client.schema_read(caller, &schema, project).await
        };
        let answer = self.ask_site(read("schema-read", "schema"), read_schema).await?;
        self.measured(Ok(answer.map(text)))
    }

    async fn upload(
        &mut self,
        entity: EntityRef,
        field: Option<String>,
        file_name: String,
        content: Vec<u8>,
    ) -> Answer<u64> {
        let upload = Upload {
            entity_type: entity.entity_type.clone(),
            id: entity.id,
            field,
            file_name,
            content: content.into(),
        };
        let wish = write("upload", &entity.entity_type);
        self.ask_site(wish, async |client, caller| client.upload(caller, &upload).await).await
    }

    async fn download(&mut self, attachment: String) -> Answer<Vec<u8>> {
        let attachment = parsed!(Attachment::parse(&attachment));
        let wish = read("download", "Attachment");
        let answer = self
            .ask_site(wish, async |client, caller| client.download(caller, &attachment).await)
            .await?;
        self.measured(Ok(answer.map(|content| content.to_vec())))
    }

    async fn call(&mut self, method: String, params: String) -> Answer<String> {
        let params = parsed!(Params::parse(&params));
        let wish = if shotgun::is_read_method(&method) {
            read("call", &method)
        } else {
            write("call", &method)
        };
        let call =
            async |client: &Client, caller: &Caller| client.call(caller, &method, &params).await;
        let answer = self.ask_site(wish, call).await?;
        self.measured(Ok(answer.map(text)))
    }
}

fn text(json: Box<serde_json::value::RawValue>) -> String {
    Box::<str>::from(json).into_string()
}
