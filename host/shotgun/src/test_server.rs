//! A server for tests, at the level of bytes: it answers what a script says, in order, and remembers what it was asked.
//! It can do what no well-behaved HTTP library does: stop in the middle of an answer, reset, or never answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::caller::Caller;
use crate::client::{Client, Options};
use crate::retry;
use crate::secret::Secret;
use crate::site_url::SiteUrl;

/// The key in all tests. No output may contain it.
pub(crate) const KEY: &str = "k3y-never-to-be-seen";

/// One answer.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Status 200, this content type and this body.
    Body(&'static str, Vec<u8>),
    /// These bytes, and then the connection is closed.
    Raw(Vec<u8>),
    /// No answer, and the connection stays open.
    Hang,
    /// The connection is reset when the request is there.
    Reset,
}

/// What was asked.
#[derive(Clone)]
pub(crate) struct Request {
    /// The request line and the headers.
    pub head: String,
    pub body: Vec<u8>,
}

pub(crate) struct TestServer {
    pub address: std::net::SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

struct Script {
    replies: Vec<Reply>,
    requests: Arc<Mutex<Vec<Request>>>,
    tls: Option<TlsAcceptor>,
}

impl Reply {
    pub(crate) fn json(body: &str) -> Self {
        Self::Body("application/json; charset=utf-8", body.as_bytes().to_vec())
    }

    pub(crate) fn results(results: &str) -> Self {
        Self::json(&format!(r#"{{"results":{results}}}"#))
    }

    pub(crate) fn text(body: &str) -> Self {
        Self::Body("text/plain", body.as_bytes().to_vec())
    }

    pub(crate) fn status(status: u16, headers: &str) -> Self {
        let body = "<html>no</html>";
        let raw = format!(
            "HTTP/1.1 {status} No\r\ncontent-type: text/html\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        Self::Raw(raw.into_bytes())
    }

    pub(crate) fn fault(code: u32, message: &str) -> Self {
        Self::json(
            &serde_json::json!({"exception": true, "error_code": code, "message": message})
                .to_string(),
        )
    }
}

impl Request {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the request is JSON")
    }

    /// The second element of `params`.
    pub(crate) fn params(&self) -> Value {
        self.json()["params"][1].clone()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().expect("a request has a first line")
    }
}

impl TestServer {
    /// Starts a server that gives these answers in order, the last one for ever.
    pub(crate) async fn start(replies: Vec<Reply>) -> Self {
        Self::start_with(replies, None).await
    }

    pub(crate) async fn start_with(replies: Vec<Reply>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port of loopback");
        let address = listener.local_addr().expect("a bound address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let script = Arc::new(Script { replies, requests: requests.clone(), tls });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(script.clone().serve(stream));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no test panics while it holds the lock").clone()
    }

    /// The one request that was made.
    #[track_caller]
    pub(crate) fn request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "requests");
        requests[0].clone()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(options(&self.url())).expect("a client")
    }
}

impl Script {
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let Some(tls) = &self.tls else { return self.serve_plain(stream).await };
        // A refused certificate ends here, and the client's error tells of it.
        if let Ok(stream) = tls.accept(stream).await {
            self.converse(stream).await;
        }
    }

    async fn serve_plain(&self, mut stream: TcpStream) {
        let first = self.next_request(&mut stream).await;
        if first.as_ref().is_some_and(|request| request.head.starts_with("CONNECT ")) {
            // A proxy that is the site as well.
            return self.tunnel(stream).await;
        }
        let Some(mut reply) = first.map(|_| self.reply()) else { return };
        loop {
            if matches!(reply, Reply::Reset) {
                stream.set_zero_linger().expect("an open socket takes the option");
                return;
            }
            if !write(&mut stream, &reply).await {
                return;
            }
            let Some(_) = self.next_request(&mut stream).await else { return };
            reply = self.reply();
        }
    }

    async fn tunnel(&self, mut stream: TcpStream) {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("the client is there");
        let site = &test_tls().acceptor;
        if let Ok(stream) = site.accept(stream).await {
            self.converse(stream).await;
        }
    }

    async fn converse(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        while self.next_request(&mut stream).await.is_some() {
            if !write(&mut stream, &self.reply()).await {
                return;
            }
        }
    }

    /// The reply to the newest request; what a proxy is asked for is not one of the site's.
    fn reply(&self) -> Reply {
        let requests = self.requests.lock().expect("no test panics while it holds the lock");
        let number =
            requests.iter().filter(|request| !request.head.starts_with("CONNECT ")).count();
        self.replies[number.clamp(1, self.replies.len()) - 1].clone()
    }

    async fn next_request(&self, stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
        let mut bytes = Vec::new();
        let head_end = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        let head = String::from_utf8(bytes[..head_end].to_vec()).expect("headers are ASCII");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().expect("a number"));
        while bytes.len() < head_end + length {
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        let request = Request { head, body: bytes[head_end..].to_vec() };
        self.requests.lock().expect("no test panics while it holds the lock").push(request.clone());
        Some(request)
    }
}

/// Whether the connection goes on.
async fn write(stream: &mut (impl AsyncWrite + Unpin), reply: &Reply) -> bool {
    match reply {
        Reply::Body(content_type, body) => {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.is_ok() && stream.write_all(body).await.is_ok()
        }
        Reply::Raw(bytes) => {
            // The client may have gone already, which is what some tests are about.
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
            false
        }
        Reply::Hang => std::future::pending().await,
        Reply::Reset => false,
    }
}

/// A certificate authority that nobody knows, and a server that it vouches for.
pub(crate) struct TestTls {
    pub ca_pem: String,
    pub acceptor: TlsAcceptor,
}

/// The same for the whole test run, so that a proxy can play the site.
pub(crate) fn test_tls() -> &'static TestTls {
    static TLS: std::sync::OnceLock<TestTls> = std::sync::OnceLock::new();
    TLS.get_or_init(|| {
        let mut ca = rcgen::CertificateParams::new(Vec::new()).expect("no names are valid names");
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca_key = rcgen::KeyPair::generate().expect("a key");
        let ca_pem = ca.self_signed(&ca_key).expect("a certificate").pem();
        let issuer = rcgen::Issuer::new(ca, ca_key);
        let names = ["127.0.0.1".to_owned(), "studio.invalid".to_owned()];
        let key = rcgen::KeyPair::generate().expect("a key");
        let server = rcgen::CertificateParams::new(names).expect("valid names");
        let certificate = server.signed_by(&key, &issuer).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows the versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
            )
            .expect("key and certificate belong together");
        TestTls { ca_pem, acceptor: TlsAcceptor::from(Arc::new(config)) }
    })
}

/// Limits that keep a test short. Reads are tried three times.
pub(crate) fn options(site: &str) -> Options {
    Options {
        site: SiteUrl::parse(site).expect("the url of a site"),
        proxy: None,
        ca_certificates: Vec::new(),
        connect_timeout: Duration::from_secs(10),
        timeout: Duration::from_secs(10),
        answer_bytes_max: 1 << 20,
        connections_max: 8,
        retry: retry::Options {
            attempts: 3,
            delay_first: Duration::from_millis(1),
            delay_max: Duration::from_millis(5),
        },
    }
}

pub(crate) fn caller() -> Caller {
    Caller::script("evt_status", Secret::new(KEY))
}
