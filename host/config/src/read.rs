//! One function for each kind of setting: takes it out of a section, or reports what is wrong with it.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use artifact::signature;
use policy::setting::{SettingValue, Values};
use policy::shotgun::{GrantError, Grants};
use shotgun::{Secret, UrlError};
use toml::Spanned;
use toml::de::DeValue;

use super::document::{Found, Layer, Section};
use super::value::{self, show_duration, show_size};
use super::{ByClass, SecretFile, substitute};
use policy::Problem;

impl<'t> Section<'t> {
    /// Any text that is not empty.
    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        self.read(key, |found| {
            let text = self.text_of(found)?;
            if text.trim().is_empty() { Err(found.problem("must not be empty")) } else { Ok(text) }
        })
    }

    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        self.read(key, |found| {
            found.value.get_ref().as_bool().ok_or_else(|| wrong_kind(found, "true or false"))
        })
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.read(key, |found| {
            let text = self.text_of(found)?;
            let chosen = words.iter().find(|(word, _)| *word == text);
            chosen.map(|(_, value)| *value).ok_or_else(|| {
                let words: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
                found.problem(format!("must be {}", words.join(" or ")))
            })
        })
    }

    /// A whole number of whatever width the setting has.
    pub(super) fn integer<T>(&self, key: &'static str, range: RangeInclusive<T>) -> Option<T>
    where
        T: TryFrom<u64> + PartialOrd + Copy + Display,
    {
        self.read(key, |found| integer_of(found, &range))
    }

    /// The same, as one number for all guests or one for each class.
    pub(super) fn integer_by_class<T>(
        &self,
        key: &'static str,
        range: RangeInclusive<T>,
    ) -> Option<ByClass<T>>
    where
        T: TryFrom<u64> + PartialOrd + Copy + Display,
    {
        self.read(key, |found| by_class(found, |found| integer_of(found, &range)))
    }

    pub(super) fn duration(
        &self,
        key: &'static str,
        range: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        self.read(key, |found| {
            let text = self.text_with_unit(found, "a time, such as \"30s\"")?;
            let duration = value::duration(&text).map_err(|rule| found.problem(rule))?;
            within(found, Some(duration), &range, |bound| show_duration(*bound))
        })
    }

    pub(super) fn size(&self, key: &'static str, range: RangeInclusive<u64>) -> Option<usize> {
        self.read(key, |found| self.size_of(found, &range))
    }

    /// The same, as one size for all guests or one for each class.
    pub(super) fn size_by_class(
        &self,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<ByClass<usize>> {
        self.read(key, |found| by_class(found, |found| self.size_of(found, &range)))
    }

    fn size_of(&self, found: &Found<'t>, range: &RangeInclusive<u64>) -> Result<usize, Problem> {
        let text = self.text_with_unit(found, "a size, such as \"64MiB\"")?;
        let size = value::size(&text).map_err(|rule| found.problem(rule))?;
        let size = within(found, Some(size), range, |bound| show_size(*bound))?;
        usize::try_from(size).map_err(|_| found.problem("is more than this machine can address"))
    }

    /// A path; a relative one is relative to the folder of the configuration.
    pub(super) fn path(&self, key: &'static str) -> Option<PathBuf> {
        self.text(key).map(|text| self.reader.lookup.directory.join(text))
    }

    /// A list of paths, at least one.
    pub(super) fn paths(&self, key: &'static str) -> Option<Vec<PathBuf>> {
        self.read(key, |found| {
            let texts = self.texts_of(found, "a list of paths, such as [\"plugins\"]")?;
            if texts.is_empty() {
                return Err(found.problem("must name a path"));
            }
            let path = |text| self.reader.lookup.directory.join(text);
            Ok(texts.into_iter().map(path).collect())
        })
    }

    /// A list of texts, perhaps none.
    pub(super) fn names(&self, key: &'static str) -> Option<Vec<String>> {
        self.read(key, |found| self.texts_of(found, "a list of names, such as [\"other\"]"))
    }

    /// The texts of a list, none of them empty.
    fn texts_of(&self, found: &Found<'t>, expected: &str) -> Result<Vec<String>, Problem> {
        let Some(list) = found.value.get_ref().as_array() else {
            return Err(wrong_kind(found, expected));
        };
        let item = |value| {
            let item = Found { document: found.document, value, key: found.key.clone() };
            match self.text_of(&item)? {
                text if text.trim().is_empty() => Err(item.problem("must not be empty")),
                text => Ok(text),
            }
        };
        list.iter().map(item).collect()
    }

    /// Lines of grants: one as a text, or a list of them.
    pub(super) fn grants(&self, key: &'static str) -> Option<Grants> {
        let wrong = RefCell::new(Vec::new());
        let grants = self.read(key, |found| {
            let list = found.value.get_ref().as_array();
            let items = match list {
                Some(list) => list.iter().collect(),
                None if found.value.get_ref().is_str() => vec![found.value],
                None => {
                    let expected = "a line, such as \"read\", or a list of lines";
                    return Err(wrong_kind(found, expected));
                }
            };
            let item = |value| Found { document: found.document, value, key: found.key.clone() };
            let items: Vec<_> = items.into_iter().map(item).collect();
            let lines =
                items.iter().map(|item| self.text_of(item)).collect::<Result<Vec<_>, _>>()?;
            let parsed = Grants::parse(lines.iter().map(String::as_str));
            let place = |index: usize| items[index].place(list.map(|_| index));
            parsed.map(|grants| grants.at(place)).map_err(|errors| {
                let problem = |(index, error): (usize, GrantError)| {
                    problem_in(&items[index], &lines[index], &error.problem)
                };
                let mut problems = errors.into_iter().map(problem);
                let first = problems.next().expect("what is refused has an error");
                wrong.borrow_mut().extend(problems);
                first
            })
        });
        wrong.into_inner().into_iter().for_each(|problem| self.reader.report(problem));
        grants
    }

    /// The address of something, as `parse` reads it. May hold a password, and its errors do not.
    pub(super) fn address<T>(
        &self,
        key: &'static str,
        parse: fn(&str) -> Result<T, UrlError>,
    ) -> Option<T> {
        self.read(key, |found| {
            parse(&self.text_of(found)?).map_err(|error| found.problem(value::address_rule(&error)))
        })
    }

    /// A public key, as `parse` reads it.
    pub(super) fn key(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<signature::Key, signature::KeyError>,
    ) -> Option<signature::Key> {
        self.read(key, |found| {
            parse(&self.text_of(found)?).map_err(|error| found.problem(error.to_string()))
        })
    }

    pub(super) fn log_filter(&self, key: &'static str) -> Option<String> {
        self.read(key, |found| {
            value::log_filter(&self.text_of(found)?).map_err(|rule| found.problem(rule))
        })
    }

    /// A secret, given as it is under one key, or under the other as a file that holds it.
    pub(super) fn secret(&self, key: &'static str, file_key: &'static str) -> Option<Secret> {
        let secret = self.read(key, |found| self.secret_text(found));
        let from_file = self.read(file_key, |found| self.secret_file(found));
        if let (true, Some(second)) = (self.has(key), self.found(file_key).next()) {
            self.reader.report(second.problem(format!("is given besides {key}; keep one of them")));
        }
        secret.or(from_file)
    }

    /// A secret, as it stands in the text.
    pub(super) fn secret_text(&self, found: &Found<'t>) -> Result<Secret, Problem> {
        let Some(text) = found.value.get_ref().as_str() else {
            return Err(found.secret_problem(format!("is {}; write a text", found.kind())));
        };
        let text = self.substituted(text).map_err(|rule| found.secret_problem(rule))?;
        secret_of(&text).ok_or_else(|| found.secret_problem("must not be empty"))
    }

    /// A secret, in the file that the text names.
    pub(super) fn secret_file(&self, found: &Found<'t>) -> Result<Secret, Problem> {
        let path = self.reader.lookup.directory.join(self.text_of(found)?);
        let SecretFile { text, mode } = (self.reader.lookup.file)(&path)
            .map_err(|error| found.problem(format!("cannot be read: {error}")))?;
        if mode.is_some_and(|mode| mode & OTHERS_MAY != 0) {
            let mode = mode.unwrap_or_default() & 0o777;
            let rule = format!("can be read by others (mode {mode:o}); make it 600");
            self.reader.warn(found.problem(rule));
        }
        secret_of(&text).ok_or_else(|| found.problem("is empty"))
    }

    /// The settings of a plugin, whatever their keys. Their values may be secret.
    pub(super) fn settings(&self) -> Values {
        let entries = self
            .layers
            .iter()
            .flat_map(|layer| layer.table.iter().map(move |(key, value)| (layer, key, value)));
        let setting = |(layer, key, value): (&Layer<'t>, &Spanned<_>, _)| {
            let key: &std::borrow::Cow<'_, str> = key.get_ref();
            let path = super::document::join(&self.path, key);
            let found = Found { document: layer.document, value, key: path };
            let value = self.setting(&found).map_err(|problem| self.reader.report(problem));
            Some((key.to_string(), value.ok()?))
        };
        entries.filter_map(setting).collect()
    }

    fn setting(&self, found: &Found<'t>) -> Result<SettingValue, Problem> {
        let secret = |text: &str| self.substituted(text).map_err(|rule| found.secret_problem(rule));
        let refused = |rule: &str| Err(found.secret_problem(rule));
        match found.value.get_ref() {
            DeValue::String(text) => secret(text).map(SettingValue::Text),
            DeValue::Integer(integer) => {
                match i64::from_str_radix(integer.as_str(), integer.radix()) {
                    Ok(integer) => Ok(SettingValue::Integer(integer)),
                    Err(_) => refused("is too large; write it as a text"),
                }
            }
            DeValue::Float(float) => match float.as_str().parse() {
                Ok(float) => Ok(SettingValue::Number(float)),
                Err(_) => refused("is not a number that can be held; write it as a text"),
            },
            DeValue::Boolean(flag) => Ok(SettingValue::Boolean(*flag)),
            DeValue::Array(items) => {
                let item = |item: &Spanned<DeValue<'t>>| match item.get_ref().as_str() {
                    Some(text) => secret(text),
                    None => Err(found.secret_problem("is a list with something else than texts")),
                };
                Ok(SettingValue::List(items.iter().map(item).collect::<Result<_, _>>()?))
            }
            _ => refused(&format!(
                "is {}; write a text, a number, true or false, or a list of texts",
                found.kind()
            )),
        }
    }

    pub(super) fn text_of(&self, found: &Found<'t>) -> Result<String, Problem> {
        let text =
            found.value.get_ref().as_str().ok_or_else(|| wrong_kind(found, "a text, in quotes"))?;
        self.substituted(text).map_err(|rule| found.problem(rule))
    }

    fn text_with_unit(&self, found: &Found<'t>, expected: &str) -> Result<String, Problem> {
        if found.value.get_ref().is_str() {
            self.text_of(found)
        } else {
            Err(wrong_kind(found, expected))
        }
    }

    fn substituted(&self, text: &str) -> Result<String, String> {
        substitute::substitute(text, self.reader.lookup.variable)
    }
}

