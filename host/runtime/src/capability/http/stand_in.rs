//! What answers in the place of other hosts, where none is to be reached: for tests of plugins. A request comes here as it would have
//! gone over the wire, after all that is decided and put in on the way.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use wasmtime_wasi_http::io::TokioIo;

use super::connect::Connection;

/// What of a request or an answer is on its way at a time.
const PIPE_BYTES: usize = 64 << 10;

/// A request as another host would get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, ..
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Headers by their names in lower case.
    pub headers: Vec<(String, String)>,
    /// All of the body.
    pub body: Vec<u8>,
}

/// What another host would answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// Such as 200.
    pub status: u16,
    /// Headers by their names.
    pub headers: Vec<(String, String)>,
    /// All of the body.
    pub body: Vec<u8>,
}

/// Answers requests; none breaks the connection off.
pub type HttpAnswering = Arc<dyn Fn(HttpRequest) -> Option<HttpAnswer> + Send + Sync>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[error("nothing answers this request")]
struct BrokenOff;

/// A connection to whatever answers in the place of the host at `origin`.
pub(super) fn connect(answering: &HttpAnswering, origin: String) -> Box<dyn Connection> {
    let (near, far) = tokio::io::duplex(PIPE_BYTES);
    let answering = answering.clone();
    tokio::spawn(async move {
        let service = service_fn(move |request| {
            let (answering, origin) = (answering.clone(), origin.clone());
            async move { answer(&answering, &origin, request).await.ok_or(BrokenOff) }
        });
        let mut server = http1::Builder::new();
        // An answer is what it was said to be, each time.
        server.auto_date_header(false);
        // It ends with the connection, and whoever asked sees how.
        let _ = server.serve_connection(TokioIo::new(far), service).await;
    });
    Box::new(near)
}

async fn answer(
    answering: &HttpAnswering,
    origin: &str,
    request: Request<Incoming>,
) -> Option<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.ok()?.to_bytes().to_vec();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let answer = answering(HttpRequest {
        method: head.method.to_string(),
        url: format!("{origin}{path}"),
        headers: headers(&head.headers),
        body,
    })?;
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    response.body(Full::new(answer.body.into())).ok()
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
