//! Plugins that are scripts: which languages there are, what a file of each runs in, and what is text.

mod interpreter;

use std::fmt;
use std::path::Path;
use std::str::Utf8Error;

use config::Plugins;
pub use interpreter::{InterpreterError, SharedInterpreter};

/// What a script is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// A file of the Python daemon.
    Python,
    /// A module that imports the SDK.
    JavaScript,
}

/// The interpreters, one for each language.
pub struct Interpreters {
    python: SharedInterpreter,
    javascript: SharedInterpreter,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Python, Self::JavaScript];

    /// By a file's ending; none for a file that is no script.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?;
        Self::ALL.into_iter().find(|language| ending == language.ending())
    }

    /// How its files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Python => "py",
            Self::JavaScript => "js",
        }
    }

    /// What settings, recipes and files of it are called after.
    fn word(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
        })
    }
}

impl Interpreters {
    /// Those that the configuration names; the others are beside the program.
    pub fn new(plugins: Option<&Plugins>) -> Self {
        let path = |path: fn(&Plugins) -> &Option<_>| plugins.and_then(|it| path(it).clone());
        let (python, javascript) =
            (path(|it| &it.python_runtime), path(|it| &it.javascript_runtime));
        Self {
            python: SharedInterpreter::new(Language::Python, python),
            javascript: SharedInterpreter::new(Language::JavaScript, javascript),
        }
    }

    /// The one that runs files of this language.
    pub fn of(&self, language: Language) -> &SharedInterpreter {
        match language {
            Language::Python => &self.python,
            Language::JavaScript => &self.javascript,
        }
    }
}

/// What is in a script's file, as text.
pub fn text(bytes: &[u8]) -> Result<&str, Utf8Error> {
    let text = std::str::from_utf8(bytes)?;
    // Editors of one system begin a file with a mark that is no part of its text.
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

#[cfg(test)]
mod tests;
