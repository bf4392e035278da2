//! The commands, as a person uses them.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Studio, eventually, example, fixture};

#[tokio::test(flavor = "multi_thread")]
async fn check_names_what_is_right_and_changes_nothing() {
    let studio = Studio::new().await;
    studio.install("log-events", &example("log-events"), "");
    let before = studio.newest_event();
    let output = studio.cuebox(&["check", "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let subjects: Vec<&str> =
        findings.iter().map(|finding| finding["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["configuration", "database", "site", "plugin log-events"]);
    assert!(findings.iter().all(|finding| finding["result"] == "ok"), "{findings:?}");
    assert_eq!(studio.newest_event(), before);
    assert!(!studio.path("cuebox.db").exists() && !studio.path("cache").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_are_listed_for_people_too() {
    let studio = Studio::new().await;
    studio.install("patient", &fixture("misbehave"), "behaviour = \"err\"");
    let host = studio.start();
    host.wait_until_live("patient");
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("patient", |row| row.state == "stopped");
    let output = studio.cuebox(&["plugins"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("PLUGIN   STATE"), "{text}");
    assert!(text.contains("patient  stopped"), "{text}");
    assert!(text.contains("told to fail"), "{text}");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_what_runs_and_a_second_signal_is_harmless() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), "attribute = \"sg_status_list\"");
    let host = studio.start();
    host.wait_until_live("writer");
    let task = studio.create("Task", json!({"content": "x"}));
    for status in ["rdy", "ip", "fin", "wtg", "rdy", "ip"] {
        studio.update("Task", task, json!({"sg_status_list": status}));
    }
    eventually("some work", || (studio.plugins().get("writer")?.handled > 0).then_some(()));
    host.signal("TERM");
    host.signal("TERM");
    host.signal("INT");
    let (status, errors) = host.wait();
    assert!(status.success(), "{errors}");
    let handled = studio.plugins()["writer"].handled;
    let notes = || {
        studio.find("Note", ("content", "starts_with", json!("a note ")), &["subject"]).len() as u64
    };
    assert_eq!(notes(), handled, "what was written was saved as handled");
    let host = studio.start();
    studio.wait_for_plugin("writer", |row| row.handled == 7 && row.lag == 0);
    assert_eq!(notes(), 7, "nothing that had finished was done again");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_go_to_files_by_plugin_and_so_do_times() {
    let studio = Studio::new().await;
    studio.configure_log("directory = \"logs\"\nmode = \"per-plugin\"\ntiming = true");
    studio.install("log-events", &example("log-events"), "");
    let config = studio.write_config();
    let mut host = Command::new(env!("CARGO_BIN_EXE_cuebox"))
        .args(["run", "--config"])
        .arg(&config)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    studio.wait_for_plugin("log-events", |row| row.version.is_some());
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("log-events", |row| row.handled > 0 && row.lag == 0);
    let status = Command::new("kill").args(["-TERM", &host.id().to_string()]).status().unwrap();
    assert!(status.success() && host.wait().unwrap().success());
    let files: Vec<String> = std::fs::read_dir(studio.path("logs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let text = |beginning: &str| {
        let name = files.iter().find(|name| name.starts_with(beginning));
        let name = name.unwrap_or_else(|| panic!("no file {beginning}* among {files:?}"));
        std::fs::read_to_string(studio.path("logs").join(name)).unwrap()
    };
    assert!(text("cuebox").contains("The stream begins after event"));
    assert!(
        text("plugin-log-events").contains("Task"),
        "the plugin's own lines: {}",
        text("plugin-log-events")
    );
    assert!(!text("cuebox").contains("target: plugin"));
    let timing = text("timing");
    assert!(timing.starts_with("event_id\t"), "{timing}");
    assert!(timing.lines().count() > 1, "{timing}");
}

#[test]
fn init_writes_a_configuration_to_edit_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cuebox.toml");
    let init = || {
        Command::new(env!("CARGO_BIN_EXE_cuebox"))
            .arg("init")
            .arg("--config")
            .arg(&path)
            .output()
            .unwrap()
    };
    assert!(init().status.success());
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("[site]") && text.contains("script_key_file"));
    let again = init();
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("exists"), "{again:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn the_demo_shows_events_writes_and_a_swap() {
    let output = Command::new(env!("CARGO_BIN_EXE_cuebox"))
        .args(["demo", "--rate", "5", "--for", "30s"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    for word in ["  in  ", "  log  ", "  write  ", "  swap  ", "1 swap", "0 calls failed"] {
        assert!(text.contains(word), "{word:?} is missing in\n{text}");
    }
}

#[test]
fn the_stand_in_site_runs_by_itself() {
    use std::io::{BufRead, BufReader};
    let mut site = Command::new(env!("CARGO_BIN_EXE_cuebox"))
        .args(["site", "--address", "127.0.0.1:0"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(site.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains("http://127.0.0.1:"), "{first}");
    let status = Command::new("kill").args(["-TERM", &site.id().to_string()]).status().unwrap();
    assert!(status.success() && site.wait().unwrap().success());
    assert!(lines.any(|line| line.unwrap().contains("shotgun_api3.Shotgun(")));
}
