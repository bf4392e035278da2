use std::time::Duration;

use serde_json::json;

use super::{Fault, FaultOrder, Faults, Moment, Rule, RuleError, Strike, Target};

const START: Duration = Duration::ZERO;

fn faults(rules: impl IntoIterator<Item = Rule>) -> Faults {
    let mut faults = Faults::new(7);
    for rule in rules {
        faults.add(rule, START).expect("the rule is valid");
    }
    faults
}

/// A request of nobody in particular.
fn to<'a>(method: &'a str, entity_types: &'a [&'a str]) -> Target<'a> {
    Target { method, entity_types, caller: "" }
}

fn of(caller: &str) -> Target<'_> {
    Target { method: "read", entity_types: &[], caller }
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn no_rule_no_fault() {
    assert_eq!(Faults::new(0).strike(to("read", &[]), START), None);
}

#[test]
fn the_method_is_matched() {
    let mut faults = faults([Rule::new("read", Fault::Reset)]);
    assert!(faults.strike(to("read", &[]), START).is_some());
    assert!(faults.strike(to("create", &[]), START).is_none());
}

#[test]
fn the_entity_type_is_matched_also_within_a_batch() {
    let mut faults = faults([Rule::new("*", Fault::Hang).about("Shot")]);
    assert!(faults.strike(to("read", &["Shot"]), START).is_some());
    assert!(faults.strike(to("batch", &["Task", "Shot"]), START).is_some());
    assert!(faults.strike(to("read", &["Task"]), START).is_none());
    assert!(faults.strike(to("info", &[]), START).is_none());
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
        .filter(|millis| faults.strike(to("read", &[]), at(*millis)).is_some())
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
        (0..4).map(|_| faults.strike(to("read", &[]), START).map(|strike| strike.fault)).collect();
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
        (0..4_000).map(|_| faults.strike(to("read", &[]), START).is_some()).collect::<Vec<bool>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    let struck = run(1).iter().filter(|struck| **struck).count();
    assert!((900..1_100).contains(&struck), "{struck} of 4000 at probability 0.25");
}

