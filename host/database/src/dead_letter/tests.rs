use super::*;
use crate::audit::tests::evidence;
use crate::effect::EffectRow;
use crate::halt::HaltScope;
use crate::plugin::Finish;
use crate::stream::tests::{append, entries, started};

fn with_plugin() -> Database {
    let mut database = started();
    append(&mut database, &entries(101..=110)).expect("appended");
    database.ensure_plugin("a", Seq(0)).expect("added");
    database.ensure_plugin("b", Seq(0)).expect("added");
    database.set_digest("a", "c0ffee").expect("kept");
    database
}

fn ending(attempts: u32) -> Ending {
    Ending {
        error: "no such field".to_owned(),
        attempts,
        at: Timestamp(1_000),
        log: "one\ntwo".to_owned(),
    }
}

fn parked(event: u64) -> Parked {
    let (event, seq) = (EventId(event), Seq(event - 100));
    Parked {
        event,
        seq,
        more: Vec::new(),
        callback: "on_note".to_owned(),
        ending: ending(3),
        halted_project: None,
    }
}

/// Puts event 101 of plugin `a` aside.
fn park(database: &mut Database, plugin: &str, event: u64) {
    let parked = [parked(event)];
    let finish = Finish { parked: &parked, ..Finish::at(plugin, Seq(event - 100)) };
    database.finish(&finish).expect("finished");
}

fn effect(event: u64) -> EffectRow {
    EffectRow {
        delivery: DeliveryKey {
            plugin: "a".to_owned(),
            event: EventId(event),
            callback: "on_note".to_owned(),
        },
        number: 1,
        function: "create".to_owned(),
        subject: "Note".to_owned(),
        request: vec![1],
        intended_at: Timestamp(5),
        answer: None,
    }
}

fn numbers(database: &Database, plugin: Option<&str>) -> Vec<u64> {
    let letters = database.dead_letters(plugin).expect("read");
    letters.into_iter().map(|letter| letter.number).collect()
}

#[test]
fn a_letter_holds_the_event_and_how_it_ended() {
    let mut database = with_plugin();
    park(&mut database, "a", 102);
    let journal = database.entries_after(Seq(1), 1).expect("read").remove(0);
    let letter = database.dead_letter(1).expect("read").expect("there");
    assert_eq!((letter.seq, &letter.json, letter.late), (Seq(2), &journal.json, journal.late));
    assert_eq!(letter.ending, ending(3));
    assert_eq!((letter.digest.as_deref(), letter.redrive), (Some("c0ffee"), false));
    assert_eq!(database.dead_letter_count("a").expect("read"), 1);
    assert_eq!(database.dead_letter(2).expect("read"), None);
}

#[test]
fn a_letter_outlives_its_entry_in_the_journal() {
    let mut database = with_plugin();
    park(&mut database, "a", 102);
    database.mark_removed("b", Timestamp(0)).expect("removed");
    assert!(database.retain(Timestamp(i64::MAX), 100).expect("retained") > 0);
    assert!(database.dead_letter(1).expect("read").is_some());
}

#[test]
fn the_same_delivery_has_one_letter() {
    let mut database = with_plugin();
    park(&mut database, "a", 101);
    database.redrive(&[1]).expect("marked");
    let again = [Parked { ending: ending(5), ..parked(101) }];
    let finish = Finish { parked: &again, ..Finish::at("a", Seq(1)) };
    database.finish(&finish).expect("finished");
    let letters = database.dead_letters(None).expect("read");
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].ending.attempts, letters[0].redrive), (5, false));
}

