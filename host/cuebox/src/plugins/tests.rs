use super::*;

#[test]
fn entries_that_retention_took_are_counted() {
    assert_eq!(missed(Seq(5), Some(Seq(6)), Seq(9)), 0, "the next one is there");
    assert_eq!(missed(Seq(5), Some(Seq(9)), Seq(9)), 3, "6, 7 and 8 are gone");
    assert_eq!(missed(Seq(5), None, Seq(9)), 4, "all are gone");
    assert_eq!(missed(Seq(9), None, Seq(9)), 0);
    assert_eq!(missed(Seq(0), None, Seq(0)), 0, "an empty journal");
    assert_eq!(missed(Seq(0), Some(Seq(1)), Seq(4)), 0);
}
