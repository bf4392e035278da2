//! The raw configuration: tables of TOML values that know their place in the text, one laid over the other.
//!
//! A derived `Deserialize` would stop at the first mistake. Here each setting is asked for by its key, which collects every
//! problem, and what was never asked for is unknown.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::unknown::Unknown;
use policy::{Place, Position, Problem};

/// A text and what it says.
pub(super) struct Document<'t> {
    pub(super) file: &'t str,
    text: &'t str,
    pub(super) table: DeTable<'t>,
}

/// What one run over the documents has found out, and what it may ask about the world.
pub(super) struct Reader<'t> {
    pub(super) lookup: &'t super::Lookup<'t>,
    problems: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
    unknown: RefCell<Vec<(Problem, Unknown)>>,
    /// Every key that was asked for, whole, with `NAME` for the name of a plugin.
    asked: RefCell<BTreeSet<String>>,
}

/// One table, in all documents that have it.
pub(super) struct Section<'t> {
    pub(super) reader: &'t Reader<'t>,
    /// Where it stands: `plugin.NAME.limits`.
    pub(super) path: String,
    /// The same for every plugin: what its keys are listed under.
    shape: String,
    /// The first that has a key decides.
    pub(super) layers: Vec<Layer<'t>>,
    asked: RefCell<Vec<&'static str>>,
}

/// One table of one document.
#[derive(Clone, Copy)]
pub(super) struct Layer<'t> {
    pub(super) document: &'t Document<'t>,
    pub(super) table: &'t DeTable<'t>,
    /// It stands under the section's own path; otherwise it only lends its values.
    pub(super) own: bool,
}

/// One value and where it was found.
pub(super) struct Found<'t> {
    pub(super) document: &'t Document<'t>,
    pub(super) value: &'t Spanned<DeValue<'t>>,
    pub(super) key: String,
}

/// Longest part of a value that a message repeats.
const SHOWN_CHARS_MAX: usize = 60;

impl<'t> Document<'t> {
    /// Reads a text. The problems are those of its syntax; they say nothing of what stands in it, which may be secret.
    pub(super) fn parse(file: &'t str, text: &'t str) -> Result<Self, Vec<Problem>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            return Ok(Self { file, text, table: table.into_inner() });
        }
        let problem = |error: toml::de::Error| Problem {
            file: file.to_owned(),
            position: error.span().map(|span| Position::of(text, span.start)),
            key: String::new(),
            text: format!("not TOML: {}", error.message().trim().replace('\n', ", ")),
        };
        Err(errors.into_iter().map(problem).collect())
    }

    pub(super) fn position(&self, span: &Range<usize>) -> Position {
        Position::of(self.text, span.start)
    }
}

