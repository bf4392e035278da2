//! A request that was admitted, on its way.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use policy::Place;
use policy::network::{HttpGrant, HttpRefusal, Target};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use shotgun::Secret;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::answer::Answer;
use super::body::{Bound, Passed, broken, gather};
use super::connect::ConnectError;
use super::exchange::{Driver, Way, connect, exchange};
use super::{FUNCTION, Sent, Shared};
use crate::capability::Setup;
use crate::effect::{
    AllowingLine, Beginning, Carried, Change, Created, Doubt, DoubtEnding, Effect, Effects,
    Evidence, LineList, Recall, RequestDigest, Unmade,
};
use crate::limits::{Held, Ledger};
use crate::refusals::Refusals;

/// All that is needed to send a request.
pub(super) struct Sending {
    pub(super) setup: Arc<Setup>,
    pub(super) refusals: Refusals,
    pub(super) ledger: Ledger,
    pub(super) shared: Arc<Shared>,
    pub(super) effects: Option<Effects>,
    /// Its place among the requests of the call, from 1.
    pub(super) number: u32,
    pub(super) target: Target,
    pub(super) allowing: Vec<HttpGrant>,
    pub(super) method: Method,
    /// The call is over when its other end is gone.
    pub(super) over: watch::Receiver<()>,
    pub(super) alive: mpsc::Sender<()>,
    pub(super) permit: OwnedSemaphorePermit,
}

/// What is sent, without what the host puts in.
struct Prepared {
    head: http::request::Parts,
    body: Bytes,
}

/// Why a request has no answer, or none that can be kept.
enum Failure {
    /// It was not sent.
    Unsent(Error),
    /// It was sent.
    Lost(Error),
    /// It was answered, and the answer says that nothing was done.
    Declined(Answer),
    /// It was answered, and will be sent again all the same, if the event is handed over again.
    NotKept(Answer),
}

impl Sending {
    /// Sends it, unless the call is over before it is answered.
    pub(super) async fn send(self, request: Request<WasiBody>, options: RequestOptions) -> Sent {
        let mut over = self.over.clone();
        // Whatever the request holds is gone when this is; the call waits for that.
        let _alive = self.alive.clone();
        tokio::select! {
            biased;
            _ = over.changed() => Err(Error::ConnectionTerminated),
            sent = self.send_within_call(request, options) => sent,
        }
    }

    async fn send_within_call(self, request: Request<WasiBody>, options: RequestOptions) -> Sent {
        let mut held = self.ledger.hold();
        let (head, body) = request.into_parts();
        let bound = self.bound("http_request_bytes");
        let body = gather(body, &bound, &mut held, None).await?;
        let prepared = Prepared { head, body };
        match &self.effects {
            Some(effects) if !policy::network::reads(self.method.as_str()) => {
                let effects = effects.clone();
                if self.setup.shadow {
                    let answer = self.pretend(&effects, &prepared, options, &mut held).await?;
                    return Ok((answer.into_response(), Box::new(keep(self.permit, held))));
                }
                let answer = self.change(&effects, &prepared, options, &mut held).await?;
                Ok((answer.into_response(), Box::new(keep(self.permit, held))))
            }
            _ => self.look(&prepared, options, held).await,
        }
    }

    /// Sends what changes nothing.
    async fn look(self, prepared: &Prepared, options: RequestOptions, mut held: Held) -> Sent {
        let way = self.connect(options).await?;
        let secrets = self.secrets(way.grant);
        let request = self.request(prepared, way.grant)?;
        let (answer, driver) = exchange(way.connection, request, options).await?;
        let bound = self.bound("http_answer_bytes");
        if !secrets.is_empty() {
            let answer = self.whole(answer, driver, options, &mut held).await?.without(&secrets);
            return Ok((answer.into_response(), Box::new(keep(self.permit, held))));
        }
        let between = options.between_bytes_timeout;
        let answer = answer.map(|body| Passed::new(body, bound, between).boxed_unsync());
        Ok((answer, Box::new(drive(driver, self, held))))
    }

