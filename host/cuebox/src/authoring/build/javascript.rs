//! JavaScript and TypeScript: bundled by esbuild, and put into a component by the SDK, with the engine that `package.json` names.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use serde::Deserialize;

use super::{Project, once, wit};
use crate::authoring::tool::{self, Tool};
use crate::cli::Language;

const NODE: Tool = Tool {
    program: "node",
    version: "--version",
    oldest: (20, 0),
    install: "Install Node.js 20 or newer, which brings npm, from https://nodejs.org or your system's packages.",
};

const NPM: Tool = Tool {
    program: "npm",
    version: "--version",
    oldest: (9, 0),
    install: "Install npm 9 or newer; it comes with Node.js from https://nodejs.org.",
};

/// What is wanted of a `package.json`.
#[derive(Deserialize)]
struct Package {
    /// The module that exports `callbacks`.
    main: String,
}

/// Compiles the module that `package.json` names.
pub fn compile(project: &Project, work: &Path) -> anyhow::Result<PathBuf> {
    let folder = &project.folder;
    let (package, lock) = (folder.join("package.json"), folder.join("package-lock.json"));
    NODE.check()?;
    install(folder, work, &package, &lock)?;
    let tool = |name: &str| {
        let mut command = Command::new(folder.join("node_modules/.bin").join(name));
        command.current_dir(folder);
        command
    };
    if project.language == Language::Ts {
        tool::run(tool("tsc").args(["--project", "."]))?;
    }
    let text = std::fs::read_to_string(&package)
        .with_context(|| format!("cannot read {}", package.display()))?;
    let Package { main } = serde_json::from_str(&text)
        .with_context(|| format!("{} cannot be read", package.display()))?;
    let (bundle, out) = (work.join("plugin.js"), work.join("plugin.wasm"));
    let mut esbuild = tool("esbuild");
    esbuild.arg(&main).args(["--bundle", "--format=esm", "--target=es2022", "--log-level=warning"]);
    esbuild.args(["--external:cuebox:*", "--external:wasi:*"]);
    // The SDK's copy is as it is in its repository: nothing is compiled in it.
    if folder.join("node_modules/cuebox-plugin").is_symlink() {
        esbuild.arg("--conditions=source");
    }
    tool::run(esbuild.arg(format!("--outfile={}", bundle.display())))?;
    let mut componentize = Command::new(NODE.program);
    componentize.current_dir(folder).arg("node_modules/cuebox-plugin/bin/build.js");
    tool::run(componentize.arg(&bundle).arg(&out).arg("--wit").arg(wit(work)))?;
    Ok(out)
}

/// Installs the packages, unless those are there that the files name.
fn install(folder: &Path, work: &Path, package: &Path, lock: &Path) -> anyhow::Result<()> {
    let mark = work.join("node_modules.made-of");
    if !folder.join("node_modules").is_dir() {
        // What it says is not so any more, if it is there.
        let _ = std::fs::remove_file(&mark);
    }
    let how = if lock.is_file() { "ci" } else { "install" };
    once(&mark, &[package, lock], || {
        NPM.check()?;
        let mut npm = Command::new("npm");
        npm.current_dir(folder).arg(how);
        // None of the packages needs a script of its own to run here.
        tool::run(npm.args(["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]))
    })
}
