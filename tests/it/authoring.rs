//! An author's way: `cuebox new`, `build` and `test`, in each language, on a folder that has nothing but what `new` wrote, with no site
//! and no network but the package registries; and what tests of plugins find.

mod engines;
mod on_a_site;
mod others;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::languages::go_toolchain;
use crate::support::{eventually, example};

/// The program under test.
const CUEBOX: &str = env!("CARGO_BIN_EXE_cuebox");

/// The languages, each a test: what `--lang` takes, the file that a mistake is put into, the mistake, and what the language's own
/// compiler says of it.
macro_rules! languages {
    ($($language:ident => $lang:literal, $file:literal, $mistake:expr, $says:literal;)*) => {
        $(
            #[test]
            fn $language() {
                an_authors_way($lang, $file, $mistake, $says);
            }
        )*
    };
}

languages! {
    rust => "rust", "src/lib.rs", ("sg.update(", "sg.updaet("), "error[E0599]: no method named `updaet`";
    python => "python", "plugin.py", ("def register(", "def register(("), "SyntaxError";
    javascript => "js", "plugin.js", ("function startShot(", "function startShot(("), "ERROR";
    typescript => "ts", "plugin.ts", ("sg.update(", "sg.updaet("), "TS2551";
    go => "go", "plugin.go", ("sg.Update(", "sg.Updaet("), "sg.Updaet undefined";
}

/// A plugin's folder.
struct Desk {
    folder: TempDir,
}

fn an_authors_way(lang: &str, file: &str, (from, to): (&str, &str), says: &str) {
    let desk = Desk::new();
    let started = Instant::now();
    desk.good(&["new", "roll-up", "--lang", lang]);
    let new = started.elapsed();
    let told = desk.good(&["build", "roll-up"]);
    let built = started.elapsed() - new;
    assert!(told.contains("asks for shotgun: update Shot.sg_status_list\n"), "{told}");
    let component = desk.path("roll-up/build/roll-up.wasm");
    let bytes = fs::metadata(&component).unwrap().len();
    let inspected = desk.good(&["inspect", "roll-up/build/roll-up.wasm"]);
    assert!(
        inspected.contains("author     roll-up 0.1.0, by The author of roll-up"),
        "{inspected}"
    );

    let again = Instant::now();
    desk.good(&["build", "roll-up"]);
    let again = again.elapsed();
    let component = component.to_str().unwrap();
    let testing = Instant::now();
    let test = ["test", "roll-up", "--json", "--component", component];
    let report: Value = serde_json::from_str(&desk.good(&test)).unwrap();
    let tested = testing.elapsed();
    assert_eq!((&report["passed"], &report["failed"]), (&2.into(), &0.into()), "{report}");
    let call = &report["cases"][1]["calls"][0];
    assert_eq!((&call["outcome"], &call["callback"] != ""), (&"done".into(), true), "{report}");
    assert!(call["fuel"].as_u64() > Some(0) && call["site_micros"].as_u64() > Some(0), "{report}");
    // The table of plugin-sdk/GUIDE.md is made of these lines.
    show(&format!(
        "| {lang} | {:.1} MB | {:.1} s | {:.1} s | {:.1} s | {} | {:.1} MB |",
        bytes as f64 / 1e6,
        built.as_secs_f64(),
        again.as_secs_f64(),
        tested.as_secs_f64(),
        call["fuel"],
        call["memory_bytes"].as_f64().unwrap() / f64::from(1 << 20)
    ));

    desk.replace(
        "roll-up/tests/starts.toml",
        "fields = { sg_status_list = \"ip\" }\n",
        "fields = { sg_status_list = \"fin\" }\n",
    );
    let failed = desk.bad(&["test", "roll-up", "--component", component]);
    assert!(failed.contains("FAILED  starts.toml"), "{failed}");

    desk.replace(&format!("roll-up/{file}"), from, to);
    let failed = desk.bad(&["build", "roll-up"]);
    assert!(failed.contains(says) && failed.contains("failed ("), "{failed}");
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(CUEBOX);
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let go = go_toolchain();
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .current_dir(self.folder.path())
            .args(arguments)
            .env("PATH", format!("{}:{path}", go.display()))
            .env("GOCACHE", target.join("authoring-go"))
            .env("GOPATH", target.join("authoring-go-path"))
            .env("XDG_CACHE_HOME", target.join("authoring-cache"))
            // What other guests are compiled with is not compiled again.
            .env("CARGO_TARGET_DIR", target.parent().unwrap().join("guests"))
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that succeeds; what it prints.
    #[track_caller]
    fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}:\n{}", all(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that fails with exit code 1; all that it prints.
    #[track_caller]
    fn bad(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}:\n{}", all(&output));
        all(&output)
    }

    #[track_caller]
    fn replace(&self, path: &str, from: &str, to: &str) {
        let path = self.path(path);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{} has no {from}", path.display());
        // The last one: in a test, what is expected.
        let at = text.rfind(from).unwrap();
        fs::write(path, format!("{}{to}{}", &text[..at], &text[at + from.len()..])).unwrap();
    }

    /// The folder of an example plugin with this case and no other; answers what tests of it say.
    #[track_caller]
    fn tested(&self, case: &str) -> Value {
        let folder = self.path("example");
        fs::create_dir_all(folder.join("tests")).unwrap();
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../example-plugins/task-status-to-shot/plugin.toml");
        fs::copy(manifest, folder.join("plugin.toml")).unwrap();
        // What tells the language; the component is there already.
        fs::write(folder.join("Cargo.toml"), "").unwrap();
        fs::write(folder.join("tests/case.toml"), case).unwrap();
        let component = example("task-status-to-shot");
        let component = component.to_str().unwrap();
        let output = self.run(&["test", "example", "--json", "--component", component]);
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}:\n{}", all(&output)));
        assert_eq!(output.status.success(), report["failed"] == 0, "{}", all(&output));
        report["cases"][0].clone()
    }
}

