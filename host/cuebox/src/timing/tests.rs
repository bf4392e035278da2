use std::fs;
use std::time::Duration;

use eventlog::{EventId, Timestamp};
use runtime::Outcome;

use super::{HEADER, TimingLog, line};
use crate::notice::Delivered;

fn delivered(outcome: Outcome) -> Delivered {
    Delivered {
        plugin: "flip".to_owned(),
        callback: "on\ttask\n".to_owned(),
        event: EventId(4711),
        event_type: "Shotgun_Task_Change".to_owned(),
        created_at: 1_769_853_600_000,
        more: 0,
        attempt: 1,
        outcome,
        effects: 0,
        duration: Duration::from_micros(1_250_042),
        fuel: 5000,
        started_at: Timestamp(1_769_853_602_500),
    }
}

#[test]
fn a_line_has_a_cell_for_each_column() {
    let line = line(&delivered(Outcome::Done));
    let cells: Vec<_> = line.trim_end_matches('\n').split('\t').collect();
    let columns: Vec<_> = HEADER.trim_end_matches('\n').split('\t').collect();
    let together: Vec<_> =
        columns.iter().zip(&cells).map(|(column, cell)| format!("{column}={cell}")).collect();
    assert_eq!(cells.len(), columns.len(), "{line}");
    assert_eq!(
        together,
        [
            "event_id=4711",
            "created_at=2026-01-31T10:00:00.000Z",
            "plugin=flip",
            "callback=on\\ttask\\n",
            "start=2026-01-31T10:00:02.500Z",
            "end=2026-01-31T10:00:03.750Z",
            "duration=1.250042",
            "error=-",
            "delay=2.500",
        ]
    );
}

#[test]
fn a_failure_is_named_and_a_site_ahead_of_us_is_a_negative_delay() {
    let failed = Outcome::Failed("no such field".to_owned());
    let name = failed.name();
    let line = line(&Delivered { created_at: 1_769_853_603_000, ..delivered(failed) });
    assert!(line.ends_with(&format!("\t{name}\t-0.500\n")), "{line}");
}

#[test]
fn lines_are_appended_under_one_header() {
    let folder = tempfile::tempdir().expect("a folder");
    for _ in 0..2 {
        let log = TimingLog::start(folder.path(), 10).expect("it opens");
        log.write(&delivered(Outcome::Done));
        log.clone().write(&delivered(Outcome::Done));
    }
    let text = fs::read_to_string(folder.path().join("timing.log")).expect("the file is there");
    assert_eq!(text.matches("event_id").count(), 1);
    assert_eq!(text.lines().count(), 5);
}
