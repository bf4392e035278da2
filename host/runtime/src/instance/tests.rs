use super::*;
use crate::capability::tests::capabilities;

const LONG: &str = "what a guest says of itself";

#[tokio::test]
async fn what_a_guest_says_is_held_to_the_length_of_a_line() {
    let (call, _) = capabilities(&Default::default(), 0).end().await;
    let answers = [
        Ok(GuestOutcome::Skipped(LONG.to_owned())),
        Ok(GuestOutcome::Rejected(LONG.to_owned())),
        Err(LONG.to_owned()),
    ];
    for answer in answers {
        let outcome = outcome_of_answer(&call, answer, 10);
        let (Outcome::Skipped(why) | Outcome::Rejected(why) | Outcome::Failed(why)) = &outcome
        else {
            panic!("{outcome:?}")
        };
        assert_eq!(why, "what a gue … (17 bytes more)");
    }
}

#[tokio::test]
async fn the_limit_that_ends_a_call_is_counted_once() {
    let halted = Outcome::Halted { project: None, why: String::new() };
    let late = Outcome::TimedOut { limit: Duration::ZERO, inside: None };
    let ends = [
        (Outcome::OutOfFuel { limit: 1 }, Some("fuel")),
        (Outcome::OutOfMemory { limit: 1 }, Some("memory_bytes")),
        (late, Some("deadline")),
        (Outcome::TooManyHostCalls { limit: 1 }, Some("host_calls")),
        (halted, Some("halt")),
        (Outcome::Done, None),
        (Outcome::Failed(String::new()), None),
    ];
    for (outcome, limit) in ends {
        for met_before in [0, 3] {
            let tally = RefusalTally::default();
            let (mut call, _) = capabilities(&Default::default(), 0).end().await;
            // What is refused in the call is counted there.
            let before = limit.filter(|_| met_before > 0).map(|limit| (limit, met_before));
            call.refused.extend(before);
            count_refused(&tally, &mut call, outcome.limit());
            let expected = limit.map(|limit| (limit, met_before.max(1)));
            assert_eq!(tally.take_news(), RefusalCounts::from_iter(expected), "{outcome:?}");
        }
    }
}
