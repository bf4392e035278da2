//! What holds after any sequence of writes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Scene, filters, link, listed};
use crate::model::filter::Filter;
use crate::model::params::Params;
use crate::model::path::Record;
use crate::model::schema::{Field, Write};
use crate::model::select::Selection;
use crate::model::value::{Ref, Value};
use crate::model::{CommitPolicy, Model, time};

/// One write, on records that may or may not be there.
#[derive(Debug, Clone)]
struct Step(Json);

fn shot() -> impl Strategy<Value = u64> {
    1_u64..5
}

fn step() -> impl Strategy<Value = Step> {
    let project = || link("Project", 4);
    let update = |entity_type: &'static str, id: u64, fields: Json| {
        Step(
            json!({"request_type": "update", "type": entity_type, "id": id, "fields": listed(fields)}),
        )
    };
    prop_oneof![
        "[a-c ]{0,3}".prop_map(move |code| {
            Step(json!({"request_type": "create", "type": "Shot",
                "fields": listed(json!({"code": code, "project": project()}))}))
        }),
        (shot(), 1_u64..4).prop_map(move |(shot, sequence)| {
            Step(json!({"request_type": "create", "type": "Task",
                "fields": listed(json!({"entity": link("Shot", shot), "project": project(), "task_assignees": [link("HumanUser", sequence)]}))}))
        }),
        shot().prop_map(move |shot| {
            Step(json!({"request_type": "create", "type": "Version",
                "fields": listed(json!({"entity": link("Shot", shot), "project": project()}))}))
        }),
        (shot(), prop_oneof![Just(None), (1_u64..4).prop_map(Some)])
            .prop_map(move |(shot, sequence)| update("Shot", shot, json!({"sg_sequence": sequence.map(|id| link("Sequence", id))}))),
        (1_u64..4, prop::collection::vec(shot(), 0..3), prop::sample::select(vec!["set", "add", "remove"])).prop_map(
            move |(sequence, shots, mode)| {
                let shots: Vec<_> = shots.into_iter().map(|id| link("Shot", id)).collect();
                update("Sequence", sequence, json!({"shots": {mode: shots}}))
            }
        ),
        (shot(), prop::collection::vec(1_u64..4, 0..3)).prop_map(move |(task, others)| {
            let others: Vec<_> = others.into_iter().map(|id| link("Task", id)).collect();
            update("Task", task, json!({"upstream_tasks": others}))
        }),
        (shot(), 1_u64..4, prop::sample::select(vec!["add", "remove"])).prop_map(move |(task, other, mode)| {
            update("Task", task, json!({"downstream_tasks": {mode: [link("Task", other)]}}))
        }),
        (shot(), 1_u64..28, 0_i64..1500).prop_map(move |(task, day, duration)| {
            update("Task", task, json!({"start_date": format!("2026-03-{day:02}"), "duration": duration}))
        }),
        (shot(), prop::option::of(1_i64..9), prop::option::of("[x-z]{1,2}"))
            .prop_map(move |(shot, number, text)| update("Shot", shot, json!({"sg_cut_in": number, "description": text, "sg_is_hero": number.is_some()}))),
        (shot(), prop::sample::select(vec!["wtg", "ip", "nope"]))
            .prop_map(move |(shot, status)| update("Shot", shot, json!({"sg_status_list": status}))),
        (prop::sample::select(vec!["Shot", "Task", "TaskDependency", "Version", "Sequence"]), shot(), prop::sample::select(vec!["delete", "revive"]))
            .prop_map(|(entity_type, id, what)| Step(json!({"request_type": what, "type": entity_type, "id": id}))),
    ]
}

