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
        let projects = &written.projects;
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
    let projects = write.decide(&granted).unwrap().projects;
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

fn of_task_or_project(write: Write) -> Write {
    let entity_type = if write.entity_type == PROJECT { PROJECT } else { "Task" };
    Write { entity_type: entity_type.to_owned(), ..write }
}

/// A line that has to do with many of these writes.
fn line_about_writes() -> impl Strategy<Value = String> {
    let subjects = || prop::sample::select(&["Task", "Project", "*"][..]);
    let fields = prop_oneof![
        Just("*".to_owned()),
        prop::sample::subsequence(vec!["code", "entity", "project", "note"], 1..4)
            .prop_map(|fields| fields.join(",")),
    ];
    let projects = prop_oneof![
        2 => Just(String::new()),
        3 => prop::sample::subsequence(vec!["70", "71", "72"], 1..3)
            .prop_map(|ids| format!(" in project {}", ids.join(","))),
    ]
    .boxed();
    let operations = prop::sample::select(&["create+update", "update+upload", "create"][..]);
    prop_oneof![
        6 => (operations, subjects(), fields, projects.clone())
            .prop_map(|(operations, subject, fields, at)| format!("{operations} {subject}.{fields}{at}")),
        1 => (subjects(), projects).prop_map(|(subject, at)| format!("delete+revive {subject}{at}")),
        1 => Just("write".to_owned()),
    ]
}

/// Whether a write is made of a record in this project.
fn is_made(write: &Write, effective: &Effective, project: Option<u64>) -> bool {
    write.decide(effective).is_ok_and(|written| {
        !written.needs_project || write.held(&written.projects, project).is_ok()
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
    fn where_one_thing_is_allowed_is_where_a_call_for_it_alone_is(
        granted in any_grants(),
        requested in prop::option::of(any_grants()),
        write in any_write(),
    ) {
        let requested = requested.map(Arc::new);
        let effective = Effective { granted: Arc::new(granted), requested };
        for need in write.needs() {
            let alone = effective.allow(&[need.clone()].into());
            let nowhere = Projects::Only(BTreeSet::new());
            prop_assert_eq!(effective.projects(&need), alone.unwrap_or(nowhere));
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
                let covered = effective.granted.cover(&need).expect("a line holds it");
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

proptest! {
    // It takes a record that is moved, and lines about just that.
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// Evidence names lines by their places: what stands there, and nothing else, allows the write.
    #[test]
    fn the_lines_in_the_places_that_are_named_allow_the_write_by_themselves(
        written in prop::collection::vec(line_about_writes(), 1..6),
        write in any_write().prop_map(of_task_or_project),
        project in prop::option::of(70_u64..73),
    ) {
        let with = |indices: &[usize]| {
            let lines = indices.iter().map(|index| written[*index].as_str());
            Effective { granted: Arc::new(Grants::parse(lines).unwrap()), requested: None }
        };
        let all: Vec<usize> = (0..written.len()).collect();
        let effective = with(&all);
        if !is_made(&write, &effective, project) {
            return Ok(());
        }
        let needs_project = write.decide(&effective).unwrap().needs_project;
        // It is not asked for where it decides nothing.
        let known = project.filter(|_| needs_project);
        let named = write.allowed_by(&effective.granted, known);
        let named: Vec<usize> = named.iter().map(|(place, _)| place.index.unwrap()).collect();
        prop_assert!(is_made(&write, &with(&named), project), "{written:?}: {named:?} together");
        let alone = |index: &usize| is_made(&write, &with(&[*index]), project);
        if write.fields.len() <= 1 && all.iter().any(alone) {
            prop_assert!(named.iter().all(alone), "{written:?}: {named:?}, each alone");
        }
        for index in &named {
            let of_field = |field: &String| Write { fields: vec![field.clone()], ..write.clone() };
            let mut parts: Vec<_> = write.fields.iter().map(of_field).collect();
            parts.push(write.clone());
            let is_moved = write.id.is_some() && write.project != ProjectValue::Unmentioned;
            let allows = parts.iter().any(|part| is_made(part, &with(&[*index]), project));
            prop_assert!(allows || is_moved, "{written:?}: {index} allows nothing of it");
        }
    }
}

#[test]
fn each_line_that_a_write_needs_is_named_once() {
    let lines = [
        "update Task.content in project 71",
        "update Task.content in project 70",
        "update Task.entity",
        "update Task.content in project 70",
        "delete Task",
        "update Task.project in project 70",
        "update Task.project in project 71,72",
    ];
    let granted = Grants::parse(lines)
        .unwrap()
        .at(|index| Place { index: Some(index), file_line: Some(10 + index) });
    let named = |fields: &[&str], project| -> Vec<String> {
        let named = write(Operation::Update, fields, project);
        let named = named.allowed_by(&granted, Some(70));
        named.iter().map(|(place, grant)| format!("{place}: {grant}")).collect()
    };
    assert_eq!(
        named(&["content", "entity"], ProjectValue::Unmentioned),
        ["[1] (line 11): update Task.content in project 70", "[2] (line 12): update Task.entity"]
    );
    assert_eq!(
        named(&["project"], ProjectValue::Project(71)),
        [
            "[5] (line 15): update Task.project in project 70",
            "[6] (line 16): update Task.project in project 71,72"
        ],
        "it comes from the one into the other"
    );
}
