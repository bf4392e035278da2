//! Filter presets of `read`.

use expect_test::expect;
use serde_json::{Value as Json, json};

use super::{Scene, filters, link};

/// Shot 1 has two Versions, Shot 2 has two on Tasks of different steps and one on none, Shot 3 has none.
fn scene() -> Scene {
    let mut scene = Scene::new();
    let project = || link("Project", 4);
    for code in ["sh010", "sh020", "sh030"] {
        scene.seed("Shot", json!({"code": code, "project": project()}));
    }
    for (code, order) in [("Comp", 2), ("Anim", 1)] {
        scene.seed("Step", json!({"code": code, "list_order": order}));
        let step = scene.model.entity_count("Step") as u64;
        scene.seed("Task", json!({"content": code, "project": project(), "entity": link("Shot", 2), "step": link("Step", step)}));
    }
    for (code, shot, task, day) in [
        ("v1", 1, None, 3),
        ("v2", 1, None, 2),
        ("comp", 2, Some(1), 1),
        ("comp_old", 2, Some(1), 1),
        ("anim", 2, Some(2), 5),
        ("none", 2, None, 6),
    ] {
        let created_at = format!("2026-01-0{day}T00:00:00Z");
        scene.seed(
            "Version",
            json!({"code": code, "project": project(), "entity": link("Shot", shot),
            "sg_task": task.map(|id| link("Task", id)), "created_at": created_at}),
        );
    }
    for (code, shot, number) in [("a", 1, 2), ("b", 1, 10), ("c", 2, 1)] {
        scene.seed("PublishedFile", json!({"code": code, "project": project(), "entity": link("Shot", shot), "version_number": number}));
    }
    for (code, revision) in [("reel", 1), ("reel", 3), ("reel", 3), ("other", 9)] {
        scene.seed("Cut", json!({"code": code, "project": project(), "revision_number": revision}));
    }
    for (cut, shot) in [(1, Some(1)), (1, Some(3)), (2, Some(2)), (2, None)] {
        scene.seed("CutItem", json!({"project": project(), "cut": link("Cut", cut), "shot": shot.map(|id| link("Shot", id))}));
    }
    scene
}

fn kept(scene: &mut Scene, entity_type: &str, conditions: Json, presets: Json) -> String {
    let params = json!({"type": entity_type, "filters": filters(&conditions), "return_fields": ["code"],
        "additional_filter_presets": presets, "paging": {"entities_per_page": 50, "current_page": 1}});
    match scene.call("read", params) {
        Ok(results) => {
            let rows = results["entities"].as_array().cloned().unwrap_or_default();
            rows.iter()
                .map(|row| format!("{} {}", row["id"], row["code"]))
                .collect::<Vec<_>>()
                .join(", ")
        }
        Err(error) => error.lines().next().unwrap_or_default().to_owned(),
    }
}

