//! Texts compared without regard to case, and without a copy of them.

use std::iter::FlatMap;
use std::str::Chars;

/// How a text is looked for. Case never matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextMatch {
    Is,
    Contains,
    StartsWith,
    EndsWith,
}

/// A text in the case in which texts are compared.
pub fn fold(text: &str) -> String {
    folded(text).collect()
}

/// Letter by letter: what a letter becomes does not depend on those beside it.
fn folded(
    text: &str,
) -> FlatMap<Chars<'_>, std::char::ToLowercase, fn(char) -> std::char::ToLowercase> {
    text.chars().flat_map(char::to_lowercase)
}

fn begins(mut text: impl Iterator<Item = char>, needle: impl Iterator<Item = char>) -> bool {
    needle.into_iter().all(|letter| text.next() == Some(letter))
}

impl TextMatch {
    /// Whether `text` has `needle`, which is [folded](fold).
    pub fn matches(self, text: &str, needle: &str) -> bool {
        if text.is_ascii() && needle.is_ascii() {
            return self.matches_bytes(text.as_bytes(), needle.as_bytes());
        }
        match self {
            Self::Is => folded(text).eq(needle.chars()),
            Self::StartsWith => begins(folded(text), needle.chars()),
            Self::EndsWith => begins(folded(text).rev(), needle.chars().rev()),
            Self::Contains => {
                let mut starts = text.char_indices();
                needle.is_empty()
                    || starts.any(|(start, _)| begins(folded(&text[start..]), needle.chars()))
            }
        }
    }

    fn matches_bytes(self, text: &[u8], needle: &[u8]) -> bool {
        let length = needle.len();
        match self {
            Self::Is => text.eq_ignore_ascii_case(needle),
            Self::StartsWith => {
                text.get(..length).is_some_and(|start| start.eq_ignore_ascii_case(needle))
            }
            Self::EndsWith => {
                text.len() >= length && text[text.len() - length..].eq_ignore_ascii_case(needle)
            }
            Self::Contains => {
                length == 0 || text.windows(length).any(|part| part.eq_ignore_ascii_case(needle))
            }
        }
    }
}

#[cfg(test)]
mod tests;
