use eventlog::EventId;

use super::*;
use crate::stream::tests::started;
use crate::{Append, DroppedIds, Gap, NewEntry};
use eventlog::SiteTime;

fn gap(id: u64, first_seen: i64) -> Gap {
    Gap { id: EventId(id), first_seen: Timestamp(first_seen), given_up: None }
}

fn append(received_at: i64) -> Append<'static> {
    Append {
        entries: &[],
        received_at: Timestamp(received_at),
        high_water: EventId(120),
        opened: &[],
        given_up: &[],
        closed: &[],
        forgotten: &[],
        dropped: None,
    }
}

fn told(database: &Database) -> Vec<(u64, u64, Option<i64>, i64, &'static str)> {
    let stories = database.gap_stories().expect("read").into_iter();
    stories
        .map(|story| {
            let given_up = story.given_up.map(|at| at.0);
            (story.id.0, story.ids, given_up, story.ended_at.0, story.ending.as_str())
        })
        .collect()
}

#[test]
fn every_gap_has_an_ending() {
    let mut database = started();
    let opened = [gap(111, 1000), gap(112, 1000), gap(113, 1000)];
    database.append(&Append { opened: &opened, ..append(1000) }).expect("kept");
    let given_up = [(EventId(112), Timestamp(5000)), (EventId(113), Timestamp(5000))];
    database.append(&Append { given_up: &given_up, ..append(5000) }).expect("kept");
    assert_eq!(told(&database), []);

    let entry =
        |id| NewEntry { id: EventId(id), created_at: SiteTime(1), late: id == 112, json: "{}" };
    let (entries, closed) = ([entry(111), entry(112)], [EventId(111), EventId(112)]);
    database.append(&Append { entries: &entries, closed: &closed, ..append(6000) }).expect("kept");
    database.append(&Append { forgotten: &[EventId(113)], ..append(9000) }).expect("kept");
    let ended = [
        (111, 1, None, 6000, "appeared"),
        (112, 1, Some(5000), 6000, "appeared"),
        (113, 1, Some(5000), 9000, "forgotten"),
    ];
    assert_eq!(told(&database), ended);

    database.retain(Timestamp(6001), 100).expect("dropped");
    assert_eq!(told(&database), ended[2..]);
}

#[test]
fn ids_without_room_are_told_of() {
    let mut database = started();
    database.append(&Append { opened: &[gap(111, 1000)], ..append(1000) }).expect("kept");
    let dropped = DroppedIds { first: EventId(111), last: EventId(118), count: 7 };
    let append = Append { forgotten: &[EventId(111)], dropped: Some(dropped), ..append(2000) };
    database.append(&append).expect("kept");
    assert_eq!(told(&database), [(111, 1, None, 2000, "dropped"), (111, 6, None, 2000, "dropped")]);
}