#[test]
fn presets_keep_the_latest_and_the_versions_of_a_cut() {
    let mut scene = scene();
    let latest = |by: &str| json!({"preset_name": "LATEST", "latest_by": by});
    let created = || latest("ENTITIES_CREATED_AT");
    let cut = |id: Json| json!({"preset_name": "CUT_SHOT_VERSIONS", "cut_id": id});
    let mut told = String::new();
    for (entity_type, conditions, presets) in [
        ("Version", json!([]), json!([created()])),
        ("Version", json!([["code", "is_not", "v1"]]), json!([created()])),
        ("Version", json!([]), json!([latest("BY_PIPELINE_STEP_NUMBER_AND_ENTITIES_CREATED_AT")])),
        ("Version", json!([]), json!([cut(json!(1))])),
        ("Version", json!([]), json!([cut(json!(2)), created()])),
        ("Version", json!([["code", "contains", "comp"]]), json!([cut(json!(2))])),
        ("PublishedFile", json!([]), json!([latest("VERSION_NUMBER")])),
        ("PublishedFile", json!([]), json!([created()])),
        ("Cut", json!([["code", "is", "reel"]]), json!([latest("REVISION_NUMBER")])),
        ("Cut", json!([]), json!([latest("REVISION_NUMBER")])),
        ("Version", json!([]), json!([])),
        ("Version", json!([]), json!([{}])),
        ("Version", json!([]), json!([{"preset_name": "BAD"}])),
        ("Version", json!([]), json!(3)),
        ("Version", json!([]), json!([3])),
        ("Version", json!([]), json!([created(), created()])),
        ("Version", json!([]), json!([cut(json!(1)), cut(json!(2))])),
        ("Version", json!([]), json!([latest("VERSION_NUMBER")])),
        ("Version", json!([]), json!([{"preset_name": "LATEST"}])),
        ("Version", json!([]), json!([cut(json!(99))])),
        ("Version", json!([]), json!([cut(json!("one"))])),
        ("Shot", json!([]), json!([created()])),
        ("Shot", json!([]), json!([cut(json!(1))])),
    ] {
        let shown = kept(&mut scene, entity_type, conditions.clone(), presets.clone());
        told.push_str(&format!("{entity_type} {conditions} {presets} -> {shown}\n"));
    }
    expect![[r#"
        Version [] [{"latest_by":"ENTITIES_CREATED_AT","preset_name":"LATEST"}] -> 1 "v1", 6 "none"
        Version [["code","is_not","v1"]] [{"latest_by":"ENTITIES_CREATED_AT","preset_name":"LATEST"}] -> 2 "v2", 6 "none"
        Version [] [{"latest_by":"BY_PIPELINE_STEP_NUMBER_AND_ENTITIES_CREATED_AT","preset_name":"LATEST"}] -> 1 "v1", 4 "comp_old"
        Version [] [{"cut_id":1,"preset_name":"CUT_SHOT_VERSIONS"}] -> 1 "v1", 2 "v2"
        Version [] [{"cut_id":2,"preset_name":"CUT_SHOT_VERSIONS"},{"latest_by":"ENTITIES_CREATED_AT","preset_name":"LATEST"}] -> 6 "none"
        Version [["code","contains","comp"]] [{"cut_id":2,"preset_name":"CUT_SHOT_VERSIONS"}] -> 3 "comp", 4 "comp_old"
        PublishedFile [] [{"latest_by":"VERSION_NUMBER","preset_name":"LATEST"}] -> 2 "b", 3 "c"
        PublishedFile [] [{"latest_by":"ENTITIES_CREATED_AT","preset_name":"LATEST"}] -> 2 "b", 3 "c"
        Cut [["code","is","reel"]] [{"latest_by":"REVISION_NUMBER","preset_name":"LATEST"}] -> 2 "reel", 3 "reel"
        Cut [] [{"latest_by":"REVISION_NUMBER","preset_name":"LATEST"}] -> 4 "other"
        Version [] [] -> 1 "v1", 2 "v2", 3 "comp", 4 "comp_old", 5 "anim", 6 "none"
        Version [] [{}] -> 103 API read() invalid/missing string 'preset_name':
        Version [] [{"preset_name":"BAD"}] -> 103 API read() invalid/missing 'preset_name' ('BAD' for Version):
        Version [] 3 -> 103 API read() invalid/missing array 'additional_filter_presets':
        Version [] [3] -> 103 API read() invalid/missing string 'preset_name':
        Version [] [{"latest_by":"ENTITIES_CREATED_AT","preset_name":"LATEST"},{"latest_by":"ENTITIES_CREATED_AT","preset_name":"LATEST"}] -> 103 API read() invalid/missing 'additional_filter_presets' ('LATEST' twice):
        Version [] [{"cut_id":1,"preset_name":"CUT_SHOT_VERSIONS"},{"cut_id":2,"preset_name":"CUT_SHOT_VERSIONS"}] -> 103 API read() invalid/missing 'additional_filter_presets' ('CUT_SHOT_VERSIONS' twice):
        Version [] [{"latest_by":"VERSION_NUMBER","preset_name":"LATEST"}] -> 103 API read() invalid/missing 'latest_by' ('VERSION_NUMBER' for Version):
        Version [] [{"preset_name":"LATEST"}] -> 103 API read() invalid/missing 'latest_by' ('' for Version):
        Version [] [{"cut_id":99,"preset_name":"CUT_SHOT_VERSIONS"}] -> 104 API read() CRUD ERROR #3: Entity of type [Cut] with id=99 does not exist.
        Version [] [{"cut_id":"one","preset_name":"CUT_SHOT_VERSIONS"}] -> 103 API read() invalid/missing integer 'cut_id':
        Shot [] [{"latest_by":"ENTITIES_CREATED_AT","preset_name":"LATEST"}] -> 103 API read() invalid/missing 'latest_by' ('ENTITIES_CREATED_AT' for Shot):
        Shot [] [{"cut_id":1,"preset_name":"CUT_SHOT_VERSIONS"}] -> 103 API read() invalid/missing 'preset_name' ('CUT_SHOT_VERSIONS' for Shot):
    "#]].assert_eq(&told);
}
