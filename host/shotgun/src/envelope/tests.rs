use super::*;
use crate::secret::Secret;

#[track_caller]
fn check(body: &str, expected: &str) {
    let asked = Asked { peer: "http://site", method: "read", caller: None };
    let answer = match asked.results(body) {
        Ok(results) => results.get().to_owned(),
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(answer, expected);
}

#[test]
fn results_are_taken_out_of_the_envelope() {
    check(r#"{"results": {"a": 1.0}, "more": 1}"#, r#"{"a": 1.0}"#);
    check(r#"{"results":null}"#, "null");
    check(r#"{"results":[],"exception":false}"#, "[]");
}

#[test]
fn a_document_without_results_is_its_own_content() {
    check(r#"{"version":[8,50,0]}"#, r#"{"version":[8,50,0]}"#);
    check("[1]", "[1]");
    check("7", "7");
}

#[test]
fn an_exception_is_a_refusal() {
    check(
        r#"{"exception":true,"message":"API read() Shot.x doesn't exist.","error_code":103}"#,
        "error: http://site refused `read`: code 103, API read() Shot.x doesn't exist",
    );
    check(r#"{"exception":1}"#, "error: http://site refused `read`: code 0, no message");
    check(
        r#"{"exception":true,"message":5,"error_code":"x","results":1}"#,
        "error: http://site refused `read`: code 0, no message",
    );
}

#[test]
fn what_is_not_json_is_described_and_not_repeated() {
    check("<html>secret", "error: http://site answered with html instead of json");
    check(
        r#"{"results":"secr"#,
        "error: http://site answered with a document that ends at line 1 column 16 instead of json",
    );
    check(
        "secret",
        "error: http://site answered with a document that breaks the rules at line 1 column 1 instead of json",
    );
}

#[test]
fn a_key_that_the_site_repeats_is_blanked() {
    let caller = Caller::script("evt", Secret::new("k3y"));
    let asked = Asked { peer: "http://site", method: "read", caller: Some(&caller) };
    let error = asked
        .results(r#"{"exception":true,"message":"bad key k3y","error_code":102}"#)
        .expect_err("refused");
    assert_eq!(error.fault().map(Fault::message), Some("bad key [hidden]"));
}
