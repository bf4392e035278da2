use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::shotgun::Grants;
use crate::shotgun::grant::tests::any_grant;

fn effective(lines: &[&str]) -> Effective {
    Effective { granted: Arc::new(Grants::parse(lines.iter().copied()).unwrap()), requested: None }
}

fn write(operation: Operation, fields: &[&str], project: ProjectValue) -> Write {
    Write {
        operation,
        entity_type: "Task".to_owned(),
        id: (operation != Operation::Create).then_some(5),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        project,
    }
}

#[track_caller]
fn outside(decision: Result<Written, Refusal>) {
    assert!(matches!(decision, Err(Refusal::OutsideProjects { .. })), "{decision:?}");
}

#[test]
fn a_record_is_created_in_a_project_that_is_granted() {
    let granted = effective(&["create Task.content in project 70,71"]);
    let create = |fields, project| write(Operation::Create, fields, project).decide(&granted);
    let written = create(&["content", "project"], ProjectValue::Project(71)).unwrap();
    assert!(!written.needs_project);
    outside(create(&["content", "project"], ProjectValue::Project(72)));
    outside(create(&["content", "project"], ProjectValue::Other));
    outside(create(&["content"], ProjectValue::Unmentioned));
    outside(create(&[], ProjectValue::Unmentioned));
    assert!(matches!(
        create(&["content", "entity", "project"], ProjectValue::Project(70)),
        Err(Refusal::NotGranted { .. })
    ));
}

#[test]
fn a_record_that_is_changed_is_in_a_project_that_is_granted_and_stays_in_one() {
    let granted =
        effective(&["update+upload Task.* in project 70,71", "delete+revive Task in project 70"]);
    let update = |project| write(Operation::Update, &["project"], project).decide(&granted);
    assert!(update(ProjectValue::Project(71)).unwrap().needs_project);
    outside(update(ProjectValue::Project(72)));
    outside(update(ProjectValue::Other));
    for operation in [Operation::Update, Operation::Upload, Operation::Delete, Operation::Revive] {
        let write = write(operation, &[], ProjectValue::Unmentioned);
        let written = write.decide(&granted).unwrap();
        assert!(written.needs_project, "{operation}");
        let projects = &written.allowed.projects;
        assert_eq!(write.held(projects, Some(70)), Ok(()), "{operation}");
        assert!(write.held(projects, Some(72)).is_err(), "{operation}");
        assert!(write.held(projects, None).is_err(), "{operation}");
    }
}

#[test]
fn a_write_that_is_granted_everywhere_needs_no_project() {
    let granted = effective(&["update Task.content", "create Task.content"]);
    for operation in [Operation::Update, Operation::Create] {
        let write = write(operation, &["content"], ProjectValue::Unmentioned);
        assert!(!write.decide(&granted).unwrap().needs_project, "{operation}");
    }
}

#[test]
fn a_project_is_in_itself() {
    let granted = effective(&["update+create Project.sg_status in project 70"]);
    let of_project = |operation, id| {
        let write = write(operation, &["sg_status"], ProjectValue::Unmentioned);
        Write { entity_type: PROJECT.to_owned(), id, ..write }.decide(&granted)
    };
    assert!(!of_project(Operation::Update, Some(70)).unwrap().needs_project);
    outside(of_project(Operation::Update, Some(71)));
    outside(of_project(Operation::Create, None));
}

#[test]
fn a_refusal_for_the_project_does_not_say_whether_the_record_is_there() {
    let granted = effective(&["delete Task in project 70,71"]);
    let write = write(Operation::Delete, &[], ProjectValue::Unmentioned);
    let projects = write.decide(&granted).unwrap().allowed.projects;
    let expected =
        "cannot delete Task 5: it is in no project that this is granted in (project 70, 71)";
    for project in [None, Some(72)] {
        assert_eq!(write.held(&projects, project).unwrap_err().to_string(), expected);
    }
}

fn any_grants() -> impl Strategy<Value = Grants> {
    prop::collection::vec(any_grant(), 0..5).prop_map(Grants::from_iter)
}

fn any_write() -> impl Strategy<Value = Write> {
    let fields = prop::collection::vec(
        prop::sample::select(&["code", "entity", "project", "note"][..]).prop_map(str::to_owned),
        0..3,
    );
    let types = prop::sample::select(&["Task", "Shot", "Note", "Project"][..]);
    let operations = prop::sample::select(&Operation::ALL[1..6]);
    let projects = prop_oneof![
        2 => (70_u64..74).prop_map(ProjectValue::Project),
        1 => Just(ProjectValue::Other),
    ];
    (operations, types, fields, projects).prop_map(
        |(operation, entity_type, mut fields, project)| {
            if matches!(operation, Operation::Delete | Operation::Revive) {
                fields.clear();
            }
            let is_set = fields.iter().any(|field| field == "project");
            Write {
                operation,
                entity_type: entity_type.to_owned(),
                id: (operation != Operation::Create).then_some(71),
                project: if is_set { project } else { ProjectValue::Unmentioned },
                fields,
            }
        },
    )
}

/// Whether a write is made of a record in this project.
fn is_made(write: &Write, effective: &Effective, project: Option<u64>) -> bool {
    write.decide(effective).is_ok_and(|written| {
        !written.needs_project || write.held(&written.allowed.projects, project).is_ok()
    })
}

proptest! {
    #[test]
    fn what_both_allow_is_what_each_allows_and_fewer_lines_allow_no_more(
        granted in any_grants(),
        requested in any_grants(),
        index in 0_usize..5,
        write in any_write(),
        project in prop::option::of(70_u64..74),
    ) {
        let alone = |granted: &Grants| Effective { granted: Arc::new(granted.clone()), requested: None };
        let both = Effective { requested: Some(Arc::new(requested.clone())), ..alone(&granted) };
        if is_made(&write, &both, project) {
            prop_assert!(is_made(&write, &alone(&granted), project));
            prop_assert!(is_made(&write, &alone(&requested), project));
        }
        let fewer: Grants =
            granted.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, line)| line.clone()).collect();
        if is_made(&write, &alone(&fewer), project) {
            prop_assert!(is_made(&write, &alone(&granted), project));
        }
    }

    #[test]
    fn a_write_that_is_made_sets_only_fields_and_projects_of_its_lines(
        granted in any_grants(),
        write in any_write(),
        project in prop::option::of(70_u64..74),
    ) {
        let effective = Effective { granted: Arc::new(granted), requested: None };
        if is_made(&write, &effective, project) {
            for field in &write.fields {
                let need = Need::of(write.operation, &write.entity_type, Some(field));
                let covered = effective.granted.cover(&need).expect("a line holds it").projects;
                let is_inside = match write.project {
                    ProjectValue::Project(id) => covered.holds(Some(id)),
                    ProjectValue::Other => covered == Projects::Any,
                    ProjectValue::Unmentioned => true,
                };
                let was_inside = match write.operation {
                    Operation::Create => true,
                    _ if write.entity_type == PROJECT => covered.holds(write.id),
                    _ => covered.holds(project),
                };
                prop_assert!(is_inside && was_inside, "{}", effective.granted);
            }
        }
    }
}
