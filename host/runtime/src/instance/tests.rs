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
