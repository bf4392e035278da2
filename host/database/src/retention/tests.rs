use std::collections::BTreeMap;

use eventlog::{EventId, Seq, Timestamp};
use proptest::prelude::*;

use crate::stream::tests::{NOTHING, append, entries, started};
use crate::{Append, Database, Failure, Finish, PluginState};

#[derive(Debug, Clone)]
enum Step {
    Append { count: u64, received_at: i64 },
    Finish { plugin: usize, forward: u64 },
    Remove { plugin: usize, at: i64 },
    Return { plugin: usize },
    Stop { plugin: usize },
    Disable { plugin: usize },
    Retain { keep_after: i64, limit: usize },
}

const NAMES: [&str; 3] = ["a", "b", "c"];

fn step() -> impl Strategy<Value = Step> {
    let plugin = || 0..NAMES.len();
    prop_oneof![
        4 => (1_u64..6, 0_i64..100).prop_map(|(count, received_at)| Step::Append { count, received_at }),
        4 => (plugin(), 0_u64..8).prop_map(|(plugin, forward)| Step::Finish { plugin, forward }),
        1 => (plugin(), 0_i64..100).prop_map(|(plugin, at)| Step::Remove { plugin, at }),
        1 => plugin().prop_map(|plugin| Step::Return { plugin }),
        1 => plugin().prop_map(|plugin| Step::Stop { plugin }),
        1 => plugin().prop_map(|plugin| Step::Disable { plugin }),
        3 => (0_i64..120, 0_usize..12).prop_map(|(keep_after, limit)| Step::Retain { keep_after, limit }),
    ]
}

fn perform(database: &mut Database, step: &Step) -> Result<(), Box<dyn std::error::Error>> {
    match *step {
        Step::Append { count, received_at } => {
            let next = database.load_stream()?.expect("started").high_water.0 + 1;
            let page = entries(next..=next + count - 1);
            let (received_at, high_water) = (Timestamp(received_at), EventId(next + count - 1));
            database.append(&Append { entries: &page, received_at, high_water, ..NOTHING })?;
        }
        Step::Finish { plugin, forward } => {
            let row = database.plugin(NAMES[plugin])?.expect("known");
            let position = Seq((row.position.0 + forward).min(database.last_seq()?.0));
            database.finish(&Finish { handled: forward, ..Finish::at(&row.name, position) })?;
        }
        Step::Remove { plugin, at } => database.mark_removed(NAMES[plugin], Timestamp(at))?,
        Step::Return { plugin } => drop(database.ensure_plugin(NAMES[plugin], Seq(0))?),
        Step::Stop { plugin } => {
            let failure =
                Failure { event: EventId(1), error: "failed".to_owned(), at: Timestamp(1) };
            database.stop_plugin(NAMES[plugin], &failure)?;
        }
        Step::Disable { plugin } => database.set_enabled(NAMES[plugin], false)?,
        Step::Retain { keep_after, limit } => {
            check_retention(database, Timestamp(keep_after), limit)?
        }
    }
    Ok(())
}

fn check_retention(
    database: &mut Database,
    keep_after: Timestamp,
    limit: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let journal = |database: &Database| -> Result<BTreeMap<Seq, Timestamp>, crate::QueryError> {
        let entries = database.entries_after(Seq(0), usize::MAX)?;
        Ok(entries.into_iter().map(|entry| (entry.seq, entry.received_at)).collect())
    };
    let (before, last_seq) = (journal(database)?, database.last_seq()?);
    let removed = database.retain(keep_after, limit)?;
    let after = journal(database)?;

    assert_eq!(removed, (before.len() - after.len()) as u64);
    assert!(removed <= limit as u64, "at most {limit} entries go at once");
    assert_eq!(database.last_seq()?, last_seq, "the numbering goes on");
    for (seq, received_at) in before.iter().filter(|(seq, _)| !after.contains_key(seq)) {
        assert!(*received_at < keep_after, "entry at {seq} is too young to go");
        for plugin in database.plugins()? {
            let kept_for = plugin.removed_at.is_none_or(|at| at >= keep_after);
            assert!(
                !kept_for || *seq <= plugin.position,
                "plugin {} still needs the entry at {seq}",
                plugin.name
            );
        }
    }
    let (first, last) = (after.keys().next(), after.keys().last());
    if let (Some(first), Some(last)) = (first, last) {
        assert_eq!(*last, last_seq, "only the oldest go");
        assert_eq!(last.0 - first.0 + 1, after.len() as u64, "the journal has no holes");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_plugin_needs_stays(steps in prop::collection::vec(step(), 1..60)) {
        let mut database = started();
        for name in NAMES {
            database.ensure_plugin(name, Seq(0)).expect("added");
        }
        for step in &steps {
            perform(&mut database, step).expect("performed");
        }
    }
}

#[test]
fn old_entries_go_when_everyone_is_done() {
    let mut database = started();
    append(&mut database, &entries(101..=110)).expect("appended");
    database.ensure_plugin("a", Seq(0)).expect("added");
    assert_eq!(database.retain(Timestamp(1), 100).expect("retained"), 0, "a has seen nothing");
    let finish = |position| Finish { handled: 1, ..Finish::at("a", Seq(position)) };
    database.finish(&finish(6)).expect("finished");
    assert_eq!(database.retain(Timestamp(0), 100).expect("retained"), 0, "nothing is old enough");
    assert_eq!(database.retain(Timestamp(1), 4).expect("retained"), 4);
    assert_eq!(database.retain(Timestamp(1), 100).expect("retained"), 2);
    assert_eq!(database.first_seq().expect("read"), Some(Seq(7)));
}

#[test]
fn an_empty_journal_goes_on_counting() {
    let mut database = started();
    append(&mut database, &entries(101..=103)).expect("appended");
    assert_eq!(database.retain(Timestamp(1), 100).expect("retained"), 3, "there is no plugin");
    assert_eq!(database.first_seq().expect("read"), None);
    assert_eq!(append(&mut database, &entries(104..=104)).expect("appended"), Seq(4));
}

#[test]
fn a_stopped_plugin_finds_its_event_again() {
    let mut database = started();
    append(&mut database, &entries(101..=103)).expect("appended");
    database.ensure_plugin("a", Seq(1)).expect("added");
    let failure = Failure { event: EventId(102), error: "failed".to_owned(), at: Timestamp(0) };
    database.stop_plugin("a", &failure).expect("stopped");
    database.set_enabled("a", false).expect("disabled");
    assert_eq!(database.retain(Timestamp(1_000), 100).expect("retained"), 1);
    database.resume_plugin("a").expect("resumed");
    let row = database.plugin("a").expect("read").expect("known");
    assert_eq!(row.state, PluginState::Active);
    assert_eq!(database.entries_after(row.position, 1).expect("read")[0].id, EventId(102));
}
