//! The listening port: opens, closes and opens again on the same port, with all connections ending when it closes.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::middleware::from_fn;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::connection::{Connection, Fate};
use super::limits::{HEAD_BYTES_MAX, Limits};
use super::patience::{self, Awaited, Patient};
use super::shared::Shared;

/// Connections that may wait to be accepted; a load test opens a thousand at once.
const BACKLOG_MAX: u32 = 1_024;
/// Between two attempts to accept while the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Clients that are told at once that there are too many; more are closed without a word.
const REFUSALS_MAX: usize = 100;
/// How long one of them is given to take the answer and go.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// The site's port.
#[derive(Debug)]
pub(super) struct Door {
    address: SocketAddr,
    limits: Limits,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Serving, in a task that owns the listener and every connection.
    Open(Serving),
    /// The port is held but not listened on: connections are refused, and nobody else is given the port.
    Closed(TcpSocket),
    /// An attempt to open or close failed half way.
    Broken,
}

/// The serving task, which ends when this is dropped.
#[derive(Debug)]
struct Serving {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Door {
    /// Begins to serve at `address`; port 0 takes a free one.
    pub(super) fn open(
        address: SocketAddr,
        router: &Router,
        shared: &Arc<Shared>,
        limits: Limits,
    ) -> io::Result<Self> {
        let listener = bind(address)?.listen(BACKLOG_MAX)?;
        let address = listener.local_addr()?;
        Ok(Self {
            address,
            limits,
            state: State::Open(serve(listener, router.clone(), Arc::clone(shared), limits)),
        })
    }

    /// Where it is, or was before it closed.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection and refuses new ones. Does nothing if that is so already.
    pub(super) async fn close(&mut self) -> io::Result<()> {
        if let State::Open(Serving { stop, task }) =
            std::mem::replace(&mut self.state, State::Broken)
        {
            drop(stop);
            // With the task's end, in whatever way, the listener and the connections are gone.
            task.await.ok();
            self.state = State::Closed(bind(self.address)?);
        }
        Ok(())
    }

    /// Serves again, on the same port. Does nothing if it is open.
    pub(super) fn reopen(&mut self, router: &Router, shared: &Arc<Shared>) -> io::Result<()> {
        let socket = match std::mem::replace(&mut self.state, State::Broken) {
            State::Open(serving) => {
                self.state = State::Open(serving);
                return Ok(());
            }
            State::Closed(socket) => socket,
            State::Broken => bind(self.address)?,
        };
        let listener = socket.listen(BACKLOG_MAX)?;
        let serving = serve(listener, router.clone(), Arc::clone(shared), self.limits);
        self.state = State::Open(serving);
        Ok(())
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections of before the outage may still linger on the port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn serve(listener: TcpListener, router: Router, shared: Arc<Shared>, limits: Limits) -> Serving {
    let (stop, mut stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let (mut connections, mut refusals) = (JoinSet::new(), JoinSet::new());
        loop {
            tokio::select! {
                _ = &mut stopped => break,
                accepted = listener.accept() => match accepted {
                    // Dropped, the connection ends before a request is read.
                    Ok(_) if shared.strike_connection() => {}
                    Ok((stream, _peer)) => {
                        while connections.try_join_next().is_some() {}
                        if connections.len() < limits.connections_max {
                            connections.spawn(handle(stream, router.clone(), limits));
                        } else if refusals.len() < REFUSALS_MAX {
                            refusals.spawn(refuse(stream, limits));
                        }
                    }
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                },
                Some(_) = connections.join_next() => {}
                Some(_) = refusals.join_next() => {}
            }
        }
        drop(listener);
        connections.shutdown().await;
        refusals.shutdown().await;
    });
    Serving { stop, task }
}

/// Serves one connection to its end.
async fn handle(stream: TcpStream, router: Router, limits: Limits) {
    // Answers are small and whole; waiting for more to send would only cost time. If it fails, it is slower.
    stream.set_nodelay(true).ok();
    let (fate, awaited) = (Fate::default(), Awaited::new());
    let requests = awaited.clone();
    let patience =
        from_fn(move |request, next| patience::handle(requests.clone(), limits, request, next));
    let router = router.layer(Extension(fate.clone())).layer(patience);
    let socket = Patient::new(Connection::new(stream, fate), awaited, limits);
    // A connection that ends badly is the peer's loss alone, or was asked for.
    http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(socket), TowerToHyperService::new(router))
        .await
        .ok();
}

/// Tells a client that it is one too many. What it sends is taken until it goes, so that it sees the answer and no reset.
async fn refuse(mut stream: TcpStream, limits: Limits) {
    let text =
        format!("the site has {} connections, and takes no more at once", limits.connections_max);
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-type: text/plain\r\n\
        content-length: {}\r\n\r\n{text}",
        text.len()
    );
    let talk = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        let mut unheard = [0; 4_096];
        while stream.read(&mut unheard).await? > 0 {}
        io::Result::Ok(())
    };
    tokio::time::timeout(REFUSAL_TIMEOUT, talk).await.ok();
}
