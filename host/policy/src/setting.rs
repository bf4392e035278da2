//! Settings of a plugin: what its author declares, what the operator gives, and whether the one fits the other.

use std::collections::BTreeMap;
use std::fmt;

use toml::de::DeValue;

use crate::manifest::table::{Table, Value, is_unseen};

#[cfg(test)]
mod tests;

/// A setting as a plugin's author declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// What can be given.
    pub kind: Kind,
    /// Whether it must be given.
    pub required: bool,
    /// What it is if nothing is given.
    pub default: Option<SettingValue>,
    /// The only values that can be given; any if there are none.
    pub values: Vec<SettingValue>,
    /// What it is for.
    pub description: String,
    /// Whether it is nobody's business what was given.
    pub secret: bool,
}

/// What kind of value a setting has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list of texts.
    List,
}

/// The value of a setting. It may be a secret: no `Debug` shows it.
#[derive(Clone, PartialEq)]
pub enum SettingValue {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A list of texts.
    List(Vec<String>),
}

/// Settings by their keys.
pub type Values = BTreeMap<String, SettingValue>;

/// Everything in which given settings do not fit the declared ones. Holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfits {
    plugin: String,
    misfits: Vec<(String, String)>,
}

/// Checks what the operator gives `plugin` against what its author declares, and adds the defaults.
pub fn fit(
    plugin: &str,
    declared: &BTreeMap<String, Setting>,
    given: &Values,
) -> Result<Values, Misfits> {
    let mut misfits = Vec::new();
    let mut fitted = Values::new();
    for (key, value) in given {
        match declared.get(key).ok_or_else(|| unknown(key, declared)).and_then(|to| to.take(value))
        {
            Ok(value) => drop(fitted.insert(key.clone(), value)),
            Err(rule) => misfits.push((key.clone(), rule)),
        }
    }
    for (key, setting) in declared.iter().filter(|(key, _)| !given.contains_key(*key)) {
        match &setting.default {
            Some(default) => drop(fitted.insert(key.clone(), default.clone())),
            None if setting.required => {
                misfits.push((key.clone(), format!("is missing: {}", setting.description)));
            }
            None => {}
        }
    }
    if misfits.is_empty() {
        return Ok(fitted);
    }
    misfits.sort();
    Err(Misfits { plugin: plugin.to_owned(), misfits })
}

impl Setting {
    /// The value as this setting has it, or the rule that it breaks.
    fn take(&self, value: &SettingValue) -> Result<SettingValue, String> {
        let taken = self.kind.take(value).ok_or_else(|| {
            format!("is {}; the plugin wants {}", value.kind().in_words(), self.kind.in_words())
        })?;
        if self.values.is_empty() || self.values.contains(&taken) {
            return Ok(taken);
        }
        Err(format!("must be {}", any_of(&self.values)))
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Text, Self::Integer, Self::Number, Self::Boolean, Self::List];

    /// The word for it in a `plugin.toml`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::List => "list",
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::List => "a list of texts",
        }
    }

    /// The value as this kind has it. A text is read, a list with commas between its parts: what comes out of the environment is
    /// nothing else.
    fn take(self, value: &SettingValue) -> Option<SettingValue> {
        use SettingValue::{Boolean, Integer, List, Number, Text};
        match (self, value) {
            (Self::Number, Integer(integer)) => Some(Number(*integer as f64)),
            (Self::Integer, Text(text)) => text.trim().parse().ok().map(Integer),
            (Self::Number, Text(text)) => text.trim().parse().ok().map(Number),
            (Self::Boolean, Text(text)) => text.trim().parse().ok().map(Boolean),
            (Self::List, Text(text)) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Some(List(parts.map(str::to_owned).collect()))
            }
            (kind, value) => (kind == value.kind()).then(|| value.clone()),
        }
    }
}

impl SettingValue {
    /// What kind of value it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Integer(_) => Kind::Integer,
            Self::Number(_) => Kind::Number,
            Self::Boolean(_) => Kind::Boolean,
            Self::List(_) => Kind::List,
        }
    }
}

