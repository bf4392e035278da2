//! The log: what is said with `tracing`, as lines for people or as JSON, on stdout and in files.
//!
//! Lines of guests are events with the target `plugin`. They are marked as theirs, and cannot pass for anything else:
//! see [`mod@line`]. What concerns a plugin is what has the field `plugin.name`, itself or by a span around it.

mod file;
mod layer;
mod line;

#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;

use config::Log;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Registry};

use crate::clock;
use file::Files;
use layer::{LogLayer, Stdout};

pub use file::DailyFile;
pub use layer::{GuestLine, GuestLineSink};
pub(crate) use line::{escaped, show_time};

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The folder for log files cannot be made, or nothing can be written there.
    #[error("cannot write log files to `{}`", directory.display())]
    Directory {
        /// The folder.
        directory: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is to be logged cannot be read.
    #[error("log level `{level}` is not a filter")]
    Level {
        /// The text.
        level: String,
        /// Why.
        source: tracing_subscriber::filter::ParseError,
    },
    /// Somebody else's log was started before.
    #[error("a log was started already")]
    Started {
        /// The library's words.
        source: TryInitError,
    },
}

/// A running log. What was not written yet is written when this is dropped.
#[must_use = "the log loses its last lines when this is dropped too early"]
pub struct Logging {
    _stdout: Option<WorkerGuard>,
}

/// Starts the log of this process, on stdout and in files.
pub fn start(options: &Log) -> Result<Logging, LogError> {
    start_with(options, true, None)
}

/// Starts the log of this process, without stdout where somebody else prints there; guests' lines are handed to `guest_lines`
/// as well.
pub fn start_with(
    options: &Log,
    to_stdout: bool,
    guest_lines: Option<GuestLineSink>,
) -> Result<Logging, LogError> {
    let (stdout, guard) = if to_stdout {
        let (stdout, guard) = stdout_in_background(io::stdout());
        (Some(stdout), Some(guard))
    } else {
        (None, None)
    };
    let may_color = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let layer = layer(options, stdout, may_color, guest_lines)?;
    let filter = filter(&options.level)?;
    let started = Registry::default().with(layer.with_filter(filter)).try_init();
    started.map_err(|source| LogError::Started { source })?;
    Ok(Logging { _stdout: guard })
}

/// A thread that writes to stdout, so that whoever reads there cannot hold up the host. Lines that it has no place for are
/// dropped and counted.
fn stdout_in_background(stdout: impl Write + Send + 'static) -> (Stdout, WorkerGuard) {
    let (writer, guard) = tracing_appender::non_blocking(stdout);
    let dropped = writer.error_counter();
    (Stdout::new(writer, move || dropped.dropped_lines()), guard)
}

fn layer(
    options: &Log,
    stdout: Option<Stdout>,
    may_color: bool,
    guest_lines: Option<GuestLineSink>,
) -> Result<LogLayer, LogError> {
    let now = clock::now();
    let open = |directory: &PathBuf| {
        Files::open(directory.clone(), options.mode, options.keep, now)
            .map_err(|source| LogError::Directory { directory: directory.clone(), source })
    };
    let files = options.directory.as_ref().map(open).transpose()?;
    Ok(LogLayer::new(options.format, may_color, stdout, files, guest_lines, clock::now))
}

fn filter(level: &str) -> Result<EnvFilter, LogError> {
    EnvFilter::builder()
        .parse(level)
        .map_err(|source| LogError::Level { level: level.to_owned(), source })
}
