//! What is wrong with a text that a person wrote, and where.

use std::fmt;

/// One thing that is wrong, or doubtful. Its text never holds the value of a secret, nor of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file's name, as the caller gave it.
    pub file: String,
    /// Where in the file; none for what is not in it.
    pub position: Option<Position>,
    /// The whole key, such as `site.timeout`; empty where the text is not TOML.
    pub key: String,
    /// The value as it was written, where it may be shown, and the rule that it breaks.
    pub text: String,
}

/// A place in a text, both parts counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character within the line.
    pub column: usize,
}

/// Why a text cannot be used: everything that is wrong with it, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Position {
    /// The place that is so many bytes into the text.
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        let before = &text[..text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl Problems {
    /// Sorts by place, what has none last. The same thing said twice, as of a limit that holds for many plugins, is kept once.
    #[must_use]
    pub fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| (problem.position.is_none(), problem.clone()));
        problems.dedup_by(|a, b| {
            a.position.is_some() && (&a.file, a.position, &a.text) == (&b.file, b.position, &b.text)
        });
        Self(problems)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        let separator =
            if self.key.is_empty() || self.text.starts_with([' ', ':']) { "" } else { " " };
        write!(f, ": {}{separator}{}", self.key, self.text)
    }
}

/// One line for each problem.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
