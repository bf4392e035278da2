//! Components of every version of the world that there ever was go on working.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::Studio;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The components by the version of their world.
fn frozen() -> Vec<(String, PathBuf)> {
    let files = fs::read_dir(root().join("tests/frozen")).unwrap();
    let mut frozen: Vec<(String, PathBuf)> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "wasm"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap();
            (name.strip_prefix("plugin-").expect("it is plugin-VERSION.wasm").to_owned(), path)
        })
        .collect();
    frozen.sort();
    frozen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_of_every_version_writes_and_remembers() {
    for (version, component) in frozen() {
        let studio = Studio::new().await;
        let settings = "attribute = \"sg_status_list\"\nway = \"create\"";
        studio.install("old", &component, settings);
        let host = studio.start();
        host.wait_until_live("old");
        let task = studio.create("Task", json!({"content": "x"}));
        for status in ["rdy", "ip", "fin"] {
            studio.update("Task", task, json!({"sg_status_list": status}));
        }
        studio.wait_for_plugin("old", |row| row.lag == 0 && row.handled >= 3);
        assert!(host.stop().success(), "{version}");
        let notes = studio.find("Note", ("content", "starts_with", json!("a note ")), &["subject"]);
        let row = studio.plugins().remove("old").unwrap();
        assert_eq!(row.failed, 0, "{version}: {:?}", row.last_error);
        assert_eq!(notes.len() as u64, row.handled, "{version}: a note for each event");
        let kept = studio.open_database().key_values("old").unwrap();
        assert!(!kept.is_empty(), "{version}: it counts in its key-values");
    }
}

/// Who changes the world must freeze a component of the version before.
#[test]
fn todays_world_has_its_component() {
    let world = fs::read_to_string(root().join("wit/v1/world.wit")).unwrap();
    let first = world.lines().next().unwrap();
    let version = first.strip_prefix("package cuebox:plugin@").unwrap().strip_suffix(';').unwrap();
    let versions: Vec<String> = frozen().into_iter().map(|(version, _)| version).collect();
    assert!(versions.iter().any(|frozen| frozen == version), "{version} is not among {versions:?}");
}
