use super::*;
use crate::capability::KeyValues;
use crate::capability::tests::capabilities;
use crate::recording::tape::Tape;

/// What the tape has of a call of `create` with this data.
async fn recorded(data: &str) -> Json {
    let tape = Tape::recording(1 << 20);
    let mut capabilities = capabilities(&KeyValues::default(), 100).on_tape(tape.clone());
    let (entity_type, fields) = ("Shot".to_owned(), Vec::new());
    let answer = Taped(&mut capabilities).create(entity_type, data.to_owned(), fields).await;
    answer.unwrap().expect_err("nothing is granted");
    let mut reel = tape.reel().expect("it records");
    reel.section().calls[0].arguments["data"].clone()
}

#[tokio::test]
async fn a_text_that_grows_when_it_is_read_is_recorded_as_it_stands() {
    assert_eq!(recorded(r#"{"code": "a"}"#).await, json!({"code": "a"}));
    // 21 KiB of text, of which each two bytes are a value, and room for 1 MiB.
    let text = format!("[0{}]", ",0".repeat(11_000));
    assert_eq!(recorded(&text).await, json!(text));
}
