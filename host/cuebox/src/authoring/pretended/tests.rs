use runtime::{Beginning, Effect, EffectJournal as _, Ending, EndingKind, Evidence, RequestDigest};

use super::Pretended;
use crate::authoring::case::Names;

fn effect(function: &str, subject: &str) -> Effect {
    let request = RequestDigest::of(function, subject, &[]);
    let (function, subject) = (function.to_owned(), subject.to_owned());
    Effect { number: 1, function, subject, request, answer: None }
}

/// What is shown of a change that was pretended.
async fn shown(function: &str, subject: &str, entities: &[&str], asked: &str) -> Vec<String> {
    let pretended = Pretended::default();
    let evidence = Evidence {
        entities: entities.iter().map(|&entity| entity.to_owned()).collect(),
        asked: (!asked.is_empty()).then(|| asked.to_owned()),
        ..Evidence::default()
    };
    let effect = effect(function, subject);
    pretended.begin(&effect, Beginning::Pretended, &evidence).await.unwrap();
    pretended.take().iter().map(|line| line.show(&Names::new())).collect()
}

#[tokio::test]
async fn each_change_is_shown_as_a_write_is() {
    let task = r#"{"content": "x", "entity": {"type": "Shot", "id": 7, "name": "sh010"}}"#;
    let lines = shown("create", "Task", &["Task"], task).await;
    assert_eq!(lines, ["create Task  content = \"x\"  entity = Shot 7"]);
    let shot = r#"{"notes": {"add": [{"type": "Note", "id": 3}]}, "code": "y"}"#;
    let lines = shown("update", "Shot", &["Shot:7"], shot).await;
    assert_eq!(lines, ["update Shot 7  code = \"y\"  notes (add) = [Note 3]"]);
    assert_eq!(shown("delete", "Shot", &["Shot:7"], "").await, ["delete Shot 7"]);
    let batch = r#"[{"request": "create", "entity": "Note", "fields": {"subject": "a"}},
        {"request": "delete", "entity": "Note:4", "fields": null}]"#;
    let lines = shown("batch", "batch", &["Note", "Note:4"], batch).await;
    assert_eq!(lines, ["create Note  subject = \"a\"", "delete Note 4"]);
    let file = r#"{"field": "sg_file", "file_name": "a.txt", "bytes": 3}"#;
    let lines = shown("upload", "Shot", &["Shot:7"], file).await;
    assert_eq!(lines, ["upload Shot 7  bytes = 3  field = \"sg_file\"  file_name = \"a.txt\""]);
    let post = r#"{"method": "POST", "origin": "https://hooks.example.com", "body_bytes": 5}"#;
    let lines = shown("http", "POST https://hooks.example.com", &[], post).await;
    assert_eq!(lines, ["POST https://hooks.example.com   bytes = 5"]);
}

/// Even if something else than the shadow's way led to a change, it would not get past the journal.
#[tokio::test]
async fn what_would_go_out_is_kept_in() {
    let (pretended, effect, evidence) =
        (Pretended::default(), effect("update", "Shot"), Evidence::default());
    let ending = Ending { kind: EndingKind::Answered, entities: Vec::new(), detail: None };
    for stored in [
        pretended.begin(&effect, Beginning::New { below: &[] }, &evidence),
        pretended.begin(&effect, Beginning::Repeated, &evidence),
        pretended.end(&effect, &[], &ending),
    ] {
        let error = stored.await.unwrap_err().to_string();
        assert!(error.ends_with("the plugin is in shadow, and changes nothing"), "{error}");
    }
    assert!(pretended.take().is_empty());
}
