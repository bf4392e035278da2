//! Guests that misbehave: each ends in its own outcome, within its limit, and costs no other plugin an event.

use serde_json::json;

use crate::conformance;
use crate::support::languages;
use crate::support::{Studio, example, fixture, message};

/// A way to misbehave, and what the host says of it.
const CASES: [(&str, &str, &str); 14] = [
    ("spin", "out-of-fuel", "used up its fuel"),
    ("eat-memory", "out-of-memory", "ran out of memory"),
    ("recurse", "stack-exhausted", "recursed until its stack was exhausted"),
    ("trap", "trapped", "told to panic"),
    ("unreachable", "trapped", "unreachable"),
    ("exit", "trapped", "broke"),
    ("abort", "trapped", "broke"),
    ("sleep", "timed-out", "was not done in time"),
    ("flood-log", "too-many-host-calls", "called the host too often"),
    ("flood-stdout", "out-of-fuel", "used up its fuel"),
    ("flood-stderr", "out-of-fuel", "used up its fuel"),
    ("many-host-calls", "too-many-host-calls", "called the host too often"),
    ("err", "failed", "told to fail"),
    ("rejected", "rejected", "told to reject"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_misbehave_has_its_own_outcome() {
    let studio = Studio::new().await;
    studio.configure(
        "[limits]\nfuel = 100_000_000\ndeadline = \"50s\"\nmemory_bytes = \"32MiB\"\nhost_calls = 2000\nlog_bytes = \"64KiB\"",
    );
    studio.install("writer", &fixture("writer"), "attribute = \"sg_status_list\"");
    // Only the one that sleeps is to meet its deadline, however busy the machine is.
    studio.configure("[plugin.sleep.limits]\ndeadline = \"1s\"");
    for (behaviour, ..) in CASES {
        studio.install(behaviour, &fixture("misbehave"), &format!("behaviour = \"{behaviour}\""));
    }
    let host = studio.start();
    for plugin in CASES.iter().map(|(behaviour, ..)| *behaviour).chain(["writer"]) {
        host.wait_until_live(plugin);
    }
    let before = studio.newest_event();
    let task = studio.create("Task", json!({"content": "x"}));
    studio.update("Task", task, json!({"sg_status_list": "ip"}));
    for (behaviour, outcome, words) in CASES {
        let line = host.wait_for(behaviour, |line| {
            line["plugin.name"] == behaviour && line["outcome"].is_string()
        });
        assert_eq!(line["outcome"], outcome, "{behaviour}: {line}");
        assert!(message(&line).contains(words), "{behaviour}: {line}");
        let row = studio.wait_for_plugin(behaviour, |row| row.state == "stopped");
        assert_eq!(row.last_error_event, Some(before + 1), "{behaviour}");
    }
    studio.wait_for_plugin("writer", |row| row.handled == 2 && row.lag == 0);
    // A flood is cut off and counted, and the rest of it reaches no log.
    host.wait_for("what was dropped", |line| {
        line["plugin.name"] == "flood-stderr" && message(line).contains("were dropped")
    });
    assert!(host.stop().success());
    // What each was refused is counted by the limit.
    let plugins = studio.plugins();
    for (plugin, limit) in [
        ("spin", "fuel"),
        ("sleep", "deadline"),
        ("many-host-calls", "host_calls"),
        ("flood-stderr", "log_bytes"),
    ] {
        let refused = &plugins[plugin].refused;
        assert!(refused[limit]["times"].as_u64() >= Some(1), "{plugin}: {refused:?}");
    }
    assert!(plugins["err"].refused.is_empty(), "to fail is no refusal: {:?}", plugins["err"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_those_of_the_guests_class() {
    let studio = Studio::new().await;
    studio.share_compiled_code();
    studio.configure("[limits]\nmemory_bytes = { small = \"16MiB\", large = \"10MiB\" }");
    studio.install("small", &fixture("misbehave"), "behaviour = \"eat-memory\"");
    studio.put("large", &conformance::python(&languages::workspace()));
    let host = studio.start();
    host.wait_until_live("small");
    studio.create("Task", json!({"content": "x"}));
    for (plugin, limit) in [("small", 16 << 20), ("large", 10 << 20)] {
        let words = format!("ran out of memory (limit `memory_bytes` = {limit} bytes)");
        host.wait_for(plugin, |line| {
            line["plugin.name"] == plugin && message(line).contains(&words)
        });
    }
    assert!(host.stop().success());
    // One value is for both.
    studio.configure(
        "[plugin.large]\ngrant.shotgun = \"read\"\nsettings.marker = \"m1\"\nlimits.memory_bytes = \"64MiB\"",
    );
    let host = studio.start();
    host.wait_until_live("large");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_was_stopped_gets_a_new_instance() {
    let studio = Studio::new().await;
    let before = studio.newest_event();
    // It breaks at one event only, and the failure is passed over.
    studio.configure("[plugin.patient]\non_error = \"continue\"");
    studio.configure(&format!(
        "[plugin.patient.settings]\nbehaviour = \"trap\"\nat_event = \"{}\"",
        before + 2
    ));
    studio.put("patient", &fixture("misbehave"));
    let host = studio.start();
    host.wait_until_live("patient");
    studio.create("Task", json!({"content": "x"}));
    let events = studio.newest_event() - before;
    assert!(events > 3);
    let row =
        studio.wait_for_plugin("patient", |row| row.lag == 0 && row.handled + row.failed == events);
    assert_eq!((row.handled, row.failed), (events - 1, 1));
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_allowed_that_was_not_granted() {
    let studio = Studio::new().await;
    studio.put("ungranted", &fixture("misbehave"));
    studio.configure("[plugin.ungranted.settings]\nbehaviour = \"write\"");
    studio.configure("[plugin.reader]\ngrant.shotgun = \"read\"\nsettings.behaviour = \"write\"");
    studio.put("reader", &fixture("misbehave"));
    studio.install("probe", &fixture("misbehave"), "behaviour = \"probe\"");
    let host = studio.start();
    for plugin in ["ungranted", "reader", "probe"] {
        host.wait_until_live(plugin);
    }
    studio.create("Task", json!({"content": "x"}));
    for plugin in ["ungranted", "reader"] {
        let row = studio.wait_for_plugin(plugin, |row| row.state == "stopped");
        let error = row.last_error.unwrap();
        assert!(
            error.contains("add \"create Note.")
                && error.contains(&format!("to `shotgun` under [plugin.{plugin}.grant]")),
            "{error}"
        );
    }
    let line = host.wait_for("what the probe found", |line| {
        line["plugin.name"] == "probe" && line["outcome"] == "skipped"
    });
    let found = message(&line).to_owned();
    assert!(
        found.contains("variables 0, arguments 0, files none, network none, threads none"),
        "{found}"
    );
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_reaches_nothing_before_it_is_called() {
    let studio = Studio::new().await;
    studio.install("early", &fixture("calls-early"), "");
    let host = studio.start();
    // It registers only if its early call was denied.
    host.wait_until_live("early");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn register_changes_nothing() {
    let studio = Studio::new().await;
    let notes = || studio.find("Note", ("id", "greater_than", json!(0)), &["id"]).len();
    let before = notes();
    studio.install("writes", &fixture("misbehave"), "behaviour = \"register-write\"");
    studio.install("keeps", &fixture("misbehave"), "behaviour = \"register-key-value\"");
    let host = studio.start();
    for (plugin, words) in
        [("writes", "inside `register` the connection only reads"), ("keeps", "denied")]
    {
        let line = host.wait_for(plugin, |line| {
            message(line).starts_with(&format!("Plugin `{plugin}` is refused"))
        });
        assert!(message(&line).contains(words), "{line}");
    }
    assert_eq!(notes(), before);
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_reaches_a_log() {
    let studio = Studio::new().await;
    let key = studio.production.key("cuebox").unwrap().to_owned();
    studio.install("log-events", &example("log-events"), "");
    studio.install("probe", &fixture("misbehave"), "behaviour = \"probe\"");
    let host = studio.start();
    host.wait_until_live("log-events");
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("log-events", |row| row.handled > 0);
    let check = studio.cuebox(&["check"]);
    let said = String::from_utf8_lossy(&check.stdout).into_owned()
        + &String::from_utf8_lossy(&check.stderr);
    assert!(!said.contains(&key), "check says the key");
    assert!(!host.log().contains(&key), "the log says the key");
    assert!(host.stop().success());
}

/// How long a check may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// What is wrong with a file can have a name in it that is longer than what a pipe between two processes holds.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_any_length_is_answered() {
    let studio = Studio::new().await;
    let name = "x".repeat(90_000);
    let text = format!(
        "(component (core module $m (import \"{name}\" \"f\" (func))) (core instance (instantiate $m)))"
    );
    let component = wat::parse_str(text).unwrap();
    std::fs::write(studio.plugin_path("wordy"), component).unwrap();
    let config = studio.write_config();
    let mut check = std::process::Command::new(env!("CARGO_BIN_EXE_cuebox"))
        .args(["check", "--config"])
        .arg(config)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let started = std::time::Instant::now();
    let status = loop {
        match check.try_wait().unwrap() {
            None if started.elapsed() < PATIENCE => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            ended => break ended,
        }
    };
    // One that waits for ever is not left behind.
    let _ = check.kill();
    assert!(status.is_some_and(|status| !status.success()), "{status:?} after {PATIENCE:?}");
}
