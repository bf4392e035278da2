//! A site's file: every write that was asked for, with its time, one JSON document to a line. The model is a function of
//! its requests and their times, so that replaying the file on the same beginning gives the same site. Performs the
//! file's reading and writing; a line is the script's.
//!
//! The file holds the credentials of its requests, and only its owner may read it.

#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Now;
use crate::script::{Act, Line};
use crate::stage::Stage;

/// The one form of the file that there is.
const VERSION: u32 = 1;

/// An open file, to which writes are appended.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    file: File,
}

/// The first line: on what the rest is to be replayed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Heading {
    recording: u32,
    /// When the production was made, in milliseconds since the Unix epoch.
    began_ms: i64,
    /// The newest event of the model that the recording goes on from.
    newest_event_id: u64,
}

/// Why a site's file could not be used. Nothing is changed in it.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file could not be read or written.
    #[error("the site's file {} cannot be used", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not one of a recording.
    #[error("line {line} of the site's file {} cannot be read", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A newer cuebox wrote it.
    #[error("the site's file {} is of version {version}, and version {VERSION} is the newest known", .path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// It was recorded on another production.
    #[error(
        "the site's file {} goes on from event {recorded}, and this production ends with event {given}: it was recorded \
         with another seed", .path.display()
    )]
    OtherBeginning {
        /// The file.
        path: PathBuf,
        /// The newest event of the production it was recorded on.
        recorded: u64,
        /// The newest event of the production it was opened with.
        given: u64,
    },
}

impl Recording {
    /// When the production of a file was made; none if there is no such file yet.
    ///
    /// # Errors
    /// If the file is not a recording.
    pub fn began(path: &Path) -> Result<Option<Now>, RecordingError> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(RecordingError::Io { path: path.to_owned(), source }),
        };
        let text = whole_lines(path, &mut file)?;
        text.lines()
            .next()
            .map(|line| heading(path, line).map(|heading| Now(heading.began_ms)))
            .transpose()
    }

    /// Opens the file, makes it if there is none, and replays on `stage` what it holds.
    ///
    /// # Errors
    /// If the file cannot be used as it is.
    pub(crate) fn open(path: &Path, stage: &mut Stage, began: Now) -> Result<Self, RecordingError> {
        let failed = |source| RecordingError::Io { path: path.to_owned(), source };
        let mut file = open_private(path).map_err(failed)?;
        let text = whole_lines(path, &mut file)?;
        // What a crash left of a last line is overwritten.
        let end = u64::try_from(text.len()).expect("a file's length fits 64 bits");
        file.set_len(end).map_err(failed)?;
        file.seek(SeekFrom::Start(end)).map_err(failed)?;
        let mut recording = Self { path: path.to_owned(), file };
        if text.is_empty() {
            let newest_event_id = stage.model.newest_event_id();
            recording.write_line(&Heading {
                recording: VERSION,
                began_ms: began.0,
                newest_event_id,
            })?;
        } else {
            stage.model.set_replaying(true);
            let replayed = replay(path, &text, stage);
            stage.model.set_replaying(false);
            replayed?;
        }
        Ok(recording)
    }

    /// Appends one act.
    pub(crate) fn append(&mut self, act: &Act, now: Now) -> Result<(), RecordingError> {
        self.write_line(&Line { at_ms: now.0, act: act.clone() })
    }

    fn write_line(&mut self, line: &impl Serialize) -> Result<(), RecordingError> {
        let mut text = serde_json::to_vec(line).expect("a line has only text keys");
        text.push(b'\n');
        self.file
            .write_all(&text)
            .map_err(|source| RecordingError::Io { path: self.path.clone(), source })
    }
}

fn replay(path: &Path, text: &str, stage: &mut Stage) -> Result<(), RecordingError> {
    let mut lines = text.lines();
    let heading = heading(path, lines.next().unwrap_or_default())?;
    let given = stage.model.newest_event_id();
    if heading.newest_event_id != given {
        let recorded = heading.newest_event_id;
        return Err(RecordingError::OtherBeginning { path: path.to_owned(), recorded, given });
    }
    for (index, line) in lines.enumerate() {
        let line: Line = serde_json::from_str(line).map_err(|source| {
            RecordingError::Malformed { path: path.to_owned(), line: index + 2, source }
        })?;
        // A request that was refused then is refused now, and changes nothing either time.
        stage.perform(&line.act, Now(line.at_ms)).ok();
    }
    Ok(())
}

fn heading(path: &Path, line: &str) -> Result<Heading, RecordingError> {
    let malformed = |source| RecordingError::Malformed { path: path.to_owned(), line: 1, source };
    let heading: Heading = serde_json::from_str(line).map_err(malformed)?;
    if heading.recording != VERSION {
        return Err(RecordingError::Version { path: path.to_owned(), version: heading.recording });
    }
    Ok(heading)
}

/// The text up to the last line that was written whole.
fn whole_lines(path: &Path, file: &mut File) -> Result<String, RecordingError> {
    let failed = |source| RecordingError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed)?;
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    bytes.truncate(end);
    String::from_utf8(bytes)
        .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error)))
}

fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
