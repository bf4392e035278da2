//! `cuebox embed`: builds a `plugin.toml` into a component, for authors.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use artifact::embed::embed;
use policy::Manifest;

use crate::cli::ExitCode;
use crate::command::plugins::say;
use crate::failure::Failure;

/// Reads both, and writes the component with the text in it, in the same place unless another is said.
pub fn run(component: &Path, manifest: &Path, out: Option<PathBuf>) -> anyhow::Result<()> {
    let text = fs::read_to_string(manifest)
        .with_context(|| format!("cannot read {}", manifest.display()))?;
    Manifest::parse(&text).map_err(|problems| {
        Failure::new(ExitCode::Plugin, format!("{}:\n{problems}", manifest.display()))
    })?;
    let bytes =
        fs::read(component).with_context(|| format!("cannot read {}", component.display()))?;
    let embedded = embed(&bytes, &text).map_err(|error| {
        Failure::new(ExitCode::Plugin, format!("{}: {error}", component.display()))
    })?;
    let out = out.unwrap_or_else(|| component.to_owned());
    fs::write(&out, embedded).with_context(|| format!("cannot write {}", out.display()))?;
    say(&format!("Wrote {}.", out.display()))
}