#[expect(clippy::print_stdout, reason = "the figures are what a person runs these tests for")]
fn show(figures: &str) {
    println!("{figures}");
}

fn all(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A Shot with two Tasks, of which the artist finishes one, and what the plugin writes then.
const FINISHES: &str = r#"
about = "The last Task that is finished finishes the Shot"
log = ["all of its Tasks are finished"]

[[record]]
name = "shot"
type = "Shot"
fields = { project = "@project", code = "sh010", sg_status_list = "ip" }

[[record]]
name = "model"
type = "Task"
fields = { project = "@project", content = "Model", entity = "@shot", sg_status_list = "fin" }

[[record]]
name = "anim"
type = "Task"
fields = { project = "@project", content = "Anim", entity = "@shot", sg_status_list = "ip" }

[[event]]
update = "@anim"
fields = { sg_status_list = "fin" }

[[write]]
update = "@shot"
fields = { sg_status_list = "fin" }

[cost]
host_calls = 20
"#;

/// What a case with one thing changed says is wrong: problems, and lines of writes with their signs.
#[track_caller]
fn finds(changes: &[(&str, &str)], problem: &str) {
    let mut case = FINISHES.to_owned();
    for (from, to) in changes {
        assert!(case.contains(from), "{from}");
        case = case.replace(from, to);
    }
    let tested = Desk::new().tested(&case);
    let found = format!("{}{}", tested["problems"], tested["compared"]);
    assert!(found.contains(problem), "`{problem}` is not in {found}\n{tested:#}");
}

#[test]
fn a_case_that_holds_passes() {
    let tested = Desk::new().tested(FINISHES);
    assert_eq!(tested["problems"], serde_json::json!([]), "{tested:#}");
    assert_eq!(
        tested["compared"],
        serde_json::json!([{"same": "update @shot  sg_status_list = \"fin\""}])
    );
}

#[test]
fn a_case_finds_what_is_not_so() {
    let write = "[[write]]\nupdate = \"@shot\"\nfields = { sg_status_list = \"fin\" }\n";
    finds(&[(write, "")], r#"{"extra":"update @shot  sg_status_list = \"fin\""}"#);
    finds(
        &[(
            "fields = { sg_status_list = \"fin\" }\n\n[cost]",
            "fields = { sg_status_list = \"apr\" }\n\n[cost]",
        )],
        r#"{"missing":"update @shot  sg_status_list = \"apr\""}"#,
    );
    finds(
        &[("\n\n[[write]]", "\noutcome = \"skipped\"\n\n[[write]]")],
        "was to end `skipped`, and was done",
    );
    finds(&[("\n\n[[write]]", "\nsays = \"nope\"\n\n[[write]]")], "was to say `nope`");
    finds(
        &[("all of its Tasks", "none of its Tasks")],
        "no line of its log says `none of its Tasks are finished`",
    );
    finds(&[("host_calls = 20", "host_calls = 2")], "of `host_calls`, and [cost] allows 2");
    finds(&[("host_calls = 20", "fuel = 1000")], "of `fuel`, and [cost] allows 1000");
    finds(
        &[(
            "update = \"@anim\"\nfields = { sg_status_list = \"fin\" }",
            "update = \"@anim\"\nfields = { content = \"x\" }",
        )],
        "[[event]] number 1: no callback wanted it",
    );
    finds(&[("code = \"sh010\"", "cod = \"sh010\"")], "[[record]] `shot`");
}

#[test]
fn settings_grants_and_faults_are_those_of_the_case() {
    finds(&[("[cost]", "[settings]\nnope = 1\n[cost]")], "nope");
    finds(
        &[("log =", "grants = [\"read Task.*\", \"schema Task\", \"schema Shot\"]\nlog =")],
        "Shot.sg_status_list",
    );
    let fault =
        "[[fault]]\nmethod = \"update\"\nfault = { kind = \"status\", status = 503 }\n[cost]";
    finds(&[("[cost]", fault)], "failed because the site did not answer");
    finds(&[("[cost]", &fault.replace("503", "5"))], "[[fault]] number 1");
    // As expected, all of it: the plugin fails, and writes nothing.
    let case = FINISHES
        .replace("[cost]", fault)
        .replace(
            "\n\n[[write]]\nupdate = \"@shot\"\nfields = { sg_status_list = \"fin\" }",
            "\noutcome = \"site-unavailable\"",
        )
        .replace("log = [\"all of its Tasks are finished\"]", "");
    let tested = Desk::new().tested(&case);
    assert_eq!(
        (&tested["problems"], &tested["compared"]),
        (&serde_json::json!([]), &serde_json::json!([])),
        "{tested:#}"
    );
}

#[test]
fn what_is_no_plugin_is_named_with_what_to_do() {
    let desk = Desk::new();
    #[track_caller]
    fn says(desk: &Desk, arguments: &[&str], code: i32, text: &str) {
        let output = desk.run(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}:\n{}", all(&output));
        assert!(all(&output).contains(text), "{arguments:?}:\n{}", all(&output));
    }
    says(
        &desk,
        &["new", "Roll_Up", "--lang", "go"],
        2,
        "the plugin's name `Roll_Up` must begin with a letter",
    );
    says(&desk, &["new", "roll-up"], 2, "--lang <LANG>");
    says(&desk, &["build", "nowhere"], 1, "there is no plugin at nowhere");
    fs::create_dir_all(desk.path("bare/tests")).unwrap();
    says(&desk, &["build", "bare"], 6, "`cuebox new` makes one");
    desk.good(&["new", "roll-up", "--lang", "go"]);
    says(&desk, &["new", "roll-up", "--lang", "go"], 1, "there is something in roll-up already");
    fs::copy(desk.path("roll-up/plugin.toml"), desk.path("bare/plugin.toml")).unwrap();
    says(&desk, &["build", "bare"], 1, "None of these is there: Cargo.toml (Rust), go.mod (Go)");
    fs::remove_file(desk.path("roll-up/tests/starts.toml")).unwrap();
    fs::remove_file(desk.path("roll-up/tests/started-already.toml")).unwrap();
    says(&desk, &["test", "roll-up"], 1, "there is no case in ");
    // A language's tools that are missing are named, with the way to get them.
    let mut command = desk.command(&["build", "roll-up"]);
    let output = command.env("PATH", "/nowhere").output().unwrap();
    let text = "`go` 1.24 or newer is needed, and is not here\nInstall Go 1.24 or newer from https://go.dev/dl";
    assert!(output.status.code() == Some(1) && all(&output).contains(text), "{}", all(&output));
}

/// At a change of a file the plugin is built again, and what it makes of the same event is shown within two seconds and what the
/// build took.
#[test]
fn dev_shows_the_last_event_again_when_a_file_changes() {
    let desk = Desk::new();
    desk.good(&["new", "roll-up", "--lang", "rust"]);
    // Whatever happens to a Task, so that the crew does it soon.
    desk.replace("roll-up/src/lib.rs", "&[\"sg_status_list\"]", "&[]");
    desk.good(&["build", "roll-up"]);
    let out = desk.path("out");
    let file = fs::File::create(&out).unwrap();
    let mut dev = desk.command(&["dev", "roll-up", "--rate", "20"]);
    let _dev = Running(dev.stdout(file).stderr(Stdio::null()).spawn().unwrap());
    let said = || fs::read_to_string(&out).unwrap();
    eventually("a call", || said().contains("  call  ").then_some(()));
    let begins = "    if event.new_status() != ";
    desk.replace("roll-up/src/lib.rs", begins, &format!("    info!(\"another word\");\n{begins}"));
    let swapped = eventually("the new version", || {
        said().lines().find(|line| line.contains("once more")).map(str::to_owned)
    });
    assert!(said().contains("another word"), "{}", said());
    show(&format!("dev: {swapped}"));
    let took = swapped.split("took ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert!(took.parse::<f64>().unwrap() < 2.0, "{swapped}");
    // What cannot be built leaves the version that runs in place.
    desk.replace("roll-up/src/lib.rs", "sg.update(", "sg.updaet(");
    let failed = "failed: `cargo build` failed";
    let at = eventually("the failure", || said().find(failed));
    eventually("more calls", || said()[at..].contains("  call  ").then_some(()));
}

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
