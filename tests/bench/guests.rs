//! The guests, built once.

#[path = "../guest_build.rs"]
mod guest_build;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A guest as a component file: a folder of `tests/fixtures/` or of `example-plugins/`.
pub fn built(name: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // The folder that the program's build script uses, too: what is built there is not built again.
    let target =
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is below target").join("guests");
    guest_build::build(&workspace, &target, &[name], &[]).remove(0)
}

/// The same component as another file: with a section at its end that says `mark` and means nothing. A digest of its own, so
/// that it is compiled anew.
pub fn marked(component: &Path, mark: &str) -> anyhow::Result<Vec<u8>> {
    let mut bytes = fs::read(component).context("a component that was built")?;
    let name = u8::try_from(mark.len()).context("a mark of less than 128 bytes")?;
    anyhow::ensure!(name < 127, "a mark of less than 127 bytes");
    // Section 0, its length, and within it a name with its length.
    bytes.extend([0, name + 1, name]);
    bytes.extend(mark.as_bytes());
    Ok(bytes)
}
