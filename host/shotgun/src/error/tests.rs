use super::*;

#[test]
fn a_fault_prints_what_is_wrong_and_not_the_values() {
    let fault = Fault::new(
        104,
        "API update() CRUD ERROR #51: Update failed for [Shot.code]: 'salary 5000' is bad",
    );
    assert_eq!(fault.to_string(), "code 104, API update() CRUD ERROR #51");
    assert!(!format!("{fault:?}").contains("5000"));
    assert!(fault.message().contains("5000"), "the caller gets the whole text");

    let fault = Fault::new(102, "Can't authenticate script 'evt_status'");
    assert_eq!(fault.to_string(), "code 102, Can't authenticate script 'evt_status'");
}

#[test]
fn a_long_message_is_cut_between_characters() {
    let fault = Fault::new(103, &"ä".repeat(5000));
    assert_eq!(fault.message().len(), MESSAGE_BYTES_MAX);
    assert_eq!(fault.shown().chars().count(), SHOWN_CHARS_MAX);
}

#[track_caller]
fn check_status(status: u16, transient: bool, in_doubt: bool) {
    let error = CallError::Status { peer: "http://site".to_owned(), status, retry_after: None };
    assert_eq!(
        (error.is_transient(), error.is_in_doubt()),
        (transient, in_doubt),
        "status {status}"
    );
    assert!(error.may_have_arrived());
}

#[test]
fn a_status_says_whether_to_ask_again_and_whether_it_was_done() {
    check_status(302, false, false);
    check_status(401, false, false);
    check_status(403, false, false);
    check_status(404, false, false);
    check_status(408, true, true);
    check_status(429, true, false);
    check_status(500, true, true);
    check_status(501, false, true);
    check_status(502, true, true);
    check_status(503, true, true);
    check_status(504, true, true);
}
