use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use serde::Deserialize;

use super::{Harness, Write, changed, created, retired, studio_event};
use crate::log::Level;
use crate::prelude::*;
use crate::shotgun::{Query, Summary};

/// A plugin with one callback, for every event.
fn plugin<R: Into<Outcome>>(
    callback: impl FnMut(&Shotgun, &Event) -> Result<R> + 'static,
) -> Harness {
    Harness::new(|registrar| {
        registrar.callback("only", callback);
        Ok(())
    })
}

#[test]
fn a_query_is_asked_as_built_and_read_into_rows() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Row {
        id: u64,
        #[serde(rename = "entity.Shot.code")]
        shot: Option<String>,
    }
    let seen = Rc::new(RefCell::new(Vec::new()));
    let rows = Rc::clone(&seen);
    let delivery = plugin(move |sg, event| {
        let shot = event.required_entity()?;
        let query = sg.find("Task").filter(field("entity").is(shot)).fields(["entity.Shot.code"]);
        *rows.borrow_mut() = query.order(descending("id")).limit(2).page(3).all::<Row>()?;
        Ok(())
    })
    .answer_find("Task", json!([{ "type": "Task", "id": 5, "entity.Shot.code": "sh010" }, { "type": "Task", "id": 4, "entity.Shot.code": null }]))
    .deliver(created("Shot", 7));
    assert_eq!(delivery.outcome(), Outcome::Done);
    assert_eq!(
        *seen.borrow(),
        [Row { id: 5, shot: Some("sh010".to_owned()) }, Row { id: 4, shot: None }]
    );
    assert_eq!(
        delivery.reads,
        [Query {
            entity_type: "Task".to_owned(),
            filters: vec![json!(["entity", "is", { "type": "Shot", "id": 7 }])],
            fields: vec!["entity.Shot.code".to_owned()],
            order: vec![descending("id")],
            limit: Some(2),
            page: Some(3),
            retired_only: false,
            include_archived_projects: true,
        }]
    );
}

#[test]
fn a_row_that_does_not_fit_is_an_error_that_names_the_call() {
    let delivery = plugin(|sg, _| sg.find("Task").one::<Vec<u64>>().map(drop))
        .answer_find("Task", json!([{ "type": "Task", "id": 5 }]))
        .deliver(created("Shot", 7));
    let Error::Answer { call, .. } = delivery.error() else { panic!("{}", delivery.error()) };
    assert_eq!(call, "find Task");
}

#[test]
fn writes_are_recorded_exactly_and_in_order() {
    let version = EntityRef::new("Version", 3);
    let delivery = plugin(move |sg, event| {
        let entity = event.required_entity()?;
        let note = sg.create("Note", json!({ "subject": "a" }))?;
        sg.update(&note, json!({ "subject": "b" }))?;
        sg.update_with(entity, json!({ "versions": [version] }), &[("versions", UpdateMode::Add)])?;
        let mut batch = Batch::new();
        batch
            .create("Note", json!({ "subject": "c" }))
            .update(&note, json!({ "subject": "d" }))
            .delete(&note);
        let answers = sg.batch(batch)?;
        info!("{} {} {}", answers[0]["id"], answers[1]["subject"], answers[2]);
        assert_eq!(sg.batch(Batch::new())?, Vec::<serde_json::Value>::new());
        sg.delete(&note)?;
        Ok(())
    })
    .deliver(created("Playlist", 9));
    assert_eq!(delivery.outcome(), Outcome::Done);
    assert_eq!(
        delivery.writes,
        [
            Write::create("Note", json!({ "subject": "a" })),
            Write::update("Note", 100_001, json!({ "subject": "b" })),
            Write::Update {
                entity_type: "Playlist".to_owned(),
                id: 9,
                data: json!({ "versions": [{ "type": "Version", "id": 3 }] }),
                modes: Some(json!({ "versions": "add" })),
            },
            Write::Batch(vec![
                json!({ "request_type": "create", "entity_type": "Note", "data": { "subject": "c" }, "return_fields": ["id"] }),
                json!({ "request_type": "update", "entity_type": "Note", "entity_id": 100_001, "data": { "subject": "d" } }),
                json!({ "request_type": "delete", "entity_type": "Note", "entity_id": 100_001 }),
            ]),
            Write::Delete { entity_type: "Note".to_owned(), id: 100_001 },
        ]
    );
    assert_eq!(delivery.logs, [(Level::Info, "100002 \"d\" true".to_owned())]);
}

