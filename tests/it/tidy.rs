//! Rules that hold for the repository: what each crate may name, how large files are, that the contract is what it was, and
//! that links lead somewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which of our crates may have which dependencies. A dependency that is not listed needs a reason, and a line here.
const DEPENDENCIES: [(&str, &[&str]); 9] = [
    ("artifact", &["minisign-verify", "thiserror", "wasm-encoder", "wasmparser"]),
    // A filter of log lines is tried as it is read.
    ("config", &["artifact", "policy", "shotgun", "strsim", "toml", "tracing-subscriber"]),
    ("eventlog", &[]),
    ("policy", &["strsim", "thiserror", "toml"]),
    // The audit is a chain of digests.
    ("database", &["eventlog", "rusqlite", "sha2", "thiserror"]),
    (
        "shotgun",
        &[
            "bytes",
            "eventlog",
            "jiff",
            "reqwest",
            "rustls",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
        ],
    ),
    (
        "site",
        &[
            "axum",
            "bytes",
            "form_urlencoded",
            "futures-util",
            "hdrhistogram",
            "hyper",
            "hyper-util",
            "jiff",
            "serde",
            "serde_json",
            "serde_path_to_error",
            "thiserror",
            "tokio",
            "uuid",
        ],
    ),
    (
        "runtime",
        &[
            "artifact",
            "bytes",
            "eventlog",
            "hex",
            "hmac",
            // What `wasi:http` is made of, and the way to a host that was checked.
            "http",
            "http-body-util",
            "hyper",
            "policy",
            "rustls",
            "rustls-platform-verifier",
            // The form of a recording.
            "serde",
            "serde_json",
            "sha2",
            "shotgun",
            "thiserror",
            "tokio",
            "tokio-rustls",
            "tracing",
            "wasmtime",
            "wasmtime-wasi",
            "wasmtime-wasi-http",
        ],
    ),
    (
        "cuebox",
        &[
            "anyhow",
            "artifact",
            "clap",
            "config",
            "database",
            "eventlog",
            "futures-util",
            "jiff",
            "mimalloc",
            "notify",
            "policy",
            "runtime",
            "serde",
            "serde_json",
            "shotgun",
            "site",
            "strsim",
            "tempfile",
            "thiserror",
            "tokio",
            "toml",
            "tracing",
            "tracing-appender",
            "tracing-subscriber",
            // The key of an author's cache of compiled code.
            "uuid",
            // Components of what Go compiles: `cuebox build`.
            "wat",
            "wit-component",
            "wit-parser",
        ],
    ),
];

/// Modules that only decide: they name none of these.
const PURE: [&str; 20] = [
    "host/policy/src/network.rs",
    "host/runtime/src/capability/shotgun/evidence.rs",
    "host/runtime/src/capability/shotgun/pretended.rs",
    "host/runtime/src/capability/shotgun/shown.rs",
    "host/runtime/src/capability/shotgun/touched.rs",
    "host/runtime/src/event/shown.rs",
    "host/runtime/src/outcome.rs",
    "host/runtime/src/recording/played.rs",
    "host/runtime/src/capability/supposed.rs",
    "host/runtime/src/recording/transcript.rs",
    "host/runtime/src/registration.rs",
    "host/cuebox/src/catalog.rs",
    "host/cuebox/src/cli.rs",
    "host/config/src/lib.rs",
    "host/config/src/reload.rs",
    "host/cuebox/src/lane.rs",
    "host/cuebox/src/recording/compare.rs",
    "host/cuebox/src/storm.rs",
    "host/site/src/model.rs",
    "host/site/src/faults.rs",
];
const IMPURE: [&str; 6] =
    ["tokio::", "wasmtime::", "reqwest::", "rusqlite::", "SystemTime::now", "Instant::now"];

/// A file longer than this wants to be two.
const LINES_MAX: usize = 600;

/// The contract as it is. A change of the contract changes this line, and is seen.
const WIT: &str = "0.1.0";

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files of our own with an ending, by their path from the root.
fn files(ending: &str) -> BTreeMap<String, String> {
    fn walk(folder: &Path, ending: &str, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target"
                    && name != "deps"
                    && name != "node_modules"
                    && !name.starts_with('.')
                {
                    walk(&path, ending, found);
                }
            } else if name.ends_with(ending) {
                let text = fs::read_to_string(&path).unwrap();
                found.insert(path.strip_prefix(root()).unwrap().display().to_string(), text);
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&root(), ending, &mut found);
    assert!(!found.is_empty(), "no files with the ending {ending}");
    found
}

