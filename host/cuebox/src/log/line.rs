//! One line of the log, and how it is written. Pure.
//!
//! A guest decides what its message says, and nothing else of the line: control characters and those that change the
//! direction of text are escaped, so that a message stays one line and gives no orders to a terminal; and it stands at the
//! end, behind a mark with the plugin's name, so that it cannot add fields.

use std::borrow::Cow;
use std::fmt::Write as _;

use config::LogFormat;
use eventlog::Timestamp;
use serde_json::{Map, Value, json};
use tracing::Level;

#[cfg(test)]
mod tests;

/// The target of guests' lines.
pub(super) const GUEST_TARGET: &str = "plugin";

/// The field that says which plugin something is about.
pub(super) const PLUGIN_FIELD: &str = "plugin.name";

/// What one line says.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) time: Timestamp,
    pub(super) level: Level,
    /// The module that said it, or [`GUEST_TARGET`].
    pub(super) target: &'a str,
    pub(super) message: &'a str,
    /// The plugin it is about.
    pub(super) plugin: Option<&'a str>,
    /// Everything else, those of the outermost span first.
    pub(super) fields: &'a [(&'static str, Value)],
}

impl Line<'_> {
    /// Whether a guest said it.
    pub(super) fn is_guests(&self) -> bool {
        self.target == GUEST_TARGET
    }

    /// Whether it is for the author of the plugin: the guest said it, or it says what the guest was refused.
    pub(super) fn is_for_author(&self) -> bool {
        self.is_guests() || self.target == runtime::REFUSALS_TARGET
    }

    /// The line as text, with the newline at its end. Colors are for terminals.
    pub(super) fn write(&self, format: LogFormat, color: bool) -> String {
        match format {
            LogFormat::Human if self.is_guests() => self.guests_for_people(color),
            LogFormat::Human => self.for_people(color),
            LogFormat::Json => self.json(),
        }
    }

    /// `TIME LEVEL message  field=value`
    fn for_people(&self, color: bool) -> String {
        let mut line = self.beginning(color);
        line.push_str(&escaped(self.message));
        let plugin = self.plugin.map(|name| (PLUGIN_FIELD, Cow::Owned(Value::from(name))));
        let fields = self.fields.iter().map(|(name, value)| (*name, Cow::Borrowed(value)));
        for (index, (name, value)) in plugin.into_iter().chain(fields).enumerate() {
            line.push_str(if index == 0 { "  " } else { " " });
            write_field(&mut line, name, &value);
        }
        line.push('\n');
        line
    }

    /// `TIME LEVEL [plugin NAME field=value] message`
    fn guests_for_people(&self, color: bool) -> String {
        let mut line = self.beginning(color);
        line.push_str("[plugin ");
        line.push_str(&quoted(self.plugin.unwrap_or_default()));
        for (name, value) in self.fields {
            line.push(' ');
            write_field(&mut line, name, value);
        }
        line.push_str("] ");
        line.push_str(&escaped(self.message));
        line.push('\n');
        line
    }

    fn beginning(&self, color: bool) -> String {
        let (time, level) = (show_time(self.time), self.level.as_str());
        let color = match self.level {
            _ if !color => return format!("{time} {level:<5} "),
            Level::ERROR => "31",
            Level::WARN => "33",
            Level::INFO => "32",
            _ => "2",
        };
        format!("{time} \x1b[{color}m{level:<5}\x1b[0m ")
    }

    fn json(&self) -> String {
        let mut object = Map::new();
        object.insert("time".to_owned(), json!(show_time(self.time)));
        object.insert("level".to_owned(), json!(self.level.as_str().to_ascii_lowercase()));
        object.insert("source".to_owned(), json!(if self.is_guests() { "plugin" } else { "host" }));
        object.insert("target".to_owned(), json!(self.target));
        object.insert("message".to_owned(), json!(self.message));
        if let Some(plugin) = self.plugin {
            object.insert(PLUGIN_FIELD.to_owned(), json!(plugin));
        }
        for (name, value) in self.fields {
            // A field cannot take the place of what stands above.
            object.entry(*name).or_insert_with(|| value.clone());
        }
        let text = Value::Object(object).to_string();
        // The library escapes what JSON must not hold; terminals obey some more.
        let mut line = String::with_capacity(text.len() + 1);
        for c in text.chars() {
            if is_unsafe(c) {
                // All of them are in the basic plane, and stand inside of a string.
                let _ = write!(line, "\\u{:04x}", u32::from(c));
            } else {
                line.push(c);
            }
        }
        line.push('\n');
        line
    }
}

/// A moment as `2026-01-31T10:00:00.123Z`.
pub(crate) fn show_time(time: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(time.0) {
        Ok(time) => format!("{time:.3}"),
        // The years from -9999 to 9999 can be shown. A clock out of them is no reason to lose a line.
        Err(_) => format!("{}ms", time.0),
    }
}

fn write_field(line: &mut String, name: &str, value: &Value) {
    line.push_str(name);
    line.push('=');
    match value {
        Value::String(text) => line.push_str(&quoted(text)),
        value => line.push_str(&escaped(&value.to_string())),
    }
}

/// A text that cannot be taken for more than one value: in quotes, unless it is one plain word.
fn quoted(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "._:/-+@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let inside = text.replace('\\', "\\\\").replace('"', "\\\"");
    Cow::Owned(format!("\"{}\"", escaped(&inside)))
}

/// The text with every character escaped that would end the line, move the cursor, or turn text around.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) { result.extend(c.escape_default()) } else { result.push(c) }
    }
    Cow::Owned(result)
}

/// Control characters of both sets (newline, escape, and their like), separators of lines and paragraphs, and marks that
/// change the direction of text.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
