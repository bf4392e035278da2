//! A site's file: what the site came to, and every write since, with its time, one JSON document to a line. The model is
//! a function of its requests and their times, so that doing them again on the same beginning gives the same site.
//! Performs the file's reading and writing; a line is the script's.
//!
//! ```text
//! {"recording":2,"scene":"short","seed":7,"began_ms":1775000000000,"newest_event_id":612}
//! {"snapshot":{..}}                       once the lines below grew long; they begin anew then
//! {"at_ms":1775000005000,"as":{"user":{"type":"HumanUser","id":3}},"request":{..}}
//! ```
//!
//! It holds no key, password or session token: a request says who it was from and not what proved it. When a site takes its
//! file up, everybody has the key or password that the seed gave, and sessions are over. Only the file's owner may read it.

mod error;
mod file;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::{Model, Now};
use crate::script::{Act, Line};
use crate::seed::Scene;
use crate::stage::{CommitOrder, Stage};

pub use error::{RecordingError, Recovered};

use file::{Contents, LineFile};

/// The one form of the file that there is.
const VERSION: u32 = 2;
/// Lines are replaced by a snapshot once they are longer than this, and longer than the snapshot before, so that what is
/// written for snapshots stays less than what is written for lines. 16 MB are replayed in about a second.
const TAIL_BYTES_MAX: u64 = 16_000_000;
/// What a line with a snapshot begins and ends with.
const SNAPSHOT: (&str, &str) = ("{\"snapshot\":", "}");

/// An open file, to which writes are appended.
#[derive(Debug)]
pub struct Recording {
    file: LineFile,
    heading: Heading,
    newest: Now,
    tail_bytes: u64,
    tail_bytes_max: u64,
    /// The least that the bound ever is.
    tail_bytes_least: u64,
}

/// The first line: on what the rest is to be replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Heading {
    recording: u32,
    scene: Scene,
    seed: u64,
    /// When the production was made, in milliseconds since the Unix epoch.
    began_ms: i64,
    /// The newest event of the production.
    newest_event_id: u64,
}

/// The version of a file, whatever else its first line says.
#[derive(Deserialize)]
struct Version {
    recording: u32,
}

/// What a file is recorded on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning {
    pub scene: Scene,
    pub seed: u64,
    /// When the production was made.
    pub began: Now,
    /// Decides the tokens of the sessions to come, which must not be those of sessions that are over.
    pub token_seed: u64,
}

impl Recording {
    /// When the production of a file was made; none if there is no such file yet.
    ///
    /// # Errors
    /// If the file is not a recording.
    pub fn began(path: &Path) -> Result<Option<Now>, RecordingError> {
        let first = file::first_line(path)?;
        first.map(|line| heading(path, &line).map(|heading| Now(heading.began_ms))).transpose()
    }

    /// Opens the file, makes it if there is none, and replays on `stage` what it holds. Says what a crash had cut off.
    ///
    /// # Errors
    /// If the file cannot be used as it is.
    pub(crate) fn open(
        path: &Path,
        stage: &mut Stage,
        beginning: Beginning,
    ) -> Result<(Self, Option<Recovered>), RecordingError> {
        Self::open_bounded(path, stage, beginning, TAIL_BYTES_MAX)
    }

    fn open_bounded(
        path: &Path,
        stage: &mut Stage,
        beginning: Beginning,
        tail_bytes_max: u64,
    ) -> Result<(Self, Option<Recovered>), RecordingError> {
        let Contents { file, text, cut_off } = LineFile::open(path)?;
        let given = Heading {
            recording: VERSION,
            scene: beginning.scene,
            seed: beginning.seed,
            began_ms: beginning.began.0,
            newest_event_id: stage.model.newest_event_id(),
        };
        let mut recording = Self {
            file,
            heading: given,
            newest: beginning.began,
            tail_bytes: 0,
            tail_bytes_max,
            tail_bytes_least: tail_bytes_max,
        };
        if text.is_empty() {
            recording.file.write_line(&json_line(&recording.heading))?;
            return Ok((recording, cut_off));
        }
        let secrets = stage.model.secrets();
        let replayed = recording.replay(path, &text, stage)?;
        recording.file.mend()?;
        stage.model.replace_secrets(&secrets);
        stage.model.set_seed(beginning.token_seed);
        recording.newest = Now(replayed.newest_ms);
        recording.tail_bytes = replayed.tail_bytes;
        recording.tail_bytes_max = replayed.snapshot_bytes.max(tail_bytes_max);
        recording.shorten_if_long(stage, Now(replayed.newest_ms));
        Ok((recording, cut_off))
    }