#[test]
fn each_crate_names_only_what_it_may() {
    for (name, allowed) in DEPENDENCIES {
        let manifest: toml::Table = read(format!("host/{name}/Cargo.toml")).parse().unwrap();
        let named: Vec<&str> = manifest
            .get("dependencies")
            .and_then(toml::Value::as_table)
            .map(|table| table.keys().map(String::as_str).collect())
            .unwrap_or_default();
        for dependency in &named {
            assert!(
                allowed.contains(dependency),
                "crate `{name}` may not name `{dependency}`; tidy.rs lists what it may"
            );
        }
        for dependency in allowed {
            assert!(
                named.contains(dependency),
                "crate `{name}` does not name `{dependency}` any more; take it off the list"
            );
        }
    }
    let crates = fs::read_dir(root().join("host"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(crates.count(), DEPENDENCIES.len(), "every crate under host/ is listed");
}

#[test]
fn what_decides_does_not_perform() {
    for path in PURE {
        let text = read(path);
        for name in IMPURE {
            assert!(!text.contains(name), "{path} only decides, and names `{name}`");
        }
    }
}

#[test]
fn files_stay_readable() {
    for (path, text) in files(".rs") {
        let lines = text.lines().count();
        assert!(
            lines <= LINES_MAX || path.contains("tests"),
            "{path} has {lines} lines, and {LINES_MAX} is the limit"
        );
        let measured = if path.contains("tests") { "" } else { text.as_str() };
        for (number, line) in measured.lines().enumerate() {
            assert!(
                line.chars().count() <= 145,
                "{path}:{}: the line is longer than 145",
                number + 1
            );
        }
    }
}

#[test]
fn the_contract_is_one_version() {
    for (path, text) in files(".wit") {
        if path.starts_with("wit/v1/") {
            assert!(text.starts_with(&format!("package cuebox:plugin@{WIT};")), "{path}");
        }
    }
    let fit = read("host/runtime/src/fit.rs");
    assert!(
        fit.contains(&format!("version: \"{WIT}\"")),
        "the host offers another version than wit/v1 has"
    );
}

/// Relative links in Markdown lead to files that are there.
#[test]
fn links_lead_somewhere() {
    for (path, text) in files(".md") {
        let folder = root().join(&path).parent().unwrap().to_owned();
        for piece in text.split("](").skip(1) {
            let target = piece.split(')').next().unwrap();
            let target = target.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(folder.join(target).exists(), "{path} links to {target}, which is not there");
        }
    }
}

/// What the README says to type is there to be typed.
#[test]
fn recipes_of_the_readme_exist() {
    let justfile = read("justfile");
    let readme = read("README.md");
    for recipe in
        readme.split("`just ").skip(1).map(|piece| piece.split(['`', ' ']).next().unwrap())
    {
        assert!(
            justfile.lines().any(|line| line.starts_with(recipe)),
            "`just {recipe}` is not in the justfile"
        );
    }
}

/// What a fuzz target asks of its input is asked by a test, too, of its corpus: so much of it runs without a sanitizer.
#[test]
fn fuzz_targets_have_a_corpus_and_a_test() {
    let sources = files(".rs");
    let targets = sources.iter().filter(|(path, _)| path.starts_with("tests/fuzz/fuzz_targets/"));
    let manifest = read("tests/fuzz/Cargo.toml");
    let mut count = 0;
    for (path, text) in targets {
        let name = Path::new(path).file_stem().unwrap().to_string_lossy();
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{path} is not built"
        );
        let corpus = fs::read_dir(root().join("tests/fuzz/corpus").join(&*name));
        assert!(corpus.is_ok_and(|mut corpus| corpus.next().is_some()), "{path} has no corpus");
        let (_, asked) =
            text.split_once("#[path = \"../").expect("what it asks is in a file beside");
        let asked = format!("tests/fuzz/{}", asked.split('"').next().unwrap());
        let is_tested = |(path, text): (&String, &String)| {
            path.contains("/tests/") && text.contains(&asked) && text.contains(&*name)
        };
        assert!(sources.iter().any(is_tested), "no test asks what {path} does");
        count += 1;
    }
    assert!(count >= 5, "only {count} targets were found");
}
