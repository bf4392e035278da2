//! The Python daemon's configuration file, as Python's `configparser` reads it. Pure.
//!
//! What it has of that language: sections, `name: value` and `name = value`, lines that go on, comments, and `%(NAME)s` for another
//! option of the section, of `[DEFAULT]`, or, as the daemon has it, of the environment.

use std::collections::BTreeMap;
use std::fmt;

/// How deep options may stand for each other, as in Python.
const DEPTH_MAX: usize = 10;

/// A file that was read.
#[derive(Debug)]
pub struct Ini {
    sections: BTreeMap<String, BTreeMap<String, Entry>>,
}

/// One option.
#[derive(Debug, Clone)]
struct Entry {
    line: usize,
    /// As it is written.
    value: String,
}

/// A value in parts: what stands there, and what the environment is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The line that the option begins in.
    pub line: usize,
    /// In order.
    pub parts: Vec<Part>,
}

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// It stands in the file.
    Text(String),
    /// A variable of the environment.
    Variable(String),
}

/// What cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {rule}")]
pub struct IniError {
    /// From 1.
    pub line: usize,
    /// What is wrong, and what it must be.
    pub rule: String,
}

impl Ini {
    /// Reads a file.
    pub fn parse(text: &str) -> Result<Self, IniError> {
        let mut ini = Self { sections: BTreeMap::new() };
        let mut section: Option<String> = None;
        let mut last: Option<String> = None;
        for (line, raw) in (1..).zip(text.lines()) {
            let trimmed = raw.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            let goes_on = raw.starts_with([' ', '\t']);
            if let (true, Some(section), Some(name)) = (goes_on, &section, &last) {
                let entry = ini.sections.get_mut(section).and_then(|all| all.get_mut(name));
                if let Some(entry) = entry {
                    entry.value.push('\n');
                    entry.value.push_str(trimmed);
                }
                continue;
            }
            if let Some(name) = trimmed.strip_prefix('[') {
                let name = name.strip_suffix(']').ok_or_else(|| {
                    error(line, format!("`{trimmed}` begins a section, and must end with `]`"))
                })?;
                ini.sections.entry(name.to_owned()).or_default();
                (section, last) = (Some(name.to_owned()), None);
                continue;
            }
            let Some(section) = &section else {
                return Err(error(line, "an option must stand in a section, such as `[daemon]`"));
            };
            let (name, value) = trimmed.split_once([':', '=']).ok_or_else(|| {
                error(
                    line,
                    format!("in [{section}] a line must be `name: value` or `name = value`"),
                )
            })?;
            let name = name.trim().to_lowercase();
            let entry = Entry { line, value: value.trim().to_owned() };
            let known = ini.sections.entry(section.clone()).or_default();
            if let Some(first) = known.insert(name.clone(), entry) {
                let first = first.line;
                return Err(error(
                    line,
                    format!("`{name}` of [{section}] stands in line {first} already"),
                ));
            }
            last = Some(name);
        }
        Ok(ini)
    }

    /// The names of all options of a section, with their lines.
    pub fn names(&self, section: &str) -> impl Iterator<Item = (&str, usize)> {
        let entries = self.sections.get(section).into_iter().flatten();
        entries.map(|(name, entry)| (name.as_str(), entry.line))
    }

    /// The names of all sections.
    pub fn sections(&self) -> impl Iterator<Item = &str> {
        self.sections.keys().map(String::as_str)
    }

    /// A value; none if it is not there, or is empty.
    pub fn get(&self, section: &str, name: &str) -> Result<Option<Value>, IniError> {
        let Some(entry) = self.entry(section, &name.to_lowercase()) else { return Ok(None) };
        let mut parts = Vec::new();
        self.expand(section, entry, 0, &mut parts)?;
        Ok((!parts.is_empty()).then_some(Value { line: entry.line, parts }))
    }

    fn entry(&self, section: &str, name: &str) -> Option<&Entry> {
        let of = |section: &str| self.sections.get(section)?.get(name);
        of(section).or_else(|| of("DEFAULT"))
    }

    fn expand(
        &self,
        section: &str,
        entry: &Entry,
        depth: usize,
        parts: &mut Vec<Part>,
    ) -> Result<(), IniError> {
        let line = entry.line;
        if depth > DEPTH_MAX {
            return Err(error(line, "options stand for each other without an end"));
        }
        let mut rest = entry.value.as_str();
        while let Some((before, after)) = rest.split_once('%') {
            push(parts, before);
            if let Some(after) = after.strip_prefix('%') {
                push(parts, "%");
                rest = after;
                continue;
            }
            let named = after.strip_prefix('(').and_then(|named| named.split_once(")s"));
            let Some((name, after)) = named else {
                return Err(error(line, "a `%` must be `%%`, or begin `%(NAME)s`"));
            };
            match self.entry(section, &name.to_lowercase()) {
                Some(entry) => self.expand(section, entry, depth + 1, parts)?,
                None => parts.push(Part::Variable(name.to_owned())),
            }
            rest = after;
        }
        push(parts, rest);
        Ok(())
    }
}

impl Value {
    /// The value, if nothing of it comes from the environment.
    pub fn text(&self) -> Option<&str> {
        match &*self.parts {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// As a text of cuebox's configuration: variables under their names.
    pub fn to_setting(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.replace("${", "$${"),
            Part::Variable(name) => format!("${{{name}}}"),
        });
        parts.collect()
    }

    /// Items between commas.
    pub fn items(&self) -> Vec<Self> {
        let mut items = vec![Vec::new()];
        for part in &self.parts {
            match part {
                Part::Variable(_) => items.last_mut().expect("there is one").push(part.clone()),
                Part::Text(text) => {
                    for (place, piece) in text.split(',').enumerate() {
                        if place > 0 {
                            items.push(Vec::new());
                        }
                        push(items.last_mut().expect("there is one"), piece.trim());
                    }
                }
            }
        }
        let items = items.into_iter().filter(|parts| !parts.is_empty());
        items.map(|parts| Self { line: self.line, parts }).collect()
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_setting())
    }
}

/// Puts text behind what is there.
fn push(parts: &mut Vec<Part>, text: &str) {
    match (parts.last_mut(), text.is_empty()) {
        (_, true) => {}
        (Some(Part::Text(last)), false) => last.push_str(text),
        (_, false) => parts.push(Part::Text(text.to_owned())),
    }
}

fn error(line: usize, rule: impl Into<String>) -> IniError {
    IniError { line, rule: rule.into() }
}

#[cfg(test)]
mod tests;
