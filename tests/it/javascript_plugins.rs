//! Plugins that are plain JavaScript files: dropped into the folder, run, and swapped when they are saved.
//!
//! What such a file can do is what the conformance suite asks of it (`conformance.rs`).

use std::fs;

use serde_json::json;

use crate::support::{Host, Studio, javascript_runtime, message};

/// A plugin that fails at its event, in a function of its own.
const FAILS: &str = "\
import { log, plugin } from \"cuebox-plugin\";

const numbers = new Set();

export const callbacks = plugin((reg) => {
  reg.callback(\"tell\", tell).on(\"Shotgun_Task_New\");
});

function tell(sg, event) {
  const found = root(event.id);
  numbers.add(Math.random());
  log.warn(`fine at ${event.id} with ${found}, ${numbers.size} numbers`);
}

function root(secret) {
  if (-secret < 0) throw new RangeError(\"no root\");
  return \"a root\";
}
";

/// A studio that knows where the runtime is.
async fn studio() -> Studio {
    let runtime = javascript_runtime();
    let studio = Studio::new().await;
    studio.configure_log("format = \"json\"\nlevel = \"info,plugin=debug\"");
    studio.share_compiled_code().configure_plugins(&format!("javascript_runtime = {runtime:?}"));
    studio
}

/// Waits until a file is refused, and for these words.
#[track_caller]
fn is_refused(host: &Host, because: &[&str]) {
    host.wait_for(because[0], |line| {
        let message = message(line);
        message.contains("is refused") && because.iter().all(|part| message.contains(part))
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_fails_shows_its_lines_and_goes_on_when_it_is_saved() {
    let studio = studio().await;
    let path = studio.path("plugins/script.js");
    let host = studio.start();
    fs::write(&path, FAILS).unwrap();
    host.wait_until_live("script");
    let before = studio.newest_event();
    studio.create("Task", json!({"content": "x"}));
    let stopped = studio.wait_for_plugin("script", |row| row.state == "stopped");
    let error = stopped.last_error.unwrap();
    let shown = "RangeError: no root\n    at root (script.js:16:30)\n    at tell (script.js:10:22)";
    assert!(
        error.ends_with(shown),
        "`{shown}` is not the end, without the way to the plugin:\n{error}"
    );
    // Mended, it takes the event that it failed at, and those after it, with one module for all of them.
    fs::write(&path, FAILS.replace("-secret", "secret")).unwrap();
    let second = studio.newest_event() + 1;
    studio.create("Task", json!({"content": "y"}));
    for (event, numbers) in [(before + 1, 1), (second, 2)] {
        let wanted = format!("fine at {event} with a root, {numbers} numbers");
        host.wait_for(&wanted, |line| message(line) == wanted);
    }
    let row = studio.wait_for_plugin("script", |row| row.state == "running" && row.lag == 0);
    assert_eq!(row.failed, 1);
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_run_changes_nothing_and_names_the_place() {
    let studio = studio().await;
    let path = studio.path("plugins/script.js");
    let mended = FAILS.replace("-secret", "secret");
    fs::write(&path, &mended).unwrap();
    let host = studio.start();
    host.wait_until_live("script");
    let refused = |from: &str, to: &str, because: &[&str]| {
        assert!(mended.contains(from), "{from}");
        fs::write(&path, mended.replace(from, to)).unwrap();
        is_refused(&host, because);
    };
    refused(
        "reg.callback(",
        "reg.callback((",
        &["SyntaxError: script.js:6:53: Unexpected token\n    reg.callback(("],
    );
    refused("log, plugin }", "lgo, plugin }", &["script.js:1:10: `cuebox-plugin` has no `lgo`"]);
    let other = "script.js:1:29: a plugin that is a plain file imports `cuebox-plugin` and `cuebox-plugin/http`, and not `lodash`";
    refused("\"cuebox-plugin\"", "\"lodash\"", &[other]);
    refused("export const callbacks", "const callbacks", &["script.js exports no `callbacks`"]);
    refused(
        "const numbers",
        "nope(); const numbers",
        &["ReferenceError: nope is not defined\n    at script.js:3:"],
    );
    // What only the engine itself finds.
    refused(
        "const numbers",
        "import.meta; const numbers",
        &["SyntaxError: ", "\n    at script.js:3:"],
    );
    // The version before goes on with its memory.
    for numbers in 1..=2 {
        studio.create("Task", json!({"content": "x"}));
        let wanted = format!("with a root, {numbers} numbers");
        host.wait_for(&wanted, |line| message(line).ends_with(&wanted));
    }
    assert!(host.stop().success());
}

/// What a module can look like: each registers a callback of its own name.
const FORMS: [(&str, &str); 9] = [
    (
        "renamed",
        "#!/usr/bin/env node\nimport { plugin as make } from 'cuebox-plugin';\nconst it = make(REG);\nexport { it as callbacks };",
    ),
    (
        "whole",
        "import * as cuebox from 'cuebox-plugin'; export const callbacks = cuebox.plugin(REG);",
    ),
    (
        "text",
        "import 'cuebox-plugin';\nimport { plugin } from 'cuebox-plugin';\nconst it = plugin(REG);\nexport { it as 'callbacks' } // the end",
    ),
    (
        "lines",
        "import {\r\n  plugin,\r\n} from 'cuebox-plugin';\r\n// \u{e9}\r\nexport const callbacks = plugin(REG);\r\n",
    ),
    (
        "beside",
        "import { plugin } from 'cuebox-plugin';\nexport let x = 1, callbacks = plugin(REG);\nexport function f() {}\nexport class C { #p = 1; }",
    ),
    (
        "marked",
        "\u{feff}import { plugin } from 'cuebox-plugin';\nexport const callbacks = plugin(REG);",
    ),
    (
        "quoted",
        "import { plugin } from 'cuebox-plugin';\nconst t = `\nimport x from 'y';\nexport const z = 1;`;\nif (t.length !== 39) throw new Error(`${t.length}`);\nexport const callbacks = plugin(REG);",
    ),
    (
        "later",
        "export { callbacks };\nvar callbacks = plugin(REG);\nimport { plugin } from 'cuebox-plugin';",
    ),
    (
        "asking",
        "import { plugin, Denied } from 'cuebox-plugin';\nimport * as http from 'cuebox-plugin/http';\nif (!(new http.Response(200, {}, []).ok && Denied)) throw new Error();\nexport const callbacks = plugin(REG);",
    ),
];

/// What is none, and what is said of it.
const NO_FORMS: [(&str, &str, &str); 6] = [
    (
        "default",
        "export default 1;",
        "default.js:1:1: a plugin exports `callbacks`, and nothing else counts",
    ),
    ("all", "export * from 'cuebox-plugin';", "all.js:1:1: a plugin exports `callbacks`"),
    (
        "from",
        "export { plugin as callbacks } from 'cuebox-plugin';",
        "from.js:1:37: what a plugin exports is its own",
    ),
    (
        "bare",
        "\nimport cuebox from 'cuebox-plugin';",
        "bare.js:2:8: `cuebox-plugin` has no `default`",
    ),
    (
        "other",
        "export const callbacks = { register() {} };",
        "`callbacks` of other.js is not what `plugin(",
    ),
    (
        "twice",
        "const x = 1;\r\nconst x = 2;",
        "twice.js:2:7: Identifier 'x' has already been declared",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_a_module_is_taken_as_it_is_elsewhere() {
    let studio = studio().await;
    let put = |name: &str, text: &str| {
        let register = format!("(reg) => {{ reg.callback(\"is-{name}\", () => {{}}); }}");
        let path = studio.path(&format!("plugins/{name}.js"));
        fs::write(path, text.replace("REG", &register)).unwrap();
    };
    FORMS.iter().for_each(|(name, text)| put(name, text));
    NO_FORMS.iter().for_each(|(name, text, _)| put(name, text));
    let output = studio.cuebox(&["check"]);
    let said = String::from_utf8(output.stdout).unwrap();
    for (name, _) in FORMS {
        assert!(said.contains(&format!(" registers is-{name}\n")), "{name}:\n{said}");
    }
    for (_, _, wrong) in NO_FORMS {
        assert!(said.contains(wrong), "{wrong}:\n{said}");
    }
}

/// A plugin that looks around, and asks the site without a grant.
const LOOKS_AROUND: &str = "\
import { log, plugin } from \"cuebox-plugin\";
export const callbacks = plugin((reg) => { reg.callback(\"look\", look).on(\"Shotgun_Task_New\"); });
function look(sg) {
  const names = [\"process\", \"Deno\", \"fetch\", \"require\", \"module\", \"exports\", \"std\", \"os\"];
  log.info(`there is [${names.filter((name) => name in globalThis)}]`);
  sg.find(\"Shot\", []);
}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_finds_nothing_and_is_refused_what_is_not_granted() {
    let studio = studio().await;
    fs::write(studio.path("plugins/script.js"), LOOKS_AROUND).unwrap();
    let host = studio.start();
    host.wait_until_live("script");
    studio.create("Task", json!({"content": "x"}));
    host.wait_for("a look", |line| message(line) == "there is []");
    let error = studio.wait_for_plugin("script", |row| row.state == "stopped").last_error.unwrap();
    assert!(error.contains("Denied: ") && error.contains("at look (script.js:6:"), "{error}");
    assert!(host.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn such_a_file_is_checked_and_inspected() {
    let studio = studio().await;
    let path = studio.path("plugins/script.js");
    fs::write(&path, FAILS).unwrap();
    let good = |arguments: &[&str]| {
        let output = studio.cuebox(arguments);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{said}");
        said
    };
    assert!(good(&["check"]).contains("plugin script: version "));
    let said = good(&["inspect", path.to_str().unwrap()]);
    assert!(said.contains("language   JavaScript\n") && !said.contains("fuel"), "{said}");
}
