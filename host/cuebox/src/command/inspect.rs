//! `cuebox inspect`: what a plugin's file says about itself. Neither compiles nor runs it.

mod print;
mod report;

use std::path::Path;

use anyhow::Context as _;
use config::Config;

use crate::cli::ExitCode;
use crate::command;
use crate::failure::{Failure, chain};
use crate::loader;
use crate::script::Language;

pub use report::Report;

/// The largest file that is looked at without a configuration that says otherwise: the limit of default.toml.
const BYTES_MAX: u64 = 128 << 20;

/// Prints what there is to say about a file. The configuration, where there is one, says which signatures count and which limits the
/// plugin would meet.
pub fn run(config_path: &Path, path: &Path, json: bool) -> anyhow::Result<()> {
    let config = match config_path.exists() {
        true => Some(command::read_config(config_path)?),
        false => None,
    };
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let file = loader::read(path, bytes_max(config.as_ref(), &name))
        .map_err(|error| Failure::new(ExitCode::Plugin, chain(&error)))?;
    let report = Report::new(&name, Language::of(path), &file, config.as_ref());
    let mut out = std::io::stdout().lock();
    if json {
        command::write_json(&mut out, &report)?;
    } else {
        print::print(&mut out, &report).context("cannot print")?;
    }
    match report.problems.len() {
        0 => Ok(()),
        count => {
            let plural = if count == 1 { "" } else { "s" };
            Err(Failure::new(ExitCode::Plugin, format!("{count} problem{plural} found")).into())
        }
    }
}

fn bytes_max(config: Option<&Config>, name: &str) -> u64 {
    config.map_or(BYTES_MAX, |config| config.plugin(name).limits.component_bytes as u64)
}
