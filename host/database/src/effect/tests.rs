use eventlog::Seq;

use super::*;
use crate::audit::tests::evidence;
use crate::plugin::Finish;
use crate::stream::tests::{append, entries, started};

fn with_plugin() -> Database {
    let mut database = started();
    append(&mut database, &entries(101..=110)).expect("appended");
    database.ensure_plugin("a", Seq(0)).expect("added");
    database.ensure_plugin("b", Seq(0)).expect("added");
    database
}

fn effect(plugin: &str, event: u64, callback: &str, number: u32) -> EffectRow {
    EffectRow {
        delivery: DeliveryKey {
            plugin: plugin.to_owned(),
            event: EventId(event),
            callback: callback.to_owned(),
        },
        number,
        function: "create".to_owned(),
        subject: "Note".to_owned(),
        request: vec![1, 2, 3],
        intended_at: Timestamp(1_000),
        answer: None,
    }
}

fn stored(database: &Database, plugin: &str) -> Vec<EffectRow> {
    database.effects(plugin).expect("read")
}

#[test]
fn an_effect_is_open_until_it_is_answered() {
    let mut database = with_plugin();
    let open = effect("a", 101, "on_note", 1);
    database.store_effect(&open, &[], &evidence(&open)).expect("stored");
    assert_eq!(stored(&database, "a"), std::slice::from_ref(&open));
    let answered = EffectRow { answer: Some("{\"id\": 7}".to_owned()), ..open };
    database
        .store_effect(&answered, &[("Note".to_owned(), 7)], &evidence(&answered))
        .expect("stored");
    assert_eq!(stored(&database, "a"), [answered]);
    assert_eq!(database.newest_created("a").expect("read"), [("Note".to_owned(), 7)]);
    assert!(stored(&database, "b").is_empty(), "each plugin has its own");
}

#[test]
fn the_newest_created_record_never_falls() {
    let mut database = with_plugin();
    for (number, id) in [(1, 7), (2, 5), (3, 9)] {
        let effect = effect("a", 101, "on_note", number);
        database
            .store_effect(&effect, &[("Note".to_owned(), id)], &evidence(&effect))
            .expect("stored");
    }
    assert_eq!(database.newest_created("a").expect("read"), [("Note".to_owned(), 9)]);
}

#[test]
fn effects_go_with_their_delivery_and_no_other() {
    let mut database = with_plugin();
    let all = [
        effect("a", 101, "on_note", 1),
        effect("a", 101, "on_note", 2),
        effect("a", 101, "on_task", 1),
        effect("a", 102, "on_note", 1),
        effect("b", 101, "on_note", 1),
    ];
    all.iter()
        .for_each(|effect| database.store_effect(effect, &[], &evidence(effect)).expect("stored"));
    database.forget_effect(&evidence(&all[1])).expect("forgotten");
    assert_eq!(stored(&database, "a"), [&all[0], &all[2], &all[3]].map(EffectRow::clone));
    let finish = Finish {
        finished: &[crate::Delivered { seq: Seq(1), callback: "on_note".to_owned() }],
        handled: 1,
        settled: &[(EventId(101), "on_note".to_owned())],
        ..Finish::at("a", Seq(0))
    };
    database.finish(&finish).expect("finished");
    assert_eq!(stored(&database, "a"), [&all[2], &all[3]].map(EffectRow::clone));
    assert_eq!(stored(&database, "b").len(), 1);
}

#[test]
fn a_wrong_bit_is_found() {
    let mut database = with_plugin();
    database
        .store_effect(
            &effect("a", 101, "on_note", 1),
            &[],
            &evidence(&effect("a", 101, "on_note", 1)),
        )
        .expect("stored");
    database.connection.execute("UPDATE effect SET event = 103", []).expect("damaged");
    let error = database.effects("a").expect_err("it is not as it was stored");
    assert!(error.to_string().contains("an effect of plugin `a`"), "{error}");
    verify_all(database.ask("check")).expect_err("found without asking for the plugin");
}
