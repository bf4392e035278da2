//! What becomes of events that a plugin fails with: they are tried again, put aside, and handed over again, and no write of
//! theirs is made twice.

use serde_json::{Value, json};

use crate::support::{Host, Studio, eventually, fixture, message};

/// A studio with the plugin `writer`, which writes a Note about each Task that is made, and fails after it wrote while the
/// project's description is `broken`.
async fn studio(on_error: &str, retry: &str) -> Studio {
    let studio = Studio::new().await;
    studio.install(
        "writer",
        &fixture("writer"),
        "attribute = \"sg_status_list\"\nfails_while = \"broken\"",
    );
    studio.configure(&format!(
        "[plugin.writer.callback.write]\non_error = \"{on_error}\"\n[plugin.writer.retry]\n{retry}"
    ));
    studio
}

fn describe(studio: &Studio, text: &str) {
    studio.update("Project", studio.production.project, json!({"sg_description": text}));
}

fn notes(studio: &Studio) -> Vec<Value> {
    studio.find("Note", ("content", "starts_with", json!("a note ")), &["subject"])
}

fn letters(studio: &Studio) -> Vec<Value> {
    let output = studio.cuebox(&["dead-letters", "--json"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn said(studio: &Studio, arguments: &[&str]) -> String {
    let output = studio.cuebox(arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The attempts that the host told of, in order.
fn attempts(host: &Host) -> usize {
    host.count_lines(|line| line["outcome"] == "failed" && message(line).contains("attempt"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_passes_costs_nothing() {
    let studio =
        studio("deactivate", "attempts = 1000\npause = \"20ms\"\npause_max = \"50ms\"").await;
    let host = studio.start();
    host.wait_until_live("writer");
    describe(&studio, "broken");
    studio.create("Task", json!({"content": "x"}));
    eventually("three attempts", || (attempts(&host) >= 3).then_some(()));
    describe(&studio, "mended");
    let row = studio.wait_for_plugin("writer", |row| row.handled == 1);
    assert!(row.failed >= 3, "{row:?}");
    assert_eq!((row.state.as_str(), row.dead_letters), ("running", 0));
    assert_eq!(notes(&studio).len(), 1, "one write for all attempts");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_are_counted_over_restarts() {
    let studio = studio("deactivate", "attempts = 3\npause = \"600ms\"").await;
    let host = studio.start();
    host.wait_until_live("writer");
    describe(&studio, "broken");
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("writer", |row| row.failed == 1);
    host.kill();
    let host = studio.start();
    studio.wait_for_plugin("writer", |row| row.failed == 2);
    host.kill();
    let host = studio.start();
    let row = studio.wait_for_plugin("writer", |row| row.state == "stopped");
    assert_eq!(row.failed, 3);
    assert_eq!(attempts(&host), 1, "the last of three: {}", host.log());
    let last = host.find_line(|line| line["outcome"] == "failed").unwrap();
    assert_eq!(last["delivery.attempt"], 3, "{last}");
    assert_eq!(notes(&studio).len(), 1);
    assert!(host.stop().success());
}

/// A poisoned event is put aside, the plugin goes on, and a redrive after the repair has one effect.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_put_aside_is_handed_over_again_with_one_effect() {
    let studio = studio("dead-letter", "attempts = 2\npause = \"20ms\"").await;
    let host = studio.start();
    host.wait_until_live("writer");
    describe(&studio, "broken");
    studio.create("Task", json!({"content": "poison"}));
    studio.wait_for_plugin("writer", |row| row.dead_letters == 1);
    let letter = letters(&studio).remove(0);
    assert_eq!((&letter["attempts"], &letter["callback"]), (&json!(2), &json!("write")));
    assert_eq!(
        letter["error"],
        "callback `write` answered with an error: told to fail after writing"
    );
    assert_eq!(letter["entry"]["id"], letter["event"]);
    let number = letter["number"].to_string();

    let told = said(&studio, &["dead-letters", "redrive", &number]);
    assert_eq!(
        told,
        "1 dead letter is handed over again; a running host begins within a second.\n"
    );
    host.wait_for("failed again", |line| message(line).starts_with("Dead letter 1 stays: "));
    let letter = letters(&studio).remove(0);
    assert_eq!((&letter["attempts"], &letter["redrive"]), (&json!(3), &json!(false)));

    describe(&studio, "mended");
    studio.create("Task", json!({"content": "healthy"}));
    studio.wait_for_plugin("writer", |row| row.handled == 1);
    assert!(host.stop().success());
    said(&studio, &["dead-letters", "redrive", "--all"]);
    let host = studio.start();
    let row = studio.wait_for_plugin("writer", |row| row.dead_letters == 0);
    assert_eq!((row.handled, row.state.as_str()), (2, "running"));
    assert_eq!(
        notes(&studio).len(),
        2,
        "one for each event, over three attempts and a restart: {}",
        host.log()
    );
    assert!(host.stop().success());
    assert!(studio.open_database().effects("writer").unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_lists_shows_annotates_and_discards() {
    let studio = studio("dead-letter", "attempts = 1").await;
    let host = studio.start();
    host.wait_until_live("writer");
    assert_eq!(said(&studio, &["dead-letters"]), "No event is put aside.\n");
    describe(&studio, "broken");
    for name in ["a", "b"] {
        studio.create("Task", json!({"content": name}));
    }
    studio.wait_for_plugin("writer", |row| row.dead_letters == 2);
    said(&studio, &["dead-letters", "note", "1", "the vendor knows"]);
    let list = said(&studio, &["dead-letters", "--plugin", "writer"]);
    assert!(list.contains("plugin writer, callback write, event "), "{list}");
    assert!(list.contains("note: the vendor knows"), "{list}");
    let shown = said(&studio, &["dead-letters", "show", "2"]);
    assert!(
        shown.contains("told to fail after writing") && shown.contains("\"event_type\""),
        "{shown}"
    );
    assert_eq!(said(&studio, &["dead-letters", "discard", "1"]), "1 dead letter is dropped.\n");
    assert_eq!(letters(&studio).len(), 1);
    for (arguments, expected) in [
        (
            &["dead-letters", "redrive", "1"][..],
            "cuebox: there is no dead letter 1; `cuebox dead-letters` lists those there are\n",
        ),
        (
            &["dead-letters", "show", "9"],
            "cuebox: there is no dead letter 9; `cuebox dead-letters` lists those there are\n",
        ),
        (
            &["dead-letters", "discard", "--plugin", "writen"],
            "cuebox: there is no plugin `writen`; did you mean `writer`?\n",
        ),
    ] {
        let output = studio.cuebox(arguments);
        assert!(!output.status.success());
        assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
    }
    assert!(host.stop().success());
}

/// A broken version burns few events, is told of once, and goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_only_fails_rests() {
    let studio = studio("dead-letter", "attempts = 1").await;
    studio.configure(
        "[plugin.writer.breaker]\nfailures = 2\npause = \"300ms\"\npause_max = \"400ms\"",
    );
    let host = studio.start();
    host.wait_until_live("writer");
    describe(&studio, "broken");
    for number in 0..6 {
        studio.create("Task", json!({"content": format!("task {number}")}));
    }
    studio.wait_for_plugin("writer", |row| row.dead_letters == 3);
    describe(&studio, "mended");
    studio.wait_for_plugin("writer", |row| row.lag == 0 && row.handled + row.dead_letters == 6);
    let rests = host.count_lines(|line| message(line).contains("and rests for 300ms"));
    let back = host.count_lines(|line| message(line) == "Plugin `writer` handles events again");
    assert_eq!((rests, back), (1, 1), "{}", host.log());
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_for_a_callback_that_is_not_there_are_told() {
    let studio = studio("dead-letter", "attempts = 1").await;
    studio.configure("[plugin.writer.callback.wrote]\non_error = \"continue\"");
    let host = studio.start();
    host.wait_for("the warning", |line| {
        message(line)
            == "Plugin `writer` has no callback `wrote`, for which there are settings under [plugin.writer.callback]"
    });
    assert!(host.stop().success());
}

/// The operator lets a stopped plugin pass by the event that it cannot handle, and hands others over again.
#[tokio::test(flavor = "multi_thread")]
async fn the_operator_moves_a_position() {
    let studio = studio("deactivate", "attempts = 1").await;
    let host = studio.start();
    host.wait_until_live("writer");
    describe(&studio, "broken");
    studio.create("Task", json!({"content": "poison"}));
    let row = studio.wait_for_plugin("writer", |row| row.state == "stopped");
    let poison = row.last_error_event.unwrap();
    describe(&studio, "mended");

    let poison_text = poison.to_string();
    said(
        &studio,
        &["plugins", "move", "writer", "--event", &poison_text, "--reason", "be sure", "--yes"],
    );
    let told = said(&studio, &["plugins", "move", "writer", "--skip", "1"]);
    assert!(told.starts_with("Plugin `writer` skips 1 event: places "), "{told}");
    assert!(told.contains("Nothing was done."), "{told}");
    let told =
        said(&studio, &["plugins", "move", "writer", "--skip", "1", "--reason", "poison", "--yes"]);
    assert!(
        told.ends_with("It is stopped: `cuebox plugins enable writer` lets it go on.\n"),
        "{told}"
    );
    said(&studio, &["plugins", "enable", "writer"]);
    studio.create("Task", json!({"content": "healthy"}));
    studio.wait_for_plugin("writer", |row| row.handled == 1 && row.lag == 0);
    let subjects = |studio: &Studio| -> Vec<Value> {
        notes(studio).iter().map(|note| note["subject"].clone()).collect()
    };
    assert_eq!(subjects(&studio).len(), 2, "the poisoned one wrote before it failed");

    said(
        &studio,
        &["plugins", "move", "writer", "--event", &poison_text, "--reason", "it can now", "--yes"],
    );
    studio.wait_for_plugin("writer", |row| row.handled == 3 && row.lag == 0);
    assert_eq!(subjects(&studio).len(), 4, "both are new deliveries: {}", host.log());
    let moves: Vec<Value> =
        serde_json::from_str(&said(&studio, &["plugins", "moves", "--json"])).unwrap();
    let reasons: Vec<&Value> = moves.iter().map(|moved| &moved["reason"]).collect();
    assert_eq!(reasons, ["be sure", "poison", "it can now"]);
    assert_eq!(moves[1]["skipped"], 1);
    for (arguments, expected) in [
        (
            &["--skip", "9999"][..],
            "cuebox: plugin `writer` has 0 events before it, and 9999 cannot be skipped\n",
        ),
        (
            &["--event", "99999999"],
            "cuebox: event 99999999 is not in the journal: it never came, or was dropped after `retention`\n",
        ),
    ] {
        let output = studio.cuebox(&[&["plugins", "move", "writer"], arguments].concat());
        assert!(!output.status.success());
        assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
    }
    assert!(host.stop().success());
}
