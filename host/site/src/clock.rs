//! What time it is on a site: the time of day, a moment that stands still, or time that goes faster. Pure: what the
//! machine's clocks say comes in as a `Tick`.

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::Now;

/// The fastest that time goes: a day in less than a second.
pub const SPEED_MAX: f64 = 100_000.0;

/// How the time of a site goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clock {
    /// The time of day.
    Wall,
    /// This moment, until it is moved.
    Still(Now),
    /// Goes on from this moment, this many times as fast as the time of day.
    Running {
        /// What it says when it is set.
        from: Now,
        /// Above 0, up to [`SPEED_MAX`].
        speed: f64,
    },
}

/// A change of a clock, as it is written in JSON. Every key may be left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClockOrder {
    /// It is this moment, such as `2026-03-01T08:00:00Z`. Not before what the clock says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// It is this many milliseconds later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advance_ms: Option<u64>,
    /// It stands still; or it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frozen: Option<bool>,
    /// It goes on, this many times as fast as the time of day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
    /// It is the time of day again.
    #[serde(skip_serializing_if = "is_false")]
    pub wall: bool,
}

/// Why an order about a clock is not followed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ClockError {
    /// The text is no moment.
    #[error("`time` is `{0}`; it must be a moment such as 2026-03-01T08:00:00Z")]
    NoMoment(String),
    /// Time would run backwards.
    #[error("`{key}` is {asked}; the site's clock says {now}, and it never goes back")]
    Backwards {
        /// What asked for it.
        key: &'static str,
        /// The moment that was asked for.
        asked: String,
        /// The moment it is.
        now: String,
    },
    /// The speed is none.
    #[error(
        "`speed` is {0}; it must be above 0 and at most {SPEED_MAX}; `frozen` lets time stand still"
    )]
    Speed(f64),
    /// The keys do not go together.
    #[error("`{0}` does not go with {1}")]
    Contradiction(&'static str, &'static str),
}

/// What the machine's clocks say at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tick {
    /// The time of day.
    pub wall: Now,
    /// Since the site was started; never goes back.
    pub elapsed: Duration,
}

/// A clock and the moment in which it was set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timepiece {
    clock: Clock,
    set_at: Duration,
}

impl Timepiece {
    pub(crate) fn new(clock: Clock, elapsed: Duration) -> Self {
        Self { clock, set_at: elapsed }
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    pub(crate) fn now(&self, tick: Tick) -> Now {
        match self.clock {
            Clock::Wall => tick.wall,
            Clock::Still(now) => now,
            Clock::Running { from, speed } => {
                from.plus(tick.elapsed.saturating_sub(self.set_at).mul_f64(speed))
            }
        }
    }

    /// Sets the clock anew.
    pub(crate) fn set(&mut self, clock: Clock, tick: Tick) {
        *self = Self::new(clock, tick.elapsed);
    }

    /// Moves the clock to `now` if that is later; it goes on as it went. Does nothing to the time of day.
    pub(crate) fn move_to(&mut self, now: Now, tick: Tick) {
        let now = now.max(self.now(tick));
        match self.clock {
            Clock::Wall => {}
            Clock::Still(_) => self.set(Clock::Still(now), tick),
            Clock::Running { speed, .. } => self.set(Clock::Running { from: now, speed }, tick),
        }
    }

    /// Follows an order, or changes nothing.
    pub(crate) fn follow(&mut self, order: &ClockOrder, tick: Tick) -> Result<(), ClockError> {
        order.check()?;
        let now = self.now(tick);
        if order.wall {
            not_before("wall", tick.wall, now)?;
            self.set(Clock::Wall, tick);
            return Ok(());
        }
        let from = match &order.time {
            Some(text) => not_before("time", parse_moment(text)?, now)?,
            None => now,
        };
        let from = from.plus(Duration::from_millis(order.advance_ms.unwrap_or(0)));
        let clock = match (order.speed, order.frozen, self.clock) {
            (Some(speed), ..) | (None, None, Clock::Running { speed, .. }) => {
                Clock::Running { from, speed }
            }
            (None, Some(true), _) | (None, None, Clock::Still(_)) => Clock::Still(from),
            (None, Some(false), _) => Clock::Running { from, speed: 1.0 },
            (None, None, Clock::Wall) if from == now => Clock::Wall,
            (None, None, Clock::Wall) => Clock::Running { from, speed: 1.0 },
        };
        self.set(clock, tick);
        Ok(())
    }
}

impl ClockOrder {
    /// Whether the order can be followed, as far as that does not depend on what time it is.
    pub(crate) fn check(&self) -> Result<(), ClockError> {
        if self.wall && *self != (Self { wall: true, ..Self::default() }) {
            return Err(ClockError::Contradiction("wall", "another key"));
        }
        if self.speed.is_some() && self.frozen == Some(true) {
            return Err(ClockError::Contradiction("frozen", "`speed`"));
        }
        self.speed.map(checked_speed).transpose()?;
        self.time.as_deref().map(parse_moment).transpose()?;
        Ok(())
    }
}

fn not_before(key: &'static str, asked: Now, now: Now) -> Result<Now, ClockError> {
    if asked < now {
        return Err(ClockError::Backwards {
            key,
            asked: show_moment(asked),
            now: show_moment(now),
        });
    }
    Ok(asked)
}

/// The speed, if time can go that fast.
///
/// # Errors
/// If it is not above 0 and at most [`SPEED_MAX`].
pub fn checked_speed(speed: f64) -> Result<f64, ClockError> {
    if speed > 0.0 && speed <= SPEED_MAX { Ok(speed) } else { Err(ClockError::Speed(speed)) }
}

/// Reads a moment such as `2026-03-01T08:00:00Z`.
///
/// # Errors
/// If the text is no moment, or one before 1970.
pub fn parse_moment(text: &str) -> Result<Now, ClockError> {
    let moment: Option<Timestamp> = text.parse().ok();
    moment
        .map(|moment| Now(moment.as_millisecond()))
        .filter(|now| now.0 >= 0)
        .ok_or_else(|| ClockError::NoMoment(text.to_owned()))
}

/// A moment as people read it, such as `2026-03-01T08:00:00Z`.
#[must_use]
pub fn show_moment(now: Now) -> String {
    Timestamp::from_millisecond(now.0)
        .map_or_else(|_| format!("{} ms after 1970", now.0), |moment| moment.to_string())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
