use super::*;

const FULL: &str = "free space";
const LOCKED: &str = "end the program";

/// What is told when changes go like this, one each second: not taken, with a remedy, or taken.
fn told(changes: &[Option<&'static str>]) -> Vec<String> {
    let (mut alarm, start) = (Alarm::default(), Instant::now());
    let mut told = Vec::new();
    for (second, remedy) in (0..).zip(changes) {
        let failure = remedy.map(|remedy| ("why", remedy));
        match alarm.look(failure, start + Duration::from_secs(second)) {
            Some(Notice::Lost { remedy, .. }) => told.push(format!("{second}: {remedy}")),
            Some(Notice::Back { after }) => told.push(format!("{second}: back after {after:?}")),
            None => {}
        }
    }
    told
}

#[test]
fn an_outage_is_told_once_and_so_is_its_end() {
    let full = Some(FULL);
    assert_eq!(told(&[None, full, full, full, None, None]), ["1: free space", "4: back after 3s"]);
}

#[test]
fn another_reason_is_told() {
    let (full, locked) = (Some(FULL), Some(LOCKED));
    assert_eq!(
        told(&[full, full, locked, locked, None]),
        ["0: free space", "2: end the program", "4: back after 4s"]
    );
}

#[test]
fn to_and_fro_is_told_once_a_minute() {
    let changes: Vec<_> = (0..=62).map(|second| (second % 2 == 0).then_some(FULL)).collect();
    assert_eq!(
        told(&changes),
        ["0: free space", "1: back after 1s", "60: free space", "61: back after 1s"]
    );
}

#[test]
fn what_does_not_pass_after_a_while_is_told_again() {
    let mut changes = vec![Some(FULL), None];
    changes.extend([Some(FULL); 70]);
    assert_eq!(told(&changes), ["0: free space", "1: back after 1s", "60: free space"]);
}
