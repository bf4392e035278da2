//! What people do for each example, and what it is expected to write.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::stage::Stage;

/// Plays the scene of an example.
pub fn play(name: &str, stage: &mut Stage) {
    let expected = match name {
        "announce" => announce(stage),
        "button" => button(stage),
        "copy-field" => copy_field(stage),
        "date-stamp" => date_stamp(stage),
        "frame-range" => frame_range(stage),
        "log-events" => log_events(stage),
        "sequence-progress" => sequence_progress(stage),
        "shared-state" => shared_state(stage),
        "shot-handles" => shot_handles(stage),
        "task-status-to-shot" => task_status_to_shot(stage),
        "version-note" => version_note(stage),
        "version-status-to-task" => version_status_to_task(stage),
        unknown => panic!("there is no scene for {unknown}"),
    };
    expected.assert_eq(stage.written());
}

fn announce(stage: &mut Stage) -> Expect {
    let version = stage.create("Version", json!({"code": "announced"}));
    stage.update(&version, json!({"sg_status_list": "vwd"}));
    stage.update(&version, json!({"sg_status_list": "apr"}));
    let requests = stage.web.requests();
    let [request] = &requests[..] else { panic!("{requests:?}") };
    assert!(request.starts_with("post /status/200 "), "{request}");
    assert!(request.contains("content-type: application/json"), "{request}");
    let body: Value = serde_json::from_str(request.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body, json!({"text": "announced is approved"}));
    expect![[r#"
        new Version
        Version sg_status_list = vwd
        Version sg_status_list = apr
    "#]]
}

fn button(stage: &mut Stage) -> Expect {
    let versions =
        ["one", "two", "three"].map(|code| stage.create("Version", json!({"code": code})));
    let ids = versions.each_ref().map(|version| version["id"].to_string());
    let pressed = |button: u64, selected: &str| {
        let payload =
            json!({"entity_type": "Version", "selected_ids": selected, "ids": ids.join(",")});
        json!({"event_type": "Shotgun_ActionMenuItem_Triggered", "meta": {"ami_payload": payload},
            "entity": {"type": "ActionMenuItem", "id": button}})
    };
    let other = stage.create("ActionMenuItem", json!({"title": "Other", "url": ""}));
    stage.create("EventLogEntry", pressed(other["id"].as_u64().unwrap(), &ids[1]));
    stage.create("EventLogEntry", pressed(stage.button, &format!("{},{}", ids[0], ids[2])));
    stage.create("EventLogEntry", pressed(stage.button, ""));
    expect![[r#"
        new Version
        new Version
        new Version
        new ActionMenuItem
        new EventLogEntry
        new EventLogEntry
          Note 2 Versions are apr note_links = Version one, Version three
          Note 2 Versions are apr project = Project Lantern Harbour
          Note 2 Versions are apr sg_status_list = opn
          Note 2 Versions are apr subject = 2 Versions are apr
          Shotgun_Note_New Note 2 Versions are apr
          Version one sg_status_list = apr
          Version three sg_status_list = apr
        new EventLogEntry
    "#]]
}

fn copy_field(stage: &mut Stage) -> Expect {
    let shot = stage.create("Shot", json!({"code": "copied"}));
    stage.update(&shot, json!({"sg_cut_in": 1001}));
    stage.update(&shot, json!({"sg_head_in": 990}));
    stage.update(&shot, json!({"sg_cut_in": null}));
    expect![[r#"
        new Shot
        Shot sg_cut_in = 1001
          Shot copied sg_head_in = 1001
        Shot sg_head_in = 990
        Shot sg_cut_in = null
          Shot copied sg_head_in = null
    "#]]
}

fn date_stamp(stage: &mut Stage) -> Expect {
    let shot = stage.create("Shot", json!({"code": "stamped"}));
    for moment in ["2026-07-01T05:30:00Z", "2026-01-01T07:59:59Z", "2026-01-01T08:00:00Z"] {
        stage.update(&shot, json!({"sg_client_approved_at": moment}));
    }
    stage.update(&shot, json!({"sg_client_approved_at": null}));
    expect![[r#"
        new Shot
        Shot sg_client_approved_at = 2026-07-01T05:30:00Z
          Shot stamped sg_turnover_date = 2026-06-30
        Shot sg_client_approved_at = 2026-01-01T07:59:59Z
          Shot stamped sg_turnover_date = 2025-12-31
        Shot sg_client_approved_at = 2026-01-01T08:00:00Z
          Shot stamped sg_turnover_date = 2026-01-01
        Shot sg_client_approved_at = null
          Shot stamped sg_turnover_date = null
    "#]]
}

fn frame_range(stage: &mut Stage) -> Expect {
    let version = stage.create("Version", json!({"code": "ranged"}));
    stage.update(&version, json!({"sg_first_frame": 1001}));
    stage.update(&version, json!({"sg_last_frame": 1100}));
    stage.update(&version, json!({"sg_last_frame": 1100}));
    stage.update(&version, json!({"sg_first_frame": 990}));
    expect![[r#"
        new Version
        Version sg_first_frame = 1001
        Version sg_last_frame = 1100
          Version ranged frame_count = 100
          Version ranged frame_range = 1001-1100
        Version sg_last_frame = 1100
        Version sg_first_frame = 990
          Version ranged frame_count = 111
          Version ranged frame_range = 990-1100
    "#]]
}

fn log_events(stage: &mut Stage) -> Expect {
    let task = stage.create("Task", json!({"content": "logged"}));
    stage.update(&task, json!({"sg_status_list": "ip"}));
    stage.says(&format!("created Task {} logged, in Lantern Harbour", task["id"]));
    let change = "changed sg_status_list of Task";
    stage.says(&format!("{change} {} logged from wtg to ip, in Lantern Harbour", task["id"]));
    let sequence = stage.create("Sequence", json!({"code": "lines"}));
    let shot = stage.create("Shot", json!({"code": "linked", "sg_sequence": sequence}));
    stage.says(&format!(
        "of Shot {} linked from nothing to Sequence {} lines, in Lantern Harbour",
        shot["id"], sequence["id"]
    ));
    stage.says(&format!(
        "changed shots of Sequence {} lines, adding Shot {} linked, in Lantern Harbour",
        sequence["id"], shot["id"]
    ));
    expect![[r#"
        new Task
        Task sg_status_list = ip
        new Sequence
        new Shot
    "#]]
}

fn sequence_progress(stage: &mut Stage) -> Expect {
    let sequence = stage.create("Sequence", json!({"code": "counted"}));
    let shot = |code: &str| json!({"code": code, "sg_sequence": sequence});
    let first = stage.create("Shot", shot("first"));
    stage.create("Shot", shot("second"));
    stage.update(&first, json!({"sg_status_list": "ip"}));
    stage.update(&first, json!({"sg_status_list": "fin"}));
    let alone = stage.create("Shot", json!({"code": "alone"}));
    stage.update(&alone, json!({"sg_status_list": "fin"}));
    expect![[r#"
        new Sequence
        new Shot
          Sequence counted description = 0 of 1 Shots are finished
        new Shot
          Sequence counted description = 0 of 2 Shots are finished
        Shot sg_status_list = ip
        Shot sg_status_list = fin
          Sequence counted description = 1 of 2 Shots are finished
        new Shot
        Shot sg_status_list = fin
    "#]]
}

fn shared_state(stage: &mut Stage) -> Expect {
    let shot = stage.create("Shot", json!({"code": "shared"}));
    stage.update(&shot, json!({"sg_status_list": "ip"}));
    for code in ["shared_v001", "shared_v002"] {
        stage.create("Version", json!({"code": code, "entity": shot}));
    }
    stage.update(&shot, json!({"sg_status_list": "rev"}));
    stage.update(&shot, json!({"sg_status_list": "apr"}));
    stage.says(&format!("told Shot {} of shared_v002, one of 2 Versions seen so far", shot["id"]));
    expect![[r#"
        new Shot
        Shot sg_status_list = ip
        new Version
        new Version
        Shot sg_status_list = rev
          Shot shared description = Latest Version: shared_v002
        Shot sg_status_list = apr
    "#]]
}

fn shot_handles(stage: &mut Stage) -> Expect {
    stage.create("Shot", json!({"code": "bare"}));
    stage.create("Shot", json!({"code": "half", "sg_head_duration": 4}));
    stage.create("Shot", json!({"code": "whole", "sg_head_duration": 4, "sg_tail_duration": 0}));
    expect![[r#"
        new Shot
          Shot bare sg_head_duration = 8
          Shot bare sg_tail_duration = 8
        new Shot
          Shot half sg_tail_duration = 8
        new Shot
    "#]]
}

fn task_status_to_shot(stage: &mut Stage) -> Expect {
    let shot = stage.create("Shot", json!({"code": "rolled"}));
    let tasks = ["Anim", "Light", "Comp"]
        .map(|content| stage.create("Task", json!({"content": content, "entity": shot})));
    stage.update(&tasks[0], json!({"sg_status_list": "fin"}));
    stage.update(&tasks[1], json!({"sg_status_list": "omt"}));
    stage.update(&tasks[2], json!({"sg_status_list": "ip"}));
    stage.update(&tasks[2], json!({"sg_status_list": "fin"}));
    expect![[r#"
        new Shot
        new Task
        new Task
        new Task
        Task sg_status_list = fin
        Task sg_status_list = omt
        Task sg_status_list = ip
        Task sg_status_list = fin
          Shot rolled sg_status_list = fin
    "#]]
}

fn version_note(stage: &mut Stage) -> Expect {
    let version = stage.create("Version", json!({"code": "noted", "description": "First try."}));
    stage.update(&version, json!({"description": " The roto is soft. "}));
    stage.update(&version, json!({"description": null}));
    expect![[r#"
        new Version
          Note About noted content = First try.
          Note About noted note_links = Version noted
          Note About noted project = Project Lantern Harbour
          Note About noted sg_status_list = opn
          Note About noted subject = About noted
          Shotgun_Note_New Note About noted
        Version description =  The roto is soft. 
          Note About noted content = The roto is soft.
          Note About noted note_links = Version noted
          Note About noted project = Project Lantern Harbour
          Note About noted sg_status_list = opn
          Note About noted subject = About noted
          Shotgun_Note_New Note About noted
        Version description = null
    "#]]
}

fn version_status_to_task(stage: &mut Stage) -> Expect {
    let task = stage.create("Task", json!({"content": "Comp"}));
    let version = stage.create("Version", json!({"code": "rolled_v001", "sg_task": task}));
    stage.update(&version, json!({"sg_status_list": "vwd"}));
    stage.update(&version, json!({"sg_status_list": "apr"}));
    let loose = stage.create("Version", json!({"code": "loose"}));
    stage.update(&loose, json!({"sg_status_list": "apr"}));
    expect![[r#"
        new Task
        new Version
        Version sg_status_list = vwd
        Version sg_status_list = apr
          Task Comp sg_status_list = fin
        new Version
        Version sg_status_list = apr
    "#]]
}