impl<'t> Reader<'t> {
    pub(super) fn new(lookup: &'t super::Lookup<'t>) -> Self {
        Self {
            lookup,
            problems: RefCell::default(),
            warnings: RefCell::default(),
            unknown: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    pub(super) fn report(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    pub(super) fn warn(&self, problem: Problem) {
        self.warnings.borrow_mut().push(problem);
    }

    pub(super) fn unknown(&self, problem: Problem, unknown: Unknown) {
        self.unknown.borrow_mut().push((problem, unknown));
    }

    /// Everything that was found wrong, then everything doubtful, then every key that there is.
    pub(super) fn finish(self) -> (Vec<Problem>, Vec<Problem>, BTreeSet<String>) {
        let asked = self.asked.into_inner();
        let mut problems = self.problems.into_inner();
        for (problem, unknown) in self.unknown.into_inner() {
            problems.push(Problem { text: unknown.explain(&asked), ..problem });
        }
        (problems, self.warnings.into_inner(), asked)
    }
}

impl<'t> Section<'t> {
    pub(super) fn new(
        reader: &'t Reader<'t>,
        path: &str,
        shape: &str,
        layers: Vec<Layer<'t>>,
    ) -> Self {
        Self {
            reader,
            path: path.to_owned(),
            shape: shape.to_owned(),
            layers,
            asked: RefCell::default(),
        }
    }

    /// The tables under `key`. Something else than a table there is a problem.
    pub(super) fn section(&self, key: &'static str) -> Section<'t> {
        self.asked.borrow_mut().push(key);
        let path = join(&self.path, key);
        let layers = self.layers.iter().filter_map(|layer| {
            let value = layer.table.get(key)?;
            let table = value.get_ref().as_table();
            if table.is_none() {
                let found = Found { document: layer.document, value, key: path.clone() };
                self.reader.report(
                    found.secret_problem(format!("is {}; write a table, [{path}]", found.kind())),
                );
            }
            Some(Layer { table: table?, ..*layer })
        });
        let layers = layers.collect();
        Section::new(self.reader, &path, &join(&self.shape, key), layers)
    }

    /// Reads a key out of the first document that has a right value for it.
    pub(super) fn read<T>(
        &self,
        key: &'static str,
        parse: impl Fn(&Found<'t>) -> Result<T, Problem>,
    ) -> Option<T> {
        self.asked.borrow_mut().push(key);
        self.reader.asked.borrow_mut().insert(join(&self.shape, key));
        self.found(key)
            .find_map(|found| parse(&found).map_err(|problem| self.reader.report(problem)).ok())
    }

    /// Whether the key stands anywhere, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.found(key).next().is_some()
    }

    /// Everything under a key, the value that counts first.
    pub(super) fn found(&self, key: &str) -> impl Iterator<Item = Found<'t>> {
        self.found_in(|_| true, key)
    }

    /// What the user wrote under a key.
    pub(super) fn written(&self, key: &str) -> Option<Found<'t>> {
        self.found_in(|layer| layer.own, key).next()
    }

    fn found_in(
        &self,
        wanted: fn(&Layer<'t>) -> bool,
        key: &str,
    ) -> impl Iterator<Item = Found<'t>> {
        let path = join(&self.path, key);
        self.layers.iter().filter(move |layer| wanted(layer)).filter_map(move |layer| {
            let value = layer.table.get(key)?;
            Some(Found { document: layer.document, value, key: path.clone() })
        })
    }

    /// A problem with something that is not there.
    pub(super) fn absent(&self, key: &str, text: &str) -> Problem {
        let file = self.reader.lookup.file_name.to_owned();
        Problem { file, position: None, key: join(&self.path, key), text: text.to_owned() }
    }

    /// Reports every key that was not asked for.
    pub(super) fn finish(self) {
        let asked = self.asked.into_inner();
        for layer in self.layers.iter().filter(|layer| layer.own) {
            let is_unknown = |key: &str| !asked.contains(&key);
            for (key, value) in layer.table.iter().filter(|(key, _)| is_unknown(key.get_ref())) {
                let problem = Problem {
                    file: layer.document.file.to_owned(),
                    position: Some(layer.document.position(&key.span())),
                    key: join(&self.path, key.get_ref()),
                    text: String::new(),
                };
                let unknown = Unknown {
                    key: key.get_ref().to_string(),
                    siblings: asked.clone(),
                    section: self.shape.clone(),
                    is_table: value.get_ref().is_table(),
                };
                self.reader.unknown(problem, unknown);
            }
        }
    }
}

impl<'t> Found<'t> {
    /// A problem with this value, which is shown as it was written.
    pub(super) fn problem(&self, rule: impl AsRef<str>) -> Problem {
        let shown = self.shown();
        let equals = if shown.contains('@') { String::new() } else { format!("= {shown}: ") };
        let text = format!("{equals}{}", rule.as_ref());
        Problem { text, ..self.secret_problem("") }
    }

    /// A problem with this value, which is not shown.
    pub(super) fn secret_problem(&self, rule: impl AsRef<str>) -> Problem {
        Problem {
            file: self.document.file.to_owned(),
            position: Some(self.document.position(&self.value.span())),
            key: self.key.clone(),
            text: rule.as_ref().to_owned(),
        }
    }

    /// Its place among others of a list, if it is in one.
    pub(super) fn place(&self, index: Option<usize>) -> Place {
        let position = self.document.position(&self.value.span());
        Place { index, file_line: Some(position.line) }
    }

    /// What it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        policy::manifest::kind(self.value.get_ref())
    }

    /// The value as it stands in the file: with the name of an environment variable, not with what is in it.
    fn shown(&self) -> String {
        let text = &self.document.text[self.value.span()];
        let line = text.lines().next().unwrap_or_default();
        let mut shown: String =
            line.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        shown
    }
}

pub(super) fn join(path: &str, key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let key = if !key.is_empty() && key.chars().all(is_bare) {
        key.to_owned()
    } else {
        format!("\"{}\"", key.escape_debug())
    };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}