/// One condition of a filter, or a group of some.
fn condition() -> impl Strategy<Value = Json> {
    let id = || 1_u64..4;
    let one = prop_oneof![
        (prop::sample::select(vec!["is", "is_not"]), prop::option::of(id())).prop_map(
            |(relation, id)| json!(["sg_sequence", relation, id.map(|id| link("Sequence", id))])
        ),
        (prop::sample::select(vec!["in", "not_in"]), prop::collection::vec(id(), 1..3)).prop_map(
            |(relation, ids)| {
                let links: Vec<_> = ids.into_iter().map(|id| link("Task", id)).collect();
                json!(["tasks", relation, links])
            }
        ),
        prop::sample::select(vec![
            json!(["project", "is", link("Project", 4)]),
            json!(["sg_sequence.Sequence.code", "is", "sq1"]),
            json!(["sg_sequence.Sequence.code", "is_not", "SQ2"]),
            json!(["sg_sequence.Sequence.code", "is", null]),
            json!(["sg_sequence.Sequence.project.Project.name", "contains", "emo"]),
            json!(["sg_sequence.Sequence.project", "is", link("Project", 4)]),
            json!(["tasks.Task.entity.Shot.code", "is", "New Shot 1"]),
            json!(["tasks.Task.task_assignees", "is", link("HumanUser", 1)]),
            json!(["tasks.Task.entity.Shot.sg_is_hero", "is", false]),
            json!(["code", "contains", "a"]),
            json!(["sg_status_list", "in", ["ip", "wtg"]]),
            json!(["id", "in", [1, 2, 3]]),
            json!(["id", "greater_than", 1]),
        ]),
    ];
    one.prop_recursive(2, 8, 3, |inner| {
        (prop::sample::select(vec!["and", "or"]), prop::collection::vec(inner, 0..3))
            .prop_map(|(operator, inner)| json!({operator: inner}))
    })
}

/// The Shots that pass, as they are found, and as looking at each finds them.
fn found(scene: &Scene, conditions: &[Json], retired: bool) -> (Vec<u64>, Vec<u64>) {
    let model = &scene.model;
    let shots = model.schema.type_id("Shot").expect("a type of the schema");
    let sent = json!({"filters": filters(&json!(conditions)), "return_only": if retired { "retired" } else { "active" }});
    let params = Params::new("read", Some(&sent)).expect("an object");
    let selection = Selection::parse(model, &params, shots, scene.now).expect("a valid filter");
    let found = selection.records(model, false).map(Record::id).collect();
    let filter = Filter::parse(model, &params, shots, scene.now).expect("a valid filter");
    let rows = model.tables.rows(shots).filter(|row| row.retired.is_some() == retired);
    let scanned = rows.filter(|row| filter.passes(model, Record::Row(shots, row)));
    (found, scanned.map(|row| row.id).collect())
}

fn scene() -> Scene {
    let mut scene = Scene::new();
    for code in ["SQ1", "SQ2"] {
        scene.create("Sequence", json!({"code": code, "project": link("Project", 4)}));
    }
    scene
}

/// A scene in which looking at each Shot is dearer than looking at each Sequence.
fn crowded_scene() -> Scene {
    let mut scene = scene();
    for number in 0..20 {
        let sequence = (number % 4 > 0).then(|| link("Sequence", number % 2 + 1));
        let code = ["abc", "b", "ca"][(number % 3) as usize];
        scene.seed(
            "Shot",
            json!({"code": code, "project": link("Project", 4), "sg_sequence": sequence}),
        );
        if number < 3 {
            scene.seed(
                "Task",
                json!({"entity": link("Shot", number + 1), "project": link("Project", 4)}),
            );
        }
    }
    scene
}

fn apply(scene: &mut Scene, step: &Step) -> bool {
    let method = step.0["request_type"].as_str().expect("a step names its method").to_owned();
    scene.call(&method, step.0.clone()).is_ok()
}

/// All that can be seen of a site, without the ids it will give out.
fn visible(model: &Model) -> Json {
    let mut snapshot: Json =
        serde_json::from_str(&model.to_snapshot()).expect("a snapshot is JSON");
    snapshot["next_event_id"].take();
    snapshot
}

/// What the event log says that records hold.
#[derive(Debug, Default, PartialEq)]
struct Told {
    /// By type, id and field. What was never set or was emptied is not there.
    fields: BTreeMap<(String, u64, String), BTreeSet<String>>,
    retired: BTreeSet<(String, u64)>,
}

