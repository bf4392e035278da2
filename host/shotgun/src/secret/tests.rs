use super::*;

#[test]
fn debug_is_blank() {
    assert_eq!(format!("{:?}", Secret::new("k3y")), "[hidden]");
    assert_eq!(format!("{:#?}", Some(Secret::new("k3y"))), "Some(\n    [hidden],\n)");
}

#[test]
fn redaction_blanks_every_occurrence() {
    assert_eq!(Secret::new("k3y").redact("k3y and \"k3y\""), "[hidden] and \"[hidden]\"");
}

#[test]
fn an_empty_secret_blanks_nothing() {
    assert_eq!(Secret::new("").redact("text"), "text");
}
