use super::*;

#[test]
fn what_was_refused_is_added_up() {
    let mut database = Database::in_memory("http://site").expect("made");
    database.add_refusals("a", [("grant", 2), ("fuel", 1)], Timestamp(1)).expect("added");
    database.add_refusals("a", [("fuel", 4)], Timestamp(9)).expect("added");
    let row =
        |what: &str, times, at| RefusalRow { what: what.to_owned(), times, last_at: Timestamp(at) };
    assert_eq!(database.refusals("a").expect("read"), [row("fuel", 5, 9), row("grant", 2, 1)]);
    assert!(database.refusals("b").expect("read").is_empty());
}
