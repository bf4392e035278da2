//! Plugins in the languages that have an SDK besides Rust, each made once, by the tools that its authors use.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::python::{compile_ahead, tools as python_tools};

/// A plugin's sources.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// What it is called, among all of its language.
    pub name: &'a str,
    /// The root: the repository, or what stands in for it.
    pub root: &'a Path,
    /// Its folder, from the root.
    pub folder: &'a str,
    /// The world that it is made for.
    pub world: &'a str,
}

/// In Python: `plugin.py`, and with it the modules of other folders.
pub fn python(sources: Sources<'_>, also: &[&Path]) -> PathBuf {
    let folders =
        ["wit/v1", "plugin-sdk/python", sources.folder].map(|path| sources.root.join(path));
    let folders: Vec<&Path> =
        folders.iter().map(PathBuf::as_path).chain(also.iter().copied()).collect();
    made("python", sources.name, &folders, |out| {
        let root = sources.root;
        let mut componentize = Command::new(python_tools().join("bin/componentize-py"));
        componentize.arg("--quiet").arg("--wit-path").arg(root.join("wit/v1"));
        componentize.args(["--world", sources.world, "--full-names"]);
        componentize.args(["componentize", "cuebox_component"]);
        for folder in [sources.folder, "plugin-sdk/python"].map(|path| root.join(path)) {
            componentize.arg("--python-path").arg(folder);
        }
        for folder in also {
            componentize.arg("--python-path").arg(folder);
        }
        run(componentize.arg("--output").arg(out));
    })
}

/// What a plugin in Python is to bring along, installed once.
pub fn python_packages(requirements: &str) -> PathBuf {
    let (packages, requirements) =
        (folder().join("python-packages"), workspace().join(requirements));
    let (wanted, note) =
        (fs::read_to_string(&requirements).unwrap(), packages.join("installed.txt"));
    fs::create_dir_all(&packages).unwrap();
    if !fs::read_to_string(&note).is_ok_and(|installed| installed == wanted) {
        let mut pip = Command::new(python_tools().join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]);
        run(pip.arg("--target").arg(&packages).arg("-r").arg(&requirements));
        fs::write(note, wanted).unwrap();
    }
    packages
}

/// In TypeScript, `plugin.ts`, on QuickJS.
pub fn javascript(sources: Sources<'_>) -> PathBuf {
    typescript("javascript", sources, sources.folder)
}

/// The same, on the engine that the `package.json` of another folder asks for, and installs.
pub fn starlingmonkey(sources: Sources<'_>, package: &str) -> PathBuf {
    typescript("starlingmonkey", sources, package)
}

fn typescript(language: &str, sources: Sources<'_>, package: &str) -> PathBuf {
    let folders = ["wit/v1", "plugin-sdk/js", sources.folder, package];
    let folders = folders.map(|path| sources.root.join(path));
    made(language, sources.name, &folders.each_ref().map(PathBuf::as_path), |out| {
        let sdk = &javascript_sdk(sources.root);
        let tool = |name: &str| Command::new(sdk.join("node_modules/.bin").join(name));
        // Its types are held against those that the package publishes.
        let checked = typescript_folder(language, sources.name);
        copy_files(&sources.root.join(sources.folder), &checked);
        copy_files(&sources.root.join(package), &checked);
        if checked.join("package.json").exists() {
            install(&checked);
        }
        let package = checked.join("node_modules/cuebox-plugin");
        if !package.exists() {
            fs::create_dir_all(checked.join("node_modules")).unwrap();
            std::os::unix::fs::symlink(sdk, package).unwrap();
        }
        let options =
            "--noEmit --strict --target es2022 --module esnext --moduleResolution bundler --types";
        let options = options.split(' ').chain([""]);
        run(tool("tsc").current_dir(&checked).args(options).arg("plugin.ts"));
        let mut build = Command::new("node");
        build.current_dir(&checked).arg(sdk.join("bin/build.js"));
        run(build.arg("plugin.ts").arg(out).arg("--wit").arg(workspace().join("wit/v1")));
    })
}