fn unknown(key: &str, declared: &BTreeMap<String, Setting>) -> String {
    let nearest = declared
        .keys()
        .map(|known| (strsim::damerau_levenshtein(known, key), known))
        .min()
        .filter(|(distance, _)| *distance <= (key.chars().count() / 3).max(1));
    let known: Vec<&str> = declared.keys().map(String::as_str).collect();
    match nearest {
        Some((_, nearest)) => {
            format!("is not a setting of the plugin; did you mean {nearest}?")
        }
        None if known.is_empty() => "is not a setting of the plugin, which has none".to_owned(),
        None => format!("is not a setting of the plugin, which has {}", known.join(", ")),
    }
}

fn any_of(values: &[SettingValue]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

/// The `[settings]` of a `plugin.toml`.
pub(crate) fn declared(table: Table<'_>) -> BTreeMap<String, Setting> {
    let entries = table.entries().into_iter();
    entries.filter_map(|(key, value)| Some((checked(key, &value)?, setting(&value)?))).collect()
}

fn checked(key: String, value: &Value<'_>) -> Option<String> {
    if key.trim().is_empty() || key.chars().any(is_unseen) || key.chars().count() > 100 {
        return value.refuse("has a key that cannot be written; use letters, digits, _ and -");
    }
    Some(key)
}

fn setting(value: &Value<'_>) -> Option<Setting> {
    let mut table = value.table()?;
    let kind = kind(&mut table);
    let required = table.flag("required").unwrap_or(false);
    let secret = table.flag("secret").unwrap_or(false);
    let description = table.required_text("description", |_| Ok(()));
    let (default, values) = (table.value("default"), table.value("values"));
    table.finish();
    let kind = kind?;
    let list = values.as_ref().and_then(|values| values.list("a list of the values"));
    let values: Vec<_> = list.iter().flatten().filter_map(|value| one_value(kind, value)).collect();
    let default = default.and_then(|written| {
        let default = one_value(kind, &written)?;
        if required {
            return written.refuse("is never used: the setting is required");
        }
        if !values.is_empty() && !values.contains(&default) {
            return written.refuse(format!("must be {}", any_of(&values)));
        }
        Some(default)
    });
    Some(Setting { kind, required, default, values, description: description?, secret })
}

fn kind(table: &mut Table<'_>) -> Option<Kind> {
    const WORDS: &str = "\"text\" or \"integer\" or \"number\" or \"boolean\" or \"list\"";
    let Some(value) = table.value("type") else {
        table.missing("type", "type = \"text\"");
        return None;
    };
    let word = value.text()?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
    kind.or_else(|| value.refuse(format!("must be {WORDS}")))
}

/// A value that stands in a `plugin.toml`, of the setting's kind.
fn one_value(kind: Kind, value: &Value<'_>) -> Option<SettingValue> {
    let read = match value.get() {
        DeValue::String(_) => SettingValue::Text(value.text()?),
        DeValue::Integer(integer) => {
            let number = i64::from_str_radix(integer.as_str(), integer.radix());
            match number {
                Ok(number) => SettingValue::Integer(number),
                Err(_) => return value.refuse("is too large"),
            }
        }
        DeValue::Float(float) => SettingValue::Number(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => SettingValue::Boolean(*flag),
        DeValue::Array(_) => {
            let items = value.list(Kind::List.in_words())?;
            SettingValue::List(items.iter().map(Value::text).collect::<Option<_>>()?)
        }
        DeValue::Datetime(_) | DeValue::Table(_) => return value.wrong_kind(kind.in_words()),
    };
    match (kind, &read) {
        (Kind::Number, SettingValue::Integer(integer)) => {
            Some(SettingValue::Number(*integer as f64))
        }
        _ if read.kind() == kind => Some(read),
        _ => value.wrong_kind(kind.in_words()),
    }
}

/// As a person would write it in the configuration.
impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "\"{}\"", text.escape_debug()),
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Boolean(flag) => write!(f, "{flag}"),
            Self::List(items) => {
                let quoted: Vec<_> =
                    items.iter().map(|item| format!("\"{}\"", item.escape_debug())).collect();
                write!(f, "[{}]", quoted.join(", "))
            }
        }
    }
}

impl fmt::Debug for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().in_words())
    }
}

impl fmt::Display for Misfits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plugin = crate::shotgun::PluginKey::of(&self.plugin);
        for (index, (key, rule)) in self.misfits.iter().enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            let key = crate::shotgun::PluginKey::of(key);
            write!(f, "{separator}plugin.{plugin}.settings.{key} {rule}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Misfits {}
