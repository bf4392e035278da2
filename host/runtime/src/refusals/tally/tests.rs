use super::*;

#[test]
fn a_flood_of_refusals_makes_so_many_lines_and_no_more() {
    let tally = RefusalTally::default();
    let start = Instant::now();
    let told = (0..1000).filter(|_| tally.take_line(start).is_some()).count();
    assert_eq!(told, LINES_PER_MINUTE);
    // One comes back with each second.
    let later = start + Duration::from_millis(1500);
    assert_eq!(tally.take_line(later), Some(940), "it says how many were left out");
    assert_eq!(tally.take_line(later), None);
    assert_eq!(tally.take_line(start + Duration::from_secs(60)), Some(1));
}

#[test]
fn what_is_taken_is_counted_once() {
    let tally = RefusalTally::default();
    for _ in 0..3 {
        tally.clone().add(&RefusalCounts::from([("grant", 2), ("fuel", 1)]));
    }
    assert_eq!(tally.take_news(), RefusalCounts::from([("grant", 6), ("fuel", 3)]));
    assert!(tally.take_news().is_empty());
}
