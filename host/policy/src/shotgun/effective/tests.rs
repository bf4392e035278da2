use super::*;

fn effective(granted: &[&str], requested: Option<&[&str]>) -> Effective {
    let parse = |lines: &[&str]| Arc::new(Grants::parse(lines.iter().copied()).unwrap());
    Effective { granted: parse(granted), requested: requested.map(parse) }
}

#[test]
fn nothing_is_granted_by_default() {
    for operation in Operation::ALL {
        let need = Need::of(operation, "Shot", Some("code"));
        assert!(Effective::default().allow(&[need].into()).is_err(), "{operation}");
    }
    let asks_only = effective(&[], Some(&["write"]));
    assert!(!asks_only.reads("Shot", "code", None), "asking grants nothing");
}

#[test]
fn projects_are_those_that_both_sides_and_all_fields_have_in_common() {
    let effective = effective(
        &["read Task.content in project 70,71", "read Task.entity in project 71,72"],
        Some(&["read Task.*"]),
    );
    let needs = [Need::read("Task", "content"), Need::read("Task", "entity")];
    assert_eq!(effective.allow(&needs.into()).unwrap(), Projects::Only([71].into()));
}

#[test]
fn a_name_is_read_with_the_field_that_it_is_made_of() {
    let granted = effective(&["read Shot.code", "read Task.content in project 70"], None);
    assert!(granted.reads_name("Shot", 1, None));
    assert!(granted.reads_name("Task", 1, Some(70)));
    assert!(!granted.reads_name("Task", 1, Some(71)));
    assert!(!granted.reads_name("Task", 1, None), "where it is not known where it is");
    assert!(!granted.reads_name("HumanUser", 1, None));
    assert!(!granted.reads_name("CustomEntity01", 1, None));
    let of_projects = effective(&["read Project.name in project 70"], None);
    assert!(of_projects.reads_name("Project", 70, None), "a project is in itself");
    assert!(!of_projects.reads_name("Project", 71, None));
}

#[test]
fn only_lines_for_all_of_it_read_everything() {
    assert!(effective(&["read"], None).reads_everything());
    assert!(effective(&["write"], Some(&["read"])).reads_everything());
    assert!(effective(&["read *.*"], None).reads_everything());
    assert!(!effective(&["read *.* in project 70"], None).reads_everything());
    assert!(!effective(&["read Task.*"], None).reads_everything());
    assert!(!effective(&["read *.code"], None).reads_everything());
    assert!(!effective(&["write"], Some(&["read Task.*"])).reads_everything());
}
