//! `cuebox lock`: writes which files of plugins may run, or says how what is there differs from what is written.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use artifact::Component;
use config::Config;
use policy::Manifest;
use runtime::Digest;

use crate::catalog;
use crate::cli::ExitCode;
use crate::command::{self, plugins::say};
use crate::failure::{Failure, chain};
use crate::loader;
use crate::lock::{Difference, Lock, Pin};
use crate::plugins::list_files;

/// Writes the lock file, or with `check` only compares.
pub async fn run(config_path: &Path, check: bool) -> anyhow::Result<()> {
    let config = command::read_config(config_path)?;
    let path = &config.plugins.lock;
    let locked = match (loader::read_lock(path), path.exists()) {
        (Ok(lock), _) => lock,
        (Err(_), false) => Lock::default(),
        (Err(why), true) => {
            let what = format!("the lock file {} {why}", path.display());
            let failure = Failure::new(ExitCode::Configuration, what);
            return Err(failure.with_remedy("mend it, or remove it and run `cuebox lock`").into());
        }
    };
    let now = current(&config).await?;
    let differences = locked.differences(&now);
    let mut out = std::io::stdout().lock();
    for difference in &differences {
        writeln!(out, "{difference}").context("cannot print")?;
    }
    drop(out);
    if check {
        return match differences.len() {
            0 => say(&format!("{} has what is there.", path.display())),
            count => {
                let plural = if count == 1 { "file differs" } else { "files differ" };
                let what = format!("{count} {plural} from {}", path.display());
                Err(Failure::new(ExitCode::Failed, what)
                    .with_remedy("`cuebox lock` writes it")
                    .into())
            }
        };
    }
    write(path, &now.text()).with_context(|| format!("cannot write {}", path.display()))?;
    say(&format!("Wrote {} with {} plugins.", path.display(), now.plugin.len()))
}

/// The files that there are.
pub async fn current(config: &Config) -> anyhow::Result<Lock> {
    let listed = list_files(&config.plugins.paths).await;
    let files = listed.map_err(|(path, error)| {
        Failure::new(ExitCode::Plugin, format!("the folder {path} cannot be listed: {error}"))
    })?;
    let (listing, _) = catalog::name(files);
    let mut lock = Lock::default();
    for (name, file) in listing {
        let bytes_max = config.plugin(&name).limits.component_bytes as u64;
        let read = loader::read(&file.path, bytes_max);
        let bytes = read.map_err(|error| Failure::new(ExitCode::Plugin, chain(&error)))?.bytes;
        lock.plugin.insert(name, pin(&bytes));
    }
    Ok(lock)
}

/// The author's number is for people: one that cannot be read is left out.
fn pin(bytes: &[u8]) -> Pin {
    let manifest = Component::read(bytes).ok().and_then(|component| component.manifest);
    let manifest = manifest.and_then(|text| Manifest::parse(&text).ok());
    let version = manifest.map(|manifest| manifest.version);
    Pin { digest: Digest::of(bytes).to_string(), version }
}

/// How what is there differs from the lock file, if there is one.
pub async fn differences(config: &Config) -> anyhow::Result<Option<Vec<Difference>>> {
    if !config.plugins.lock.exists() {
        return Ok(None);
    }
    let path = config.plugins.lock.display();
    let locked = loader::read_lock(&config.plugins.lock)
        .map_err(|why| anyhow::anyhow!("the lock file {path} {why}"))?;
    Ok(Some(locked.differences(&current(config).await?)))
}

/// Whole or not at all: a running host may read it at any moment.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let unfinished = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // There is nothing more to do if it cannot be removed.
        let _ = fs::remove_file(&unfinished);
    }
    written
}
