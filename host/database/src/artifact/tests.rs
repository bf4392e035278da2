use super::*;
use crate::stream::tests::started;

fn states(database: &Database, plugin: &str) -> Vec<(String, ArtifactState)> {
    let rows = database.artifacts(plugin).expect("read");
    rows.into_iter().map(|row| (row.digest, row.state)).collect()
}

fn runs(database: &mut Database, digest: &str, at: i64) {
    database.artifact_runs("a", digest, Some("[plugin]"), Timestamp(at)).expect("saved");
}

#[test]
fn a_file_that_waits_runs_only_when_it_is_approved() {
    use ArtifactState::{Approved, Held, Running};
    let mut database = started();
    runs(&mut database, "one", 1);
    database.hold_artifact("a", "two", None, Timestamp(2)).expect("saved");
    database.hold_artifact("a", "three", None, Timestamp(3)).expect("saved");
    let state = |name: &str, state| (name.to_owned(), state);
    assert_eq!(states(&database, "a"), [state("one", Running), state("three", Held)]);
    assert_eq!(states(&database, "b"), []);
    assert!(
        !database.approve_artifact("a", "two", Timestamp(4)).expect("saved"),
        "it was replaced"
    );
    assert!(!database.approve_artifact("a", "one", Timestamp(4)).expect("saved"), "it runs");
    assert!(database.approve_artifact("a", "three", Timestamp(4)).expect("saved"));
    assert_eq!(states(&database, "a"), [state("one", Running), state("three", Approved)]);
    runs(&mut database, "three", 5);
    assert_eq!(states(&database, "a"), [state("one", Approved), state("three", Running)]);
    assert_eq!(database.running_digests().expect("read"), ["three"]);
}

#[test]
fn one_that_waited_is_gone_when_another_runs() {
    let mut database = started();
    runs(&mut database, "one", 1);
    database.hold_artifact("a", "two", None, Timestamp(2)).expect("saved");
    runs(&mut database, "one", 3);
    assert_eq!(states(&database, "a"), [("one".to_owned(), ArtifactState::Running)]);
}

#[test]
fn earlier_files_are_bounded() {
    let mut database = started();
    (0..50).for_each(|number| runs(&mut database, &format!("{number:02}"), number));
    let states = states(&database, "a");
    assert_eq!(states.len(), 21);
    assert_eq!(states[0].0, "29", "the newest are kept");
}
