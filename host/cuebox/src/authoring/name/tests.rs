use super::check;

#[track_caller]
fn refused(name: &str, rule: &str) {
    let error = check(name).expect_err(name);
    assert!(error.contains(rule), "{name}: {error}");
}

#[test]
fn names_that_every_language_takes_are_taken() {
    for name in ["a", "roll-up", "notes2slack", &"a".repeat(60)] {
        assert_eq!(check(name), Ok(()), "{name}");
    }
}

#[test]
fn other_names_are_told_the_rule() {
    for name in ["", "2d", "Roll-up", "roll_up", "roll up", "../x", "ö"] {
        refused(name, "must begin with a letter");
    }
    refused("roll-", "must not end with a -");
    refused("roll--up", "two of them in a row");
    refused(&"a".repeat(61), "has 61 characters, and 60 is the limit");
    refused("test", "is taken");
}
