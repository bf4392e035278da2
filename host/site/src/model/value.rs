//! What a field can hold, and how it is written as JSON.

use std::fmt::Write as _;
use std::sync::Arc;

use super::time;

/// The place of an entity type in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u16);

/// A link to one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ref {
    pub entity_type: TypeId,
    pub id: u64,
}

/// The content of one field of one record.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    /// Rounded to six decimals when written.
    Float(f64),
    Text(Arc<str>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Seconds since the Unix epoch, UTC.
    Moment(i64),
    Link(Ref),
    /// Without duplicates, in the order in which they were linked.
    Links(Vec<Ref>),
    /// What only has a shape to its readers: serializable fields, files, lists of tags.
    Json(Arc<serde_json::Value>),
}

impl Value {
    pub fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The linked records: one, several or none.
    pub fn links(&self) -> &[Ref] {
        match self {
            Self::Link(link) => std::slice::from_ref(link),
            Self::Links(links) => links,
            _ => &[],
        }
    }

    /// Appends this as JSON. Links are for the caller, who knows names; they are written as null.
    pub fn write_plain(&self, out: &mut String) {
        match self {
            Self::Null | Self::Link(_) | Self::Links(_) => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Int(value) => write_integer(*value, out),
            Self::Float(value) => write_float(*value, out),
            Self::Text(text) => write_string(text, out),
            Self::Date(days) => {
                out.push('"');
                time::write_date(*days, out);
                out.push('"');
            }
            Self::Moment(seconds) => {
                out.push('"');
                time::write_moment(*seconds, out);
                out.push('"');
            }
            Self::Json(value) => write!(out, "{value}").expect("writing to a string cannot fail"),
        }
    }
}

/// Appends a decimal number.
pub fn write_integer(value: impl Into<i128>, out: &mut String) {
    write!(out, "{}", value.into()).expect("writing to a string cannot fail");
}

/// Appends a number that keeps its decimal point, as `2.0`.
fn write_float(value: f64, out: &mut String) {
    match serde_json::Number::from_f64(value) {
        Some(number) => write!(out, "{number}").expect("writing to a string cannot fail"),
        None => out.push_str("null"),
    }
}

/// Appends a JSON string with its quotes.
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut plain_from = 0;
    for (index, byte) in text.bytes().enumerate() {
        let escape: &str = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(&text[plain_from..index]);
        if escape.is_empty() {
            write!(out, "\\u{byte:04x}").expect("writing to a string cannot fail");
        } else {
            out.push_str(escape);
        }
        plain_from = index + 1;
    }
    out.push_str(&text[plain_from..]);
    out.push('"');
}
