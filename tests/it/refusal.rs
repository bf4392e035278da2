//! Bad input, each with the message it gives: `tests/refusals.txt` is the table. Write it anew with `UPDATE_EXPECT=1`, and
//! read it as the person would whose mistake it was.

use std::fs;
use std::process::{Command, Stdio};

use expect_test::expect_file;
use rusqlite::Connection;
use serde_json::json;
use site::faults::{Fault, Rule};

use crate::support::{Studio, fixture};

/// One mistake: what it is called, how it is made, and the command that meets it.
struct Case {
    name: &'static str,
    make: fn(&Studio),
    arguments: &'static [&'static str],
}

const fn case(name: &'static str, arguments: &'static [&'static str], make: fn(&Studio)) -> Case {
    Case { name, make, arguments }
}

const CHECK: &[&str] = &["check"];
const RUN: &[&str] = &["run"];

fn plugin_bytes(studio: &Studio, bytes: &[u8]) {
    fs::write(studio.plugin_path("vendor"), bytes).unwrap();
}

fn plugin_text(studio: &Studio, text: &str) {
    plugin_bytes(studio, &wat::parse_str(text).unwrap());
}

/// A component with this plugin.toml in it.
fn plugin_manifest(studio: &Studio, text: &str) {
    let bytes = fs::read(fixture("noop")).unwrap();
    plugin_bytes(studio, &artifact::embed::embed(&bytes, text).unwrap());
}

/// Of no key that anybody has.
const PUBLIC_KEY: &str = "RWRfKT6QQVKPzUUDd8JJ5AQd95W/VLu539GEJuguvsO1d80EMJnMdbvy";

fn behaviour(studio: &Studio, behaviour: &str) {
    studio.install("vendor", &fixture("misbehave"), &format!("behaviour = \"{behaviour}\""));
}

fn database(studio: &Studio, bytes: &[u8]) {
    fs::write(studio.path("cuebox.db"), bytes).unwrap();
}

/// A database as a host leaves it behind, for spoiling.
fn used_database(studio: &Studio) -> Connection {
    let host = studio.start();
    assert!(host.stop().success());
    Connection::open(studio.path("cuebox.db")).unwrap()
}

/// The mistakes.
fn cases() -> Vec<Case> {
    let mut cases = configuration();
    cases.extend(plugins());
    cases.extend(site_answers());
    cases.extend(databases());
    cases.extend(command_lines());
    cases
}

fn configuration() -> Vec<Case> {
    vec![
        case("configuration: unknown key", CHECK, |studio| {
            studio.configure("[limits]\nfule = 5");
        }),
        case("configuration: wrong type", CHECK, |studio| {
            studio.configure("[limits]\nfuel = \"much\"");
        }),
        case("configuration: out of range", CHECK, |studio| {
            studio.configure("[limits]\nfuel = 1\ndeadline = \"30h\"");
        }),
        case("configuration: bad duration", CHECK, |studio| {
            studio.configure("[database]\nretention = \"7 fortnights\"");
        }),
        case("configuration: no TOML", CHECK, |studio| {
            studio.configure("[limits\nfuel = 1");
        }),
        case("configuration: unset variable", CHECK, |studio| {
            studio.configure(
                "[plugin.vendor]\nscript_name = \"x\"\nscript_key = \"${CUEBOX_TEST_UNSET}\"",
            );
        }),
        case("configuration: key file missing", CHECK, |studio| {
            studio
                .configure("[plugin.vendor]\nscript_name = \"x\"\nscript_key_file = \"gone.key\"");
        }),
        case("configuration: unknown choice", CHECK, |studio| {
            studio.configure("[plugin.vendor]\non_error = \"ignore\"\ngrant.shotgun = \"all\"");
        }),
        case("configuration: two mistakes are said at once", CHECK, |studio| {
            studio.configure_log("format = \"xml\"\nkeep = 0");
        }),
    ]
}

fn plugins() -> Vec<Case> {
    vec![
        case("plugin: empty file", CHECK, |studio| plugin_bytes(studio, b"")),
        case("plugin: no WebAssembly", CHECK, |studio| {
            plugin_bytes(studio, b"#!/usr/bin/env python3\n")
        }),
        case("plugin: core module", CHECK, |studio| plugin_text(studio, "(module)")),
        case("plugin: cut short", CHECK, |studio| {
            let whole =
                wat::parse_str("(component (core module (func (export \"work\"))))").unwrap();
            plugin_bytes(studio, &whole[..whole.len() - 5]);
        }),
        case("plugin: a component that is no plugin", CHECK, |studio| {
            plugin_text(studio, "(component)")
        }),
        case("plugin: an import that cuebox does not have", CHECK, |studio| {
            studio.put("vendor", &fixture("other-world"));
        }),
        case("plugin: made for a newer cuebox", CHECK, |studio| {
            plugin_text(
                studio,
                "(component (import \"cuebox:plugin/shotgun@0.9.0\" (instance)) (instance $i) \
                 (export \"cuebox:plugin/callbacks@0.9.0\" (instance $i)))",
            );
        }),
        case("plugin: another WASI", CHECK, |studio| {
            plugin_text(studio, "(component (import \"wasi:clocks/wall-clock@0.3.0\" (instance)))");
        }),
        case("plugin: a function of another type", CHECK, |studio| {
            plugin_text(
                studio,
                "(component (import \"wasi:logging/logging@0.1.0-draft\" (instance (export \"log\" (func)))) (instance $i) \
                 (export \"cuebox:plugin/callbacks@0.1.0\" (instance $i)))",
            );
        }),
        case("plugin: without its functions", CHECK, |studio| {
            plugin_text(
                studio,
                "(component (instance $i) (export \"cuebox:plugin/callbacks@0.1.0\" (instance $i)))",
            );
        }),
        case("plugin: register fails", CHECK, |studio| behaviour(studio, "register-err")),
        case("plugin: register panics", CHECK, |studio| behaviour(studio, "register-trap")),
        case("plugin: register never ends", CHECK, |studio| {
            studio.configure("[limits]\nfuel = 10_000_000");
            behaviour(studio, "register-spin");
        }),
        case("plugin: registers nothing", CHECK, |studio| behaviour(studio, "register-nothing")),
        case("plugin: registers a name twice", CHECK, |studio| behaviour(studio, "register-twice")),
        case("plugin: writes in register", CHECK, |studio| behaviour(studio, "register-write")),
        case("plugin: a plugin.toml with mistakes", CHECK, |studio| {
            plugin_manifest(
                studio,
                "[plugin]\nname = \"vendor\"\nverison = \"1.0.0\"\ndescription = \"x\"\nauthors = [\"A\"]\n\
                 [needs]\nshotgun = [{ grant = \"read Task.entity.Shot.code\", why = \"x\" }, { grant = \"read Task.*\" }]\n",
            );
        }),
        case("plugin: settings that do not fit", CHECK, |studio| {
            studio.configure("[plugin.vendor.settings]\ncuont = 5\nstatus = \"done\"");
            plugin_manifest(
                studio,
                "[plugin]\nname = \"vendor\"\nversion = \"1.0.0\"\ndescription = \"x\"\nauthors = [\"A\"]\n\
                 [settings.count]\ntype = \"integer\"\nrequired = true\ndescription = \"How many.\"\n\
                 [settings.status]\ntype = \"text\"\nvalues = [\"fin\", \"ip\"]\ndescription = \"Which.\"\n",
            );
        }),
        case("plugin: two plugin.tomls", CHECK, |studio| {
            let text = wat::parse_str(
                "(component (@custom \"cuebox:plugin-toml\" \"a\") (@custom \"cuebox:plugin-toml\" \"b\"))",
            );
            plugin_bytes(studio, &text.unwrap());
        }),
        case("plugin: not signed", CHECK, |studio| {
            studio.configure(&format!(
                "[plugins.signatures]\nrequired = \"always\"\nkey.vendor.public_key = \"{PUBLIC_KEY}\""
            ));
            studio.put("vendor", &fixture("noop"));
        }),
        case("plugin: signed by a stranger", CHECK, |studio| {
            studio.put("vendor", &fixture("noop"));
            let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
            let signed = minisign::sign(None, &pair.sk, &b"x"[..], None, None).unwrap();
            fs::write(studio.path("plugins/vendor.wasm.minisig"), signed.into_string()).unwrap();
        }),
        case("plugin: a signature that is none", CHECK, |studio| {
            studio.put("vendor", &fixture("noop"));
            fs::write(studio.path("plugins/vendor.wasm.minisig"), "trust me").unwrap();
        }),
        case("plugin: nothing is locked", CHECK, |studio| {
            studio.lock_plugins();
            plugin_text(studio, "(component)");
        }),
        case("plugin: not the locked one", CHECK, |studio| {
            studio.lock_plugins();
            plugin_text(studio, "(component)");
            fs::write(
                studio.path("cuebox.lock"),
                format!("[plugin.vendor]\ndigest = \"{}\"\nversion = \"1.0.0\"\n", "0".repeat(64)),
            )
            .unwrap();
        }),
        case("plugin: a lock file that is none", CHECK, |studio| {
            studio.lock_plugins();
            plugin_text(studio, "(component)");
            fs::write(studio.path("cuebox.lock"), "[plugin.vendor]\ndigset = 5\n").unwrap();
        }),
        case("plugin: too large", CHECK, |studio| {
            studio.configure("[limits]\ncomponent_bytes = \"2KiB\"");
            studio.put("vendor", &fixture("noop"));
        }),
        case("plugin: a name that cannot be typed", CHECK, |studio| {
            fs::write(studio.path("plugins/two words.wasm"), b"").unwrap();
        }),
        case("plugin: a Python file, and nothing to run it in", CHECK, |studio| {
            fs::write(studio.path("plugins/vendor.py"), "import os\n").unwrap();
            studio.configure_plugins("python_runtime = \"cuebox-python.wasm\"");
        }),
        case("plugin: a Python file, and no runtime where one should be", CHECK, |studio| {
            fs::write(studio.path("plugins/vendor.py"), "import os\n").unwrap();
            fs::write(studio.path("cuebox-python.wasm"), "import sys\n").unwrap();
            studio.configure_plugins("python_runtime = \"cuebox-python.wasm\"");
        }),
        case("plugin: a JavaScript file, and nothing to run it in", CHECK, |studio| {
            fs::write(studio.path("plugins/vendor.js"), "let x;\n").unwrap();
            studio.configure_plugins("javascript_runtime = \"cuebox-javascript.wasm\"");
        }),
        case("plugin: a JavaScript file that is no text", CHECK, |studio| {
            fs::write(studio.path("plugins/vendor.js"), b"// caf\xe9\n").unwrap();
        }),
        case("plugin: a Python file and a JavaScript file of one name", CHECK, |studio| {
            fs::write(studio.path("plugins/vendor.js"), "let x;\n").unwrap();
            fs::write(studio.path("plugins/vendor.py"), b"# caf\xe9\n").unwrap();
            studio.configure_plugins("javascript_runtime = \"cuebox-javascript.wasm\"");
        }),
        case("plugin: a Python file that is no text", CHECK, |studio| {
            fs::write(studio.path("plugins/vendor.py"), b"# caf\xe9\nimport os\n").unwrap();
        }),
        case("plugin: configured and not there", CHECK, |studio| {
            studio.configure("[plugin.vendor]\ngrant.shotgun = \"read\"");
        }),
        case("plugin: no folder", CHECK, |studio| {
            fs::remove_dir(studio.path("plugins")).unwrap();
        }),
    ]
}

fn site_answers() -> Vec<Case> {
    fn fault(studio: &Studio, fault: Fault) {
        studio.site.add_fault(Rule::new("*", fault)).unwrap();
    }
    vec![
        case("site: status 500", CHECK, |studio| fault(studio, Fault::status(500))),
        case("site: status 404", CHECK, |studio| fault(studio, Fault::status(404))),
        case("site: a page of HTML", CHECK, |studio| fault(studio, Fault::Html)),
        case("site: no JSON", CHECK, |studio| fault(studio, Fault::Malformed)),
        case("site: cut short", CHECK, |studio| fault(studio, Fault::Truncate { bytes: None })),
        case("site: reset", CHECK, |studio| fault(studio, Fault::Reset)),
        case("site: refused key", CHECK, |studio| fault(studio, Fault::RefuseKey)),
        case("site: another shape", CHECK, |studio| {
            fault(studio, Fault::WrongShape { results: json!([1, 2]) });
        }),
    ]
}

fn databases() -> Vec<Case> {
    vec![
        case("database: garbage", RUN, |studio| database(studio, &[7; 5000])),
        case("database: empty file", RUN, |studio| database(studio, b"")),
        case("database: a folder", RUN, |studio| fs::create_dir(studio.path("cuebox.db")).unwrap()),
        case("database: cut short", RUN, |studio| {
            drop(used_database(studio));
            let whole = fs::read(studio.path("cuebox.db")).unwrap();
            database(studio, &whole[..whole.len() / 2]);
        }),
        case("database: of another program", RUN, |studio| {
            let other = Connection::open(studio.path("cuebox.db")).unwrap();
            other.execute_batch("CREATE TABLE diary (day TEXT)").unwrap();
        }),
        case("database: of a newer cuebox", RUN, |studio| {
            used_database(studio).execute_batch("PRAGMA user_version = 99").unwrap();
        }),
        case("database: of another site", RUN, |studio| {
            used_database(studio)
                .execute_batch(
                    "UPDATE meta SET value = 'https://other.example/' WHERE name = 'site'",
                )
                .unwrap();
        }),
        case("database: no folder for it", RUN, |studio| {
            studio.configure("[database]\npath = \"nowhere/cuebox.db\"");
        }),
    ]
}

fn command_lines() -> Vec<Case> {
    fn nothing(_: &Studio) {}
    vec![
        case("command line: unknown command", &["ruin"], nothing),
        case("command line: unknown flag", &["run", "--fast"], nothing),
        case("command line: bad number", &["demo", "--rate", "quick"], nothing),
        case("command line: bad address", &["site", "--address", "here"], nothing),
        case(
            "command line: a site, and nobody to be there",
            &["dev", "--site", "https://studio.example.com"],
            nothing,
        ),
        case(
            "command line: neither a site nor a file",
            &["dev", "--site", "studio.example.com"],
            nothing,
        ),
        case(
            "command line: a key in an address",
            &["dev", "--site", "https://cuebox:key@studio.example.com"],
            nothing,
        ),
        case("command line: nothing to approve", &["approve", "vendor"], |studio| {
            studio.put("vendor", &fixture("noop"));
            let host = studio.start();
            host.wait_until_live("vendor");
            assert!(host.stop().success());
        }),
        case("command line: no such file", &["inspect", "gone.wasm"], nothing),
        case("command line: plugins before any run", &["plugins", "list"], nothing),
        case("command line: unknown plugin", &["plugins", "enable", "vendr"], |studio| {
            studio.put("vendor", &fixture("noop"));
            let host = studio.start();
            host.wait_until_live("vendor");
            assert!(host.stop().success());
        }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_has_its_message() {
    let mut table = String::from(
        "What cuebox says to a mistake. FOLDER stands for the folder of the configuration, URL for the site.\n",
    );
    for case in cases() {
        let studio = Studio::new().await;
        (case.make)(&studio);
        table += &format!("\n## {}\n\n$ cuebox {}\n", case.name, case.arguments.join(" "));
        table += &said(&studio, case.arguments);
    }
    assert!(cases().len() >= 40, "{} cases", cases().len());
    expect_file!["../refusals.txt"].assert_eq(&table);
}

/// What a command says and how it ends, without what differs from run to run.
fn said(studio: &Studio, arguments: &[&str]) -> String {
    let config = studio.write_config();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cuebox"));
    command.args(arguments).stdin(Stdio::null()).env_remove("CUEBOX_SCRIPT_NAME");
    // Commands of the stand-in have no configuration.
    if !matches!(arguments[0], "demo" | "site" | "ruin") {
        command.arg("--config").arg(config);
    }
    let output = command.output().unwrap();
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let text = lines(&output.stdout) + &lines(&output.stderr);
    let folder = studio.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    let text = text.replace(folder, "FOLDER").replace(&studio.site.url(), "URL");
    let text = text.replace(&studio.site.address().to_string(), "HOST");
    format!("{}exit code {}\n", without_what_is_fine(&text), output.status.code().unwrap())
}

/// Leaves out what a mistake is not about: findings that are fine.
fn without_what_is_fine(text: &str) -> String {
    let keep = |line: &&str| !line.starts_with("ok ");
    text.lines().filter(keep).map(|line| format!("{}\n", line.trim_end())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hosts_do_not_share_a_database() {
    let studio = Studio::new().await;
    let host = studio.start();
    let (status, said) = studio.start_unwatched().wait();
    assert_eq!(status.code(), Some(4), "{said}");
    assert!(said.contains("one host at a time may run on it"), "{said}");
    assert!(host.stop().success());
}
