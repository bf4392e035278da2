//! Keys and tokens that cannot be printed by accident.

use std::fmt;

/// A key, token or password. Has no `Display` and no `Serialize`, and its `Debug` is blank: whoever wants the text must
/// write [`Secret::expose`], which can be searched for.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// What takes the place of a secret in a text.
const BLANK: &str = "[hidden]";

impl Secret {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Belongs into a request, and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with every occurrence of the secret blanked: the last line of defence for words that the site wrote, which
    /// may quote what it was sent.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        text.replace(&self.0, BLANK)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(BLANK)
    }
}

#[cfg(test)]
mod tests;