    /// When the newest of what it held happened.
    pub(crate) fn newest(&self) -> Now {
        self.newest
    }

    /// Appends one act, which the stage has performed.
    pub(crate) fn append(
        &mut self,
        act: Act,
        now: Now,
        stage: &Stage,
    ) -> Result<(), RecordingError> {
        let line = json_line(&Line { at_ms: now.0, act });
        self.file.write_line(&line)?;
        self.tail_bytes += line.len() as u64 + 1;
        self.shorten_if_long(stage, now);
        Ok(())
    }

    /// Lets another site use the file.
    pub(crate) fn release(&mut self) {
        self.file.release();
    }

    /// Puts a snapshot in place of lines that grew long, unless a transaction is held: those are in no snapshot. Where
    /// that fails the file is as good as it was, and it is tried again when the lines are twice as long.
    fn shorten_if_long(&mut self, stage: &Stage, now: Now) {
        if self.tail_bytes <= self.tail_bytes_max {
            return;
        }
        let Some(policy) = stage.policy_at_rest() else { return };
        let snapshot = stage.model.to_snapshot_without_secrets();
        let policy = Line { at_ms: now.0, act: Act::Commits(CommitOrder::Policy(policy)) };
        let lines = [
            json_line(&self.heading),
            format!("{}{snapshot}{}", SNAPSHOT.0, SNAPSHOT.1),
            json_line(&policy),
        ];
        match self.file.replace(&lines) {
            Ok(()) => {
                self.tail_bytes = 0;
                self.tail_bytes_max = self.tail_bytes_least.max(snapshot.len() as u64);
            }
            Err(_) => self.tail_bytes_max = self.tail_bytes.saturating_mul(2),
        }
    }

    fn replay(
        &self,
        path: &Path,
        text: &str,
        stage: &mut Stage,
    ) -> Result<Replayed, RecordingError> {
        let mut lines = text.lines().enumerate().peekable();
        let first = lines.next().map(|(_, line)| line).unwrap_or_default();
        let recorded = heading(path, first)?;
        let given = &self.heading;
        if recorded != (Heading { began_ms: recorded.began_ms, ..given.clone() }) {
            return Err(RecordingError::OtherBeginning {
                path: path.to_owned(),
                recorded: recorded.shown(),
                given: given.shown(),
            });
        }
        let mut replayed = Replayed { newest_ms: recorded.began_ms, ..Replayed::default() };
        if let Some((_, line)) = lines.next_if(|(_, line)| line.starts_with(SNAPSHOT.0)) {
            let snapshot = &line[SNAPSHOT.0.len()..];
            let snapshot = snapshot.strip_suffix(SNAPSHOT.1).unwrap_or(snapshot);
            let refused = |source| RecordingError::Snapshot {
                path: path.to_owned(),
                source: Box::new(source),
            };
            let model = Model::from_snapshot(snapshot).map_err(refused)?;
            if model.schema_text() != stage.model.schema_text() {
                return Err(RecordingError::OtherSchema { path: path.to_owned() });
            }
            stage.model = model;
            replayed.snapshot_bytes = snapshot.len() as u64;
        }
        for (index, text) in lines {
            let line: Line = serde_json::from_str(text).map_err(|source| {
                RecordingError::Malformed { path: path.to_owned(), line: index + 1, source }
            })?;
            replayed.newest_ms = line.at_ms;
            replayed.tail_bytes += text.len() as u64 + 1;
            // A request that was refused then is refused now, and changes nothing either time.
            stage.perform(&line.act, Now(line.at_ms)).ok();
        }
        Ok(replayed)
    }
}

/// How much was done again.
#[derive(Debug, Default)]
struct Replayed {
    newest_ms: i64,
    snapshot_bytes: u64,
    tail_bytes: u64,
}

impl Heading {
    fn shown(&self) -> String {
        format!(
            "the scene `{}` with seed {}, which ends with event {}",
            self.scene.name(),
            self.seed,
            self.newest_event_id
        )
    }
}

fn heading(path: &Path, line: &str) -> Result<Heading, RecordingError> {
    let malformed = |source| RecordingError::Malformed { path: path.to_owned(), line: 1, source };
    let Version { recording } = serde_json::from_str(line).map_err(malformed)?;
    if recording != VERSION {
        return Err(RecordingError::Version { path: path.to_owned(), version: recording });
    }
    serde_json::from_str(line).map_err(malformed)
}

fn json_line(line: &impl Serialize) -> String {
    serde_json::to_string(line).expect("a line has only text keys")
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> RecordingError + use<> {
    let path: PathBuf = path.to_owned();
    move |source| RecordingError::Io { path: path.clone(), source }
}
