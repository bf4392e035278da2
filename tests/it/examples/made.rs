//! The examples as components, in each language.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::support::example;
use crate::support::languages::{self, Sources, folder, workspace};

/// Folders of `example-plugins/`.
pub const NAMES: [&str; 12] = [
    "announce",
    "button",
    "copy-field",
    "date-stamp",
    "frame-range",
    "log-events",
    "sequence-progress",
    "shared-state",
    "shot-handles",
    "task-status-to-shot",
    "version-note",
    "version-status-to-task",
];

/// In Rust, without its `plugin.toml`: what it asks for is what the stage grants.
pub fn rust(name: &str) -> PathBuf {
    let embedded = example(name);
    embedded.with_file_name(format!("{}.wasm", name.replace('-', "_")))
}

/// In Python: all of them in one component, of which a setting chooses one. In a component each they would be the same, and the
/// interpreter in it would take minutes to be made and compiled so many times.
pub fn python(_: &str) -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let modules = folder().join("python-examples");
        fs::create_dir_all(&modules).unwrap();
        for name in NAMES {
            let module = format!("{}.py", name.replace('-', "_"));
            let source = workspace().join("example-plugins").join(name).join("python/plugin.py");
            fs::copy(source, modules.join(module)).unwrap();
        }
        let packages =
            languages::python_packages("example-plugins/date-stamp/python/requirements.txt");
        let sources = Sources {
            name: "examples",
            root: &workspace(),
            folder: "tests/examples/python",
            world: "plugin-http",
        };
        languages::python(sources, &[&modules, &packages])
    })
    .clone()
}

/// In TypeScript.
pub fn javascript(name: &str) -> PathBuf {
    let folder = format!("example-plugins/{name}/javascript");
    languages::javascript(Sources { name, root: &workspace(), folder: &folder, world: "" })
}

/// In Go.
pub fn go(name: &str) -> PathBuf {
    let folder = format!("example-plugins/{name}/go");
    languages::go(Sources { name, root: &workspace(), folder: &folder, world: "" })
}
