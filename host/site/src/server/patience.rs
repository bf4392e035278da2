//! How long a connection is waited for: its socket knows when bytes come, and the handler of its requests knows which part of
//! a request is awaited.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Response, StatusCode};
use axum::middleware::Next;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::limits::{BODY_BYTES_MIN, Limits};

/// What a client is told whose head does not come to its end. One whose body does not is told the same by its handler.
const TOO_SLOW: &str =
    "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// What is awaited of a connection. Shared by its socket and the handlers of its requests.
#[derive(Debug, Clone)]
pub(super) struct Awaited(Arc<Mutex<Phase>>);

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// A request, since then.
    Request(Instant),
    /// The rest of a head that began then.
    Head(Instant),
    /// Nothing: the site is at work on a request, or reads its body.
    Nothing,
}

/// A socket that is given up when what is awaited does not come.
#[derive(Debug)]
pub(super) struct Patient<S> {
    socket: S,
    awaited: Awaited,
    limits: Limits,
    reading: Timer,
    writing: Timer,
}

/// Wakes whoever polls it when a moment has come.
#[derive(Debug, Default)]
struct Timer(Option<(Instant, Pin<Box<Sleep>>)>);

impl Timer {
    /// Whether the moment has come. A timer that is set keeps its moment.
    fn poll(&mut self, at: Instant, ctx: &mut Context<'_>) -> Poll<()> {
        if self.0.as_ref().is_none_or(|(set, _)| *set != at) {
            self.0 = Some((at, Box::pin(sleep_until(at))));
        }
        let (_, sleep) = self.0.as_mut().expect("it was just set");
        sleep.as_mut().poll(ctx)
    }

    /// The moment it is set to, or this long from now.
    fn moment(&self, after: Duration) -> Instant {
        self.0.as_ref().map_or_else(|| Instant::now() + after, |(set, _)| *set)
    }
}

impl Awaited {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Phase::Request(Instant::now()))))
    }

    fn set(&self, phase: Phase) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }

    fn phase(&self) -> Phase {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes came.
    fn heard(&self) {
        if let Phase::Request(_) = self.phase() {
            self.set(Phase::Head(Instant::now()));
        }
    }
}

impl<S> Patient<S> {
    pub(super) fn new(socket: S, awaited: Awaited, limits: Limits) -> Self {
        Self { socket, awaited, limits, reading: Timer::default(), writing: Timer::default() }
    }

    /// What is written gets through, or has been stuck for too long.
    fn written<T>(
        &mut self,
        poll: Poll<io::Result<T>>,
        ctx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.writing = Timer::default();
            return poll;
        }
        let at = self.writing.moment(self.limits.answer_timeout);
        self.writing.poll(at, ctx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let poll = Pin::new(&mut this.socket).poll_read(ctx, buffer);
        if poll.is_ready() {
            if buffer.filled().len() > before {
                this.awaited.heard();
            }
            return poll;
        }
        match this.awaited.phase() {
            Phase::Nothing => Poll::Pending,
            // As if the client had closed it.
            Phase::Request(since) => {
                this.reading.poll(since + this.limits.idle_timeout, ctx).map(Ok)
            }
            Phase::Head(since) => {
                this.reading.poll(since + this.limits.head_timeout, ctx).map(|()| {
                    // A client that takes nothing is not told.
                    _ = Pin::new(&mut this.socket).poll_write(ctx, TOO_SLOW.as_bytes());
                    Err(io::ErrorKind::TimedOut.into())
                })
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.socket).poll_write(ctx, bytes);
        self.written(poll, ctx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.socket).poll_write_vectored(ctx, slices);
        self.written(poll, ctx)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.socket).poll_flush(ctx);
        self.written(poll, ctx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.socket).poll_shutdown(ctx);
        self.written(poll, ctx)
    }
}

/// Handles a request: its body is waited for with patience, and the connection waits for the next request once it is
/// answered.
pub(super) async fn handle(
    awaited: Awaited,
    limits: Limits,
    request: Request,
    next: Next,
) -> Response<Body> {
    awaited.set(Phase::Nothing);
    let answering = Answering(awaited);
    let late = Arc::new(AtomicBool::new(false));
    let mut response =
        next.run(request.map(|body| Body::new(Slow::new(body, limits, &late)))).await;
    if late.load(Ordering::Relaxed) {
        let seconds = limits.body_timeout.as_secs_f64();
        let text = format!(
            "the body brought less than {BODY_BYTES_MIN} bytes in {seconds} seconds, and not its end"
        );
        response = Response::new(Body::from(text));
        *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response.map(|body| Body::new(Answer { body, _answering: answering }))
}

/// A request that is answered when this is dropped.
struct Answering(Awaited);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.set(Phase::Request(Instant::now()));
    }
}

/// The body of an answer.
struct Answer {
    body: Body,
    _answering: Answering,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(ctx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a request, which may not come too slowly. Only the time counts in which it is waited for.
struct Slow {
    body: Body,
    window: Duration,
    /// Bytes of this window.
    brought: usize,
    until: Instant,
    timer: Timer,
    late: Arc<AtomicBool>,
}

impl Slow {
    fn new(body: Body, limits: Limits, late: &Arc<AtomicBool>) -> Self {
        let window = limits.body_timeout;
        let until = Instant::now() + window;
        Self { body, window, brought: 0, until, timer: Timer::default(), late: Arc::clone(late) }
    }
}

impl hyper::body::Body for Slow {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let poll = Pin::new(&mut this.body).poll_frame(ctx);
        if let Poll::Ready(Some(Ok(frame))) = &poll {
            this.brought += frame.data_ref().map_or(0, Bytes::len);
            if this.brought >= BODY_BYTES_MIN {
                this.brought = 0;
                this.until = Instant::now() + this.window;
            }
        }
        if poll.is_ready() {
            return poll;
        }
        this.timer.poll(this.until, ctx).map(|()| {
            this.late.store(true, Ordering::Relaxed);
            Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut))))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
