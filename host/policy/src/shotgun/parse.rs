//! Reading lines of grants. Strict: what is not understood grants nothing and is said.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::grant::{Fields, Grant, Line, Operation, Projects, Subject, Word};
use super::grants::Grants;

/// Why a line grants nothing: the line, and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{}\": {problem}", shown(.line))]
pub struct GrantError {
    /// The line as it was written.
    pub line: String,
    /// The part that is wrong and the rule, in words.
    pub problem: String,
}

/// What is wrong with a list of lines: which of them, counted from 0, and why.
pub type GrantsError = Vec<(usize, GrantError)>;

/// The word that grants nothing; it stands alone.
pub(super) const NONE: &str = "none";

/// The longest line that is read.
const LINE_CHARS_MAX: usize = 10_000;

/// How much of a line, or of a part of it, a message repeats.
const SHOWN_CHARS_MAX: usize = 80;

/// The methods that the contract has a function for, and how that is granted.
const OWN_FUNCTIONS: [(&str, &str); 11] = [
    ("read", "`read TYPE.FIELD`"),
    ("summarize", "`read TYPE.FIELD`"),
    ("create", "`create TYPE.FIELD`"),
    ("update", "`update TYPE.FIELD`"),
    ("delete", "`delete TYPE`"),
    ("revive", "`revive TYPE`"),
    ("batch", "the lines of its parts"),
    ("schema_read", "`schema *`"),
    ("schema_entity_read", "`schema *`"),
    ("schema_field_read", "`schema TYPE`"),
    ("get_session_token", "nothing: it hands out a credential"),
];

impl Grants {
    /// Reads the lines of one plugin. `none` stands alone, and grants nothing. All that is wrong is told at once.
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, GrantsError> {
        let lines: Vec<&str> = lines.into_iter().collect();
        if let [line] = &lines[..]
            && line.trim() == NONE
        {
            return Ok(Self::default());
        }
        let mut grants = Vec::new();
        let mut errors = Vec::new();
        for (index, line) in lines.into_iter().enumerate() {
            match line.parse() {
                Ok(grant) => grants.push(grant),
                Err(error) => errors.push((index, error)),
            }
        }
        if errors.is_empty() { Ok(grants.into_iter().collect()) } else { Err(errors) }
    }
}

impl FromStr for Grant {
    type Err = GrantError;

    fn from_str(line: &str) -> Result<Self, GrantError> {
        parse(line).map_err(|problem| GrantError { line: line.to_owned(), problem })
    }
}

impl Grant {
    /// A line of these parts, or the rule that they break.
    pub fn line(
        operations: BTreeSet<Operation>,
        subject: Subject,
        fields: Option<Fields>,
        projects: Projects,
    ) -> Result<Self, String> {
        let Some(first) = operations.first() else {
            return Err("names no operation".to_owned());
        };
        let (on_fields, on_whole): (Vec<Operation>, Vec<Operation>) =
            operations.iter().partition(|operation| operation.is_on_fields());
        if let (Some(on_field), Some(on_whole)) = (on_fields.first(), on_whole.first()) {
            return Err(format!(
                "`{on_field}` is on fields and `{on_whole}` on all of it; write a line for each"
            ));
        }
        let fields = match (fields, on_fields.is_empty()) {
            (None, false) => {
                return Err(format!(
                    "names no field; write `{first} {subject}.FIELD,FIELD`, or `{first} {subject}.*` for all of them"
                ));
            }
            (Some(_), true) => {
                return Err(format!("`{first}` takes no fields; write `{first} {subject}`"));
            }
            (fields, _) => fields.unwrap_or(Fields::Any),
        };
        if matches!(&fields, Fields::Named(names) if names.is_empty()) {
            return Err("names no field".to_owned());
        }
        if projects.is_none() {
            return Err("names no project after `in project`".to_owned());
        }
        if projects != Projects::Any
            && let Some(operation) = operations.iter().find(|operation| !operation.is_on_records())
        {
            return Err(format!("`{operation}` knows no projects; leave `in project` out"));
        }
        alone(&operations, &subject)?;
        Ok(Self::Line(Line { operations, subject, fields, projects }))
    }
}

/// The rules of the operations whose subject is not any entity type.
fn alone(operations: &BTreeSet<Operation>, subject: &Subject) -> Result<(), String> {
    let download_alone = "files are those of Attachments; write `download Attachment`, or `download *` for files \
                          that are known by their address only";
    if operations.contains(&Operation::Download)
        && matches!(subject, Subject::Named(name) if name != "Attachment")
    {
        return Err(download_alone.to_owned());
    }
    if !operations.contains(&Operation::Call) {
        return Ok(());
    }
    if operations.len() > 1 {
        return Err("`call` is on a method; write a line for it alone".to_owned());
    }
    let Subject::Named(method) = subject else {
        return Err("`call` needs the name of a method; all of them are in `write`".to_owned());
    };
    match OWN_FUNCTIONS.iter().find(|(name, _)| name == method) {
        Some((_, how)) => Err(format!("`{method}` is not granted by its name, but by {how}")),
        None => Ok(()),
    }
}

