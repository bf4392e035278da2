//! Plugins that ask other hosts: built for the world that has a way to them, and tested with a case that answers in their place.

use super::*;

/// The example that asks another host.
fn announce() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../example-plugins/announce")
}

/// A plugin of this name that is the example in a language, with its cases.
fn copy(desk: &Desk, plugin: &str, lang: &str, file: &str) {
    desk.good(&["new", plugin, "--lang", lang]);
    let manifest = fs::read_to_string(announce().join("plugin.toml")).unwrap();
    let manifest = manifest.replace("\"announce\"", &format!("\"{plugin}\""));
    fs::write(desk.path(&format!("{plugin}/plugin.toml")), manifest).unwrap();
    let to = if lang == "rust" { file } else { file.split_once('/').unwrap().1 };
    fs::copy(announce().join(file), desk.path(&format!("{plugin}/{to}"))).unwrap();
    let tests = desk.path(&format!("{plugin}/tests"));
    fs::remove_dir_all(&tests).unwrap();
    fs::create_dir(&tests).unwrap();
    for case in fs::read_dir(announce().join("tests")).unwrap().flatten() {
        fs::copy(case.path(), tests.join(case.file_name())).unwrap();
    }
}

/// In each language, in a folder of its own.
#[test]
fn a_plugin_that_asks_other_hosts_is_built_and_tested() {
    let desk = Desk::new();
    for (lang, file) in [
        ("rust", "src/lib.rs"),
        ("python", "python/plugin.py"),
        ("ts", "javascript/plugin.ts"),
        ("go", "go/plugin.go"),
    ] {
        let plugin = format!("announce-{lang}");
        copy(&desk, &plugin, lang, file);
        desk.good(&["build", &plugin]);
        let component = format!("{plugin}/build/{plugin}.wasm");
        let inspected = desk.good(&["inspect", &component]);
        assert!(inspected.contains("wasi:http/outgoing-handler@"), "{inspected}");
        let report = desk.good(&["test", &plugin, "--json", "--component", &component]);
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!((&report["passed"], &report["failed"]), (&3.into(), &0.into()), "{report:#}");
    }
}

/// The example in Rust, as the other tests have it, with one of its cases changed; what the case says then.
#[track_caller]
fn finds(desk: &Desk, case: &str, changes: &[(&str, &str)]) -> Value {
    let folder = desk.path("announce");
    fs::create_dir_all(folder.join("tests")).unwrap();
    fs::copy(announce().join("plugin.toml"), folder.join("plugin.toml")).unwrap();
    fs::write(folder.join("Cargo.toml"), "").unwrap();
    let mut text = fs::read_to_string(announce().join("tests").join(case)).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{case} has no {from}");
        text = text.replace(from, to);
    }
    fs::write(folder.join("tests/case.toml"), text).unwrap();
    let component = example("announce");
    let test = ["test", "announce", "--json", "--component", component.to_str().unwrap()];
    let output = desk.run(&test);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}:\n{}", all(&output)));
    assert_eq!(output.status.success(), report["failed"] == 0, "{}", all(&output));
    report["cases"][0].clone()
}

const REQUEST: &str = "POST https://hooks.example.com/services/T1/B2";

#[test]
fn a_case_finds_requests_that_were_not_to_be_made_and_that_were_not_made() {
    let desk = Desk::new();
    let made = format!("{REQUEST}  {{\"text\":\"sh010_v1 is approved\"}}");
    let good = finds(&desk, "approved.toml", &[]);
    assert_eq!(good["requests"], serde_json::json!([{"same": made}]), "{good:#}");

    // Another text: what was made stands beside what was to be.
    let other = finds(&desk, "approved.toml", &[("is approved\" }", "is here\" }")]);
    let expected = format!("{REQUEST}  {{\"text\":\"sh010_v1 is here\"}}");
    let requests = serde_json::json!([{"extra": made}, {"missing": expected}]);
    assert_eq!(other["requests"], requests, "{other:#}");
    // To the plugin it is a host that does not answer.
    let problems = other["problems"].to_string();
    assert!(problems.contains("was to end `done`, and answered with an error"), "{other:#}");

    let component = example("announce");
    let test = ["test", "announce", "--component", component.to_str().unwrap()];
    let printed = desk.bad(&test);
    let title = "requests to other hosts (- expected and not made, + made and not expected):";
    let lines = format!("        {title}\n        + {made}\n        - {expected}\n");
    assert!(printed.contains(&lines), "{printed}");

    // One that is not made fails the case by itself.
    let more = format!("outcome = \"skipped\"\n\n[[http]]\nrequest = \"{REQUEST}\"\n");
    let quiet = finds(&desk, "not-approved.toml", &[("outcome = \"skipped\"\n", &more)]);
    assert_eq!(quiet["problems"], serde_json::json!([]), "{quiet:#}");
    assert_eq!(quiet["requests"], serde_json::json!([{"missing": REQUEST}]), "{quiet:#}");
    desk.bad(&test);

    // What is granted to nobody reaches nothing that could answer.
    let refused = finds(&desk, "approved.toml", &[("services/T1/B2", "else/T1/B2")]);
    let missing = "POST https://hooks.example.com/else/T1/B2  {\"text\":\"sh010_v1 is approved\"}";
    assert_eq!(refused["requests"], serde_json::json!([{"missing": missing}]), "{refused:#}");
    assert!(refused["problems"].to_string().contains("HttpRequestDenied"), "{refused:#}");
}

/// A case can take away what the author asks for; what the plugin is refused then is shown beside its log.
#[test]
fn a_case_grants_less_of_other_hosts_and_shows_the_line_that_is_missing() {
    let desk = Desk::new();
    let about = "about = \"The chat is told of a Version that is approved\"";
    let less = format!("{about}\nhttp_grants = [\"GET https://hooks.example.com/\"]");
    let refused = finds(&desk, "approved.toml", &[(about, &less)]);
    let missing = format!("{REQUEST}  {{\"text\":\"sh010_v1 is approved\"}}");
    assert_eq!(refused["requests"], serde_json::json!([{"missing": missing}]), "{refused:#}");
    let said = "WARN Plugin `announce` is not allowed that: cannot POST https://hooks.example.com: the method or the path is outside \
                of what is granted, \"GET https://hooks.example.com/\"; write another line in `http` under [plugin.announce.grant]";
    let log = refused["log"].as_array().unwrap();
    assert!(log.iter().any(|line| line == said), "{refused:#}");
}
