//! A plugin's file before it runs: what it says, who signed it, whether it is the locked one, and whether it asks for more.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use artifact::embed::embed;
use minisign::KeyPair;
use serde_json::{Value, json};

use crate::support::{Host, Studio, example, fixture, message};

const HEAD: &str =
    "[plugin]\nname = \"vendor\"\ndescription = \"Does a thing.\"\nauthors = [\"A. Vendor\"]\n";

/// A fixture with a plugin.toml of this version, put in its place.
fn put(studio: &Studio, guest: &str, version: &str, rest: &str) {
    let text = format!("{HEAD}version = \"{version}\"\n{rest}");
    let bytes = embed(&fs::read(fixture(guest)).unwrap(), &text).unwrap();
    let path = studio.path("embedded");
    fs::write(&path, bytes).unwrap();
    studio.put("vendor", &path);
}

fn needs(lines: &[(&str, &str)]) -> String {
    let lines: Vec<_> = lines
        .iter()
        .map(|(line, why)| format!("{{ grant = \"{line}\", why = \"{why}\" }}"))
        .collect();
    format!("[needs]\nshotgun = [{}]\n", lines.join(", "))
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn wait_for_text(host: &Host, text: &str) -> String {
    let line = host.wait_for(text, |line| message(line).contains(text));
    message(&line).to_owned()
}

/// An event, of which the plugin handles one more.
fn handle_one(studio: &Studio) -> Option<String> {
    let before = studio.plugins()["vendor"].handled;
    studio.create("Task", json!({"content": "x"}));
    studio.wait_for_plugin("vendor", |row| row.handled > before && row.lag == 0).version
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_asks_for_more_waits_while_the_old_one_runs_on() {
    let studio = Studio::new().await;
    // Whatever is granted: it is the author who asks for more.
    studio.configure("[plugin.vendor]\ngrant.shotgun = \"write\"");
    let first = needs(&[("read Task.content", "to see what is to do")]);
    put(&studio, "noop", "1.0.0", &first);
    let host = studio.start();
    host.wait_until_live("vendor");
    let old = handle_one(&studio).unwrap();

    let more = needs(&[
        ("read Task.content,sg_status_list", "to see what is done"),
        ("delete Note", "to tidy up"),
    ]);
    put(&studio, "noop", "1.1.0", &more);
    let told = wait_for_text(&host, "is held");
    assert!(told.contains("shotgun read Task.sg_status_list; shotgun delete Note"), "{told}");
    let row = studio.wait_for_plugin("vendor", |row| row.state == "held");
    assert_eq!(row.version, Some(old.clone()));
    assert_eq!(handle_one(&studio), Some(old.clone()), "the old one runs on");
    assert!(
        stdout(&studio.cuebox(&["plugins"])).contains("is held: `cuebox approve vendor` shows why")
    );

    // After a restart, too, though its file is another by now.
    assert!(host.stop().success());
    let host = studio.start();
    host.wait_until_live("vendor");
    assert_eq!(handle_one(&studio), Some(old.clone()));
    assert_eq!(studio.plugins()["vendor"].state, "held");

    // What is new, down to the field, and nothing else; and nothing happens without a yes.
    let shown = stdout(&studio.cuebox(&["approve", "vendor"]));
    let lines: Vec<&str> = shown.lines().filter(|line| line.starts_with("  ")).collect();
    assert_eq!(
        lines,
        [
            "  shotgun  read Task.sg_status_list",
            "      to see what is done",
            "  shotgun  delete Note",
            "      to tidy up",
        ],
        "{shown}"
    );
    assert_eq!(studio.plugins()["vendor"].state, "held");
    let approved = studio.cuebox(&["approve", "vendor", "--yes"]);
    assert!(approved.status.success(), "{}", stderr(&approved));
    wait_for_text(&host, "Plugin `vendor` goes on with version");
    let row = studio.wait_for_plugin("vendor", |row| row.state == "running");
    assert_ne!(row.version, Some(old));
    let new = handle_one(&studio);
    assert_eq!(new, row.version);
    let again = studio.cuebox(&["approve", "vendor", "--yes"]);
    assert!(stderr(&again).contains("has no file that waits for approval"), "{}", stderr(&again));

    assert!(host.stop().success());
    let host = studio.start();
    host.wait_until_live("vendor");
    assert_eq!(
        (handle_one(&studio), host.find_line(|line| message(line).contains("is held"))),
        (new, None)
    );
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_copy_of_a_file_is_not_taken_for_it_after_it_was_changed() {
    let studio = Studio::new().await;
    put(&studio, "noop", "1.0.0", "[needs]\n");
    let host = studio.start();
    host.wait_until_live("vendor");
    handle_one(&studio);
    assert!(host.stop().success());
    put(&studio, "noop", "1.1.0", &needs(&[("read Task.content", "to see")]));
    let copies: Vec<_> = fs::read_dir(studio.path("versions")).unwrap().collect();
    assert_eq!(copies.len(), 1);
    let copy = copies.into_iter().next().unwrap().unwrap().path();
    fs::write(&copy, fs::read(fixture("misbehave")).unwrap()).unwrap();
    let host = studio.start();
    wait_for_text(&host, "is not the file any more that was kept there");
    assert_eq!(host.find_line(|line| message(line).contains("runs version")), None);
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_has_of_what_is_granted_only_what_its_author_asked_for() {
    let studio = Studio::new().await;
    studio.configure(
        "[plugin.vendor]\ngrant.shotgun = \"write\"\nsettings.attribute = \"sg_status_list\"",
    );
    let setting =
        "[settings.attribute]\ntype = \"text\"\nrequired = true\ndescription = \"Which.\"\n";
    let reads = needs(&[("read Task.sg_status_list", "to see")]);
    put(&studio, "writer", "1.0.0", &format!("{reads}{setting}"));
    let host = studio.start();
    host.wait_until_live("vendor");
    let task = studio.create("Task", json!({"content": "x"}));
    studio.update("Task", task, json!({"sg_status_list": "ip"}));
    let row = studio.wait_for_plugin("vendor", |row| row.failed > 0);
    let error = row.last_error.unwrap_or_default();
    assert!(error.contains("the plugin does not ask for it"), "{error}");
    let notes = studio.find("Note", ("content", "starts_with", json!("a note ")), &["subject"]);
    assert_eq!(notes.len(), 0, "its file was embedded with less than it does");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_fit_a_new_file_leave_the_old_one_running() {
    let studio = Studio::new().await;
    studio.configure("[plugin.vendor.settings]\ncount = \"many\"");
    studio.put("vendor", &fixture("noop"));
    let host = studio.start();
    host.wait_until_live("vendor");
    let old = handle_one(&studio);
    let declares = "[settings.count]\ntype = \"integer\"\ndescription = \"How many.\"\n\
        [settings.token]\ntype = \"text\"\nrequired = true\nsecret = true\ndescription = \"To sign in.\"\n";
    put(&studio, "noop", "1.0.0", declares);
    let told = wait_for_text(&host, "The new file of plugin `vendor` is refused");
    assert!(
        told.contains("plugin.vendor.settings.count is a text; the plugin wants a whole number"),
        "{told}"
    );
    assert!(told.contains("plugin.vendor.settings.token is missing: To sign in."), "{told}");
    assert_eq!(handle_one(&studio), old);
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_runs_but_what_is_locked() {
    let studio = Studio::new().await;
    put(&studio, "noop", "1.0.0", "");
    assert!(studio.cuebox(&["lock"]).status.success());
    studio.lock_plugins();
    let checked = studio.cuebox(&["check"]);
    assert!(checked.status.success(), "{}", stdout(&checked));
    put(&studio, "noop", "2.0.0", "");
    let refused = stdout(&studio.cuebox(&["check"]));
    assert!(
        refused.contains("it is not in the lock file; `cuebox lock` takes it in: locked is "),
        "{refused}"
    );
    let compared = studio.cuebox(&["lock", "--check"]);
    assert_eq!(compared.status.code(), Some(1));
    let line = stdout(&compared);
    assert!(
        line.starts_with("vendor: ") && line.contains(" (1.0.0) -> ") && line.contains(" (2.0.0)"),
        "{line}"
    );
    let written = studio.cuebox(&["lock"]);
    assert!(written.status.success() && stdout(&written).contains(" -> "), "{}", stdout(&written));
    assert!(studio.cuebox(&["lock", "--check"]).status.success());
    let checked = studio.cuebox(&["check"]);
    assert!(checked.status.success(), "{}", stdout(&checked));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_plugin_runs_on_after_its_file_was_replaced_and_goes_on_when_it_is_locked_anew() {
    let studio = Studio::new().await;
    studio.put("vendor", &fixture("noop"));
    assert!(studio.cuebox(&["lock"]).status.success());
    studio.lock_plugins();
    let host = studio.start();
    host.wait_until_live("vendor");
    let old = handle_one(&studio);
    put(&studio, "noop", "2.0.0", "");
    wait_for_text(
        &host,
        "The new file of plugin `vendor` is refused, the version before it runs on",
    );
    assert!(host.stop().success());
    let host = studio.start();
    host.wait_until_live("vendor");
    assert_eq!(handle_one(&studio), old, "from the copy");
    assert!(studio.cuebox(&["lock"]).status.success());
    wait_for_text(&host, "Plugin `vendor` goes on with version");
    assert_ne!(handle_one(&studio), old);
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_a_trusted_key_signed_is_run() {
    let studio = Studio::new().await;
    let pair = KeyPair::generate_unencrypted_keypair().unwrap();
    studio.configure(&format!(
        "[plugins.signatures]\nrequired = \"always\"\n[plugins.signatures.key.vendor]\npublic_key = \"{}\"",
        pair.pk.to_base64()
    ));
    let beside = studio.path("plugins/vendor.wasm.minisig");
    let sign = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        minisign::sign(None, &pair.sk, &bytes[..], None, None).unwrap().into_string()
    };
    studio.put("vendor", &fixture("noop"));
    let host = studio.start();
    wait_for_text(&host, "it is not signed");
    // The signature may come after the file.
    fs::write(&beside, sign(&studio.plugin_path("vendor"))).unwrap();
    host.wait_until_live("vendor");
    let old = handle_one(&studio);
    put(&studio, "noop", "2.0.0", "");
    wait_for_text(&host, "it was changed after it was signed with the key `vendor`");
    assert_eq!(handle_one(&studio), old);
    let inspected =
        studio.cuebox(&["inspect", "--json", studio.plugin_path("vendor").to_str().unwrap()]);
    let report: Value = serde_json::from_slice(&inspected.stdout).unwrap();
    assert_eq!(
        report["signature"],
        json!({"status": "modified", "key": "vendor", "comment": null})
    );
    fs::write(&beside, sign(&studio.plugin_path("vendor"))).unwrap();
    wait_for_text(&host, "Plugin `vendor` goes on with version");
    assert!(host.stop().success());
}

/// What other programs read: keys are added, and neither renamed nor removed.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_inspected_without_being_run() {
    let studio = Studio::new().await;
    studio.put("task-status-to-shot", &example("task-status-to-shot"));
    let path = studio.plugin_path("task-status-to-shot");
    let output = studio.cuebox(&["inspect", "--json", path.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let keys: Vec<&str> = report.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "bytes",
            "code_bytes",
            "digest",
            "exports",
            "imports",
            "languages",
            "limits",
            "manifest",
            "modules",
            "plugin",
            "problems",
            "signature",
            "tools"
        ]
    );
    assert_eq!(report["problems"], json!([]));
    assert_eq!(report["manifest"]["needs"][0]["grant"], "schema Task");
    assert_eq!(report["manifest"]["settings"]["finished"]["default"], json!(["fin"]));
    assert_eq!(report["signature"]["status"], "unsigned");
    assert_eq!(report["limits"]["deadline_ms"], 30_000);
    assert!(report["imports"].as_array().unwrap().contains(&json!("cuebox:plugin/shotgun@0.1.0")));
    let text = stdout(&studio.cuebox(&["inspect", path.to_str().unwrap()]));
    assert!(text.contains("update Shot.sg_status_list"), "{text}");
    assert!(text.contains("To finish it."), "{text}");
    // A plugin that traps as soon as it is called is looked at like any other.
    let output = studio.cuebox(&["inspect", fixture("misbehave").to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_are_answered_in_a_moment() {
    let studio = Studio::new().await;
    let file = studio.path("hostile.wasm");
    let noop = fs::read(fixture("noop")).unwrap();
    let header = b"\0asm\x0d\0\x01\0".to_vec();
    let two = [embed(&noop, "a").unwrap(), b"\0\x14\x12cuebox:plugin-tomlb".to_vec()].concat();
    for (bytes, said) in [
        (Vec::new(), "the file is empty"),
        (b"PK\x03\x04".to_vec(), "does not start with the bytes of WebAssembly"),
        (wat::parse_str("(module)").unwrap(), "it is a core module"),
        (noop[..noop.len() / 2].to_vec(), "not a valid WebAssembly component"),
        (
            [header.clone(), vec![10, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]].concat(),
            "not a valid WebAssembly component",
        ),
        ([header.clone(), [0, 1, 0].repeat(10_000_000)].concat(), "has more than 100000 sections"),
        (
            embed(&noop, &"#".repeat(10 << 20)).unwrap(),
            "of 10485760 bytes; at most 1048576 are read",
        ),
        (
            embed(&noop, &"#".repeat(100_000)).unwrap(),
            "plugin.toml: is 100000 bytes long; at most 65536 are read",
        ),
        (
            embed(&noop, "[plugin]\nname = \"\\u001b[2J\"").unwrap(),
            "must not hold characters that are not seen",
        ),
        (two, "has two sections `cuebox:plugin-toml`"),
    ] {
        fs::write(&file, &bytes).unwrap();
        let started = Instant::now();
        let output = studio.cuebox(&["inspect", file.to_str().unwrap()]);
        let answer = stdout(&output);
        assert!(started.elapsed() < Duration::from_secs(10), "{said}: {:?}", started.elapsed());
        assert_eq!(output.status.code(), Some(6), "{said}: {answer}");
        assert!(answer.contains(said), "{said}: {answer}");
        assert!(answer.chars().all(|c| c == '\n' || !c.is_control()), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_builds_a_manifest_into_a_component() {
    let studio = Studio::new().await;
    let (component, manifest) = (studio.path("a.wasm"), studio.path("plugin.toml"));
    fs::copy(fixture("noop"), &component).unwrap();
    let embed = |text: &str| {
        fs::write(&manifest, text).unwrap();
        studio.cuebox(&["embed", component.to_str().unwrap(), manifest.to_str().unwrap()])
    };
    let refused = embed("[plugin]\nname = 5");
    assert!(stderr(&refused).contains("plugin.toml:2:8: plugin.name = 5"), "{}", stderr(&refused));
    assert_eq!(fs::read(&component).unwrap(), fs::read(fixture("noop")).unwrap());
    assert!(embed(&format!("{HEAD}version = \"1.0.0\"")).status.success());
    assert!(embed(&format!("{HEAD}version = \"1.2.3\"")).status.success());
    let text = stdout(&studio.cuebox(&["inspect", component.to_str().unwrap()]));
    assert!(text.contains("vendor 1.2.3, by A. Vendor"), "{text}");
}
