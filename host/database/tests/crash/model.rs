//! A writer whose every commit follows from the number of its round, so that a file can be checked against it.
//!
//! Round n brings ids 10n+1 to 10n+10 without 10n+5, which is a gap. Two rounds later that gap closes, is given up or is
//! forgotten, by turns. Then two plugins finish, each with a key-value that says the same as its position.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use database::{
    Append, Database, Finish, Gap, JournalEntry, KeyValueChange, NewEntry, Options, QueryError,
    Stream, Synchronous,
};
use eventlog::{EventId, Seq, SiteTime, Timestamp};

pub const OPTIONS: Options<'static> =
    Options { synchronous: Synchronous::Normal, site: "https://studio.example" };

const PLUGINS: [&str; 2] = ["every_round", "every_second_round"];

/// The file that SQLite keeps beside a database.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Starts the stream and adds the plugins, if that is still to be done.
pub fn start(database: &mut Database) {
    if database.load_stream().expect("read").is_none() {
        database
            .start_stream(&Stream { high_water: EventId(0), gaps: Vec::new() })
            .expect("started");
    }
    for name in PLUGINS {
        database.ensure_plugin(name, Seq(0)).expect("added");
    }
}

/// Appends a round and lets the plugins finish it; how many rounds there are now.
pub fn perform_round(database: &mut Database) -> u64 {
    let round = rounds(database);
    let texts: Vec<(u64, String)> = ids_of(round).map(|id| (id, json(id))).collect();
    let entries: Vec<NewEntry<'_>> = texts
        .iter()
        .map(|(id, json)| NewEntry { id: EventId(*id), created_at: SiteTime(0), late: false, json })
        .collect();
    let older = round.checked_sub(2).map(gap_id);
    let of_turn = |turn| older.filter(|_| round % 3 == turn);
    database
        .append(&Append {
            entries: &entries,
            received_at: Timestamp(0),
            high_water: EventId(10 * round + 10),
            opened: &[Gap { id: gap_id(round), first_seen: Timestamp(0), given_up: None }],
            given_up: &of_turn(1).map(|id| (id, Timestamp(1))).into_iter().collect::<Vec<_>>(),
            closed: &of_turn(0).into_iter().collect::<Vec<_>>(),
            forgotten: &of_turn(2).into_iter().collect::<Vec<_>>(),
            dropped: None,
        })
        .expect("appended");
    finish_round(database, round);
    round + 1
}

/// Performs several rounds.
pub fn perform_rounds(database: &mut Database, count: u64) {
    for _ in 0..count {
        perform_round(database);
    }
}

fn finish_round(database: &mut Database, round: u64) {
    let position = database.last_seq().expect("read");
    let key_values = [
        KeyValueChange::Set {
            key: "position".to_owned(),
            value: position.0.to_le_bytes().to_vec(),
        },
        KeyValueChange::Set { key: format!("round {}", round % 7), value: vec![0; 300] },
    ];
    let finish =
        |plugin| Finish { handled: 1, key_values: &key_values, ..Finish::at(plugin, position) };
    match round % 2 {
        0 => database.finish(&finish(PLUGINS[0])).expect("finished"),
        _ => database.finish_many(&PLUGINS.map(finish)).expect("finished"),
    }
}

/// Checks that everything in the file belongs to the same moment; how many rounds it holds.
pub fn check_in_step(database: &Database) -> u64 {
    let rounds = rounds(database);
    let expected: Vec<u64> = (0..rounds).flat_map(ids_of).collect();
    let journal = database.entries_after(Seq(0), usize::MAX).expect("read");
    let ids: Vec<u64> = journal.iter().map(|entry| entry.id.0).collect();
    assert_eq!(ids, expected, "the entries are those up to the high-water mark");
    let places = journal.iter().map(|entry| entry.seq.0);
    assert!(places.eq(1..=expected.len() as u64), "the places have no holes");
    assert!(journal.iter().all(|entry| entry.json == json(entry.id.0)));
    assert_eq!(database.load_stream().expect("read").expect("started").gaps, gaps_after(rounds));
    for plugin in database.plugins().expect("read") {
        check_plugin(database, &plugin.name, plugin.position);
    }
    rounds
}

fn check_plugin(database: &Database, name: &str, position: Seq) {
    assert!(
        position <= database.last_seq().expect("read"),
        "plugin {name} has not seen the future"
    );
    let kept = database.key_values(name).expect("read");
    let counted = kept.iter().find(|(key, _)| key == "position").map(|(_, value)| value.clone());
    let expected = (position > Seq(0)).then(|| position.0.to_le_bytes().to_vec());
    assert_eq!(counted, expected, "position and key-values of plugin {name} are of one moment");
}

/// All answers in which a wrong bit would lose or repeat an event, or lie to a plugin.
pub fn answers(database: &Database) -> Vec<Result<String, QueryError>> {
    let positions = |plugins: Vec<database::PluginRow>| -> Vec<_> {
        plugins.into_iter().map(|plugin| (plugin.name, plugin.position, plugin.finished)).collect()
    };
    let mut answers = vec![
        database.load_stream().map(|stream| format!("{stream:?}")),
        database.last_seq().map(|seq| format!("{seq:?}")),
        database
            .entries_after(Seq(0), usize::MAX)
            .map(|entries: Vec<JournalEntry>| format!("{entries:?}")),
        database.plugins().map(|plugins| format!("{:?}", positions(plugins))),
    ];
    answers.extend(PLUGINS.map(|name| database.key_values(name).map(|kept| format!("{kept:?}"))));
    answers
}

fn rounds(database: &Database) -> u64 {
    let high_water = database.load_stream().expect("read").expect("started").high_water.0;
    assert_eq!(high_water % 10, 0, "the high-water mark is that of a whole round");
    high_water / 10
}

/// The ids that arrive in a round: its own, and perhaps the missing one of two rounds ago.
fn ids_of(round: u64) -> impl Iterator<Item = u64> {
    let own = (10 * round + 1..=10 * round + 10).filter(move |&id| EventId(id) != gap_id(round));
    let late =
        round.checked_sub(2).filter(|_| round.is_multiple_of(3)).map(|older| gap_id(older).0);
    own.chain(late)
}

fn gap_id(round: u64) -> EventId {
    EventId(10 * round + 5)
}

fn gaps_after(rounds: u64) -> Vec<Gap> {
    let gap = |round| {
        let fate = (round + 2 < rounds).then_some((round + 2) % 3);
        let given_up = (fate == Some(1)).then_some(Timestamp(1));
        let stays = fate.is_none() || given_up.is_some();
        stays.then(|| Gap { id: gap_id(round), first_seen: Timestamp(0), given_up })
    };
    (0..rounds).filter_map(gap).collect()
}

fn json(id: u64) -> String {
    format!("{{\"id\":{id},\"meta\":\"{}\"}}", "x".repeat(usize::try_from(id % 700).expect("fits")))
}
