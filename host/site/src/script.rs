//! A timeline for a site: at which time which request, fault or commit. One JSON document to a line; a test is written
//! in it, and a site's file is recorded in it. Pure.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::ClockOrder;
use crate::faults::Rule;
use crate::stage::{CommitOrder, SessionOrder};
use crate::wire::Request;

/// The acts of a timeline that are still to come.
#[derive(Debug, Clone, Default)]
pub struct Script {
    lines: VecDeque<Line>,
}

/// One act and its time: `{"at_ms": 250, "request": {"method_name": "create", "params": [..]}}`. Blank lines and lines
/// that begin with `#` are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawLine", into = "RawLine")]
pub struct Line {
    /// When, in milliseconds: after the script's beginning, or in a recording since the Unix epoch.
    pub at_ms: i64,
    /// What.
    pub act: Act,
}

/// Something that happens to a site.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Somebody asks for something.
    Request(Request),
    /// The same, but what it leaves in the event log shows later.
    Late {
        /// What is asked for.
        request: Request,
        /// How much later, in milliseconds.
        by_ms: u64,
    },
    /// Transactions are held, released, or left out.
    Commits(CommitOrder),
    /// The site begins to misbehave.
    Fault(Rule),
    /// The site's administrators choose anew: keys of the settings with their values.
    Settings(Map<String, Value>),
    /// Sessions expire.
    Sessions(SessionOrder),
    /// Time goes in another way.
    Clock(ClockOrder),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine {
    at_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<Request>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    late_by_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commits: Option<CommitOrder>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sessions: Option<SessionOrder>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clock: Option<ClockOrder>,
}

/// Why a script cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// A line is no act.
    #[error("line {line} of the script cannot be read")]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Time runs backwards.
    #[error(
        "line {line} of the script is at {at_ms} ms, before the line above it at {before_ms} ms"
    )]
    Backwards {
        /// Counted from 1.
        line: usize,
        /// Its time.
        at_ms: i64,
        /// The time of the line above.
        before_ms: i64,
    },
}

impl Script {
    /// Reads a script from its text.
    ///
    /// # Errors
    /// If a line is no act, or earlier than the one before it.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let mut lines: VecDeque<Line> = VecDeque::new();
        for (index, text) in text.lines().enumerate() {
            if text.trim().is_empty() || text.starts_with('#') {
                continue;
            }
            let line: Line = serde_json::from_str(text)
                .map_err(|source| ScriptError::Malformed { line: index + 1, source })?;
            if let Some(before) = lines.back()
                && line.at_ms < before.at_ms
            {
                return Err(ScriptError::Backwards {
                    line: index + 1,
                    at_ms: line.at_ms,
                    before_ms: before.at_ms,
                });
            }
            lines.push_back(line);
        }
        Ok(Self { lines })
    }

    /// Takes out what is due once `elapsed` has passed since the beginning, in order.
    pub fn due(&mut self, elapsed: Duration) -> Vec<Line> {
        let elapsed = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        let count = self.lines.iter().take_while(|line| line.at_ms <= elapsed).count();
        self.lines.drain(..count).collect()
    }

    /// When the next act is due, after the beginning; none if all is over.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        self.lines.front().map(|line| Duration::from_millis(u64::try_from(line.at_ms).unwrap_or(0)))
    }
}

impl TryFrom<RawLine> for Line {
    type Error = &'static str;

    fn try_from(raw: RawLine) -> Result<Self, Self::Error> {
        let requested = raw.request.map(|request| match raw.late_by_ms {
            None => Act::Request(request),
            Some(by_ms) => Act::Late { request, by_ms },
        });
        if raw.late_by_ms.is_some() && requested.is_none() {
            return Err("`late_by_ms` goes with a `request`");
        }
        let acts = [
            requested,
            raw.commits.map(Act::Commits),
            raw.fault.map(Act::Fault),
            raw.settings.map(Act::Settings),
            raw.sessions.map(Act::Sessions),
            raw.clock.map(Act::Clock),
        ];
        let mut acts = acts.into_iter().flatten();
        let (Some(act), None) = (acts.next(), acts.next()) else {
            return Err(
                "a line has exactly one of `request`, `commits`, `fault`, `settings`, `sessions` and `clock`",
            );
        };
        Ok(Self { at_ms: raw.at_ms, act })
    }
}

impl From<Line> for RawLine {
    fn from(line: Line) -> Self {
        let mut raw = Self {
            at_ms: line.at_ms,
            request: None,
            late_by_ms: None,
            commits: None,
            fault: None,
            settings: None,
            sessions: None,
            clock: None,
        };
        match line.act {
            Act::Request(request) => raw.request = Some(request),
            Act::Late { request, by_ms } => {
                raw.request = Some(request);
                raw.late_by_ms = Some(by_ms);
            }
            Act::Commits(order) => raw.commits = Some(order),
            Act::Fault(rule) => raw.fault = Some(rule),
            Act::Settings(changes) => raw.settings = Some(changes),
            Act::Sessions(order) => raw.sessions = Some(order),
            Act::Clock(order) => raw.clock = Some(order),
        }
        raw
    }
}
