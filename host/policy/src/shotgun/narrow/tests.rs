use std::cell::Cell;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::shotgun::{Fields, Grant, Grants, Subject};

use site::{FIELDS, Key, Site, Value, name_field, schema};

mod site;

/// Paths that questions are made of, from a Task and from a Shot.
const TASK_PATHS: [&str; 17] = [
    "id",
    "content",
    "status",
    "entity",
    "shots",
    "project",
    "cached_display_name",
    "project.Project.name",
    "entity.Shot.code",
    "entity.Shot.note",
    "entity.Shot.project",
    "entity.Shot.boss",
    "entity.Shot.boss.HumanUser.login",
    "entity.Shot.tasks.Task.status",
    "shots.Shot.code",
    "shots.Shot.note",
    "shots.Shot.boss.HumanUser.name",
];
const SHOT_PATHS: [&str; 10] = [
    "code",
    "note",
    "boss",
    "tasks",
    "project",
    "boss.HumanUser.name",
    "boss.HumanUser.login",
    "tasks.Task.status",
    "tasks.Task.entity.Shot.note",
    "project.Project.id",
];
const REVERSE_PATHS: [&str; 3] = [
    "$FROM$Task.entity.status",
    "$FROM$Task.shots.content",
    "$FROM$Task.entity.project.Project.name",
];

const LETTERS: [&str; 3] = ["a", "b", "c"];

fn any_value(kind: FieldKind, target: &'static str) -> BoxedStrategy<Value> {
    let link = (1_u64..4).prop_map(move |id| (target, id));
    match kind {
        _ if target == "Project" => (1_u64..4).prop_map(|id| Value::Link(("Project", id))).boxed(),
        FieldKind::Plain => prop_oneof![
            1 => Just(Value::Null),
            5 => prop::sample::select(&LETTERS[..]).prop_map(|text| Value::Text(text.into())),
        ]
        .boxed(),
        FieldKind::Link => {
            prop_oneof![1 => Just(Value::Null), 5 => link.prop_map(Value::Link)].boxed()
        }
        FieldKind::Links => prop::collection::vec(link, 0..3).prop_map(Value::Links).boxed(),
    }
}

/// A value for every field of three records of each type, and of one more.
fn any_site() -> impl Strategy<Value = Site> {
    let mut cells = Vec::new();
    for (entity_type, field, kind, target) in FIELDS {
        for id in 1..=4 {
            cells.push(
                any_value(kind, target).prop_map(move |value| ((entity_type, id), field, value)),
            );
        }
    }
    cells.prop_map(|cells| {
        let mut site = Site::default();
        for (key, field, value) in cells {
            site.0.entry(key).or_default().insert(field, value);
        }
        site
    })
}

fn any_line() -> impl Strategy<Value = Grant> {
    let types = prop_oneof![
        1 => Just(Subject::Any),
        8 => prop::sample::select(&["Task", "Shot", "Task", "Shot", "HumanUser", "Project"][..])
            .prop_map(|name| Subject::Named(name.to_owned())),
    ];
    let names: Vec<&str> =
        FIELDS.iter().map(|(_, field, ..)| *field).chain(["cached_display_name"]).collect();
    let fields = prop_oneof![
        3 => Just(Fields::Any),
        5 => prop::collection::btree_set(prop::sample::select(names), 1..6)
            .prop_map(|names| Fields::Named(names.into_iter().map(str::to_owned).collect())),
    ];
    let projects = prop_oneof![
        2 => Just(Projects::Any),
        3 => prop::collection::btree_set(1_u64..4, 1..3).prop_map(Projects::Only),
    ];
    (types, fields, projects).prop_map(|(types, fields, projects)| {
        Grant::line([Operation::Read].into(), types, Some(fields), projects).expect("the parts fit")
    })
}

fn any_effective() -> impl Strategy<Value = Effective> {
    let lines = || {
        prop::collection::vec(any_line(), 1..6).prop_map(|lines| Arc::new(Grants::from_iter(lines)))
    };
    let requested = prop_oneof![4 => Just(None), 1 => lines().prop_map(Some)];
    (lines(), requested).prop_map(|(granted, requested)| Effective { granted, requested })
}

