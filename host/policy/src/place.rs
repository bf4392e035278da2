//! Where a line of grants stands, so that what it allows can be traced back to it.

use std::fmt;

/// The place of a line of grants, or of requests, among the others. Prints as what follows the name of their list: `[2] (line 14)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// Its number in the list, from 0. None for a line that stands where a list could.
    pub index: Option<usize>,
    /// The line of the file, from 1. None where that is not known.
    pub file_line: Option<usize>,
}

impl Place {
    /// A place in a list, in no file that is known.
    #[must_use]
    pub fn in_list(index: usize) -> Self {
        Self { index: Some(index), file_line: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.index {
            write!(f, "[{index}]")?;
        }
        if let Some(line) = self.file_line {
            write!(f, " (line {line})")?;
        }
        Ok(())
    }
}
