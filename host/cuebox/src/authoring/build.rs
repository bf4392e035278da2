//! From a plugin's folder to its component: compiled by the language's own tools, with its `plugin.toml` in it, and held against
//! the world that this host offers.
//!
//! What is made on the way is in `.cuebox/`, the component in `build/`. Packages come from the registries of the languages.

mod go;
mod javascript;
mod python;
mod rust;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use artifact::embed::embed;
use policy::Manifest;
use runtime::{Digest, Engine};

use super::handed_out::SDK;
use crate::cli::{ExitCode, Language};
use crate::failure::{Failure, chain};

/// Where what is made on the way is.
const WORK: &str = ".cuebox";

/// The contract, among the files that are handed out.
const WIT: &str = "wit/v1";

/// A plugin's folder, and what it says of itself.
pub struct Project {
    /// The folder's absolute path.
    pub folder: PathBuf,
    /// What it is written in.
    pub language: Language,
    /// Its `plugin.toml`.
    pub manifest: Manifest,
    manifest_text: String,
}

/// A component that fits this host.
pub struct Built {
    /// Where it is.
    pub path: PathBuf,
    /// How large it is.
    pub bytes: usize,
    /// What it is known by.
    pub digest: Digest,
    /// How long it took to make, packages that had to be fetched included.
    pub took: Duration,
}

impl Project {
    /// Reads a folder.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder
            .canonicalize()
            .with_context(|| format!("there is no plugin at {}", folder.display()))?;
        let path = folder.join("plugin.toml");
        let manifest_text = fs::read_to_string(&path).map_err(|error| {
            Failure::new(ExitCode::Plugin, format!("cannot read {}: {error}", path.display()))
                .with_remedy("A plugin's folder has a plugin.toml; `cuebox new` makes one.")
        })?;
        let manifest = Manifest::parse(&manifest_text).map_err(|problems| {
            Failure::new(ExitCode::Plugin, format!("{}:\n{problems}", path.display()))
        })?;
        let language = Language::of(&folder)?;
        Ok(Self { folder, language, manifest, manifest_text })
    }

    /// Makes the component. Blocks for as long as the tools of the language take.
    pub fn build(&self, engine: &Engine) -> anyhow::Result<Built> {
        let started = Instant::now();
        let work = self.work()?;
        let compiled = match self.language {
            Language::Rust => rust::compile(self),
            Language::Python => python::compile(self, &work),
            Language::Js | Language::Ts => javascript::compile(self, &work),
            Language::Go => go::compile(self, &work),
        }?;
        let bytes =
            fs::read(&compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
        let refused = |why: String| {
            let what = format!("what was compiled is no plugin for this host: {why}");
            Failure::new(ExitCode::Plugin, what)
        };
        let bytes = embed(&bytes, &self.manifest_text).map_err(|error| refused(chain(&error)))?;
        engine.compile(&bytes).map_err(|error| refused(chain(&error)))?;
        let path = self.folder.join("build").join(format!("{}.wasm", self.manifest.name));
        replace(&path, &bytes)?;
        let took = started.elapsed();
        Ok(Built { path, bytes: bytes.len(), digest: Digest::of(&bytes), took })
    }

    /// The world that it is made for, where a toolchain imports all of one: other hosts are asked by who asks for that.
    fn world(&self) -> &'static str {
        if self.manifest.needs.http.is_empty() { "plugin" } else { "plugin-http" }
    }

    /// The folder for what is made on the way, with the contract in it.
    fn work(&self) -> anyhow::Result<PathBuf> {
        let work = self.folder.join(WORK);
        for (path, content) in SDK.iter().filter(|(path, _)| Path::new(path).starts_with(WIT)) {
            write(&work.join(path), content)?;
        }
        Ok(work)
    }
}

/// The folder of the contract within that of what is made on the way.
fn wit(work: &Path) -> PathBuf {
    work.join(WIT)
}

/// Puts a file in its place in one step: a host may be watching it.
fn replace(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let unfinished = path.with_extension("new");
    write(&unfinished, content)?;
    fs::rename(&unfinished, path).with_context(|| format!("cannot write {}", path.display()))
}

fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let parent = path.parent().expect("a file is in a folder");
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// Does what makes an environment, unless it was made of the same before: `mark` is the file that tells.
fn once(
    mark: &Path,
    made_of: &[&Path],
    make: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut contents = Vec::new();
    for path in made_of {
        // One that is not there is made of nothing.
        contents.extend(fs::read(path).unwrap_or_default());
        contents.push(0);
    }
    let digest = Digest::of(&contents).to_string();
    if fs::read_to_string(mark).is_ok_and(|marked| marked == digest) {
        return Ok(());
    }
    make()?;
    write(mark, digest.as_bytes())
}
