//! `cuebox:plugin/shotgun`: the connection to the site. Each function: parse, ask the policy, perform, translate the answer.

mod evidence;
mod hold;
mod pretended;
mod reach;
mod sending;
mod shadow;
mod shown;
mod sudo;
mod touched;

use std::collections::BTreeSet;
use std::time::Instant;

use policy::shotgun::{Need, Operation, Projects, Refusal};
use shotgun::query::{Batch, Fields, Filters, Modes, QueryError, Read, Sort, Summary};
use shotgun::{
    Attachment, CallError, Caller, Client, Credentials, Params, ProjectId, SchemaRead, Upload,
};

pub use hold::KnownFields;
pub(crate) use pretended::Pretended;
pub use sudo::{Logins, Sudo};

use sending::Sending;

use super::Capabilities;
use super::change::{Wanted, text};
use crate::bindings::cuebox::plugin::shotgun::{Error, Host, Query};
use crate::bindings::cuebox::plugin::types::{self, EntityRef};
use crate::effect::{Carried, RequestDigest};

/// The way to the site for one plugin.
#[derive(Clone)]
pub struct Connection {
    /// Shared by all plugins.
    pub client: Client,
    /// The script user that this plugin's calls are made as.
    pub credentials: Credentials,
}

/// The site's error code for a sign-in that it refuses.
pub(crate) const SIGN_IN_FAULT: u32 = 102;

/// An answer that the guest can deal with, inside one that ends the call.
type Answer<T> = wasmtime::Result<Result<T, Error>>;

/// What one value takes up while a text in JSON is read and looked through: a value of our library, its place in a list that grows
/// by doubling, and a copy.
const JSON_VALUE_BYTES: usize = 96;

/// What reading texts in JSON takes up, at the most. Two bytes can be a value.
pub(crate) fn json_bytes(texts: &[&str]) -> usize {
    let begins_one = |byte: &u8| matches!(byte, b',' | b'[' | b'{' | b':');
    let values = texts.iter().flat_map(|text| text.as_bytes()).copied().filter(begins_one);
    values.count() * JSON_VALUE_BYTES
}

impl Capabilities {
    /// The way to the site for what changes something there: at most once for a delivery, whatever its attempts.
    async fn change_site(&mut self, wanted: Wanted<'_>, arguments: &[&[u8]]) -> Answer<String> {
        let passage = self.pass()?;
        let held = match self.hold(&wanted).await? {
            Ok(held) => held,
            Err(refused) => return Ok(Err(refused)),
        };
        if let Err(refused) = self.keep_change_out(&passage, &wanted).await? {
            return Ok(Err(refused));
        }
        let login = match self.login().await {
            Ok(login) => login,
            Err(refused) => return Ok(Err(refused)),
        };
        if let Err(refused) = self.take_site_call() {
            return Ok(Err(refused));
        }
        self.call.effects += 1;
        if self.setup.shadow {
            return self.pretend(wanted, &held, arguments).await;
        }
        let request = RequestDigest::of(wanted.function(), wanted.subject(), arguments);
        let Some(effects) = self.call.effects_of.clone() else { return Ok(Err(no_delivery())) };
        let mut sending = Sending { capabilities: self, wanted, request, held: &held, login };
        let carried = effects.carry_out(&mut sending).await;
        Ok(carried?.and_then(|Carried { answer, doubt }| {
            self.call.doubts.extend(doubt);
            held.shown(answer)
        }))
    }

    /// Asks the site in the plugin's name, for an answer that it can deal with.
    async fn ask<T>(
        &mut self,
        function: &'static str,
        perform: impl AsyncFnOnce(&Client, &Caller) -> Result<T, CallError>,
    ) -> Result<T, Error> {
        self.take_site_call()?;
        self.perform(function, perform).await.map_err(|error| self.translate(&error))
    }

