use std::ops::RangeInclusive;

use expect_test::{Expect, expect};

use super::*;

pub(crate) const NOTHING: Append<'static> = Append {
    entries: &[],
    received_at: Timestamp(0),
    high_water: EventId(0),
    opened: &[],
    given_up: &[],
    closed: &[],
    forgotten: &[],
    dropped: None,
};

/// Entries with these ids.
pub(crate) fn entries(ids: RangeInclusive<u64>) -> Vec<NewEntry<'static>> {
    let entry = |id| NewEntry {
        id: EventId(id),
        created_at: SiteTime(5),
        late: false,
        json: "{\"type\":\"EventLogEntry\"}",
    };
    ids.map(entry).collect()
}

/// Appends them, with the high-water mark that goes with them.
pub(crate) fn append(
    database: &mut Database,
    entries: &[NewEntry<'_>],
) -> Result<Seq, AppendError> {
    let before = database.load_stream()?.map_or(EventId(0), |stream| stream.high_water);
    let high_water = entries.iter().map(|entry| entry.id).max().unwrap_or(before).max(before);
    database.append(&Append { entries, high_water, ..NOTHING })
}

/// A database whose stream starts after 100.
pub(crate) fn started() -> Database {
    let mut database = Database::in_memory("https://studio.example").expect("made");
    database.start_stream(&Stream { high_water: EventId(100), gaps: Vec::new() }).expect("started");
    database
}

fn gap(id: u64) -> Gap {
    Gap { id: EventId(id), first_seen: Timestamp(1_000), given_up: None }
}

#[track_caller]
fn refused(database: &mut Database, append: &Append<'_>, expected: Expect) {
    let (stream, last) =
        (database.load_stream().expect("read"), database.last_seq().expect("read"));
    let error = database.append(append).expect_err("must be refused");
    expected.assert_eq(&format!("{error}\n"));
    assert_eq!(
        (stream, last),
        (database.load_stream().expect("read"), database.last_seq().expect("read"))
    );
}

#[test]
fn entries_cursor_and_gaps_are_kept_together() {
    let mut database = started();
    let opened = [gap(103), gap(104), gap(105), gap(106)];
    let mut page = entries(101..=102);
    page.extend(entries(107..=107));
    let append = Append { entries: &page, high_water: EventId(107), opened: &opened, ..NOTHING };
    assert_eq!(database.append(&append).expect("appended"), Seq(1));

    let late = [NewEntry { late: true, ..entries(103..=103)[0] }];
    let second = Append {
        entries: &late,
        received_at: Timestamp(9_000),
        high_water: EventId(107),
        given_up: &[(EventId(104), Timestamp(8_000))],
        closed: &[EventId(103)],
        forgotten: &[EventId(106)],
        ..NOTHING
    };
    assert_eq!(database.append(&second).expect("appended"), Seq(4));

    let gaps = vec![Gap { given_up: Some(Timestamp(8_000)), ..gap(104) }, gap(105)];
    assert_eq!(
        database.load_stream().expect("read"),
        Some(Stream { high_water: EventId(107), gaps })
    );
    let kept = database.entries_after(Seq(0), 10).expect("read");
    let places: Vec<_> = kept.iter().map(|entry| (entry.seq.0, entry.id.0, entry.late)).collect();
    assert_eq!(places, [(1, 101, false), (2, 102, false), (3, 107, false), (4, 103, true)]);
    assert_eq!((kept[3].received_at, kept[3].created_at), (Timestamp(9_000), SiteTime(5)));
}

#[test]
fn a_gap_may_open_and_close_in_one_answer() {
    let mut database = started();
    let append = Append {
        high_water: EventId(103),
        opened: &[gap(102)],
        closed: &[EventId(102)],
        ..NOTHING
    };
    database.append(&append).expect("appended");
    assert_eq!(
        database.load_stream().expect("read"),
        Some(Stream { high_water: EventId(103), gaps: Vec::new() })
    );
}

#[test]
fn the_journal_is_read_in_pieces() {
    let mut database = started();
    append(&mut database, &entries(101..=110)).expect("appended");
    let ids = |after, limit| -> Vec<u64> {
        let read = database.entries_after(Seq(after), limit).expect("read");
        read.iter().map(|entry| entry.id.0).collect()
    };
    assert_eq!(ids(0, 3), [101, 102, 103]);
    assert_eq!(ids(8, 3), [109, 110]);
    assert_eq!(ids(10, 3), []);
    assert_eq!(ids(0, usize::MAX).len(), 10);
    assert_eq!(database.entry_by_id(EventId(104)).expect("read").expect("kept").seq, Seq(4));
    assert_eq!(database.entry_by_id(EventId(104_000)).expect("read"), None);
    assert_eq!(database.first_seq().expect("read"), Some(Seq(1)));
}

#[test]
fn what_would_lose_or_repeat_an_event_is_refused() {
    let mut database = started();
    append(&mut database, &entries(101..=105)).expect("appended");
    refused(
        &mut database,
        &Append { high_water: EventId(104), ..NOTHING },
        expect![[r#"
        the high-water mark may not fall from 105 to 104
    "#]],
    );
    let page = entries(106..=108);
    refused(
        &mut database,
        &Append { entries: &page, high_water: EventId(107), ..NOTHING },
        expect![[r#"
            entry 108 is above the high-water mark 107 it came with
        "#]],
    );
    let mut twice = entries(106..=108);
    twice.extend(entries(103..=103));
    let opened = [gap(50)];
    let repeat = Append { entries: &twice, high_water: EventId(108), opened: &opened, ..NOTHING };
    refused(
        &mut database,
        &repeat,
        expect![[r#"
        entry 103 is in the journal already
    "#]],
    );
}

#[test]
fn a_stream_starts_once() {
    let mut database = Database::in_memory("https://studio.example").expect("made");
    assert_eq!(database.load_stream().expect("read"), None);
    assert_eq!(database.last_seq().expect("read"), Seq(0));
    refused(
        &mut database,
        &NOTHING,
        expect![[r#"
        entries were appended to a stream that was not started
    "#]],
    );
    let stream = Stream { high_water: EventId(7), gaps: vec![gap(3)] };
    database.start_stream(&stream).expect("started");
    let error = database
        .start_stream(&Stream { high_water: EventId(9), gaps: Vec::new() })
        .expect_err("started before");
    expect![[r#"
        the stream was started already, its high-water mark is 7
    "#]]
    .assert_eq(&format!("{error}\n"));
    assert_eq!(database.load_stream().expect("read"), Some(stream));
}

#[test]
fn nothing_new_writes_nothing() {
    let mut host = started();
    let observer = host.connect().expect("another connection");
    let quiet = observer.data_version().expect("read");
    let append = Append { high_water: EventId(100), ..NOTHING };
    assert_eq!(host.append(&append).expect("nothing to do"), Seq(1));
    assert_eq!(observer.data_version().expect("read"), quiet);
}

#[test]
fn a_wrong_value_is_noticed_when_read() {
    let mut database = started();
    append(&mut database, &entries(101..=105)).expect("appended");
    database
        .connection
        .execute("UPDATE journal SET json = '{}' WHERE seq = 3", [])
        .expect("changed");
    assert_eq!(database.entries_after(Seq(0), 2).expect("sound so far").len(), 2);
    let error = database.entries_after(Seq(0), 5).expect_err("damaged");
    expect![[r#"
        database in memory is damaged, found on trying to read the journal: place 3 of the journal does not match its checksum
    "#]].assert_eq(&format!("{error}\n"));
    assert!(!error.is_transient());
}

#[test]
fn an_id_beyond_what_sqlite_counts_is_an_error() {
    let mut database = started();
    let error = append(&mut database, &entries(u64::MAX..=u64::MAX)).expect_err("too large");
    expect![[r#"
        database in memory could not append entries
    "#]]
    .assert_eq(&format!("{error}\n"));
}
