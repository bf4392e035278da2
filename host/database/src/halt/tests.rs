use super::*;

#[test]
fn what_is_halted_is_told_with_its_reason_until_it_is_released() {
    let mut database = Database::in_memory("https://site").expect("made");
    let plugin = HaltScope::Plugin("a".to_owned());
    assert_eq!(database.halting().expect("read"), Halting::default());
    assert_eq!(database.halt(&plugin, "odd", Timestamp(5)).expect("halted"), 1);
    assert_eq!(database.halt(&HaltScope::Project(70), "wrapped", Timestamp(6)).expect("halted"), 2);
    assert_eq!(database.halt(&HaltScope::All, "fire", Timestamp(7)).expect("halted"), 3);
    // It is halted since the first time.
    assert_eq!(database.halt(&plugin, "very odd", Timestamp(8)).expect("halted"), 4);
    let halting = database.halting().expect("read");
    assert_eq!((halting.changes, halting.obeyed), (4, 0));
    let halt =
        |scope, at, reason: &str| Halt { scope, at: Timestamp(at), reason: reason.to_owned() };
    let expected = [
        halt(HaltScope::All, 7, "fire"),
        halt(plugin.clone(), 5, "very odd"),
        halt(HaltScope::Project(70), 6, "wrapped"),
    ];
    assert_eq!(halting.halts, expected);
    assert_eq!(database.release(&plugin).expect("released"), Some(5));
    assert_eq!(database.release(&plugin).expect("asked"), None, "it is not halted");
    assert_eq!(database.halting().expect("read").halts.len(), 2);
}

#[test]
fn obedience_never_falls_back() {
    let mut database = Database::in_memory("https://site").expect("made");
    database.obey_halts(3).expect("kept");
    database.obey_halts(2).expect("kept");
    assert_eq!(database.halting().expect("read").obeyed, 3);
}
