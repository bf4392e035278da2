//! Evidence of a change: what it asks for, what allowed it, what was there before, and how it ended.

use std::fmt;

use policy::Place;

use super::Created;

/// What is kept of a change before it goes out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// What it is about: `Type:id`, or `Type` for a record that is made.
    pub entities: Vec<String>,
    /// What allows it.
    pub lines: Vec<AllowingLine>,
    /// What was there before, as JSON text; none where that was not asked or cannot be.
    pub before: Option<String>,
    /// What is asked for, as JSON text.
    pub asked: Option<String>,
}

/// A line that allows a change: one of the operator's grants, or of what the plugin's author asks for.
///
/// Prints in one line: `grant.shotgun[2] (line 14): update Shot.description`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AllowingLine {
    /// The list that it stands in.
    pub list: LineList,
    /// Where it stands in the list.
    pub place: Place,
    /// What it says.
    pub text: String,
}

/// A list of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineList {
    /// `grant.shotgun` under `[plugin.NAME]` of the configuration.
    GrantShotgun,
    /// `grant.http` there.
    GrantHttp,
    /// `shotgun` under `[needs]` of the author's `plugin.toml`.
    NeedsShotgun,
    /// `http` there.
    NeedsHttp,
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// In one word.
    pub kind: EndingKind,
    /// What it created, as in [`Evidence::entities`].
    pub entities: Vec<String>,
    /// More about it, as JSON text.
    pub detail: Option<String>,
}

/// How a change ended, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndingKind {
    /// It was made, and answered.
    Answered,
    /// An earlier attempt had made it.
    Found,
    /// It was certainly not made.
    NotMade,
    /// It was sent, and nobody knows whether it was made.
    InDoubt,
}

impl Ending {
    /// A change that was made.
    pub(super) fn made(kind: EndingKind, created: &[Created], detail: Option<String>) -> Self {
        let entities = created.iter().map(|(entity_type, id)| entity(entity_type, Some(*id)));
        Self { kind, entities: entities.collect(), detail }
    }

    /// A change that was not made, as far as anybody knows.
    pub(super) fn unmade(is_in_doubt: bool, detail: Option<String>) -> Self {
        let kind = if is_in_doubt { EndingKind::InDoubt } else { EndingKind::NotMade };
        Self { kind, entities: Vec::new(), detail }
    }
}

impl AllowingLine {
    /// A line of this list.
    pub(crate) fn new(list: LineList, place: Place, line: &impl fmt::Display) -> Self {
        Self { list, place, text: line.to_string() }
    }
}

impl LineList {
    /// Its name in the file that it stands in.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GrantShotgun => "grant.shotgun",
            Self::GrantHttp => "grant.http",
            Self::NeedsShotgun => "needs.shotgun",
            Self::NeedsHttp => "needs.http",
        }
    }
}

impl fmt::Display for AllowingLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}: {}", self.list.as_str(), self.place, self.text)
    }
}

/// A record as evidence names it.
pub(crate) fn entity(entity_type: &str, id: Option<u64>) -> String {
    id.map_or_else(|| entity_type.to_owned(), |id| format!("{entity_type}:{id}"))
}