impl Told {
    fn replay(model: &Model) -> Self {
        let mut told = Self::default();
        for row in model.log.range(0, u64::MAX) {
            let (Some(entity), Some(attribute)) = (row.entity, row.attribute_name.as_deref())
            else {
                continue;
            };
            let record = (model.type_name(entity).to_owned(), entity.id);
            let meta: Json = serde_json::from_str(&row.meta).expect("metadata is JSON");
            if attribute == "retirement_date" {
                if meta["new_value"].is_null() {
                    told.retired.remove(&record)
                } else {
                    told.retired.insert(record)
                };
                continue;
            }
            let field = told.fields.entry((record.0, record.1, attribute.to_owned())).or_default();
            match (meta["added"].as_array(), meta["removed"].as_array()) {
                (Some(added), Some(removed)) => {
                    for gone in removed {
                        assert!(
                            field.remove(&shown(gone)),
                            "{attribute} loses what it did not have: {meta}"
                        );
                    }
                    for new in added {
                        assert!(field.insert(shown(new)), "{attribute} gains what it had: {meta}");
                    }
                }
                _ => {
                    let before: BTreeSet<_> = some(&meta["old_value"]);
                    assert!(
                        *field == before,
                        "{attribute} was {field:?}, and the log says {before:?}"
                    );
                    *field = some(&meta["new_value"]);
                }
            }
        }
        told.fields.retain(|_, values| !values.is_empty());
        told
    }

    fn read(model: &Model) -> Self {
        let mut told = Self::default();
        for entity_type in ["Shot", "Task", "TaskDependency", "Version", "Sequence"] {
            let id = model.schema.type_id(entity_type).expect("a type of the schema");
            let fields = &model.schema.entity_type(id).fields;
            for row in model.tables.rows(id) {
                if row.retired.is_some() {
                    told.retired.insert((entity_type.to_owned(), row.id));
                }
                let is_told = |field: &Field| {
                    field.write != Write::CreateOnly && !field.name.ends_with("task_id")
                };
                for (index, field) in fields.iter().enumerate().filter(|(_, field)| is_told(field))
                {
                    let values = texts(model, row.value(index));
                    if !values.is_empty() {
                        told.fields
                            .insert((entity_type.to_owned(), row.id, field.name.clone()), values);
                    }
                }
            }
        }
        told
    }
}

/// A value of the metadata without what can change: the names of links. An unticked box was never touched.
fn shown(value: &Json) -> String {
    if value.is_object() { format!("{} {}", value["type"], value["id"]) } else { value.to_string() }
}

fn some(value: &Json) -> BTreeSet<String> {
    if value.is_null() || *value == false {
        BTreeSet::new()
    } else {
        BTreeSet::from([shown(value)])
    }
}

fn texts(model: &Model, value: &Value) -> BTreeSet<String> {
    let link = |link: &Ref| format!("{} {}", Json::from(model.type_name(*link)), link.id);
    match value {
        Value::Null | Value::Bool(false) => BTreeSet::new(),
        Value::Link(_) | Value::Links(_) => value.links().iter().map(link).collect(),
        Value::Moment(seconds) => {
            BTreeSet::from([Json::from(time::moment_in_meta(*seconds)).to_string()])
        }
        plain => {
            let mut text = String::new();
            plain.write_plain(&mut text);
            BTreeSet::from([text])
        }
    }
}

/// Every link that has another side is on both sides.
fn assert_mirrored(model: &Model) {
    for (entity_type, known) in model.schema.types() {
        for row in model.tables.rows(entity_type) {
            for (index, field) in known.fields.iter().enumerate() {
                for target in row.value(index).links() {
                    let Some(mirror) = field.mirrors.get(&target.entity_type) else { continue };
                    let back = model.tables.row(*target).map(|row| row.value(*mirror).links());
                    let here = Ref { entity_type, id: row.id };
                    assert!(
                        back.is_some_and(|back| back.contains(&here)),
                        "{}.{} of {} links to {target:?}, which does not link back",
                        known.name,
                        field.name,
                        row.id
                    );
                }
            }
        }
    }
}

