//! A timeline for a site: at which time which request, fault or commit. One JSON document to a line; a test is written
//! in it, and a site's file is recorded in it. Pure.

mod asker;
mod line;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::clock::{ClockError, ClockOrder};
use crate::faults::{FaultOrder, FaultOrderError, Rule, RuleError};
use crate::model::{Now, Settings};
use crate::stage::{CommitOrder, SessionOrder};
use crate::wire::Request;

pub use asker::Asker;
pub use line::Line;

/// The acts of a timeline that are still to come.
#[derive(Debug, Clone, Default)]
pub struct Script {
    lines: VecDeque<Numbered>,
}

/// A line, and which of the text it is, counted from 1.
#[derive(Debug, Clone, PartialEq)]
struct Numbered {
    number: usize,
    line: Line,
}

/// Something that happens to a site.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Somebody asks for something.
    Request(Asked),
    /// Somebody cannot log in with this name.
    FailedLogin(String),
    /// Transactions are held, released, or left out.
    Commits(CommitOrder),
    /// The site begins to misbehave.
    Fault(Rule),
    /// The site's rules about misbehaving change.
    Faults(FaultOrder),
    /// The site's administrators choose anew: keys of the settings with their values.
    Settings(Map<String, Value>),
    /// Sessions expire.
    Sessions(SessionOrder),
    /// Time goes in another way.
    Clock(ClockOrder),
}

/// A request and what goes with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Whom it is from.
    pub by: Asker,
    /// What is asked for.
    pub request: Request,
    /// What it leaves in the event log shows so much later, in milliseconds; 0 for at once.
    pub late_by_ms: u64,
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
    /// A line cannot be followed.
    #[error("line {line} of the script cannot be followed")]
    Rule {
        /// Counted from 1.
        line: usize,
        /// The rule that it breaks.
        source: LineError,
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

/// The rule that a line of a script breaks.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LineError {
    /// A fault cannot be.
    #[error("`fault`: {0}")]
    Fault(RuleError),
    /// An order about faults cannot be followed.
    #[error("`faults`: {0}")]
    Faults(FaultOrderError),
    /// Time cannot go so.
    #[error("`clock`: {0}")]
    Clock(ClockError),
    /// There are no such settings.
    #[error("`settings`: {0}")]
    Settings(String),
    /// The moment has passed, or is none.
    #[error("`at` is `{0}`; {1}")]
    At(String, String),
}

impl Script {
    /// Reads a script from its text, whose times count from its beginning.
    ///
    /// # Errors
    /// If a line is no act, breaks a rule, or is earlier than the one before it.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        Self::read(text, None)
    }

    /// Reads a script that begins at a moment of the site, so that its lines may name moments, too.
    ///
    /// # Errors
    /// As [`Script::parse`], and if a moment is before the beginning.
    pub fn parse_from(text: &str, beginning: Now) -> Result<Self, ScriptError> {
        Self::read(text, Some(beginning))
    }

    fn read(text: &str, beginning: Option<Now>) -> Result<Self, ScriptError> {
        let mut lines: VecDeque<Numbered> = VecDeque::new();
        for (index, text) in text.lines().enumerate() {
            if text.trim().is_empty() || text.starts_with('#') {
                continue;
            }
            let number = index + 1;
            let refused = |source| ScriptError::Rule { line: number, source };
            let placeable: line::Placeable = serde_json::from_str(text)
                .map_err(|source| ScriptError::Malformed { line: number, source })?;
            let line = placeable.placed(beginning).map_err(refused)?;
            line.act.check().map_err(refused)?;
            if let Some(before) = lines.back().map(|before| before.line.at_ms)
                && line.at_ms < before
            {
                let at_ms = line.at_ms;
                return Err(ScriptError::Backwards { line: number, at_ms, before_ms: before });
            }
            lines.push_back(Numbered { number, line });
        }
        Ok(Self { lines })
    }

    /// How many acts are still to come.
    #[must_use]
    pub fn left(&self) -> usize {
        self.lines.len()
    }

    /// Takes out what is due once `elapsed` has passed since the beginning, in order.
    pub fn due(&mut self, elapsed: Duration) -> Vec<Line> {
        let mut due = Vec::new();
        while let Some((_, line)) = self.next(elapsed) {
            due.push(line);
        }
        due
    }

    /// Takes out the next act if it is due once `elapsed` has passed, with the number of its line.
    pub(crate) fn next(&mut self, elapsed: Duration) -> Option<(usize, Line)> {
        let elapsed = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        let next = self.lines.pop_front_if(|next| next.line.at_ms <= elapsed)?;
        Some((next.number, next.line))
    }

    /// When the next act is due, after the beginning; none if all is over.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        let next = self.lines.front()?;
        Some(Duration::from_millis(u64::try_from(next.line.at_ms).unwrap_or(0)))
    }
}

impl Act {
    /// Whether it can be followed, as far as that is known before its time.
    fn check(&self) -> Result<(), LineError> {
        match self {
            Self::Fault(rule) => rule.check().map_err(LineError::Fault),
            Self::Faults(order) => order.check().map_err(LineError::Faults),
            Self::Clock(order) => order.check().map_err(LineError::Clock),
            Self::Settings(changes) => Settings::default()
                .changed(changes)
                .map(drop)
                .map_err(|error| LineError::Settings(error.to_string())),
            Self::Request(_) | Self::FailedLogin(_) | Self::Commits(_) | Self::Sessions(_) => {
                Ok(())
            }
        }
    }
}
