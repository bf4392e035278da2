use super::*;

const RETRY: Retry =
    Retry { attempts: 9, pause: Duration::from_secs(1), pause_max: Duration::from_secs(10) };

#[test]
fn pauses_double_up_to_the_longest_and_are_spread() {
    for (failures, whole) in
        [(1, 1_000), (2, 2_000), (3, 4_000), (4, 8_000), (5, 10_000), (99, 10_000)]
    {
        let whole = Duration::from_millis(whole);
        let pauses: Vec<Duration> = (0..200).map(|salt| pause(&RETRY, failures, salt)).collect();
        assert!(pauses.iter().all(|pause| (whole / 2..=whole).contains(pause)), "{pauses:?}");
        let (low, high) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
        assert!(
            *high - *low > whole / 3,
            "they are spread over the second half: {low:?} to {high:?}"
        );
        assert_eq!(pause(&RETRY, failures, 7), pause(&RETRY, failures, 7));
    }
}

#[test]
fn plugins_that_fail_together_are_spread() {
    let pauses = ["a", "b", "roll-up", "notes"].map(|name| pause(&RETRY, 1, salt(name) ^ 17));
    let mut different = pauses.to_vec();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), pauses.len());
}

#[test]
fn a_plugin_rests_when_it_does_nothing_but_fail() {
    let breaker = Breaker {
        failures: Some(3),
        pause: Duration::from_secs(30),
        pause_max: Duration::from_secs(100),
    };
    let rests: Vec<Option<u64>> =
        (0..7).map(|failed| rest(&breaker, failed).map(|rest| rest.as_secs())).collect();
    assert_eq!(rests, [None, None, None, Some(30), Some(60), Some(100), Some(100)]);
    let never = Breaker { failures: None, ..breaker };
    assert_eq!(rest(&never, u32::MAX), None);
}

#[test]
fn failures_are_told_apart() {
    let cases = [
        (Outcome::Done, None),
        (Outcome::Skipped(String::new()), None),
        (Outcome::Rejected(String::new()), Some(Failing::Permanent)),
        (Outcome::Failed(String::new()), Some(Failing::Transient)),
        (Outcome::OutOfFuel { limit: 1 }, Some(Failing::Transient)),
        (Outcome::SiteUnavailable(String::new()), Some(Failing::Outside)),
        (Outcome::HostFailed(String::new()), Some(Failing::Outside)),
    ];
    for (outcome, expected) in cases {
        assert_eq!(Failing::of(&outcome), expected, "{outcome:?}");
    }
    for (asked, given) in [(0, 1), (5, 5), (u32::MAX.into(), 3600)] {
        let outcome = Outcome::RetryAfter(Duration::from_secs(asked));
        let given = Failing::AsksForLater(Duration::from_secs(given));
        assert_eq!(Failing::of(&outcome), Some(given));
    }
}
