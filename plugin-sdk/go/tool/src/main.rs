//! What the ordinary Go toolchain lacks. `bindings WIT SDK` writes the bindings of the contract into the SDK; `component WIT SDK CORE OUT`
//! makes a component of the core module that Go compiled.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::{Resolve, WorldId};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

/// What plugins are made for; what of it one does not use, its component does not import.
const WORLD: &str = "plugin-http";

/// The module that the bindings are a part of, and where its authors' types are.
const MODULE: &str = "cuebox.dev/plugin/internal";

/// What the generator takes for the place of its support code, and where the SDK has it.
const SUPPORT: [(&str, &str); 1] =
    [("go.bytecodealliance.org/pkg/wit/", "cuebox.dev/plugin/internal/wit/")];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["bindings", wit, sdk] => bindings(Path::new(wit), Path::new(sdk)),
        ["component", wit, sdk, core, out] => {
            component(Path::new(wit), Path::new(sdk), Path::new(core), Path::new(out))
        }
        _ => bail!("usage: cuebox-go-tool bindings WIT SDK | component WIT SDK CORE OUT"),
    }
}

fn world(wit: &Path, name: &str) -> Result<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], Some(name))?;
    Ok((resolve, world))
}

fn bindings(wit: &Path, sdk: &Path) -> Result<()> {
    let (mut resolve, world) = world(wit, WORLD)?;
    let options = wit_bindgen_go::Opts {
        format: Default::default(),
        async_: Default::default(),
        generate_stubs: false,
        pkg_name: Some(MODULE.to_owned()),
        print_remote_pkg_version: false,
        include_versions: false,
        quiet: true,
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    for (name, content) in files.iter() {
        let path = sdk.join("internal").join(name);
        let mut text = String::from_utf8(content.to_vec())?;
        for (theirs, ours) in SUPPORT {
            text = text.replace(theirs, ours);
        }
        fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        fs::write(path, text)?;
    }
    Ok(())
}

fn component(wit: &Path, sdk: &Path, core: &Path, out: &Path) -> Result<()> {
    let module = described(fs::read(core)?, wit, WORLD)?;
    let adapter = wat::parse_file(sdk.join("adapter/adapter.wat"))?;
    let adapter = described(adapter, &sdk.join("adapter/wit"), "adapter")?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&module)?
        .adapter("wasi_snapshot_preview1", &adapter)?
        .encode()?;
    fs::write(out, component).with_context(|| format!("cannot write {}", out.display()))
}

/// A core module with the world that it was made for.
fn described(mut module: Vec<u8>, wit: &Path, name: &str) -> Result<Vec<u8>> {
    let (resolve, world) = world(wit, name)?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    Ok(module)
}
