use cuebox_plugin::prelude::*;
use cuebox_plugin::testing::{EventBuilder, Harness, changed};

use super::{LATER, register};

const URL: &str = "https://hooks.example.com/services/x";

fn approved() -> EventBuilder {
    changed("Version", 30, "sg_status_list").name("sh010_v002").status("rev", "apr")
}

fn harness() -> Harness {
    Harness::new(register).setting("url", URL)
}

#[test]
fn an_approved_version_is_announced() {
    let delivery = harness().answer_http(200, "ok").deliver(approved());
    assert_eq!(delivery.outcome(), Outcome::Done);
    assert_eq!(
        delivery.requests,
        [http::post(URL).json(json!({ "text": "sh010_v002 is approved" }))]
    );
}

#[test]
fn other_statuses_are_not_announced() {
    let delivery = harness().deliver(changed("Version", 30, "sg_status_list").status("apr", "rev"));
    assert_eq!(delivery.outcome(), Outcome::skipped("the Version is not approved"));
    assert_eq!(delivery.requests, []);
}

#[test]
fn a_chat_that_is_busy_is_asked_later_and_one_that_refuses_is_not() {
    let end = |status| harness().answer_http(status, "").deliver(approved()).outcome();
    assert_eq!(end(503), Outcome::RetryAfter(LATER));
    assert_eq!(end(429), Outcome::RetryAfter(LATER));
    assert_eq!(end(404), Outcome::rejected("the chat answered 404"));
    assert_eq!(end(307), Outcome::rejected("the chat answered 307"));
}

#[test]
fn what_is_denied_is_a_failure() {
    let denied = Error::Denied("POST https://hooks.example.com".to_owned());
    assert_eq!(harness().fail_http(denied.clone()).deliver(approved()).error(), denied);
}

#[test]
fn an_address_is_required() {
    let error = Harness::new(register).register().err().expect("there is none");
    assert_eq!(error.to_string(), "setting `url` is required and missing");
}