#[test]
fn data_that_is_no_object_is_refused_before_it_is_sent() {
    let delivery = plugin(|sg, _| sg.create("Note", "text").map(drop)).deliver(created("Shot", 7));
    assert_eq!(
        delivery.error(),
        Error::Invalid("the data of a write is an object from field to value".to_owned())
    );
    assert_eq!(delivery.writes, []);
}

#[test]
fn a_summary_is_read() {
    let delivery = plugin(|sg, _| {
        let query = sg.summarize("Task").filter(field("id").greater_than(1)).field("id", "count");
        let summary: Summary = query.group_by("sg_status_list").read()?;
        info!("{} {}", summary.summaries["id"], summary.groups[0].group_name);
        Ok(())
    })
    .answer_summarize("Task", json!({ "summaries": { "id": 4 }, "groups": [{ "group_name": "fin", "group_value": "fin", "summaries": { "id": 1 } }] }))
    .deliver(created("Shot", 7));
    assert_eq!(delivery.log_lines(), ["4 fin"]);
}

#[test]
fn register_reads_and_does_not_write() {
    let mut harness = Harness::new(|registrar| {
        let schema = registrar.shotgun().schema_field("Shot", "code")?;
        assert_eq!(schema.data_type, "text");
        keyvalue::set("key", "value").expect_err("key-values cannot be set in register");
        registrar.shotgun().create("Note", json!({})).map(drop)
    })
    .schema_field("Shot", "code", "text");
    let error = harness.register().err();
    assert_eq!(error, Some(Error::Denied("nothing can be written inside `register`".to_owned())));
}

#[test]
fn an_unknown_field_is_the_sites_fault() {
    let mut harness =
        Harness::new(|registrar| registrar.shotgun().schema_field("Shot", "sg_none").map(drop));
    let Err(Error::Fault { code: 103, message }) = harness.register() else {
        panic!("no fault 103")
    };
    assert!(message.contains("Shot.sg_none"), "{message}");
}

#[test]
fn the_connection_works_only_inside_a_call() {
    let error = Shotgun::new()
        .find("Shot")
        .all::<serde_json::Value>()
        .expect_err("nothing calls the plugin");
    assert!(matches!(error, Error::Denied(_)), "{error}");
}

#[test]
fn callbacks_are_handed_what_they_want() {
    let mut harness = Harness::new(|registrar| {
        let done = |_: &Shotgun, _: &Event| Ok(());
        registrar.callback("status", done).on("Shotgun_Task_Change", &["sg_status_list"]);
        registrar
            .callback("shots", done)
            .on("Shotgun_Shot_New", &[])
            .on("Shotgun_Shot_Retirement", &["*"]);
        registrar.callback("codes", done).on("*", &["code"]).on_error(OnError::Continue);
        Ok(())
    });
    let mut check = |event: super::EventBuilder, names: &[&str]| {
        let delivery = harness.deliver(event);
        let called: Vec<&str> = delivery.outcomes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(called, names);
    };
    check(changed("Task", 1, "sg_status_list"), &["status"]);
    check(changed("Task", 1, "content"), &[]);
    check(changed("Shot", 1, "code"), &["codes"]);
    check(created("Shot", 1), &["shots"]);
    check(retired("Shot", 1), &["shots"]);
    check(studio_event("Studio_Thing_Done"), &[]);
    let callbacks = harness.register().expect("it registered before");
    assert_eq!(callbacks[2].failure_choice(), Some(OnError::Continue));
}

