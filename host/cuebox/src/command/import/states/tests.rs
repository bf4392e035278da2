use std::collections::BTreeSet;

use eventlog::EventId;

use super::super::pickle::tests::{STATES, STATES_PYTHON_2, bytes};
use super::{State, States};

fn state(last: u64, backlog: &[u64]) -> State {
    State { last: EventId(last), backlog: backlog.iter().copied().map(EventId).collect() }
}

fn refused(bytes: &[u8]) -> String {
    States::read(bytes).expect_err("it is refused").to_string()
}

#[test]
fn the_states_of_every_python_are_read() {
    let files = STATES.iter().map(|hex| bytes(hex)).chain([STATES_PYTHON_2.to_vec()]);
    for file in files {
        let states = States::read(&file).expect("it can be read");
        assert_eq!(states.of("/sg/plugins", "logArgs"), Some(state(1234, &[1230, 1231])));
        assert_eq!(states.of("/sg/plugins", "roll"), Some(state(70_000, &[])));
        assert_eq!(states.of("/sg/plugins", "new"), None, "the folder is known, the plugin is new");
        let known: Vec<_> = states.plugins().collect();
        assert_eq!(known, [("/sg/plugins", "logArgs"), ("/sg/plugins", "roll")]);
    }
}

#[test]
fn the_old_form_is_one_event_for_all() {
    for text in [&b"4711\n"[..], b"4711", b"I4711\n."] {
        let states = States::read(text).expect("it can be read");
        assert_eq!(states, States::Same(EventId(4711)));
        assert_eq!(states.of("/anywhere", "any"), Some(state(4711, &[])));
    }
}

#[test]
fn a_moved_folder_is_found_by_the_plugins_names() {
    // {"/a": {"x": (5, {3: None})}, "/b": {"x": (9, {}), "never": (None, {})}, "/empty": {}}
    let pickled = b"(dS'/a'\n(dS'x'\n(I5\n(dI3\nNstssS'/b'\n(dS'x'\n(I9\n(dtsS'never'\n(N(dtssS'/empty'\n(ds.";
    let states = States::read(pickled).expect("it can be read");
    assert_eq!(states.of("/a", "x"), Some(state(5, &[3])));
    assert_eq!(states.of("/moved", "x"), Some(state(9, &[])), "the furthest");
    assert_eq!(states.of("/empty", "x"), Some(state(9, &[])));
    assert_eq!(states.of("/b", "never"), None);
    assert_eq!(states.plugins().map(|(_, name)| name).collect::<BTreeSet<_>>(), ["x"].into());
}

#[test]
fn what_is_not_of_that_form_is_named() {
    assert_eq!(refused(b""), "it is empty");
    assert_eq!(refused(b" \n"), "it is empty");
    assert_eq!(refused(b"(l."), "the whole is a list, and must be a dictionary of folders");
    assert_eq!(
        refused(b"(dS'/a'\nI1\ns."),
        "what it holds of /a is a number, and must be a dictionary of plugins"
    );
    assert_eq!(
        refused(b"(dS'/a'\n(dS'x'\nS'y'\nss."),
        "plugin x in /a is a text, and must be the last event and a dictionary of those that are waited for"
    );
    assert_eq!(
        refused(b"(dS'/a'\n(dS'x'\n(I-5\n(dtss."),
        "plugin x in /a is -5, and must be an event's number"
    );
    assert_eq!(
        refused(b"(dS'/a'\n(dS'x'\n(I5\n(dS'q'\nNstss."),
        "what is waited for by plugin x in /a is a text, and must be a number"
    );
    assert_eq!(
        refused(b"99999999999999999999999999999999999999999999"),
        format!("the number in it is {}, and must be an event's number", i128::MAX)
    );
    assert!(refused(b"garbage").starts_with("byte 0: "), "{}", refused(b"garbage"));
}
