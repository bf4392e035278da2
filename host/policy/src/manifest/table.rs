//! Tables of a `plugin.toml` that know their place. What was never asked for is unknown.

use std::cell::RefCell;
use std::ops::Range;

use strsim::damerau_levenshtein;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{ENTRIES_MAX, FILE_NAME};
use crate::problem::{Position, Problem};

/// Problems that are told of one text. Nobody reads more, and a text may be made of nothing else.
pub(super) const PROBLEMS_MAX: usize = 50;

/// Longest text of a value.
const TEXT_CHARS_MAX: usize = 1000;

/// Longest part of a value, or of a key, that a message repeats.
const SHOWN_CHARS_MAX: usize = 60;

/// A text, and what was found wrong with it.
pub(crate) struct Reader<'t> {
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

/// One table of it.
pub(crate) struct Table<'t> {
    reader: &'t Reader<'t>,
    path: String,
    /// Where it stands; the whole text has no place.
    span: Option<Range<usize>>,
    table: &'t DeTable<'t>,
    asked: Vec<&'static str>,
}

/// One value of it.
pub(crate) struct Value<'t> {
    reader: &'t Reader<'t>,
    /// Its whole key.
    key: String,
    value: &'t Spanned<DeValue<'t>>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, problems: RefCell::default() }
    }

    pub(super) fn finish(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    fn report(&self, span: Option<Range<usize>>, key: &str, text: String) {
        let mut problems = self.problems.borrow_mut();
        if problems.len() < PROBLEMS_MAX {
            problems.push(Problem {
                file: FILE_NAME.to_owned(),
                position: span.map(|span| Position::of(self.text, span.start)),
                key: key.to_owned(),
                text,
            });
        }
    }
}

impl<'t> Table<'t> {
    pub(super) fn root(reader: &'t Reader<'t>, table: &'t DeTable<'t>) -> Self {
        Self { reader, path: String::new(), span: None, table, asked: Vec::new() }
    }

    /// The value under a key, if there is one.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<Value<'t>> {
        self.asked.push(key);
        let value = self.table.get(key)?;
        Some(Value { reader: self.reader, key: join(&self.path, key), value })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The table under a key, if there is one.
    pub(super) fn table(&mut self, key: &'static str) -> Option<Table<'t>> {
        self.value(key)?.table()
    }

    pub(super) fn required_table(&mut self, key: &'static str) -> Option<Table<'t>> {
        if !self.has(key) {
            self.missing(key, &format!("[{key}]"));
        }
        self.table(key)
    }

    /// A text that keeps a rule.
    pub(crate) fn text(
        &mut self,
        key: &'static str,
        rule: impl Fn(&str) -> Result<(), &'static str>,
    ) -> Option<String> {
        let value = self.value(key)?;
        let text = value.text()?;
        match rule(&text) {
            Ok(()) => Some(text),
            Err(rule) => value.refuse(rule),
        }
    }

    pub(crate) fn required_text(
        &mut self,
        key: &'static str,
        rule: impl Fn(&str) -> Result<(), &'static str>,
    ) -> Option<String> {
        if !self.has(key) {
            self.missing(key, &format!("{key} = \"…\""));
        }
        self.text(key, rule)
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.value(key)?.list("a list of texts")?.iter().map(Value::text).collect()
    }

    pub(crate) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        value.get().as_bool().or_else(|| value.wrong_kind("true or false"))
    }

    /// Reports that a key is not there. `line` is what to write.
    pub(crate) fn missing(&self, key: &str, line: &str) {
        let under =
            if self.path.is_empty() { String::new() } else { format!(" under [{}]", self.path) };
        let text = format!("is missing; write {line}{under}");
        self.reader.report(self.span.clone(), &join(&self.path, key), text);
    }

    /// Every value, where the author chooses the keys.
    pub(crate) fn entries(&self) -> Vec<(String, Value<'t>)> {
        if self.table.len() > ENTRIES_MAX {
            let text = format!("has {} entries; at most {ENTRIES_MAX} are read", self.table.len());
            self.reader.report(self.span.clone(), &self.path, text);
            return Vec::new();
        }
        let entry = |(key, value): (&Spanned<_>, _)| {
            let key: &std::borrow::Cow<'_, str> = key.get_ref();
            (key.to_string(), Value { reader: self.reader, key: join(&self.path, key), value })
        };
        self.table.iter().map(entry).collect()
    }

    /// Reports every key that was not asked for.
    pub(crate) fn finish(self) {
        for (key, _) in self.table.iter().filter(|(key, _)| !self.asked.contains(&&**key.get_ref()))
        {
            let nearest = self
                .asked
                .iter()
                .map(|asked| (damerau_levenshtein(asked, &shorten(key.get_ref())), asked))
                .min()
                .filter(|(distance, _)| *distance <= (key.get_ref().chars().count() / 3).max(1));
            let text = match nearest {
                Some((_, nearest)) => format!("is not a key; did you mean {nearest}?"),
                None => format!("is not a key; here can stand {}", self.asked.join(", ")),
            };
            self.reader.report(Some(key.span()), &join(&self.path, key.get_ref()), text);
        }
    }
}

impl<'t> Value<'t> {
    pub(crate) fn get(&self) -> &'t DeValue<'t> {
        self.value.get_ref()
    }

