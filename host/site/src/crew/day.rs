//! A studio's day by the site's clock: when people are there, what they are busy with, and what is done at its hour.
//! Pure. The clock of the studio is UTC.

use crate::model::Now;

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 1_440;

/// What people are busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// Everything, mostly tasks.
    Usual,
    /// Everybody submits versions for the review that is about to begin.
    BeforeDailies,
    /// Versions are looked at, and remarks written.
    Dailies,
}

/// What is done at its hour, by one person or script in one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Appointment {
    /// Editorial imports a new cut.
    Turnover,
    /// What another studio delivered is imported.
    Delivery,
    /// The script of the night tidies up.
    Nightly,
}

/// A working day: from this minute on, how many writes a person makes in an hour, and at what.
const WORKING_DAY: [(i64, f64, Mood); 13] = [
    (0, 0.02, Mood::Usual),
    (7 * 60 + 30, 0.5, Mood::Usual),
    (9 * 60, 3.0, Mood::Usual),
    (10 * 60, 24.0, Mood::BeforeDailies),
    (10 * 60 + 30, 8.0, Mood::Dailies),
    (11 * 60, 7.0, Mood::Usual),
    (12 * 60 + 30, 1.5, Mood::Usual),
    (13 * 60 + 30, 8.0, Mood::Usual),
    (16 * 60 + 30, 24.0, Mood::BeforeDailies),
    (17 * 60, 8.0, Mood::Dailies),
    (17 * 60 + 30, 6.0, Mood::Usual),
    (18 * 60 + 30, 1.5, Mood::Usual),
    (20 * 60, 0.1, Mood::Usual),
];
/// What somebody does at night makes in an hour of a weekend.
const WEEKEND: f64 = 0.02;
/// What a person writes in a working day.
pub(super) const WRITES_A_DAY: f64 = 80.0;
/// How long a working day is, from nine to six.
pub(super) const WORKING_SECONDS: f64 = 9.0 * 3_600.0;

/// One minute of the site's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Minute(pub(super) i64);

impl Minute {
    /// The first that begins at `now` or later.
    pub(super) fn from(now: Now) -> Self {
        Self(now.0.div_euclid(MINUTE_MS) + i64::from(now.0.rem_euclid(MINUTE_MS) > 0))
    }

    pub(super) fn begins(self) -> Now {
        Now(self.0 * MINUTE_MS)
    }

    pub(super) fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// How many writes a person makes in it, and at what.
    pub(super) fn writes(self) -> (f64, Mood) {
        if self.is_weekend() {
            return (WEEKEND / 60.0, Mood::Usual);
        }
        let minute = self.of_the_day();
        let part = WORKING_DAY.iter().rfind(|(from, ..)| *from <= minute);
        let (_, per_hour, mood) = part.expect("the day begins at its first minute");
        (per_hour / 60.0, *mood)
    }

    /// What is done in it besides.
    pub(super) fn appointment(self) -> Option<Appointment> {
        let is_cut_day = [0, 2].contains(&self.weekday());
        match self.of_the_day() {
            120 => Some(Appointment::Nightly),
            550 if is_cut_day => Some(Appointment::Turnover),
            1_060 if !self.is_weekend() => Some(Appointment::Delivery),
            _ => None,
        }
    }

    fn of_the_day(self) -> i64 {
        self.0.rem_euclid(DAY_MINUTES)
    }

    /// 0 for Mondays.
    fn weekday(self) -> i64 {
        // The first of January 1970 was a Thursday.
        (self.0.div_euclid(DAY_MINUTES) + 3).rem_euclid(7)
    }

    fn is_weekend(self) -> bool {
        self.weekday() >= 5
    }
}
