use super::*;

const DEADLINE: Duration = Duration::from_millis(400);

fn called(outcome: Outcome, milliseconds: u64) -> Ended {
    let report = Report {
        duration: Duration::from_millis(milliseconds),
        refused: [("log_bytes", 3)].into(),
        ..Report::without_call(outcome)
    };
    Ended::Called(Box::new(report))
}

#[track_caller]
fn judged(expected: &Ending, ended: &Ended, is_held: bool) {
    let verdict = judge(expected, DEADLINE, ended);
    assert_eq!(verdict.is_ok(), is_held, "{verdict:?}");
}

#[test]
fn what_goes_through_is_not_held() {
    for expected in [
        Ending::Outcome("trapped"),
        Ending::Limit("failed", "log_bytes"),
        Ending::Says("denied"),
        Ending::Breaks("out of bounds"),
        Ending::Deadline,
        Ending::NoStart("is refused"),
    ] {
        judged(&expected, &called(Outcome::Done, 400), false);
        judged(&expected, &called(Outcome::Skipped("was given 7 rows".to_owned()), 400), false);
        judged(&expected, &Ended::NoStart("for another reason".to_owned()), false);
    }
}

#[test]
fn a_limit_has_to_be_met_and_not_only_the_outcome() {
    let failed = || Outcome::Failed("why".to_owned());
    judged(&Ending::Limit("failed", "log_bytes"), &called(failed(), 1), true);
    judged(&Ending::Limit("failed", "key_value_bytes"), &called(failed(), 1), false);
}

#[test]
fn a_guest_has_to_break_for_the_right_reason() {
    let broke = |why: &str| called(Outcome::Trapped(why.to_owned()), 1);
    judged(&Ending::Breaks("out of bounds"), &broke("pointer out of bounds of memory"), true);
    judged(&Ending::Breaks("out of bounds"), &broke("invalid utf-8 sequence"), false);
}

#[test]
fn a_deadline_is_kept_within_a_tenth_of_a_second() {
    let timed_out = || Outcome::TimedOut { limit: DEADLINE, inside: None };
    for (milliseconds, is_held) in [(299, false), (300, true), (500, true), (501, false)] {
        judged(&Ending::Deadline, &called(timed_out(), milliseconds), is_held);
    }
}

#[test]
fn what_a_guest_says_has_to_hold_the_words() {
    let says = |text: &str| called(Outcome::Skipped(text.to_owned()), 1);
    judged(&Ending::Says("0 of 46"), &says("0 of 46 were answered: "), true);
    judged(&Ending::Says("0 of 46"), &says("1 of 46 were answered: GET /"), false);
}
