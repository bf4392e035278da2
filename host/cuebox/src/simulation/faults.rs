//! Faults that are planted in a host on purpose: those of the Python daemon first, then those that a host of this kind can have.

use super::checker::Violation;

/// What is wrong with the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The daemon's A: an entry that comes late sets every plugin back to it.
    RewindsToLate,
    /// The daemon's B: every page begins at the lowest id that is missing.
    Refetches,
    /// The daemon's C: what is missing below an entry that is old by the site's date never happened.
    Dates,
    /// The daemon's D: the state is gone after a crash, and a new one begins at the newest entry.
    LosesState,
    /// The daemon's E: a failure is taken for a success.
    Pretends,
    /// A position is one less after a restart.
    Rewinds,
    /// An event is finished before its effect is made.
    CommitsFirst,
    /// What is about to be written is not kept.
    LosesIntents,
    /// A filter that the site applies makes ids look as if they had been there.
    FilterHidesGaps,
    /// What is missing is given up by the host's clock held against the site's dates.
    MixesClocks,
}

impl Fault {
    /// All of them, and what each is found by.
    pub const ALL: [(Self, Violation); 11] = [
        (Self::RewindsToLate, Violation::Repeated),
        (Self::Refetches, Violation::Stalled),
        (Self::Dates, Violation::Lost),
        (Self::LosesState, Violation::Lost),
        (Self::Pretends, Violation::Lost),
        (Self::Rewinds, Violation::Repeated),
        (Self::CommitsFirst, Violation::NotWritten),
        (Self::LosesIntents, Violation::WrittenTwice),
        (Self::LosesIntents, Violation::NoEvidence),
        (Self::FilterHidesGaps, Violation::Lost),
        (Self::MixesClocks, Violation::Lost),
    ];
}