    /// Asks the site in the plugin's name.
    async fn perform<T>(
        &mut self,
        function: &'static str,
        perform: impl AsyncFnOnce(&Client, &Caller) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let setup = self.setup.clone();
        let caller = Caller {
            credentials: setup.connection.credentials.clone(),
            session_uuid: self.call.session_uuid.clone(),
            sudo_as_login: self.call.sudo_as_login.clone(),
        };
        // Not reset if this future is dropped at the deadline: then it tells where the call was.
        let since = Instant::now();
        self.call.inside = Some((function, since));
        let answer = perform(&setup.connection.client, &caller).await;
        self.call.inside = None;
        self.call.site_time += since.elapsed();
        answer
    }

    fn translate(&mut self, error: &CallError) -> Error {
        if let CallError::Invalid(problem) = error {
            return Error::Invalid(problem.to_string());
        }
        if let Some(fault) = error.fault()
            && !error.is_transient()
        {
            if sudo::is_refusal(fault.message()) {
                let why =
                    "the site does not let the script user act as the person who caused the event";
                self.refusals.denied(why);
                return Error::Denied(why.to_owned());
            }
            // A key that the site refuses is between the operator and the site.
            self.call.site_unavailable |= fault.code == SIGN_IN_FAULT;
            return Error::Fault((fault.code, fault.message().to_owned()));
        }
        if let CallError::TooLarge { bytes_max, .. } = error {
            self.refusals.over("answer_bytes", format_args!("{bytes_max} bytes"));
            return Error::Limit(error.to_string());
        }
        self.call.site_unavailable = true;
        Error::Unavailable(error.to_string())
    }

    /// Holds what reading texts in JSON takes up against what the guest may make this host keep.
    pub(crate) fn weigh(&self, texts: &[&str]) -> Result<(), Error> {
        let (bytes, max) = (json_bytes(texts), self.setup.limits.memory_bytes);
        if bytes > max {
            self.refusals.over("memory_bytes", format_args!("{max} bytes"));
            return Err(Error::Limit(format!(
                "reading what is asked takes {bytes} bytes, and the limit `memory_bytes` is {max}"
            )));
        }
        Ok(())
    }

