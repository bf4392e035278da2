use eventlog::EventId;
use expect_test::{Expect, expect};

use super::*;
use crate::audit::tests::evidence;
use crate::effect::{DeliveryKey, EffectRow};
use crate::plugin::Finish;
use crate::stream::tests::{append, entries, started};

/// Ten entries, and plugin `a` in the middle of them.
fn with_plugin() -> Database {
    let mut database = started();
    append(&mut database, &entries(101..=110)).expect("appended");
    database.ensure_plugin("a", Seq(0)).expect("added");
    database.finish(&Finish::at("a", Seq(5))).expect("finished");
    database
}

fn position(database: &Database) -> (Seq, u64) {
    let row = database.plugin("a").expect("read").expect("known");
    (row.position, row.moves)
}

#[track_caller]
fn refused(result: Result<Move, MoveError>, expected: Expect) {
    expected.assert_eq(&format!("{}\n", result.expect_err("must be refused")));
}

#[test]
fn a_position_moves_both_ways_and_the_reason_is_kept() {
    let mut database = with_plugin();
    let skipped = database.move_plugin("a", Seq(9), "poison", Timestamp(7)).expect("moved");
    assert_eq!((skipped.entries(), position(&database)), (4, (Seq(9), 1)));
    let back = database.move_plugin("a", Seq(0), "mended", Timestamp(8)).expect("moved");
    assert_eq!((back.entries(), position(&database)), (-9, (Seq(0), 2)));
    assert_eq!(database.moves().expect("read"), [skipped, back]);
}

/// Else a lane that is still at its old place would undo what the operator did.
#[test]
fn what_a_lane_did_before_moves_the_position_no_further() {
    for to in [Seq(0), Seq(10)] {
        let mut database = with_plugin();
        database.move_plugin("a", to, "", Timestamp(7)).expect("moved");
        let set = [crate::KeyValueChange::Set { key: "k".to_owned(), value: vec![1] }];
        let late = Finish { handled: 1, key_values: &set, ..Finish::at("a", Seq(6)) };
        database.finish(&late).expect("kept");
        assert_eq!(position(&database), (to, 1));
        assert_eq!(database.key_values("a").expect("read").len(), 1, "what it did is kept");
        let next = Finish { moves: 1, ..Finish::at("a", Seq(10)) };
        database.finish(&next).expect("finished");
        assert_eq!(position(&database), (Seq(10), 1));
    }
}

#[test]
fn a_position_stays_within_the_journal() {
    let mut database = with_plugin();
    refused(
        database.move_plugin("a", Seq(11), "", Timestamp(7)),
        expect![[r#"
        the position of plugin `a` may not be 11: the journal ends at 10
    "#]],
    );
    refused(
        database.move_plugin("z", Seq(1), "", Timestamp(7)),
        expect![[r#"
        plugin `z` is not known to the database
    "#]],
    );
    assert!(database.retain(Timestamp(i64::MAX), 3).expect("retained") == 3);
    refused(
        database.move_plugin("a", Seq(2), "", Timestamp(7)),
        expect![[r#"
        the journal begins at 4: what was before is dropped, and cannot be handed over again
    "#]],
    );
    assert_eq!(position(&database), (Seq(5), 0));
    database.move_plugin("a", Seq(3), "", Timestamp(7)).expect("4 is the next");
}

#[test]
fn effects_of_skipped_events_go_and_others_stay() {
    let mut database = with_plugin();
    for event in [106, 108] {
        let effect = EffectRow {
            delivery: DeliveryKey {
                plugin: "a".to_owned(),
                event: EventId(event),
                callback: "c".to_owned(),
            },
            number: 1,
            function: "create".to_owned(),
            subject: "Note".to_owned(),
            request: vec![1],
            intended_at: Timestamp(5),
            answer: None,
        };
        database.store_effect(&effect, &[], &evidence(&effect)).expect("stored");
    }
    database.move_plugin("a", Seq(2), "", Timestamp(7)).expect("moved");
    assert_eq!(database.effects("a").expect("read").len(), 2, "both are still to come");
    database.move_plugin("a", Seq(7), "", Timestamp(8)).expect("moved");
    let left = database.effects("a").expect("read");
    assert_eq!(left.iter().map(|effect| effect.delivery.event).collect::<Vec<_>>(), [EventId(108)]);
}