/// The same as a plain file: without its types, and with no component made of it.
pub fn javascript_file(sources: Sources<'_>) -> PathBuf {
    let file = folder().join(format!("{}.js", sources.name));
    let mut esbuild = Command::new(javascript_sdk(sources.root).join("node_modules/.bin/esbuild"));
    esbuild.arg(sources.root.join(sources.folder).join("plugin.ts"));
    run(esbuild.arg("--log-level=warning").arg(format!("--outfile={}", file.display())));
    file
}

/// Installs what a `package-lock.json` names, unless it did so before: some packages are large.
fn install(folder: &Path) {
    let (lock, note) = (folder.join("package-lock.json"), folder.join("installed.json"));
    let wanted = fs::read(lock).unwrap();
    if !fs::read(&note).is_ok_and(|installed| installed == wanted) {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
        run(npm.current_dir(folder));
        fs::write(note, wanted).unwrap();
    }
}

/// Where a plugin in TypeScript is made, with its packages.
pub fn typescript_folder(language: &str, name: &str) -> PathBuf {
    folder().join(format!("js-{language}-{name}"))
}

/// The package of a root, with what makes components of plugins: installed once for all roots.
fn javascript_sdk(root: &Path) -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let npm = |folder: &Path, arguments: &[&str]| {
        run(Command::new("npm").current_dir(folder).args(arguments));
    };
    let copied = |root: &Path, sdk: PathBuf| {
        for part in ["", "src", "bin"] {
            copy_files(&root.join("plugin-sdk/js").join(part), &sdk.join(part));
        }
        sdk
    };
    let sdk = MADE.get_or_init(|| {
        let sdk = copied(&workspace(), folder().join("js-sdk"));
        npm(&sdk, &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
        npm(&sdk, &["run", "--silent", "build"]);
        sdk
    });
    if root == workspace() {
        return sdk.clone();
    }
    let other = copied(root, root.join("js-sdk"));
    if !other.join("node_modules").exists() {
        std::os::unix::fs::symlink(sdk.join("node_modules"), other.join("node_modules")).unwrap();
    }
    npm(&other, &["run", "--silent", "build"]);
    other
}

/// In Go.
pub fn go(sources: Sources<'_>) -> PathBuf {
    let folders = ["wit/v1", "plugin-sdk/go", sources.folder].map(|path| sources.root.join(path));
    made("go", sources.name, &folders.each_ref().map(PathBuf::as_path), |out| {
        let (root, folder) = (sources.root, folder());
        let core = folder.join(format!("go-{}-core.wasm", sources.name));
        run(Command::new(go_toolchain().join("go"))
            .current_dir(root.join(sources.folder))
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
        let sdk = root.join("plugin-sdk/go");
        let mut tool = Command::new(env!("CARGO"));
        tool.current_dir(workspace().join("plugin-sdk/go/tool"))
            .args(["run", "--quiet", "--locked", "--target-dir"])
            .arg(folder.join("go-tool"))
            .args(["--", "component"])
            .arg(root.join("wit/v1"))
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
fn made(language: &str, name: &str, sources: &[&Path], make: impl FnOnce(&Path)) -> PathBuf {
    let _turn = turn();
    let folder = folder();
    fs::create_dir_all(&folder).unwrap();
    // Another run of the tests may be at it, and what the tools are is shared by all plugins of the language.
    let lock = File::create(folder.join(format!("{language}.lock"))).unwrap();
    lock.lock().unwrap();
    let component = folder.join(format!("{language}-{name}.wasm"));
    let note = component.with_extension("made-of");
    let mut made_of = BTreeMap::new();
    sources.iter().for_each(|source| read(source, &mut made_of));
    // The recipe is a source, too.
    made_of.insert(PathBuf::from(file!()), include_bytes!("languages.rs").to_vec());
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

/// Waits until no more than one other plugin is being made: tools, and what compiles, take much memory.
fn turn() -> MutexGuard<'static, ()> {
    static TURNS: [Mutex<()>; 2] = [Mutex::new(()), Mutex::new(())];
    match TURNS[0].try_lock() {
        Ok(turn) => turn,
        Err(_) => TURNS[1].lock().unwrap_or_else(PoisonError::into_inner),
    }
}

/// The files of a folder, without what is in folders of it.
fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
        if file.path().is_file() {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
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

pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where plugins, and the tools that make them, are kept.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("languages")
}

/// Runs a command, which must succeed.
pub fn run(command: &mut Command) {
    let output =
        command.output().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
