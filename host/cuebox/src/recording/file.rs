//! The form of a recording: one JSON object in one file.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use runtime::{Digest, Limits, Transcript};
use serde::{Deserialize, Serialize};

use crate::script::Language;

/// What every recording says it is.
const FORMAT: &str = "cuebox recording";

/// The version of the form that is written, and the only one that is read.
const VERSION: u64 = 1;

/// The largest file that is read: more than any that is written, with what JSON adds.
const BYTES_MAX: u64 = 1 << 30;

/// A recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    format: String,
    version: u64,
    /// When the delivery ended: milliseconds since the Unix epoch, UTC.
    pub recorded_at: i64,
    /// What ran.
    pub plugin: PluginFile,
    /// What the plugin reads as its configuration.
    pub settings: BTreeMap<String, String>,
    /// What it could use up.
    pub limits: RecordedLimits,
    /// What happened.
    pub transcript: Transcript,
}

/// Which plugin, and which file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginFile {
    /// The plugin's name.
    pub name: String,
    /// SHA-256 of its file.
    pub digest: String,
    /// SHA-256 of what it runs in, if it is a Python file.
    pub python: Option<String>,
    /// The same, if it is a JavaScript file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub javascript: Option<String>,
}

/// The limits that decide how a delivery ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedLimits {
    fuel: u64,
    deadline_ms: u64,
    register_deadline_ms: u64,
    memory_bytes: u64,
    table_elements: u64,
    instances: u64,
    host_calls: u32,
    log_line_bytes: u64,
    log_bytes: u64,
    http_request_bytes: u64,
}

/// Why a file is no recording that can be run.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Unreadable { path: String, source: std::io::Error },
    /// The file is larger than any recording.
    #[error("{path} has {bytes} bytes, and a recording has at most {BYTES_MAX}")]
    TooLarge { path: String, bytes: u64 },
    /// The file is not JSON, or ends too early.
    #[error("{path} is not a whole JSON object: {why}")]
    NotJson { path: String, why: String },
    /// The file is JSON of another kind.
    #[error("{path} is no recording: `format` must be \"{FORMAT}\"")]
    NotARecording { path: String },
    /// The file was written in another version of the form.
    #[error("{path} is a recording of version {version}, and this cuebox reads version {VERSION}")]
    OtherVersion { path: String, version: u64 },
    /// Something in it is not as it must be.
    #[error("{path} is no recording that can be run: {why}")]
    Malformed { path: String, why: String },
    /// A value in it is outside its range.
    #[error("{path}: `{key}` = {value}: must be from {min} to {max}")]
    OutOfRange { path: String, key: &'static str, value: u64, min: u64, max: u64 },
}

/// What is read first, whatever else there is.
#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    version: Option<u64>,
}

impl Recording {
    /// A recording of what just happened.
    pub fn new(
        recorded_at: i64,
        plugin: PluginFile,
        settings: BTreeMap<String, String>,
        limits: &Limits,
        transcript: Transcript,
    ) -> Self {
        let (format, version, limits) = (FORMAT.to_owned(), VERSION, RecordedLimits::of(limits));
        Self { format, version, recorded_at, plugin, settings, limits, transcript }
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let shown = || path.display().to_string();
        let unreadable = |source| ReadError::Unreadable { path: shown(), source };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let bytes = file.metadata().map_err(unreadable)?.len();
        if bytes > BYTES_MAX {
            return Err(ReadError::TooLarge { path: shown(), bytes });
        }
        let mut text = Vec::new();
        file.take(BYTES_MAX).read_to_end(&mut text).map_err(unreadable)?;
        Self::parse(&shown(), &text)
    }

