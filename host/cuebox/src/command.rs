//! The commands, one file each.

pub mod approve;
pub mod audit;
pub mod backup;
pub mod build;
pub mod check;
pub mod dead_letters;
pub mod demo;
pub mod dev;
pub mod embed;
pub mod gaps;
pub mod grants;
pub mod halt;
pub mod import;
pub mod init;
pub mod inspect;
pub mod lock;
pub mod new;
pub mod plugins;
pub mod positions;
pub mod recordings;
pub mod replay;
pub mod run;
pub mod selftest;
pub mod site;
pub mod test;

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use config::{Config, Loaded, Lookup, SecretFile};
use serde::Serialize;

use crate::cli::{Cli, Command, ExitCode, PluginsAction};
use crate::failure::Failure;

/// Does what the command line says.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    let config = &cli.config;
    match cli.command {
        Command::Init => init::run(config),
        Command::Import(choice) => import::run(config, &choice).await,
        Command::Check { json } => check::run(config, json).await,
        Command::Run => run::run(config).await,
        Command::Plugins(plugins) => match plugins.action() {
            PluginsAction::List(list) => plugins::list(config, list.json),
            PluginsAction::Enable { name } => plugins::enable(config, &name),
            PluginsAction::Disable { name } => plugins::disable(config, &name),
            PluginsAction::Move(choice) => positions::move_plugin(config, choice),
            PluginsAction::Moves { json } => positions::list(config, json),
            PluginsAction::Replay(choice) => replay::run(config, choice).await,
            PluginsAction::Replays { json } => replay::list(config, json),
        },
        Command::Replay(choice) => recordings::run(&choice).await,
        Command::Inspect { file, json } => inspect::run(config, &file, json),
        Command::Approve { name, yes } => approve::run(config, &name, yes),
        Command::Lock { check } => lock::run(config, check).await,
        Command::Embed { component, manifest, out } => embed::run(&component, &manifest, out),
        Command::DeadLetters(letters) => dead_letters::run(config, letters.action()),
        Command::Audit(audit) => audit::run(config, audit.action()),
        Command::Grants(grants) => grants::run(config, grants.action),
        Command::Halt(choice) => halt::halt(config, choice),
        Command::Release(choice) => halt::release(config, &choice),
        Command::Gaps(choice) => gaps::run(config, choice),
        Command::Backup { file } => backup::back_up(config, &file),
        Command::Restore { file, yes } => backup::restore(config, &file, yes),
        Command::New(choice) => new::run(&choice),
        Command::Build(build) => build::run(&build.folder),
        Command::Test(choice) => test::run(choice).await,
        Command::Dev(choice) => dev::run(choice).await,
        Command::Demo(demo) => {
            demo::run(demo::Options { rate: demo.rate, duration: demo.duration }).await
        }
        Command::Site(choice) => site::run(&choice).await,
        Command::Selftest(choice) => selftest::run(&choice).await,
        Command::CompileWorker(_) => unreachable!("it is done before anything is started"),
    }
}

/// Prints a value as JSON, for programs.
pub fn write_json(
    out: &mut impl std::io::Write,
    value: &(impl Serialize + ?Sized),
) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out).context("cannot print")
}

/// A number of events in words.
pub fn events(count: u64) -> String {
    if count == 1 { "1 event".to_owned() } else { format!("{count} events") }
}

/// A moment as people read it, in UTC.
pub fn moment(at: eventlog::Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0);
    at.map_or_else(|_| "at no known time".to_owned(), |at| at.strftime("%F %T").to_string())
}

/// Reads and checks a configuration file. Warnings go to stderr, so that they are seen whatever the log is.
pub fn read_config(path: &Path) -> anyhow::Result<Config> {
    parse_config(path, &read_config_text(path)?)
}

/// Reads a configuration file.
pub fn read_config_text(path: &Path) -> anyhow::Result<String> {
    let unreadable = |error: std::io::Error| {
        let failure = Failure::new(
            ExitCode::Configuration,
            format!("cannot read {}: {error}", path.display()),
        );
        match error.kind() {
            std::io::ErrorKind::NotFound => failure.with_remedy(format!(
                "`cuebox init --config {}` writes one to start from",
                path.display()
            )),
            _ => failure,
        }
    };
    Ok(std::fs::read_to_string(path).map_err(unreadable)?)
}

/// Checks the text of a configuration file.
pub fn parse_config(path: &Path, text: &str) -> anyhow::Result<Config> {
    let absolute = std::path::absolute(path)
        .with_context(|| format!("cannot tell the folder of {}", path.display()))?;
    let lookup = Lookup {
        file_name: &path.display().to_string(),
        directory: absolute.parent().unwrap_or(Path::new("/")),
        variable: &|name| std::env::var(name).ok(),
        file: &read_secret,
    };
    let Loaded { config, warnings } = Config::read(text, &lookup)
        .map_err(|problems| Failure::new(ExitCode::Configuration, problems.to_string()))?;
    for warning in warnings {
        let _ = writeln!(std::io::stderr(), "warning: {warning}");
    }
    Ok(config)
}

fn read_secret(path: &Path) -> std::io::Result<SecretFile> {
    let text = std::fs::read_to_string(path)?;
    Ok(SecretFile { text, mode: mode(path)? })
}

#[cfg(unix)]
fn mode(path: &Path) -> std::io::Result<Option<u32>> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(Some(std::fs::metadata(path)?.mode()))
}

#[cfg(not(unix))]
fn mode(_path: &Path) -> std::io::Result<Option<u32>> {
    Ok(None)
}
