use super::super::tests::capabilities;
use super::*;

#[test]
fn a_text_is_cut_between_characters_and_says_how_much_is_missing() {
    assert_eq!(shortened("short", 5), "short");
    assert_eq!(shortened("a longer one", 5), "a lon … (7 bytes more)");
    assert_eq!(shortened("häää", 4), "hä … (4 bytes more)");
}

#[test]
fn the_tail_of_stderr_is_its_end_and_no_longer_than_a_line() {
    let log = capabilities(&Default::default(), 0).log;
    log.stream("stderr").accept(b"first\nsecond\nthird\n");
    // A line has ten bytes at the most there.
    assert_eq!(log.stderr_tail(), "third");
    log.begin(None);
    assert_eq!(log.stderr_tail(), "");
}