#[test]
fn two_callbacks_of_one_name_are_refused() {
    let mut harness = Harness::new(|registrar| {
        registrar.callback("same", |_, _| Ok(()));
        registrar.callback("same", |_, _| Ok(()));
        Ok(())
    });
    assert_eq!(harness.register().err(), Some(Error::from("two callbacks are named `same`")));
}

#[test]
fn key_values_are_kept_only_when_the_callback_finishes() {
    let mut harness = plugin(|_, event| {
        let count = keyvalue::increment("count", 1)?;
        keyvalue::set_json("last", &event.id)?;
        match event.id {
            1 => Ok(Outcome::Done),
            2 => Ok(Outcome::skipped("even")),
            3 => Ok(Outcome::RetryAfter(Duration::from_secs(1))),
            4 => Ok(Outcome::rejected("never")),
            _ => Err(Error::plugin(format_args!("count {count}"))),
        }
    })
    .key_value("count", "40");
    for (id, count, last) in
        [(1, "41", "1"), (2, "42", "2"), (3, "42", "2"), (4, "42", "2"), (5, "42", "2")]
    {
        harness.deliver(created("Shot", 7).id(id));
        assert_eq!(harness.stored("count").as_deref(), Some(count.as_bytes()), "after event {id}");
        assert_eq!(harness.stored("last").as_deref(), Some(last.as_bytes()), "after event {id}");
    }
}

#[test]
fn settings_are_parsed_or_named() {
    let mut harness = Harness::new(|_| {
        assert_eq!(config::require("name")?, "eight");
        assert_eq!(config::parse::<u32>("frames")?, Some(8));
        assert_eq!(config::parse_or("absent", 3)?, 3);
        assert_eq!(config::list("types")?, ["Shot", "Asset"]);
        assert_eq!(config::all()?.len(), 3);
        let error = |result: Result<String>| result.expect_err("the setting is absent").to_string();
        assert_eq!(error(config::require("absent")), "setting `absent` is required and missing");
        config::parse::<u32>("name").map(drop)
    })
    .setting("name", "eight")
    .setting("frames", " 8 ")
    .setting("types", "Shot, Asset,");
    let error = harness.register().err().expect("`eight` is no number");
    assert_eq!(
        error.to_string(),
        "setting `name` cannot be read as u32: invalid digit found in string"
    );
}

#[test]
fn a_scripted_failure_reaches_the_plugin_and_is_no_write() {
    let mut harness =
        plugin(|sg, event| match sg.update(event.required_entity()?, json!({ "code": "a" })) {
            Err(error) if error.is_transient() => Ok(Outcome::RetryAfter(Duration::from_secs(30))),
            other => other.map(Outcome::from),
        })
        .fail_call(1, Error::Unavailable("no answer within 5 s".to_owned()));
    let delivery = harness.deliver(created("Shot", 7));
    assert_eq!(
        (delivery.outcome(), delivery.writes.len()),
        (Outcome::RetryAfter(Duration::from_secs(30)), 0)
    );
    let delivery = harness.deliver(created("Shot", 7));
    assert_eq!((delivery.outcome(), delivery.writes.len()), (Outcome::Done, 1));
}

#[test]
#[should_panic(expected = "the test has no answer, or none left, for `find Task`")]
fn an_unscripted_question_fails_the_test() {
    plugin(|sg, _| sg.find("Task").all::<serde_json::Value>().map(drop))
        .deliver(created("Shot", 7));
}

#[test]
fn a_status_event_tells_its_new_status() {
    let event = changed("Task", 5, "sg_status_list").status("ip", "fin").build();
    assert_eq!(event.new_status(), Some("fin"));
    assert_eq!(event.old_value().and_then(FieldValue::as_text), Some("ip"));
    let meta: serde_json::Value = event.meta().expect("the meta of a change is an object");
    assert_eq!((&meta["new_value"], &meta["entity_id"]), (&json!("fin"), &json!(5)));
    assert_eq!(changed("Task", 5, "content").from_to("text", "a", "b").build().new_status(), None);
}