/// The lists of tasks and the records of dependencies say the same, as far as neither task is retired.
fn assert_tied(model: &Model) {
    let live_pair = |task: Ref, upstream: Ref| {
        let are_live = model.tables.live(task).is_some() && model.tables.live(upstream).is_some();
        are_live.then_some((task, upstream))
    };
    let tasks = model.schema.type_id("Task").expect("a type of the schema");
    let list = model.schema.entity_type(tasks).field_index("upstream_tasks").expect("a field");
    let mut listed = Vec::new();
    for row in model.tables.rows(tasks) {
        let task = Ref { entity_type: tasks, id: row.id };
        listed.extend(row.value(list).links().iter().filter_map(|link| live_pair(task, *link)));
    }
    let dependencies = model.schema.type_id("TaskDependency").expect("a type of the schema");
    let known = model.schema.entity_type(dependencies);
    let sides = ["task", "dependent_task"].map(|name| known.field_index(name).expect("a field"));
    let live = model.tables.rows(dependencies).filter(|row| row.retired.is_none());
    let mut recorded: Vec<_> = live
        .filter_map(|row| {
            let [task, upstream] = sides.map(|side| row.value(side).links()[0]);
            live_pair(task, upstream)
        })
        .collect();
    listed.sort_unstable();
    recorded.sort_unstable();
    assert_eq!(listed, recorded);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_batch_happens_as_a_whole_or_not_at_all(before in prop::collection::vec(step(), 0..10), batch in prop::collection::vec(step(), 1..8)) {
        let mut scene = scene();
        for step in &before {
            apply(&mut scene, step);
        }
        let untouched = visible(&scene.model);
        let items: Json = batch.iter().map(|step| step.0.clone()).collect();
        let mut failing = items.clone();
        failing.as_array_mut().expect("a list").push(json!({"request_type": "delete", "type": "Shot", "id": 999}));
        prop_assert!(scene.call("batch", failing).is_err());
        prop_assert_eq!(&visible(&scene.model), &untouched);
        if scene.call("batch", items).is_err() {
            prop_assert_eq!(&visible(&scene.model), &untouched);
        }
        assert_mirrored(&scene.model);
    }

    #[test]
    fn the_event_log_tells_what_records_hold(steps in prop::collection::vec(step(), 0..40)) {
        let mut scene = scene();
        for step in &steps {
            apply(&mut scene, step);
        }
        assert_mirrored(&scene.model);
        assert_tied(&scene.model);
        prop_assert_eq!(Told::replay(&scene.model), Told::read(&scene.model));
    }

    #[test]
    fn what_links_lead_to_is_what_looking_at_each_record_finds(
        steps in prop::collection::vec((step(), any::<bool>()), 0..40),
        conditions in prop::collection::vec(condition(), 1..4),
        retired in any::<bool>(),
    ) {
        let mut scene = crowded_scene();
        for (step, fails) in &steps {
            if *fails {
                // What a failing batch did is taken back.
                let nobody = json!({"request_type": "delete", "type": "Shot", "id": 999});
                prop_assert!(scene.call("batch", json!([step.0, nobody])).is_err());
            } else {
                apply(&mut scene, step);
            }
            let (found, scanned) = found(&scene, &conditions, retired);
            prop_assert_eq!(found, scanned);
        }
        let restored = Model::from_snapshot(&scene.model.to_snapshot()).expect("a snapshot can be read");
        let scene = Scene { model: restored, ..scene };
        let (found, scanned) = found(&scene, &conditions, retired);
        prop_assert_eq!(found, scanned);
    }

    #[test]
    fn a_snapshot_is_the_site(steps in prop::collection::vec(step(), 0..20), late in 0.0..1.0) {
        let mut scene = scene();
        let late_by = Duration::from_secs(1)..=Duration::from_secs(60);
        scene.model.set_commit_policy(CommitPolicy { late, late_by, missing: 0.0, seed: 7 });
        for step in &steps {
            apply(&mut scene, step);
        }
        let text = scene.model.to_snapshot();
        let mut restored = Model::from_snapshot(&text).expect("a snapshot can be read");
        prop_assert_eq!(&restored.to_snapshot(), &text);
        let end = scene.now.plus(Duration::from_secs(100));
        prop_assert_eq!(restored.settle(end), scene.model.settle(end));
        prop_assert_eq!(restored.event_count(), scene.model.event_count());
    }

    #[test]
    fn late_and_missing_ids_change_no_order_and_lose_no_row(
        steps in prop::collection::vec(step(), 0..30),
        late in 0.0..1.0,
        missing in 0.0..1.0,
        seed: u64,
    ) {
        let late_by = Duration::ZERO..=Duration::from_secs(5);
        let policy = CommitPolicy { late, late_by, missing, seed };
        let (prompt, _) = story(&steps, None);
        let (unruly, ids_when_seen) = story(&steps, Some(policy));
        prop_assert_eq!(prompt, unruly);
        let mut once = BTreeSet::new();
        prop_assert!(ids_when_seen.iter().flatten().all(|id| once.insert(*id)), "an id appeared twice");
    }
}