    /// Sends what changes something: at most once for a delivery, as far as that can be known.
    async fn change(
        &self,
        effects: &Effects,
        prepared: &Prepared,
        options: RequestOptions,
        held: &mut Held,
    ) -> Result<Answer, Error> {
        let subject = format!("{} {}", self.method, self.target.origin());
        self.shared.note(|outcome| drop(outcome.unanswered.insert(self.number, subject.clone())));
        let is_repeated = false;
        let mut change =
            HttpChange { sending: self, prepared, options, held, subject, is_repeated, line: None };
        let carried = effects.carry_out(&mut change).await;
        self.shared.note(|outcome| drop(outcome.unanswered.remove(&self.number)));
        match carried {
            Err(error) => {
                self.shared.note(|outcome| outcome.failure = Some(error));
                Err(Error::InternalError(Some("the host could not keep the request".to_owned())))
            }
            Ok(Ok(Carried { answer, doubt })) => {
                self.shared.note(|outcome| outcome.doubts.extend(doubt));
                Answer::from_kept(&answer).ok_or(Error::InternalError(None))
            }
            Ok(Err(Failure::Declined(answer) | Failure::NotKept(answer))) => {
                if change.is_repeated {
                    let ending = change.ending_of_repetition();
                    let (function, subject) = (FUNCTION.to_owned(), change.subject);
                    let doubt = Doubt { function, subject, ending };
                    self.shared.note(|outcome| outcome.doubts.push(doubt));
                }
                Ok(answer)
            }
            Ok(Err(Failure::Unsent(error) | Failure::Lost(error))) => Err(error),
        }
    }

    /// Keeps that a plugin in shadow asked for it, and answers that it was done.
    async fn pretend(
        &self,
        effects: &Effects,
        prepared: &Prepared,
        options: RequestOptions,
        held: &mut Held,
    ) -> Result<Answer, Error> {
        let subject = format!("{} {}", self.method, self.target.origin());
        let (is_repeated, line) = (false, None);
        let mut change =
            HttpChange { sending: self, prepared, options, held, subject, is_repeated, line };
        let answer = Answer {
            status: StatusCode::NO_CONTENT,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        let request = change.request().in_shadow();
        match effects.recall(FUNCTION, &change.subject, request) {
            Recall::Answered(_) => {}
            Recall::New(effect) | Recall::InDoubt(effect) => {
                let Ok(evidence) = change.evidence(true).await else {
                    return Err(Error::InternalError(None));
                };
                let effect = Effect { answer: answer.to_kept(), ..effect };
                let pretended =
                    effects.journal().begin(&effect, Beginning::Pretended, &evidence).await;
                if let Err(error) = pretended {
                    self.shared.note(|outcome| outcome.failure = Some(error));
                    let why = "the host could not keep the request".to_owned();
                    return Err(Error::InternalError(Some(why)));
                }
            }
        }
        Ok(answer)
    }

    async fn connect(&self, options: RequestOptions) -> Result<Way<'_>, Error> {
        let way = connect(&self.setup.connector, &self.target, &self.allowing, options).await;
        way.map_err(|error| match error {
            ConnectError::Failed(error) => error,
            ConnectError::Refused(address) => {
                let method = self.method.as_str();
                let refusal = HttpRefusal::address(&self.setup.name, method, &self.target, address);
                self.refusals.denied(&refusal.to_string());
                Error::DestinationIpProhibited
            }
        })
    }

