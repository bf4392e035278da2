//! How failures are said to a person, and which exit code they end in.

use std::error::Error;

use database::OpenError;

use crate::cli::ExitCode;

/// A failure with an exit code of its own, and with what the operator can do.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Failure {
    what: String,
    code: ExitCode,
    remedy: Option<String>,
}

impl Failure {
    /// A failure of a kind.
    pub fn new(code: ExitCode, what: impl Into<String>) -> Self {
        Self { what: what.into(), code, remedy: None }
    }

    /// Says what can be done.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// The failure of a database that cannot be opened.
pub fn database(error: OpenError) -> anyhow::Error {
    let remedy = error.remedy().to_string();
    Failure::new(ExitCode::Database, chain(&error)).with_remedy(remedy).into()
}

/// The text for the person, and the exit code.
pub fn describe(error: &anyhow::Error) -> (String, ExitCode) {
    let text = chain(error.as_ref());
    match error.downcast_ref::<Failure>() {
        None => (text, ExitCode::Failed),
        Some(failure) => match &failure.remedy {
            None => (text, failure.code),
            Some(remedy) => (format!("{text}\n{remedy}"), failure.code),
        },
    }
}

/// An error with its causes in one line. A cause that the text before it holds already is left out.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// Text of any shape as one line of a table.
pub fn one_line(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    let mut line: String = text
        .split(|c: char| c.is_control())
        .filter(|part| !part.trim().is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    if let Some((end, _)) = line.char_indices().nth(CHARS_MAX) {
        line.truncate(end);
        line.push('…');
    }
    line
}
