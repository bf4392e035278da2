//! Builds guests: the example plugins that the program carries, and the fixtures of the tests. Used by the program's build
//! script and by the tests.

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

/// Builds packages of this workspace as components; answers where they lie, in the same order.
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
    packages.iter().map(|package| built(target, package)).collect()
}

fn built(target: &Path, package: &str) -> PathBuf {
    target.join("wasm32-wasip2/plugin").join(format!("{}.wasm", package.replace('-', "_")))
}
