//! What came of a case: for people, and for programs.

use std::io::{self, Write};
use std::time::Duration;

use eventlog::EventLogEntry;
use runtime::Report;
use serde::Serialize;

use super::ended;
use crate::authoring::case::Cost;
use crate::authoring::writes::Compared;

/// What came of a case.
#[derive(Debug, Serialize)]
pub struct Trial {
    /// The name of its file.
    pub case: String,
    /// What it shows.
    pub about: String,
    /// What is not as it should be, but for writes.
    pub problems: Vec<String>,
    /// What was written beside what had to be.
    pub compared: Vec<Compared>,
    /// What other hosts were asked beside what they had to be.
    pub requests: Vec<Compared>,
    /// The calls of the plugin.
    pub calls: Vec<Call>,
    /// What it logged, and what it was refused.
    pub log: Vec<String>,
}

/// One call of the plugin.
#[derive(Debug, Serialize)]
pub struct Call {
    pub event_type: String,
    pub callback: String,
    /// One word.
    pub outcome: &'static str,
    /// The same in more words.
    pub says: String,
    pub fuel: u64,
    pub memory_bytes: usize,
    pub host_calls: u32,
    /// All of it.
    pub micros: u64,
    /// How much of that went by while the site was asked.
    pub site_micros: u64,
}

impl Call {
    pub fn new(entry: &EventLogEntry, callback: String, report: &Report) -> Self {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Self {
            event_type: entry.event_type.clone(),
            callback,
            outcome: report.outcome.name(),
            says: ended(&report.outcome),
            fuel: report.fuel,
            memory_bytes: report.memory_bytes,
            host_calls: report.host_calls,
            micros: micros(report.duration),
            site_micros: micros(report.site_time),
        }
    }

    /// How it ended and what it took, for people.
    pub fn told(&self) -> String {
        let Self { event_type, callback, says, fuel, host_calls, .. } = self;
        let memory = self.memory_bytes as f64 / f64::from(1 << 20);
        let [all, site] = [self.micros, self.site_micros].map(|micros| micros as f64 / 1000.0);
        format!(
            "{callback} on {event_type} {says} (fuel {fuel}, memory {memory:.1} MB, {host_calls} host calls, {all:.1} ms, of \
             which {site:.1} ms asking the site)"
        )
    }

    /// What of it is over the bounds of a case.
    pub fn over(&self, cost: &Cost) -> impl Iterator<Item = String> {
        let bounds = [
            ("fuel", cost.fuel, self.fuel),
            ("memory_bytes", cost.memory_bytes, self.memory_bytes as u64),
            ("host_calls", cost.host_calls, self.host_calls.into()),
            ("site_ms", cost.site_ms, self.site_micros / 1000),
        ];
        let callback = &self.callback;
        bounds.into_iter().filter_map(move |(name, bound, used)| {
            let bound = bound.filter(|bound| used > *bound)?;
            Some(format!("`{callback}` used {used} of `{name}`, and [cost] allows {bound}"))
        })
    }
}

impl Trial {
    pub fn new(case: String, about: String) -> Self {
        let (problems, compared, requests, calls, log) = Default::default();
        Self { case, about, problems, compared, requests, calls, log }
    }

    /// Whether all is as it should be.
    pub fn is_good(&self) -> bool {
        let is_same = |compared: &Compared| matches!(compared, Compared::Same(_));
        self.problems.is_empty() && self.compared.iter().chain(&self.requests).all(is_same)
    }

    /// Prints it. What it logged is shown where something is wrong.
    pub fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let verdict = if self.is_good() { "ok    " } else { "FAILED" };
        writeln!(out, "{verdict}  {}  {}", self.case, self.about)?;
        for call in &self.calls {
            writeln!(out, "        {}", call.told())?;
        }
        if self.is_good() {
            return Ok(());
        }
        for problem in &self.problems {
            writeln!(out, "        {}", problem.replace('\n', "\n        "))?;
        }
        for (what, compared) in
            [("writes", &self.compared), ("requests to other hosts", &self.requests)]
        {
            print_compared(out, what, compared)?;
        }
        for line in &self.log {
            writeln!(out, "        log: {line}")?;
        }
        Ok(())
    }
}

fn print_compared(out: &mut impl Write, what: &str, compared: &[Compared]) -> io::Result<()> {
    if compared.is_empty() {
        return Ok(());
    }
    writeln!(out, "        {what} (- expected and not made, + made and not expected):")?;
    for compared in compared {
        let (sign, line) = match compared {
            Compared::Same(line) => (' ', line),
            Compared::Missing(line) => ('-', line),
            Compared::Extra(line) => ('+', line),
        };
        writeln!(out, "        {sign} {line}")?;
    }
    Ok(())
}
