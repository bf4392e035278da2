//! The plugin of the conformance suite, made in each language.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use super::guests::fixture;
use super::python::{compile_ahead, tools as python_tools};

/// In Rust.
pub fn rust() -> PathBuf {
    fixture("conformance")
}

/// In Python.
pub fn python() -> PathBuf {
    let sources = ["wit/v1", "plugin-sdk/python", "tests/conformance/python"];
    made("python", &sources, |out| {
        let workspace = workspace();
        let mut componentize = Command::new(python_tools().join("bin/componentize-py"));
        componentize
            .arg("--quiet")
            .arg("--wit-path")
            .arg(workspace.join("wit/v1"))
            .args(["--world", "plugin", "--full-names", "componentize", "cuebox_component"])
            .arg("--python-path")
            .arg(workspace.join("tests/conformance/python"))
            .arg("--python-path")
            .arg(workspace.join("plugin-sdk/python"))
            .arg("--output")
            .arg(out);
        run(&mut componentize);
    })
}

/// In TypeScript, on QuickJS.
pub fn javascript() -> PathBuf {
    let sources = ["wit/v1", "plugin-sdk/js", "tests/conformance/javascript"];
    made("javascript", &sources, |out| {
        let workspace = workspace();
        let sdk = folder().join("js-sdk");
        fs::create_dir_all(sdk.join("src")).unwrap();
        for file in ["package.json", "package-lock.json", "tsconfig.json"] {
            fs::copy(workspace.join("plugin-sdk/js").join(file), sdk.join(file)).unwrap();
        }
        for file in fs::read_dir(workspace.join("plugin-sdk/js/src")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), sdk.join("src").join(file.file_name())).unwrap();
        }
        let npm = |arguments: &[&str]| run(Command::new("npm").current_dir(&sdk).args(arguments));
        npm(&["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
        npm(&["run", "--silent", "build"]);
        let tool = |name: &str| Command::new(sdk.join("node_modules/.bin").join(name));
        let plugin = workspace.join("tests/conformance/javascript/plugin.ts");
        // Its types are held against those that the package publishes.
        let checked = folder().join("js-check");
        fs::create_dir_all(checked.join("node_modules")).unwrap();
        let package = checked.join("node_modules/cuebox-plugin");
        if !package.exists() {
            std::os::unix::fs::symlink(&sdk, package).unwrap();
        }
        fs::copy(&plugin, checked.join("plugin.ts")).unwrap();
        let options =
            "--noEmit --strict --target es2022 --module esnext --moduleResolution bundler --types";
        let options = options.split(' ').chain([""]);
        run(tool("tsc").current_dir(&checked).args(options).arg("plugin.ts"));
        let bundle = checked.join("plugin.js");
        run(tool("esbuild")
            .current_dir(&checked)
            .args(["plugin.ts", "--bundle", "--format=esm", "--target=es2022", "--log-level=error"])
            .args(["--external:cuebox:*", "--external:wasi:*"])
            .arg(format!("--outfile={}", bundle.display())));
        run(tool("componentize-qjs")
            .args(["--sync", "--world", "plugin", "--wit"])
            .arg(workspace.join("wit/v1"))
            .arg("--js")
            .arg(&bundle)
            .arg("--output")
            .arg(out));
    })
}

/// In Go.
pub fn go() -> PathBuf {
    let sources = ["wit/v1", "plugin-sdk/go", "tests/conformance/go"];
    made("go", &sources, |out| {
        let workspace = workspace();
        let folder = folder();
        let core = folder.join("go-core.wasm");
        run(Command::new(go_toolchain().join("go"))
            .current_dir(workspace.join("tests/conformance/go"))
            .envs([
                ("GOOS", "wasip1"),
                ("GOARCH", "wasm"),
                ("GOPROXY", "off"),
                ("GOTOOLCHAIN", "local"),
            ])
            .env("GOCACHE", folder.join("go-cache"))
            .env("GOPATH", folder.join("go-path"))
            .args(["build", "-buildmode=c-shared", "-ldflags=-checklinkname=0", "-o"])
            .arg(&core)
            .arg("."));
        let sdk = workspace.join("plugin-sdk/go");
        let mut tool = Command::new(env!("CARGO"));
        tool.current_dir(sdk.join("tool"))
            .args(["run", "--quiet", "--locked", "--target-dir"])
            .arg(folder.join("go-tool"))
            .args(["--", "component"])
            .arg(workspace.join("wit/v1"))
            .arg(&sdk)
            .arg(&core)
            .arg(out);
        run(&mut tool);
    })
}

/// The folder of Go's programs, installed once for all tests.
pub fn go_toolchain() -> PathBuf {
    let folder = folder();
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("go-venv.lock")).unwrap();
    lock.lock().unwrap();
    let venv = folder.join("go-venv");
    if !venv.join("bin/go").exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
        run(Command::new(venv.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(workspace().join("plugin-sdk/go/requirements.txt")));
    }
    venv.join("bin")
}

/// What `make` makes of these sources, made again when one of them changes, and compiled for studios that share compiled code.
fn made(language: &str, sources: &[&str], make: impl FnOnce(&Path)) -> PathBuf {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = folder();
    fs::create_dir_all(&folder).unwrap();
    // Another run of the tests may be at it.
    let lock = File::create(folder.join(format!("{language}.lock"))).unwrap();
    lock.lock().unwrap();
    let (component, note) =
        (folder.join(format!("{language}.wasm")), folder.join(format!("{language}.made-of")));
    let mut made_of = BTreeMap::new();
    sources.iter().for_each(|source| read(&workspace().join(source), &mut made_of));
    // The recipe is a source, too.
    made_of.insert(PathBuf::from(file!()), include_bytes!("conformance_guests.rs").to_vec());
    let made_of = format!("{}", runtime::Digest::of(format!("{made_of:?}").as_bytes()));
    if fs::read_to_string(&note).is_ok_and(|note| note == made_of) && component.exists() {
        compile_ahead(&component);
        return component;
    }
    let _ = fs::remove_file(&note);
    make(&component);
    fs::write(note, made_of).unwrap();
    compile_ahead(&component);
    component
}

fn read(path: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
    if path.is_file() {
        into.insert(path.to_owned(), fs::read(path).unwrap());
        return;
    }
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        let is_made = ["__pycache__", "node_modules", "dist"];
        if !is_made.iter().any(|name| path.ends_with(name)) {
            read(&path, into);
        }
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance")
}

/// Runs a command, which must succeed.
fn run(command: &mut Command) {
    let output =
        command.output().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
