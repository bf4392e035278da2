//! The client: how the site is reached, and within which limits. Cheap to clone; all clones share one pool of connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Certificate, Proxy, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::caller::{Auth, Caller};
use crate::envelope::Asked;
use crate::error::CallError;
use crate::retry::{self, Kind};
use crate::site_url::{ProxyUrl, SiteUrl};
use crate::transport::json_text;

/// How the site is reached, and within which limits.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the site is.
    pub site: SiteUrl,
    /// The proxy on the way to it. The environment's proxy settings are not looked at.
    pub proxy: Option<ProxyUrl>,
    /// Files in PEM, each with one certificate or several, that are trusted besides those of the operating system.
    pub ca_certificates: Vec<Vec<u8>>,
    /// How long making a connection may take, encryption included.
    pub connect_timeout: Duration,
    /// How long one attempt may take, from the connection to the last byte; and how long a call waits for a free
    /// connection.
    pub timeout: Duration,
    /// The largest answer, unpacked; of a question in pages, that of all pages together.
    pub answer_bytes_max: usize,
    /// How many calls may be on their way at once.
    pub connections_max: usize,
    /// How often a call is made again.
    pub retry: retry::Options,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A file holds no certificate of an authority.
    #[error(
        "ca certificate {index} (counted from 1) is not a certificate in pem form that can be trusted"
    )]
    Certificate {
        /// Which of them.
        index: usize,
    },
    /// The HTTP library refuses the settings.
    #[error("the http client cannot be set up: {reason}")]
    Setup {
        /// Its own words.
        reason: String,
    },
}

/// A client of one site. A clone shares its connections and its permits.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
    /// One permit for each call that may be on its way.
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) connections_max: usize,
    retry: retry::Options,
}

/// What all clones have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub http: reqwest::Client,
    pub site: SiteUrl,
    /// The site as errors name it.
    pub peer: String,
    endpoint: Url,
    pub connect_timeout: Duration,
    pub timeout: Duration,
    pub answer_bytes_max: usize,
    page_rows_max: AtomicU32,
}

/// An idle connection is closed by us before the site or a balancer closes it under a request: a write that meets a closed
/// connection is in doubt. Common limits on the other side start at 60 s.
const IDLE_MAX: Duration = Duration::from_secs(20);

/// The rows of a page until the site has said otherwise: the official client's default.
const PAGE_ROWS_MAX: u32 = 500;

/// The body of a call.
#[derive(Serialize)]
struct Request<'a, P> {
    method_name: &'a str,
    params: Params<'a, P>,
}

