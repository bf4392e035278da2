use super::*;

fn standing(position: u64) -> Option<Standing> {
    Some(Standing { position: Seq(position), is_running: true })
}

#[test]
fn the_slowest_of_those_that_come_first_holds_a_plugin() {
    let standings = Standings::new(BTreeSet::new());
    let after = ["a".to_owned(), "b".to_owned(), "absent".to_owned()];
    assert_eq!(standings.ceiling(&after), None, "nobody waits for what is not there");
    standings.publish(&"a".into(), standing(7));
    standings.publish(&"b".into(), standing(5));
    standings.publish(&"other".into(), standing(1));
    let ceiling = standings.ceiling(&after).unwrap();
    assert_eq!((ceiling.seq, &*ceiling.plugin), (Seq(5), "b"));
    standings.publish(&"b".into(), None);
    assert_eq!(standings.ceiling(&after).unwrap().seq, Seq(7), "b was turned off");
}

#[test]
fn only_what_changes_is_told() {
    let standings = Standings::new(BTreeSet::new());
    standings.publish(&"a".into(), standing(7));
    let mut changes = standings.changes();
    changes.mark_seen();
    standings.publish(&"a".into(), standing(7));
    assert!(!changes.has_changed());
    standings.publish(&"a".into(), standing(8));
    assert!(changes.has_changed());
}
