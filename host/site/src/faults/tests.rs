use std::time::Duration;

use serde_json::json;

use super::{Fault, Faults, Moment, Rule, RuleError};

const START: Duration = Duration::ZERO;

fn faults(rules: impl IntoIterator<Item = Rule>) -> Faults {
    let mut faults = Faults::new(7);
    for rule in rules {
        faults.add(rule, START).expect("the rule is valid");
    }
    faults
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn no_rule_no_fault() {
    assert_eq!(Faults::new(0).strike("read", &[], START), None);
}

#[test]
fn the_method_is_matched() {
    let mut faults = faults([Rule::new("read", Fault::Reset)]);
    assert!(faults.strike("read", &[], START).is_some());
    assert!(faults.strike("create", &[], START).is_none());
}

#[test]
fn the_entity_type_is_matched_also_within_a_batch() {
    let mut faults = faults([Rule::new("*", Fault::Hang).about("Shot")]);
    assert!(faults.strike("read", &["Shot"], START).is_some());
    assert!(faults.strike("batch", &["Task", "Shot"], START).is_some());
    assert!(faults.strike("read", &["Task"], START).is_none());
    assert!(faults.strike("info", &[], START).is_none());
}

#[test]
fn a_window_opens_and_closes() {
    let mut rule = Rule::new("*", Fault::status(503));
    rule.after_ms = 100;
    rule.for_ms = Some(50);
    let mut faults = Faults::new(0);
    faults.add(rule, at(1_000)).expect("the rule is valid");
    let struck: Vec<u64> = [1_000, 1_099, 1_100, 1_149, 1_150, 9_999]
        .into_iter()
        .filter(|millis| faults.strike("read", &[], at(*millis)).is_some())
        .collect();
    assert_eq!(struck, [1_100, 1_149]);
}

#[test]
fn a_count_is_spent_and_the_next_rule_takes_over() {
    let mut faults = faults([
        Rule::new("*", Fault::status(500)).times(2),
        Rule::new("*", Fault::status(502)).times(1),
    ]);
    let seen: Vec<Option<Fault>> =
        (0..4).map(|_| faults.strike("read", &[], START).map(|strike| strike.fault)).collect();
    assert_eq!(
        seen,
        [Some(Fault::status(500)), Some(Fault::status(500)), Some(Fault::status(502)), None]
    );
    assert_eq!(faults.active().iter().map(|active| active.struck).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn a_probability_is_kept_and_repeats_with_its_seed() {
    let run = |seed| {
        let mut faults = Faults::new(seed);
        faults
            .add(Rule::new("*", Fault::Reset).with_probability(0.25), START)
            .expect("the rule is valid");
        (0..4_000).map(|_| faults.strike("read", &[], START).is_some()).collect::<Vec<bool>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    let struck = run(1).iter().filter(|struck| **struck).count();
    assert!((900..1_100).contains(&struck), "{struck} of 4000 at probability 0.25");
}

#[test]
fn a_lost_answer_is_not_a_refused_request() {
    let moment = |rule| faults([rule]).strike("create", &[], START).expect("it strikes").moment;
    assert_eq!(moment(Rule::new("create", Fault::Reset)), Moment::Before);
    assert_eq!(moment(Rule::new("create", Fault::Reset).when(Moment::After)), Moment::After);
    assert_eq!(moment(Rule::new("create", Fault::Truncate { bytes: None })), Moment::After);
}

#[test]
fn a_rule_that_cannot_be_followed_is_refused() {
    let refusal =
        |rule| Faults::new(0).add(rule, START).expect_err("the rule is not valid").to_string();
    assert_eq!(
        refusal(Rule::new("*", Fault::Reset).with_probability(1.5)),
        "probability 1.5 is not between 0 and 1"
    );
    assert_eq!(
        refusal(Rule::new("*", Fault::status(200))),
        "status 200 is not between 300 and 599"
    );
    let mut full = Faults::new(0);
    let error =
        (0..=super::RULES_MAX).find_map(|_| full.add(Rule::new("*", Fault::Hang), START).err());
    assert_eq!(error, Some(RuleError::TooMany));
}

#[test]
fn a_rule_is_read_from_json_with_its_defaults() {
    let rule: Rule = serde_json::from_value(
        json!({"fault": {"kind": "status", "status": 503, "retry_after_seconds": 2}}),
    )
    .expect("it is a rule");
    assert_eq!(rule, Rule::new("*", Fault::Status { status: 503, retry_after_seconds: Some(2) }));
    let unknown = serde_json::from_value::<Rule>(json!({"fault": {"kind": "hang"}, "cuont": 1}));
    assert!(unknown.expect_err("the key is misspelt").to_string().contains("cuont"));
    let kind = serde_json::from_value::<Rule>(json!({"fault": {"kind": "explode"}}));
    assert!(kind.expect_err("there is no such fault").to_string().contains("refuse-key"));
}
