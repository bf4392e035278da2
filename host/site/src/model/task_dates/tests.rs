use expect_test::{Expect, expect};

use super::{Conflict, Dates, Days, Written};
use crate::model::time;

/// Every weekday is worked on, eight hours.
fn works(day: i32) -> bool {
    (day + 3).rem_euclid(7) < 5
}

fn days() -> Days<'static> {
    Days { works: &works, minutes: 480 }
}

/// `3..5 1440` for a task from the 3rd to the 5th of March 2026, a month that begins with a Sunday; `-` for what is not set.
fn shown(dates: Dates) -> String {
    let first = march(1);
    let day = |day: Option<i32>| day.map_or("-".to_owned(), |day| (day - first + 1).to_string());
    let duration = dates.duration.map_or("-".to_owned(), |minutes| minutes.to_string());
    format!("{}..{} {duration}", day(dates.start), day(dates.due))
}

fn march(day: i32) -> i32 {
    time::parse_date("2026-03-01").expect("a date") + day - 1
}

/// Checks what becomes of dates: `before | what is written`, as `3..5 1440` and `start=4 due=- duration=480 milestone`.
#[track_caller]
fn check(lines: &str, expected: Expect) {
    let mut told = String::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (before, written) = line.split_once(" | ").expect("two parts");
        let (range, duration) = before.split_once(' ').expect("dates and a duration");
        let (start, due) = range.split_once("..").expect("two dates");
        let dates = Dates { start: day(start), due: day(due), duration: number(duration) };
        let (mut sent, mut milestone) = (Written::default(), false);
        for word in written.split(' ') {
            match word.split_once('=') {
                Some(("start", value)) => sent.start = Some(day(value)),
                Some(("due", value)) => sent.due = Some(day(value)),
                Some(("duration", value)) => sent.duration = Some(number(value)),
                _ => milestone = word == "milestone",
            }
        }
        let after = match dates.after(sent, milestone, days()) {
            Ok(after) => shown(after),
            Err(conflict) => conflict.to_string(),
        };
        told.push_str(&format!("{line} -> {after}\n"));
    }
    expected.assert_eq(&told);
}

fn day(text: &str) -> Option<i32> {
    text.parse().ok().map(march)
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

#[test]
fn what_is_not_written_follows_from_what_is() {
    check(
        "
        3..- - | start=4
        3..- - | due=6
        3..- - | duration=1440
        -..6 - | start=4
        -..6 - | due=9
        -..6 - | duration=960
        -..- 960 | start=6
        -..- 960 | due=9
        -..- 960 | duration=480
        3..6 - | start=5
        3..6 - | start=9
        3..6 - | due=10
        3..6 - | duration=480
        3..- 960 | start=6
        3..- 960 | due=5
        3..- 960 | duration=1440
        -..10 960 | start=3
        -..10 960 | due=6
        -..10 960 | duration=1440
        3..5 1440 | start=5
        3..5 1440 | due=6
        3..5 1440 | duration=480
        3..5 1440 | start=9 due=10 duration=7
        3..5 1440 | start=6 duration=960
        3..5 1440 | due=3 duration=2400
        ",
        expect![[r#"
            3..- - | start=4 -> 4..- -
            3..- - | due=6 -> 3..6 1920
            3..- - | duration=1440 -> 3..5 1440
            -..6 - | start=4 -> 4..6 1440
            -..6 - | due=9 -> -..9 -
            -..6 - | duration=960 -> 5..6 960
            -..- 960 | start=6 -> 6..9 960
            -..- 960 | due=9 -> 6..9 960
            -..- 960 | duration=480 -> -..- 480
            3..6 - | start=5 -> 5..6 960
            3..6 - | start=9 -> 9..9 480
            3..6 - | due=10 -> 3..10 2880
            3..6 - | duration=480 -> 3..3 480
            3..- 960 | start=6 -> 6..9 960
            3..- 960 | due=5 -> 3..5 1440
            3..- 960 | duration=1440 -> 3..5 1440
            -..10 960 | start=3 -> 3..4 960
            -..10 960 | due=6 -> 5..6 960
            -..10 960 | duration=1440 -> 6..10 1440
            3..5 1440 | start=5 -> 5..9 1440
            3..5 1440 | due=6 -> 3..6 1920
            3..5 1440 | duration=480 -> 3..3 480
            3..5 1440 | start=9 due=10 duration=7 -> 9..10 960
            3..5 1440 | start=6 duration=960 -> 6..9 960
            3..5 1440 | due=3 duration=2400 -> 3..3 480
        "#]],
    );
}

#[test]
fn a_started_day_is_a_day_and_weekends_are_none() {
    check(
        "
        3..- - | duration=500
        6..- - | duration=481
        7..- - | duration=480
        -..8 - | duration=480
        3..- - | duration=0
        7..- - | due=8
        ",
        expect![[r#"
            3..- - | duration=500 -> 3..4 500
            6..- - | duration=481 -> 6..9 481
            7..- - | duration=480 -> 7..9 480
            -..8 - | duration=480 -> 6..8 480
            3..- - | duration=0 -> 3..3 0
            7..- - | due=8 -> 7..8 0
        "#]],
    );
}

#[test]
fn a_milestone_is_one_day_without_work() {
    check(
        "
        3..5 1440 | milestone
        -..- - | milestone start=4
        3..5 1440 | milestone due=9 duration=960
        3..5 1440 | milestone start=4 due=4
        3..5 1440 | milestone start=4 due=5
        -..- 960 | milestone
        ",
        expect![[r#"
            3..5 1440 | milestone -> 5..5 0
            -..- - | milestone start=4 -> 4..4 0
            3..5 1440 | milestone due=9 duration=960 -> 9..9 0
            3..5 1440 | milestone start=4 due=4 -> 4..4 0
            3..5 1440 | milestone start=4 due=5 -> a milestone starts and ends on the same day
            -..- 960 | milestone -> -..- 960
        "#]],
    );
}

#[test]
fn what_is_cleared_stays_clear_and_what_cannot_be_is_refused() {
    check(
        "
        3..5 1440 | due=-
        3..5 1440 | due=- duration=480
        3..5 1440 | start=- due=- duration=-
        3..5 1440 | due=2
        3..5 1440 | start=6 due=5
        3..- - | duration=-480
        -..- - | duration=-480
        3..- - | duration=99999999
        ",
        expect![[r#"
            3..5 1440 | due=- -> 3..- 1440
            3..5 1440 | due=- duration=480 -> 3..- 480
            3..5 1440 | start=- due=- duration=- -> -..- -
            3..5 1440 | due=2 -> the due date is before the start date
            3..5 1440 | start=6 due=5 -> the due date is before the start date
            3..- - | duration=-480 -> the duration is negative, or longer than 40000 days
            -..- - | duration=-480 -> the duration is negative, or longer than 40000 days
            3..- - | duration=99999999 -> the duration is negative, or longer than 40000 days
        "#]],
    );
}

#[test]
fn nobody_waits_for_a_week_without_work() {
    let never = |_: i32| false;
    let days = Days { works: &never, minutes: 480 };
    assert_eq!(days.last(march(3), 480), Err(Conflict::Length));
    assert_eq!(days.work(march(3), march(20)), Ok(0));
}

#[test]
fn the_next_day_of_work_is_after_the_weekend() {
    let told: Vec<_> = [(5, 0), (6, 0), (6, 2), (7, 0)]
        .map(|(day, more)| days().next(march(day), more).map(|next| next - march(1) + 1))
        .to_vec();
    assert_eq!(told, [Ok(6), Ok(9), Ok(11), Ok(9)]);
}
