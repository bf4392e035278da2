use super::*;

fn callback(name: &str) -> callbacks::Callback {
    callbacks::Callback {
        name: name.to_owned(),
        filters: Vec::new(),
        on_error: None,
        coalesce: None,
    }
}

fn filter(event_type: &str) -> callbacks::Filter {
    callbacks::Filter { event_type: event_type.to_owned(), attributes: Vec::new() }
}

#[track_caller]
fn check_refused(registered: Vec<callbacks::Callback>, message: &str) {
    assert_eq!(check(registered).unwrap_err().to_string(), message);
}

#[test]
fn callbacks_keep_their_order() {
    let registration = check(vec![callback("b"), callback("a")]).unwrap();
    let names: Vec<&str> =
        registration.callbacks.iter().map(|callback| callback.name.as_str()).collect();
    assert_eq!(names, ["b", "a"]);
}

#[test]
fn what_cannot_be_used_is_refused() {
    check_refused(vec![], "it registers no callback");
    check_refused(vec![callback("a"), callback("a")], "callback `a` is registered twice");
    check_refused(
        vec![callback("a"), callback("b\n")],
        "callback number 2 has a name that is empty, longer than 200 bytes, or has control characters",
    );
    check_refused(
        (0..1001).map(|number| callback(&number.to_string())).collect(),
        "it registers 1001 callbacks, and 1000 is the limit",
    );
    let mut many = callback("a");
    many.filters = (0..1001).map(|_| filter("*")).collect();
    check_refused(vec![many], "callback `a` has 1001 filters, and 1000 is the limit");
    let mut empty = callback("a");
    empty.filters = vec![filter("")];
    check_refused(
        vec![empty],
        "a filter of callback `a` has an empty event type; write `*` for every type",
    );
}
