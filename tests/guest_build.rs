//! Builds guests: the example plugins that the program carries, and the fixtures of the tests. Used by the program's build
//! script and by the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the outer cargo tells about itself and must not reach the inner one: it would build guests as if they were checked
/// by clippy, or with flags that are meant for the host.
const OUTER: [&str; 6] = [
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "CARGO_TARGET_DIR",
];

/// Builds packages of this workspace as components, with the `plugin.toml` of those that have one; answers where they lie, in
/// the same order.
pub fn build(
    workspace: &Path,
    target: &Path,
    packages: &[&str],
    features: &[&str],
) -> Vec<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(workspace)
        .args(["build", "--locked", "--quiet", "--profile", "plugin", "--target", "wasm32-wasip2"])
        .arg("--target-dir")
        .arg(target);
    for package in packages {
        cargo.args(["--package", package]);
    }
    for feature in features {
        cargo.args(["--features", feature]);
    }
    for variable in OUTER {
        cargo.env_remove(variable);
    }
    let output = cargo.output().expect("cargo can be started: it is running");
    assert!(
        output.status.success(),
        "guests {packages:?} do not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    packages.iter().map(|package| with_manifest(workspace, target, package)).collect()
}

/// The component with its author's `plugin.toml` in it, beside what cargo built; without one, what cargo built.
fn with_manifest(workspace: &Path, target: &Path, package: &str) -> PathBuf {
    let component = built(target, package);
    let manifest = workspace.join("example-plugins").join(package).join("plugin.toml");
    let Ok(text) = fs::read_to_string(manifest) else { return component };
    let bytes = fs::read(&component).expect("it was built");
    let embedded = artifact::embed::embed(&bytes, &text).expect("cargo builds components");
    let (path, unfinished) = (
        component.with_extension("plugin.wasm"),
        component.with_extension(format!("{}.tmp", std::process::id())),
    );
    fs::write(&unfinished, embedded).expect("what is beside it can be written");
    // Others may build, and read, the same at this moment.
    fs::rename(unfinished, &path).expect("what was written can be moved");
    path
}

fn built(target: &Path, package: &str) -> PathBuf {
    target.join("wasm32-wasip2/plugin").join(format!("{}.wasm", package.replace('-', "_")))
}
