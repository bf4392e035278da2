use expect_test::{Expect, expect};

use super::*;
use crate::stream::tests::{append, entries, started};

/// Ten entries and the plugins `a` and `b`, at the start.
fn with_plugins() -> Database {
    let mut database = started();
    append(&mut database, &entries(101..=110)).expect("appended");
    database.ensure_plugin("a", Seq(0)).expect("added");
    database.ensure_plugin("b", Seq(4)).expect("added");
    database
}

fn finish(plugin: &str, position: u64) -> Finish<'_> {
    Finish { handled: 1, ..Finish::at(plugin, Seq(position)) }
}

fn failure(event: u64) -> Failure {
    Failure { event: EventId(event), error: "no such field".to_owned(), at: Timestamp(77) }
}

fn delivered(seq: u64) -> Delivered {
    Delivered { seq: Seq(seq), callback: "on_note".to_owned() }
}

fn put_off(attempts: u32, failures: u32) -> Progress {
    let pause = Pause { since: Timestamp(99), length: Duration::from_millis(1500) };
    Progress { attempts, failures, pause: Some(pause) }
}

fn row(database: &Database, name: &str) -> PluginRow {
    database.plugin(name).expect("read").expect("known")
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, PluginError>, expected: Expect) {
    expected.assert_eq(&format!("{}\n", result.expect_err("must be refused")));
}

