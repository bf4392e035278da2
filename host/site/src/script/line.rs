//! One line of a timeline, as it is written.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Act, Asked, Asker, LineError};
use crate::clock::{ClockOrder, parse_moment, show_moment};
use crate::faults::{FaultOrder, Rule};
use crate::model::Now;
use crate::stage::{CommitOrder, SessionOrder};
use crate::wire::Request;

/// One act and its time: `{"at_ms": 250, "as": "ines", "request": {"method_name": "create", "params": [..]}}`. Blank lines
/// and lines that begin with `#` are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Line {
    /// When, in milliseconds: after the script's beginning, or in a recording since the Unix epoch.
    pub at_ms: i64,
    /// What.
    pub act: Act,
}

/// A line with the time as it is written.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_ms: Option<i64>,
    /// In place of `at_ms`: a moment of the site, such as `2026-03-02T09:00:00Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    by: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<Request>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    late_by_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed_login: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commits: Option<CommitOrder>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fault: Option<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    faults: Option<FaultOrder>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sessions: Option<SessionOrder>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clock: Option<ClockOrder>,
}

/// A line whose time may be a moment of a site.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub(super) struct Placeable {
    time: Time,
    act: Act,
}

#[derive(Debug, Clone)]
enum Time {
    Millis(i64),
    Moment(String),
}

impl Placeable {
    /// The line, in a script that begins at this moment, if that is known.
    pub(super) fn placed(self, beginning: Option<Now>) -> Result<Line, LineError> {
        let at_ms = match self.time {
            Time::Millis(at_ms) => at_ms,
            Time::Moment(text) => {
                let refused = |why: String| LineError::At(text.clone(), why);
                let moment = parse_moment(&text).map_err(|_| {
                    refused("it must be a moment such as 2026-03-01T08:00:00Z".to_owned())
                })?;
                let Some(beginning) = beginning else {
                    return Err(refused(
                        "this script is not about a site with a time, and takes `at_ms`".to_owned(),
                    ));
                };
                if moment < beginning {
                    let began = show_moment(beginning);
                    return Err(refused(format!("the script begins at {began}")));
                }
                moment.0 - beginning.0
            }
        };
        Ok(Line { at_ms, act: self.act })
    }
}

impl TryFrom<Written> for Placeable {
    type Error = String;

    fn try_from(mut written: Written) -> Result<Self, String> {
        let time = match (written.at_ms, written.at.take()) {
            (Some(at_ms), None) => Time::Millis(at_ms),
            (None, Some(moment)) => Time::Moment(moment),
            _ => return Err("a line has either `at_ms` or `at`".to_owned()),
        };
        Ok(Self { time, act: written.act()? })
    }
}

impl TryFrom<Written> for Line {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let at_ms = written.at_ms.filter(|_| written.at.is_none());
        let at_ms = at_ms.ok_or("a line has `at_ms`")?;
        Ok(Self { at_ms, act: written.act()? })
    }
}

impl Written {
    fn act(self) -> Result<Act, String> {
        if self.request.is_none() {
            let alone = [("as", self.by.is_some()), ("late_by_ms", self.late_by_ms.is_some())];
            if let Some((key, _)) = alone.into_iter().find(|(_, given)| *given) {
                return Err(format!("`{key}` goes with a `request`"));
            }
        }
        let by = self.by.map_or(Ok(Asker::Proven), Asker::parse)?;
        let late_by_ms = self.late_by_ms.unwrap_or(0);
        let acts = [
            self.request.map(|request| Act::Request(Asked { by, request, late_by_ms })),
            self.failed_login.map(Act::FailedLogin),
            self.commits.map(Act::Commits),
            self.fault.map(Act::Fault),
            self.faults.map(Act::Faults),
            self.settings.map(Act::Settings),
            self.sessions.map(Act::Sessions),
            self.clock.map(Act::Clock),
        ];
        let mut acts = acts.into_iter().flatten();
        match (acts.next(), acts.next()) {
            (Some(act), None) => Ok(act),
            _ => Err("a line has exactly one of `request`, `failed_login`, `commits`, `fault`, `faults`, `settings`, \
                `sessions` and `clock`"
                .to_owned()),
        }
    }
}

impl From<Line> for Written {
    fn from(line: Line) -> Self {
        let mut written = Self { at_ms: Some(line.at_ms), ..Self::default() };
        match line.act {
            Act::Request(Asked { by, request, late_by_ms }) => {
                written.by = by.written();
                written.request = Some(request);
                written.late_by_ms = (late_by_ms > 0).then_some(late_by_ms);
            }
            Act::FailedLogin(login) => written.failed_login = Some(login),
            Act::Commits(order) => written.commits = Some(order),
            Act::Fault(rule) => written.fault = Some(rule),
            Act::Faults(order) => written.faults = Some(order),
            Act::Settings(changes) => written.settings = Some(changes),
            Act::Sessions(order) => written.sessions = Some(order),
            Act::Clock(order) => written.clock = Some(order),
        }
        written
    }
}
