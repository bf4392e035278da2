//! Rust, with cargo.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::Project;
use crate::authoring::tool::{self, Tool};
use crate::cli::ExitCode;
use crate::failure::Failure;

const CARGO: Tool = Tool {
    program: "cargo",
    version: "--version",
    oldest: (1, 95),
    install: "Install Rust 1.95 or newer from https://rustup.rs, then: rustup target add wasm32-wasip2",
};

/// What components are compiled for.
const TARGET: &str = "wasm32-wasip2";

/// A line of what cargo says to programs. Of most of them nothing is wanted.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// Compiles the package of the folder.
pub fn compile(project: &Project) -> anyhow::Result<PathBuf> {
    CARGO.check()?;
    check_target()?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&project.folder).args([
        "build",
        "--profile",
        "plugin",
        "--target",
        TARGET,
        "--message-format",
        "json-render-diagnostics",
    ]);
    let messages = tool::output(&mut cargo)?;
    let manifest = project.folder.join("Cargo.toml");
    component(&messages, &manifest).ok_or_else(|| {
        let what = "cargo made no component of the package";
        Failure::new(ExitCode::Plugin, what)
            .with_remedy("Its Cargo.toml needs `crate-type = [\"cdylib\"]` under [lib].")
            .into()
    })
}

fn check_target() -> anyhow::Result<()> {
    let folder =
        tool::output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    let what = format!("Rust is here, and its target {TARGET} is not");
    let failure = Failure::new(ExitCode::Failed, what);
    Err(failure.with_remedy(format!("Install it: rustup target add {TARGET}")).into())
}

/// The component among what cargo says that it made of a package.
fn component(messages: &str, manifest: &Path) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let of_package = messages.filter(|message| message.manifest_path == manifest);
    let files = of_package.flat_map(|message| message.filenames);
    let mut components =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    components.next_back()
}
