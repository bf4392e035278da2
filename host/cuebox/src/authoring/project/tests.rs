use std::path::Path;

use policy::Manifest;

use super::{files, make};
use crate::authoring::case::Case;
use crate::cli::{Language, New};

const ALL: [Language; 5] =
    [Language::Rust, Language::Python, Language::Js, Language::Ts, Language::Go];

fn text(language: Language, sdk: Option<&str>, path: &str) -> String {
    let files = files("roll-up", language, sdk);
    let (_, content) = files.into_iter().find(|(found, _)| found == Path::new(path)).expect(path);
    String::from_utf8(content).expect("templates are text")
}

#[test]
fn every_template_has_what_all_have_in_the_plugins_name() {
    for language in ALL {
        let manifest = Manifest::parse(&text(language, None, "plugin.toml")).expect("it is valid");
        assert_eq!(manifest.name, "roll-up");
        for case in ["tests/starts.toml", "tests/started-already.toml"] {
            Case::parse(&text(language, None, case)).expect("it is valid");
        }
        assert!(text(language, None, ".gitignore").contains("/build/"));
        assert_eq!(text(language, None, "README.md").lines().next(), Some("# roll-up"));
        for (path, content) in files("roll-up", language, None) {
            let says = String::from_utf8_lossy(&content).contains("my-plugin");
            assert!(!says || path.starts_with("third_party"), "{}", path.display());
        }
    }
}

#[test]
fn a_plugin_brings_its_own_sdk_and_no_other() {
    for language in ALL {
        let files = files("roll-up", language, None);
        let has = |path: &str| files.iter().any(|(found, _)| found.starts_with(path));
        assert!(has("third_party/cuebox/wit/v1/world.wit"));
        for other in ALL {
            let folder = format!("third_party/cuebox/{}", other.sdk());
            assert_eq!(has(&folder), other.sdk() == language.sdk(), "{language:?}: {folder}");
        }
    }
}

#[test]
fn another_sdk_is_named_in_place_of_the_copy() {
    for (language, file, line) in [
        (Language::Rust, "Cargo.toml", "cuebox-plugin = { path = \"/c/plugin-sdk/rust\" }"),
        (Language::Python, "pyproject.toml", "python-path = [\"/c/plugin-sdk/python\"]"),
        (Language::Ts, "package.json", "\"cuebox-plugin\": \"file:/c/plugin-sdk/js\""),
        (Language::Go, "go.mod", "replace cuebox.dev/plugin => /c/plugin-sdk/go"),
    ] {
        assert!(text(language, Some("/c"), file).lines().any(|found| found.trim() == line));
        let files = files("roll-up", language, Some("/c"));
        assert!(files.iter().all(|(path, _)| !path.starts_with("third_party")));
    }
}

#[test]
fn nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let choice = New { folder: folder.path().join("roll-up"), lang: Language::Python, sdk: None };
    make(&choice).unwrap();
    let plugin = choice.folder.join("plugin.py");
    std::fs::write(&plugin, "mine").unwrap();
    let error = make(&choice).unwrap_err().to_string();
    assert!(error.starts_with("there is something in "), "{error}");
    assert_eq!(std::fs::read_to_string(plugin).unwrap(), "mine");
}

#[test]
fn names_and_sdks_that_cannot_be_are_refused() {
    let choice = |folder: &str, sdk: Option<&str>| New {
        folder: folder.into(),
        lang: Language::Go,
        sdk: sdk.map(Into::into),
    };
    let says = |choice: &New| make(choice).unwrap_err().to_string();
    assert_eq!(
        says(&choice("/nowhere/Roll_Up", None)),
        "the plugin's name `Roll_Up` must begin with a letter, and have only the characters a-z, 0-9 and -"
    );
    assert_eq!(
        says(&choice("/nowhere/roll-up", Some("/nowhere"))),
        "there is no SDK for Go at /nowhere/plugin-sdk/go"
    );
}