    /// The request as it goes over the wire. What the line puts in takes the place of what the guest set.
    fn request(
        &self,
        prepared: &Prepared,
        grant: &HttpGrant,
    ) -> Result<Request<Full<Bytes>>, Error> {
        let mut request = Request::new(Full::new(prepared.body.clone()));
        let head = &prepared.head;
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = path.parse().map_err(|_| Error::HttpRequestUriInvalid)?;
        let headers = request.headers_mut();
        *headers = head.headers.clone();
        let host = HeaderValue::from_str(&self.target.authority());
        // The library that sends it knows how long the body is.
        headers.remove(header::CONTENT_LENGTH);
        headers.remove(header::EXPECT);
        headers.insert(header::HOST, host.map_err(|_| Error::HttpRequestUriInvalid)?);
        for (name, template) in &grant.headers {
            let secret = |name: &str| self.setup.secrets.get(name).map(Secret::expose);
            let value = template.render(secret).and_then(|value| HeaderValue::try_from(value).ok());
            let name = name.parse::<HeaderName>().ok();
            // The configuration was checked; what does not fit all the same is not sent without it.
            let (Some(name), Some(mut value)) = (name, value) else {
                return Err(Error::ConfigurationError);
            };
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        if !grant.headers.is_empty() {
            // A packed answer could repeat a secret that nobody finds.
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        Ok(request)
    }

    /// The lines that allow it: the operator's, of which one is used when the host's addresses are known, and the author's.
    fn lines(&self) -> Vec<AllowingLine> {
        let granted = self.allowing.iter().map(allowing);
        let requests =
            self.setup.requests.iter().flat_map(|requests| requests.http.iter().enumerate());
        let asked = requests.filter(|(_, line)| line.allows(self.method.as_str(), &self.target));
        let asked = asked.map(|(index, line)| {
            AllowingLine::new(LineList::NeedsHttp, Place::in_list(index), line)
        });
        granted.chain(asked).collect()
    }

    /// The secrets that a line puts into requests.
    fn secrets(&self, grant: &HttpGrant) -> Vec<Secret> {
        let names = grant.headers.iter().flat_map(|(_, template)| template.secrets());
        names.filter_map(|name| self.setup.secrets.get(name)).cloned().collect()
    }

    /// Reads an answer to its end.
    async fn whole(
        &self,
        answer: http::Response<hyper::body::Incoming>,
        driver: Option<Driver>,
        options: RequestOptions,
        held: &mut Held,
    ) -> Result<Answer, Error> {
        let (head, body) = answer.into_parts();
        let bound = self.bound("http_answer_bytes");
        let body = body.map_err(|error| broken(&error));
        let gathering = gather(body, &bound, held, options.between_bytes_timeout);
        tokio::pin!(gathering);
        let body = tokio::select! {
            biased;
            body = &mut gathering => body?,
            () = run(driver) => gathering.await?,
        };
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    fn bound(&self, limit: &'static str) -> Bound {
        let limits = &self.setup.limits;
        let (bytes_max, error): (usize, fn(Option<u64>) -> Error) = match limit {
            "http_request_bytes" => (limits.http_request_bytes, Error::HttpRequestBodySize),
            _ => (limits.http_answer_bytes, Error::HttpResponseBodySize),
        };
        Bound { limit, bytes_max, error, refusals: self.refusals.clone() }
    }
}

/// A line of the operator's, as evidence names it.
fn allowing(grant: &HttpGrant) -> AllowingLine {
    AllowingLine::new(LineList::GrantHttp, grant.place, &grant.line)
}

/// Keeps a connection going while its answer is read, until the call is over.
async fn drive(driver: Option<Driver>, sending: Sending, held: Held) -> Result<(), Error> {
    let Sending { mut over, alive, permit, .. } = sending;
    tokio::select! {
        biased;
        _ = over.changed() => {}
        () = run(driver) => {}
    }
    drop((alive, permit, held));
    Ok(())
}

/// Drives a connection to its end. What went wrong, the reader of the body is told.
async fn run(driver: Option<Driver>) {
    if let Some(driver) = driver {
        let _ = driver.await;
    }
}

/// Keeps what an answer that is held whole takes up, for as long as the guest keeps the answer.
async fn keep(permit: OwnedSemaphorePermit, held: Held) -> Result<(), Error> {
    drop(permit);
    std::future::pending::<()>().await;
    drop(held);
    Ok(())
}

/// A request that changes something, on its way.
struct HttpChange<'a> {
    sending: &'a Sending,
    prepared: &'a Prepared,
    options: RequestOptions,
    held: &'a mut Held,
    subject: String,
    /// An earlier attempt may have made it.
    is_repeated: bool,
    /// The line whose addresses it was sent to.
    line: Option<AllowingLine>,
}

impl Change for HttpChange<'_> {
    type Error = Failure;

    fn function(&self) -> &str {
        FUNCTION
    }

    /// Method and host; a path may hold a secret.
    fn subject(&self) -> &str {
        &self.subject
    }

    /// Headers are left out but for the kind of body: libraries put the time into them.
    fn request(&self) -> RequestDigest {
        let Prepared { head, body } = self.prepared;
        let kind = head.headers.get(header::CONTENT_TYPE);
        let url = head.uri.to_string();
        let kind = kind.map_or(&[][..], |kind| kind.as_bytes());
        RequestDigest::of(FUNCTION, &self.subject, &[url.as_bytes(), kind, body])
    }

    fn creates(&self) -> Vec<String> {
        Vec::new()
    }

    fn created(&self, _answer: &str) -> Vec<Created> {
        Vec::new()
    }

    fn ending_of_repetition(&self) -> DoubtEnding {
        if self.sending.method.is_idempotent() {
            DoubtEnding::RepeatedSafely
        } else {
            DoubtEnding::RepeatedBlindly
        }
    }

    /// Paths, headers and bodies can hold secrets: digests of them show what was sent to whoever knows it.
    async fn evidence(&mut self, _is_first: bool) -> Result<Evidence, Failure> {
        let Prepared { head, body } = self.prepared;
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let asked = json!({
            "method": self.sending.method.as_str(),
            "origin": self.sending.target.origin(),
            "path_sha256": hex::encode(Sha256::digest(path)),
            "body_bytes": body.len(),
            "body_sha256": hex::encode(Sha256::digest(body)),
        });
        Ok(Evidence {
            lines: self.sending.lines(),
            asked: Some(asked.to_string()),
            ..Evidence::default()
        })
    }

    fn detail(&self, answer: &str) -> Option<String> {
        self.status_and_line(Answer::from_kept(answer)?.status)
    }

    async fn newest(&mut self, _entity_type: &str) -> Result<Option<u64>, Failure> {
        Ok(None)
    }

    async fn make(&mut self) -> Result<String, Unmade<Failure>> {
        let made = self.exchange().await;
        made.map_err(|error| Unmade {
            is_in_doubt: matches!(error, Failure::Lost(_) | Failure::NotKept(_)),
            detail: match &error {
                Failure::Declined(answer) | Failure::NotKept(answer) => {
                    self.status_and_line(answer.status)
                }
                Failure::Unsent(_) | Failure::Lost(_) => None,
            },
            error,
        })
    }

    /// Nobody can be asked.
    async fn find_made(
        &mut self,
        _below: &(dyn Fn(&str) -> u64 + Sync),
    ) -> Result<Option<String>, Failure> {
        self.is_repeated = true;
        Ok(None)
    }
}

impl HttpChange<'_> {
    fn status_and_line(&self, status: StatusCode) -> Option<String> {
        let line = self.line.as_ref().map(AllowingLine::to_string);
        Some(json!({"status": status.as_u16(), "line": line}).to_string())
    }

    async fn exchange(&mut self) -> Result<String, Failure> {
        let Self { sending, prepared, options, .. } = *self;
        let way = sending.connect(options).await.map_err(Failure::Unsent)?;
        self.line = Some(allowing(way.grant));
        let secrets = sending.secrets(way.grant);
        let request = sending.request(prepared, way.grant).map_err(Failure::Unsent)?;
        let exchanged = exchange(way.connection, request, options).await;
        let (answer, driver) = exchanged.map_err(Failure::Lost)?;
        let whole = sending.whole(answer, driver, options, self.held).await;
        let answer = whole.map_err(Failure::Lost)?.without(&secrets);
        if answer.status.is_client_error() {
            return Err(Failure::Declined(answer));
        }
        match answer.to_kept() {
            Some(kept) if !answer.status.is_server_error() => Ok(kept),
            _ => Err(Failure::NotKept(answer)),
        }
    }
}
