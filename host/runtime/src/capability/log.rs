//! `wasi:logging`, stdout and stderr: all three become lines in the plugin's log, marked as the guest's and limited.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use eventlog::EventId;
use tracing::Level;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use super::Capabilities;
use crate::bindings::wasi::logging::logging;
use crate::limits::{Limits, Quota};
use crate::recording::Tape;
use crate::refusals::Refusals;

/// How many of a call's last lines are kept: of stderr to explain a trap by, of all to explain a failure by.
const TAIL_LINES: usize = 20;

/// Where the lines of one instance go. Shared by the three ways in.
#[derive(Clone)]
pub(crate) struct GuestLog(Arc<Mutex<Lines>>);

struct Lines {
    plugin: Arc<str>,
    line_bytes_max: usize,
    call_bytes_max: usize,
    event: Option<EventId>,
    call_bytes: usize,
    quota: Arc<Quota>,
    tape: Tape,
    refusals: Refusals,
    stderr_tail: Tail,
    tail: Tail,
}

/// The last lines of something, together no longer than one line may be.
#[derive(Default)]
struct Tail(VecDeque<String>);

impl GuestLog {
    pub(super) fn new(
        plugin: &Arc<str>,
        limits: &Limits,
        quota: Arc<Quota>,
        refusals: Refusals,
    ) -> Self {
        Self(Arc::new(Mutex::new(Lines {
            plugin: plugin.clone(),
            line_bytes_max: limits.log_line_bytes,
            call_bytes_max: limits.log_bytes,
            event: None,
            call_bytes: 0,
            quota,
            tape: Tape::default(),
            refusals,
            stderr_tail: Tail::default(),
            tail: Tail::default(),
        })))
    }

    /// Has lines written down as well.
    pub(super) fn on_tape(&self, tape: Tape) {
        self.lock().tape = tape;
    }

    pub(super) fn stream(&self, name: &'static str) -> Stream {
        Stream { log: self.clone(), name, unfinished: Arc::default() }
    }

    pub(super) fn begin(&self, event: Option<EventId>) {
        let mut lines = self.lock();
        lines.event = event;
        lines.call_bytes = 0;
        lines.stderr_tail.0.clear();
        lines.tail.0.clear();
    }

    /// The last lines of stderr in this call.
    pub(crate) fn stderr_tail(&self) -> String {
        self.lock().stderr_tail.text()
    }

    /// The last lines of this call, wherever they were written to.
    pub(crate) fn tail(&self) -> String {
        self.lock().tail.text()
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn write(&mut self, level: Level, context: &str, line: &str) {
        let cut = cut(line, self.line_bytes_max);
        self.tape.line(level, context, cut, self.call_bytes_max);
        if self.call_bytes + cut.len() > self.call_bytes_max {
            return self.refusals.dropped("log_bytes", line.len());
        }
        if !self.quota.take(cut.len().max(1), Instant::now()) {
            return self.refusals.dropped("log_bytes_per_second", line.len());
        }
        if cut.len() < line.len() {
            self.refusals.count("log_line_bytes");
        }
        self.call_bytes += cut.len().max(1);
        self.tail.push(cut, self.line_bytes_max);
        emit(level, &self.plugin, self.event, context, &shortened(line, self.line_bytes_max));
    }
}

impl Tail {
    fn push(&mut self, line: &str, bytes_max: usize) {
        if self.0.len() == TAIL_LINES {
            self.0.pop_front();
        }
        self.0.push_back(cut(line, bytes_max).to_owned());
        while self.0.iter().map(String::len).sum::<usize>() > bytes_max {
            self.0.pop_front();
        }
    }

    fn text(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// One line of a guest as an event of the host's log. The target tells that the words are the guest's.
fn emit(level: Level, plugin: &str, event: Option<EventId>, context: &str, message: &str) {
    let event = event.map(|event| event.0);
    let context = (!context.is_empty()).then_some(context);
    macro_rules! at {
        ($level:expr) => {
            tracing::event!(
                target: "plugin",
                $level,
                plugin.name = %plugin,
                event.id = event,
                context,
                "{message}"
            )
        };
    }
    match level {
        Level::TRACE => at!(Level::TRACE),
        Level::DEBUG => at!(Level::DEBUG),
        Level::INFO => at!(Level::INFO),
        Level::WARN => at!(Level::WARN),
        Level::ERROR => at!(Level::ERROR),
    }
}

/// The text, or as much of it as `max` bytes hold and how much is missing.
pub(crate) fn shortened(text: &str, max: usize) -> Cow<'_, str> {
    let cut = cut(text, max);
    match text.len() - cut.len() {
        0 => Cow::Borrowed(text),
        missing => Cow::Owned(format!("{cut} … ({missing} bytes more)")),
    }
}

/// The longest beginning of `text` that is no longer than `max` bytes and ends between characters.
fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

impl logging::Host for Capabilities {
    fn log(
        &mut self,
        level: logging::Level,
        context: String,
        message: String,
    ) -> wasmtime::Result<()> {
        self.count_call()?;
        let level = match level {
            logging::Level::Trace => Level::TRACE,
            logging::Level::Debug => Level::DEBUG,
            logging::Level::Info => Level::INFO,
            logging::Level::Warn => Level::WARN,
            logging::Level::Error | logging::Level::Critical => Level::ERROR,
        };
        let context = cut(&context, self.setup.limits.log_line_bytes);
        self.log.lock().write(level, context, &message);
        Ok(())
    }
}

/// stdout or stderr of a guest, split into lines.
#[derive(Clone)]
pub(super) struct Stream {
    log: GuestLog,
    name: &'static str,
    /// The line that has no end yet. Bounded by the length of a line: what is longer is a line.
    unfinished: Arc<Mutex<Vec<u8>>>,
}

impl Stream {
    fn accept(&self, bytes: &[u8]) {
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = self.log.lock();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            unfinished.extend_from_slice(piece);
            if piece.ends_with(b"\n") || unfinished.len() > lines.line_bytes_max {
                let line = String::from_utf8_lossy(&unfinished);
                let line = line.trim_end_matches(['\n', '\r']);
                if self.name == "stderr" {
                    let bytes_max = lines.line_bytes_max;
                    lines.stderr_tail.push(line, bytes_max);
                }
                lines.write(Level::INFO, self.name, line);
                unfinished.clear();
            }
        }
    }
}

impl IsTerminal for Stream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stream {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl OutputStream for Stream {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.accept(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 * 1024)
    }
}

#[async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {}
}

impl tokio::io::AsyncWrite for Stream {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        self.accept(bytes);
        std::task::Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests;
