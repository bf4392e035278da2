use cuebox_plugin::prelude::*;
use cuebox_plugin::testing::{Delivery, Harness, Write, changed};

use super::register;

#[track_caller]
fn deliver(text: impl Into<FieldValue>) -> Delivery {
    let event = changed("Version", 30, "description").name("sh010_v002");
    Harness::new(register).deliver(event.from_to("text", FieldValue::Null, text))
}

#[test]
fn what_is_written_becomes_a_note() {
    let data = json!({
        "project": { "type": "Project", "id": 4 },
        "subject": "About sh010_v002",
        "content": "The roto is soft.",
        "note_links": [{ "type": "Version", "id": 30 }],
    });
    assert_eq!(deliver("The roto is soft. ").writes, [Write::create("Note", data)]);
}

#[test]
fn nothing_becomes_no_note() {
    for text in [FieldValue::Null, FieldValue::Text(" ".to_owned())] {
        let delivery = deliver(text);
        assert_eq!(delivery.outcome(), Outcome::skipped("the description is empty"));
        assert_eq!(delivery.writes, []);
    }
}
