use super::*;
use crate::stream::tests::started;

fn entry(event: u64) -> ReplayEntry {
    let json = format!("{{\"id\":{event}}}");
    ReplayEntry { event: EventId(event), seq: Seq(event - 100), late: event == 102, json }
}

fn with_replay(events: &[u64]) -> Database {
    let mut database = started();
    database.ensure_plugin("a", Seq(0)).expect("added");
    let entries: Vec<ReplayEntry> = events.iter().copied().map(entry).collect();
    database
        .begin_replay("a", &entries, "events 101 to 103", "mended", Timestamp(7))
        .expect("kept");
    database
}

fn take_over(database: &mut Database, limit: usize, callbacks: &[&str]) {
    let waiting = database.waiting_replays("a", limit).expect("read");
    let callbacks: Vec<String> = callbacks.iter().map(|name| (*name).to_owned()).collect();
    let taken = waiting.into_iter();
    let taken: Vec<TakenOver> =
        taken.map(|waiting| TakenOver { waiting, callbacks: callbacks.clone() }).collect();
    database.take_over_replays("a", &taken, Timestamp(8)).expect("taken over");
}

#[test]
fn entries_are_taken_over_in_order_and_once() {
    let mut database = with_replay(&[101, 102, 103]);
    let replays = database.replays().expect("read");
    assert_eq!((replays[0].entries, replays[0].waiting, &*replays[0].reason), (3, 3, "mended"));
    take_over(&mut database, 2, &["one", "two"]);
    assert_eq!(database.replays().expect("read")[0].waiting, 1);
    take_over(&mut database, 2, &["one", "two"]);
    assert_eq!(database.waiting_replays("a", 9).expect("read"), []);

    let letters = database.dead_letters(Some("a")).expect("read");
    let told: Vec<_> = letters
        .iter()
        .map(|letter| (letter.delivery.event.0, &*letter.delivery.callback, letter.redrive))
        .collect();
    let expected = [101, 102, 103].map(|event| [(event, "one", true), (event, "two", true)]);
    assert_eq!(told, expected.as_flattened());
    assert_eq!((letters[0].ending.attempts, letters[2].late), (0, true));
    let next = database.next_redrive("a").expect("read").expect("there is one");
    assert_eq!((next.delivery.event, next.json), (EventId(101), "{\"id\":101}".to_owned()));
}

#[test]
fn what_no_callback_wants_is_gone() {
    let mut database = with_replay(&[101]);
    take_over(&mut database, 9, &[]);
    assert_eq!(database.replays().expect("read")[0].waiting, 0);
    assert_eq!(database.dead_letters(None).expect("read"), []);
}

#[test]
fn an_unknown_plugin_has_nothing_handed_over() {
    let error = started().begin_replay("z", &[entry(101)], "", "", Timestamp(7));
    assert!(matches!(error, Err(PluginError::Unknown { plugin }) if plugin == "z"));
}

#[test]
fn a_wrong_bit_is_noticed() {
    let database = with_replay(&[101]);
    database
        .connection
        .execute("UPDATE replay_entry SET json = '{\"id\":109}'", [])
        .expect("changed");
    let error = database.waiting_replays("a", 9).expect_err("damaged");
    assert!(
        error.to_string().contains("entry 0 of replay 1 does not match its checksum"),
        "{error}"
    );
}
