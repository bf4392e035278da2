//! One request over one connection.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use policy::network::{HttpGrant, Target};
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions};

use super::body::broken;
use super::connect::{ConnectError, Connection, Connector};

/// What a server can make this host keep of the beginning of an answer.
const HEAD_BYTES_MAX: usize = 64 << 10;
const HEADERS_MAX: usize = 100;

/// A request that can be sent: its host was looked up and checked.
pub(super) struct Way<'g> {
    pub(super) connection: Box<dyn Connection>,
    /// The line that allows it.
    pub(super) grant: &'g HttpGrant,
}

/// What drives a connection.
pub(super) type Driver = http1::Connection<TokioIo<Box<dyn Connection>>, Full<Bytes>>;

/// Looks up, checks, connects.
pub(super) async fn connect<'g>(
    connector: &Connector,
    target: &Target,
    allowing: &'g [HttpGrant],
    options: RequestOptions,
) -> Result<Way<'g>, ConnectError> {
    let connecting = async {
        let (addresses, grant) = connector.check(target, allowing).await?;
        let connection =
            connector.connect(target, &addresses).await.map_err(ConnectError::Failed)?;
        Ok(Way { connection, grant })
    };
    let limit = options.connect_timeout.unwrap_or(Duration::MAX);
    tokio::time::timeout(limit, connecting)
        .await
        .unwrap_or(Err(ConnectError::Failed(Error::ConnectionTimeout)))
}

/// Sends a request; the beginning of the answer, and what reads the rest, unless that was read already.
pub(super) async fn exchange(
    connection: Box<dyn Connection>,
    request: Request<Full<Bytes>>,
    options: RequestOptions,
) -> Result<(Response<Incoming>, Option<Driver>), Error> {
    let (mut sender, mut driver) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .handshake(TokioIo::new(connection))
        .await
        .map_err(|error| broken(&error))?;
    let mut is_over = false;
    let answering = async {
        let answer = sender.send_request(request);
        tokio::pin!(answer);
        tokio::select! {
            biased;
            answer = &mut answer => return answer,
            ended = &mut driver => {
                is_over = true;
                ended?;
            }
        }
        // Whatever there is of an answer is there now.
        answer.await
    };
    let limit = options.first_byte_timeout.unwrap_or(Duration::MAX);
    let answer = tokio::time::timeout(limit, answering).await;
    let answer = answer.map_err(|_| Error::ConnectionReadTimeout)?;
    Ok((answer.map_err(|error| broken(&error))?, (!is_over).then_some(driver)))
}
