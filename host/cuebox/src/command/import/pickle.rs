//! A reader of pickled plain data, of all protocols of Python: numbers, texts, lists, tuples and dictionaries.
//!
//! Nothing is imported and nothing is called. Of what a pickle may name to be called, moments of time with their time zones are
//! taken, as things of which nothing is known; anything else is refused by its name. Pure.

mod read;

use std::collections::BTreeMap;

/// What was read. Values lie in one table and name each other by their places there, as a pickle can put one value in several
/// others, or in itself.
#[derive(Debug)]
pub struct Pickle {
    values: Vec<Value>,
    root: Place,
}

/// Where a value lies.
type Place = usize;

/// One value.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    None,
    Bool,
    Int(i128),
    Float,
    Text(String),
    Bytes,
    List(Vec<Place>),
    Tuple(Vec<Place>),
    Dict(Vec<(Place, Place)>),
    /// Something that would be called.
    Named(String),
    /// What such a thing would have made.
    Made,
}

/// Why something is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {problem}")]
pub struct PickleError {
    /// Counted from 0.
    pub at: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a pickle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("the file ends in the middle")]
    Ends,
    #[error("0x{0:02x} is no operation of plain data")]
    Operation(u8),
    #[error("it would call `{0}`; plain data and moments of time are read, and nothing is called")]
    Call(String),
    #[error("it takes more than it has put down")]
    Stack,
    #[error("it takes {0} where something else must be")]
    Kind(&'static str),
    #[error("it names a value that it has not kept")]
    Memo,
    #[error("{0:?} is no {1}")]
    Literal(String, &'static str),
    #[error("protocol {0} is not known; 0 to 5 are")]
    Protocol(u8),
}

/// A place in what was read.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    pickle: &'a Pickle,
    place: Place,
}

impl Pickle {
    /// Reads a whole pickle. What follows its end is not looked at, as in Python.
    pub fn read(bytes: &[u8]) -> Result<Self, PickleError> {
        read::read(bytes)
    }

    /// The value.
    pub fn root(&self) -> Node<'_> {
        Node { pickle: self, place: self.root }
    }
}

impl<'a> Node<'a> {
    fn value(self) -> &'a Value {
        &self.pickle.values[self.place]
    }

    fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// What it is, for messages.
    pub fn kind(self) -> &'static str {
        self.value().kind()
    }

    /// A number that is no fraction.
    pub fn int(self) -> Option<i128> {
        match self.value() {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// A text.
    pub fn text(self) -> Option<&'a str> {
        match self.value() {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a tuple or a list.
    pub fn items(self) -> Option<Vec<Self>> {
        match self.value() {
            Value::Tuple(items) | Value::List(items) => {
                Some(items.iter().map(|place| self.at(*place)).collect())
            }
            _ => None,
        }
    }

    /// The keys and values of a dictionary, in order.
    pub fn entries(self) -> Option<impl Iterator<Item = (Self, Self)>> {
        match self.value() {
            Value::Dict(entries) => {
                Some(entries.iter().map(move |(key, value)| (self.at(*key), self.at(*value))))
            }
            _ => None,
        }
    }
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Bool => "a truth value",
            Self::Int(_) => "a number",
            Self::Float => "a fraction",
            Self::Text(_) => "a text",
            Self::Bytes => "bytes",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Dict(_) => "a dictionary",
            Self::Named(_) => "something to be called",
            Self::Made => "a moment of time",
        }
    }
}

/// Kept values by their numbers.
type Memo = BTreeMap<u64, Place>;

#[cfg(test)]
pub(super) mod tests;
