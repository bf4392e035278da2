use config::LogFormat;
use eventlog::Timestamp;
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use tracing::Level;

use super::{GUEST_TARGET, Line, escaped, show_time};

/// 2026-01-31T10:00:00.123Z
const TIME: Timestamp = Timestamp(1_769_853_600_123);

#[track_caller]
fn check(line: &Line<'_>, human: Expect, json: Expect) {
    human.assert_eq(&line.write(LogFormat::Human, false));
    json.assert_eq(&line.write(LogFormat::Json, false));
}

fn line<'a>(target: &'a str, message: &'a str, fields: &'a [(&'static str, Value)]) -> Line<'a> {
    Line { time: TIME, level: Level::INFO, target, message, plugin: Some("flip-tasks"), fields }
}

#[test]
fn a_line_of_the_host() {
    let fields = [
        ("event.id", json!(7)),
        ("outcome", json!("timed-out")),
        ("why", json!("a b")),
        ("empty", json!("")),
    ];
    check(
        &line("cuebox::lane", "Plugin `flip-tasks` is slow", &fields),
        expect![[r#"
            2026-01-31T10:00:00.123Z INFO  Plugin `flip-tasks` is slow  plugin.name=flip-tasks event.id=7 outcome=timed-out why="a b" empty=""
        "#]],
        expect![[r#"
            {"empty":"","event.id":7,"level":"info","message":"Plugin `flip-tasks` is slow","outcome":"timed-out","plugin.name":"flip-tasks","source":"host","target":"cuebox::lane","time":"2026-01-31T10:00:00.123Z","why":"a b"}
        "#]],
    );
}

#[test]
fn a_line_of_a_guest() {
    let fields = [("event.id", json!(7)), ("context", json!("a] INFO x=1"))];
    check(
        &line(GUEST_TARGET, "Set 3 tasks to ready", &fields),
        expect![[r#"
        2026-01-31T10:00:00.123Z INFO  [plugin flip-tasks event.id=7 context="a] INFO x=1"] Set 3 tasks to ready
    "#]],
        expect![[r#"
        {"context":"a] INFO x=1","event.id":7,"level":"info","message":"Set 3 tasks to ready","plugin.name":"flip-tasks","source":"plugin","target":"plugin","time":"2026-01-31T10:00:00.123Z"}
    "#]],
    );
}

/// Text that tries to end the line, begin another, give orders to a terminal, and turn the order of letters around.
const HOSTILE: &str = "done\r\n2026-01-31T10:00:00.123Z ERROR  Forged\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{7f}\0\u{202e}gpj\u{2028}\u{2066}\tend";

#[test]
fn a_guest_cannot_forge_a_line() {
    let fields = [("context", json!(HOSTILE))];
    check(
        &line(GUEST_TARGET, HOSTILE, &fields),
        expect![[r#"
        2026-01-31T10:00:00.123Z INFO  [plugin flip-tasks context="done\r\n2026-01-31T10:00:00.123Z ERROR  Forged\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{7f}\u{0}\u{202e}gpj\u{2028}\u{2066}\tend"] done\r\n2026-01-31T10:00:00.123Z ERROR  Forged\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{7f}\u{0}\u{202e}gpj\u{2028}\u{2066}\tend
    "#]],
        expect![[r#"
        {"context":"done\r\n2026-01-31T10:00:00.123Z ERROR  Forged\u001b[2J\u001b]0;title\u0007\u009b31m\u007f\u0000\u202egpj\u2028\u2066\tend","level":"info","message":"done\r\n2026-01-31T10:00:00.123Z ERROR  Forged\u001b[2J\u001b]0;title\u0007\u009b31m\u007f\u0000\u202egpj\u2028\u2066\tend","plugin.name":"flip-tasks","source":"plugin","target":"plugin","time":"2026-01-31T10:00:00.123Z"}
    "#]],
    );
}

#[test]
fn hostile_text_anywhere_leaves_one_line_without_orders() {
    let fields = [("why", json!(HOSTILE)), ("list", json!([HOSTILE]))];
    for target in [GUEST_TARGET, "cuebox::lane"] {
        for plugin in [None, Some(HOSTILE)] {
            for format in [LogFormat::Human, LogFormat::Json] {
                let line = Line { plugin, ..line(target, HOSTILE, &fields) };
                let text = line.write(format, false);
                let body = text.strip_suffix('\n').expect("it ends with a newline");
                assert!(!body.contains(super::is_unsafe), "{}", body.escape_debug());
                if format == LogFormat::Json {
                    let value: Value = serde_json::from_str(body).expect("it is JSON");
                    assert_eq!(value["message"], HOSTILE, "JSON loses nothing");
                }
            }
        }
    }
}

#[test]
fn a_field_cannot_take_the_place_of_what_every_line_has() {
    let fields =
        [("message", json!("forged")), ("source", json!("host")), ("level", json!("error"))];
    let text = line(GUEST_TARGET, "said", &fields).write(LogFormat::Json, false);
    let value: Value = serde_json::from_str(&text).expect("it is JSON");
    let said = (&value["message"], &value["source"], &value["level"]);
    assert_eq!(said, (&json!("said"), &json!("plugin"), &json!("info")));
}

#[test]
fn colors_are_for_the_level_alone() {
    let line = Line { level: Level::ERROR, plugin: None, ..line("cuebox", "Text", &[]) };
    let colored = line.write(LogFormat::Human, true);
    assert_eq!(colored, "2026-01-31T10:00:00.123Z \u{1b}[31mERROR\u{1b}[0m Text\n");
    assert_eq!(line.write(LogFormat::Human, false), "2026-01-31T10:00:00.123Z ERROR Text\n");
    assert!(!line.write(LogFormat::Json, true).contains('\u{1b}'));
}

#[test]
fn plain_text_is_left_alone() {
    for text in ["", "Übergröße — 影像 🎬 \\n \"quoted\"", "C:\\plugins"] {
        assert_eq!(escaped(text), text);
    }
    assert_eq!(escaped("a\nb\tc"), "a\\nb\\tc");
}

#[test]
fn a_clock_that_is_off_still_has_a_time() {
    assert_eq!(show_time(Timestamp(0)), "1970-01-01T00:00:00.000Z");
    assert_eq!(show_time(Timestamp(i64::MAX)), "9223372036854775807ms");
}
