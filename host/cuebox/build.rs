//! Builds the example plugins that `cuebox demo` runs, so that the one binary carries them.

#[path = "../../tests/guest_build.rs"]
mod guest_build;

use std::env;
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

fn main() {
    let variable = |name: &str| PathBuf::from(env::var_os(name).expect("cargo sets it"));
    let workspace = variable("CARGO_MANIFEST_DIR").join("../..");
    let out = variable("OUT_DIR");
    for path in
        ["example-plugins", "plugin-sdk/rust", "wit/v1", "tests/guest_build.rs", "Cargo.lock"]
    {
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
}

fn keep(component: &Path, name: &Path) {
    fs::copy(component, name).expect("what cargo built can be copied");
}
