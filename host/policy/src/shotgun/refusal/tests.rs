use std::sync::Arc;

use crate::Phase;
use crate::shotgun::*;

#[track_caller]
fn check(refusal: Refusal, expected: &str) {
    assert_eq!(refusal.to_string(), expected);
}

fn refused(granted: &[&str], requested: Option<&[&str]>, needs: &[Need]) -> Refusal {
    let parse = |lines: &[&str]| Arc::new(Grants::parse(lines.iter().copied()).unwrap());
    let effective = Effective { granted: parse(granted), requested: requested.map(parse) };
    effective.allow(&needs.iter().cloned().collect()).expect_err("it is refused")
}

#[test]
fn a_refusal_names_all_that_is_missing_and_the_lines_to_write() {
    let needs = [
        Need::read("Task", "entity"),
        Need::read("Shot", "code"),
        Need::read("Shot", "sg_status_list"),
        Need::of(Operation::Update, "Task", None),
        Need::of(Operation::Delete, "Note", None),
        Need::of(Operation::Upload, "Version", None),
    ];
    let refusal = refused(&["read Task.entity"], None, &needs);
    check(
        refusal.clone(),
        "cannot read Shot.code, read Shot.sg_status_list, update Task, upload Version, delete Note: not granted; add \
         \"read Shot.code,sg_status_list\", \"update Task.id\", \"upload Version.*\", \"delete Note\" to `shotgun` under \
         [plugin.NAME.grant]",
    );
    assert!(refusal.clone().for_plugin("flip-2").to_string().ends_with("[plugin.flip-2.grant]"));
    assert!(refusal.for_plugin("odd.name").to_string().ends_with("[plugin.\"odd.name\".grant]"));
}

#[test]
fn one_line_is_enough_for_a_field_and_its_record() {
    check(
        refused(&[], None, &[Need::of(Operation::Read, "Shot", None), Need::read("Shot", "code")]),
        "cannot read Shot.code: not granted; add \"read Shot.code\" to `shotgun` under [plugin.NAME.grant]",
    );
    check(
        refused(&[], None, &[Need::of(Operation::Read, "Shot", None)]),
        "cannot read Shot: not granted; add \"read Shot.id\" to `shotgun` under [plugin.NAME.grant]",
    );
}

#[test]
fn what_the_author_did_not_ask_for_is_refused_whatever_is_granted() {
    check(
        refused(&["write"], Some(&["read Task.content"]), &[Need::read("Task", "entity")]),
        "cannot read Task.entity: the plugin does not ask for it; add \"read Task.entity\" to `shotgun` in its \
         plugin.toml",
    );
}

#[test]
fn what_is_granted_in_projects_apart_is_refused_together() {
    let lines = ["read Task.content in project 70", "read Task.entity in project 71"];
    let needs = [Need::read("Task", "content"), Need::read("Task", "entity")];
    check(
        refused(&lines, None, &needs),
        "cannot read Task.content, read Task.entity together: each is granted in other projects than the rest",
    );
}

#[test]
fn a_method_with_a_function_of_its_own_is_not_offered_a_line() {
    check(
        refused(&[], None, &[Need::of(Operation::Call, "summarize", None)]),
        "cannot call `summarize` by its name: use the function of the connection, which is granted by `read TYPE.FIELD`",
    );
    check(
        refused(&[], None, &[Need::of(Operation::Call, "followers", None)]),
        "cannot call followers: not granted; add \"call followers\" to `shotgun` under [plugin.NAME.grant]",
    );
}

#[test]
fn a_refusal_for_the_phase_offers_no_grant() {
    let allow = |phase, need: &Need| Effective::allow_in_phase(phase, need);
    check(
        allow(Phase::Outside, &Need::read("Shot", "code")).unwrap_err(),
        "cannot read Shot.code: the connection works only inside `register` and `handle`",
    );
    check(
        allow(Phase::Register, &Need::of(Operation::Update, "Shot", Some("code"))).unwrap_err(),
        "cannot update Shot.code: inside `register` the connection only reads; write in `handle`",
    );
    for operation in Operation::ALL {
        let need = Need::of(operation, "follow", None);
        assert!(allow(Phase::Outside, &need).is_err(), "{operation}");
        assert_eq!(allow(Phase::Register, &need).is_ok(), !need.changes(), "{operation}");
        assert!(allow(Phase::Handle, &need).is_ok(), "{operation}");
    }
}

#[test]
fn names_from_a_guest_are_cut_and_cleaned() {
    let name = format!("\u{1b}[2J\n{}", "x".repeat(1000));
    let needs: Vec<_> = (0..100).map(|id| Need::read(&name, &format!("{id}{name}"))).collect();
    let text = refused(&[], None, &needs).to_string();
    assert!(text.starts_with("cannot read ?[2J?xxx"), "{text}");
    assert!(text.contains("92 more"), "{text}");
    assert!(!text.contains(char::is_control), "{text}");
    assert!(text.chars().count() < 3000, "{text}");
}