    /// Reports what is wrong with it. Answers nothing, whatever is asked for.
    pub(crate) fn refuse<T>(&self, rule: impl AsRef<str>) -> Option<T> {
        let span = self.value.span();
        let written = self.reader.text.get(span.clone()).unwrap_or_default();
        let text = format!("= {}: {}", shorten(written), rule.as_ref());
        self.reader.report(Some(span), &self.key, text);
        None
    }

    pub(crate) fn wrong_kind<T>(&self, expected: &str) -> Option<T> {
        self.refuse(format!("is {}; write {expected}", kind(self.get())))
    }

    pub(crate) fn table(&self) -> Option<Table<'t>> {
        let Some(table) = self.get().as_table() else { return self.wrong_kind("a table") };
        let span = Some(self.value.span());
        Some(Table { reader: self.reader, path: self.key.clone(), span, table, asked: Vec::new() })
    }

    /// A text that may be shown.
    pub(crate) fn text(&self) -> Option<String> {
        let Some(text) = self.get().as_str() else { return self.wrong_kind("a text, in quotes") };
        if text.trim().is_empty() {
            return self.refuse("must not be empty");
        }
        if text.chars().any(is_unseen) {
            return self.refuse("must not hold characters that are not seen");
        }
        if text.chars().nth(TEXT_CHARS_MAX).is_some() {
            return self.refuse(format!("must be at most {TEXT_CHARS_MAX} characters long"));
        }
        Some(text.to_owned())
    }

    pub(crate) fn list(&self, expected: &str) -> Option<Vec<Value<'t>>> {
        let Some(list) = self.get().as_array() else { return self.wrong_kind(expected) };
        if list.len() > ENTRIES_MAX {
            return self
                .refuse(format!("has {} entries; at most {ENTRIES_MAX} are read", list.len()));
        }
        let item = |value| Value { reader: self.reader, key: self.key.clone(), value };
        Some(list.iter().map(item).collect())
    }
}

/// What a value is, for messages.
#[must_use]
pub fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// What a terminal obeys, and what makes a text look like another one: controls, and the marks that turn its direction.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The beginning of a text of a stranger, as a message may repeat it.
fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut shown: String = line.chars().filter(|c| !is_unseen(*c)).take(SHOWN_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn join(path: &str, key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let key = match !key.is_empty() && key.chars().all(is_bare) {
        true => shorten(key),
        false => format!("\"{}\"", shorten(key).escape_debug()),
    };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}
