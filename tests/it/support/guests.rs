//! The guests, built once for all tests.

#[path = "../../guest_build.rs"]
pub(super) mod guest_build;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Folders of `tests/fixtures/`.
const FIXTURES: [&str; 10] = [
    "asker",
    "calls-early",
    "conformance",
    "fetches",
    "hostile",
    "misbehave",
    "noop",
    "other-world",
    "senses",
    "writer",
];

/// Folders of `example-plugins/` that tests run as components.
const EXAMPLES: [&str; 13] = [
    "announce",
    "button",
    "copy-field",
    "date-stamp",
    "flip-downstream",
    "frame-range",
    "log-events",
    "sequence-progress",
    "shared-state",
    "shot-handles",
    "task-status-to-shot",
    "version-note",
    "version-status-to-task",
];

/// A guest that misbehaves, or does one thing, on purpose.
pub fn fixture(name: &str) -> PathBuf {
    assert!(FIXTURES.contains(&name), "there is no fixture {name}");
    built()[name].clone()
}

/// An example plugin.
pub fn example(name: &str) -> PathBuf {
    assert!(EXAMPLES.contains(&name), "there is no example {name}");
    built()[name].clone()
}

fn built() -> &'static BTreeMap<&'static str, PathBuf> {
    static BUILT: OnceLock<BTreeMap<&'static str, PathBuf>> = OnceLock::new();
    BUILT.get_or_init(|| {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        // The folder that the program's build script uses, too: what is built there is not built again.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .parent()
            .expect("it is below target")
            .join("guests");
        let names: Vec<&str> = FIXTURES.into_iter().chain(EXAMPLES).collect();
        let paths = guest_build::build(&workspace, &target, &names, &[]);
        names.into_iter().zip(paths).collect()
    })
}
