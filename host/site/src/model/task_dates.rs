//! How the dates and the duration of a task follow from each other. Pure: days are counted from 1970-01-01, and whoever
//! asks says which of them are worked on.

#[cfg(test)]
mod tests;

/// A task is not longer than this many days, those without work included: a bit more than a century.
const DAYS_MAX: i32 = 40_000;

/// When a task is worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dates {
    pub start: Option<i32>,
    pub due: Option<i32>,
    /// Minutes of work.
    pub duration: Option<i64>,
}

/// What is written to a task's dates; `Some(None)` clears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    pub start: Option<Option<i32>>,
    pub due: Option<Option<i32>>,
    pub duration: Option<Option<i64>>,
}

/// On which days work is done, and how much a day.
#[derive(Clone, Copy)]
pub struct Days<'a> {
    pub works: &'a dyn Fn(i32) -> bool,
    pub minutes: i64,
}

/// Why dates cannot be as they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// A milestone is one day.
    #[error("a milestone starts and ends on the same day")]
    MilestoneOfTwoDays,
    /// It would end before it starts.
    #[error("the due date is before the start date")]
    DueBeforeStart,
    /// Less than nothing, or more than a century.
    #[error("the duration is negative, or longer than {DAYS_MAX} days")]
    Length,
}

impl Dates {
    /// The dates after a write: what was not written follows from what was.
    pub fn after(
        self,
        written: Written,
        milestone: bool,
        days: Days<'_>,
    ) -> Result<Self, Conflict> {
        let mut dates = self;
        if milestone {
            dates.put_milestone(written)?;
        } else {
            dates.put(written, days)?;
        }
        // What was cleared is not filled in again.
        if written.start == Some(None) {
            dates.start = None;
        }
        if written.due == Some(None) {
            dates.due = None;
        }
        if written.duration == Some(None) {
            dates.duration = None;
        }
        match (dates.start, dates.due) {
            (Some(start), Some(due)) if due < start => Err(Conflict::DueBeforeStart),
            _ => Ok(dates),
        }
    }

    /// A milestone is one day, and no work.
    fn put_milestone(&mut self, written: Written) -> Result<(), Conflict> {
        let day = match (written.start.flatten(), written.due.flatten()) {
            (Some(start), Some(due)) if start != due => return Err(Conflict::MilestoneOfTwoDays),
            (Some(day), _) | (None, Some(day)) => Some(day),
            (None, None) => self.due.or(self.start),
        };
        if day.is_some() {
            *self = Self { start: day, due: day, duration: Some(0) };
        }
        Ok(())
    }

    fn put(&mut self, written: Written, days: Days<'_>) -> Result<(), Conflict> {
        if written.start == Some(None) {
            self.start = None;
        }
        if written.due == Some(None) {
            self.due = None;
        }
        if written.duration == Some(None) {
            self.duration = None;
        }
        match (written.start.flatten(), written.due.flatten(), written.duration.flatten()) {
            // Two dates say how long it is, whatever is said besides.
            (Some(start), Some(due), _) => {
                (self.start, self.due) = (Some(start), Some(due));
                self.measure(days)
            }
            (Some(start), None, duration) => {
                self.duration = duration.or(self.duration);
                self.move_start(start, days)
            }
            (None, due, duration) => {
                if let Some(duration) = duration {
                    self.stretch(duration, days)?;
                }
                match due {
                    Some(due) => self.move_due(due, days),
                    None => Ok(()),
                }
            }
        }
    }

    /// It starts on another day, and is as long as before.
    fn move_start(&mut self, start: i32, days: Days<'_>) -> Result<(), Conflict> {
        self.start = Some(start);
        match (self.due, self.duration) {
            (_, Some(duration)) => {
                self.due = Some(days.last(start, duration)?);
                Ok(())
            }
            (Some(due), None) => {
                self.due = Some(due.max(start));
                self.measure(days)
            }
            (None, None) => Ok(()),
        }
    }

    /// It ends on another day: it is longer or shorter, or starts on another day if no start was known.
    fn move_due(&mut self, due: i32, days: Days<'_>) -> Result<(), Conflict> {
        self.due = Some(due);
        match (self.start, self.duration) {
            (Some(_), _) => self.measure(days),
            (None, Some(duration)) => {
                self.start = Some(days.first(due, duration)?);
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// It is longer or shorter: it ends on another day, or starts on another if only its end is known.
    fn stretch(&mut self, duration: i64, days: Days<'_>) -> Result<(), Conflict> {
        self.duration = Some(duration);
        match (self.start, self.due) {
            (Some(start), _) => self.due = Some(days.last(start, duration)?),
            (None, Some(due)) => self.start = Some(days.first(due, duration)?),
            (None, None) if duration < 0 => return Err(Conflict::Length),
            (None, None) => {}
        }
        Ok(())
    }

    /// It is as long as there is work between its dates.
    fn measure(&mut self, days: Days<'_>) -> Result<(), Conflict> {
        if let (Some(start), Some(due)) = (self.start, self.due) {
            if due < start {
                return Err(Conflict::DueBeforeStart);
            }
            self.duration = Some(days.work(start, due)?);
        }
        Ok(())
    }
}

impl Days<'_> {
    /// Minutes of work from a day to another, both included.
    pub fn work(self, start: i32, due: i32) -> Result<i64, Conflict> {
        if due.saturating_sub(start) >= DAYS_MAX {
            return Err(Conflict::Length);
        }
        let worked = (start..=due).filter(|day| (self.works)(*day)).count();
        Ok(i64::try_from(worked).unwrap_or(i64::MAX).saturating_mul(self.minutes))
    }

    /// The day on which work ends that begins with `start`.
    pub fn last(self, start: i32, duration: i64) -> Result<i32, Conflict> {
        self.walk(start, duration, 1)
    }

    /// The day on which work begins that ends with `due`.
    pub fn first(self, due: i32, duration: i64) -> Result<i32, Conflict> {
        self.walk(due, duration, -1)
    }

    /// The first day after `day` on which work is done, `more` such days later.
    pub fn next(self, day: i32, more: i64) -> Result<i32, Conflict> {
        let days = more.max(0).saturating_add(1);
        self.walk(day.saturating_add(1), days.saturating_mul(self.minutes), 1)
    }

    fn walk(self, from: i32, duration: i64, step: i32) -> Result<i32, Conflict> {
        // A started day is a day.
        let mut left = match duration {
            0 => return Ok(from),
            1.. => (duration - 1) / self.minutes + 1,
            _ => return Err(Conflict::Length),
        };
        let mut day = from;
        for _ in 0..DAYS_MAX {
            left -= i64::from((self.works)(day));
            if left == 0 {
                return Ok(day);
            }
            day = day.checked_add(step).ok_or(Conflict::Length)?;
        }
        Err(Conflict::Length)
    }
}
