//! The timing log: one line for each event and callback, in columns for a spreadsheet.
//!
//! `timing.log`, tab-separated, with a header in each file:
//!
//! | column | |
//! |---|---|
//! | `event_id` | the site's number of the event |
//! | `created_at` | when it happened, by the site's clock |
//! | `plugin`, `callback` | who took it |
//! | `start`, `end` | of the call, by the host's clock |
//! | `duration` | of the call, in seconds |
//! | `error` | how the call failed; `-` if it did not |
//! | `delay` | from `created_at` to `start`, in seconds; of two clocks, so that it can be negative |

use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use eventlog::Timestamp;
use tracing::error;

use crate::clock;
use crate::log::{DailyFile, escaped, show_time};
use crate::notice::Delivered;

#[cfg(test)]
mod tests;

const HEADER: &str = "event_id\tcreated_at\tplugin\tcallback\tstart\tend\tduration\terror\tdelay\n";

/// A file that deliveries are written to. A clone writes to the same.
#[derive(Debug, Clone)]
pub struct TimingLog(Arc<Mutex<Output>>);

#[derive(Debug)]
struct Output {
    file: DailyFile,
    /// The last line could not be written, which was said.
    is_failing: bool,
}

impl TimingLog {
    /// Opens `timing.log` in the folder; `keep` of its days are kept.
    pub fn start(directory: &Path, keep: usize) -> Result<Self, TimingError> {
        let file = DailyFile::open(directory, "timing.log", HEADER, keep, clock::now());
        let file = file
            .map_err(|source| TimingError { directory: directory.display().to_string(), source })?;
        Ok(Self(Arc::new(Mutex::new(Output { file, is_failing: false }))))
    }

    /// Writes the line of one delivery. A line that cannot be written is lost; the first one is said.
    pub fn write(&self, delivered: &Delivered) {
        let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let written = output.file.write(&line(delivered), clock::now());
        let was_failing = std::mem::replace(&mut output.is_failing, written.is_err());
        if let (Err(error), false) = (written, was_failing) {
            error!("The timing log cannot be written; lines are missing there: {error}");
        }
    }
}

/// Why there is no timing log.
#[derive(Debug, thiserror::Error)]
#[error("cannot write timing.log in `{directory}`")]
pub struct TimingError {
    directory: String,
    source: io::Error,
}

fn line(delivered: &Delivered) -> String {
    let start = delivered.started_at;
    let delay_ms = start.0.saturating_sub(delivered.created_at);
    let error = if delivered.outcome.blame().is_some() { delivered.outcome.name() } else { "-" };
    format!(
        "{}\t{}\t{}\t{}\t{}\t{}\t{:.6}\t{error}\t{:.3}\n",
        delivered.event,
        // Only shown, so that it may be taken for a moment of our own clock.
        show_time(Timestamp(delivered.created_at)),
        cell(&delivered.plugin),
        cell(&delivered.callback),
        show_time(start),
        show_time(start.plus(delivered.duration)),
        delivered.duration.as_secs_f64(),
        delay_ms as f64 / 1000.0,
    )
}

/// A text in one cell: tabs and newlines are escaped, for names that guests choose.
fn cell(text: &str) -> Cow<'_, str> {
    escaped(text)
}