    /// Reads what is in a file. Its name is for errors.
    pub fn parse(path: &str, text: &[u8]) -> Result<Self, ReadError> {
        let head: Head = serde_json::from_slice(text).map_err(|error| {
            let (path, why) = (path.to_owned(), error.to_string());
            match error.classify() {
                serde_json::error::Category::Data => ReadError::Malformed { path, why },
                _ => ReadError::NotJson { path, why },
            }
        })?;
        if head.format.as_deref() != Some(FORMAT) {
            return Err(ReadError::NotARecording { path: path.to_owned() });
        }
        let malformed = |why: String| ReadError::Malformed { path: path.to_owned(), why };
        match head.version {
            Some(VERSION) => {}
            Some(version) => {
                return Err(ReadError::OtherVersion { path: path.to_owned(), version });
            }
            None => return Err(malformed("`version` is missing".to_owned())),
        }
        let recording: Self =
            serde_json::from_slice(text).map_err(|error| malformed(error.to_string()))?;
        for (key, digest) in [
            ("plugin.digest", Some(&recording.plugin.digest)),
            ("plugin.python", recording.plugin.python.as_ref()),
            ("plugin.javascript", recording.plugin.javascript.as_ref()),
        ] {
            if digest.is_some_and(|digest| digest.parse::<Digest>().is_err()) {
                return Err(malformed(format!("`{key}` must be 64 hexadecimal digits")));
            }
        }
        recording.limits.check(path)?;
        Ok(recording)
    }

    /// Writes it, without a line break too many: files of this kind are many.
    pub fn write(&self, out: &mut impl std::io::Write) -> std::io::Result<()> {
        let mut out = std::io::BufWriter::new(out);
        serde_json::to_writer(&mut out, self)?;
        writeln!(out)?;
        out.flush()
    }
}

impl PluginFile {
    /// What it is written in, and the digest of what it runs in, if it is a script.
    pub fn script(&self) -> Option<(Language, &str)> {
        let python = self.python.as_deref().map(|digest| (Language::Python, digest));
        let javascript = || Some((Language::JavaScript, self.javascript.as_deref()?));
        python.or_else(javascript)
    }
}

impl RecordedLimits {
    fn of(limits: &Limits) -> Self {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            fuel: limits.fuel,
            deadline_ms: millis(limits.deadline),
            register_deadline_ms: millis(limits.register_deadline),
            memory_bytes: limits.memory_bytes as u64,
            table_elements: limits.table_elements as u64,
            instances: limits.instances as u64,
            host_calls: limits.host_calls,
            log_line_bytes: limits.log_line_bytes as u64,
            log_bytes: limits.log_bytes as u64,
            http_request_bytes: limits.http_request_bytes as u64,
        }
    }

    /// A recording can come from anywhere: what it lets a plugin use up is held to what a configuration can allow.
    fn check(&self, path: &str) -> Result<(), ReadError> {
        let limits = [
            ("limits.fuel", self.fuel, 1_000_000, 1_000_000_000_000_000),
            ("limits.deadline_ms", self.deadline_ms, 10, 3_600_000),
            ("limits.register_deadline_ms", self.register_deadline_ms, 100, 600_000),
            ("limits.memory_bytes", self.memory_bytes, 1 << 20, 4 << 30),
            ("limits.table_elements", self.table_elements, 100, 10_000_000),
            ("limits.instances", self.instances, 1, 1000),
            ("limits.host_calls", self.host_calls.into(), 1, 1_000_000),
            ("limits.log_line_bytes", self.log_line_bytes, 80, 1 << 20),
            ("limits.log_bytes", self.log_bytes, 1 << 10, 64 << 20),
            ("limits.http_request_bytes", self.http_request_bytes, 0, 1 << 30),
        ];
        for (key, value, min, max) in limits {
            if !(min..=max).contains(&value) {
                return Err(ReadError::OutOfRange { path: path.to_owned(), key, value, min, max });
            }
        }
        Ok(())
    }

    /// As the runtime takes them. What no longer decides anything, because nothing is asked outside, is without a limit.
    pub fn to_limits(&self) -> Limits {
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        Limits {
            fuel: self.fuel,
            deadline: Duration::from_millis(self.deadline_ms),
            register_deadline: Duration::from_millis(self.register_deadline_ms),
            memory_bytes: size(self.memory_bytes),
            table_elements: size(self.table_elements),
            instances: size(self.instances),
            host_calls: self.host_calls,
            answer_bytes: usize::MAX,
            log_line_bytes: size(self.log_line_bytes),
            log_bytes: size(self.log_bytes),
            log_bytes_per_second: usize::MAX,
            key_value_bytes: usize::MAX,
            site_calls_per_minute: u32::MAX,
            http_requests: u32::MAX,
            http_connections: 1,
            http_request_bytes: size(self.http_request_bytes),
            http_answer_bytes: usize::MAX,
        }
    }
}

#[cfg(test)]
mod tests;
