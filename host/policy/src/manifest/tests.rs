use std::collections::BTreeMap;

use expect_test::expect_file;
use proptest::prelude::*;

use super::{BYTES_MAX, Manifest, Need, Needs, New, new_needs};
use crate::setting::{Kind, SettingValue};

/// The least that a manifest must hold.
const LEAST: &str = "[plugin]\nname = \"a\"\nversion = \"1.0.0\"\ndescription = \"Does a thing.\"\nauthors = [\"A. Author\"]\n";

#[track_caller]
fn good(text: &str) -> Manifest {
    Manifest::parse(&format!("{LEAST}{text}")).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn what_is_written_is_read() {
    let manifest = good(
        r#"license = "MIT"
        [needs]
        shotgun = [{ grant = "read Task.entity", why = "to find the Shot" }]
        http = [{ grant = "POST https://hooks.example/", why = "to tell" }]
        [settings.status]
        type = "text"
        default = "fin"
        values = ["fin", "ip"]
        description = "What counts as done."
        [settings.factor]
        type = "number"
        default = 2
        description = "How much."
        [settings.token]
        type = "text"
        required = true
        secret = true
        description = "To sign in."
        [settings.names]
        type = "list"
        default = ["a", "b"]
        description = "Whose."
        "#,
    );
    assert_eq!((manifest.name.as_str(), manifest.version.as_str()), ("a", "1.0.0"));
    assert_eq!(
        (manifest.license.as_deref(), &*manifest.authors),
        (Some("MIT"), &["A. Author".to_owned()][..])
    );
    assert_eq!(manifest.needs.shotgun[0].why, "to find the Shot");
    assert_eq!(manifest.needs.http[0].line.to_string(), "POST https://hooks.example/");
    let kinds: BTreeMap<&str, Kind> =
        manifest.settings.iter().map(|(key, setting)| (key.as_str(), setting.kind)).collect();
    assert_eq!(
        kinds,
        BTreeMap::from([
            ("factor", Kind::Number),
            ("names", Kind::List),
            ("status", Kind::Text),
            ("token", Kind::Text),
        ])
    );
    assert_eq!(manifest.settings["factor"].default, Some(SettingValue::Number(2.0)));
    assert!(manifest.settings["token"].secret && manifest.settings["token"].required);
}

/// Texts that are refused, each with all that is said of it. `…` stands for the least manifest.
///
/// A case is its name, the text, and the answer. After a change, `UPDATE_EXPECT=1` writes the answers anew; read them.
#[test]
fn refused_texts_and_what_is_said() {
    let mut answered = String::new();
    let mut count = 0;
    for case in include_str!("tests/refused.txt").split("=== ").skip(1) {
        let (name, case) = case.split_once('\n').expect("a case begins with its name");
        let (text, _) = case.split_once("\n---\n").expect("a case has a text and an answer");
        let problems = Manifest::parse(&text.replacen('…', LEAST.trim_end(), 1)).err();
        let problems = problems.unwrap_or_else(|| panic!("{name}: must be refused:\n{text}"));
        answered.push_str(&format!("=== {name}\n{text}\n---\n{problems}\n\n"));
        count += 1;
    }
    assert!(count >= 25, "no case got lost: {count}");
    expect_file!["tests/refused.txt"].assert_eq(&answered);
}

#[test]
fn a_text_without_an_end_is_refused_in_a_moment() {
    let long = "#".repeat(BYTES_MAX + 1);
    let said = Manifest::parse(&long).unwrap_err().to_string();
    assert_eq!(said, "plugin.toml: is 65537 bytes long; at most 65536 are read");
    for piece in ["a = 1\n", "[a]\n", "[[", "{a=", "\"", "\u{1b}[31m", "settings.a"] {
        let text: String = piece.repeat(BYTES_MAX / piece.len());
        let said = Manifest::parse(&text).unwrap_err().to_string();
        assert!(said.lines().count() <= 50, "{piece}: {} lines", said.lines().count());
        assert!(said.len() < 20_000, "{piece}: {} bytes", said.len());
        assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{piece}: {said:?}");
    }
    let keys: String = (0..5000).map(|n| format!("a{n} = 1\n")).collect();
    assert_eq!(Manifest::parse(&keys).unwrap_err().to_string().lines().count(), 50);
}

/// Needs with these lines, each for a reason that is its own text.
fn needs(shotgun: &[&str], http: &[&str]) -> Needs {
    fn list<L: std::str::FromStr<Err: std::fmt::Debug>>(lines: &[&str]) -> Vec<Need<L>> {
        let need =
            |line: &&str| Need { line: line.parse().unwrap(), why: format!("because: {line}") };
        lines.iter().map(need).collect()
    }
    Needs { shotgun: list(shotgun), http: list(http) }
}

#[track_caller]
fn check_new(known: &Needs, now: &Needs, expected: &[(&str, &str)]) {
    let told: Vec<(String, String)> = now
        .beyond(known)
        .into_iter()
        .map(|new| match new {
            New::Line { service, line, why } => (format!("{service} {line}"), why),
            New::Everything => panic!("it says what it needs"),
        })
        .collect();
    let told: Vec<(&str, &str)> = told.iter().map(|(line, why)| (&**line, &**why)).collect();
    assert_eq!(told, expected);
}

#[test]
fn what_is_new_is_told_down_to_the_field() {
    let known = needs(
        &["read Task.entity,content", "update Shot.sg_status_list in project 70"],
        &["GET https://a.example/api/"],
    );
    check_new(&known, &known, &[]);
    check_new(&known, &Needs::default(), &[]);
    check_new(
        &known,
        &needs(&["read Task.content", "read Task.entity"], &["GET https://a.example/api/v1/"]),
        &[],
    );
    let more = needs(
        &["read Task.entity,content,sg_status_list", "update Shot.sg_status_list in project 70,71"],
        &["GET,POST https://a.example/api/", "GET https://b.example/"],
    );
    check_new(
        &known,
        &more,
        &[
            (
                "shotgun read Task.sg_status_list",
                "because: read Task.entity,content,sg_status_list",
            ),
            (
                "shotgun update Shot.sg_status_list in project 71",
                "because: update Shot.sg_status_list in project 70,71",
            ),
            ("http POST https://a.example/api/", "because: GET,POST https://a.example/api/"),
            ("http GET https://b.example/", "because: GET https://b.example/"),
        ],
    );
}

#[test]
fn a_version_that_says_no_more_what_it_needs_asks_for_everything() {
    let stated = Needs::default();
    assert_eq!(new_needs(None, Some(&stated)), [New::Everything]);
    assert_eq!(new_needs(Some(&stated), None), []);
    assert_eq!(new_needs(None, None), []);
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}|(\\[?\\[?(plugin|needs|settings\\.x)\\]?\\]?\n|[a-z]{1,8} = [\\[{\"0-9a-z=,}\\]]{0,12}\n){0,12}") {
        let _ = Manifest::parse(&text);
        let _ = Manifest::parse(&format!("{LEAST}{text}"));
    }
}
