//! Dates and moments: how they are read from text and written to it. All of it is UTC.

use std::fmt::Write as _;

use jiff::{Timestamp, civil};

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// Appends `2026-01-31`.
pub fn write_date(days: i32, out: &mut String) {
    let (year, month, day) = civil_of_days(days);
    write!(out, "{year:04}-{month:02}-{day:02}").expect("writing to a string cannot fail");
}

/// Appends `2026-01-31T10:00:00Z`.
pub fn write_moment(seconds: i64, out: &mut String) {
    write_day_and_clock(seconds, 'T', "Z", out);
}

/// `2026-01-31 10:00:00 UTC`, as the event log spells moments in its metadata.
pub fn moment_in_meta(seconds: i64) -> String {
    let mut out = String::new();
    write_day_and_clock(seconds, ' ', " UTC", &mut out);
    out
}

fn write_day_and_clock(seconds: i64, separator: char, zone: &str, out: &mut String) {
    write_date(day_of(seconds), out);
    let clock = seconds.rem_euclid(DAY);
    out.push(separator);
    for (value, after) in [(clock / 3600, ":"), (clock / 60 % 60, ":"), (clock % 60, zone)] {
        let digits = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        out.push(char::from(digits[0]));
        out.push(char::from(digits[1]));
        out.push_str(after);
    }
}

/// The day that `seconds` falls on.
pub fn day_of(seconds: i64) -> i32 {
    i32::try_from(seconds.div_euclid(DAY)).unwrap_or(if seconds < 0 { i32::MIN } else { i32::MAX })
}

/// Reads `2026-01-31`.
pub fn parse_date(text: &str) -> Option<i32> {
    if text.len() != 10 {
        return None;
    }
    text.parse().ok().map(days_of)
}

/// Reads a moment of ISO 8601 with a `T`: `…Z`, a numeric offset, no zone (UTC), or a date alone (its midnight).
pub fn parse_moment(text: &str) -> Option<i64> {
    if let Some(days) = parse_date(text) {
        return Some(i64::from(days) * DAY);
    }
    if text.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(floor_second(moment));
    }
    let local: civil::DateTime = text.parse().ok()?;
    let clock =
        i64::from(local.hour()) * 3600 + i64::from(local.minute()) * 60 + i64::from(local.second());
    Some(i64::from(days_of(local.date())) * DAY + clock)
}

fn floor_second(moment: Timestamp) -> i64 {
    moment.as_millisecond().div_euclid(1000)
}

/// The day of a calendar date, counted in eras of 400 years from 0000-03-01.
pub fn days_of(date: civil::Date) -> i32 {
    let (month, day) = (i32::from(date.month()), i32::from(date.day()));
    let year = i32::from(date.year()) - i32::from(month <= 2);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    year.div_euclid(400) * 146_097 + day_of_era - 719_468
}

/// The units of relative dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    /// Reads `DAY` and the like.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "HOUR" => Some(Self::Hour),
            "DAY" => Some(Self::Day),
            "WEEK" => Some(Self::Week),
            "MONTH" => Some(Self::Month),
            "YEAR" => Some(Self::Year),
            _ => None,
        }
    }
}

/// `seconds` moved by `count` units. Of a month that is too short, the last day.
pub fn shifted(seconds: i64, count: i64, unit: Unit) -> i64 {
    let by = |length: i64| seconds.saturating_add(count.saturating_mul(length));
    match unit {
        Unit::Hour => by(3600),
        Unit::Day => by(DAY),
        Unit::Week => by(7 * DAY),
        Unit::Month | Unit::Year => {
            let months = if unit == Unit::Year { count.saturating_mul(12) } else { count };
            let moved = month_shifted(day_of(seconds), months, None);
            i64::from(moved) * DAY + seconds.rem_euclid(DAY)
        }
    }
}

/// The first day of the unit that is `offset` units after the one of `day`. Weeks start on Monday.
pub fn start_of(day: i32, offset: i64, unit: Unit) -> i32 {
    let moved = |start: i32, length: i64| {
        clamped(i64::from(start).saturating_add(offset.saturating_mul(length)))
    };
    match unit {
        Unit::Hour | Unit::Day => moved(day, 1),
        // 1970-01-01 was a Thursday.
        Unit::Week => moved(day - (day + 3).rem_euclid(7), 7),
        Unit::Month => month_shifted(day, offset, Some(1)),
        Unit::Year => {
            let (_, month, _) = civil_of_days(day);
            month_shifted(day, offset.saturating_mul(12).saturating_add(1 - month), Some(1))
        }
    }
}

/// The quarter of the year that a day is in, from 1 to 4, and its first day.
pub fn quarter_of(day: i32) -> (i64, i32) {
    let (_, month, _) = civil_of_days(day);
    let quarter = (month - 1) / 3;
    (quarter + 1, start_of(day, quarter * 3 + 1 - month, Unit::Month))
}

fn clamped(days: i64) -> i32 {
    i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX })
}

/// A day moved by months, to the same day or to `day_of_month`.
fn month_shifted(day: i32, months: i64, day_of_month: Option<i8>) -> i32 {
    let (year, month, day_before) = civil_of_days(day);
    let month = (year * 12 + month - 1).saturating_add(months);
    let first = i16::try_from(month.div_euclid(12))
        .ok()
        .and_then(|year| civil::Date::new(year, month.rem_euclid(12) as i8 + 1, 1).ok());
    let Some(first) = first else { return if months < 0 { i32::MIN } else { i32::MAX } };
    let wanted = day_of_month.map_or(day_before, i64::from);
    days_of(first) + clamped(wanted.min(i64::from(first.days_in_month())) - 1)
}

/// Year, month and day of the proleptic Gregorian calendar: the inverse of [`days_of`].
fn civil_of_days(days: i32) -> (i64, i64, i64) {
    let shifted = i64::from(days) + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}