#[test]
fn a_lost_answer_is_not_a_refused_request() {
    let moment = |rule| faults([rule]).strike(to("create", &[]), START).expect("it strikes").moment;
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
        "`probability` is 1.5; it must be from 0 to 1"
    );
    assert_eq!(
        refusal(Rule::new("*", Fault::status(200))),
        "`status` is 200; it must be from 300 to 599"
    );
    assert_eq!(
        refusal(Rule::new("read", Fault::RefuseConnection)),
        "`method` does not go with the fault `refuse-connection`, which strikes before there is a request"
    );
    assert_eq!(
        refusal(Rule::new("*", Fault::RateLimit { requests_per_second: 0.0, burst: None })),
        "`requests_per_second` is 0; it must be from 1/60 to 1000000"
    );
    assert_eq!(
        refusal(Rule::new("*", Fault::Trickle { bytes_per_second: 0 })),
        "`bytes_per_second` is 0; it must be at least 1"
    );
    assert_eq!(
        refusal(Rule::new("*", Fault::ContentType { content_type: "a\nb".to_owned() })),
        "`content_type` is \"a\\nb\"; it must be 1 to 200 visible ASCII characters or spaces"
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

#[test]
fn an_order_with_a_rule_that_cannot_be_followed_changes_nothing() {
    let mut faults = faults([Rule::new("*", Fault::Hang)]);
    let bad = Rule::new("*", Fault::Hang).with_probability(-1.0);
    let order = FaultOrder {
        clear: true,
        seed: Some(1),
        rules: vec![Rule::new("read", Fault::Reset), bad],
        ..FaultOrder::default()
    };
    let error = faults.follow(order, START).expect_err("the second rule is wrong");
    assert_eq!(error.to_string(), "rules[1]: `probability` is -1; it must be from 0 to 1");
    assert_eq!(faults.active().len(), 1);
    assert_eq!(faults.active()[0].rule.fault, Fault::Hang);
}

#[test]
fn one_rule_is_removed_and_the_others_go_on() {
    let mut faults = faults([
        Rule::new("read", Fault::Reset),
        Rule::new("*", Fault::Hang),
        Rule::new("create", Fault::Html),
    ]);
    faults.strike(of("ines"), START);
    let number = faults.active()[1].number;
    let order = FaultOrder { remove: vec![number, 99], ..FaultOrder::default() };
    faults.follow(order, START).expect("a rule that is not there is no error");
    let left: Vec<_> = faults.active().iter().map(|active| active.rule.fault.clone()).collect();
    assert_eq!(left, [Fault::Reset, Fault::Html]);
    assert_eq!(faults.active()[0].struck, 1, "what is left was not begun anew");
    faults.add(Rule::new("*", Fault::Hang), START).expect("the rule is valid");
    assert!(faults.active()[2].number > number, "numbers are not used again");
}

#[test]
fn a_caller_is_matched() {
    let mut faults = faults([Rule::new("*", Fault::Reset).of("nightly")]);
    assert!(faults.strike(of("nightly"), START).is_some());
    assert!(faults.strike(of("ines"), START).is_none());
    assert!(faults.strike(of(""), START).is_none());
}

#[test]
fn a_rule_can_let_requests_pass_first() {
    let mut rule = Rule::new("read", Fault::Reset).times(2);
    rule.skip = 3;
    let mut faults = faults([rule]);
    let struck: Vec<bool> = (0..7).map(|_| faults.strike(of("ines"), START).is_some()).collect();
    assert_eq!(struck, [false, false, false, true, true, false, false]);
    assert_eq!((faults.active()[0].met, faults.active()[0].struck), (5, 2));
}

#[test]
fn what_one_rule_meets_does_not_change_the_luck_of_another() {
    let lucky = |others: u32, seed| {
        let mut rule = Rule::new("create", Fault::Reset).with_probability(0.5);
        rule.seed = seed;
        let mut faults = faults([Rule::new("read", Fault::Hang).with_probability(0.5), rule]);
        (0..60)
            .map(|_| {
                for _ in 0..others {
                    faults.strike(to("read", &[]), START);
                }
                faults.strike(to("create", &[]), START).is_some()
            })
            .collect::<Vec<bool>>()
    };
    assert_eq!(lucky(0, None), lucky(5, None));
    assert_eq!(lucky(1, Some(4)), lucky(2, Some(4)));
    assert_ne!(lucky(0, Some(4)), lucky(0, Some(5)));
}

#[test]
fn a_seed_that_is_set_again_begins_again() {
    let mut faults = faults([
        Rule::new("read", Fault::Reset).with_probability(0.5),
        Rule::new("read", Fault::Hang).with_probability(0.5),
    ]);
    let mut run = |seed| {
        faults.reseed(seed);
        (0..50).map(|_| faults.strike(of(""), START)).collect::<Vec<Option<Strike>>>()
    };
    let first = run(3);
    assert_eq!(run(3), first);
    assert_ne!(run(4), first);
}

#[test]
fn each_caller_has_its_own_limit() {
    let limit = Fault::RateLimit { requests_per_second: 2.0, burst: Some(3) };
    let mut faults = faults([Rule::new("*", limit)]);
    let mut statuses = |caller, millis, count| {
        (0..count)
            .map(|_| faults.strike(of(caller), at(millis)).map(|strike| strike.fault))
            .collect::<Vec<Option<Fault>>>()
    };
    let refused = |seconds| Some(Fault::Status { status: 429, retry_after_seconds: Some(seconds) });
    assert_eq!(statuses("ines", 0, 4), [None, None, None, refused(1)]);
    assert_eq!(statuses("bo", 0, 1), [None], "others are not held up");
    assert_eq!(statuses("ines", 499, 1), [refused(1)]);
    assert_eq!(statuses("ines", 500, 2), [None, refused(1)], "two a second");
    assert_eq!(
        statuses("ines", 60_000, 4),
        [None, None, None, refused(1)],
        "no more than the burst"
    );
}

#[test]
fn a_slow_limit_says_how_long_to_wait() {
    let limit = Fault::RateLimit { requests_per_second: 0.1, burst: None };
    let mut faults = faults([Rule::new("*", limit)]);
    assert_eq!(faults.strike(of("ines"), START), None);
    let fault = faults.strike(of("ines"), at(2_500)).expect("it is too early").fault;
    assert_eq!(fault, Fault::Status { status: 429, retry_after_seconds: Some(8) });
}

#[test]
fn connections_are_refused_by_their_own_rules() {
    let mut faults =
        faults([Rule::new("*", Fault::Reset), Rule::new("*", Fault::RefuseConnection).times(2)]);
    let refused: Vec<bool> = (0..3).map(|_| faults.strike_connection(START)).collect();
    assert_eq!(refused, [true, true, false]);
    assert_eq!(faults.strike(of(""), START).expect("it strikes").fault, Fault::Reset);
    assert_eq!(faults.active()[0].struck, 1);
}
