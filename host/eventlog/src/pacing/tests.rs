use super::*;
use proptest::prelude::*;

fn options() -> Options {
    Options::between(Duration::from_millis(250), Duration::from_secs(3))
}

#[test]
fn a_quiet_site_is_asked_less_and_less_often() {
    let mut pace = Pace::new(options());
    let waits: Vec<u128> = (0..14).map(|_| pace.after_page(false, true).as_millis()).collect();
    assert_eq!(
        waits,
        [312, 390, 488, 610, 762, 953, 1192, 1490, 1862, 2328, 2910, 3000, 3000, 3000]
    );
}

#[test]
fn an_entry_makes_it_busy_again() {
    let mut pace = Pace::new(options());
    for _ in 0..20 {
        pace.after_page(false, true);
    }
    assert_eq!(pace.after_page(false, false), Duration::from_millis(250));
    assert_eq!(pace.after_page(false, true), Duration::from_micros(312_500));
}

#[test]
fn a_full_page_is_followed_at_once() {
    assert_eq!(Pace::new(options()).after_page(true, false), Duration::ZERO);
}

#[test]
fn a_full_page_without_anything_new_is_not_followed_at_once() {
    assert_eq!(Pace::new(options()).after_page(true, true), Duration::from_micros(312_500));
}

#[test]
fn an_answer_ends_the_backoff() {
    let mut pace = Pace::new(options());
    for seed in 0..20 {
        pace.after_failure(seed);
    }
    pace.after_page(false, true);
    assert!(pace.after_failure(0) <= Duration::from_millis(250));
}

#[test]
fn hosts_that_fail_together_spread() {
    let mut waits: Vec<Duration> = (0..100)
        .map(|seed| {
            let mut pace = Pace::new(options());
            for _ in 0..10 {
                pace.after_failure(0);
            }
            pace.after_failure(seed)
        })
        .collect();
    waits.sort();
    waits.dedup();
    assert!(waits.len() > 80, "{waits:?}");
}

proptest! {
    #[test]
    fn failures_double_up_to_four_seconds(seeds in prop::collection::vec(any::<u64>(), 1..80)) {
        let mut pace = Pace::new(options());
        for (failure, seed) in seeds.into_iter().enumerate() {
            let wait = pace.after_failure(seed);
            let full = Duration::from_millis(250 << failure.min(4)).min(Duration::from_secs(4));
            prop_assert!(wait <= full && wait >= full / 2, "failure {failure}: {wait:?} of {full:?}");
        }
    }

    #[test]
    fn no_answer_leads_out_of_the_bounds(polls in prop::collection::vec(any::<(bool, bool, bool, u64)>(), 0..60)) {
        let mut pace = Pace::new(options());
        for (failed, full, empty, seed) in polls {
            let wait = if failed { pace.after_failure(seed) } else { pace.after_page(full, empty) };
            prop_assert!(wait <= Duration::from_secs(4), "{wait:?}");
            prop_assert!(wait >= Duration::from_millis(125) || (full && !empty && !failed), "{wait:?}");
        }
    }
}
