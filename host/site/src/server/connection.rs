//! One connection's socket, which can be made to fail below HTTP: reset without an answer, or ended in the middle of one.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What is to become of a connection once the site next writes to it. Shared by the socket and the handlers of its
/// requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Fate(Arc<Mutex<Ending>>);

#[derive(Debug, Default)]
enum Ending {
    /// None: what is written is sent.
    #[default]
    Open,
    /// The peer sees a reset.
    Reset,
    /// These bytes are sent in place of what is written, and then the connection is closed.
    After(Bytes),
}

/// The socket of one connection.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    fate: Fate,
}

impl Fate {
    /// The peer is to see a reset in place of the answer.
    pub(super) fn reset(&self) {
        self.set(Ending::Reset);
    }

    /// The peer is to see `bytes`, head and all, in place of the answer, and then the end.
    pub(super) fn end_after(&self, bytes: Bytes) {
        self.set(Ending::After(bytes));
    }

    fn set(&self, ending: Ending) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ending;
    }
}

impl Connection {
    pub(super) fn new(stream: TcpStream, fate: Fate) -> Self {
        Self { stream, fate }
    }

    /// Brings the connection to its end, if it has one: `Ready` with the error that tells hyper to drop it.
    fn poll_ending(&mut self, ctx: &mut Context<'_>) -> Option<Poll<io::Error>> {
        let mut ending = self.fate.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *ending {
            Ending::Open => None,
            Ending::Reset => {
                let reset = self.stream.set_zero_linger();
                Some(Poll::Ready(
                    reset.err().unwrap_or_else(|| io::ErrorKind::ConnectionReset.into()),
                ))
            }
            Ending::After(bytes) => {
                while bytes.has_remaining() {
                    match Pin::new(&mut self.stream).poll_write(ctx, bytes) {
                        Poll::Ready(Ok(count)) => bytes.advance(count),
                        Poll::Ready(Err(error)) => return Some(Poll::Ready(error)),
                        Poll::Pending => return Some(Poll::Pending),
                    }
                }
                Some(Poll::Ready(io::ErrorKind::BrokenPipe.into()))
            }
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(ctx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(ending) = self.poll_ending(ctx) {
            return Poll::Ready(Err(ready!(ending)));
        }
        Pin::new(&mut self.stream).poll_write(ctx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Some(ending) = self.poll_ending(ctx) {
            return Poll::Ready(Err(ready!(ending)));
        }
        Pin::new(&mut self.stream).poll_write_vectored(ctx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(ctx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(ctx)
    }
}
