use super::*;

fn digest(text: &str) -> RequestDigest {
    RequestDigest::of("create", "Note", &[text.as_bytes()])
}

fn effect(number: u32, text: &str, answer: Option<&str>) -> Effect {
    Effect {
        number,
        function: "create".to_owned(),
        subject: "Note".to_owned(),
        request: digest(text),
        answer: answer.map(str::to_owned),
    }
}

fn effects(remembered: Vec<Effect>) -> Effects {
    Effects::new(remembered, Arc::new(Forgetful))
}

fn ask(effects: &Effects, text: &str) -> Recall {
    effects.recall("create", "Note", digest(text))
}

#[test]
fn a_call_that_was_answered_gets_its_answer_once() {
    let effects = effects(vec![effect(1, "a", Some("1")), effect(2, "a", Some("2"))]);
    assert_eq!(ask(&effects, "a"), Recall::Answered("1".to_owned()));
    assert_eq!(ask(&effects, "a"), Recall::Answered("2".to_owned()));
    assert_eq!(ask(&effects, "a"), Recall::New(effect(3, "a", None)), "a third is a new one");
}

#[test]
fn the_order_of_calls_may_change() {
    let effects = effects(vec![effect(1, "a", Some("1")), effect(2, "b", Some("2"))]);
    assert_eq!(ask(&effects, "b"), Recall::Answered("2".to_owned()));
    assert_eq!(ask(&effects, "c"), Recall::New(effect(3, "c", None)));
    assert_eq!(ask(&effects, "a"), Recall::Answered("1".to_owned()));
    assert_eq!(ask(&effects, "d"), Recall::New(effect(4, "d", None)));
}

#[test]
fn a_call_without_answer_is_in_doubt() {
    let effects = effects(vec![effect(1, "a", None), effect(5, "b", None)]);
    assert_eq!(ask(&effects, "a"), Recall::InDoubt(effect(1, "a", None)));
    let left: Vec<_> = effects.left_open().iter().map(ToString::to_string).collect();
    assert_eq!(
        left,
        ["`create` of Note was not asked for again, and nobody knows whether it had been made"]
    );
    assert_eq!(ask(&effects, "c"), Recall::New(effect(6, "c", None)), "numbers are not used twice");
}

#[test]
fn what_is_asked_has_one_digest() {
    assert_eq!(digest("a"), digest("a"));
    let others = [
        digest("b"),
        RequestDigest::of("update", "Note", &[b"a"]),
        RequestDigest::of("create", "Shot", &[b"a"]),
        RequestDigest::of("create", "Not", &[b"ea"]),
        RequestDigest::of("create", "Note", &[b"a", b""]),
    ];
    assert!(others.iter().all(|other| *other != digest("a")));
}