fn parse(line: &str) -> Result<Grant, String> {
    if line.chars().count() > LINE_CHARS_MAX {
        return Err(format!("has more than {LINE_CHARS_MAX} characters; write several lines"));
    }
    let line = without_spaces_in_lists(line);
    let mut words = line.split_whitespace();
    let first = words.next().ok_or("is empty; write \"none\" for no grant")?;
    let Some(subject) = words.next() else {
        return word(first);
    };
    let operations = operations(first)?;
    let (subject, fields) = subject_and_fields(&operations, subject)?;
    let projects = match (words.next(), words.next(), words.next(), words.next()) {
        (None, ..) => Projects::Any,
        (Some("in"), Some("project" | "projects"), Some(ids), None) => projects(ids)?,
        (Some("in"), Some("project" | "projects"), None, _) => {
            return Err("names no project after `in project`".to_owned());
        }
        (Some("in"), Some("project" | "projects"), Some(_), Some(extra)) | (Some(extra), ..) => {
            return Err(format!(
                "`{}` is out of place; after the fields there can be `in project 70,71`",
                shown(extra)
            ));
        }
    };
    Grant::line(operations, subject, fields, projects)
}

fn word(word: &str) -> Result<Grant, String> {
    match word {
        "read" => Ok(Grant::Word(Word::Read)),
        "write" => Ok(Grant::Word(Word::Write)),
        NONE => Err("must stand alone: it grants nothing".to_owned()),
        other if operations(other).is_ok() => {
            let word = shown(other);
            Err(format!("does not say of what; write it as \"{word} Task.sg_status_list\""))
        }
        other => Err(format!(
            "`{}` is not a grant; write \"none\", \"read\", \"write\", or a line such as \"read Task.sg_status_list\"",
            shown(other)
        )),
    }
}

fn operations(text: &str) -> Result<BTreeSet<Operation>, String> {
    let names = text.split(['+', ',']);
    let read = |name: &str| {
        Operation::ALL.into_iter().find(|known| known.as_str() == name).ok_or_else(|| {
            let known = Operation::ALL.map(Operation::as_str).join(", ");
            format!("`{}` is not an operation; write one or more of {known}", shown(name))
        })
    };
    names.map(read).collect()
}

fn subject_and_fields(
    operations: &BTreeSet<Operation>,
    text: &str,
) -> Result<(Subject, Option<Fields>), String> {
    let (subject, fields) = match text.split_once('.') {
        Some((subject, fields)) => (subject, Some(fields)),
        None => (text, None),
    };
    let is_method = operations.contains(&Operation::Call);
    let subject = match subject {
        "*" => Subject::Any,
        name if is_name(name, if is_method { char::is_lowercase } else { char::is_uppercase }) => {
            Subject::Named(name.to_owned())
        }
        name if is_method => {
            let name = shown(name);
            return Err(format!("`{name}` is not the name of a method, such as `followers`"));
        }
        name => {
            return Err(format!(
                "`{}` is not an entity type; write its name in the schema, such as `Task`, or `*` for all",
                shown(name)
            ));
        }
    };
    Ok((subject, fields.map(self::fields).transpose()?))
}

fn fields(text: &str) -> Result<Fields, String> {
    if text == "*" {
        return Ok(Fields::Any);
    }
    let read = |name: &str| {
        if is_name(name, char::is_lowercase) {
            return Ok(name.to_owned());
        }
        let shown = shown(name);
        Err(if let Some((link, rest)) = name.split_once('.') {
            let (link, rest) = (self::shown(link), self::shown(rest));
            format!(
                "`{shown}` is a path; grant the link `{link}` here, and `{rest}` in a line of its own"
            )
        } else if name == "*" {
            "`*` holds all fields, and stands without others".to_owned()
        } else {
            format!(
                "`{shown}` is not a field; write its name in the schema, such as `sg_status_list`"
            )
        })
    };
    text.split(',').map(read).collect::<Result<_, _>>().map(Fields::Named)
}

fn projects(text: &str) -> Result<Projects, String> {
    let read = |id: &str| match id.parse() {
        Ok(0) | Err(_) => {
            Err(format!("`{}` is not the number of a project, which is 1 or more", shown(id)))
        }
        Ok(id) => Ok(id),
    };
    text.split(',').map(read).collect::<Result<_, _>>().map(Projects::Only)
}

/// Names of the schema: letters, digits and underscores, with the first letter as it is usual for their kind.
fn is_name(text: &str, first: fn(char) -> bool) -> bool {
    text.is_ascii()
        && text.starts_with(first)
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `a, b` as `a,b`: people write lists with spaces.
fn without_spaces_in_lists(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for part in line.split_inclusive([',', '+']) {
        let part = if text.ends_with([',', '+']) { part.trim_start() } else { part };
        match part.strip_suffix([',', '+']) {
            Some(item) => {
                text.push_str(item.trim_end());
                text.push_str(&part[item.len()..]);
            }
            None => text.push_str(part),
        }
    }
    text
}

/// A text as a message may hold it: short, and with nothing that a terminal would obey.
fn shown(text: &str) -> String {
    crate::decision::shortened(text, SHOWN_CHARS_MAX)
}