    /// Holds an answer against the plugin's own limit.
    pub(crate) fn measure<T: AsRef<[u8]>>(&self, answer: T) -> Result<T, Error> {
        let (len, max) = (answer.as_ref().len(), self.setup.limits.answer_bytes);
        if len > max {
            self.refusals.over("answer_bytes", format_args!("{max} bytes"));
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

/// Parses what a guest sent, before anything is decided or done.
macro_rules! parsed {
    ($parse:expr) => {
        match $parse {
            Ok(value) => value,
            Err(error) => return Ok(Err(Error::Invalid(QueryError::to_string(&error)))),
        }
    };
}

/// Goes on with what is allowed; tells the guest what is not.
macro_rules! allowed {
    ($decision:expr) => {
        match $decision {
            Ok(value) => value,
            Err(refused) => return Ok(Err(refused)),
        }
    };
}

impl types::Host for Capabilities {}

impl Host for Capabilities {
    async fn find(&mut self, query: Query) -> Answer<String> {
        allowed!(self.weigh(&[&query.filters]));
        let mut read = Read {
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
        let effective =
            allowed!(self.admit(&Need::of(Operation::Read, &read.entity_type, None))?);
        let passage = self.pass()?;
        let (of_type, retired) = (&read.entity_type, read.retired_only);
        allowed!(self.keep_read_out(&passage, of_type, &read.filters, retired).await?);
        let (is_left, pretended) = self.set_aside(&mut read);
        if effective.reads_everything()
            && let Some(needs) = touched::by_read(&read).ok().and_then(|question| question.needs())
        {
            self.setup.usage.note_needs(&needs, None, true);
        }
        if effective.reads_everything() && !self.setup.shadow {
            let rows = self.ask("find", async |client, caller| client.read(caller, &read).await);
            let rows = rows.await.map(|rows| rows.to_json());
            return self.measured(Ok(rows));
        }
        let question = allowed!(touched::by_read(&read).map_err(Error::Invalid));
        let narrowed = allowed!(self.narrow(question, &effective).await);
        read.filters = touched::wire_of(narrowed.filter.clone());
        read.fields.extend(narrowed.hidden.iter().cloned());
        let rows = match is_left {
            true => {
                let rows =
                    self.ask("find", async |client, caller| client.read(caller, &read).await);
                allowed!(rows.await).iter().map(str::to_owned).collect()
            }
            false => Vec::new(),
        };
        let rows = self.as_pretended(&read, rows, &pretended, &narrowed);
        let shown = shown::rows(rows.iter().map(String::as_str), &narrowed, &effective);
        self.measured(Ok(shown.ok_or_else(hold::unreadable)))
    }

    async fn summarize(
        &mut self,
        entity_type: String,
        filters: String,
        summary_fields: String,
        grouping: Option<String>,
    ) -> Answer<String> {
        allowed!(self.weigh(&[&filters, &summary_fields, grouping.as_deref().unwrap_or_default()]));
        let filters = parsed!(Filters::parse(&filters));
        let mut summary =
            parsed!(Summary::parse(&entity_type, filters, &summary_fields, grouping.as_deref()));
        let effective = allowed!(self.admit(&Need::of(Operation::Read, &entity_type, None))?);
        let passage = self.pass()?;
        allowed!(self.keep_read_out(&passage, &entity_type, summary.filters(), false).await?);
        if !effective.reads_everything() {
            let question = allowed!(touched::by_summary(&summary).map_err(Error::Invalid));
            let narrowed = allowed!(self.narrow(question, &effective).await);
            summary = summary.with_filters(touched::wire_of(narrowed.filter));
        } else if let Some(needs) =
            touched::by_summary(&summary).ok().and_then(|question| question.needs())
        {
            self.setup.usage.note_needs(&needs, None, true);
        }
        let sums =
            async |client: &Client, caller: &Caller| client.summarize(caller, &summary).await;
        let answer = text(allowed!(self.ask("summarize", sums).await));
        if effective.reads_everything() {
            return self.measured(Ok(Ok(answer)));
        }
        let shown = shown::sums(&answer, &effective);
        self.measured(Ok(shown.ok_or_else(hold::unreadable)))
    }

    async fn create(
        &mut self,
        entity_type: String,
        data: String,
        return_fields: Vec<String>,
    ) -> Answer<String> {
        allowed!(self.weigh(&[&data]));
        let fields = parsed!(Fields::parse(&data));
        let (entity_type, return_fields) = (&*entity_type, &*return_fields);
        let asked = [canonical(&data), canonical_list(return_fields)];
        let change = Wanted::Create { entity_type, fields: &fields, return_fields };
        let answer = self.change_site(change, &asked.each_ref().map(String::as_bytes)).await;
        self.measured(answer)
    }

    async fn update(
        &mut self,
        entity_type: String,
        id: u64,
        data: String,
        multi_entity_update_modes: Option<String>,
    ) -> Answer<String> {
        allowed!(self.weigh(&[&data, multi_entity_update_modes.as_deref().unwrap_or_default()]));
        let fields = parsed!(Fields::parse(&data));
        let modes = parsed!(
            multi_entity_update_modes.as_deref().map_or_else(|| Ok(Modes::default()), Modes::parse)
        );
        let asked = [
            id.to_string(),
            canonical(&data),
            multi_entity_update_modes.as_deref().map(canonical).unwrap_or_default(),
        ];
        let change =
            Wanted::Update { entity_type: &entity_type, id, fields: &fields, modes: &modes };
        let answer = self.change_site(change, &asked.each_ref().map(String::as_bytes)).await;
        self.measured(answer)
    }

    async fn delete(&mut self, entity_type: String, id: u64) -> Answer<bool> {
        let change = Wanted::Delete { entity_type: &entity_type, id };
        Ok(self.change_site(change, &[id.to_string().as_bytes()]).await?.map(|done| done == "true"))
    }

    async fn revive(&mut self, entity_type: String, id: u64) -> Answer<bool> {
        let change = Wanted::Revive { entity_type: &entity_type, id };
        Ok(self.change_site(change, &[id.to_string().as_bytes()]).await?.map(|done| done == "true"))
    }

    async fn batch(&mut self, requests: String) -> Answer<String> {
        allowed!(self.weigh(&[&requests]));
        let batch = parsed!(Batch::parse(&requests));
        let answer =
            self.change_site(Wanted::Batch(&batch), &[canonical(&requests).as_bytes()]).await;
        self.measured(answer)
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
        let subject = match &schema {
            SchemaRead::Fields { entity_type, .. } => entity_type,
            SchemaRead::Types | SchemaRead::Everything => "*",
        };
        allowed!(self.admit_need(Need::of(Operation::Schema, subject, None))?);
        let _passage = self.pass()?;
        let read_schema = async |client: &Client, caller: &Caller| {
            client.schema_read(caller, &schema, project).await
        };
        let answer = self.ask("schema-read", read_schema).await;
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
        let number = entity.id.to_string();
        let asked = [
            number.as_bytes(),
            upload.field.as_deref().unwrap_or_default().as_bytes(),
            upload.file_name.as_bytes(),
            &upload.content,
        ];
        let answer = self.change_site(Wanted::Upload(&upload), &asked).await?;
        Ok(answer.map(|id| id.parse().unwrap_or(0)))
    }

    async fn download(&mut self, attachment: String) -> Answer<Vec<u8>> {
        allowed!(self.weigh(&[&attachment]));
        let attachment = parsed!(Attachment::parse(&attachment));
        // A file that is known by its address only could be any.
        let subject = if attachment.id().is_some() { "Attachment" } else { "*" };
        let projects = allowed!(self.admit_need(Need::of(Operation::Download, subject, None))?);
        let passage = self.pass()?;
        allowed!(self.keep_download_out(&passage, attachment.id()).await?);
        if projects != Projects::Any {
            let id = attachment.id();
            let ids: BTreeSet<u64> = id.into_iter().collect();
            let found = allowed!(self.projects_of("Attachment", &ids).await);
            let project = id.and_then(|id| found.get(&id).copied().flatten());
            if !projects.holds(project) {
                return Ok(Err(self.denied(Refusal::OutsideProjects {
                    operation: Operation::Download,
                    entity_type: "Attachment".to_owned(),
                    id,
                    projects,
                })));
            }
        }
        let fetch =
            async |client: &Client, caller: &Caller| client.download(caller, &attachment).await;
        let answer = self.ask("download", fetch).await;
        self.measured(Ok(answer.map(|content| content.to_vec())))
    }

    async fn call(&mut self, method: String, params: String) -> Answer<String> {
        allowed!(self.weigh(&[&params]));
        let parameters = parsed!(Params::parse(&params));
        let need = Need::of(Operation::Call, &method, None);
        if need.changes() {
            let change = Wanted::Call { method: &method, params: &parameters };
            let answer = self.change_site(change, &[canonical(&params).as_bytes()]).await;
            return self.measured(answer);
        }
        let call = async |client: &Client, caller: &Caller| {
            client.call(caller, &method, &parameters).await
        };
        allowed!(self.admit_need(need)?);
        let passage = self.pass()?;
        if !passage.projects.is_empty() {
            return Err(passage.unknown().into());
        }
        let answer = self.ask("call", call).await;
        self.measured(Ok(answer.map(text)))
    }
}

/// Nothing is changed outside a delivery: the policy has refused it before this is reached.
fn no_delivery() -> Error {
    Error::Denied("nothing can be changed outside `handle`".to_owned())
}

/// JSON as it is whatever the order of its keys was: guests write objects in an order of chance.
fn canonical(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json)
        .map_or_else(|_| json.to_owned(), |value| value.to_string())
}

fn canonical_list(names: &[String]) -> String {
    names.join("\n")
}
