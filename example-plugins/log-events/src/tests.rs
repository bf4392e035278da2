use cuebox_plugin::EntityRef;
use cuebox_plugin::testing::{EventBuilder, Harness, changed, created, retired, studio_event};

use super::register;

#[track_caller]
fn check(event: EventBuilder, line: &str) {
    let line = if cfg!(feature = "loud") {
        format!("*** {} ***", line.to_uppercase())
    } else {
        line.to_owned()
    };
    let delivery = Harness::new(register).deliver(event);
    assert_eq!(delivery.log_lines(), [line]);
    assert_eq!(delivery.writes, []);
}

#[test]
fn every_kind_of_event_is_one_line() {
    check(
        changed("Task", 5, "sg_status_list").name("Anim").status("wtg", "ip"),
        "7001 Jane changed sg_status_list of Task 5 Anim from wtg to ip, in Demo",
    );
    check(
        changed("Shot", 7, "sg_cut_in").from_to("number", None::<i64>, 1001).id(7_002),
        "7002 Jane changed sg_cut_in of Shot 7 from nothing to 1001, in Demo",
    );
    check(
        changed("Shot", 7, "tasks")
            .links(vec![EntityRef::new("Task", 5)], vec![EntityRef::new("Task", 6)]),
        "7001 Jane changed tasks of Shot 7, adding Task 5, removing Task 6, in Demo",
    );
    check(created("Shot", 7).name("sh010"), "7001 Jane created Shot 7 sh010, in Demo");
    check(retired("Shot", 7).project(None), "7001 Jane retired Shot 7");
    check(
        studio_event("Studio_Thing_Done"),
        "7001 Jane caused Studio_Thing_Done on nothing, in Demo",
    );
}