#[test]
fn letters_are_handed_over_in_journal_order_when_asked_for() {
    let mut database = with_plugin();
    for (plugin, event) in [("a", 101), ("b", 101), ("a", 103)] {
        park(&mut database, plugin, event);
    }
    assert_eq!(database.next_redrive("a").expect("read"), None);
    database.redrive(&[3, 1]).expect("marked");
    assert_eq!(database.next_redrive("a").expect("read").map(|letter| letter.number), Some(1));
    assert_eq!(database.next_redrive("b").expect("read"), None);
    database.redrive_failed(1, &ending(4)).expect("kept");
    assert_eq!(database.next_redrive("a").expect("read").map(|letter| letter.number), Some(3));
    let finish = Finish { redriven: &[3], handled: 1, ..Finish::at("a", Seq(3)) };
    database.finish(&finish).expect("finished");
    assert_eq!(numbers(&database, Some("a")), [1]);
    assert_eq!(numbers(&database, None), [1, 2]);
}

#[test]
fn marking_letters_is_all_or_nothing() {
    let mut database = with_plugin();
    park(&mut database, "a", 101);
    let error = database.redrive(&[1, 9]).expect_err("there is no 9");
    assert_eq!(error.to_string(), "there is no dead letter 9");
    assert_eq!(database.next_redrive("a").expect("read"), None);
    assert!(database.discard_dead_letters(&[1, 9]).is_err());
    assert_eq!(numbers(&database, None), [1]);
    assert!(database.annotate_dead_letter(9, "x").is_err());
    database.annotate_dead_letter(1, "the vendor knows").expect("kept");
    assert_eq!(database.dead_letter(1).expect("read").expect("there").note, "the vendor knows");
}

#[test]
fn effects_go_with_their_letter() {
    for discard in [true, false] {
        let mut database = with_plugin();
        park(&mut database, "a", 101);
        for event in [101, 102] {
            database.store_effect(&effect(event), &[], &evidence(&effect(event))).expect("stored");
        }
        if discard {
            database.discard_dead_letters(&[1]).expect("discarded");
        } else {
            let finish = Finish { redriven: &[1], ..Finish::at("a", Seq(1)) };
            database.finish(&finish).expect("finished");
        }
        assert_eq!(database.effects("a").expect("read"), [effect(102)]);
        assert_eq!(numbers(&database, None), []);
    }
}

#[test]
fn a_number_is_not_used_twice() {
    let mut database = with_plugin();
    park(&mut database, "a", 101);
    database.discard_dead_letters(&[1]).expect("discarded");
    park(&mut database, "a", 102);
    assert_eq!(numbers(&database, None), [2]);
}

#[test]
fn a_wrong_bit_is_found() {
    let mut database = with_plugin();
    park(&mut database, "a", 101);
    database.connection.execute("UPDATE dead_letter SET json = '{}'", []).expect("damaged");
    let error = database.dead_letters(None).expect_err("it is not as it was stored");
    assert!(error.to_string().contains("dead letter 1"), "{error}");
}

#[test]
fn what_is_held_back_comes_when_its_project_is_released() {
    let mut database = with_plugin();
    let project = HaltScope::Project(70);
    database.halt(&project, "wrapped", Timestamp(5)).expect("halted");
    let parked = [Parked { halted_project: Some(70), ..parked(101) }];
    database.finish(&Finish { parked: &parked, ..Finish::at("a", Seq(1)) }).expect("finished");
    park(&mut database, "a", 102);
    assert_eq!(database.next_redrive("a").expect("read"), None, "it is halted");
    database.redrive(&numbers(&database, None)).expect("marked");
    let next = database.next_redrive("a").expect("read").expect("the other one");
    assert_eq!(next.delivery.event, EventId(102), "the operator cannot have it handed over");
    assert_eq!(database.held_back("a").expect("counted"), 1);
    database.release(&project).expect("released");
    let next = database.next_redrive("a").expect("read").expect("released");
    assert_eq!((next.delivery.event, next.halted_project), (EventId(101), Some(70)));
    database.redrive_failed(next.number, &ending(1)).expect("kept");
    assert_eq!(database.held_back("a").expect("counted"), 0, "it is a dead letter like any other");
}
