use serde_json::json;

use super::*;
use crate::recording::transcript::Content;

fn ask(tape: &Tape, text: &str) -> Option<Place> {
    tape.open("find", || json!(text))
}

#[test]
fn a_tape_that_is_off_asks_for_nothing() {
    let tape = Tape::default();
    let place = tape.open("find", || unreachable!("what is asked is not looked at"));
    assert!(place.is_none() && matches!(tape.step(place), Step::Perform(None)));
    assert_eq!(tape.transcript(), Err(Incomplete::NoDelivery));
}

#[test]
fn what_takes_more_than_it_may_leaves_no_transcript() {
    let tape = Tape::recording(100);
    let place = ask(&tape, "a");
    assert!(place.is_some());
    tape.write(place, |call| call.answer = Some(json!("x".repeat(200))));
    assert!(ask(&tape, "b").is_none(), "nothing more is written down");
    assert_eq!(tape.transcript(), Err(Incomplete::TooLarge { bytes_max: 100 }));
}

#[test]
fn what_is_no_text_is_written_as_digits() {
    for bytes in [&b"plain"[..], &[0xff, 0x00], &[]] {
        let json = Json::from(Content(bytes.to_vec()));
        assert_eq!(Content::try_from(json), Ok(Content(bytes.to_vec())));
    }
    for spoilt in [json!(7), json!({"hex": "zz"}), json!({"hex": "00", "more": 1}), json!(null)] {
        assert!(Content::try_from(spoilt.clone()).is_err(), "{spoilt}");
    }
}
