//! Faults that are planted into an SDK: a copy of what a plugin is made of stands beside the repository, with one text changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::guests::guest_build;
use super::languages::{folder, run, workspace};

/// A fault of an SDK.
pub struct Fault {
    /// The file, from the root.
    pub file: &'static str,
    /// What stands there, once.
    pub text: &'static str,
    /// What is put in its place.
    pub instead: &'static str,
}

/// What is made where something is copied, and is no source.
const MADE: [&str; 4] = ["__pycache__", "node_modules", "dist", "target"];

/// A root that stands in for the repository: these folders of it, with the fault in one of their files.
///
/// # Panics
/// If the fault has no place any more, or more than one: then it is to be planted anew.
pub fn plant(name: &str, folders: &[&str], fault: &Fault) -> PathBuf {
    let root = folder().join("planted").join(name);
    let mut wanted = BTreeMap::new();
    for folder in folders {
        read(&workspace().join(folder), &root.join(folder), &mut wanted);
    }
    let Fault { file, text, instead } = fault;
    let right = wanted.get_mut(&root.join(file)).expect("the fault is in a file of the SDK");
    let right_text = String::from_utf8(right.clone()).expect("it is text");
    let places = right_text.matches(text).count();
    assert_eq!(places, 1, "the fault has no place any more: `{text}` in {file}");
    *right = right_text.replacen(text, instead, 1).into_bytes();
    // What is as it was stays untouched, so that what was made of it counts; what was deleted since is no part of it.
    let mut found = BTreeMap::new();
    folders.iter().for_each(|folder| read(&root.join(folder), &root.join(folder), &mut found));
    for gone in found.keys().filter(|path| !wanted.contains_key(*path)) {
        fs::remove_file(gone).unwrap();
    }
    for (path, content) in wanted.iter().filter(|(path, content)| found.get(*path) != Some(content))
    {
        fs::create_dir_all(path.parent().expect("it is below the root")).unwrap();
        fs::write(path, content).unwrap();
    }
    root
}

/// The plugin of the conformance suite in Rust, with the SDK of a planted root: a workspace of the two. What they depend on is where
/// other guests are built, and is not compiled again; they themselves have other names and versions there than the real ones.
pub fn rust(root: &Path) -> PathBuf {
    const NAME: &str = "conformance-planted";
    let change = |file: &str, by: &dyn Fn(&str) -> String| {
        let text = fs::read_to_string(workspace().join(file)).unwrap();
        let changed = by(&text);
        assert_ne!(text, changed, "{file} is not as it was");
        fs::write(root.join(file), changed).unwrap();
    };
    change("tests/fixtures/conformance/Cargo.toml", &|text| {
        text.replacen("name = \"conformance\"", &format!("name = \"{NAME}\""), 1)
    });
    change("plugin-sdk/rust/Cargo.toml", &|text| {
        let line = |line: &str| match line.split_once(" = ") {
            Some(("version", _)) => "version = \"0.0.0-planted\"\n".to_owned(),
            _ => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    });
    change("Cargo.toml", &|text| {
        let line = |line: &str| match line.split_once(" = ") {
            Some(("members", _)) => {
                "members = [\"plugin-sdk/rust\", \"tests/fixtures/conformance\"]\n".to_owned()
            }
            Some(("exclude" | "default-members", _)) => String::new(),
            _ => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    });
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is below target");
    let config = format!("[build]\nbuild-dir = {:?}\n", target.join("guests"));
    fs::create_dir_all(root.join(".cargo")).unwrap();
    fs::write(root.join(".cargo/config.toml"), config).unwrap();
    // The lock file has the whole repository's packages, and is cut down to those of the two.
    fs::copy(workspace().join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    run(cargo.current_dir(root).args(["update", "--workspace", "--offline", "--quiet"]));
    guest_build::build(root, &root.join("target"), &[NAME], &[]).remove(0)
}

/// A file, or the files of a folder, with the places where copies of them belong.
fn read(from: &Path, to: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
    if !from.is_dir() {
        into.extend(fs::read(from).ok().map(|content| (to.to_owned(), content)));
        return;
    }
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if !MADE.iter().any(|made| name == *made) {
            read(&entry.path(), &to.join(name), into);
        }
    }
}
