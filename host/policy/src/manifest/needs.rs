//! What a plugin's author says it needs, and what one version asks for that another did not.

use std::fmt;
use std::str::FromStr;

use super::table::{Table, Value};
use crate::{network, shotgun};

/// All that a plugin asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// Of the site.
    pub shotgun: Vec<Need<shotgun::Grant>>,
    /// Of other servers.
    pub http: Vec<Need<network::Line>>,
}

/// One thing it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need<L> {
    /// What, as the line that would grant it.
    pub line: L,
    /// What for, in the author's words.
    pub why: String,
}

/// Whom a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// The site, through the Shotgun connection.
    Shotgun,
    /// Servers, through `wasi:http`.
    Http,
}

/// What a version asks for that another did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum New {
    /// It does not say any more what it needs, and so would have all that is granted.
    Everything,
    /// A part of what one of its lines asks for.
    Line {
        /// Whom it is about.
        service: Service,
        /// What is new, and nothing else: a line of its own.
        line: String,
        /// What for, in the author's words.
        why: String,
    },
}

impl Needs {
    /// The lines about the site.
    #[must_use]
    pub fn shotgun_lines(&self) -> shotgun::Grants {
        self.shotgun.iter().map(|need| need.line.clone()).collect()
    }

    /// The lines about other servers.
    #[must_use]
    pub fn http_lines(&self) -> Vec<network::Line> {
        self.http.iter().map(|need| need.line.clone()).collect()
    }

    /// What of these needs `known` does not hold, down to the field and the project, in the order in which they are written.
    #[must_use]
    pub fn beyond(&self, known: &Self) -> Vec<New> {
        let (known_shotgun, known_http) = (known.shotgun_lines(), known.http_lines());
        let shotgun = self.shotgun.iter().flat_map(|need| {
            let new: shotgun::Grants = [need.line.clone()].into_iter().collect();
            let new: Vec<_> = new.without(&known_shotgun).iter().map(ToString::to_string).collect();
            new.into_iter().map(|line| new_line(Service::Shotgun, line, &need.why))
        });
        let http = self.http.iter().flat_map(|need| {
            let new = network::difference(std::slice::from_ref(&need.line), &known_http);
            new.into_iter().map(|line| new_line(Service::Http, line.to_string(), &need.why))
        });
        shotgun.chain(http).collect()
    }
}

fn new_line(service: Service, line: String, why: &str) -> New {
    New::Line { service, line, why: why.to_owned() }
}

/// What a version asks for that the one before it did not. A version that does not say what it needs may use all that is
/// granted.
#[must_use]
pub fn new_needs(now: Option<&Needs>, known: Option<&Needs>) -> Vec<New> {
    match (now, known) {
        (_, None) => Vec::new(),
        (None, Some(_)) => vec![New::Everything],
        (Some(now), Some(known)) => now.beyond(known),
    }
}

pub(super) fn read(mut table: Table<'_>) -> Needs {
    let shotgun = table.value("shotgun").map(|value| needs(&value, shotgun_line));
    let http = table.value("http").map(|value| needs(&value, http_line));
    table.finish();
    Needs { shotgun: shotgun.unwrap_or_default(), http: http.unwrap_or_default() }
}

fn needs<L>(value: &Value<'_>, parse: fn(&str) -> Result<L, String>) -> Vec<Need<L>> {
    let items = value.list("a list of { grant = \"…\", why = \"…\" }").unwrap_or_default();
    items.iter().filter_map(|item| need(item, parse)).collect()
}

fn need<L>(value: &Value<'_>, parse: fn(&str) -> Result<L, String>) -> Option<Need<L>> {
    if value.get().as_table().is_none() {
        return value.wrong_kind("{ grant = \"…\", why = \"…\" }");
    }
    let mut table = value.table()?;
    let written = table.value("grant");
    let text = table.required_text("grant", |_| Ok(()));
    let why = table.required_text("why", |_| Ok(()));
    table.finish();
    match parse(&text?) {
        Ok(line) => Some(Need { line, why: why? }),
        Err(rule) => written?.refuse(rule),
    }
}

fn shotgun_line(text: &str) -> Result<shotgun::Grant, String> {
    shotgun::Grant::from_str(text).map_err(|error| error.problem)
}

/// Networks of the house are for the operator to name: with the author's, a name that the author's own servers resolve would
/// reach into the house.
fn http_line(text: &str) -> Result<network::Line, String> {
    if text.split_whitespace().any(|word| word == "via") {
        return Err("must not say via which networks; that is for the operator's grant".to_owned());
    }
    network::Line::from_str(text).map_err(|error| error.to_string())
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shotgun => "shotgun",
            Self::Http => "http",
        })
    }
}
