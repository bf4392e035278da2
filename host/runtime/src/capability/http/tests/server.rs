//! Servers on loopback that do as they are told.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A server that answers every request in the same way, each on a connection of its own.
pub(super) struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    counts: watch::Receiver<Counts>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    requests: usize,
    closed: usize,
}

#[derive(Clone)]
enum Manner {
    Say(String),
    Echo,
    Silent,
    /// Never ends its answer.
    Drip,
    /// Closes the connection when it has read the request.
    Lose,
}

impl Server {
    pub(super) async fn start(answer: &str) -> Self {
        Self::of(Manner::Say(answer.to_owned()), None).await
    }

    /// Answers with the request's own text, in a header and as the body.
    pub(super) async fn echo() -> Self {
        Self::of(Manner::Echo, None).await
    }

    pub(super) async fn silent() -> Self {
        Self::of(Manner::Silent, None).await
    }

    pub(super) async fn dripping() -> Self {
        Self::of(Manner::Drip, None).await
    }

    pub(super) async fn losing() -> Self {
        Self::of(Manner::Lose, None).await
    }

    /// One that proves to be `name`, and the authority that vouches for it, in PEM.
    pub(super) async fn encrypted(name: &str) -> (Self, Vec<u8>) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority_key = rcgen::KeyPair::generate().unwrap();
        let authority = parameters.self_signed(&authority_key).unwrap();
        let issuer = rcgen::Issuer::new(parameters, authority_key);
        let own = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = own.signed_by(&key, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )
            .unwrap();
        let manner = Manner::Say("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".to_owned());
        (Self::of(manner, Some(Arc::new(config))).await, authority.pem().into_bytes())
    }

    async fn of(manner: Manner, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (counts, seen) = watch::channel(Counts::default());
        let kept = requests.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (manner, kept, counts) = (manner.clone(), kept.clone(), counts.clone());
                let tls = tls.clone();
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, manner, &kept, &counts).await,
                        Some(tls) => {
                            let accepted = tokio_rustls::TlsAcceptor::from(tls).accept(stream);
                            if let Ok(stream) = accepted.await {
                                serve(stream, manner, &kept, &counts).await;
                            }
                        }
                    }
                    counts.send_modify(|counts| counts.closed += 1);
                });
            }
        });
        Self { port, requests, counts: seen }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What was asked, as it came over the wire.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(super) async fn wait_for_requests(&self, count: usize) {
        self.counts.clone().wait_for(|counts| counts.requests >= count).await.unwrap();
    }

    /// Waits until so many connections are closed.
    pub(super) async fn wait_until_closed(&self, count: usize) {
        self.counts.clone().wait_for(|counts| counts.closed >= count).await.unwrap();
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    manner: Manner,
    kept: &Mutex<Vec<String>>,
    counts: &watch::Sender<Counts>,
) {
    let Some(request) = read(&mut stream).await else { return };
    kept.lock().unwrap().push(request.clone());
    counts.send_modify(|counts| counts.requests += 1);
    match manner {
        Manner::Lose => return,
        Manner::Silent => {}
        Manner::Say(answer) => drop(stream.write_all(answer.as_bytes()).await),
        Manner::Echo => {
            let line = request.lines().find(|line| line.starts_with("authorization"));
            let (line, length) = (line.unwrap_or_default(), request.len());
            let answer = format!(
                "HTTP/1.1 200 OK\r\nx-echo: {line}\r\ncontent-length: {length}\r\n\r\n{request}"
            );
            drop(stream.write_all(answer.as_bytes()).await);
        }
        Manner::Drip => {
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            let mut piece: &[u8] = head;
            while stream.write_all(piece).await.is_ok() && stream.flush().await.is_ok() {
                piece = b"1\r\nx\r\n";
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            return;
        }
    }
    // Until the other side closes.
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}

/// A whole request; none if the other side closes before its end.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut text = Vec::new();
    loop {
        if let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&text[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if text.len() >= end + 4 + length {
                return Some(String::from_utf8_lossy(&text).into_owned());
            }
        }
        if stream.read_buf(&mut text).await.ok()? == 0 {
            return None;
        }
    }
}