#[test]
fn a_known_plugin_stays_where_it_is() {
    let mut database = with_plugins();
    database.finish(&finish("a", 3)).expect("finished");
    assert_eq!(database.ensure_plugin("a", Seq(10)).expect("known").position, Seq(3));
    database.mark_removed("a", Timestamp(5)).expect("removed");
    assert_eq!(row(&database, "a").removed_at, Some(Timestamp(5)));
    let back = database.ensure_plugin("a", Seq(10)).expect("back");
    assert_eq!((back.position, back.removed_at), (Seq(3), None));
    assert_eq!(database.ensure_plugin("c", Seq(10)).expect("new").position, Seq(10));
    let names: Vec<_> =
        database.plugins().expect("read").into_iter().map(|plugin| plugin.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn a_position_never_falls_nor_runs_ahead() {
    let mut database = with_plugins();
    database.finish(&finish("a", 5)).expect("finished");
    database.finish(&finish("a", 5)).expect("the same again is no fall");
    refused(
        database.finish(&finish("a", 4)),
        expect![[r#"
        the position of plugin `a` may not fall from 5 to 4
    "#]],
    );
    refused(
        database.finish(&finish("a", 11)),
        expect![[r#"
        the position of plugin `a` may not be 11: the journal ends at 10
    "#]],
    );
    refused(
        database.finish(&finish("z", 5)),
        expect![[r#"
        plugin `z` is not known to the database
    "#]],
    );
    refused(
        database.ensure_plugin("c", Seq(11)),
        expect![[r#"
        the position of plugin `c` may not be 11: the journal ends at 10
    "#]],
    );
    assert_eq!((row(&database, "a").position, row(&database, "a").handled), (Seq(5), 2));
}

#[test]
fn several_finish_together_or_not_at_all() {
    let mut database = with_plugins();
    let set = [KeyValueChange::Set { key: "k".to_owned(), value: vec![1] }];
    let good = Finish { key_values: &set, ..finish("a", 6) };
    refused(
        database.finish_many(&[good, finish("b", 3)]),
        expect![[r#"
        the position of plugin `b` may not fall from 4 to 3
    "#]],
    );
    assert_eq!(row(&database, "a").position, Seq(0));
    assert_eq!(database.key_values("a").expect("read"), []);
    database.finish_many(&[good, finish("b", 5)]).expect("finished");
    assert_eq!((row(&database, "a").position, row(&database, "b").position), (Seq(6), Seq(5)));
    assert_eq!(database.key_values("a").expect("read").len(), 1);
    database.finish_many(&[]).expect("nothing to do");
}

#[test]
fn a_failure_is_counted_and_stops_until_resumed() {
    let mut database = with_plugins();
    database.put_off("b", &delivered(5), put_off(1, 1), Some(&failure(105))).expect("recorded");
    database.put_off("b", &delivered(5), put_off(2, 1), None).expect("recorded");
    database.stop_plugin("b", &failure(105)).expect("stopped");
    let stopped = row(&database, "b");
    assert_eq!(stopped.state, PluginState::Stopped { event: EventId(105) });
    assert_eq!((stopped.failed, stopped.position), (2, Seq(4)));
    assert_eq!(database.attempts("b").expect("read"), [(delivered(5), put_off(2, 1))]);
    assert_eq!(stopped.last_failure, Some(failure(105)));

    database.set_enabled("b", true).expect("enabled");
    assert_eq!(row(&database, "b").state, stopped.state, "enabling resumes nothing");
    database.resume_plugin("b").expect("resumed");
    let resumed = row(&database, "b");
    assert_eq!(
        (resumed.state, database.attempts("b").expect("read"), resumed.position),
        (PluginState::Active, Vec::new(), Seq(4))
    );
    assert_eq!(resumed.last_failure, Some(failure(105)), "the last error can still be read");
}

#[test]
fn finishing_an_event_ends_its_attempts() {
    let mut database = with_plugins();
    database.put_off("b", &delivered(5), put_off(1, 1), Some(&failure(105))).expect("recorded");
    database.put_off("b", &delivered(6), put_off(3, 2), None).expect("recorded");
    database.finish(&finish("b", 5)).expect("finished");
    let row = row(&database, "b");
    assert_eq!((row.failed, row.handled), (1, 1));
    let attempts = database.attempts("b").expect("read");
    assert_eq!(attempts, [(delivered(6), put_off(3, 2))], "that of another event goes on");
}

#[test]
fn what_was_given_up_is_counted_with_the_position() {
    let mut database = with_plugins();
    let failures = [failure(105), failure(106)];
    let given_up = Finish { failures: &failures, failed_in_row: 2, ..finish("b", 6) };
    database.finish(&given_up).expect("finished");
    let row = row(&database, "b");
    assert_eq!((row.failed, row.failed_in_row, row.handled), (2, 2, 1));
    assert_eq!(row.last_failure, Some(failure(106)));
    database.finish(&finish("b", 7)).expect("finished");
    assert_eq!(self::row(&database, "b").failed_in_row, 0);
}

#[test]
fn the_wish_and_the_version_are_kept() {
    let mut database = with_plugins();
    database.set_enabled("a", false).expect("disabled");
    database.set_digest("a", "c0ffee").expect("recorded");
    let row = row(&database, "a");
    assert_eq!((row.enabled, row.digest.as_deref()), (false, Some("c0ffee")));
}

#[test]
fn an_unknown_plugin_is_an_error_everywhere() {
    let mut database = with_plugins();
    for result in [
        database.put_off("z", &delivered(5), put_off(1, 1), Some(&failure(1))),
        database.stop_plugin("z", &failure(1)),
        database.resume_plugin("z"),
        database.set_enabled("z", true),
        database.set_digest("z", "c0ffee"),
        database.mark_removed("z", Timestamp(1)),
    ] {
        let error = result.expect_err("must be refused");
        assert_eq!(error.to_string(), "plugin `z` is not known to the database");
    }
    assert_eq!(database.plugin("z").expect("read"), None);
}

#[test]
fn a_wrong_position_is_noticed() {
    let mut database = with_plugins();
    database
        .connection
        .execute("UPDATE plugin SET position = 9 WHERE name = 'b'", [])
        .expect("changed");
    refused(
        database.finish(&finish("b", 10)),
        expect![[r#"
        database in memory is damaged, found on trying to keep what plugins have finished: the position of plugin `b` does not match its checksum
    "#]],
    );
    database.plugins().expect_err("damaged");
}

#[test]
fn what_is_finished_beyond_the_position_is_kept_until_it_is_passed() {
    let mut database = with_plugins();
    let finished = [
        Delivered { seq: Seq(5), callback: "first".to_owned() },
        Delivered { seq: Seq(5), callback: "second one".to_owned() },
        delivered(7),
    ];
    let within = Finish { finished: &finished, ..finish("b", 4) };
    database.finish(&within).expect("finished");
    assert_eq!(row(&database, "b").finished, finished);
    database.finish(&Finish { finished: &finished[2..], ..finish("b", 5) }).expect("finished");
    assert_eq!(row(&database, "b").finished, finished[2..]);
    database.finish(&finish("b", 7)).expect("finished");
    assert!(row(&database, "b").finished.is_empty());
}

#[test]
fn a_clock_that_was_set_back_makes_no_pause_longer() {
    let pause = Pause { since: Timestamp(10_000), length: Duration::from_millis(1500) };
    let left = [9_000, 10_000, 11_000, 12_000].map(|now| pause.left(Timestamp(now)).as_millis());
    assert_eq!(left, [1500, 1500, 500, 0]);
}

#[test]
fn a_storm_stops_a_plugin_without_a_failure_of_it() {
    let mut database = started();
    append(&mut database, &entries(101..=103)).expect("appended");
    database.ensure_plugin("a", Seq(0)).expect("added");
    let why =
        Failure { event: EventId(101), error: "round and round".to_owned(), at: Timestamp(7) };
    database.stop_plugin_in_storm("a", &why).expect("stopped");
    let row = database.plugin("a").expect("read").expect("known");
    assert_eq!(row.state, PluginState::Stopped { event: EventId(101) });
    assert_eq!((row.storm, row.failed, row.last_failure), (true, 0, Some(why)));
    database.resume_plugin("a").expect("resumed");
    assert!(!database.plugin("a").expect("read").expect("known").storm);
}