/// Nothing, the authentication, or the authentication and the parameters.
#[derive(Serialize)]
#[serde(untagged)]
enum Params<'a, P> {
    None([(); 0]),
    Auth([Auth<'a>; 1]),
    Both(Auth<'a>, &'a P),
}

impl Client {
    /// Sets a client up. Makes no connection yet.
    pub fn new(options: Options) -> Result<Self, ClientError> {
        let http = build(&options)?;
        let shared = Shared {
            http,
            peer: options.site.to_string(),
            endpoint: options.site.join("/api3/json"),
            site: options.site,
            connect_timeout: options.connect_timeout,
            timeout: options.timeout,
            answer_bytes_max: options.answer_bytes_max,
            page_rows_max: AtomicU32::new(PAGE_ROWS_MAX),
        };
        Ok(Self {
            shared: Arc::new(shared),
            permits: Arc::new(Semaphore::new(options.connections_max)),
            connections_max: options.connections_max,
            retry: options.retry,
        })
    }

    /// The same connections with permits of their own: whoever holds this clone never waits for the others. For the
    /// poller, which must not starve behind plugins.
    #[must_use]
    pub fn with_own_permits(&self, connections_max: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(connections_max)), connections_max, ..self.clone() }
    }

    /// The same connections and permits with another rule for making calls again.
    #[must_use]
    pub fn with_retry(&self, retry: retry::Options) -> Self {
        Self { retry, ..self.clone() }
    }

    /// The site that is called.
    #[must_use]
    pub fn site(&self) -> &SiteUrl {
        &self.shared.site
    }

    /// How many rows the site puts on a page: as [`Client::info`] last heard, else 500.
    #[must_use]
    pub fn page_rows_max(&self) -> u32 {
        self.shared.page_rows_max.load(Ordering::Relaxed)
    }

    pub(crate) fn set_page_rows_max(&self, rows: u32) {
        self.shared.page_rows_max.store(rows, Ordering::Relaxed);
    }

    /// Makes one call of the API. `read` makes an answer of the body's text; what it refuses counts as a failed attempt.
    /// Without a caller neither authentication nor parameters are sent.
    pub(crate) async fn rpc<P, T, R>(
        &self,
        kind: Kind,
        method: &str,
        caller: Option<&Caller>,
        params: Option<&P>,
        read: R,
    ) -> Result<T, CallError>
    where
        P: Serialize,
        R: Fn(&Asked<'_>, &str) -> Result<T, CallError>,
    {
        let asked = Asked { peer: &self.shared.peer, method, caller };
        let params = match (caller, params) {
            (None, _) => Params::None([]),
            (Some(caller), None) => Params::Auth([caller.auth()]),
            (Some(caller), Some(params)) => Params::Both(caller.auth(), params),
        };
        let body = serde_json::to_vec(&Request { method_name: method, params })
            .expect("our own types are JSON");
        let body = Bytes::from(body);
        let (asked, body, read) = (&asked, &body, &read);
        let attempt = move || async move {
            let request = self.shared.http.post(self.shared.endpoint.clone());
            let request =
                request.header(CONTENT_TYPE, "application/json; charset=utf-8").body(body.clone());
            let answer = self.exchange(asked.peer, request).await?;
            read(asked, json_text(asked.peer, &answer)?)
        };
        retry::run(self.retry, kind, attempt).await
    }

    /// Makes one exchange that is not a call of the API, again where its kind allows it.
    pub(crate) async fn repeat<T, A>(
        &self,
        kind: Kind,
        attempt: impl FnMut() -> A,
    ) -> Result<T, CallError>
    where
        A: Future<Output = Result<T, CallError>>,
    {
        retry::run(self.retry, kind, attempt).await
    }
}

fn build(options: &Options) -> Result<reqwest::Client, ClientError> {
    // There is one provider per process. Whoever came first has set it; it is ours unless the binary chose another.
    let _already_set = rustls::crypto::ring::default_provider().install_default();
    let mut certificates = Vec::new();
    for (index, pem) in options.ca_certificates.iter().enumerate() {
        certificates.extend(bundle(pem).ok_or(ClientError::Certificate { index: index + 1 })?);
    }
    let trusted = builder(options)?.tls_certs_merge(certificates.clone()).build();
    match trusted {
        // A machine without any certificates can still talk to a site that uses none, as the stand-in does.
        Err(_) if !options.site.is_https() => {
            builder(options)?.tls_certs_only(certificates).build()
        }
        result => result,
    }
    .map_err(|error| setup(&error))
}

/// The certificates of a file; none if there is none, or one that cannot vouch for anything.
fn bundle(pem: &[u8]) -> Option<Vec<Certificate>> {
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()?;
    let read = |der: &CertificateDer<'static>| {
        rustls::RootCertStore::empty().add(der.clone()).ok()?;
        Certificate::from_der(der).ok()
    };
    certificates.iter().map(read).collect::<Option<Vec<_>>>().filter(|bundle| !bundle.is_empty())
}

fn builder(options: &Options) -> Result<reqwest::ClientBuilder, ClientError> {
    let builder = reqwest::Client::builder()
        .user_agent("cuebox")
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .gzip(true)
        .http1_only()
        .tcp_nodelay(true)
        .connect_timeout(options.connect_timeout)
        .pool_idle_timeout(IDLE_MAX)
        .no_proxy();
    let Some(proxy) = &options.proxy else { return Ok(builder) };
    let proxy = Proxy::all(proxy.expose().clone()).map_err(|error| setup(&error))?;
    Ok(builder.proxy(proxy))
}

fn setup(error: &reqwest::Error) -> ClientError {
    ClientError::Setup { reason: crate::transport::innermost(error) }
}

#[cfg(test)]
mod tests;
