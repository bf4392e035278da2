//! Bodies within their limits: gathered whole, or passed on piece by piece.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame};
use tokio::time::Sleep;
use wasmtime_wasi_http::Error;

use crate::limits::Held;
use crate::refusals::Refusals;

/// Which limit a body is held to.
#[derive(Clone)]
pub(super) struct Bound {
    /// Its name.
    pub(super) limit: &'static str,
    /// Its value.
    pub(super) bytes_max: usize,
    /// What the guest is told.
    pub(super) error: fn(Option<u64>) -> Error,
    pub(super) refusals: Refusals,
}

impl Bound {
    fn exceeded(&self) -> Error {
        self.refusals.over(self.limit, format_args!("{} bytes", self.bytes_max));
        (self.error)(Some(self.bytes_max as u64))
    }
}

/// Gathers a body. `between` is how long the next piece may take.
pub(super) async fn gather<B>(
    body: B,
    bound: &Bound,
    held: &mut Held,
    between: Option<Duration>,
) -> Result<Bytes, Error>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Error>,
{
    let mut body = body;
    let mut gathered = BytesMut::new();
    loop {
        let frame = tokio::time::timeout(between.unwrap_or(Duration::MAX), body.frame()).await;
        let Some(frame) = frame.map_err(|_| Error::ConnectionReadTimeout)? else { break };
        let Ok(data) = frame.map_err(Into::into)?.into_data() else { continue };
        if gathered.len() + data.len() > bound.bytes_max {
            return Err(bound.exceeded());
        }
        if !held.grow(data.len()) {
            bound.refusals.over("memory_bytes", "with the bodies of HTTP requests and answers");
            return Err((bound.error)(None));
        }
        gathered.extend_from_slice(&data);
    }
    Ok(gathered.freeze())
}

/// An answer's body on its way to the guest.
pub(super) struct Passed {
    body: hyper::body::Incoming,
    bound: Bound,
    passed: usize,
    between: Option<Duration>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Passed {
    pub(super) fn new(
        body: hyper::body::Incoming,
        bound: Bound,
        between: Option<Duration>,
    ) -> Self {
        Self { body, bound, passed: 0, between, pause: None }
    }
}

impl Body for Passed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
            let Some(between) = self.between else { return Poll::Pending };
            let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(between)));
            return pause.as_mut().poll(context).map(|()| Some(Err(Error::ConnectionReadTimeout)));
        };
        self.pause = None;
        let frame = match frame {
            None => return Poll::Ready(None),
            Some(Err(error)) => return Poll::Ready(Some(Err(broken(&error)))),
            Some(Ok(frame)) => frame,
        };
        self.passed += frame.data_ref().map_or(0, Bytes::len);
        let is_within = self.passed <= self.bound.bytes_max;
        Poll::Ready(Some(if is_within { Ok(frame) } else { Err(self.bound.exceeded()) }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}

/// What a guest is told of a connection that broke.
pub(super) fn broken(error: &hyper::Error) -> Error {
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        Error::ConnectionTerminated
    } else {
        Error::HttpProtocolError
    }
}
