//! `cuebox init`: a configuration to start from.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;

/// Writes it; refuses to write over a file.
pub fn run(path: &Path) -> anyhow::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .with_context(|| format!("cannot make {}", path.display()))?;
    file.write_all(config::text_to_edit().as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))?;
    let path = path.display();
    writeln!(
        std::io::stdout(),
        "Wrote {path}. Set `url`, `script_name` and `script_key` under [site], make the plugin folder, then run\n\
         `cuebox check --config {path}`."
    )
    .context("cannot print")
}