fn any_filter(paths: Vec<&'static str>) -> impl Strategy<Value = Filter<Value>> {
    let relations = &["is", "is_not", "less_than", "name_is", "name_is_not"][..];
    let values = prop_oneof![
        4 => prop::sample::select(&LETTERS[..]).prop_map(|text| Value::Text(text.to_owned())),
        1 => Just(Value::Null),
        1 => (1_u64..4).prop_map(|id| Value::Link(("Shot", id))),
    ];
    let condition = (prop::sample::select(paths), prop::sample::select(relations), values);
    let condition = condition.prop_map(|(path, relation, values)| {
        Filter::Condition(Condition {
            path: path.to_owned(),
            relation: relation.to_owned(),
            has_text: matches!(values, Value::Text(_)),
            values,
        })
    });
    condition.prop_recursive(3, 6, 3, |inner| {
        let filters = prop::collection::vec(inner, 0..3);
        prop_oneof![filters.clone().prop_map(Filter::All), filters.prop_map(Filter::Any)]
    })
}

fn any_question() -> impl Strategy<Value = Question<Value>> {
    prop_oneof![Just("Task"), Just("Shot")].prop_flat_map(|entity_type| {
        let paths = if entity_type == "Task" { TASK_PATHS.to_vec() } else { SHOT_PATHS.to_vec() };
        let mut for_filters = paths.clone();
        if entity_type == "Shot" {
            for_filters.extend(REVERSE_PATHS);
        }
        let filter = prop_oneof![
            1 => Just(Filter::All(Vec::new())),
            3 => any_filter(for_filters),
        ];
        let some = |max| {
            prop::collection::vec(
                prop::sample::select(paths.clone()).prop_map(str::to_owned),
                0..max,
            )
        };
        let few = || prop_oneof![3 => Just(Vec::new()), 1 => some(2)];
        (filter, some(4), few(), few(), few()).prop_map(
            move |(filter, fields, order, summaries, grouping)| Question {
                entity_type: entity_type.to_owned(),
                filter,
                fields,
                order,
                summaries,
                grouping,
            },
        )
    })
}

/// Whether the plugin may know what a record holds in a field. The project that a record is in is never changed: it decides what
/// may be known.
fn may_know(effective: &Effective, site: &Site, key: Key, field: &str) -> bool {
    field == "project"
        || effective.reads(key.0, field, site.project(key))
        || (field == name_field(key.0)
            && effective.reads(key.0, "cached_display_name", site.project(key)))
}

/// The site with other values, and without records, where the plugin may not know of them.
fn as_unknown(effective: &Effective, site: &Site, other: &Site) -> Site {
    let mut changed = site.clone();
    for (key, row) in &mut changed.0 {
        for (field, value) in row {
            if !may_know(effective, site, *key, field) {
                *value = other.0[key][field].clone();
            }
        }
    }
    // Nothing links to the last record of each type.
    changed.0.retain(|key, _| key.1 < 4 || effective.reads(key.0, "id", site.project(*key)));
    changed
}

