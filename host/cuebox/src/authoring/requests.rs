//! What a plugin asked of other hosts beside what it had to ask, and what it is answered. Pure.

use std::fmt::Write as _;

use runtime::{HttpAnswer, HttpRequest};
use serde_json::Value;

use super::case::{Http, Names, json};
use super::writes::{Compared, fits};

#[cfg(test)]
mod tests;

/// A text that is longer is cut where it is shown.
const SHOWN_CHARS_MAX: usize = 300;

/// The requests of a case.
#[derive(Default)]
pub struct Requests {
    expected: Vec<Expected>,
    made: Vec<Compared>,
}

struct Expected {
    http: Http,
    is_made: bool,
}

impl Requests {
    /// Those that are expected.
    pub fn new(expected: &[Http]) -> Self {
        let expected = expected.iter().map(|http| Expected { http: http.clone(), is_made: false });
        Self { expected: expected.collect(), made: Vec::new() }
    }

    /// Takes a request: it is the first of those that it fits and that were not made yet. Its answer; none where the connection breaks
    /// off, as it does for one that is not expected.
    pub fn answer(&mut self, request: &HttpRequest, names: &Names) -> Option<HttpAnswer> {
        let shown = self.shown(request);
        let is_it = |expected: &&mut Expected| !expected.is_made && expected.fits(request, names);
        match self.expected.iter_mut().find(is_it) {
            Some(expected) => {
                expected.is_made = true;
                self.made.push(Compared::Same(shown));
                expected.http.reply(names)
            }
            None => {
                self.made.push(Compared::Extra(shown));
                None
            }
        }
    }

    /// What was made, in order, then what was not made.
    pub fn compared(self, names: &Names) -> Vec<Compared> {
        let missing = self.expected.iter().filter(|expected| !expected.is_made);
        let missing = missing.map(|expected| Compared::Missing(expected.http.shown(names)));
        self.made.into_iter().chain(missing).collect()
    }

    /// A request in a line, with those of its headers that are looked at in any.
    fn shown(&self, request: &HttpRequest) -> String {
        let looked_at = |name: &str| {
            let mut names = self.expected.iter().flat_map(|expected| expected.http.headers.keys());
            names.any(|expected| expected.eq_ignore_ascii_case(name))
        };
        shown(request, looked_at)
    }
}

/// A request in a line, with the headers of these names.
pub fn shown(request: &HttpRequest, with_header: impl Fn(&str) -> bool) -> String {
    let mut text = format!("{} {}", request.method, request.url);
    for (name, value) in request.headers.iter().filter(|(name, _)| with_header(name)) {
        write!(text, "  {name}: {value}").expect("text takes text");
    }
    let body = match serde_json::from_slice::<Value>(&request.body) {
        Ok(json) => json.to_string(),
        Err(_) => String::from_utf8_lossy(&request.body).into_owned(),
    };
    with_body(text, &body)
}

impl Expected {
    fn fits(&self, request: &HttpRequest, names: &Names) -> bool {
        let Http { request: asked, headers, body, json: expected, .. } = &self.http;
        let has = |(name, value): (&String, &String)| {
            let mut own = request.headers.iter();
            own.any(|(own, found)| own.eq_ignore_ascii_case(name) && found == value)
        };
        let is_json = |expected| {
            let found: Result<Value, _> = serde_json::from_slice(&request.body);
            found.is_ok_and(|found| fits(&json(expected, names), &found))
        };
        asked.split_once(' ') == Some((&request.method, &request.url))
            && headers.iter().all(has)
            && body.as_ref().is_none_or(|body| body.as_bytes() == request.body)
            && expected.as_ref().is_none_or(is_json)
    }
}

impl Http {
    /// The answer, if there is one.
    fn reply(&self, names: &Names) -> Option<HttpAnswer> {
        let reply = &self.answer;
        let headers = reply.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
        let mut headers: Vec<(String, String)> = headers.collect();
        let has_kind = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if reply.json.is_some() && !has_kind {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let json = reply.json.as_ref().map(|value| json(value, names).to_string());
        let body = reply.body.clone().or(json).unwrap_or_default().into_bytes();
        (!reply.lost).then_some(HttpAnswer { status: reply.status, headers, body })
    }

    fn shown(&self, names: &Names) -> String {
        let mut text = self.request.clone();
        for (name, value) in &self.headers {
            write!(text, "  {name}: {value}").expect("text takes text");
        }
        let json = self.json.as_ref().map(|value| json(value, names).to_string());
        with_body(text, &self.body.clone().or(json).unwrap_or_default())
    }
}

fn with_body(mut text: String, body: &str) -> String {
    if body.is_empty() {
        return text;
    }
    text.push_str("  ");
    text.extend(body.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN_CHARS_MAX));
    if body.chars().nth(SHOWN_CHARS_MAX).is_some() {
        text.push('…');
    }
    text
}