/// What the log tells in the order of its ids when all is settled, and which ids were new after each step.
fn story(steps: &[Step], policy: Option<CommitPolicy>) -> (Vec<String>, Vec<Vec<u64>>) {
    let mut scene = scene();
    if let Some(policy) = policy {
        scene.model.set_commit_policy(policy);
    }
    let mut seen = BTreeSet::new();
    let mut new_after = Vec::new();
    for step in steps {
        scene.now = scene.now.plus(Duration::from_millis(700));
        let before: BTreeMap<_, _> =
            scene.model.events_after(0).map(|event| (event.id(), event.meta())).collect();
        apply(&mut scene, step);
        for (id, meta) in before {
            let still = scene.model.log.row(id).map(|row| row.meta.to_string());
            assert_eq!(still, Some(meta.to_string()), "event {id} changed or went");
        }
        new_after.push(
            scene
                .model
                .events_after(0)
                .map(|event| event.id())
                .filter(|id| seen.insert(*id))
                .collect(),
        );
    }
    scene.model.settle(scene.now.plus(Duration::from_secs(60)));
    assert_eq!(scene.model.next_commit(), None);
    let told = scene.model.events_after(0).map(|event| {
        let mut meta = event.meta();
        // The ids differ by what is missing; their order does not.
        if let Some(meta) = meta.as_object_mut() {
            meta.remove("original_event_log_entry_id");
        }
        format!("{} {:?} {meta}", event.event_type(), event.attribute_name())
    });
    (told.collect(), new_after)
}

#[test]
fn damaged_snapshots_are_refused() {
    let mut scene = scene();
    scene.create("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    let text = scene.model.to_snapshot();
    let mut told = String::new();
    for (from, to) in [
        ("{\"version\":1", "{"),
        ("{\"version\":1", "{\"version\":2"),
        ("\"records\":{\"", "\"records\":{\"Un"),
        ("\"code\":\"sh010\"", "\"sg_nope\":\"sh010\""),
        ("\"events\":[{\"id\":1,", "\"events\":[{\"id\":2,"),
        ("\"project\":{\"id\":4,\"type\":\"Project\"}", "\"project\":{\"id\":4}"),
    ] {
        let damaged = text.replacen(from, to, 1);
        assert_ne!(damaged, text, "{from} is in the snapshot");
        told.push_str(&format!("{}\n", Model::from_snapshot(&damaged).expect_err("it is damaged")));
    }
    expect_test::expect![[r#"
        the snapshot is not valid JSON of the expected shape
        the snapshot is of version 2, and this can read version 1 only
        the snapshot holds UnApiUser 1, which does not fit the rest of it
        the snapshot holds Shot 1, which does not fit the rest of it
        the snapshot holds event 2, which does not fit the rest of it
        the snapshot holds Sequence 1, which does not fit the rest of it
    "#]]
    .assert_eq(&told);
}
