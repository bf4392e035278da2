//! What an author at work is shown: one line for each thing that happens.

use std::io::Write as _;

use anyhow::Context as _;
use eventlog::EventLogEntry;
use policy::setting::Kind;

/// Prints a line. A terminal that is gone changes nothing.
pub fn say(kind: &str, text: &str) {
    let _ = writeln!(std::io::stdout(), "{kind:>6}  {text}");
}

/// An event in a line.
pub fn event(entry: &EventLogEntry) -> String {
    let entity =
        entry.entity.as_ref().map(|entity| format!(" of {} {}", entity.entity_type, entity.id));
    let field = entry.attribute_name.as_ref().map(|field| format!(", {field}"));
    let (entity, field) = (entity.unwrap_or_default(), field.unwrap_or_default());
    format!("{} {}{entity}{field}", entry.id.0, entry.event_type)
}

/// A setting of the command line, of the kind that the plugin declares.
pub fn setting(text: &str, kind: Option<Kind>) -> anyhow::Result<toml::Value> {
    Ok(match kind {
        Some(Kind::Integer) => toml::Value::Integer(text.parse().context("it is no integer")?),
        Some(Kind::Number) => toml::Value::Float(text.parse().context("it is no number")?),
        Some(Kind::Boolean) => {
            toml::Value::Boolean(text.parse().context("it is not true or false")?)
        }
        Some(Kind::List) => {
            text.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>().into()
        }
        Some(Kind::Text) | None => text.into(),
    })
}
