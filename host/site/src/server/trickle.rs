//! A body that comes at the pace of a slow network.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often something is sent.
const TICK: Duration = Duration::from_millis(50);

/// The rest of a body, and when the next piece of it is sent.
#[derive(Debug)]
pub(super) struct Trickle {
    rest: Bytes,
    piece: usize,
    ticks: Interval,
}

impl Trickle {
    pub(super) fn new(body: Bytes, bytes_per_second: u64) -> Self {
        // Below a byte a tick, the ticks are longer.
        let tick = TICK.max(Duration::from_secs_f64(1.0 / bytes_per_second.max(1) as f64));
        let piece = (bytes_per_second as f64 * tick.as_secs_f64()).round() as usize;
        let mut ticks = interval(tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { rest: body, piece: piece.max(1), ticks }
    }
}

impl Body for Trickle {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.ticks.poll_tick(ctx));
        let count = self.piece.min(self.rest.len());
        let piece = self.rest.split_to(count);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
