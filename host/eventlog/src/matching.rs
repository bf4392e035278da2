//! Which entry interests which callback. Knows no plugin beyond its filters.
//!
//! Thirty plugins look at every entry, and most of them do not want it: saying no is one search in a few sorted names.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::EventLogEntry;

/// What a callback wants to see: entries of a type, perhaps only those about some fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The types of entries.
    pub event_type: Pattern,
    /// The names of fields; empty, or one of them `*`, for any and for entries that have none.
    pub attributes: Vec<String>,
}

/// Which event types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// All of them.
    Every,
    /// The one of this name.
    Named(String),
}

/// The callbacks of one plugin, ready to be looked up.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// Who wants entries of a certain type. For each type ascending by callback, each callback once.
    by_type: BTreeMap<String, Vec<Interest>>,
    /// Who wants entries of whatever type. Ascending by callback, each callback once.
    every_type: Vec<Interest>,
}

/// One callback's interest in entries of one type.
#[derive(Debug, Clone)]
struct Interest {
    callback: usize,
    attributes: Attributes,
}

#[derive(Debug, Clone)]
enum Attributes {
    Any,
    /// Sorted.
    Named(Vec<String>),
}

impl From<&str> for Pattern {
    /// Reads `*` as every type and anything else as a name. There are no other wildcards.
    fn from(text: &str) -> Self {
        if text == "*" { Self::Every } else { Self::Named(text.to_owned()) }
    }
}

impl Matcher {
    /// Takes the filters of every callback, in the order of registration. An entry interests a callback if any one of its
    /// filters matches; a callback without filters is interested in everything.
    #[must_use]
    pub fn new(callbacks: Vec<Vec<Filter>>) -> Self {
        let mut matcher = Self { by_type: BTreeMap::new(), every_type: Vec::new() };
        for (callback, filters) in callbacks.into_iter().enumerate() {
            if filters.is_empty() {
                add(&mut matcher.every_type, callback, Attributes::Any);
            }
            for filter in filters {
                let interests = match filter.event_type {
                    Pattern::Every => &mut matcher.every_type,
                    Pattern::Named(name) => matcher.by_type.entry(name).or_default(),
                };
                add(interests, callback, Attributes::of(filter.attributes));
            }
        }
        matcher
    }

    /// The callbacks that want to see the entry, by their places in the order of registration, ascending, each once.
    pub fn callbacks<'a>(&'a self, entry: &'a EventLogEntry) -> impl Iterator<Item = usize> + 'a {
        let of_type = self.by_type.get(entry.event_type.as_str()).map_or(&[][..], Vec::as_slice);
        let attribute = entry.attribute_name.as_deref();
        let mut named = wanting(of_type, attribute).peekable();
        let mut every = wanting(&self.every_type, attribute).peekable();
        std::iter::from_fn(move || {
            let callback = match (named.peek(), every.peek()) {
                (Some(left), Some(right)) => *left.min(right),
                (left, right) => *left.or(right)?,
            };
            named.next_if_eq(&callback);
            every.next_if_eq(&callback);
            Some(callback)
        })
    }
}

fn wanting<'a>(
    interests: &'a [Interest],
    attribute: Option<&'a str>,
) -> impl Iterator<Item = usize> + 'a {
    interests
        .iter()
        .filter(move |interest| interest.attributes.hold(attribute))
        .map(|interest| interest.callback)
}

/// Adds an interest of `callback`, which is the last there or comes after it.
fn add(interests: &mut Vec<Interest>, callback: usize, attributes: Attributes) {
    match interests.last_mut() {
        Some(last) if last.callback == callback => last.attributes.join(attributes),
        _ => interests.push(Interest { callback, attributes }),
    }
}

impl Attributes {
    fn of(mut names: Vec<String>) -> Self {
        if names.is_empty() || names.iter().any(|name| name == "*") {
            return Self::Any;
        }
        names.sort_unstable();
        names.dedup();
        Self::Named(names)
    }

    fn join(&mut self, other: Self) {
        *self = match (std::mem::replace(self, Self::Any), other) {
            (Self::Named(mut names), Self::Named(more)) => {
                names.extend(more);
                Self::of(names)
            }
            _ => Self::Any,
        };
    }

    fn hold(&self, attribute: Option<&str>) -> bool {
        match (self, attribute) {
            (Self::Any, _) => true,
            (Self::Named(_), None) => false,
            (Self::Named(names), Some(attribute)) => {
                names.binary_search_by(|name| name.as_str().cmp(attribute)).is_ok()
            }
        }
    }
}