#[test]
fn an_answer_depends_on_nothing_that_is_not_granted() {
    let answered = Cell::new(0);
    let narrowed_over_links = Cell::new(0);
    let cases = 20_000;
    let mut runner = TestRunner::new_with_rng(
        Config { cases, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let world = (any_effective(), any_question(), any_site(), any_site());
    let result = runner.run(&world, |(effective, question, site, other)| {
        let Ok(narrowed) = question.clone().narrow(&effective, &schema()) else { return Ok(()) };
        answered.set(answered.get() + 1);
        narrowed_over_links.set(narrowed_over_links.get() + u32::from(!narrowed.checks.is_empty()));
        let changed = as_unknown(&effective, &site, &other);
        prop_assert_eq!(
            site.answer(&question, &narrowed, &effective),
            changed.answer(&question, &narrowed, &effective),
            "{:?}",
            narrowed
        );
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(answered.get() > cases / 10, "only {} of {cases} were answered", answered.get());
    assert!(narrowed_over_links.get() > 100, "only {} over links", narrowed_over_links.get());
}

proptest! {
    #[test]
    fn what_both_allow_is_what_each_allows(effective in any_effective(), question in any_question()) {
        if question.clone().narrow(&effective, &schema()).is_ok() {
            let granted = Effective { granted: effective.granted.clone(), requested: None };
            prop_assert!(question.clone().narrow(&granted, &schema()).is_ok());
            if let Some(requested) = effective.requested {
                let requested = Effective { granted: requested, requested: None };
                prop_assert!(question.narrow(&requested, &schema()).is_ok());
            }
        }
    }
}

fn decide(
    lines: &[&str],
    entity_type: &str,
    fields: &[&str],
    condition: Option<&str>,
) -> Result<Narrowed<Value>, Undecided> {
    let granted = Arc::new(Grants::parse(lines.iter().copied()).unwrap());
    let condition = condition.map(|path| {
        Filter::Condition(Condition {
            path: path.to_owned(),
            relation: "is".to_owned(),
            values: Value::Null,
            has_text: false,
        })
    });
    let question = Question {
        entity_type: entity_type.to_owned(),
        filter: Filter::All(condition.into_iter().collect()),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        order: Vec::new(),
        summaries: Vec::new(),
        grouping: Vec::new(),
    };
    question.narrow(&Effective { granted, requested: None }, &Schema::default())
}

#[track_caller]
fn refused(decision: Result<Narrowed<Value>, Undecided>, expected: &str) {
    match decision {
        Err(Undecided::Refused(refusal)) => assert_eq!(refusal.to_string(), expected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_field_on_the_way_of_a_path_is_needed() {
    let path = ["entity.Shot.sg_sequence.Sequence.code"];
    refused(
        decide(&["read Task.entity"], "Task", &path, None),
        "cannot read Sequence.code, read Shot.sg_sequence: not granted; add \"read Sequence.code\", \"read \
         Shot.sg_sequence\" to `shotgun` under [plugin.NAME.grant]",
    );
    let lines = ["read Task.entity", "read Shot.sg_sequence", "read Sequence.code"];
    assert!(decide(&lines, "Task", &path, None).is_ok());
    refused(
        decide(&["read Shot.code"], "Shot", &[], Some("$FROM$Task.entity.content")),
        "cannot read Task.content, read Task.entity: not granted; add \"read Task.content,entity\" to `shotgun` under \
         [plugin.NAME.grant]",
    );
}

#[test]
fn a_path_into_a_type_that_is_read_in_some_projects_is_asked_with_its_project() {
    let lines = ["read Task.entity", "read Shot.code,note in project 1"];
    let narrowed =
        decide(&lines, "Task", &["entity.Shot.code", "entity.Shot.note", "entity"], None).unwrap();
    assert_eq!(narrowed.hidden, ["entity.Shot.project"]);
    assert!(narrowed.shows("entity", |_| None));
    assert!(
        narrowed.shows("entity.Shot.code", |path| (path == "entity.Shot.project").then_some(1))
    );
    assert!(!narrowed.shows("entity.Shot.note", |_| Some(2)));
    assert!(!narrowed.shows("entity.Shot.note", |_| None));
    assert_eq!(narrowed.filter, Filter::All(Vec::new()), "a Task can be read wherever it is");
}

#[test]
fn a_condition_over_links_is_held_to_the_projects_where_they_lead() {
    let lines = ["read Task.entity in project 2", "read Shot.code in project 1"];
    let ask = |schema: &Schema| {
        let question = Question {
            entity_type: "Task".to_owned(),
            filter: Filter::Any(vec![Filter::Condition(Condition {
                path: "entity.Shot.code".to_owned(),
                relation: "is_not".to_owned(),
                values: (),
                has_text: false,
            })]),
            fields: Vec::new(),
            order: Vec::new(),
            summaries: Vec::new(),
            grouping: Vec::new(),
        };
        let granted = Arc::new(Grants::parse(lines).unwrap());
        question.narrow(&Effective { granted, requested: None }, schema)
    };
    assert_eq!(ask(&Schema::default()), Err(Undecided::NeedsSchema("Task".to_owned())));
    let Filter::All(filters) = ask(&schema()).unwrap().filter else { panic!("not all of it") };
    assert!(
        matches!(&filters[0], Filter::InProjects { path, .. } if path == "project"),
        "{filters:?}"
    );
    let Filter::Any(filters) = &filters[1] else { panic!("{filters:?}") };
    let Filter::All(filters) = &filters[0] else { panic!("{filters:?}") };
    assert!(
        matches!(&filters[0], Filter::InProjects { path, .. } if path == "entity.Shot.project"),
        "{filters:?}"
    );
}

#[test]
fn what_is_no_path_is_refused() {
    for path in
        ["entity.Shot", "entity..code", "", ".", "a b", "entity.Shot.code.", "$FROM$Task", "x$"]
    {
        for lines in [["read *.*"], ["read Task.* in project 1"]] {
            let decision = decide(&lines, "Task", &[path], None);
            assert!(matches!(decision, Err(Undecided::Refused(_))), "{path} {decision:?}");
        }
    }
}
