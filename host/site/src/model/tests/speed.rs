//! What the model must keep up with. Each takes a fraction of a second; a change of its order of growth fails here.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Scene, link};
use crate::model::{EntityLink, EventDraft};
use crate::wire::Request;

/// Far above what an unoptimised build takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

fn took(what: &str, limit: Duration, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    let elapsed = start.elapsed();
    assert!(elapsed < limit, "{what} took {elapsed:?}, more than {limit:?}");
    // Shown with `--nocapture`, for the numbers in the documentation.
    let _ = std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("{what}: {elapsed:?}\n").as_bytes(),
    );
}

#[test]
fn pages_of_the_event_log_are_quick() {
    let mut scene = Scene::new();
    scene.seed("Shot", json!({"code": "sh010", "project": link("Project", 4)}));
    let draft = EventDraft {
        attribute_name: Some("sg_status_list".to_owned()),
        meta: json!({"type": "attribute_change", "attribute_name": "sg_status_list", "entity_type": "Shot", "entity_id": 1,
            "field_data_type": "status_list", "old_value": "wtg", "new_value": "ip"}),
        entity: Some(EntityLink::new("Shot", 1)),
        project: Some(EntityLink::new("Project", 4)),
        user: Some(EntityLink::new("HumanUser", 1)),
        ..EventDraft::new("Shotgun_Shot_Change")
    };
    took("appending 100,000 events", LIMIT, || {
        scene.model.append_events(100_000, &draft, scene.now);
    });
    let fields = json!([
        "id",
        "event_type",
        "attribute_name",
        "meta",
        "entity",
        "user",
        "project",
        "session_uuid",
        "created_at",
    ]);
    took("reading 100,000 events in pages of 500", LIMIT, || {
        let mut after = 0;
        while after < 100_000 {
            let params = json!({
                "type": "EventLogEntry", "return_fields": fields, "paging": {"entities_per_page": 500, "current_page": 1},
                "filters": {"logical_operator": "and", "conditions": [{"path": "id", "relation": "greater_than", "values": [after]}]},
            });
            let request = Request::new("read", vec![scene.auth.clone(), params]);
            let body = scene.model.rpc(&request, scene.now).expect("a valid read").into_body();
            assert!(body.len() > 500 * 300);
            after += 500;
        }
    });
}

#[test]
fn deep_filters_over_many_records_are_quick() {
    let mut scene = Scene::new();
    for number in 0..100 {
        scene.seed(
            "Sequence",
            json!({"code": format!("SQ{number:03}"), "project": link("Project", 4)}),
        );
    }
    for number in 0..100_000_u64 {
        scene.seed(
            "Shot",
            json!({"code": format!("sh{number:06}"), "project": link("Project", 4), "sg_cut_in": number,
                "sg_sequence": link("Sequence", number % 100 + 1)}),
        );
    }
    took("20 filters of three conditions over 100,000 Shots", LIMIT, || {
        for _ in 0..20 {
            let found = scene
                .find(
                    "Shot",
                    json!([
                        ["sg_sequence.Sequence.code", "is", "sq042"],
                        ["project.Project.name", "is", "demo"],
                        ["sg_cut_in", "greater_than", 50_000],
                    ]),
                    json!(["code"]),
                )
                .expect("a valid read");
            assert_eq!(found.as_array().map(Vec::len), Some(500));
        }
    });
    took("1,000 creates", LIMIT, || {
        for number in 0..1000 {
            scene.create("Shot", json!({"code": format!("new{number}"), "project": link("Project", 4), "sg_sequence": link("Sequence", 1)}));
        }
    });
}