/// The value for each class of guests: a table of them, or one value for all.
fn by_class<'t, T: Copy>(
    found: &Found<'t>,
    parse: impl Fn(&Found<'t>) -> Result<T, Problem>,
) -> Result<ByClass<T>, Problem> {
    let Some(table) = found.value.get_ref().as_table() else {
        return parse(found).map(|value| ByClass { small: value, large: value });
    };
    let of_class = |class: &str| {
        let Some(value) = table.get(class) else {
            let rule = format!("has no `{class}`; write {{ small = …, large = … }}, or one value");
            return Err(found.problem(rule));
        };
        let key = super::document::join(&found.key, class);
        parse(&Found { document: found.document, value, key })
    };
    let values = ByClass { small: of_class("small")?, large: of_class("large")? };
    match table.keys().find(|key| !["small", "large"].contains(&key.get_ref().as_ref())) {
        None => Ok(values),
        Some(other) => Err(found.problem(format!(
            "has `{}`; the classes are `small` and `large`",
            other.get_ref().escape_debug()
        ))),
    }
}

fn integer_of<T>(found: &Found<'_>, range: &RangeInclusive<T>) -> Result<T, Problem>
where
    T: TryFrom<u64> + PartialOrd + Copy + Display,
{
    let DeValue::Integer(integer) = found.value.get_ref() else {
        return Err(wrong_kind(found, "a whole number"));
    };
    let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
    let number = number.and_then(|number| T::try_from(number).ok());
    within(found, number, range, |bound| bound.to_string())
}

/// Permissions of a secret's file that someone besides its owner has.
const OTHERS_MAY: u32 = 0o077;

/// What is in a text or a file, without the newline that editors put at its end.
fn secret_of(text: &str) -> Option<Secret> {
    let text = text.trim_end_matches(['\r', '\n']);
    (!text.trim().is_empty()).then(|| Secret::new(text))
}

/// A problem with what a line says, of which the rule may repeat parts: left out where a variable is among them.
pub(super) fn problem_in(found: &Found<'_>, line: &str, rule: &str) -> Problem {
    if found.value.get_ref().as_str() == Some(line) {
        return found.problem(rule);
    }
    found.problem("is no line that can be read once its variables are filled in; write them out to be told why")
}

pub(super) fn wrong_kind(found: &Found<'_>, expected: &str) -> Problem {
    found.problem(format!("is {}; write {expected}", found.kind()))
}

/// The value if it is in the range; a value that could not even be held is not.
fn within<T: PartialOrd>(
    found: &Found<'_>,
    value: Option<T>,
    range: &RangeInclusive<T>,
    show: impl Fn(&T) -> String,
) -> Result<T, Problem> {
    value.filter(|value| range.contains(value)).ok_or_else(|| {
        found.problem(format!("must be from {} to {}", show(range.start()), show(range.end())))
    })
}
