//! Builds the example plugins that `cuebox demo` runs and the guests that `cuebox selftest --hostile` does, and lists the files that
//! `cuebox new` writes, so that the one binary carries them.

#[path = "../../tests/crafted_guests.rs"]
mod crafted_guests;
#[path = "../../tests/guest_build.rs"]
mod guest_build;

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The demo's plugins, each a folder of `example-plugins/`.
const EXAMPLES: [&str; 6] = [
    "copy-field",
    "flip-downstream",
    "log-events",
    "shared-state",
    "shot-handles",
    "task-status-to-shot",
];

/// What `cuebox new` hands out of the repository, each with its path there: SDKs, and the contract that they are made from.
const SDK: [&str; 5] =
    ["plugin-sdk/go", "plugin-sdk/js", "plugin-sdk/python", "plugin-sdk/rust", "wit/v1"];

/// What tools leave in these folders, and what is for those who work on the SDKs.
const NOT_HANDED_OUT: [&str; 7] =
    ["__pycache__", "build", "cuebox_plugin.egg-info", "dist", "node_modules", "target", "tool"];

fn main() {
    let variable = |name: &str| PathBuf::from(env::var_os(name).expect("cargo sets it"));
    let workspace = variable("CARGO_MANIFEST_DIR").join("../..");
    let out = variable("OUT_DIR");
    for path in [
        "example-plugins",
        "plugin-sdk/rust",
        "wit/v1",
        "tests/crafted_guests.rs",
        "tests/fixtures/fetches/src",
        "tests/fixtures/hostile",
        "tests/fixtures/misbehave/src",
        "tests/guest_build.rs",
        "Cargo.lock",
    ] {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    // target/PROFILE/build/cuebox-HASH/out: guests are built once for all profiles of the host.
    let target =
        out.ancestors().nth(4).expect("cargo puts build scripts' output below the target folder");
    let guests = target.join("guests");
    let built = guest_build::build(&workspace, &guests, &EXAMPLES, &[]);
    for (example, component) in EXAMPLES.iter().zip(&built) {
        keep(component, &out.join(format!("{example}.wasm")));
    }
    // The same plugin with louder lines: the demo swaps it in.
    let loud = guest_build::build(&workspace, &guests, &["log-events"], &["log-events/loud"]);
    keep(&loud[0], &out.join("log-events-loud.wasm"));
    let mut listed = String::new();
    list(&mut listed, "SDK", &workspace, &SDK.map(|folder| workspace.join(folder)));
    let templates = workspace.join("host/cuebox/templates");
    list(&mut listed, "TEMPLATES", &templates, std::slice::from_ref(&templates));
    fs::write(out.join("handed_out.rs"), listed).expect("cargo made the folder");
    build_hostile(&workspace, &guests, &out);
}

/// Builds the guests that attack, and a table of those that no toolchain makes.
fn build_hostile(workspace: &Path, guests: &Path, out: &Path) {
    let hostile = guest_build::build(workspace, guests, &["hostile"], &[]);
    keep(&hostile[0], &out.join("hostile.wasm"));
    let crafted = crafted_guests::build(&workspace.join("wit/v1"));
    for (name, component) in &crafted {
        fs::write(out.join(format!("crafted-{name}.wasm")), component)
            .expect("cargo's folder can be written");
    }
    let entries = crafted.iter().map(|(name, _)| {
        let path = out.join(format!("crafted-{name}.wasm"));
        format!("    ({name:?}, include_bytes!({:?})),\n", path.display().to_string())
    });
    let table = format!("[\n{}]\n", entries.collect::<String>());
    fs::write(out.join("crafted.rs"), table).expect("cargo's folder can be written");
}

/// Writes a constant with all files of some folders: the path of each from `root`, and what is in it.
fn list(out: &mut String, constant: &str, root: &Path, folders: &[PathBuf]) {
    let mut files = Vec::new();
    for folder in folders {
        println!("cargo::rerun-if-changed={}", folder.display());
        walk(folder, &mut files);
    }
    files.sort();
    writeln!(out, "pub const {constant}: &[(&str, &[u8])] = &[").expect("text takes text");
    for file in &files {
        let name = file.strip_prefix(root).expect("it is below").display().to_string();
        let file = file.canonicalize().expect("it is there");
        writeln!(out, "    ({name:?}, include_bytes!({:?})),", file.display().to_string())
            .expect("text takes text");
    }
    out.push_str("];\n");
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the repository is whole") {
        let path = entry.expect("the repository is whole").path();
        if NOT_HANDED_OUT.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}

fn keep(component: &Path, name: &Path) {
    fs::copy(component, name).expect("what cargo built can be copied");
}
